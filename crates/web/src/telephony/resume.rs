//! What the network asks when our stream has closed, or when a webhook failed.

use super::answer::{self, TwimlAnswer};
use super::inbound::reception;
use super::request::TwilioRequest;
use crate::problem::Problem;
use axum::extract::State;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_store::Store;

/// `POST /api/voice/resume`: the verb behind `<Connect>`. An ended call is hung up; any other caller hears an apology and
/// may leave a message.
pub(crate) async fn resume(
    State(store): State<Store>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> Result<TwimlAnswer, Problem> {
    let sid = params.call_sid().ok_or_else(|| Problem::bad_request("there is no CallSid"))?;
    let call = match store.find_call_by_sid(sid).await {
        Ok(call) => call,
        Err(fault) => {
            tracing::error!(%fault, "a call could not be looked up; the caller is asked for a message");
            return Ok(answer::apologise(&phone, ""));
        }
    };
    match call {
        Some(call) if call.status.is_final() => Ok(answer::hang_up()),
        Some(call) => {
            let config = store.agent_config(call.business_id).await.unwrap_or_else(|fault| {
                tracing::error!(%fault, "the agent's settings could not be read");
                AgentConfig::default()
            });
            Ok(answer::apologise(&phone, &config.language))
        }
        None => Ok(answer::apologise(&phone, "")),
    }
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
