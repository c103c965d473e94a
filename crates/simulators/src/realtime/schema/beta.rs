//! The beta wire (protocol page, section 16): a flat session, older part names, fewer things.

use super::Shape::{Either, List, Null, Number, OneOf, Record, Sets, Tagged, Text};
use super::parts::{
    CREATE, FUNCTION, INPUT_ITEMS, INTERRUPT, LANGUAGE, MAX_TOKENS, METADATA, NOISE_REDUCTION, NULL_OR_TEXT,
    PREFIX, SEMANTIC_VAD, SILENCE, THRESHOLD, TOOL_CHOICE, TRACING,
};
use super::{Shape, may, must};

const VOICE: Shape = OneOf(&["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse"]);

const FORMAT: Shape = OneOf(&["pcm16", "g711_ulaw", "g711_alaw"]);

const TRANSCRIPTION: Shape =
    Either(&[Null, Record(&[must("model", Text), may("language", LANGUAGE), may("prompt", Text)])]);

const TURN_DETECTION: Shape = Either(&[
    Null,
    Tagged("type", &[("server_vad", &[THRESHOLD, PREFIX, SILENCE, CREATE, INTERRUPT]), SEMANTIC_VAD]),
]);

const TOOL: Shape = Tagged("type", &[FUNCTION]);

/// Text always; audio beside it or not.
const MODALITIES: Shape = Sets(&[&["audio", "text"], &["text"]]);

const TEMPERATURE: Shape = Number(0.6, 1.2);

pub(super) const SESSION: Shape = Record(&[
    may("model", Text),
    may("modalities", MODALITIES),
    may("instructions", Text),
    may("voice", VOICE),
    may("speed", Number(0.25, 1.5)),
    may("input_audio_format", FORMAT),
    may("output_audio_format", FORMAT),
    may("input_audio_transcription", TRANSCRIPTION),
    may("input_audio_noise_reduction", NOISE_REDUCTION),
    may("turn_detection", TURN_DETECTION),
    may("tools", List(&TOOL)),
    may("tool_choice", TOOL_CHOICE),
    may("temperature", TEMPERATURE),
    may("max_response_output_tokens", MAX_TOKENS),
    may("tracing", TRACING),
]);

pub(super) const RESPONSE: Shape = Record(&[
    may("conversation", OneOf(&["auto", "none"])),
    may("input", INPUT_ITEMS),
    may("instructions", Text),
    may("modalities", MODALITIES),
    may("voice", VOICE),
    may("output_audio_format", FORMAT),
    may("tools", List(&TOOL)),
    may("tool_choice", TOOL_CHOICE),
    may("temperature", TEMPERATURE),
    may("max_response_output_tokens", MAX_TOKENS),
    may("metadata", METADATA),
]);

pub(super) const USER_PART: Shape = Tagged(
    "type",
    &[
        ("input_text", &[must("text", Text)]),
        ("input_audio", &[must("audio", Text), may("transcript", NULL_OR_TEXT)]),
    ],
);

pub(super) const SYSTEM_PART: Shape = Tagged("type", &[("input_text", &[must("text", Text)])]);

pub(super) const ASSISTANT_PART: Shape = Tagged("type", &[("text", &[must("text", Text)])]);
