//! The chat on a business's website: where it may appear, how it looks, and what a visitor agrees to.

mod color;
mod origin;

pub use color::{Color, Shades};
pub use origin::Origin;

use crate::fault::{Fault, from_report};
use crate::rule::{self, Number, Shape, Text};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most origins of one business.
pub const MOST_ORIGINS: usize = 20;
/// Most questions that are offered before a visitor has written anything.
pub const MOST_QUICK_REPLIES: usize = 6;

/// What stands beside the sign on the button that opens the chat.
pub static LAUNCHER_TEXT: Text = Text::of(0, 30).on_one_line();
/// A letter or two in the round picture of the agent.
pub static AVATAR_TEXT: Text = Text::of(0, 2).on_one_line();
/// A question that is offered.
pub static QUICK_REPLY: Text = Text::of(1, 60).called("a question").on_one_line();
/// What a visitor agrees to.
pub static CONSENT_TEXT: Text = Text::of(0, 1_000);
/// Where the privacy notice is.
pub static PRIVACY_URL: Text = Text::of(0, 300).shaped(&SECURE_ADDRESS).or_nothing().on_one_line();
/// The colour of buttons.
pub static ACCENT: Text = Text::of(7, 7).shaped(&COLOR);
/// How round corners are, in CSS pixels.
pub static RADIUS: Number = Number::whole(0, 24);

static SECURE_ADDRESS: Shape = Shape::new(r"https:\/\/[^\s]+", "must begin with https://");
static COLOR: Shape = Shape::new("#[0-9A-Fa-f]{6}", "must be a colour such as #1b6350");

/// How the chat of one business is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WidgetConfig {
    /// Whether the chat is there at all.
    #[garde(skip)]
    pub enabled: bool,
    /// Sites that may show it; none may unless it stands here.
    #[garde(length(max = MOST_ORIGINS))]
    #[schema(value_type = Vec<String>)]
    pub allowed_origins: Vec<Origin>,
    /// How it looks.
    #[garde(dive)]
    pub theme: Theme,
    /// Questions that are offered before a visitor has written anything.
    #[garde(skip)]
    pub quick_replies: Vec<String>,
    /// What a visitor agrees to.
    #[garde(dive)]
    pub consent: Consent,
}

impl Default for WidgetConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            allowed_origins: Vec::new(),
            theme: Theme::default(),
            quick_replies: Vec::new(),
            consent: Consent::default(),
        }
    }
}

/// How the chat looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Theme {
    /// The colour of buttons, as the owner chose it; [`Shades`] are what is readable of it.
    #[garde(custom(rule::text(&ACCENT)))]
    pub accent: String,
    /// Light, dark, or as the visitor's device is set.
    #[garde(skip)]
    pub mode: Mode,
    /// The side of the page it stands on.
    #[garde(skip)]
    pub position: Side,
    /// How round corners are, in CSS pixels.
    #[garde(custom(rule::number(&RADIUS)))]
    pub radius: u32,
    /// What stands beside the sign on the button that opens it; may be empty.
    #[garde(custom(rule::text(&LAUNCHER_TEXT)))]
    pub launcher_text: String,
    /// A letter or two in the round picture of the agent; empty takes the agent's first letter.
    #[garde(custom(rule::text(&AVATAR_TEXT)))]
    pub avatar_text: String,
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            accent: "#1b6350".into(),
            mode: Mode::Auto,
            position: Side::Right,
            radius: 16,
            launcher_text: String::new(),
            avatar_text: String::new(),
        }
    }
}

/// Which theme a visitor sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// As the visitor's device is set.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// A side of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Right.
    #[default]
    Right,
    /// Left.
    Left,
}

/// What a visitor agrees to before anything is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Consent {
    /// Whether they have to.
    #[garde(skip)]
    pub required: bool,
    /// What they read.
    #[garde(custom(rule::text(&CONSENT_TEXT)))]
    pub text: String,
    /// Counts the texts there were: who agreed to one has not agreed to the next.
    #[garde(skip)]
    pub version: u32,
    /// Where the privacy notice is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[garde(inner(custom(rule::text(&PRIVACY_URL))))]
    pub privacy_url: Option<String>,
}

impl WidgetConfig {
    /// Every mistake in the settings, by field.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.validate().err().map(|report| from_report(&report)).unwrap_or_default();
        for (at, text) in self.quick_replies.iter().enumerate() {
            if let Some(says) = QUICK_REPLY.fault(text) {
                faults.push(Fault::new(format!("quickReplies[{at}]"), says));
            }
        }
        if self.quick_replies.len() > MOST_QUICK_REPLIES {
            faults.push(Fault::new("quickReplies", format!("offer at most {MOST_QUICK_REPLIES} questions")));
        }
        if self.consent.required && self.consent.text.trim().is_empty() {
            faults.push(Fault::new("consent.text", "write what visitors agree to"));
        }
        faults
    }

    /// The same as what follows `before`: a text of consent that changed is the next version of it.
    #[must_use]
    pub fn following(mut self, before: &Self) -> Self {
        let is_another = self.consent.text != before.consent.text;
        self.consent.version = before.consent.version.saturating_add(u32::from(is_another));
        self
    }

    /// Whether a page of this origin may show the chat. `origin` is what a browser says of itself.
    pub fn allows(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|allowed| allowed.covers(origin))
    }
}

impl Theme {
    /// What is readable of the colour.
    pub fn shades(&self) -> Shades {
        Shades::of(Color::read(&self.accent).unwrap_or(Color::BRAND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(config: &WidgetConfig) -> Vec<String> {
        config.faults().into_iter().map(|fault| fault.field).collect()
    }

    /// Row 115.
    #[test]
    fn every_mistake_is_told_with_its_field() {
        assert_eq!(fields(&WidgetConfig::default()), Vec::<String>::new());
        let theme = Theme {
            accent: "red".into(),
            radius: 60,
            launcher_text: "a\nb".into(),
            avatar_text: "abc".into(),
            ..Theme::default()
        };
        let wrong = WidgetConfig {
            theme,
            quick_replies: vec!["Are you open?".into(), " ".into()],
            consent: Consent {
                required: true,
                privacy_url: Some("http://example.com".into()),
                ..Consent::default()
            },
            ..WidgetConfig::default()
        };
        let mut found = fields(&wrong);
        found.sort_unstable();
        let wanted = [
            "consent.privacyUrl",
            "consent.text",
            "quickReplies[1]",
            "theme.accent",
            "theme.avatarText",
            "theme.launcherText",
            "theme.radius",
        ];
        assert_eq!(found, wanted);
        let many = WidgetConfig { quick_replies: vec!["Hi".into(); 7], ..WidgetConfig::default() };
        assert_eq!(fields(&many), ["quickReplies"]);
        let origins = (0..21).map(|at| Origin::read(&format!("https://s{at}.example.com")).unwrap());
        let many = WidgetConfig { allowed_origins: origins.collect(), ..WidgetConfig::default() };
        assert_eq!(fields(&many), ["allowedOrigins"]);
    }

    #[test]
    fn another_text_of_consent_is_the_next_version_and_nothing_else_is() {
        let first = WidgetConfig::default();
        let asked = |text: &str, version| WidgetConfig {
            consent: Consent { required: true, text: text.into(), version, privacy_url: None },
            ..WidgetConfig::default()
        };
        let second = asked("We keep what you write.", 99).following(&first);
        assert_eq!(second.consent.version, 1, "what was given as the version does not count");
        assert_eq!(asked("We keep what you write.", 0).following(&second).consent.version, 1);
        let third = asked("We keep what you write for a month.", 0).following(&second);
        assert_eq!(third.consent.version, 2);
        assert_eq!(
            asked("We keep what you write.", 0).following(&third).consent.version,
            3,
            "an older text again"
        );
    }

    #[test]
    fn settings_of_another_version_are_read_as_far_as_they_are_known() {
        let read: WidgetConfig =
            serde_json::from_str(r##"{"mood": 1, "theme": {"accent": "#000000", "glow": true}}"##).unwrap();
        let theme = Theme { accent: "#000000".into(), ..Theme::default() };
        assert_eq!(read, WidgetConfig { theme, ..WidgetConfig::default() });
        assert!(read.enabled);
    }
}
