//! A message left on the fallback becomes a lead.

use super::answer::{self, TwimlAnswer};
use super::request::TwilioRequest;
use crate::problem::Problem;
use axum::extract::State;
use axum::http::StatusCode;
use studioconnect_connectors::twilio::form::Params;
use studioconnect_domain::Clock;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::call::{Call, Outcome};
use studioconnect_domain::lead::Lead;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_store::{Finish, Store, StoreError};

/// `POST /api/voice/voicemail`: the caller has left a message, or hung up while leaving it.
pub(crate) async fn voicemail(
    State(store): State<Store>,
    State(clock): State<Clock>,
    TwilioRequest { params, .. }: TwilioRequest,
) -> Result<TwimlAnswer, Problem> {
    let language = match keep(&store, &clock, &params).await {
        Ok(Some(call)) => {
            store.agent_config(call.business_id).await.unwrap_or_else(|_| AgentConfig::default()).language
        }
        Ok(None) => String::new(),
        Err(fault) => {
            // The recording's own callback brings the message once more.
            tracing::error!(%fault, "a message could not be kept yet");
            String::new()
        }
    };
    Ok(answer::thank(&language))
}

/// `POST /api/voice/recorded`: the recording is ready. Comes besides the other, in any order.
pub(crate) async fn recorded(
    State(store): State<Store>,
    State(clock): State<Clock>,
    TwilioRequest { params, .. }: TwilioRequest,
) -> Result<StatusCode, Problem> {
    keep(&store, &clock, &params).await.map_err(|fault| {
        tracing::error!(%fault, "a message could not be kept");
        Problem::unavailable()
    })?;
    Ok(StatusCode::NO_CONTENT)
}

async fn keep(store: &Store, clock: &Clock, params: &Params) -> Result<Option<Call>, StoreError> {
    let Some(sid) = params.call_sid() else { return Ok(None) };
    let Some(call) = store.find_call_by_sid(sid).await? else { return Ok(None) };
    let (Some(url), Some(seconds @ 1..)) = (params.recording_url(), params.recording_duration_secs()) else {
        return Ok(Some(call));
    };
    let known = store.find_lead_of_call(call.business_id, call.id).await?;
    store.put_lead(&with_message(known, &call, url, seconds, clock)).await?;
    let finish = Finish {
        status: call.status,
        outcome: Some(Outcome::Voicemail),
        end_reason: None,
        ended_at: clock.now(),
        duration_seconds: None,
        summary: Some(format!("Left a message of {seconds} seconds.")),
        analytics: None,
    };
    store.finish_call(call.id, &finish).await.map(Some)
}

/// The lead with its recording; what the agent had learnt before the line broke stays in it.
fn with_message(known: Option<Lead>, call: &Call, url: &str, seconds: u32, clock: &Clock) -> Lead {
    let now = clock.now();
    let caller = PhoneNumber::read(&call.from_number, "US").ok().map(String::from);
    let mut lead = known.unwrap_or_else(|| Lead::of_call(call.business_id, call.id, caller, now));
    lead.message.get_or_insert_with(|| format!("Voice message of {seconds} seconds"));
    lead.recording_url = Some(url.to_owned());
    lead.updated_at = now;
    lead
}
