//! Colours that can be read: contrast as WCAG 2.2 counts it.

use std::fmt;

/// Contrast that text needs (WCAG 2.2, 1.4.3).
const ENOUGH: f64 = 4.5;
/// How much nearer to black or white one step is.
const STEP: f64 = 0.04;

/// A colour, red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

/// What is readable of an accent colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shades {
    /// Behind text on buttons: the colour itself.
    pub accent: Color,
    /// Text on it.
    pub ink: Color,
    /// As text and lines on light ground: as dark as it has to be.
    pub on_light: Color,
    /// As text and lines on dark ground: as light as it has to be.
    pub on_dark: Color,
}

impl Color {
    /// The product's own.
    pub const BRAND: Self = Self([0x1b, 0x63, 0x50]);
    const WHITE: Self = Self([0xff; 3]);
    /// Nearly black, as text is.
    const INK: Self = Self([0x0c, 0x12, 0x10]);
    /// The lightest of the dark grounds that text stands on in the chat, and the darkest of the light ones.
    const DARK_GROUND: Self = Self([0x26, 0x2d, 0x2a]);
    const LIGHT_GROUND: Self = Self([0xf1, 0xf3, 0xf2]);

    /// Reads `#rrggbb`.
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// How light it is, 0 to 1.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// How well one can be told from the other, 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |one: u8, two: u8| (f64::from(one) * (1.0 - share) + f64::from(two) * share).round() as u8;
        let [red, green, blue] = self.0;
        let [more_red, more_green, more_blue] = other.0;
        Self([mix(red, more_red), mix(green, more_green), mix(blue, more_blue)])
    }

    /// The nearest to it, on the way to `end`, that can be read on `ground`.
    fn readable_on(self, ground: Self, end: Self) -> Self {
        let steps = (0..=25).map(|step| self.mixed(end, f64::from(step) * STEP));
        steps.into_iter().find(|shade| shade.contrast(ground) >= ENOUGH).unwrap_or(end)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Shades {
    /// What is readable of a colour. A colour on which neither white nor dark text can be read well is darkened for white.
    pub fn of(chosen: Color) -> Self {
        let takes_dark = chosen.contrast(Color::INK) > chosen.contrast(Color::WHITE);
        let ink = if takes_dark { Color::INK } else { Color::WHITE };
        let end = if takes_dark { Color::WHITE } else { Color::INK };
        Self {
            accent: chosen.readable_on(ink, end),
            ink,
            on_light: chosen.readable_on(Color::LIGHT_GROUND, Color::INK),
            on_dark: chosen.readable_on(Color::DARK_GROUND, Color::WHITE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shades(text: &str) -> Shades {
        Shades::of(Color::read(text).unwrap())
    }

    #[test]
    fn whatever_is_chosen_can_be_read_on_both_grounds() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let chosen = Color([red, green, blue]);
                    let shades = Shades::of(chosen);
                    assert!(shades.accent.contrast(shades.ink) >= ENOUGH, "text on {chosen}");
                    assert!(shades.on_light.contrast(Color::LIGHT_GROUND) >= ENOUGH, "{chosen} on light");
                    assert!(shades.on_light.contrast(Color::WHITE) >= ENOUGH, "{chosen} on white");
                    assert!(shades.on_dark.contrast(Color::DARK_GROUND) >= ENOUGH, "{chosen} on dark");
                }
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_it_is() {
        let green = shades("#1b6350");
        assert_eq!((green.accent.to_string(), green.ink), ("#1b6350".into(), Color::WHITE));
        assert_eq!(green.on_light.to_string(), "#1b6350");
        let yellow = shades("#ffd400");
        assert_eq!((yellow.accent.to_string(), yellow.ink), ("#ffd400".into(), Color::INK));
        assert_eq!(yellow.on_dark.to_string(), "#ffd400");
        assert_ne!(yellow.on_light.to_string(), "#ffd400");
    }

    #[test]
    fn contrast_is_counted_as_wcag_does() {
        let contrast = |one: &str, two: &str| Color::read(one).unwrap().contrast(Color::read(two).unwrap());
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!((contrast("#777777", "#ffffff") - 4.478).abs() < 0.001);
        for wrong in ["", "#fff", "1b6350", "#1b635", "#1b63500", "#1b635g", "#ü1b63"] {
            assert_eq!(Color::read(wrong), None, "{wrong}");
        }
    }
}
