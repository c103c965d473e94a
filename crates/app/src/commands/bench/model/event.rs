//! The Realtime API's events (GA), as far as a call needs them. All ids are plain ASCII, so nothing needs escaping.

use serde::Deserialize;

/// What the server says to the model; borrowed from its frame.
#[derive(Debug, Deserialize)]
pub(super) struct FromServer<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
    pub(super) audio: Option<&'a str>,
    pub(super) item_id: Option<&'a str>,
    pub(super) response_id: Option<&'a str>,
    pub(super) audio_end_ms: Option<u64>,
    #[serde(borrow)]
    pub(super) item: Option<Item<'a>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Item<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'a str,
}

const ITEM: &str = "item_a";
const RESPONSE: &str = "resp_";

/// The number of the reply that an agent's item or a response is.
pub(super) fn reply_of(id: &str) -> Option<usize> {
    id.strip_prefix(ITEM).or_else(|| id.strip_prefix(RESPONSE))?.parse().ok()
}

pub(super) fn session(kind: &str) -> String {
    format!(
        r#"{{"type":"{kind}","event_id":"event_s","session":{{"type":"realtime","object":"realtime.session","id":"sess_bench","model":"gpt-realtime-2.1","output_modalities":["audio"]}}}}"#
    )
}

pub(super) fn speech_started(item: u32, at_ms: u64) -> String {
    format!(
        r#"{{"type":"input_audio_buffer.speech_started","event_id":"event_v{item}","audio_start_ms":{at_ms},"item_id":"item_c{item}"}}"#
    )
}

/// The end of the caller's turn, with its words.
pub(super) fn turn(item: u32, at_ms: u64) -> [String; 4] {
    [
        format!(
            r#"{{"type":"input_audio_buffer.speech_stopped","event_id":"event_w{item}","audio_end_ms":{},"item_id":"item_c{item}"}}"#,
            at_ms.saturating_sub(super::hearing::SILENCE_MS)
        ),
        format!(
            r#"{{"type":"input_audio_buffer.committed","event_id":"event_x{item}","previous_item_id":null,"item_id":"item_c{item}"}}"#
        ),
        format!(
            r#"{{"type":"conversation.item.added","event_id":"event_y{item}","previous_item_id":null,"item":{{"id":"item_c{item}","object":"realtime.item","type":"message","status":"completed","role":"user","content":[{{"type":"input_audio","transcript":null}}]}}}}"#
        ),
        format!(
            r#"{{"type":"conversation.item.input_audio_transcription.completed","event_id":"event_z{item}","item_id":"item_c{item}","content_index":0,"transcript":"Yes, the tap in the kitchen drips, and it gets worse."}}"#
        ),
    ]
}

pub(super) fn reply_begins(number: u32) -> [String; 3] {
    [
        format!(
            r#"{{"type":"response.created","event_id":"event_r{number}","response":{{"object":"realtime.response","id":"{RESPONSE}{number}","status":"in_progress","output":[]}}}}"#
        ),
        format!(
            r#"{{"type":"response.output_item.added","event_id":"event_o{number}","response_id":"{RESPONSE}{number}","output_index":0,"item":{{"id":"{ITEM}{number}","object":"realtime.item","type":"message","status":"in_progress","role":"assistant","content":[]}}}}"#
        ),
        format!(
            r#"{{"type":"conversation.item.added","event_id":"event_a{number}","previous_item_id":null,"item":{{"id":"{ITEM}{number}","object":"realtime.item","type":"message","status":"in_progress","role":"assistant","content":[]}}}}"#
        ),
    ]
}

/// The beginning of a piece of sound; base64 and [`SOUND_END`] follow.
pub(super) fn sound(number: u32) -> String {
    format!(
        r#"{{"type":"response.output_audio.delta","event_id":"event_d{number}","response_id":"{RESPONSE}{number}","item_id":"{ITEM}{number}","output_index":0,"content_index":0,"delta":""#
    )
}

pub(super) const SOUND_END: &str = r#""}"#;

pub(super) fn words(number: u32) -> String {
    format!(
        r#"{{"type":"response.output_audio_transcript.delta","event_id":"event_t{number}","response_id":"{RESPONSE}{number}","item_id":"{ITEM}{number}","output_index":0,"content_index":0,"delta":" and so"}}"#
    )
}

pub(super) fn reply_ends(number: u32) -> [String; 3] {
    [
        format!(
            r#"{{"type":"response.output_audio.done","event_id":"event_e{number}","response_id":"{RESPONSE}{number}","item_id":"{ITEM}{number}","output_index":0,"content_index":0}}"#
        ),
        reply_done(number, "completed"),
        r#"{"type":"rate_limits.updated","event_id":"event_l","rate_limits":[{"name":"tokens","limit":40000,"remaining":39000,"reset_seconds":1.5}]}"#
            .to_owned(),
    ]
}

pub(super) fn reply_done(number: u32, status: &str) -> String {
    format!(
        r#"{{"type":"response.done","event_id":"event_f{number}","response":{{"object":"realtime.response","id":"{RESPONSE}{number}","status":"{status}","output":[{{"id":"{ITEM}{number}","type":"message","role":"assistant"}}],"usage":{USAGE}}}}}"#
    )
}

/// A reply that only calls a tool.
pub(super) fn tool_called(number: u32) -> String {
    format!(
        r#"{{"type":"response.done","event_id":"event_f{number}","response":{{"object":"realtime.response","id":"{RESPONSE}{number}","status":"completed","output":[{{"id":"{ITEM}{number}","type":"function_call","call_id":"call_{number}","name":"save_answer","arguments":"{{\"question\":\"q1\",\"answer\":\"Alex Rivera {number}\"}}"}}],"usage":{USAGE}}}}}"#
    )
}

const USAGE: &str = r#"{"total_tokens":900,"input_tokens":800,"output_tokens":100,"input_token_details":{"text_tokens":500,"audio_tokens":300,"cached_tokens":600,"cached_tokens_details":{"text_tokens":400,"audio_tokens":200}},"output_token_details":{"text_tokens":30,"audio_tokens":70}}"#;

pub(super) fn item_added(item: &str, kind: &str) -> String {
    format!(
        r#"{{"type":"conversation.item.added","event_id":"event_i","previous_item_id":null,"item":{{"id":"{item}","object":"realtime.item","type":"{kind}","status":"completed"}}}}"#
    )
}

pub(super) fn truncated(item: &str, end_ms: u64) -> String {
    format!(
        r#"{{"type":"conversation.item.truncated","event_id":"event_u","item_id":"{item}","content_index":0,"audio_end_ms":{end_ms}}}"#
    )
}

pub(super) fn deleted(item: &str) -> String {
    format!(r#"{{"type":"conversation.item.deleted","event_id":"event_k","item_id":"{item}"}}"#)
}

pub(super) fn error(code: &str) -> String {
    format!(
        r#"{{"type":"error","event_id":"event_q","error":{{"type":"invalid_request_error","code":"{code}","message":"refused","param":null,"event_id":null}}}}"#
    )
}

#[cfg(test)]
mod tests;
