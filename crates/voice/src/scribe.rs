//! Writing behind: what live calls have to say goes to the database in batches, and waits when it cannot.
//!
//! A call never waits for the database. What could not be written is kept and tried again; the log says once that the
//! database is away, and once that it is back.

use crate::voicemail::{self, VoiceMessage};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use studioconnect_domain::call::Call;
use studioconnect_domain::lead::Lead;
use studioconnect_store::{Store, StoreError, Write};
use tokio::sync::{mpsc, oneshot};

/// Time in which writes gather into one transaction; a checkpoint is at most this and one transaction old.
const GATHER: Duration = Duration::from_millis(100);
/// Most writes in one transaction.
const BATCH: usize = 512;
/// Pauses between tries while the database is away.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];
/// Beyond this many bytes waiting, recorded inputs are given up, and beyond twice as many everything but ends and leads.
const WAITING_MOST: usize = 64 * 1024 * 1024;

/// The way to the writer; cheap to clone.
#[derive(Clone, Debug)]
pub struct Scribe {
    sender: mpsc::UnboundedSender<Work>,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting_bytes: AtomicUsize,
    given_up: AtomicUsize,
    away: AtomicBool,
}

/// How the writer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScribeState {
    /// The database could not be written to.
    pub is_away: bool,
    /// Bytes waiting to be written.
    pub waiting_bytes: usize,
    /// Writes given up for want of room.
    pub given_up: usize,
}

#[derive(Debug)]
enum Work {
    Row(Write),
    Call(Box<Call>),
    Lead(Box<Lead>),
    Message(VoiceMessage),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

impl Work {
    /// Somebody waits for it: a line that is to be hung up, or a test.
    fn is_urgent(&self) -> bool {
        matches!(self, Self::Flush(_) | Self::Message(_) | Self::Row(Write::Finish { .. }))
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Row(Write::Inputs { text, .. }) => text.len() + 64,
            Self::Row(Write::Turns { turns, .. }) => turns.iter().map(|turn| turn.text.len() + 128).sum(),
            Self::Row(Write::Events { events, .. }) => events.len() * 256,
            Self::Row(_) | Self::Lead(_) | Self::Call(_) | Self::Message(_) => 1_024,
            Self::Flush(_) => 0,
        }
    }
}

impl Scribe {
    /// Starts the writer on the current runtime; it ends when every clone of its way is gone and all is written.
    pub fn start(store: Store) -> (Self, tokio::task::JoinHandle<()>) {
        let (sender, inbox) = mpsc::unbounded_channel();
        let state = Arc::<State>::default();
        let writer = Writer { store, inbox, state: state.clone(), queue: VecDeque::new() };
        (Self { sender, state }, tokio::spawn(writer.run()))
    }

    /// Writes a row when it can be. False when it was given up for want of room.
    pub fn write(&self, write: Write) -> bool {
        let waiting = self.state.waiting_bytes.load(Ordering::Relaxed);
        let room = match write {
            Write::Inputs { .. } => WAITING_MOST,
            Write::Turns { .. } | Write::Events { .. } => 2 * WAITING_MOST,
            // The end of a call is one small row, and the reason for all the others.
            Write::Answered { .. } | Write::Finish { .. } => usize::MAX,
        };
        if waiting > room {
            self.state.given_up.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.send(Work::Row(write));
        true
    }

    /// Adds a call's row when it can be: it goes before all that is written about the call later.
    pub fn keep_call(&self, call: Call) {
        self.send(Work::Call(Box::new(call)));
    }

    /// Keeps a message that a caller left, when it can be: it goes behind the call's own row.
    pub fn keep_message(&self, message: VoiceMessage) {
        self.send(Work::Message(message));
    }

    /// Keeps a lead when it can be.
    pub fn keep_lead(&self, lead: Lead) {
        self.send(Work::Lead(Box::new(lead)));
    }

    fn send(&self, work: Work) {
        self.state.waiting_bytes.fetch_add(work.bytes(), Ordering::Relaxed);
        // The writer outlives every clone of this, so there is always somebody to read.
        let _ = self.sender.send(work);
    }

    /// Waits until all that was given so far is written, or the database is away.
    pub async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        self.send(Work::Flush(done));
        let _ = wait.await;
    }

    /// How the writer is doing.
    pub fn state(&self) -> ScribeState {
        ScribeState {
            is_away: self.state.away.load(Ordering::Relaxed),
            waiting_bytes: self.state.waiting_bytes.load(Ordering::Relaxed),
            given_up: self.state.given_up.load(Ordering::Relaxed),
        }
    }
}

struct Writer {
    store: Store,
    inbox: mpsc::UnboundedReceiver<Work>,
    state: Arc<State>,
    queue: VecDeque<Work>,
}

impl Writer {
    async fn run(mut self) {
        let mut failures = 0_usize;
        while self.gather().await {
            while !self.queue.is_empty() {
                match self.write_some().await {
                    Ok(()) => self.succeeded(&mut failures),
                    Err(fault) => {
                        self.failed(&fault, &mut failures);
                        let pause = PAUSES.get(failures.min(PAUSES.len()) - 1).copied().unwrap_or(GATHER);
                        tokio::time::sleep(pause).await;
                        self.take_what_came();
                    }
                }
            }
        }
    }

    /// Waits for work and lets more of it come; false when there will be none.
    async fn gather(&mut self) -> bool {
        let Some(first) = self.inbox.recv().await else { return false };
        let mut is_urgent = first.is_urgent();
        self.queue.push_back(first);
        let gathered = tokio::time::sleep(GATHER);
        tokio::pin!(gathered);
        while !is_urgent {
            tokio::select! {
                work = self.inbox.recv() => {
                    let Some(work) = work else { break };
                    is_urgent = work.is_urgent();
                    self.queue.push_back(work);
                }
                () = &mut gathered => break,
            }
        }
        self.take_what_came();
        true
    }

    fn take_what_came(&mut self) {
        while let Ok(work) = self.inbox.try_recv() {
            self.queue.push_back(work);
        }
    }

    /// Writes the front of the queue in one transaction; on an error it stays where it is.
    async fn write_some(&mut self) -> Result<(), StoreError> {
        match self.queue.front() {
            Some(Work::Row(_)) => {
                let rows: Vec<Write> = self
                    .queue
                    .iter()
                    .take(BATCH)
                    .map_while(|work| if let Work::Row(row) = work { Some(row.clone()) } else { None })
                    .collect();
                match self.store.write_batch(&rows).await {
                    Ok(()) => self.done(rows.len()),
                    Err(fault @ StoreError::Unavailable(_)) => return Err(fault),
                    Err(_) => self.write_one_by_one(rows).await?,
                }
            }
            Some(Work::Call(call)) => {
                let kept = self.store.insert_call(call).await.map(|_| ());
                self.settled(kept, "a call")?;
            }
            Some(Work::Lead(lead)) => {
                let kept = self.store.put_lead(lead).await.map(|_| ());
                self.settled(kept, "a lead")?;
            }
            Some(Work::Message(message)) => {
                let kept = voicemail::keep(&self.store, message).await;
                self.settled(kept, "a voice message")?;
            }
            Some(Work::Flush(_)) | None => self.done(1),
        }
        Ok(())
    }

    /// What cannot be written now is tried again; what can never be is not left to hold up the rest.
    fn settled(&mut self, kept: Result<(), StoreError>, what: &str) -> Result<(), StoreError> {
        match kept {
            Err(fault @ StoreError::Unavailable(_)) => return Err(fault),
            Err(fault) => tracing::error!(%fault, "{what} cannot be kept as it is"),
            Ok(()) => {}
        }
        self.done(1);
        Ok(())
    }

    /// One row of a batch cannot be written: the others are.
    async fn write_one_by_one(&mut self, rows: Vec<Write>) -> Result<(), StoreError> {
        for row in rows {
            match self.store.write_batch(std::slice::from_ref(&row)).await {
                Err(fault @ StoreError::Unavailable(_)) => return Err(fault),
                Err(fault) => {
                    tracing::error!(%fault, call = %row.call(), "a row of a call cannot be written as it is");
                }
                Ok(()) => {}
            }
            self.done(1);
        }
        Ok(())
    }

    fn done(&mut self, count: usize) {
        for work in self.queue.drain(..count.min(self.queue.len())) {
            self.state.waiting_bytes.fetch_sub(work.bytes(), Ordering::Relaxed);
            if let Work::Flush(done) = work {
                let _ = done.send(());
            }
        }
    }

    fn failed(&mut self, fault: &StoreError, failures: &mut usize) {
        if *failures == 0 {
            self.state.away.store(true, Ordering::Relaxed);
            tracing::error!(%fault, "calls cannot be written down; they go on, and it is tried again");
        }
        *failures += 1;
        // Whoever waits has waited enough; the rows stay.
        self.queue.retain(|work| !matches!(work, Work::Flush(_)));
    }

    fn succeeded(&mut self, failures: &mut usize) {
        if std::mem::take(failures) > 0 {
            self.state.away.store(false, Ordering::Relaxed);
            tracing::info!("calls are written down again");
        }
    }
}
