//! One call: a task that owns both sockets and does what the flow says.

use super::Shared;
use super::lane::dial;
use super::model_leg::{Dialling, FromModel, ModelLeg};
use super::phone_leg::{FromPhone, PhoneLeg};
use super::sound::Sound;
use super::wrap_up::WrapUp;
use crate::admission::{Seat, Ticket};
use crate::audio::level::frame_level_dbfs;
use crate::briefing::flow_settings;
use crate::flow::{Audio, CallFlow, Command, Effect, Input, Leave, Line};
use crate::recording::Recorder;
use std::borrow::Cow;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use studioconnect_assistant::intake::Intake;
use studioconnect_assistant::tools::ToolCall;
use studioconnect_connectors::openai::realtime::{
    AudioKind, ClientEvent, ConnectFault, ModelSocket, ServerEvent, Verdict, close_of,
};
use studioconnect_connectors::twilio::media::{Frame, Media, parse};
use studioconnect_domain::ids::CallId;
use studioconnect_store::Write;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Sleep;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// Messages taken in one go before what they led to is sent: enough for a burst, little enough for a prompt answer.
const IN_ONE_GO: usize = 32;
/// Commands that may wait for a call.
const COMMANDS: usize = 4;
/// A tool's write is given this long before the call goes on without it; the write-behind finishes it.
const COMMIT_LIMIT: Duration = Duration::from_secs(2);
/// Words of the caller that are still being written down are waited for this long after the hang-up.
const LATE_WORDS: Duration = Duration::from_millis(600);
/// A call that nobody times wakes up this often.
const IDLE: u64 = 10_000;

/// A live call.
pub(super) struct CallTask {
    shared: Arc<Shared>,
    ticket: Ticket,
    seat: Seat,
    zero: Instant,
    flow: CallFlow,
    phone: PhoneLeg,
    model: ModelLeg,
    sound: Sound,
    recorder: Recorder,
    batch: u32,
    intake: Intake,
    pings: Pings,
    commands: mpsc::Receiver<Command>,
    tool_answers: mpsc::UnboundedReceiver<(String, String)>,
    tool_way: mpsc::UnboundedSender<(String, String)>,
    alarm: Pin<Box<Sleep>>,
    armed_at: u64,
    /// What our own doing led to: told to the flow before anything else.
    pending: VecDeque<Input<'static>>,
    last_sound: Option<(String, String, u32)>,
    events: Vec<studioconnect_domain::transcript::CallEvent>,
    turns: Vec<studioconnect_domain::transcript::Turn>,
    faulty_frames: u32,
    last_fault: Option<String>,
    connection_id: Option<String>,
    leave: Option<Leave>,
}

/// Pings out and pongs back, for both sockets.
#[derive(Debug)]
struct Pings {
    interval: u64,
    timeout: u64,
    next_at: u64,
    phone_due: Option<u64>,
    model_due: Option<u64>,
}

enum Event {
    Phone(FromPhone),
    Model(FromModel),
    Tool((String, String)),
    Command(Command),
    Alarm,
}

impl CallTask {
    /// A call whose token was accepted. Nothing has been read of its stream yet but what stands in `ahead`.
    pub(super) async fn open(
        shared: Arc<Shared>,
        ticket: Ticket,
        stream: TcpStream,
        ahead: Vec<u8>,
        dialling: Dialling,
    ) -> Self {
        let config = &ticket.reception.config;
        let settings = flow_settings(&ticket, &shared.settings);
        let recorder = Recorder::new(&settings, config.record_words);
        let sound = Sound::new(shared.settings.audio, config.suppress_noise_locally);
        let (command_way, commands) = mpsc::channel(COMMANDS);
        let (tool_way, tool_answers) = mpsc::unbounded_channel();
        let now = shared.clock.now();
        let business = &ticket.reception.business;
        let intake = Intake::new(
            business.id,
            ticket.call.id,
            &business.region,
            ticket.reception.questions.clone(),
            Some(&ticket.call.from_number),
            now,
        );
        Self {
            seat: shared.admission.seat(&ticket, command_way, now),
            zero: Instant::now(),
            flow: CallFlow::new(settings, 0),
            phone: PhoneLeg::open(stream, ahead).await,
            model: ModelLeg::Dialling(dialling),
            sound,
            recorder,
            batch: 0,
            intake,
            pings: Pings::new(shared.settings.ping_interval, shared.settings.pong_timeout),
            commands,
            tool_answers,
            tool_way,
            alarm: Box::pin(tokio::time::sleep(Duration::from_millis(IDLE))),
            armed_at: IDLE,
            pending: VecDeque::new(),
            last_sound: None,
            events: Vec::new(),
            turns: Vec::new(),
            faulty_frames: 0,
            last_fault: None,
            connection_id: None,
            leave: None,
            shared,
            ticket,
        }
    }

    /// Carries the call to its end.
    pub(super) async fn run(mut self) {
        self.shared.counters.connections.fetch_add(1, Ordering::Relaxed);
        tracing::info!(call = %self.call(), sid = %self.ticket.call.provider_sid, "call begins");
        while self.leave.is_none() {
            let event = self.next().await;
            self.take(event).await;
            for _ in 0..IN_ONE_GO {
                // The model first: what it has said decides what may still be said to it.
                let event =
                    self.model.ready().map(Event::Model).or_else(|| self.phone.ready().map(Event::Phone));
                let Some(event) = event.filter(|_| self.leave.is_none()) else { break };
                self.take(event).await;
            }
            self.flush().await;
            self.write_behind();
            self.arm();
        }
        self.finish().await;
    }

    fn call(&self) -> CallId {
        self.ticket.call.id
    }

    fn now(&self) -> u64 {
        self.zero.elapsed().as_millis() as u64
    }

    async fn next(&mut self) -> Event {
        tokio::select! {
            biased;
            Some(command) = self.commands.recv() => Event::Command(command),
            event = self.model.next() => Event::Model(event),
            event = self.phone.next() => Event::Phone(event),
            Some(answer) = self.tool_answers.recv() => Event::Tool(answer),
            () = &mut self.alarm => Event::Alarm,
        }
    }

    async fn take(&mut self, event: Event) {
        match event {
            Event::Phone(read) => self.phone_sent(read).await,
            Event::Model(FromModel::Read(read)) => self.model_sent(read).await,
            Event::Model(FromModel::Connected(dialled)) => self.dialled(dialled).await,
            Event::Tool((call_id, output)) => self.give(Input::ToolDone { call_id, output }).await,
            Event::Command(command) => self.give(Input::Command(command)).await,
            Event::Alarm => self.alarm_rang().await,
        }
        while let Some(input) = self.pending.pop_front() {
            self.give(input).await;
        }
    }

    /// Tells the flow what happened and does what it says.
    async fn give(&mut self, input: Input<'_>) {
        let now = self.now();
        self.recorder.input(&input, now);
        let effects = self.flow.handle(input, now);
        self.recorder.effects(&effects);
        for effect in effects {
            self.carry_out(effect).await;
        }
    }

    async fn phone_sent(&mut self, read: FromPhone) {
        match read {
            Some(Ok(Message::Text(text))) => {
                self.shared.counters.messages.fetch_add(1, Ordering::Relaxed);
                self.frame(&text).await;
            }
            Some(Ok(Message::Pong(_))) => self.pings.phone_due = None,
            Some(Ok(Message::Ping(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Binary(_))) => self.faulty_frame(),
            Some(Ok(Message::Close(_)) | Err(_)) | None => self.give(Input::StreamLost).await,
        }
    }

    async fn frame(&mut self, text: &str) {
        let started = !self.phone.stream_sid.is_empty();
        match parse(text) {
            Ok(Frame::Media(media)) if started => self.media(media).await,
            Ok(Frame::Mark { name }) if started => self.give(Input::Mark(name)).await,
            Ok(Frame::Dtmf { digit }) if started => match digit.chars().next() {
                Some(key @ ('0'..='9' | '*' | '#' | 'A'..='D')) => self.give(Input::Digit(key)).await,
                _ => self.faulty_frame(),
            },
            Ok(Frame::Start(start)) if !started => {
                self.phone.stream_sid = start.stream_sid.into_owned();
                self.answered();
                self.give(Input::StreamStarted).await;
            }
            Ok(Frame::Stop) if started => self.give(Input::StreamStopped).await,
            Ok(Frame::Connected | Frame::Unknown { .. }) => {}
            Ok(_) | Err(_) => self.faulty_frame(),
        }
    }

    async fn media(&mut self, media: Media<'_>) {
        if media.stream_sid != self.phone.stream_sid {
            self.faulty_frame();
            return;
        }
        let level = if self.flow.wants_level() { frame_level_dbfs(&media.payload) } else { None };
        match self.sound.caller_sound(&media.payload) {
            Some(payload) => {
                let audio = Audio::new(payload);
                self.give(Input::CallerAudio { position_ms: media.timestamp_ms, audio, level }).await;
            }
            None => self.faulty_frame(),
        }
    }

    /// A frame against the protocol is counted and answered with nothing: it is no reason to hang up on a person.
    fn faulty_frame(&mut self) {
        self.faulty_frames = self.faulty_frames.saturating_add(1);
        self.shared.counters.faulty_frames.fetch_add(1, Ordering::Relaxed);
    }

    async fn model_sent(&mut self, read: Option<Result<Message, WsError>>) {
        if let Some(close) = close_of(read.as_ref()) {
            self.model.hang_up();
            let detail = close
                .code
                .map_or_else(|| "connection broke".to_owned(), |code| format!("closed with {code}"));
            self.last_fault = Some(detail.clone());
            self.give(Input::ModelClosed { verdict: close.verdict, detail }).await;
            return;
        }
        match read {
            Some(Ok(Message::Text(text))) => {
                self.shared.counters.messages.fetch_add(1, Ordering::Relaxed);
                match ServerEvent::parse(&text) {
                    Ok(event) => self.model_event(event).await,
                    Err(_) => self.faulty_frame(),
                }
            }
            Some(Ok(Message::Pong(_))) => self.pings.model_due = None,
            _ => {}
        }
    }

    async fn model_event(&mut self, event: ServerEvent<'_>) {
        match event {
            ServerEvent::Audio { response_id, item_id, content_index, delta } => {
                let Some(payload) = self.sound.model_sound(delta) else {
                    self.faulty_frame();
                    return;
                };
                if self.shared.settings.audio == AudioKind::Pcm24k {
                    self.last_sound =
                        Some((response_id.clone().into_owned(), item_id.clone().into_owned(), content_index));
                }
                let audio = Audio::new(payload);
                self.give(Input::ModelAudio { response_id, item_id, content_index, audio }).await;
            }
            ServerEvent::ResponseDone { .. } => {
                self.end_of_sound().await;
                self.give(Input::Model(event)).await;
            }
            ServerEvent::Error { ref code, .. } => {
                self.last_fault = Some(code.clone());
                self.give(Input::Model(event)).await;
            }
            event => self.give(Input::Model(event)).await,
        }
    }

    /// The converter's last few samples belong to the reply that ends.
    async fn end_of_sound(&mut self) {
        let Some((response_id, item_id, content_index)) = self.last_sound.take() else { return };
        let rest = self.sound.rest_of_model();
        if !rest.is_empty() {
            let audio = Audio::new(rest);
            let (response_id, item_id) = (Cow::Owned(response_id), Cow::Owned(item_id));
            self.give(Input::ModelAudio { response_id, item_id, content_index, audio }).await;
        }
    }

    async fn dialled(&mut self, dialled: Result<Box<ModelSocket>, ConnectFault>) {
        match dialled {
            Ok(socket) => {
                self.model = ModelLeg::Open(socket);
                self.pings.model_due = None;
                self.give(Input::ModelConnected).await;
            }
            Err(fault) => {
                self.model = ModelLeg::Closed;
                self.last_fault = Some(fault.to_string());
                self.give(Input::ModelClosed { verdict: fault.verdict(), detail: fault.to_string() }).await;
            }
        }
    }

    async fn carry_out(&mut self, effect: Effect<'_>) {
        match effect {
            Effect::Play(audio) => {
                let sent = self.phone.play(audio.base64()).await;
                self.check_phone(&sent);
            }
            Effect::Mark(name) => {
                let sent = self.phone.mark(&name).await;
                self.check_phone(&sent);
            }
            Effect::Clear => {
                let sent = self.phone.clear().await;
                self.check_phone(&sent);
                // The caller is talking: what they no longer want to hear stops now, not with the rest of the batch.
                let flushed = self.phone.flush().await;
                self.check_phone(&flushed);
            }
            Effect::Hear(audio) => self.append(audio.base64()).await,
            Effect::HearSilence(ms) => {
                for piece in Sound::silence(ms) {
                    self.append(&piece).await;
                }
            }
            Effect::Tell(id, event) => self.tell(id, &event).await,
            Effect::DialModel => {
                self.model.hang_up();
                self.model = ModelLeg::Dialling(dial(&self.shared));
            }
            Effect::RunTool { call_id, call } => self.run_tool(call_id, &call),
            Effect::KeepTurn(turn) => self.turns.push(turn),
            Effect::KeepEvent(event) => self.events.push(event),
            Effect::Leave(leave) => self.leave = Some(leave),
        }
    }

    async fn append(&mut self, base64: &str) {
        let Some(audio) = self.sound.model_input(base64) else { return };
        let sent = self.model.send(Message::text(ClientEvent::write_append(&audio))).await;
        self.check_model(&sent);
    }

    async fn tell(&mut self, id: u32, event: &ClientEvent) {
        let text = event.write(self.shared.settings.endpoint.dialect, &format!("c{id}"));
        let sent = self.model.send(Message::text(text)).await;
        self.check_model(&sent);
    }

    fn check_phone(&mut self, sent: &Result<(), WsError>) {
        if sent.is_err() && self.pending.is_empty() {
            self.pending.push_back(Input::StreamLost);
        }
    }

    fn check_model(&mut self, sent: &Result<(), WsError>) {
        if let Err(fault) = sent
            && matches!(self.model, ModelLeg::Open(_))
        {
            self.model.hang_up();
            let detail = fault.to_string();
            self.last_fault = Some(detail.clone());
            self.pending.push_back(Input::ModelClosed { verdict: Verdict::Reconnect, detail });
        }
    }

    /// The lead is committed before the model is told so; when the database is away, the call goes on and the write-behind
    /// keeps it.
    fn run_tool(&mut self, call_id: String, call: &ToolCall) {
        let outcome = self.intake.apply(call, self.shared.clock.now());
        let (way, output) = (self.tool_way.clone(), outcome.output.to_string());
        let lead = if outcome.changed { self.intake.lead().cloned() } else { None };
        let Some(lead) = lead else {
            let _ = way.send((call_id, output));
            return;
        };
        let (store, scribe) = (self.shared.store.clone(), self.shared.scribe.clone());
        self.shared.office.spawn(async move {
            let kept = tokio::time::timeout(COMMIT_LIMIT, store.put_lead(&lead)).await;
            if !matches!(kept, Ok(Ok(_))) {
                scribe.keep_lead(lead);
            }
            // The call may be over; then nobody waits for the answer.
            let _ = way.send((call_id, output));
        });
    }

    async fn alarm_rang(&mut self) {
        let now = self.now();
        self.armed_at = u64::MAX;
        if self.flow.wake_at().is_some_and(|due| due <= now) {
            self.give(Input::Tick).await;
        }
        if Pings::is_overdue(self.pings.phone_due, now) {
            self.last_fault = Some("the stream does not answer pings".into());
            self.give(Input::StreamLost).await;
        }
        if Pings::is_overdue(self.pings.model_due, now) {
            self.check_model(&Err(WsError::ConnectionClosed));
        }
        if now >= self.pings.next_at {
            self.pings.sent(now, matches!(self.model, ModelLeg::Open(_)));
            let sent = self.phone.ping().await;
            self.check_phone(&sent);
            let sent = self.model.send(Message::Ping(Vec::new().into())).await;
            self.check_model(&sent);
        }
    }

    async fn flush(&mut self) {
        let sent = self.phone.flush().await;
        self.check_phone(&sent);
        let sent = self.model.flush().await;
        self.check_model(&sent);
        while let Some(input) = self.pending.pop_front() {
            self.give(input).await;
        }
    }

    /// Sets the alarm, if it would ring too late. One that rings too early costs less than setting it for every frame.
    fn arm(&mut self) {
        let now = self.now();
        let due =
            [self.flow.wake_at(), Some(self.pings.due())].into_iter().flatten().min().unwrap_or(now + IDLE);
        if due < self.armed_at {
            self.armed_at = due;
            let after = Duration::from_millis(due.saturating_sub(now));
            self.alarm.as_mut().reset(tokio::time::Instant::now() + after);
        }
    }

    fn answered(&mut self) {
        let connection_id = uuid::Uuid::new_v4().to_string();
        self.connection_id = Some(connection_id.clone());
        let at = self.shared.clock.now();
        self.shared.scribe.write(Write::Answered { call: self.call(), at, connection_id });
    }

    /// Hands what is to be remembered to the writer; it does not wait.
    fn write_behind(&mut self) {
        let (call, scribe) = (self.ticket.call.id, &self.shared.scribe);
        if !self.turns.is_empty() {
            scribe.write(Write::Turns { call, turns: std::mem::take(&mut self.turns) });
        }
        if !self.events.is_empty() {
            scribe.write(Write::Events { call, events: std::mem::take(&mut self.events) });
        }
        let text = if self.leave.is_some() { self.recorder.rest() } else { self.recorder.batch(self.now()) };
        if let Some(text) = text {
            if !scribe.write(Write::Inputs { call, batch: self.batch, text }) {
                self.recorder.cut();
            }
            self.batch += 1;
        }
    }

    /// The words of somebody who hangs up right behind them are still on their way.
    async fn wait_for_words(&mut self) {
        let until = tokio::time::Instant::now() + LATE_WORDS;
        while self.flow.awaits_words() {
            let Ok(FromModel::Read(Some(Ok(read)))) = tokio::time::timeout_at(until, self.model.next()).await
            else {
                break;
            };
            let Message::Text(text) = read else { continue };
            let late = match ServerEvent::parse(&text) {
                Ok(ServerEvent::Transcript { item_id, text }) => self.flow.late_words(&item_id, &text),
                Ok(ServerEvent::TranscriptFailed { item_id }) => self.flow.late_words(&item_id, ""),
                _ => None,
            };
            self.turns.extend(late);
        }
        self.write_behind();
    }

    async fn finish(mut self) {
        let Some(leave) = self.leave else { return };
        if leave.line == Line::Gone {
            self.wait_for_words().await;
        }
        self.model.hang_up();
        let mut analytics = self.flow.analytics().clone();
        analytics.faulty_frames = self.faulty_frames;
        analytics.connection_id = self.connection_id.take();
        let wrap_up = WrapUp {
            shared: self.shared.clone(),
            call: self.ticket.call.clone(),
            leave,
            analytics,
            turns: self.flow.turns().cloned().collect(),
            lead: self.intake.lead().cloned(),
            lasted: self.zero.elapsed(),
            last_fault: self.last_fault.take(),
        };
        if leave.line == Line::Fallback {
            // The caller hears nothing until the stream is closed; what is stored can wait.
            self.phone.close().await;
            let _ = self.shared.office.spawn(wrap_up.run()).await;
            return;
        }
        // Slow work is done where it stands in nobody's way; this call's line waits for it, no other's.
        let office = self.shared.office.clone();
        let done = office.spawn(wrap_up.run());
        if done.await.unwrap_or(false) {
            self.phone.await_close().await;
        }
        self.phone.close().await;
        drop(self.seat);
    }
}

impl Pings {
    fn new(interval: Duration, timeout: Duration) -> Self {
        let (interval, timeout) = (interval.as_millis() as u64, timeout.as_millis() as u64);
        Self { interval, timeout, next_at: interval, phone_due: None, model_due: None }
    }

    fn sent(&mut self, now: u64, to_model: bool) {
        self.next_at = now + self.interval;
        self.phone_due.get_or_insert(now + self.timeout);
        if to_model {
            self.model_due.get_or_insert(now + self.timeout);
        }
    }

    fn is_overdue(due: Option<u64>, now: u64) -> bool {
        due.is_some_and(|due| due <= now)
    }

    fn due(&self) -> u64 {
        [self.phone_due, self.model_due, Some(self.next_at)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.next_at)
    }
}
