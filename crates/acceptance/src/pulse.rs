//! How long the machine stood still while a test was looking at a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two beats.
const BEAT: Duration = Duration::from_millis(4);

/// Beats in a thread of its own and on the test's runtime, and keeps by how much the latest beat of either came late: what
/// the simulators and the program lose to a machine that stands still, they lose too.
pub struct Pulse {
    worst_ms: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Pulse {
    /// Begins to beat.
    pub fn start() -> Self {
        let (worst_ms, is_over) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (worst, over) = (worst_ms.clone(), is_over.clone());
        let thread = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                std::thread::sleep(BEAT);
                note(&worst, began);
            }
        });
        let worst = worst_ms.clone();
        let task = tokio::spawn(async move {
            loop {
                let began = Instant::now();
                tokio::time::sleep(BEAT).await;
                note(&worst, began);
            }
        });
        Self { worst_ms, is_over, thread: Some(thread), task }
    }

    /// The longest delay of a beat so far, in ms.
    pub fn worst_ms(&self) -> u64 {
        self.worst_ms.load(Ordering::Relaxed)
    }
}

fn note(worst: &AtomicU64, began: Instant) {
    let late = began.elapsed().saturating_sub(BEAT).as_millis();
    worst.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.task.abort();
        // A thread that only slept has nothing to report.
        self.thread.take().map(JoinHandle::join);
    }
}
