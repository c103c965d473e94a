//! One call: a task that owns both sockets and does what the flow says.

mod ending;
mod incoming;
mod outgoing;
mod pings;

use super::Shared;
use super::model_leg::{Dialling, FromModel, ModelLeg};
use super::phone_leg::{FromPhone, PhoneLeg};
use super::sound::Sound;
use crate::admission::{Seat, Ticket};
use crate::briefing::flow_settings;
use crate::flow::{CallFlow, Command, Input, Leave};
use crate::recording::Recorder;
use chrono::{DateTime, Utc};
use pings::Pings;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use studioconnect_assistant::conversation::Conversation;
use studioconnect_assistant::desk::Desk;
use studioconnect_domain::ids::CallId;
use studioconnect_domain::priority::History;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Sleep;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// Messages taken in one go before what they led to is sent: enough for a burst, little enough for a prompt answer.
const IN_ONE_GO: usize = 32;
/// A tool's write is given this long before the call goes on without it; the write-behind finishes it.
const COMMIT_LIMIT: Duration = Duration::from_secs(2);
/// Words of the caller that are still being written down are waited for this long after the hang-up.
const LATE_WORDS: Duration = Duration::from_millis(600);
/// A status callback can overtake the last of the stream; its own end is waited for this long, in ms.
const OVERTAKEN: u64 = 500;
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
    conversation: Conversation,
    pings: Pings,
    tool_answers: mpsc::UnboundedReceiver<(String, String)>,
    tool_way: mpsc::UnboundedSender<(String, String)>,
    alarm: Pin<Box<Sleep>>,
    armed_at: u64,
    /// When a line that is gone counts as such, whatever the stream says.
    line_ends_at: Option<u64>,
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

/// The business as it was when the call came in: what changes in its settings holds from the next call on.
fn desk_of(ticket: &Ticket, now: DateTime<Utc>) -> Desk<'_> {
    let reception = &ticket.reception;
    Desk {
        business: &reception.business,
        plan: &reception.plan,
        config: &reception.config,
        questions: &reception.questions,
        alarm: &reception.alarm,
        history: History::default(),
        now,
    }
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
        seat: Seat,
        stream: TcpStream,
        ahead: Vec<u8>,
        dialling: Dialling,
    ) -> Self {
        let config = &ticket.reception.config;
        let settings = flow_settings(&ticket, &shared.settings);
        let recorder = Recorder::new(&settings, config.record_words);
        let sound = Sound::new(shared.settings.audio, config.suppress_noise_locally);
        let (tool_way, tool_answers) = mpsc::unbounded_channel();
        let conversation = {
            let desk = desk_of(&ticket, shared.clock.now());
            Conversation::of_call(&desk, ticket.call.id, &ticket.call.from_number)
        };
        Self {
            seat,
            zero: Instant::now(),
            flow: CallFlow::new(settings, 0),
            phone: PhoneLeg::open(stream, ahead).await,
            model: ModelLeg::Dialling(dialling),
            sound,
            recorder,
            batch: 0,
            conversation,
            pings: Pings::new(shared.settings.ping_interval, shared.settings.pong_timeout),
            tool_answers,
            tool_way,
            alarm: Box::pin(tokio::time::sleep(Duration::from_millis(IDLE))),
            armed_at: IDLE,
            line_ends_at: None,
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

    /// Whatever comes first; a side that always has something does not keep the others waiting.
    async fn next(&mut self) -> Event {
        tokio::select! {
            Some(command) = self.seat.commands.recv() => Event::Command(command),
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
            Event::Command(Command::LineEnded) => self.line_ends_at = Some(self.now() + OVERTAKEN),
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

    async fn alarm_rang(&mut self) {
        let now = self.now();
        self.armed_at = u64::MAX;
        if self.flow.wake_at().is_some_and(|due| due <= now) {
            self.give(Input::Tick).await;
        }
        if self.line_ends_at.is_some_and(|at| at <= now) {
            self.line_ends_at = None;
            self.give(Input::Command(Command::LineEnded)).await;
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

    /// Sets the alarm, if it would ring too late. One that rings too early costs less than setting it for every frame.
    fn arm(&mut self) {
        let now = self.now();
        let dues = [self.flow.wake_at(), Some(self.pings.due()), self.line_ends_at];
        let due = dues.into_iter().flatten().min().unwrap_or(now + IDLE);
        if due < self.armed_at {
            self.armed_at = due;
            let after = Duration::from_millis(due.saturating_sub(now));
            self.alarm.as_mut().reset(tokio::time::Instant::now() + after);
        }
    }
}
