//! Calls whose end nobody told us: a stream that broke, a callback that never came, a process that was killed.

use chrono::TimeDelta;
use studioconnect_connectors::twilio::rest::{TwilioError, TwilioRest};
use studioconnect_connectors::twilio::status::CallStatus as WireStatus;
use studioconnect_domain::Clock;
use studioconnect_domain::call::CallStatus;
use studioconnect_store::{StatusReport, Store, StoreError};

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
    let doubtful = open.iter().filter(|call| call.started_at + SETTLES < now && !is_live(&call.provider_sid));
    for call in doubtful.take(ROUND) {
        let (status, duration_seconds) = match twilio.fetch_call(&call.provider_sid).await {
            Ok(record) => (ended(&record.status), record.duration_secs),
            Err(TwilioError::NotFound) => (Some(CallStatus::Failed), None),
            Err(fault) => {
                tracing::debug!(%fault, call = %call.id, "the network could not be asked about a call");
                continue;
            }
        };
        if let Some(status) = status {
            store
                .apply_status(&call.provider_sid, &StatusReport { status, duration_seconds, at: now })
                .await?;
            closed += 1;
        }
    }
    Ok(closed)
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
