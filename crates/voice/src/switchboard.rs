//! The voice side as the rest of the program sees it.

use crate::admission::{Admission, Full, LiveCall, Ticket};
use crate::counters::{Counters, DoorCount};
use crate::driver::{Lane, Order, Shared, receive};
use crate::scribe::{Scribe, ScribeState};
use crate::settings::Settings;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use studioconnect_assistant::lookup::Knowledge;
use studioconnect_connectors::openai::realtime::Endpoint;
use studioconnect_connectors::twilio::rest::TwilioRest;
use studioconnect_domain::Clock;
use studioconnect_domain::call::Call;
use studioconnect_domain::ids::{BusinessId, CallId};
use studioconnect_store::{Reception, Store};
use thiserror::Error;
use tokio::net::TcpStream;

/// Why a call gets no agent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotAdmitted {
    /// All places are taken.
    #[error(transparent)]
    Full(#[from] Full),
    /// The process is shutting down.
    #[error("no new calls are taken")]
    Draining,
}

/// Takes calls, carries them, and tells about them. Cheap to clone.
#[derive(Clone)]
pub struct Switchboard {
    shared: Arc<Shared>,
    lanes: Arc<[Lane]>,
    draining: Arc<AtomicBool>,
    turn: Arc<AtomicUsize>,
}

impl Switchboard {
    /// Starts the lanes. Must be called on the runtime where slow work is to be done.
    pub fn start(
        settings: Settings,
        store: Store,
        scribe: Scribe,
        twilio: TwilioRest,
        clock: Clock,
        knowledge: Knowledge,
    ) -> std::io::Result<Self> {
        let lanes = settings.lanes.max(1);
        let shared = Arc::new(Shared {
            admission: Admission::new(settings.max_calls),
            settings,
            store,
            scribe,
            twilio,
            clock,
            knowledge,
            counters: Arc::default(),
            office: tokio::runtime::Handle::current(),
        });
        let lanes = (0..lanes).map(|index| Lane::start(index, shared.clone())).collect::<Result<_, _>>()?;
        Ok(Self { shared, lanes, draining: Arc::default(), turn: Arc::default() })
    }

    /// Keeps a place for a call, begins to open its model's socket, and returns the token its stream must show.
    pub fn admit(&self, call: Call, reception: Reception) -> Result<String, NotAdmitted> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(NotAdmitted::Draining);
        }
        // Calls are much alike, so taking turns is fair; counting would see a burst only when it has begun to stream.
        let index = self.turn.fetch_add(1, Ordering::Relaxed) % self.lanes.len().max(1);
        let id = call.id;
        let token = self.shared.admission.admit(Ticket { call, reception, lane: index }, Instant::now())?;
        if let Some(lane) = self.lanes.get(index) {
            lane.send(Order::Park(id));
        }
        Ok(token)
    }

    /// Takes a media stream whose WebSocket upgrade is done. `ahead` is what was read of it already.
    pub async fn receive(&self, stream: TcpStream, ahead: Vec<u8>) {
        if let Err(fault) = stream.set_nodelay(true) {
            tracing::debug!(%fault, "a stream's packets may be held back");
        }
        receive(&self.shared, &self.lanes, stream, ahead).await;
    }

    /// Calls that are streaming now.
    pub fn live_calls(&self) -> Vec<LiveCall> {
        self.shared.admission.live()
    }

    /// How many calls stream, and how many are about to.
    pub fn count(&self) -> (usize, usize) {
        self.shared.admission.count()
    }

    /// Ends a live call of a business. False when there is none.
    pub fn end_call(&self, business: BusinessId, id: CallId) -> bool {
        self.shared.admission.end(business, id)
    }

    /// The network says that a call's line is gone; its stream is let go even if nothing else says so.
    pub fn line_ended(&self, id: CallId) {
        self.shared.admission.line_ended(id);
    }

    /// Counts since the start.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// What happened at the door since the start.
    pub fn door(&self) -> DoorCount {
        let counters = &self.shared.counters;
        DoorCount {
            admitted: counters.streams_admitted.load(Ordering::Relaxed),
            refused: counters.streams_refused.load(Ordering::Relaxed),
        }
    }

    /// How writing behind is doing.
    pub fn scribe(&self) -> ScribeState {
        self.shared.scribe.state()
    }

    /// The model that calls are connected to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.settings.endpoint
    }

    /// Most calls at once.
    pub fn places(&self) -> usize {
        self.shared.settings.max_calls
    }

    /// Takes no new calls and waits for those that are carried, up to `limit`; then ends them. Returns how many had to be
    /// ended.
    pub async fn drain(&self, limit: Duration) -> usize {
        self.draining.store(true, Ordering::Relaxed);
        let (began, until) = (Instant::now(), Instant::now() + limit);
        loop {
            let (live, waiting) = self.count();
            // Who was told to open a stream is about to; who has not by then has hung up.
            let is_over = live == 0 && (waiting == 0 || began.elapsed() > ARRIVALS);
            if is_over || Instant::now() >= until {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let rest = self.live_calls();
        for call in &rest {
            call.end();
        }
        let until = Instant::now() + GRACE;
        while self.count().0 > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.shared.scribe.flush().await;
        rest.len()
    }
}

/// A stream opens within this of its webhook, or not at all.
const ARRIVALS: Duration = Duration::from_secs(10);
/// Time for calls that were told to end.
const GRACE: Duration = Duration::from_secs(5);
