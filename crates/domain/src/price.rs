//! What models cost, so a call can be capped and an owner told: speech models on a live line here, all other work in
//! `work`.

mod work;

pub use work::{Work, work_micros};

use crate::call::Usage;
use serde::{Deserialize, Serialize};

/// Prices of one model, in dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    text_in: f64,
    text_cached: f64,
    text_out: f64,
    audio_in: f64,
    audio_cached: f64,
    audio_out: f64,
}

/// Prices of 2026-11 (protocols/openai-realtime.md, section 14). The first row whose name begins the model's applies,
/// so longer names stand first.
const PRICES: [(&str, Price); 3] = [
    (
        "gpt-realtime-2.1-mini",
        Price {
            text_in: 0.6,
            text_cached: 0.06,
            text_out: 2.4,
            audio_in: 10.0,
            audio_cached: 0.3,
            audio_out: 20.0,
        },
    ),
    (
        "gpt-realtime-2",
        Price {
            text_in: 4.0,
            text_cached: 0.4,
            text_out: 24.0,
            audio_in: 32.0,
            audio_cached: 0.4,
            audio_out: 64.0,
        },
    ),
    (
        "gpt-realtime-1.5",
        Price {
            text_in: 4.0,
            text_cached: 0.4,
            text_out: 16.0,
            audio_in: 32.0,
            audio_cached: 0.4,
            audio_out: 64.0,
        },
    ),
];

/// Whether a model's name is `family` or one of its versions: `gpt-realtime-2.1` is of `gpt-realtime-2`, and the dated
/// `gpt-realtime-2025-08-28` is not.
pub fn is_of_family(model: &str, family: &str) -> bool {
    model.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

impl Price {
    /// The price of `model`; none for a model that is not in the table, such as a self-hosted one.
    pub fn of(model: &str) -> Option<Self> {
        PRICES.iter().find(|(name, _)| is_of_family(model, name)).map(|(_, price)| *price)
    }

    /// The cost of `usage` in millionths of a dollar.
    pub fn micros(&self, usage: &Usage) -> u64 {
        let parts = [
            (usage.text_in, self.text_in),
            (usage.text_cached, self.text_cached),
            (usage.text_out, self.text_out),
            (usage.audio_in, self.audio_in),
            (usage.audio_cached, self.audio_cached),
            (usage.audio_out, self.audio_out),
        ];
        parts.iter().map(|(tokens, price)| *tokens as f64 * price).sum::<f64>().round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_cost_their_own_price() {
        let usage = Usage { audio_in: 1_000, audio_cached: 100_000, audio_out: 500, ..Usage::default() };
        let price = Price::of("gpt-realtime-2.1").unwrap();
        assert_eq!(price.micros(&usage), 32_000 + 40_000 + 32_000);
        assert_eq!(Price::of("gpt-realtime-2.1-mini").unwrap().micros(&usage), 10_000 + 30_000 + 10_000);
        assert_eq!(Price::of("whisper-at-home"), None);
        assert_eq!(Price::of("gpt-realtime-2025-08-28"), None, "a date is no version");
    }
}
