//! What all calls of one network share: who is on the line, what was recorded, what went wrong.

mod calls;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::calls::LiveCall;
pub(crate) use self::calls::{CallEntry, Control};
use super::event::PhoneEvent;
use super::report::CallReport;
use super::rooms::Room;
use super::settings::{Answerer, NetworkSettings};
use super::violation::Violation;
use super::webhook::Asker;

/// How much of each list is kept; older entries go first.
const KEPT: usize = 10_000;
/// Reports kept; each may hold the sound of half an hour twice.
const KEPT_REPORTS: usize = 200;
/// Recordings kept; each may be an hour long.
const KEPT_RECORDINGS: usize = 100;
/// Events that may wait for a slow listener.
const EVENTS: usize = 1_024;

/// A request the REST side was asked.
#[derive(Debug, Clone, Serialize)]
pub struct RestRequest {
    /// The HTTP method.
    pub method: String,
    /// The path, without host and query.
    pub path: String,
    /// Parameters of the body and the query, in order.
    pub params: Vec<(String, String)>,
    /// The status it was answered with.
    pub status: u16,
}

/// A text message the server sent.
#[derive(Debug, Clone, Serialize)]
pub struct SentMessage {
    /// `SM…`.
    pub sid: String,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The text.
    pub body: String,
    /// `queued`, `sent`, `delivered`.
    pub status: String,
    /// When it was accepted.
    pub created: DateTime<Utc>,
}

/// What `<Record>` recorded.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    pub(crate) sid: String,
    pub(crate) call_sid: String,
    pub(crate) sound: Arc<[u8]>,
    pub(crate) seconds: u64,
    /// The file can be fetched only when its status callback is on its way.
    pub(crate) is_ready: bool,
}

/// Something wrong with the REST side itself, for the next request that would create something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestFault {
    /// Answers with this status and does nothing.
    Refuse(u16),
    /// Does what was asked, and never answers.
    DoneButSilent,
}

pub(crate) struct Network {
    pub(crate) settings: NetworkSettings,
    pub(crate) rest_url: String,
    pub(crate) asker: Asker,
    pub(crate) calls: Mutex<HashMap<String, CallEntry>>,
    pub(crate) ended_calls: Mutex<VecDeque<String>>,
    pub(crate) reports: Mutex<VecDeque<Arc<CallReport>>>,
    pub(crate) report_came: Notify,
    pub(crate) violations: Mutex<VecDeque<Violation>>,
    pub(crate) requests: Mutex<VecDeque<RestRequest>>,
    pub(crate) messages: Mutex<VecDeque<SentMessage>>,
    pub(crate) refused_texts: Mutex<HashMap<String, u32>>,
    pub(crate) recordings: Mutex<VecDeque<Recording>>,
    pub(crate) answerers: Mutex<HashMap<String, VecDeque<Answerer>>>,
    pub(crate) faults: Mutex<VecDeque<RestFault>>,
    pub(crate) rooms: Mutex<HashMap<String, Room>>,
    pub(crate) events: broadcast::Sender<PhoneEvent>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Network {
    pub(crate) fn new(settings: NetworkSettings, rest_url: String, asker: Asker) -> Self {
        Self {
            settings,
            rest_url,
            asker,
            calls: Mutex::default(),
            ended_calls: Mutex::default(),
            reports: Mutex::default(),
            report_came: Notify::new(),
            violations: Mutex::default(),
            requests: Mutex::default(),
            messages: Mutex::default(),
            refused_texts: Mutex::default(),
            recordings: Mutex::default(),
            answerers: Mutex::default(),
            faults: Mutex::default(),
            rooms: Mutex::default(),
            events: broadcast::Sender::new(EVENTS),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    pub(crate) fn violation(&self, violation: Violation) {
        tracing::warn!(code = violation.code, what = %violation.what, "simulated phone: protocol violation");
        keep(&self.violations, violation, KEPT);
    }

    pub(crate) fn request(&self, request: RestRequest) {
        keep(&self.requests, request, KEPT);
    }

    pub(crate) fn message(&self, message: SentMessage) {
        keep(&self.messages, message, KEPT);
    }

    pub(crate) fn recording(&self, recording: Recording) {
        keep(&self.recordings, recording, KEPT_RECORDINGS);
    }

    /// Changes the status of a message.
    pub(crate) fn message_is(&self, sid: &str, status: &str) {
        let mut messages = locked(&self.messages);
        for message in messages.iter_mut().filter(|known| known.sid == sid) {
            status.clone_into(&mut message.status);
        }
    }

    /// Makes a recording's file available.
    pub(crate) fn recording_is_ready(&self, sid: &str) {
        let mut recordings = locked(&self.recordings);
        for recording in recordings.iter_mut().filter(|known| known.sid == sid) {
            recording.is_ready = true;
        }
    }

    /// The URL of a recording, without an ending, as callbacks give it.
    pub(crate) fn recording_url(&self, sid: &str) -> String {
        let Self { settings, rest_url, .. } = self;
        format!("{rest_url}/2010-04-01/Accounts/{}/Recordings/{sid}", settings.account_sid)
    }

    /// Who answers when `number` is rung; the last one set goes on answering.
    pub(crate) fn answerer(&self, number: &str) -> Answerer {
        let mut answerers = locked(&self.answerers);
        let Some(queue) = answerers.get_mut(number) else {
            return Answerer::NoAnswer;
        };
        if queue.len() > 1 {
            queue.pop_front().unwrap_or(Answerer::NoAnswer)
        } else {
            queue.front().cloned().unwrap_or(Answerer::NoAnswer)
        }
    }

    /// Keeps the report of a finished call.
    pub(crate) fn report(&self, report: Arc<CallReport>) {
        keep(&self.reports, report, KEPT_REPORTS);
        self.report_came.notify_waiters();
    }
}

/// The contents of a mutex; a panic elsewhere does not make these lists wrong.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep<T>(list: &Mutex<VecDeque<T>>, item: T, limit: usize) {
    let mut list = locked(list);
    if list.len() >= limit {
        list.pop_front();
    }
    list.push_back(item);
}

/// A new SID: two letters and 32 hexadecimal digits.
pub(crate) fn new_sid(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::new_v4().simple())
}

pub(crate) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// A date as Twilio writes it, RFC 2822 in UTC.
pub(crate) fn rfc2822(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
