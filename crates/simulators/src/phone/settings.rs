//! What a network and a call are started with.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::script::{Script, Step};

/// How a network is set up.
#[derive(Debug, Clone)]
pub struct NetworkSettings {
    /// The account all calls belong to, `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The account's secret: signs webhooks and opens the REST side.
    pub auth_token: String,
    /// Port of the REST side on 127.0.0.1; 0 takes a free one.
    pub rest_port: u16,
    /// Where each call leaves `<sid>-heard.wav` and `<sid>-said.wav`.
    pub recordings_dir: Option<PathBuf>,
    /// Numbers the account owns. When not empty, REST calls and messages from others are refused.
    pub own_numbers: Vec<String>,
    /// Pace of the calls the network makes on behalf of the server: 1.0 is real time.
    pub answer_speed: f32,
    /// How long a webhook may take; Twilio allows 15 s.
    pub webhook_timeout: Duration,
}

impl NetworkSettings {
    /// A network on a free port, at real pace, for one account.
    pub fn new(account_sid: impl Into<String>, auth_token: impl Into<String>) -> Self {
        Self {
            account_sid: account_sid.into(),
            auth_token: auth_token.into(),
            rest_port: 0,
            recordings_dir: None,
            own_numbers: Vec::new(),
            answer_speed: 1.0,
            webhook_timeout: Duration::from_secs(15),
        }
    }
}

/// How often a status callback is delivered. A server must cope with all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// As it should be.
    #[default]
    Once,
    /// The same callback two times.
    Twice,
    /// Lost.
    Never,
}

/// One inbound call: somebody rings a number whose voice URL is `webhook`.
#[derive(Debug, Clone)]
pub struct Dial {
    /// The number's voice URL, asked by POST.
    pub webhook: Url,
    /// The number's status callback URL; told when the call has ended.
    pub status_callback: Option<Url>,
    /// The number's fallback URL, asked when a document cannot be had.
    pub fallback: Option<Url>,
    /// The person's number, E.164.
    pub from: String,
    /// The number rung, E.164.
    pub to: String,
    /// What the person does once the call is answered.
    pub script: Script,
    /// Pace of everything that is sound: 1.0 is real time, 10.0 ten times faster (0.01 to 1000). Time-outs of HTTP
    /// requests do not scale.
    pub speed: f32,
    /// The person hangs up after so much of the call's own time, whatever the script says.
    pub hang_up_after: Option<Duration>,
    /// Whether the media stream's upgrade carries `x-twilio-signature`.
    pub stream_signature: bool,
    /// The call's time between the messages `connected` and `start` of a media stream.
    pub stream_start_delay: Duration,
    /// Replaces, or adds to, the custom parameters of `start`.
    pub stream_parameters: Vec<(String, String)>,
    /// Replaces, or adds to, the parameters of the webhooks.
    pub params: Vec<(String, String)>,
    /// How often the final status callback arrives.
    pub status_delivery: Delivery,
    /// Whether the report keeps what was heard and said; off for load.
    pub keep_audio: bool,
}

impl Dial {
    /// A silent person at real pace.
    pub fn new(webhook: Url, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            webhook,
            status_callback: None,
            fallback: None,
            from: from.into(),
            to: to.into(),
            script: Script::silent(),
            speed: 1.0,
            hang_up_after: None,
            stream_signature: true,
            stream_start_delay: Duration::ZERO,
            stream_parameters: Vec::new(),
            params: Vec::new(),
            status_delivery: Delivery::Once,
            keep_audio: true,
        }
    }
}

/// Who answers when the server rings a number.
#[derive(Debug, Clone, PartialEq)]
pub enum Answerer {
    /// Answers, listens for half a second and presses the key.
    PressDigit(char),
    /// A machine: a greeting, a tone, half a minute of tape, and no key ever.
    Voicemail,
    /// The line is engaged.
    Busy,
    /// It rings and nobody comes. Also what numbers without an answerer do.
    NoAnswer,
    /// Answers and does as the script says.
    Script(Script),
}

/// How long a phone rings before an answerer takes the call, in milliseconds of the call.
pub(crate) const RING_MS: u64 = 400;

impl Answerer {
    /// What the one who answers does, if anybody does.
    pub(crate) fn script(&self) -> Option<Script> {
        let steps = match self {
            Self::Busy | Self::NoAnswer => return None,
            Self::Script(script) => return Some(script.clone()),
            Self::PressDigit(digit) => vec![Step::wait_for_agent(500), Step::Press(digit.to_string())],
            Self::Voicemail => vec![
                Step::say("You have reached my voicemail. Please leave a message after the tone."),
                Step::Tone { hz: 440.0, ms: 500 },
                Step::Wait(30_000),
                Step::HangUp,
            ],
        };
        Some(steps.into())
    }

    /// `AnsweredBy` as answering-machine detection would tell it: for `Enable`, and for
    /// `DetectMessageEnd`.
    pub(crate) fn answered_by(&self, until_end: bool) -> &'static str {
        match self {
            Self::Voicemail if until_end => "machine_end_beep",
            Self::Voicemail => "machine_start",
            _ => "human",
        }
    }
}
