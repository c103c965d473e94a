//! What all sessions of a server share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::brain::Brain;
use super::faults::{Fault, FaultPlan};
use super::hearing::{HeardSound, Library};
use super::report::{SessionReport, Violation, push_bounded};
use super::rest::Desk;
use super::settings::{Model, RealtimeSettings};

/// Reports of sessions kept; the oldest ended one goes first.
const MOST_REPORTS: usize = 5_000;

/// A session's report, written by the session and read by whoever asks the server.
pub(super) type SharedReport = Arc<Mutex<SessionReport>>;

pub(super) struct Hub {
    pub(super) settings: RealtimeSettings,
    pub(super) faults: watch::Sender<FaultPlan>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
    /// The REST side.
    pub(super) desk: Desk,
    attempts: AtomicUsize,
    live: AtomicUsize,
    brain: Mutex<Brain>,
    models: Mutex<Vec<Model>>,
    library: RwLock<Library>,
    reports: Mutex<Vec<SharedReport>>,
    violations: Mutex<Vec<Violation>>,
}

impl Hub {
    pub(super) fn new(settings: RealtimeSettings) -> Self {
        Self {
            faults: watch::Sender::new(settings.faults.clone()),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            desk: Desk::new(settings.rest.clone()),
            attempts: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
            brain: Mutex::new(settings.brain.clone()),
            models: Mutex::new(settings.models.clone()),
            library: RwLock::new(Library::of_recordings()),
            reports: Mutex::default(),
            violations: Mutex::default(),
            settings,
        }
    }

    /// The number of a new connection attempt, from 1.
    pub(super) fn next_attempt(&self) -> usize {
        self.attempts.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The HTTP status with which this attempt is refused, if the plan says so.
    pub(super) fn refused_upgrade(&self, attempt: usize) -> Option<u16> {
        self.faults.borrow().in_session(attempt).find_map(|(_, planned)| match planned.fault {
            Fault::RefuseUpgrade(status) => Some(status),
            _ => None,
        })
    }

    pub(super) fn brain(&self) -> Brain {
        locked(&self.brain).clone()
    }

    pub(super) fn set_brain(&self, brain: Brain) {
        *locked(&self.brain) = brain;
    }

    pub(super) fn models(&self) -> Vec<Model> {
        locked(&self.models).clone()
    }

    pub(super) fn set_models(&self, models: Vec<Model>) {
        *locked(&self.models) = models;
    }

    pub(super) fn register_utterance(&self, text: &str) {
        self.library.write().unwrap_or_else(PoisonError::into_inner).register(text);
    }

    pub(super) fn listen(&self, sound: &[u8], resampled: bool) -> Vec<HeardSound> {
        self.library.read().unwrap_or_else(PoisonError::into_inner).listen(sound, resampled)
    }

    pub(super) fn add_report(&self, report: SessionReport) -> SharedReport {
        let report = Arc::new(Mutex::new(report));
        let mut reports = locked(&self.reports);
        if reports.len() >= MOST_REPORTS
            && let Some(oldest) = reports.iter().position(|report| locked(report).ended.is_some())
        {
            reports.remove(oldest);
        }
        reports.push(Arc::clone(&report));
        report
    }

    pub(super) fn reports(&self) -> Vec<SessionReport> {
        locked(&self.reports).iter().map(|report| locked(report).clone()).collect()
    }

    pub(super) fn report_violation(&self, violation: Violation) {
        tracing::warn!(
            session = violation.session, code = %violation.code, detail = %violation.detail,
            "simulated Realtime server: the client broke a rule"
        );
        push_bounded(&mut locked(&self.violations), violation);
    }

    pub(super) fn violations(&self) -> Vec<Violation> {
        locked(&self.violations).clone()
    }

    pub(super) fn clear_violations(&self) {
        locked(&self.violations).clear();
    }

    pub(super) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    /// Counts a session as live until the guard goes.
    pub(super) fn enter(self: &Arc<Self>) -> LiveGuard {
        self.live.fetch_add(1, Ordering::Relaxed);
        LiveGuard(Arc::clone(self))
    }
}

/// A session that is live.
pub(super) struct LiveGuard(Arc<Hub>);

impl Drop for LiveGuard {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A lock whose holder panicked still guards plain data.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
