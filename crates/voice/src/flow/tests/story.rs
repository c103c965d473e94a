//! A call told step by step.

use crate::flow::{Audio, CallFlow, Effect, FlowSettings, Input, Leave};
use studioconnect_connectors::openai::realtime::{
    AudioKind, ClientEvent, Detection, FunctionCall, ItemKind, ResponseStatus, ServerEvent, SessionSettings,
    TokenCount,
};
use studioconnect_domain::price::Price;
use studioconnect_domain::transcript::Turn;

pub(crate) fn settings() -> FlowSettings {
    FlowSettings {
        session: SessionSettings {
            instructions: "Be kind.".into(),
            voice: "marin".into(),
            language: Some("en".into()),
            transcription_model: "gpt-transcribe".into(),
            detection: Detection::Server { threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 },
            noise: None,
            tools: vec![],
            max_output_tokens: 1200,
            temperature: 0.7,
            reasoning: None,
            audio: AudioKind::Pcmu,
        },
        greeting: "Welcome to Acme.".into(),
        interruption_delay_ms: 300,
        silence_nudge_ms: 8_000,
        max_call_ms: 900_000,
        spend_cap_micros: None,
        price: Price::of("gpt-realtime-2.1"),
    }
}

/// `ms` of some sound, in base64; a multiple of 3 bytes, so that lengths are exact.
pub(super) fn sound(ms: u64) -> Audio<'static> {
    Audio::new("A".repeat((ms * 8 / 3 * 4) as usize))
}

pub(super) struct Story {
    pub(super) flow: CallFlow,
    pub(super) now: u64,
    pub(super) all: Vec<Effect<'static>>,
    position: u64,
    replies: u32,
    mark: usize,
}

impl Story {
    pub(super) fn new(settings: FlowSettings) -> Self {
        Self { flow: CallFlow::new(settings, 0), now: 0, all: Vec::new(), position: 0, replies: 0, mark: 0 }
    }

    /// A call whose greeting has been asked for.
    pub(super) fn ready() -> Self {
        Self::ready_with(settings())
    }

    pub(super) fn ready_with(settings: FlowSettings) -> Self {
        let mut story = Self::new(settings);
        story.give(Input::StreamStarted);
        story.give(Input::ModelConnected);
        story.model(ServerEvent::SessionCreated { id: "sess_1".into(), expires_at: None });
        story.model(ServerEvent::SessionUpdated);
        story
    }

    /// A call whose greeting was heard to its end.
    pub(super) fn greeted() -> Self {
        Self::greeted_with(settings())
    }

    pub(super) fn greeted_with(settings: FlowSettings) -> Self {
        let mut story = Self::ready_with(settings);
        story.reply("greeting", 600);
        story.heard_all();
        story
    }

    pub(super) fn give(&mut self, input: Input<'static>) -> &[Effect<'static>] {
        let from = self.all.len();
        self.all.extend(self.flow.handle(input, self.now));
        &self.all[from..]
    }

    pub(super) fn model(&mut self, event: ServerEvent<'static>) -> &[Effect<'static>] {
        self.give(Input::Model(event))
    }

    /// Lets time go by, with every tick at its time.
    pub(super) fn pass(&mut self, ms: u64) -> &[Effect<'static>] {
        let (from, until) = (self.all.len(), self.now + ms);
        let mut ticks = 0;
        while let Some(due) = self.flow.wake_at().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.give(Input::Tick);
            ticks += 1;
            assert!(ticks < 1_000, "ticks at {} do not move on: due {:?}", self.now, self.flow.wake_at());
        }
        self.now = until;
        &self.all[from..]
    }

    /// One frame of the caller at the given loudness.
    pub(super) fn frame(&mut self, level: i8) -> &[Effect<'static>] {
        self.now += 20;
        self.position += 20;
        let level = self.flow.wants_level().then_some(level);
        self.give(Input::CallerAudio {
            position_ms: self.position - 20,
            audio: Audio::new("A".repeat(216)),
            level,
        })
    }

    pub(super) fn frames(&mut self, ms: u64, level: i8) {
        for _ in 0..ms / 20 {
            self.frame(level);
        }
    }

    pub(super) fn speech_starts(&mut self, item: &'static str) -> &[Effect<'static>] {
        let audio_start_ms = self.flow.link.appended_ms;
        self.speech_started_at(item, audio_start_ms)
    }

    /// The server tells of a sound that began at a place on its audio clock.
    pub(super) fn speech_started_at(
        &mut self,
        item: &'static str,
        audio_start_ms: u64,
    ) -> &[Effect<'static>] {
        self.model(ServerEvent::SpeechStarted { item_id: item.into(), audio_start_ms })
    }

    /// The server ends a turn: stopped, committed, announced.
    pub(super) fn turn_ends(&mut self, item: &'static str) {
        self.model(ServerEvent::SpeechStopped { item_id: item.into(), audio_end_ms: 0 });
        self.model(ServerEvent::Committed { item_id: item.into() });
        self.model(ServerEvent::ItemAdded { item_id: item.into(), kind: ItemKind::Caller });
    }

    /// A whole turn of the caller, said while nobody else speaks.
    pub(super) fn caller_says(&mut self, item: &'static str, words: &'static str) {
        self.speech_starts(item);
        self.frames(600, -20);
        self.turn_ends(item);
        self.model(ServerEvent::Transcript { item_id: item.into(), text: words.into() });
    }

    /// The model begins a reply and sends `ms` of sound in parts of 120 ms.
    pub(super) fn begin_reply(&mut self, words: &'static str, ms: u64) -> String {
        self.replies += 1;
        let id = format!("resp_{}", self.replies);
        self.model(ServerEvent::ResponseCreated { response_id: id.clone().into() });
        self.more(&id, words, ms);
        id
    }

    pub(super) fn more(&mut self, id: &str, words: &'static str, ms: u64) {
        let item = format!("item_of_{id}");
        self.model(ServerEvent::Words {
            response_id: id.to_owned().into(),
            item_id: item.clone().into(),
            content_index: 0,
            delta: words.into(),
        });
        for _ in 0..ms / 120 {
            self.give(Input::ModelAudio {
                response_id: id.to_owned().into(),
                item_id: item.clone().into(),
                content_index: 0,
                audio: sound(120),
            });
        }
    }

    pub(super) fn end_reply(
        &mut self,
        id: &str,
        status: ResponseStatus,
        reason: Option<&str>,
        calls: Vec<FunctionCall>,
    ) {
        self.model(ServerEvent::ResponseDone {
            response_id: id.to_owned().into(),
            status,
            reason: reason.map(str::to_owned),
            calls,
            usage: TokenCount::default(),
        });
    }

    /// A whole reply, as fast as models make them.
    pub(super) fn reply(&mut self, words: &'static str, ms: u64) {
        let id = self.begin_reply(words, ms);
        self.end_reply(&id, ResponseStatus::Completed, None, vec![]);
    }

    /// The network plays all that was sent and echoes every mark at its time.
    pub(super) fn heard_all(&mut self) {
        let marks: Vec<String> = self.marks();
        let mut played = self.mark;
        self.mark = marks.len();
        while played < marks.len() {
            self.now += 120;
            self.give(Input::Mark(marks[played].clone().into()));
            played += 1;
        }
    }

    pub(super) fn marks(&self) -> Vec<String> {
        self.all
            .iter()
            .filter_map(|effect| if let Effect::Mark(name) = effect { Some(name.clone()) } else { None })
            .collect()
    }

    pub(super) fn told(&self) -> Vec<ClientEvent> {
        told(&self.all)
    }

    pub(super) fn left(&self) -> Option<Leave> {
        self.all.iter().find_map(|effect| if let Effect::Leave(leave) = effect { Some(*leave) } else { None })
    }

    /// The last version of each turn that was kept.
    pub(super) fn kept_turns(&self) -> Vec<Turn> {
        let mut turns: Vec<Turn> = Vec::new();
        for effect in &self.all {
            if let Effect::KeepTurn(turn) = effect {
                turns.retain(|known| known.seq != turn.seq);
                turns.push(turn.clone());
            }
        }
        turns.sort_by_key(|turn| turn.seq);
        turns
    }

    pub(super) fn asked(&self) -> Vec<Option<String>> {
        asked(&self.all)
    }
}

pub(super) fn told(effects: &[Effect]) -> Vec<ClientEvent> {
    effects
        .iter()
        .filter_map(|effect| if let Effect::Tell(_, event) = effect { Some(event.clone()) } else { None })
        .collect()
}

/// The instructions of each reply asked for.
pub(super) fn asked(effects: &[Effect]) -> Vec<Option<String>> {
    told(effects)
        .into_iter()
        .filter_map(|event| {
            if let ClientEvent::CreateResponse { instructions } = event { Some(instructions) } else { None }
        })
        .collect()
}

pub(super) fn call_of(name: &str, arguments: &str) -> FunctionCall {
    FunctionCall { call_id: format!("call_{name}"), name: name.into(), arguments: arguments.into() }
}
