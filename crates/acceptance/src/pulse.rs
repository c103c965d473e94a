//! How long the machine stood still while a test was looking at a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// Between two beats.
const BEAT: Duration = Duration::from_millis(4);

/// Beats in a thread of its own and on the test's runtime, and keeps by how much the latest beat of either came late: what
/// the simulators and the program lose to a machine that stands still, they lose too.
pub struct Pulse {
    worst_ms: Arc<AtomicU64>,
    /// Its end ends the thread.
    _ending: Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Pulse {
    /// Begins to beat.
    pub fn start() -> Self {
        let worst_ms = Arc::<AtomicU64>::default();
        let (ending, ended) = mpsc::channel::<()>();
        let worst = worst_ms.clone();
        std::thread::spawn(move || {
            let mut began = Instant::now();
            while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                note(&worst, began);
                began = Instant::now();
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
        Self { worst_ms, _ending: ending, task }
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
        self.task.abort();
    }
}
