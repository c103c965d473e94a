//! `POST /v1/audio/transcriptions` and `POST /v1/audio/speech`: what is heard is the sound that stands for the words.

use axum::response::{IntoResponse as _, Json, Response};
use http::header;
use serde_json::{Value, json};

use super::faults::RestFault;
use super::multipart::Part;
use crate::realtime::hearing::transcript_of;
use crate::realtime::hub::Hub;
use crate::realtime::schema::{Refusal, SPEECH};
use crate::speech::{BYTES_PER_MS, sound_of};
use crate::{ulaw, wav};

/// Voices of the speech models; the older ones know fewer.
const VOICES: [&str; 13] = [
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer",
    "verse",
];
const ONLY_NEWER: [&str; 4] = ["ballad", "cedar", "marin", "verse"];
/// Fields of an upload.
const FIELDS: [&str; 6] = ["file", "model", "language", "prompt", "response_format", "temperature"];
/// PCM is 24 kHz, three samples for each of ours.
const STEPS: i32 = 3;

pub(super) fn speech(hub: &Hub, body: &Value, _: Option<&RestFault>) -> Result<Response, Refusal> {
    SPEECH.check(body, "")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let model = text("model");
    if !hub.desk.settings().speech_models.iter().any(|known| known == model) {
        return Err(super::no_such_model(model));
    }
    let voice = text("voice");
    let is_older = model.starts_with("tts-1");
    if !VOICES.contains(&voice) || (is_older && ONLY_NEWER.contains(&voice)) {
        return Err(Refusal::invalid(
            "voice",
            format!("Invalid value: '{voice}'. This model has no such voice."),
        ));
    }
    let sound = sound_of(text("input"));
    match text("response_format") {
        "wav" => Ok(([(header::CONTENT_TYPE, "audio/wav")], wav::from_ulaw(&sound)).into_response()),
        "pcm" => Ok(([(header::CONTENT_TYPE, "audio/pcm")], pcm(&sound)).into_response()),
        // Right at the real service; here there is nothing that could encode it.
        other => {
            let other = if other.is_empty() { "mp3" } else { other };
            Err(Refusal::new(
                "not_simulated",
                "response_format",
                format!("'{other}' is not simulated; ask for wav or pcm."),
            ))
        }
    }
}

/// 16-bit samples at 24 kHz, in between ours on a straight line.
fn pcm(sound: &[u8]) -> Vec<u8> {
    let samples: Vec<i32> = sound.iter().map(|&code| i32::from(ulaw::decode(code))).collect();
    let next = samples.iter().skip(1).chain(samples.last());
    let pairs = samples.iter().zip(next);
    let steps =
        pairs.flat_map(|(&from, &to)| (0..STEPS).map(move |step| (from + (to - from) * step / STEPS) as i16));
    steps.flat_map(i16::to_le_bytes).collect()
}

pub(super) fn transcription(hub: &Hub, parts: &[Part]) -> Result<Response, Refusal> {
    if let Some(part) = parts.iter().find(|part| !FIELDS.contains(&part.name.as_str())) {
        return Err(Refusal::new(
            "unknown_parameter",
            &part.name,
            format!("Unknown parameter: '{}'.", part.name),
        ));
    }
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let text = |name: &str| part(name).map(|part| String::from_utf8_lossy(&part.content).into_owned());
    let missing =
        |name: &str| Refusal::new("missing_required_parameter", name, format!("'{name}' is required."));
    let model = text("model").ok_or_else(|| missing("model"))?;
    if !hub.settings.transcription_models.contains(&model) {
        return Err(super::no_such_model(&model));
    }
    if let Some(language) = text("language")
        && !(language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase()))
    {
        return Err(Refusal::invalid(
            "language",
            format!("Invalid language '{language}': expected ISO-639-1."),
        ));
    }
    let format = text("response_format").unwrap_or_else(|| "json".to_owned());
    if !["json", "text"].contains(&format.as_str()) {
        return Err(Refusal::invalid(
            "response_format",
            format!("'{format}' is not compatible with {model}."),
        ));
    }
    let file = part("file").ok_or_else(|| missing("file"))?;
    let is_wav = file.file_name.as_deref().is_some_and(|name| name.to_lowercase().ends_with(".wav"));
    let sound = wav::to_ulaw(&file.content).ok().filter(|_| is_wav);
    let sound = sound.ok_or_else(|| Refusal::new("invalid_file_format", "file", "Invalid file format."))?;
    let words = transcript_of(&hub.listen(&sound, false));
    if format == "text" {
        return Ok(words.into_response());
    }
    let seconds = (sound.len() / BYTES_PER_MS).div_ceil(1_000);
    Ok(Json(json!({"text": words, "usage": {"type": "duration", "seconds": seconds}})).into_response())
}
