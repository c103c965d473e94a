//! The GA wire (protocol page, sections 2 to 7).

use super::Shape::{Bool, Either, Free, Integer, List, Null, Number, OneOf, Record, Sets, Tagged, Text};
use super::parts::{
    CREATE, FUNCTION, INPUT_ITEMS, INTERRUPT, LANGUAGE, MAX_TOKENS, METADATA, NOISE_REDUCTION, NULL_OR_TEXT,
    PREFIX, SEMANTIC_VAD, SILENCE, TEXT, THRESHOLD, TOOL_CHOICE, TRACING,
};
use super::{Shape, may, must};

const VOICE: Shape = Either(&[
    OneOf(&["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]),
    Record(&[must("id", Text)]),
]);

const FORMAT: Shape = Tagged(
    "type",
    &[("audio/pcm", &[may("rate", Integer(24_000, 24_000))]), ("audio/pcmu", &[]), ("audio/pcma", &[])],
);

const TRANSCRIPTION: Shape = Either(&[
    Null,
    Record(&[
        must("model", Text),
        may("language", LANGUAGE),
        may("prompt", Text),
        may("delay", OneOf(&["minimal", "low", "medium", "high", "xhigh"])),
        may("keywords", List(&TEXT)),
        may("languages", List(&LANGUAGE)),
    ]),
]);

const TURN_DETECTION: Shape = Either(&[
    Null,
    Tagged(
        "type",
        &[
            (
                "server_vad",
                &[
                    THRESHOLD,
                    PREFIX,
                    SILENCE,
                    CREATE,
                    INTERRUPT,
                    may("idle_timeout_ms", Either(&[Null, Integer(5_000, 30_000)])),
                ],
            ),
            SEMANTIC_VAD,
        ],
    ),
]);

const AUDIO_IN: Shape = Record(&[
    may("format", FORMAT),
    may("transcription", TRANSCRIPTION),
    may("noise_reduction", NOISE_REDUCTION),
    may("turn_detection", TURN_DETECTION),
]);

const AUDIO_OUT: Shape =
    Record(&[may("format", FORMAT), may("voice", VOICE), may("speed", Number(0.25, 1.5))]);

const TOOL: Shape = Tagged(
    "type",
    &[
        FUNCTION,
        (
            "mcp",
            &[
                must("server_label", Text),
                may("server_url", Text),
                may("connector_id", Text),
                may("tunnel_id", Text),
                may("server_description", Text),
                may("authorization", Text),
                may("headers", Either(&[Null, Free])),
                may("allowed_tools", Either(&[Null, List(&TEXT), Free])),
                may("require_approval", Either(&[Null, OneOf(&["always", "never"]), Free])),
            ],
        ),
    ],
);

const REASONING: Shape = Record(&[may("effort", OneOf(&["minimal", "low", "medium", "high", "xhigh"]))]);

const TRUNCATION: Shape = Either(&[
    OneOf(&["auto", "disabled"]),
    Tagged(
        "type",
        &[(
            "retention_ratio",
            &[
                must("retention_ratio", Number(0.0, 1.0)),
                may("token_limits", Record(&[may("post_instructions", Integer(0, 128_000))])),
            ],
        )],
    ),
]);

/// Either modality, never both.
const MODALITIES: Shape = Sets(&[&["audio"], &["text"]]);

const INCLUDE: Shape = OneOf(&["item.input_audio_transcription.logprobs"]);

/// `model` is taken here and refused by a rule of its own, because it exists but cannot change.
pub(super) const SESSION: Shape = Record(&[
    must("type", OneOf(&["realtime"])),
    may("model", Text),
    may("output_modalities", MODALITIES),
    may("instructions", Text),
    may("audio", Record(&[may("input", AUDIO_IN), may("output", AUDIO_OUT)])),
    may("tools", List(&TOOL)),
    may("tool_choice", TOOL_CHOICE),
    may("parallel_tool_calls", Bool),
    may("reasoning", REASONING),
    may("max_output_tokens", MAX_TOKENS),
    may("truncation", TRUNCATION),
    may("tracing", TRACING),
    may("include", Either(&[Null, List(&INCLUDE)])),
]);

pub(super) const RESPONSE: Shape = Record(&[
    may("conversation", OneOf(&["auto", "none"])),
    may("input", INPUT_ITEMS),
    may("instructions", Text),
    may("output_modalities", MODALITIES),
    may("audio", Record(&[may("output", Record(&[may("format", FORMAT), may("voice", VOICE)]))])),
    may("tools", List(&TOOL)),
    may("tool_choice", TOOL_CHOICE),
    may("max_output_tokens", MAX_TOKENS),
    may("parallel_tool_calls", Bool),
    may("reasoning", REASONING),
    may("metadata", METADATA),
]);

pub(super) const USER_PART: Shape = Tagged(
    "type",
    &[
        ("input_text", &[must("text", Text)]),
        ("input_audio", &[must("audio", Text), may("transcript", NULL_OR_TEXT)]),
        ("input_image", &[must("image_url", Text), may("detail", OneOf(&["auto", "low", "high"]))]),
    ],
);

pub(super) const SYSTEM_PART: Shape = Tagged("type", &[("input_text", &[must("text", Text)])]);

/// Text only: the audio of an assistant cannot be put into a session (protocol page, section 1).
pub(super) const ASSISTANT_PART: Shape = Tagged("type", &[("output_text", &[must("text", Text)])]);
