//! What the network asks when our stream has closed, or when a webhook failed.
//!
//! Who was greeted was cut off in a talk and hears an apology. Who was not hears the business's own words for when nobody
//! can answer, as if the agent had never been tried.

use super::LOOK_UP_LIMIT;
use super::answer::{self, TwimlAnswer};
use super::inbound::reception;
use super::request::TwilioRequest;
use crate::problem::Problem;
use axum::extract::State;
use studioconnect_domain::call::EndReason;
use studioconnect_store::{Reception, Store, StoreError};

/// `POST /api/voice/resume`: the verb behind `<Connect>`. An ended call is hung up; any other caller may leave a message.
pub(crate) async fn resume(
    State(store): State<Store>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> Result<TwimlAnswer, Problem> {
    let sid = params.call_sid().ok_or_else(|| Problem::bad_request("there is no CallSid"))?;
    let to = params.to().unwrap_or_default();
    Ok(match tokio::time::timeout(LOOK_UP_LIMIT, left_off(&store, sid, to)).await {
        Ok(Ok(LeftOff::Ended)) => answer::hang_up(),
        Ok(Ok(LeftOff::Unheard(reception))) => answer::take_message(&phone, &reception),
        Ok(Ok(LeftOff::CutOff { language })) => answer::apologise(&phone, &language),
        Ok(Err(fault)) => {
            tracing::error!(%fault, "a call could not be looked up; the caller is asked for a message");
            answer::apologise(&phone, "")
        }
        Err(_) => {
            tracing::error!("a call could not be looked up in time; the caller is asked for a message");
            answer::apologise(&phone, "")
        }
    })
}

/// Where a call stood when its stream closed.
enum LeftOff {
    Ended,
    /// The agent has not said a word yet.
    Unheard(Box<Reception>),
    CutOff {
        language: String,
    },
}

async fn left_off(store: &Store, sid: &str, to: &str) -> Result<LeftOff, StoreError> {
    let Some(call) = store.find_call_by_sid(sid).await? else {
        return Ok(LeftOff::CutOff { language: String::new() });
    };
    if call.status.is_final() {
        return Ok(LeftOff::Ended);
    }
    // A call without this end may have been carried by a process that is no more, and nobody knows how far it got.
    let unheard =
        call.end_reason == Some(EndReason::ModelUnavailable) && call.analytics.greeting_ms.is_none();
    if unheard && let Some(reception) = reception(store, to).await? {
        return Ok(LeftOff::Unheard(Box::new(reception)));
    }
    Ok(LeftOff::CutOff { language: store.agent_config(call.business_id).await?.language })
}

/// `POST /api/voice/fallback`: one of our webhooks did not answer.
pub(crate) async fn fallback(
    State(store): State<Store>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> TwimlAnswer {
    tracing::error!(code = params.error_code(), "the phone network fell back: a webhook did not answer");
    match reception(&store, params.to().unwrap_or_default()).await {
        Ok(Some(reception)) => answer::take_message(&phone, &reception),
        Ok(None) => answer::unknown_number(),
        Err(_) => answer::not_now(),
    }
}
