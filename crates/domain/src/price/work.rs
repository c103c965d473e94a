//! What text, vectors, transcripts and speech cost: work that is asked for by request and not on a live line.

use super::is_of_family;

/// What one request used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Tokens read, those from the cache included.
    pub input_tokens: u64,
    /// Of those, tokens from the cache.
    pub cached_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Characters spoken.
    pub characters: u64,
    /// Sound heard or made, in ms.
    pub audio_ms: u64,
}

/// How a model's work is charged, in dollars.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rate {
    /// For a million tokens.
    Tokens { input: f64, cached: f64, output: f64 },
    /// For a million characters.
    Characters(f64),
    /// For a minute of sound.
    Minute(f64),
}

/// Prices of 2026-11. The first row whose name begins the model's applies, so longer names stand first.
///
/// Sources: the chat model, protocols/openai-text.md, section 1; the others, the vendor's price page, whose figures for
/// sound charged by tokens are its own estimates for a minute (docs/decisions/model-client.md). `gpt-transcribe` has no
/// price there that could be found, so what it costs is told as unknown.
const RATES: [(&str, Rate); 10] = [
    ("gpt-6-luna", Rate::Tokens { input: 0.1, cached: 0.01, output: 0.5 }),
    ("text-embedding-3-small", Rate::Tokens { input: 0.02, cached: 0.02, output: 0.0 }),
    ("text-embedding-3-large", Rate::Tokens { input: 0.13, cached: 0.13, output: 0.0 }),
    ("text-embedding-ada-002", Rate::Tokens { input: 0.1, cached: 0.1, output: 0.0 }),
    ("gpt-4o-mini-transcribe", Rate::Minute(0.003)),
    ("gpt-4o-transcribe", Rate::Minute(0.006)),
    ("whisper-1", Rate::Minute(0.006)),
    ("gpt-4o-mini-tts", Rate::Minute(0.015)),
    ("tts-1-hd", Rate::Characters(30.0)),
    ("tts-1", Rate::Characters(15.0)),
];

/// What `work` of `model` cost in millionths of a dollar; none for a model that is not in the table, such as a self-hosted
/// one.
pub fn work_micros(model: &str, work: &Work) -> Option<u64> {
    let (_, rate) = RATES.iter().find(|(name, _)| is_of_family(model, name))?;
    let micros = match rate {
        Rate::Tokens { input, cached, output } => {
            let fresh = work.input_tokens.saturating_sub(work.cached_tokens);
            fresh as f64 * input + work.cached_tokens as f64 * cached + work.output_tokens as f64 * output
        }
        Rate::Characters(price) => work.characters as f64 * price,
        Rate::Minute(price) => work.audio_ms as f64 / 60_000.0 * price * 1_000_000.0,
    };
    Some(micros.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row 118.
    #[test]
    fn each_kind_of_work_is_charged_by_its_own_measure() {
        let text =
            Work { input_tokens: 10_000, cached_tokens: 4_000, output_tokens: 2_000, ..Work::default() };
        let spoken = Work { characters: 600, audio_ms: 40_000, ..Work::default() };
        let cases = [
            ("gpt-6-luna", text, Some(600 + 40 + 1_000)),
            ("gpt-6-luna-2026-10-01", text, Some(1_640)),
            ("text-embedding-3-small", text, Some(200)),
            ("gpt-4o-mini-tts", spoken, Some(10_000)),
            ("tts-1", spoken, Some(9_000)),
            ("tts-1-hd", spoken, Some(18_000)),
            ("whisper-1", spoken, Some(4_000)),
            ("gpt-transcribe", spoken, None),
            ("llama-at-home", text, None),
        ];
        for (model, work, micros) in cases {
            assert_eq!(work_micros(model, &work), micros, "{model}");
        }
    }
}
