//! What a response costs in tokens (protocol page, section 14).

use serde_json::{Value, json};

use super::item::Item;

/// User audio: one token for each 100 ms.
const MS_PER_INPUT_TOKEN: u64 = 100;

/// Assistant audio: one token for each 50 ms.
pub(super) const MS_PER_OUTPUT_TOKEN: u64 = 50;

/// Text: about four characters to a token.
const CHARACTERS_PER_TOKEN: usize = 4;

/// Cached input is counted in blocks of this size.
const CACHE_BLOCK: u64 = 64;

/// Tokens of a text.
pub(super) fn text_tokens(text: &str) -> u64 {
    text.chars().count().div_ceil(CHARACTERS_PER_TOKEN) as u64
}

/// Tokens of text and of audio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) text: u64,
    pub(super) audio: u64,
}

impl Tokens {
    fn total(self) -> u64 {
        self.text + self.audio
    }

    /// The whole conversation, which is billed again for every response.
    pub(super) fn of_input(instructions: &str, tools: &Value, items: &[Item]) -> Self {
        let tools = tools.as_array().filter(|list| !list.is_empty()).map(|_| tools.to_string());
        let mut sum =
            Self { text: text_tokens(instructions) + tools.map_or(0, |tools| text_tokens(&tools)), audio: 0 };
        for item in items {
            match item.audio_ms {
                Some(ms) if item.is_message_of("assistant") => sum.audio += ms.div_ceil(MS_PER_OUTPUT_TOKEN),
                Some(ms) => sum.audio += ms.div_ceil(MS_PER_INPUT_TOKEN),
                None => sum.text += item.text.as_deref().map_or(0, text_tokens),
            }
            sum.text += item.payload.as_deref().map_or(0, text_tokens);
        }
        sum
    }

    /// What a response produced.
    pub(super) fn of_output(text: &str, audio_ms: u64) -> Self {
        Self { text: text_tokens(text), audio: audio_ms.div_ceil(MS_PER_OUTPUT_TOKEN) }
    }

    /// What of this input was there at the response before, in whole blocks.
    fn cached_from(self, before: Self) -> Self {
        let blocks = |now: u64, before: u64| now.min(before) / CACHE_BLOCK * CACHE_BLOCK;
        Self { text: blocks(self.text, before.text), audio: blocks(self.audio, before.audio) }
    }
}

/// The `usage` object; `before` is the input of the response before.
pub(super) fn usage(input: Tokens, before: Tokens, output: Tokens) -> Value {
    let cached = input.cached_from(before);
    json!({
        "total_tokens": input.total() + output.total(),
        "input_tokens": input.total(),
        "output_tokens": output.total(),
        "input_token_details": {
            "text_tokens": input.text,
            "audio_tokens": input.audio,
            "image_tokens": 0,
            "cached_tokens": cached.total(),
            "cached_tokens_details": {
                "text_tokens": cached.text, "audio_tokens": cached.audio, "image_tokens": 0,
            },
        },
        "output_token_details": {"text_tokens": output.text, "audio_tokens": output.audio},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_counts_by_time_and_text_by_length() {
        let mut user = Item::message("u".to_owned(), "user", "completed");
        user.audio_ms = Some(2_050);
        let mut agent = Item::message("a".to_owned(), "assistant", "completed");
        agent.audio_ms = Some(2_050);
        agent.text = Some("not billed as text".to_owned());
        let mut note = Item::message("s".to_owned(), "system", "completed");
        note.text = Some("12345".to_owned());
        let input = Tokens::of_input("12345678", &json!([]), &[user, agent, note]);
        assert_eq!(input, Tokens { text: 4, audio: 21 + 41 });
        let usage = usage(input, Tokens { text: 70, audio: 500 }, Tokens::of_output("1234", 1_000));
        assert_eq!(usage["total_tokens"], 4 + 62 + 1 + 20);
        assert_eq!(usage["input_token_details"]["cached_tokens"], 0);
        let large = Tokens { text: 100, audio: 200 };
        assert_eq!(large.cached_from(Tokens { text: 90, audio: 130 }), Tokens { text: 64, audio: 128 });
    }
}
