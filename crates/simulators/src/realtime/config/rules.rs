//! What the tables cannot say: rules between fields, and between a session and its past.

use serde_json::Value;

use crate::realtime::schema::{Refusal, session_path};
use crate::realtime::settings::Dialect;

/// What has happened in a session so far, as far as an update depends on it.
pub(in crate::realtime) struct Circumstances<'a> {
    /// The model in the URL.
    pub(in crate::realtime) model: &'a str,
    /// The models `transcription.model` may name.
    pub(in crate::realtime) transcription_models: &'a [String],
    /// Whether the session has produced audio.
    pub(in crate::realtime) has_spoken: bool,
    /// Whether a response is in progress.
    pub(in crate::realtime) is_responding: bool,
}

/// Whether `model` is of the 2.x family, the only one that takes `reasoning`.
pub(super) fn is_reasoning(model: &str) -> bool {
    model.starts_with("gpt-realtime-2")
}

/// Every rule for `session.update`.
pub(super) fn check(
    dialect: Dialect,
    patch: &Value,
    session: &Value,
    now: &Circumstances<'_>,
) -> Result<(), Refusal> {
    if patch.get("model").is_some() {
        return Err(Refusal::invalid("session.model", "The model of a session cannot be changed."));
    }
    check_voice(dialect, patch, session, now, "session")?;
    check_speed(dialect, patch, now)?;
    check_reasoning(patch, now, "session")?;
    let traced = session.get("tracing").is_some_and(|tracing| !tracing.is_null());
    if traced && patch.get("tracing").is_some_and(|tracing| Some(tracing) != session.get("tracing")) {
        return Err(Refusal::invalid("session.tracing", "Tracing cannot be changed once it is enabled."));
    }
    check_transcription(dialect, patch, now)
}

pub(super) fn check_voice(
    dialect: Dialect,
    patch: &Value,
    session: &Value,
    now: &Circumstances<'_>,
    root: &str,
) -> Result<(), Refusal> {
    let pointer = if dialect == Dialect::Ga { "/audio/output/voice" } else { "/voice" };
    let wanted = patch.pointer(pointer);
    if now.has_spoken && wanted.is_some() && wanted != session.pointer(pointer) {
        let param = format!("{root}{}", pointer.replace('/', "."));
        let message = "Cannot update a conversation's voice if assistant audio is present.";
        return Err(Refusal::new("cannot_update_voice", &param, message));
    }
    Ok(())
}

fn check_speed(dialect: Dialect, patch: &Value, now: &Circumstances<'_>) -> Result<(), Refusal> {
    let pointer = if dialect == Dialect::Ga { "/audio/output/speed" } else { "/speed" };
    if now.is_responding && patch.pointer(pointer).is_some() {
        let param = session_path(dialect, "audio.output.speed", "speed");
        return Err(Refusal::invalid(&param, "The speed can only be changed between turns."));
    }
    Ok(())
}

pub(super) fn check_reasoning(patch: &Value, now: &Circumstances<'_>, root: &str) -> Result<(), Refusal> {
    if is_reasoning(now.model) {
        return Ok(());
    }
    for name in ["reasoning", "parallel_tool_calls"] {
        if patch.get(name).is_some() {
            let message = format!("'{name}' is not supported by the model '{}'.", now.model);
            return Err(Refusal::invalid(&format!("{root}.{name}"), message));
        }
    }
    Ok(())
}

/// Which fields each transcription model takes (protocol page, section 2).
fn check_transcription(dialect: Dialect, patch: &Value, now: &Circumstances<'_>) -> Result<(), Refusal> {
    let ga = dialect == Dialect::Ga;
    let pointer = if ga { "/audio/input/transcription" } else { "/input_audio_transcription" };
    let Some(wanted) = patch.pointer(pointer).filter(|wanted| wanted.is_object()) else { return Ok(()) };
    let path = |name: &str| {
        format!("{}.{name}", session_path(dialect, "audio.input.transcription", "input_audio_transcription"))
    };
    let model = wanted.get("model").and_then(Value::as_str).unwrap_or_default();
    if !now.transcription_models.iter().any(|known| known == model) {
        return Err(Refusal::invalid(&path("model"), format!("Unknown transcription model '{model}'.")));
    }
    let streams = model == "gpt-realtime-whisper";
    let takes_lists = matches!(model, "gpt-transcribe" | "gpt-live-transcribe");
    let limits =
        [("delay", streams), ("prompt", !streams), ("keywords", takes_lists), ("languages", takes_lists)];
    match limits.iter().find(|(name, allowed)| !allowed && wanted.get(name).is_some()) {
        Some((name, _)) => {
            Err(Refusal::invalid(&path(name), format!("'{name}' is not supported by '{model}'.")))
        }
        None => Ok(()),
    }
}

/// A tool that must be called has to exist.
pub(super) fn check_tool_choice(session: &Value) -> Result<(), Refusal> {
    let named = session.pointer("/tool_choice/name").and_then(Value::as_str);
    let is_function = session.pointer("/tool_choice/type").and_then(Value::as_str) == Some("function");
    let tools = session.get("tools").and_then(Value::as_array);
    let exists = |name: &str| {
        let mut names = tools.into_iter().flatten().filter_map(|tool| tool.get("name")?.as_str());
        names.any(|known| known == name)
    };
    match named.filter(|name| is_function && !exists(name)) {
        Some(name) => {
            let message = format!("Tool choice '{name}' not found in 'tools' parameter.");
            Err(Refusal::invalid("session.tool_choice", message))
        }
        None => Ok(()),
    }
}
