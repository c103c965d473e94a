//! A leg from the first ring to the report.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::dial::News;
use super::{About, Interrupt, Leg, Line, Plan};
use crate::phone::event::PhoneEventKind;
use crate::phone::network::{CallEntry, Network, locked, now};
use crate::phone::report::{CallReport, EndReason};
use crate::phone::rooms::Seat;
use crate::phone::script::Script;
use crate::phone::settings::{Answerer, RING_MS};
use crate::phone::twiml::Callback;
use crate::phone::webhook::Params;

/// Orders that may wait for a call.
const ORDERS: usize = 16;

/// A leg of a `<Dial>` may last as long as any call.
const FOUR_HOURS: Duration = Duration::from_hours(4);

/// What kind of leg this is, and what it does first.
pub(crate) enum Role {
    /// Somebody rings a number of the account.
    Inbound { script: Script, plan: Plan },
    /// The server rings somebody.
    Outbound {
        answerer: Answerer,
        ring_timeout_ms: u64,
        plan: Plan,
        /// Where asynchronous answering-machine detection tells its finding.
        detection: Option<(Callback, &'static str)>,
    },
    /// `<Dial>` rings somebody.
    Child {
        answerer: Answerer,
        ring_timeout_ms: u64,
        whisper: Option<Callback>,
        room: String,
        news: mpsc::Sender<News>,
    },
}

/// Puts a call into the network's books and starts it.
pub(crate) fn launch(
    network: &Arc<Network>,
    about: About,
    line: Line,
    role: Role,
) -> JoinHandle<Arc<CallReport>> {
    let (sender, control) = mpsc::channel(ORDERS);
    let entry = CallEntry {
        sid: about.sid.to_string(),
        parent_sid: about.parent.clone(),
        direction: about.direction,
        from: about.from.clone(),
        to: about.to.clone(),
        status: match role {
            Role::Inbound { .. } => "ringing",
            _ => "queued",
        },
        created: now(),
        answered: None,
        ended: None,
        seconds: 0,
        answered_by: None,
        control: sender,
    };
    locked(&network.calls).insert(entry.sid.clone(), entry);
    let leg = Leg::new(Arc::clone(network), about, line, control);
    network.tasks.spawn(leg.run(role))
}

impl Leg {
    async fn run(mut self, role: Role) -> Arc<CallReport> {
        let news = match &role {
            Role::Child { news, .. } => Some(news.clone()),
            _ => None,
        };
        let reason = match role {
            Role::Inbound { script, plan } => {
                self.emit(PhoneEventKind::Ringing);
                self.mouth.take_up(script);
                self.follow(plan).await
            }
            Role::Outbound { answerer, ring_timeout_ms, plan, detection } => {
                match self.ring(&answerer, ring_timeout_ms).await {
                    Ok(()) => {
                        self.tell_detection(detection);
                        self.follow(plan).await
                    }
                    Err(reason) => reason,
                }
            }
            Role::Child { answerer, ring_timeout_ms, whisper, room, news } => {
                match self.ring(&answerer, ring_timeout_ms).await {
                    Ok(()) => self.join_parent(whisper, &room, &news).await,
                    Err(reason) => reason,
                }
            }
        };
        let sid = self.about.sid.to_string();
        let report = self.finish(reason).await;
        if let Some(news) = news {
            let status = report.status.clone();
            // A parent that is gone needs no news.
            let _ = news.send(News::Gone { sid, status }).await;
        }
        report
    }

    /// Rings until the answerer does what it does. An error is how the call ended unanswered.
    async fn ring(&mut self, answerer: &Answerer, timeout_ms: u64) -> Result<(), EndReason> {
        self.tell_status("initiated", "initiated", Params::new());
        self.network.update_call(&self.about.sid, |entry| entry.status = "ringing");
        self.tell_status("ringing", "ringing", Params::new());
        self.emit(PhoneEventKind::Ringing);
        let (wait_ms, unanswered) = match answerer {
            Answerer::Busy => (RING_MS, Some(EndReason::Busy)),
            Answerer::NoAnswer => (timeout_ms, Some(EndReason::NoAnswer)),
            _ if timeout_ms <= RING_MS => (timeout_ms, Some(EndReason::NoAnswer)),
            _ => (RING_MS, None),
        };
        match (self.pass(wait_ms).await, unanswered) {
            // A document for a call that still rings has nowhere to run.
            (Err(Interrupt::Replaced(_)), _) => return Err(EndReason::Canceled),
            (Err(Interrupt::Ended(reason)), _) | (Ok(()), Some(reason)) => return Err(reason),
            (Ok(()), None) => {}
        }
        self.mouth.take_up(answerer.script().unwrap_or_default());
        self.answer();
        Ok(())
    }

    /// Notes that the call is answered, the first time it is told so.
    pub(crate) fn answer(&mut self) {
        if self.is_answered {
            return;
        }
        self.is_answered = true;
        self.report.answered_ms = Some(self.now_ms());
        self.network.update_call(&self.about.sid, |entry| {
            entry.status = "in-progress";
            entry.answered = Some(now());
        });
        self.emit(PhoneEventKind::Answered);
        self.tell_status("answered", "in-progress", Params::new());
    }

    fn tell_detection(&mut self, detection: Option<(Callback, &'static str)>) {
        let Some((callback, answered_by)) = detection else {
            return;
        };
        let params = [
            ("CallSid", self.about.sid.as_ref()),
            ("AccountSid", &self.network.settings.account_sid),
            ("AnsweredBy", answered_by),
            ("MachineDetectionDuration", "1800"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.post(callback, params.into());
    }

    /// Runs the whisper, then joins the leg that dialled this one.
    async fn join_parent(
        &mut self,
        whisper: Option<Callback>,
        room: &str,
        news: &mpsc::Sender<News>,
    ) -> EndReason {
        let sid = self.about.sid.to_string();
        // A parent that is gone closes the room too, which ends this leg.
        let _ = news.send(News::Answered { sid: sid.clone() }).await;
        if let Some(whisper) = whisper {
            match self.follow(Plan::fetch(whisper)).await {
                EndReason::TwimlEnded => {}
                refused => return refused,
            }
        }
        let mut seat = Seat::take(&self.network, room, true, true, false);
        let _ = news.send(News::Ready { sid }).await;
        match self.stay(&mut seat, FOUR_HOURS, false).await {
            Ok(_) => EndReason::PeerHungUp,
            Err(Interrupt::Ended(reason)) => reason,
            Err(Interrupt::Replaced(plan)) => {
                drop(seat);
                self.follow(plan).await
            }
        }
    }
}
