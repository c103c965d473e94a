//! Sound to words and words to sound: `POST /audio/transcriptions` and `POST /audio/speech`.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fault::Failure;
use super::usage::UsageBody;
use super::{Kind, OpenAiError, OpenAiRest, Used};
use crate::http::{read_bounded, read_json_bounded};

/// The longest transcript that is read, in bytes.
const MOST_TRANSCRIPT_BYTES: usize = 4 << 20;
/// The longest sound that is read, in bytes: some three minutes of WAV at 24 kHz.
const MOST_SOUND_BYTES: usize = 8 << 20;
/// The largest file the service takes, in bytes.
const MOST_FILE_BYTES: usize = 25 << 20;
/// Characters that one request may have spoken.
pub const MOST_CHARACTERS: usize = 4096;

/// Sound to be written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// The model.
    pub model: String,
    /// A file's content.
    pub sound: Vec<u8>,
    /// A file name whose ending tells the format, such as `call.wav`.
    pub file_name: String,
    /// ISO 639-1, if known.
    pub language: Option<String>,
    /// How long it plays, where the server does not say.
    pub length: Duration,
}

/// What was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The words.
    pub text: String,
    /// What it took.
    pub used: Used,
}

/// Words to be spoken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Speech {
    /// The model.
    pub model: String,
    /// The words, at most [`MOST_CHARACTERS`].
    pub text: String,
    /// The voice.
    pub voice: String,
    /// How to speak, for models that take it.
    pub instructions: Option<String>,
}

/// A WAV file with the words.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// The file.
    pub wav: Vec<u8>,
    /// What it took.
    pub used: Used,
}

#[derive(Deserialize)]
struct TranscriptBody {
    text: String,
    usage: Option<UsageBody>,
}

impl OpenAiRest {
    /// Writes down what is said in a recording.
    pub async fn transcribe(&self, recording: &Recording) -> Result<Transcript, OpenAiError> {
        if recording.sound.len() > MOST_FILE_BYTES {
            return Err(OpenAiError::TooLong);
        }
        let body = self
            .repeated(Kind::Transcription, |deadline| async move {
                let request = self.http.post(self.url(&["audio", "transcriptions"]));
                let response = self.ask(request.multipart(recording.form()), deadline).await?;
                let body = read_json_bounded::<TranscriptBody>(response, MOST_TRANSCRIPT_BYTES).await;
                body.map_err(|fault| Failure::of_body(&fault))
            })
            .await?;
        let usage = body.usage.unwrap_or_default();
        let seconds = usage.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let length = seconds.unwrap_or(recording.length);
        let used = Used { audio_ms: length.as_millis() as u64, ..usage.used(&recording.model) };
        let used = self.shared.counters.add(Kind::Transcription, used);
        Ok(Transcript { text: body.text, used })
    }

    /// Speaks words.
    pub async fn speak(&self, speech: &Speech) -> Result<Sound, OpenAiError> {
        if speech.text.chars().count() > MOST_CHARACTERS {
            return Err(OpenAiError::TooLong);
        }
        let body = &speech.body();
        let wav = self
            .repeated(Kind::Speech, |deadline| async move {
                let request = self.http.post(self.url(&["audio", "speech"])).json(body);
                let response = self.ask(request, deadline).await?;
                let is_json = response
                    .headers()
                    .get(CONTENT_TYPE)
                    .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("application/json")));
                let sound = read_bounded(response, MOST_SOUND_BYTES).await;
                let sound = sound.map_err(|fault| Failure::of_body(&fault))?;
                // Whatever else it is, a browser would be asked to play it.
                if is_json || !sound.starts_with(b"RIFF") {
                    Err(Failure::not_understood())
                } else {
                    Ok(sound)
                }
            })
            .await?;
        let used = Used {
            model: speech.model.clone(),
            characters: speech.text.chars().count() as u64,
            audio_ms: length_of(&wav).as_millis() as u64,
            ..Used::default()
        };
        Ok(Sound { wav, used: self.shared.counters.add(Kind::Speech, used) })
    }
}

impl Recording {
    fn form(&self) -> Form {
        let file = Part::bytes(self.sound.clone()).file_name(self.file_name.clone());
        let form =
            Form::new().text("model", self.model.clone()).text("response_format", "json").part("file", file);
        match &self.language {
            Some(language) => form.text("language", language.clone()),
            None => form,
        }
    }
}

impl Speech {
    fn body(&self) -> Value {
        // An account's own voices are named by their id.
        let is_own = self.voice.starts_with("voice_");
        let voice = if is_own { json!({"id": self.voice}) } else { json!(self.voice) };
        let fields =
            json!({"model": self.model, "input": self.text, "voice": voice, "response_format": "wav"});
        let mut fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        if let Some(instructions) = &self.instructions {
            fields.insert("instructions".into(), instructions.as_str().into());
        }
        Value::Object(fields)
    }
}

/// How long a WAV file plays, by its bytes per second. A file that was streamed claims no length of its own, so the bytes
/// that came are what counts.
fn length_of(wav: &[u8]) -> Duration {
    let rate =
        wav.get(28..32).and_then(|bytes| bytes.first_chunk::<4>()).map(|bytes| u32::from_le_bytes(*bytes));
    let sound = wav.len().saturating_sub(44) as f64;
    rate.filter(|rate| *rate > 0)
        .and_then(|rate| Duration::try_from_secs_f64(sound / f64::from(rate)).ok())
        .unwrap_or_default()
}
