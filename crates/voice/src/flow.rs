//! The call machine: a pure function of what happened so far.
//!
//! [`CallFlow::handle`] takes one [`Input`] and the time, in ms since the driver's own zero, and returns what is to be
//! done. There is no clock, socket, task or random number in here, so a recorded list of inputs gives the same effects
//! again, and a bad call becomes a test.
//!
//! Each matter has its room: [`link`] the model's session, [`caller`] what comes in, [`agent`] what goes out, [`ledger`]
//! what was heard of it, [`judge`] whether a sound is an interruption, [`reply`] one reply at a time, [`toolbox`] tools,
//! [`course`] silence, limits and the end, [`script`] the transcript.

mod agent;
mod audio;
mod caller;
mod course;
mod effect;
mod input;
mod judge;
mod ledger;
mod link;
mod reply;
mod script;
mod settings;
mod toolbox;

pub use audio::{Audio, BYTES_PER_MS};
pub use effect::{Effect, Leave, Line};
pub use input::{Command, Input};
pub use settings::{FlowSettings, limits};

use serde_json::Value;
use studioconnect_connectors::openai::realtime::{ClientEvent, ServerEvent};
use studioconnect_domain::call::{Analytics, EndReason};
use studioconnect_domain::transcript::{CallEvent, Turn};

/// One call.
#[derive(Debug)]
pub struct CallFlow {
    settings: FlowSettings,
    now: u64,
    started_at: Option<u64>,
    link: link::Link,
    caller: caller::Caller,
    reply: reply::Reply,
    ledger: ledger::Ledger,
    toolbox: toolbox::Toolbox,
    course: course::Course,
    script: script::Script,
    wait: Option<agent::Wait>,
    tool_wait: Option<agent::Wait>,
    analytics: Analytics,
    tells: u32,
    events: u32,
    marks_lost: u32,
}

/// The effects of one input, in the order in which they are to be done.
pub(crate) type Effects<'a> = Vec<Effect<'a>>;

impl CallFlow {
    /// A call whose stream has not begun. `now` is the first time; none given later is smaller.
    pub fn new(settings: FlowSettings, now: u64) -> Self {
        Self {
            settings,
            now,
            started_at: None,
            link: link::Link::new(now),
            caller: caller::Caller::default(),
            reply: reply::Reply::new(),
            ledger: ledger::Ledger::default(),
            toolbox: toolbox::Toolbox::default(),
            course: course::Course::default(),
            script: script::Script::default(),
            wait: None,
            tool_wait: None,
            analytics: Analytics::default(),
            tells: 0,
            events: 0,
            marks_lost: 0,
        }
    }

    /// Takes in what happened at `now` and says what to do about it. After an [`Effect::Leave`] nothing has an effect.
    pub fn handle<'a>(&mut self, input: Input<'a>, now: u64) -> Vec<Effect<'a>> {
        let mut out = Effects::new();
        if self.course.is_over {
            return out;
        }
        self.now = self.now.max(now);
        match input {
            Input::CallerAudio { position_ms, audio, level } => {
                self.hear(position_ms, audio, level, &mut out);
            }
            Input::ModelAudio { response_id, item_id, content_index, audio } => {
                self.speak(&response_id, &item_id, content_index, audio, &mut out);
            }
            Input::Mark(name) => self.mark_echoed(&name, &mut out),
            Input::Model(event) => self.model_says(event, &mut out),
            Input::Tick => self.tick(&mut out),
            Input::ToolDone { call_id, output } => self.tool_done(&call_id, output, &mut out),
            Input::Digit(digit) => self.key_pressed(digit, &mut out),
            Input::StreamStarted => self.stream_started(&mut out),
            Input::ModelConnected => self.model_connected(),
            Input::ModelClosed { verdict, detail } => self.model_lost(verdict, &detail, &mut out),
            Input::StreamStopped | Input::Command(Command::LineEnded) => {
                self.leave(EndReason::CallerHungUp, Line::Gone, &mut out);
            }
            Input::StreamLost => self.leave(EndReason::StreamLost, Line::Unknown, &mut out),
            Input::Command(Command::End) => self.leave(EndReason::Ended, Line::HangUp, &mut out),
        }
        self.settle(&mut out);
        out
    }

    /// When [`Input::Tick`] is due at the latest; none while nothing is timed. Later inputs may make it earlier.
    pub fn wake_at(&self) -> Option<u64> {
        if self.course.is_over {
            return None;
        }
        [
            self.link_due(),
            self.caller_due(),
            self.reply_due(),
            self.ledger.overdue_at(),
            self.toolbox.due(self.reply.is_quiet() && !self.ledger.is_audible()),
            self.course_due(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether the loudness of the caller's next frame is wanted; measuring it costs a decode.
    pub fn wants_level(&self) -> bool {
        self.caller_level_matters()
    }

    /// Whether the call has left.
    pub fn is_over(&self) -> bool {
        self.course.is_over
    }

    /// What was counted so far.
    pub fn analytics(&self) -> &Analytics {
        &self.analytics
    }

    /// What was said so far.
    pub fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.script.turns()
    }

    /// Whether words of the caller are still being written down by the server.
    pub fn awaits_words(&self) -> bool {
        self.script.awaits_words()
    }

    /// Words that came after the call had left: the turn to keep, when they belong to one.
    pub fn late_words(&mut self, item_id: &str, text: &str) -> Option<Turn> {
        self.script.caller_words(item_id, text)
    }

    fn stream_started(&mut self, out: &mut Effects) {
        if self.started_at.is_none() {
            self.started_at = Some(self.now);
            self.link.since = self.now;
            self.event("stream_started", Value::Null, out);
        }
    }

    /// Time since the stream began, in ms.
    fn at(&self) -> u64 {
        self.now.saturating_sub(self.started_at.unwrap_or(self.now))
    }

    fn model_says<'a>(&mut self, event: ServerEvent<'a>, out: &mut Effects<'a>) {
        match event {
            ServerEvent::SessionCreated { .. } => self.configure(out),
            ServerEvent::SessionUpdated => self.session_ready(out),
            ServerEvent::SpeechStarted { item_id, audio_start_ms } => {
                self.speech_started(&item_id, audio_start_ms, out);
            }
            ServerEvent::SpeechStopped { audio_end_ms, .. } => self.speech_stopped(audio_end_ms, out),
            ServerEvent::Committed { item_id } => self.turn_committed(&item_id, out),
            ServerEvent::ItemAdded { item_id, kind } => self.item_added(&item_id, kind, out),
            ServerEvent::Transcript { item_id, text } => self.transcribed(&item_id, &text, out),
            ServerEvent::TranscriptFailed { item_id } => self.transcribed(&item_id, "", out),
            ServerEvent::ResponseCreated { response_id } => self.reply_begun(&response_id, out),
            ServerEvent::Words { response_id, item_id, delta, .. } => {
                self.words(&response_id, &item_id, &delta);
            }
            ServerEvent::ResponseDone { response_id, status, reason, calls, usage } => {
                self.count_usage(usage);
                self.reply_done(&response_id, status, reason.as_deref(), calls, out);
            }
            ServerEvent::Error { code, message, event_id, .. } => {
                self.model_error(&code, &message, event_id.as_deref(), out);
            }
            // The driver brings sound as `Input::ModelAudio`, in the caller's format.
            ServerEvent::Audio { .. } | ServerEvent::Other { .. } => {}
        }
    }

    fn tell(&mut self, event: ClientEvent, out: &mut Effects) -> u32 {
        self.tells += 1;
        out.push(Effect::Tell(self.tells, event));
        self.tells
    }

    fn event(&mut self, kind: &str, detail: Value, out: &mut Effects) {
        let event = CallEvent { seq: self.events, at_ms: self.at(), kind: kind.to_owned(), detail };
        self.events += 1;
        out.push(Effect::KeepEvent(event));
    }

    /// What follows from the new state whatever the input was.
    fn settle(&mut self, out: &mut Effects) {
        if self.course.is_over {
            return;
        }
        self.end_when_done(out);
        self.ask_next(out);
        self.watch_silence();
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::settings;
