//! The other side of a call, as strict as the real one: a model's server that allows one reply at a time and knows its
//! items, and a phone that plays what it is given. Every effect is checked as it comes.

use super::story::settings;
use crate::flow::{Audio, CallFlow, Effect, FlowSettings, Input};
use std::collections::{HashMap, HashSet, VecDeque};
use studioconnect_connectors::openai::realtime::{
    ClientEvent, ItemKind, ResponseStatus, ServerEvent, TokenCount, Verdict,
};

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Voice(u8),
    Quiet(u8),
    SpeechStarts,
    TurnEnds,
    Announce,
    ServerBegins,
    ServerSounds(u8),
    ServerDone,
    ServerCalls,
    ServerFails,
    ServerCutShort,
    PhonePlays(u8),
    Pass(u16),
    SessionLost,
    SessionOpens,
    ToolAnswers,
    Junk(u8),
}

#[derive(Debug)]
struct Active {
    id: String,
    cancelled: bool,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) flow: CallFlow,
    now: u64,
    counter: u64,
    position: u64,
    sent: VecDeque<String>,
    pub(super) frames_sent: u64,
    pub(super) frames_heard: u64,
    ready: bool,
    opening: bool,
    asked: bool,
    active: Option<Active>,
    past_replies: Vec<String>,
    items: HashMap<String, (ItemKind, u64)>,
    calls: HashSet<String>,
    running: Vec<String>,
    speaking: Option<String>,
    unannounced: Vec<String>,
    marks: VecDeque<String>,
    stale: Vec<String>,
    pub(super) over: bool,
}

impl World {
    pub(super) fn new() -> Self {
        let settings = FlowSettings { max_call_ms: 130_000, ..settings() };
        let mut world = Self {
            flow: CallFlow::new(settings, 0),
            now: 0,
            counter: 0,
            position: 0,
            sent: VecDeque::new(),
            frames_sent: 0,
            frames_heard: 0,
            ready: false,
            opening: true,
            asked: false,
            active: None,
            past_replies: vec![],
            items: HashMap::new(),
            calls: HashSet::new(),
            running: vec![],
            speaking: None,
            unannounced: vec![],
            marks: VecDeque::new(),
            stale: vec![],
            over: false,
        };
        world.give(Input::StreamStarted);
        world
    }

    fn fresh(&mut self, what: &str) -> String {
        self.counter += 1;
        format!("{what}{}", self.counter)
    }

    /// Gives an input, checks every effect, and returns how often sound was played.
    pub(super) fn give(&mut self, input: Input<'static>) -> usize {
        let effects = self.flow.handle(input, self.now);
        let mut played = 0;
        for effect in effects {
            assert!(!self.over, "an effect after the end: {effect:?}");
            match effect {
                Effect::Play(_) => played += 1,
                Effect::Mark(name) => self.marks.push_back(name),
                Effect::Clear => self.stale.extend(self.marks.drain(..)),
                Effect::Hear(audio) => {
                    assert!(self.ready, "sound before the session was accepted");
                    self.frames_heard += 1;
                    let expected = loop {
                        let next = self.sent.pop_front().expect("a frame that was never sent");
                        if next == audio.base64() || self.sent.is_empty() {
                            break next;
                        }
                    };
                    assert_eq!(expected, audio.base64(), "frames out of order");
                }
                Effect::HearSilence(_) => assert!(self.ready),
                Effect::Tell(_, event) => self.told(event),
                Effect::DialModel => {
                    assert!(!self.opening && !self.ready);
                    self.opening = true;
                }
                Effect::RunTool { call_id, .. } => self.running.push(call_id),
                Effect::KeepTurn(_) | Effect::KeepEvent(_) => {}
                Effect::Leave(_) => self.over = true,
            }
        }
        assert_eq!(self.over, self.flow.is_over());
        played
    }

    fn told(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::SessionUpdate(_) => assert!(self.opening),
            ClientEvent::CreateResponse { .. } => {
                assert!(
                    self.ready && !self.asked && self.active.is_none(),
                    "a second reply: {:?}",
                    self.active
                );
                self.asked = true;
            }
            ClientEvent::CancelResponse { response_id } => {
                let active = self.active.as_mut().expect("cancel without an active reply");
                assert!(!active.cancelled && response_id.as_deref() == Some(active.id.as_str()));
                active.cancelled = true;
            }
            ClientEvent::Truncate { item_id, audio_end_ms, .. } => {
                let (kind, made) = self.items.get_mut(&item_id).expect("cut of an unknown item");
                assert!(*kind == ItemKind::Agent && audio_end_ms <= *made, "{audio_end_ms} of {made}");
                *made = audio_end_ms;
            }
            ClientEvent::Delete { item_id } => {
                assert!(self.items.remove(&item_id).is_some(), "delete of an unknown item");
            }
            ClientEvent::PastCall { call_id, .. } => drop(self.calls.insert(call_id)),
            ClientEvent::FunctionOutput { call_id, .. } => {
                assert!(self.calls.contains(&call_id), "answer to nobody's call");
            }
            ClientEvent::Message { .. } => assert!(self.ready),
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Voice(frames) => self.frames(frames % 40, -20),
            Step::Quiet(frames) => self.frames(frames % 40, -70),
            Step::SpeechStarts if self.ready && self.speaking.is_none() => {
                let item = self.fresh("user");
                self.speaking = Some(item.clone());
                let audio_start_ms = self.flow.link.appended_ms.saturating_sub(self.counter % 400);
                self.model(ServerEvent::SpeechStarted { item_id: item.into(), audio_start_ms });
            }
            Step::TurnEnds => self.turn_ends(),
            Step::Announce => {
                if let Some(item) = self.unannounced.pop() {
                    self.announce(item);
                }
            }
            Step::ServerBegins if self.asked => {
                self.asked = false;
                let id = self.fresh("resp");
                self.active = Some(Active { id: id.clone(), cancelled: false });
                self.model(ServerEvent::ResponseCreated { response_id: id.into() });
            }
            Step::ServerSounds(count) => (0..count % 12).for_each(|_| self.sounds()),
            Step::ServerDone => self.done(ResponseStatus::Completed, None, &[]),
            Step::ServerFails => self.done(ResponseStatus::Failed, Some("server_error"), &[]),
            Step::ServerCutShort => self.done(ResponseStatus::Incomplete, Some("max_output_tokens"), &[]),
            Step::ServerCalls => self.done(ResponseStatus::Completed, None, &["save_answer", "nonsense"]),
            Step::PhonePlays(count) => (0..count % 12).for_each(|_| self.plays()),
            Step::Pass(ms) => self.pass(u64::from(ms % 5_000)),
            Step::SessionLost => self.session_lost(),
            Step::SessionOpens => self.session_opens(),
            Step::ToolAnswers => {
                if let Some(call_id) = self.running.pop() {
                    self.give(Input::ToolDone { call_id, output: "{}".into() });
                }
            }
            Step::Junk(what) => self.junk(what),
            Step::SpeechStarts | Step::ServerBegins => {}
        }
    }

    fn model(&mut self, event: ServerEvent<'static>) {
        self.give(Input::Model(event));
    }

    fn frames(&mut self, count: u8, level: i8) {
        for _ in 0..count {
            self.now += 20;
            self.counter += 1;
            let payload = format!("{:0>216}", self.counter);
            self.sent.push_back(payload.clone());
            self.frames_sent += 1;
            let level = self.flow.wants_level().then_some(level);
            let audio = Audio::new(payload);
            let position_ms = self.position;
            self.position += 20;
            self.give(Input::CallerAudio { position_ms, audio, level });
            self.ticks();
        }
    }

    fn turn_ends(&mut self) {
        let Some(item) = self.speaking.take() else { return };
        self.model(ServerEvent::SpeechStopped { item_id: item.clone().into(), audio_end_ms: 0 });
        // Older servers announce an item before they say that it is committed.
        if self.counter.is_multiple_of(2) {
            self.announce(item.clone());
        } else {
            self.unannounced.push(item.clone());
        }
        self.model(ServerEvent::Committed { item_id: item.clone().into() });
        self.model(ServerEvent::Transcript { item_id: item.into(), text: "words".into() });
    }

    fn announce(&mut self, item: String) {
        self.items.insert(item.clone(), (ItemKind::Caller, 0));
        self.model(ServerEvent::ItemAdded { item_id: item.into(), kind: ItemKind::Caller });
    }

    fn sounds(&mut self) {
        let Some(active) = &self.active else { return };
        let (id, live) = (active.id.clone(), !active.cancelled);
        let item = format!("agent_{id}");
        self.items.entry(item.clone()).or_insert((ItemKind::Agent, 0)).1 += 90;
        let audio = super::story::sound(90);
        let words = ServerEvent::Words {
            response_id: id.clone().into(),
            item_id: item.clone().into(),
            content_index: 0,
            delta: "some words ".into(),
        };
        self.model(words);
        let played = self.give(Input::ModelAudio {
            response_id: id.into(),
            item_id: item.into(),
            content_index: 0,
            audio,
        });
        assert!(
            self.over || played == usize::from(live),
            "sound of a living reply goes out once, of a dead one never"
        );
    }

    fn done(&mut self, status: ResponseStatus, reason: Option<&str>, tools: &[&str]) {
        let Some(active) = self.active.take() else { return };
        self.past_replies.push(active.id.clone());
        let status = if active.cancelled { ResponseStatus::Cancelled } else { status };
        let mut calls = vec![];
        for name in tools {
            let call_id = self.fresh("call");
            self.calls.insert(call_id.clone());
            let arguments = r#"{"question":"q1","answer":"x"}"#.to_owned();
            calls.push(studioconnect_connectors::openai::realtime::FunctionCall {
                call_id,
                name: (*name).into(),
                arguments,
            });
        }
        self.model(ServerEvent::ResponseDone {
            response_id: active.id.into(),
            status,
            reason: reason.map(str::to_owned),
            calls,
            usage: TokenCount::default(),
        });
    }

    fn plays(&mut self) {
        if let Some(stale) = self.stale.pop() {
            self.give(Input::Mark(stale.into()));
        } else if let Some(mark) = self.marks.pop_front() {
            self.now += 90;
            self.give(Input::Mark(mark.into()));
            self.ticks();
        }
    }

    pub(super) fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        let mut ticks = 0;
        while let Some(due) = self.flow.wake_at().filter(|due| *due <= until) {
            if self.active.as_ref().is_some_and(|active| active.cancelled) {
                // A server may be slow to speak, but it stops when told to.
                self.done(ResponseStatus::Cancelled, None, &[]);
                continue;
            }
            if self.asked {
                // Nor does a server leave a request without a beginning; that case has stories of its own.
                self.step(Step::ServerBegins);
                continue;
            }
            self.now = self.now.max(due);
            self.give(Input::Tick);
            ticks += 1;
            assert!(ticks < 2_000, "time stands still at {}", self.now);
        }
        self.now = until;
    }

    fn ticks(&mut self) {
        self.pass(0);
    }

    fn session_lost(&mut self) {
        if !self.ready {
            return;
        }
        self.ready = false;
        self.asked = false;
        self.active = None;
        self.speaking = None;
        self.items.clear();
        self.unannounced.clear();
        self.calls.clear();
        self.give(Input::ModelClosed { verdict: Verdict::Reconnect, detail: String::new() });
    }

    fn session_opens(&mut self) {
        if !self.opening || self.over {
            return;
        }
        self.give(Input::ModelConnected);
        self.model(ServerEvent::SessionCreated { id: "s".into(), expires_at: None });
        if self.over {
            return;
        }
        self.opening = false;
        self.ready = true;
        self.model(ServerEvent::SessionUpdated);
    }

    fn junk(&mut self, what: u8) {
        match what % 7 {
            0 => drop(self.give(Input::Mark("0-99999".into()))),
            1 => self.model(ServerEvent::Committed { item_id: "ghost".into() }),
            2 => self.model(ServerEvent::Other { kind: "new.thing".into() }),
            3 => drop(self.give(Input::Digit('7'))),
            4 => {
                if let Some(id) = self.past_replies.last().cloned() {
                    let item = format!("agent_{id}");
                    let audio = super::story::sound(90);
                    let played = self.give(Input::ModelAudio {
                        response_id: id.into(),
                        item_id: item.into(),
                        content_index: 0,
                        audio,
                    });
                    assert!(played == 0, "late sound");
                }
            }
            5 => self.model(ServerEvent::SpeechStopped { item_id: "ghost".into(), audio_end_ms: 1 << 40 }),
            _ => self.model(ServerEvent::TranscriptFailed { item_id: "ghost".into() }),
        }
    }
}
