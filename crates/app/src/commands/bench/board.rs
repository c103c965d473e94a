//! What both ends of the outside world, the fake phones and the fake model, know of a run and of each call.

use super::percentile::Histogram;
use super::sequence::Arrivals;
use super::wire::Header;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// Faults of one call that are told in words; more are only counted.
const FAULTS_TOLD: usize = 5;

/// Where a round stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Phase {
    /// People talk.
    Talk,
    /// Nobody begins anything; what is under way arrives.
    Settle,
    /// Everybody hangs up.
    HangUp,
}

/// One round.
#[derive(Debug)]
pub(super) struct Scene {
    zero: Instant,
    phase: AtomicU8,
    measuring: AtomicBool,
    /// The server turns sound into PCM on its way: headers do not survive it in either direction.
    pub(super) pcm: bool,
    /// The caller's headers survive the server.
    pub(super) reads_caller: bool,
}

impl Scene {
    pub(super) fn new(pcm: bool, suppresses_noise: bool) -> Self {
        Self {
            zero: Instant::now(),
            phase: AtomicU8::new(Phase::Talk as u8),
            measuring: AtomicBool::new(false),
            pcm,
            reads_caller: !pcm && !suppresses_noise,
        }
    }

    /// Nanoseconds since the round's zero.
    pub(super) fn now(&self) -> u64 {
        self.zero.elapsed().as_nanos() as u64
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    pub(super) fn is_at_least(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Acquire) >= phase as u8
    }

    /// Whether latencies count now.
    pub(super) fn is_measuring(&self) -> bool {
        self.measuring.load(Ordering::Relaxed)
    }

    pub(super) fn measure(&self, on: bool) {
        self.measuring.store(on, Ordering::Relaxed);
    }
}

/// One reply of the agent, as the model made it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reply {
    /// Pieces of sound sent.
    pub(super) sent: u32,
    /// The server asked to stop it: it may have dropped its last pieces.
    pub(super) is_cancelled: bool,
}

/// What the model's side saw of a call.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) arrivals: Arrivals,
    /// From the phone's sending to the model's reading.
    pub(super) latency: Histogram,
    pub(super) replies: Vec<Reply>,
}

/// One call, as both ends see it.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) number: u32,
    /// The caller is making a sound.
    pub(super) is_loud: AtomicBool,
    /// The model says that it hears speech.
    pub(super) is_heard: AtomicBool,
    /// The model is making a reply.
    pub(super) is_replying: AtomicBool,
    /// Number of the newest reply.
    pub(super) reply: AtomicU32,
    /// Frames the phone sent, and those the model got.
    pub(super) sent: AtomicU32,
    pub(super) got: AtomicU32,
    /// The phone heard the agent.
    pub(super) is_live: AtomicBool,
    /// The model's socket is open.
    pub(super) connected: Notify,
    /// The model's socket is closed; its report is there.
    pub(super) closed: Notify,
    /// Times of frames on their way, when they cannot carry them.
    on_way_in: Mutex<VecDeque<u64>>,
    /// Pieces of sound on their way, when they cannot carry their headers.
    on_way_out: Mutex<VecDeque<Header>>,
    pub(super) heard: Mutex<Heard>,
    faults: Mutex<Faults>,
}

/// What somebody did against the rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    pub(super) count: u64,
    pub(super) told: Vec<String>,
}

/// A poisoned lock means a bug that has been reported already; the figures are still worth telling.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    pub(super) fn new(number: u32) -> Self {
        Self { number, ..Self::default() }
    }

    pub(super) fn fault(&self, what: impl Into<String>) {
        let mut faults = locked(&self.faults);
        faults.count += 1;
        if faults.told.len() < FAULTS_TOLD {
            faults.told.push(format!("call {}: {}", self.number, what.into()));
        }
    }

    pub(super) fn faults(&self) -> Faults {
        locked(&self.faults).clone()
    }

    pub(super) fn depart_in(&self, at: u64) {
        locked(&self.on_way_in).push_back(at);
    }

    pub(super) fn arrive_in(&self) -> Option<u64> {
        locked(&self.on_way_in).pop_front()
    }

    pub(super) fn depart_out(&self, header: Header) {
        locked(&self.on_way_out).push_back(header);
    }

    /// The next piece on its way that is of a reply after `cut`.
    pub(super) fn arrive_out(&self, cut: Option<u32>) -> Option<Header> {
        let mut on_way = locked(&self.on_way_out);
        while on_way.front().is_some_and(|piece| cut.is_some_and(|cut| piece.reply <= cut)) {
            on_way.pop_front();
        }
        on_way.pop_front()
    }
}
