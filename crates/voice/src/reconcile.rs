//! Calls whose end nobody told us: a stream that broke, a callback that never came, a process that was killed.

use chrono::{DateTime, TimeDelta, Utc};
use studioconnect_connectors::twilio::rest::{TwilioError, TwilioRest};
use studioconnect_connectors::twilio::status::CallStatus as WireStatus;
use studioconnect_domain::Clock;
use studioconnect_domain::call::{Call, CallStatus, EndReason, Outcome};
use studioconnect_store::{Finish, StatusReport, Store, StoreError};

/// Calls younger than this are still being told about.
const SETTLES: TimeDelta = TimeDelta::minutes(2);
/// Calls asked about in one round; the rest has its turn in the next.
const ROUND: usize = 50;

/// Asks the network about calls that are open here and not carried by anybody, and closes those that are over there.
/// `is_live` says which are carried by this process. Returns how many were closed.
pub async fn reconcile(
    store: &Store,
    twilio: &TwilioRest,
    clock: &Clock,
    is_live: impl Fn(&str) -> bool,
) -> Result<usize, StoreError> {
    let now = clock.now();
    let mut closed = 0;
    let open = store.open_calls().await?;
    let doubtful: Vec<_> =
        open.iter().filter(|call| call.started_at + SETTLES < now && !is_live(&call.provider_sid)).collect();
    // Where a round begins moves on with the time, so that calls nobody can tell about do not keep the others waiting.
    let rounds = doubtful.len().div_ceil(ROUND).max(1);
    let first = (now.timestamp() / 60).unsigned_abs() as usize % rounds * ROUND;
    for call in doubtful.iter().skip(first).take(ROUND) {
        let (status, duration_seconds) = match twilio.fetch_call(&call.provider_sid).await {
            Ok(record) => (ended(&record.status), record.duration_secs),
            Err(TwilioError::NotFound) => (Some(CallStatus::Failed), None),
            Err(fault) => {
                tracing::debug!(%fault, call = %call.id, "the network could not be asked about a call");
                continue;
            }
        };
        if let Some(status) = status {
            let report = StatusReport { status, duration_seconds, at: now };
            if let Some(call) = store.apply_status(&call.provider_sid, &report).await? {
                settle(store, &call, now).await?;
            }
            closed += 1;
        }
    }
    Ok(closed)
}

/// Gives a call that is over an outcome, if it has none.
pub async fn settle(store: &Store, call: &Call, now: DateTime<Utc>) -> Result<(), StoreError> {
    if call.outcome.is_some() || !call.status.is_final() {
        return Ok(());
    }
    let outcome = match call.end_reason {
        Some(EndReason::ModelUnavailable | EndReason::NotAnswered) => Outcome::NoMessage,
        _ => Outcome::Abandoned,
    };
    let finish = Finish {
        status: call.status,
        outcome: Some(outcome),
        end_reason: None,
        ended_at: now,
        duration_seconds: None,
        summary: None,
        analytics: None,
    };
    store.finish_call(call.id, &finish).await.map(|_| ())
}

fn ended(status: &WireStatus) -> Option<CallStatus> {
    match status {
        WireStatus::Completed => Some(CallStatus::Completed),
        WireStatus::Busy => Some(CallStatus::Busy),
        WireStatus::Failed => Some(CallStatus::Failed),
        WireStatus::NoAnswer => Some(CallStatus::NoAnswer),
        WireStatus::Canceled => Some(CallStatus::Canceled),
        _ => None,
    }
}
