//! One end of a call: the simulated phone, its clock, and the TwiML that the server runs on it.
//!
//! A leg is one task. Everything it does is cut into beats of 20 ms of the call's own time; whatever
//! it waits for, it goes on hearing, speaking and listening to orders.

mod bridge;
mod callbacks;
mod dial;
mod documents;
mod ending;
mod gather;
mod life;
mod notes;
mod prompts;
mod record;
mod stream;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::ear::{Ear, Mark};
use super::event::PhoneEvent;
use super::mouth::{Act, Frame, Mouth, Senses, Uttered};
use super::network::{Control, Network};
use super::report::{CallReport, Direction, EndReason};
use super::script::Script;
use super::twiml::Callback;
use super::webhook::Params;

pub(crate) use callbacks::StatusPlan;
pub(crate) use life::{Role, launch};

/// Longest call: Twilio's default `timeLimit`, four hours.
const LONGEST_MS: u64 = 4 * 60 * 60 * 1_000;

/// Which document comes next.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Ask for it, with these parameters besides the call's own.
    Fetch { callback: Callback, extra: Params },
    /// It is known.
    Inline(String),
}

impl Plan {
    pub(crate) fn fetch(callback: Callback) -> Self {
        Self::Fetch { callback, extra: Params::new() }
    }
}

/// Where a verb leads.
#[derive(Debug)]
pub(crate) enum Flow {
    Next,
    Goto(Plan),
    End(EndReason),
}

/// What stops a verb from outside.
#[derive(Debug)]
pub(crate) enum Interrupt {
    Ended(EndReason),
    Replaced(Plan),
}

/// Who is on the call.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) sid: Arc<str>,
    pub(crate) parent: Option<String>,
    pub(crate) direction: Direction,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// How the call is made.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) speed: f32,
    pub(crate) hang_up_after_ms: Option<u64>,
    pub(crate) keep_audio: bool,
    pub(crate) stream_signature: bool,
    pub(crate) stream_start_delay_ms: u64,
    pub(crate) stream_parameters: Params,
    pub(crate) params: Params,
    pub(crate) fallback: Option<Callback>,
    pub(crate) status: Option<StatusPlan>,
    pub(crate) events: broadcast::Sender<PhoneEvent>,
}

/// 20 ms of a call.
pub(crate) struct Beat {
    pub(crate) frame: Frame,
    pub(crate) acts: Vec<Act>,
    /// Frames are to be held back for a burst.
    pub(crate) hold: bool,
    /// Marks to echo.
    pub(crate) marks: Vec<Mark>,
}

pub(crate) struct Leg {
    pub(crate) network: Arc<Network>,
    pub(crate) about: About,
    pub(crate) line: Line,
    pub(crate) ear: Ear,
    pub(crate) mouth: Mouth,
    pub(crate) report: CallReport,
    began: Instant,
    interval: Interval,
    control: mpsc::Receiver<Control>,
    is_answered: bool,
    is_hanging_up: bool,
    /// A media stream is open and has said `start`.
    is_streaming: bool,
    /// The last background request; the next one waits for it, so that they arrive in order.
    background: Option<JoinHandle<()>>,
    status_sequence: u32,
}

impl Leg {
    pub(crate) fn new(
        network: Arc<Network>,
        about: About,
        mut line: Line,
        control: mpsc::Receiver<Control>,
    ) -> Self {
        line.speed = if line.speed.is_nan() { 1.0 } else { line.speed.clamp(0.01, 1_000.0) };
        let speed = f64::from(line.speed);
        let mut interval = tokio::time::interval(Duration::from_secs_f64(0.02 / speed));
        interval.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let report = CallReport {
            call_sid: about.sid.to_string(),
            parent_sid: about.parent.clone(),
            direction: about.direction,
            from: about.from.clone(),
            to: about.to.clone(),
            ..CallReport::default()
        };
        Self {
            ear: Ear::new(line.keep_audio),
            mouth: Mouth::new(Script::silent(), line.keep_audio),
            network,
            about,
            line,
            report,
            began: Instant::now(),
            interval,
            control,
            is_answered: false,
            is_hanging_up: false,
            is_streaming: false,
            background: None,
            status_sequence: 0,
        }
    }

    /// The present sample of the call's time, inside the beat being played.
    pub(crate) fn now(&self) -> u64 {
        let played = self.ear.position();
        let elapsed = self.began.elapsed().as_secs_f64() * f64::from(self.line.speed) * 8_000.0;
        (elapsed as u64).clamp(played.saturating_sub(160), played)
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.now() / 8
    }

    /// Lives through the next 20 ms.
    pub(crate) async fn beat(&mut self) -> Result<Beat, Interrupt> {
        self.interval.tick().await;
        if let Ok(order) = self.control.try_recv() {
            return Err(match order {
                Control::HangUp => Interrupt::Ended(EndReason::ServerHungUp),
                Control::PersonLeaves => Interrupt::Ended(EndReason::CallerHungUp),
                Control::Cancel => Interrupt::Ended(EndReason::Canceled),
                Control::Stop => Interrupt::Ended(EndReason::NetworkDown),
                Control::Replace(plan) => Interrupt::Replaced(plan),
            });
        }
        let now_ms = self.ear.position() / 8;
        let is_leaving = self.line.hang_up_after_ms.is_some_and(|after| now_ms >= after);
        // For a call the server made, the limit is its own `TimeLimit`.
        let is_limited = is_leaving && self.about.direction != Direction::Inbound;
        if self.is_hanging_up || (is_leaving && !is_limited) {
            return Err(Interrupt::Ended(EndReason::CallerHungUp));
        }
        if is_limited || now_ms >= LONGEST_MS {
            return Err(Interrupt::Ended(EndReason::TimeLimit));
        }
        let senses = Senses {
            now_ms,
            is_streaming: self.is_streaming,
            heard_ms: self.ear.total_ms(),
            utterance_ms: self.ear.utterance_ms(),
            quiet_ms: self.ear.quiet_ms(),
        };
        let (marks, change) = self.ear.tick();
        self.tell_change(change);
        let Uttered { frame, acts, hold } =
            if self.is_answered { self.mouth.tick(senses) } else { self.mouth.idle() };
        for act in &acts {
            self.tell_act(act);
        }
        Ok(Beat { frame, acts, hold, marks })
    }

    /// Lives on until `work` is done. The work goes on by itself if the call ends before it; its
    /// outcome is lost if it panics.
    pub(crate) async fn during<T: Send + 'static>(
        &mut self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<Option<T>, Interrupt> {
        let mut task = tokio::spawn(work);
        loop {
            tokio::select! {
                biased;
                done = &mut task => return Ok(done.ok()),
                beat = self.beat() => {
                    beat?;
                }
            }
        }
    }

    /// Lets call time pass.
    pub(crate) async fn pass(&mut self, ms: u64) -> Result<(), Interrupt> {
        for _ in 0..ms.div_ceil(20) {
            self.beat().await?;
        }
        Ok(())
    }
}
