//! What requests use and cost: told with each answer, and counted over the life of the process.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

/// Characters of a token, roughly, where a server does not say how many it used.
const CHARACTERS_PER_TOKEN: usize = 4;

/// A kind of work, each with a breaker and counters of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Chat completions.
    Chat,
    /// Embeddings.
    Embeddings,
    /// Sound to words.
    Transcription,
    /// Words to sound.
    Speech,
    /// The list of models.
    Models,
}

/// One of something for each kind of work.
#[derive(Debug, Default)]
pub(super) struct PerKind<T> {
    chat: T,
    embeddings: T,
    transcription: T,
    speech: T,
    models: T,
}

impl<T> PerKind<T> {
    pub(super) fn of(&self, kind: Kind) -> &T {
        match kind {
            Kind::Chat => &self.chat,
            Kind::Embeddings => &self.embeddings,
            Kind::Transcription => &self.transcription,
            Kind::Speech => &self.speech,
            Kind::Models => &self.models,
        }
    }
}

/// What one request used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Used {
    /// The model that was asked for.
    pub model: String,
    /// Tokens read, those from the cache included.
    pub input_tokens: u64,
    /// Of those, tokens read from the cache.
    pub cached_tokens: u64,
    /// Tokens written, those of hidden reasoning included.
    pub output_tokens: u64,
    /// Characters spoken.
    pub characters: u64,
    /// Sound heard or made, in ms.
    pub audio_ms: u64,
    /// The server did not say: the numbers are guessed from lengths.
    pub is_estimate: bool,
    /// What that cost in millionths of a dollar; none when the model has no known price.
    pub cost_micros: Option<u64>,
}

/// Says what something cost, in millionths of a dollar; none when there is no price.
pub type Prices = fn(&Used) -> Option<u64>;

/// Sums over all requests of one kind since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Requests asked of us, however often each was tried.
    pub requests: u64,
    /// Those that failed for good, the ones the breaker held back included.
    pub failures: u64,
    /// Attempts after the first.
    pub repeats: u64,
    /// Requests the breaker held back.
    pub held_back: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Characters spoken.
    pub characters: u64,
    /// Sound heard or made, in ms.
    pub audio_ms: u64,
    /// What it all cost, in millionths of a dollar.
    pub cost_micros: u64,
    /// Answers whose cost is not known and not in the sum.
    pub unpriced: u64,
}

/// Counts for the life of a client and all its clones.
#[derive(Debug)]
pub struct Counters {
    counts: PerKind<Mutex<Count>>,
    prices: Prices,
}

impl Counters {
    pub(super) fn new(prices: Prices) -> Self {
        Self { counts: PerKind::default(), prices }
    }

    /// The sums of one kind.
    pub fn of(&self, kind: Kind) -> Count {
        *self.counts.of(kind).lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, kind: Kind, change: impl FnOnce(&mut Count)) {
        change(&mut self.counts.of(kind).lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Prices what was used, adds it to the sums and hands it on.
    pub(super) fn add(&self, kind: Kind, used: Used) -> Used {
        let used = Used { cost_micros: (self.prices)(&used), ..used };
        self.note(kind, |count| {
            count.input_tokens += used.input_tokens;
            count.output_tokens += used.output_tokens;
            count.characters += used.characters;
            count.audio_ms += used.audio_ms;
            count.cost_micros += used.cost_micros.unwrap_or(0);
            count.unpriced += u64::from(used.cost_micros.is_none());
        });
        used
    }
}

/// `usage` as servers give it; each field may be missing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct UsageBody {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    /// Transcriptions: names of their own.
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    /// Transcriptions billed by time, in seconds.
    pub(super) seconds: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

impl UsageBody {
    pub(super) fn used(&self, model: &str) -> Used {
        let cached = self.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
        let input_tokens = self.prompt_tokens.or(self.input_tokens).unwrap_or(0);
        Used {
            model: model.to_owned(),
            input_tokens,
            cached_tokens: cached.unwrap_or(0).min(input_tokens),
            output_tokens: self.completion_tokens.or(self.output_tokens).unwrap_or(0),
            ..Used::default()
        }
    }
}

/// What was probably used, by the length of what went there and came back.
pub(super) fn estimate(model: &str, sent: usize, received: usize) -> Used {
    Used {
        model: model.to_owned(),
        input_tokens: sent.div_ceil(CHARACTERS_PER_TOKEN) as u64,
        output_tokens: received.div_ceil(CHARACTERS_PER_TOKEN) as u64,
        is_estimate: true,
        ..Used::default()
    }
}
