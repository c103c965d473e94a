//! The simulated telephone network: Twilio's wires as a strict server and client on loopback.
//!
//! ```text
//! program under test  <── signed webhooks, media stream ──  PhoneNetwork  (simulated people)
//!                     ──  REST: calls, messages, recordings ──>
//! ```
//!
//! A call lives in its own time, cut into beats of 20 ms, which may run faster than real time
//! ([`Dial::speed`]). Everything the person hears and says is kept on that time line. What the real
//! service would refuse becomes a [`Violation`]; a correct program causes none. After the protocol
//! sheet of 2026-11; what that sheet marks as unverified is unverified here too.

mod call;
mod ear;
mod event;
mod leg;
mod mouth;
mod network;
mod report;
mod rest;
mod rooms;
mod script;
mod settings;
mod signature;
mod tape;
#[cfg(test)]
mod tests;
mod twiml;
mod violation;
mod webhook;
mod wire;

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::broadcast;

pub use call::Call;
pub use ear::{ClearRecord, HeardSpan, Source, SpanEnd};
pub use event::{PhoneEvent, PhoneEventKind};
pub use mouth::SaidSpan;
pub use network::{LiveCall, RestFault, RestRequest, SentMessage};
pub use report::{
    CallReport, Click, ClickCause, ClosedBy, Direction, EndReason, MarkOutcome, MarkRecord, StreamRecord,
    VerbRecord, WebhookRecord,
};
pub use script::{DEFAULT_TIMEOUT_MS, Script, ScriptError, Step};
pub use settings::{Answerer, Delivery, Dial, NetworkSettings};
pub use signature::{sign_form, sign_url};
pub use violation::{Alert, Violation};

use self::leg::{About, Line, Plan, Role, StatusPlan, launch};
use self::network::{Control, Network, locked, new_sid};
use self::twiml::Callback;
use self::webhook::Asker;

/// Events of one call that may wait for a slow listener.
const CALL_EVENTS: usize = 1_024;

/// How long [`PhoneNetwork::shutdown`] waits for calls to end.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// Why a network could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The REST side's port cannot be had.
    #[error("the phone network's REST side cannot listen: {0}")]
    Listen(#[from] io::Error),
    /// No HTTP client could be built.
    #[error("the phone network has no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A running network. Clones are the same network; it runs until [`PhoneNetwork::shutdown`].
#[derive(Clone)]
pub struct PhoneNetwork {
    inner: Arc<Network>,
}

impl PhoneNetwork {
    /// Opens the REST side and waits for calls.
    pub async fn start(settings: NetworkSettings) -> Result<Self, StartError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.rest_port)).await?;
        let rest_url = format!("http://{}", listener.local_addr()?);
        if let Some(folder) = &settings.recordings_dir {
            tokio::fs::create_dir_all(folder).await?;
        }
        let asker = Asker::new(&settings.auth_token, settings.webhook_timeout)?;
        let inner = Arc::new(Network::new(settings, rest_url, asker));
        let router = rest::router(Arc::clone(&inner));
        let stop = inner.stop.clone();
        tokio::spawn(async move {
            let server = axum::serve(listener, router);
            let outcome = server.with_graceful_shutdown(stop.cancelled_owned()).await;
            if let Err(error) = outcome {
                tracing::error!(%error, "simulated phone: REST side stopped");
            }
        });
        Ok(Self { inner })
    }

    /// Base URL of the REST side, for `TWILIO_API_BASE_URL`.
    pub fn rest_url(&self) -> String {
        self.inner.rest_url.clone()
    }

    /// Rings one of the account's numbers.
    pub fn dial(&self, dial: Dial) -> Call {
        let events = broadcast::Sender::new(CALL_EVENTS);
        let listener = events.subscribe();
        let about = About {
            sid: new_sid("CA").into(),
            parent: None,
            direction: Direction::Inbound,
            from: dial.from,
            to: dial.to,
        };
        let status = dial.status_callback.map(|url| StatusPlan {
            callback: Callback::post(&url),
            events: vec!["completed".to_owned()],
            delivery: dial.status_delivery,
        });
        let line = Line {
            speed: dial.speed,
            hang_up_after_ms: dial.hang_up_after.map(|after| after.as_millis() as u64),
            keep_audio: dial.keep_audio,
            stream_signature: dial.stream_signature,
            stream_start_delay_ms: dial.stream_start_delay.as_millis() as u64,
            stream_parameters: dial.stream_parameters,
            params: dial.params,
            fallback: dial.fallback.as_ref().map(Callback::post),
            status,
            events,
        };
        let role = Role::Inbound { script: dial.script, plan: Plan::fetch(Callback::post(&dial.webhook)) };
        let sid = Arc::clone(&about.sid);
        let task = launch(&self.inner, about, line, role);
        Call::new(sid, Arc::clone(&self.inner), listener, task)
    }

    /// Who answers when the server rings `number`, from now on.
    pub fn answer_with(&self, number: &str, answerer: Answerer) {
        self.answer_in_turn(number, [answerer]);
    }

    /// Who answers the next calls to `number`, in this order; the last one goes on answering.
    pub fn answer_in_turn(&self, number: &str, answerers: impl IntoIterator<Item = Answerer>) {
        locked(&self.inner.answerers).insert(number.to_owned(), answerers.into_iter().collect());
    }

    /// Text messages to `number` are refused with this code, such as 21610 (opted out).
    pub fn refuse_texts_to(&self, number: &str, code: u32) {
        locked(&self.inner.refused_texts).insert(number.to_owned(), code);
    }

    /// The next POST to the REST side fails in this way; several are kept in order.
    pub fn fail_next_request(&self, fault: RestFault) {
        locked(&self.inner.faults).push_back(fault);
    }

    /// Everything the server did wrong, oldest first, the last 10 000.
    pub fn violations(&self) -> Vec<Violation> {
        locked(&self.inner.violations).iter().cloned().collect()
    }

    /// Every request the REST side was asked, oldest first, the last 10 000.
    pub fn rest_requests(&self) -> Vec<RestRequest> {
        locked(&self.inner.requests).iter().cloned().collect()
    }

    /// Every text message the server sent, oldest first.
    pub fn messages(&self) -> Vec<SentMessage> {
        locked(&self.inner.messages).iter().cloned().collect()
    }

    /// Calls that have not ended, in no order.
    pub fn live_calls(&self) -> Vec<LiveCall> {
        self.inner.live_calls()
    }

    /// Reports of ended calls of every direction, in the order they ended; the last 200.
    pub fn reports(&self) -> Vec<Arc<CallReport>> {
        locked(&self.inner.reports).iter().cloned().collect()
    }

    /// Waits until `count` calls to `number` have ended and returns their reports; fewer when
    /// `timeout` of real time has passed.
    pub async fn reports_of_calls_to(
        &self,
        number: &str,
        count: usize,
        timeout: Duration,
    ) -> Vec<Arc<CallReport>> {
        let ended = || -> Vec<Arc<CallReport>> {
            let mut reports = self.reports();
            reports.retain(|report| report.to == number);
            reports
        };
        let waiting = async {
            loop {
                let came = self.inner.report_came.notified();
                if ended().len() >= count {
                    return;
                }
                came.await;
            }
        };
        // Late or not, what has ended by now is the answer.
        let _ = tokio::time::timeout(timeout, waiting).await;
        ended()
    }

    /// What happens in all calls from now on. A listener that falls more than 1 024 events behind
    /// loses the oldest.
    pub fn events(&self) -> broadcast::Receiver<PhoneEvent> {
        self.inner.events.subscribe()
    }

    /// Ends all calls and closes the REST side.
    pub async fn shutdown(&self) {
        for call in self.inner.live_calls() {
            self.inner.tell_call(&call.call_sid, Control::Stop);
        }
        self.inner.tasks.close();
        let _ = tokio::time::timeout(SHUTDOWN, self.inner.tasks.wait()).await;
        self.inner.stop.cancel();
    }
}
