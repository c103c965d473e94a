//! A message left on the fallback.

use super::LOOK_UP_LIMIT;
use super::answer::{self, TwimlAnswer};
use super::request::TwilioRequest;
use crate::state::Phone;
use axum::extract::State;
use axum::http::StatusCode;
use studioconnect_connectors::twilio::form::Params;
use studioconnect_domain::Clock;
use studioconnect_store::{Store, StoreError};
use studioconnect_voice::VoiceMessage;

/// `POST /api/voice/voicemail`: the caller has left a message, or hung up while leaving it.
pub(crate) async fn voicemail(
    State(store): State<Store>,
    State(clock): State<Clock>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> TwimlAnswer {
    keep(&phone, &clock, &params);
    let spoken =
        tokio::time::timeout(LOOK_UP_LIMIT, language(&store, params.call_sid().unwrap_or_default())).await;
    answer::thank(&spoken.ok().and_then(Result::ok).unwrap_or_default())
}

/// `POST /api/voice/recorded`: the recording is ready. Comes besides the other, in any order.
pub(crate) async fn recorded(
    State(clock): State<Clock>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> StatusCode {
    keep(&phone, &clock, &params);
    StatusCode::NO_CONTENT
}

/// The network tells of a message once or twice and never again, so it is written behind: the database may be away.
fn keep(phone: &Phone, clock: &Clock, params: &Params) {
    let (Some(call_sid), Some(url), Some(seconds @ 1..)) =
        (params.call_sid(), params.recording_url(), params.recording_duration_secs())
    else {
        return;
    };
    phone.scribe.keep_message(VoiceMessage {
        call_sid: call_sid.to_owned(),
        recording_url: url.to_owned(),
        seconds,
        at: clock.now(),
    });
}

/// The language in which a call's business speaks; empty when it is not known.
async fn language(store: &Store, sid: &str) -> Result<String, StoreError> {
    let Some(call) = store.find_call_by_sid(sid).await? else { return Ok(String::new()) };
    Ok(store.agent_config(call.business_id).await?.language)
}
