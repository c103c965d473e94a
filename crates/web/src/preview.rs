//! What a voice sounds like: the business's own greeting, spoken by the model's speech route.
//!
//! A sound is kept for a while, so that hearing it again costs nothing, and two clicks at once are one request.

use crate::api::voice_preview::WAV;
use crate::problem::Problem;
use crate::state::AppState;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use studioconnect_connectors::openai::rest::audio::Speech;
use studioconnect_connectors::openai::rest::{Blame, Limits, OpenAiError, OpenAiRest};
use studioconnect_domain::account::Standing;
use studioconnect_domain::ids::BusinessId;
use tokio::sync::Mutex as Turn;

#[cfg(test)]
mod tests;

/// How long a sound is kept.
const KEPT: TimeDelta = TimeDelta::minutes(10);
/// Most bytes of sound kept, for all businesses together.
const MOST_BYTES: usize = 32 << 20;
/// Previews a business may ask for in an hour, beyond those that are kept.
const MOST_AN_HOUR: usize = 20;
/// Greetings are at most 600 characters; what the business's name adds is cut off here.
const MOST_CHARACTERS: usize = 700;
/// Below the time in which a page has to answer.
const TOTAL: Duration = Duration::from_secs(10);

/// The model's REST side, as far as pages use it.
#[derive(Clone)]
pub struct TextModel {
    /// Access to it.
    pub rest: OpenAiRest,
    speech_model: Arc<str>,
    previews: Arc<Mutex<Previews>>,
}

impl TextModel {
    /// `speech_model` speaks previews.
    pub fn new(rest: OpenAiRest, speech_model: &str) -> Self {
        Self { rest, speech_model: speech_model.into(), previews: Arc::default() }
    }

    fn previews(&self) -> MutexGuard<'_, Previews> {
        self.previews.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A WAV file.
pub(crate) type Sound = Arc<[u8]>;

/// The greeting in a voice. Asks the model only for what it has not spoken lately.
pub(crate) async fn spoken(state: &AppState, who: &Standing, voice: &str) -> Result<Sound, Problem> {
    let model = state.model.as_ref().ok_or_else(Problem::no_model)?;
    let config = state.store.agent_config(who.business.id).await?;
    let text: String = config.greeting(&who.business.name).chars().take(MOST_CHARACTERS).collect();
    let key = Key { business: who.business.id, voice: voice.to_owned(), text };
    let turn = model.previews().turn(key.business);
    let _turn = turn.lock().await;
    let now = state.clock.now();
    if let Some(sound) = model.previews().find(&key, now) {
        return Ok(sound);
    }
    model
        .previews()
        .spend(key.business, now)
        .map_err(|wait| Problem::heard_too_often(wait.num_seconds() + 1))?;
    let rest = model.rest.clone().with_limits(Limits { total: TOTAL, ..Limits::default() });
    let speech = Speech {
        model: model.speech_model.to_string(),
        text: key.text.clone(),
        voice: key.voice.clone(),
        instructions: None,
    };
    let sound = rest.speak(&speech).await.map_err(|fault| told(&fault, voice))?;
    tracing::info!(
        characters = sound.used.characters,
        cost_micros = sound.used.cost_micros,
        "a voice was previewed"
    );
    let sound = Sound::from(sound.wav);
    model.previews().keep(key, Arc::clone(&sound), now);
    Ok(sound)
}

/// The greeting in a voice if it was spoken lately; asks nobody.
pub(crate) async fn kept(state: &AppState, who: &Standing, voice: &str) -> Result<Sound, Problem> {
    let model = state.model.as_ref().ok_or_else(Problem::no_model)?;
    let config = state.store.agent_config(who.business.id).await?;
    let text: String = config.greeting(&who.business.name).chars().take(MOST_CHARACTERS).collect();
    let key = Key { business: who.business.id, voice: voice.to_owned(), text };
    model.previews().find(&key, state.clock.now()).ok_or_else(Problem::not_found)
}

/// The sound as an answer; browsers that ask for a part of it, as some do before they play anything, get that part.
pub(crate) fn played(sound: &Sound, range: Option<&HeaderValue>) -> Response {
    let kind = (header::CONTENT_TYPE, WAV.to_owned());
    let ranges = (header::ACCEPT_RANGES, "bytes".to_owned());
    let asked = range.and_then(|range| range.to_str().ok()).and_then(|range| part_of(range, sound.len()));
    match asked.and_then(|(from, to)| Some((from, to, sound.get(from..=to)?))) {
        Some((from, to, part)) => {
            let place = (header::CONTENT_RANGE, format!("bytes {from}-{to}/{}", sound.len()));
            (StatusCode::PARTIAL_CONTENT, [kind, ranges, place], part.to_vec()).into_response()
        }
        None => ([kind, ranges], sound.to_vec()).into_response(),
    }
}

/// First and last byte of a single range; anything else is answered as a whole.
fn part_of(range: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = length.checked_sub(1)?;
    let (from, to) = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) => (from, to.min(last)),
        (Ok(from), Err(_)) if to.is_empty() => (from, last),
        (Err(_), Ok(count)) if from.is_empty() && count > 0 => (length.saturating_sub(count), last),
        _ => return None,
    };
    (from <= to).then_some((from, to))
}

/// What is said to whoever wanted to hear it, and logged for whoever can mend it.
fn told(fault: &OpenAiError, voice: &str) -> Problem {
    match fault {
        OpenAiError::Rejected { param, message, .. }
            if param.as_deref().unwrap_or(message).contains("voice") =>
        {
            tracing::info!(voice, "the model that speaks previews does not have this voice");
            Problem::voice_not_previewed()
        }
        _ if fault.blame() == Blame::Operator => {
            tracing::error!(%fault, "a voice cannot be previewed: look at OPENAI_API_KEY and OPENAI_SPEECH_MODEL");
            Problem::preview_off()
        }
        _ => {
            tracing::warn!(%fault, "a voice could not be previewed");
            Problem::preview_failed()
        }
    }
}

/// Whose voice says what.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    business: BusinessId,
    voice: String,
    text: String,
}

/// What was spoken lately, and how often. Pure: time is passed in.
#[derive(Default)]
struct Previews {
    sounds: VecDeque<(Key, Sound, DateTime<Utc>)>,
    spent: HashMap<BusinessId, VecDeque<DateTime<Utc>>>,
    turns: HashMap<BusinessId, Arc<Turn<()>>>,
}

impl Previews {
    /// Only one request of a business at a time.
    fn turn(&mut self, business: BusinessId) -> Arc<Turn<()>> {
        self.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(self.turns.entry(business).or_default())
    }

    fn find(&mut self, key: &Key, now: DateTime<Utc>) -> Option<Sound> {
        self.sounds.retain(|(_, _, at)| now - *at < KEPT);
        self.sounds.iter().find(|(known, ..)| known == key).map(|(_, sound, _)| Arc::clone(sound))
    }

    fn keep(&mut self, key: Key, sound: Sound, now: DateTime<Utc>) {
        self.sounds.push_back((key, sound, now));
        let mut bytes: usize = self.sounds.iter().map(|(_, sound, _)| sound.len()).sum();
        while bytes > MOST_BYTES {
            let Some((_, oldest, _)) = self.sounds.pop_front() else { break };
            bytes -= oldest.len();
        }
    }

    /// Takes one of the hour's previews, or says how long it is until there is one.
    fn spend(&mut self, business: BusinessId, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let hour = TimeDelta::hours(1);
        self.spent.retain(|_, times| times.back().is_some_and(|last| now - *last < hour));
        let times = self.spent.entry(business).or_default();
        while times.front().is_some_and(|first| now - *first >= hour) {
            times.pop_front();
        }
        match times.front() {
            Some(first) if times.len() >= MOST_AN_HOUR => Err(*first + hour - now),
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }
}
