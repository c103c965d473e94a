//! The calls the REST side knows, live and ended.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Network, locked, now, rfc2822};
use crate::phone::leg::Plan;
use crate::phone::report::Direction;

/// Ended calls that can still be fetched.
const KEPT_ENDED: usize = 10_000;

/// What REST tells a live call to do.
#[derive(Debug)]
pub(crate) enum Control {
    /// The server ends the call.
    HangUp,
    /// The person on the simulated phone ends it.
    PersonLeaves,
    /// Give up ringing: another leg was answered, or `Status=canceled`.
    Cancel,
    /// Run this document instead of the rest of the present one.
    Replace(Plan),
    /// The network is shut down.
    Stop,
}

/// A call as REST sees it.
#[derive(Debug)]
pub(crate) struct CallEntry {
    pub(crate) sid: String,
    pub(crate) parent_sid: Option<String>,
    pub(crate) direction: Direction,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) status: &'static str,
    pub(crate) created: DateTime<Utc>,
    pub(crate) answered: Option<DateTime<Utc>>,
    pub(crate) ended: Option<DateTime<Utc>>,
    pub(crate) seconds: u64,
    pub(crate) answered_by: Option<&'static str>,
    pub(crate) control: mpsc::Sender<Control>,
}

/// A call that has not ended.
#[derive(Debug, Clone, Serialize)]
pub struct LiveCall {
    /// `CA…`.
    pub call_sid: String,
    /// Who rang whom.
    pub direction: Direction,
    /// The caller's number.
    pub from: String,
    /// The number rung.
    pub to: String,
    /// `queued`, `ringing` or `in-progress`.
    pub status: String,
}

impl CallEntry {
    /// The call as a REST resource.
    pub(crate) fn resource(&self, account_sid: &str) -> Value {
        let date = |at: Option<DateTime<Utc>>| at.map(rfc2822);
        json!({
            "sid": self.sid,
            "account_sid": account_sid,
            "parent_call_sid": self.parent_sid,
            "api_version": "2010-04-01",
            "direction": self.direction.name(),
            "from": self.from,
            "from_formatted": self.from,
            "to": self.to,
            "to_formatted": self.to,
            "status": self.status,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.ended.or(self.answered).unwrap_or(self.created)),
            "start_time": date(self.answered.or(Some(self.created))),
            "end_time": date(self.ended),
            "duration": self.ended.map(|_| self.seconds.to_string()),
            "price": null,
            "price_unit": "USD",
            "answered_by": self.answered_by,
            "forwarded_from": null,
            "caller_name": null,
            "queue_time": "0",
            "annotation": null,
            "group_sid": null,
            "phone_number_sid": null,
            "trunk_sid": null,
            "uri": format!("/2010-04-01/Accounts/{account_sid}/Calls/{}.json", self.sid),
        })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.ended.is_some()
    }
}

impl Network {
    /// Changes what REST tells of a call.
    pub(crate) fn update_call(&self, sid: &str, change: impl FnOnce(&mut CallEntry)) {
        if let Some(entry) = locked(&self.calls).get_mut(sid) {
            change(entry);
        }
    }

    /// Notes that a call has ended, and forgets the oldest ended ones.
    pub(crate) fn end_call(&self, sid: &str, status: &'static str, seconds: u64) {
        self.update_call(sid, |entry| {
            entry.status = status;
            entry.ended = Some(now());
            entry.seconds = seconds;
        });
        let mut ended = locked(&self.ended_calls);
        ended.push_back(sid.to_owned());
        if ended.len() > KEPT_ENDED
            && let Some(oldest) = ended.pop_front()
        {
            locked(&self.calls).remove(&oldest);
        }
    }

    /// Tells a live call something; false when it cannot hear it any more.
    pub(crate) fn tell_call(&self, sid: &str, control: Control) -> bool {
        locked(&self.calls)
            .get(sid)
            .is_some_and(|entry| !entry.is_over() && entry.control.try_send(control).is_ok())
    }

    pub(crate) fn live_calls(&self) -> Vec<LiveCall> {
        locked(&self.calls)
            .values()
            .filter(|entry| !entry.is_over())
            .map(|entry| LiveCall {
                call_sid: entry.sid.clone(),
                direction: entry.direction,
                from: entry.from.clone(),
                to: entry.to.clone(),
                status: entry.status.to_owned(),
            })
            .collect()
    }
}
