//! `POST /api/voice/status`: where a call stands, as the network sees it. May come twice, out of order, or not at all.

use super::request::TwilioRequest;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use studioconnect_connectors::twilio::status::CallStatus as WireStatus;
use studioconnect_domain::Clock;
use studioconnect_domain::call::CallStatus;
use studioconnect_store::{StatusReport, Store};
use studioconnect_voice::settle;

pub(crate) async fn status(
    State(store): State<Store>,
    State(clock): State<Clock>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> Result<StatusCode, Problem> {
    let sid = params.call_sid().ok_or_else(|| Problem::bad_request("there is no CallSid"))?;
    let Some(status) = params.call_status().as_ref().and_then(known) else {
        return Ok(StatusCode::NO_CONTENT);
    };
    let report = StatusReport { status, duration_seconds: params.call_duration_secs(), at: clock.now() };
    let call = store.apply_status(sid, &report).await.map_err(|fault| {
        // Twilio does not ask again, but its log shows the failure.
        tracing::error!(%fault, "a call's status could not be kept");
        Problem::unavailable()
    })?;
    if let Some(call) = call.filter(|call| call.status.is_final()) {
        phone.switchboard.line_ended(call.id);
        settle(&store, &call, clock.now()).await.map_err(|fault| {
            tracing::error!(%fault, "a call's outcome could not be kept");
            Problem::unavailable()
        })?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// States of ours for Twilio's; a word we do not know changes nothing.
fn known(status: &WireStatus) -> Option<CallStatus> {
    Some(match status {
        WireStatus::Queued | WireStatus::Initiated | WireStatus::Ringing => CallStatus::Ringing,
        WireStatus::InProgress | WireStatus::Answered => CallStatus::InProgress,
        WireStatus::Completed => CallStatus::Completed,
        WireStatus::Busy => CallStatus::Busy,
        WireStatus::Failed => CallStatus::Failed,
        WireStatus::NoAnswer => CallStatus::NoAnswer,
        WireStatus::Canceled => CallStatus::Canceled,
        WireStatus::Other(_) => return None,
    })
}
