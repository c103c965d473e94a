//! `POST /api/voice/inbound`: a call comes in.

use super::LOOK_UP_LIMIT;
use super::answer::{self, TwimlAnswer};
use super::request::TwilioRequest;
use crate::problem::Problem;
use crate::state::Phone;
use axum::extract::State;
use std::time::Duration;
use studioconnect_domain::Clock;
use studioconnect_domain::call::{Call, CallStatus, EndReason};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::Feature;
use studioconnect_store::{Finish, Reception, Store, StoreError, Write};

/// A caller hears ringing until we answer: a row that takes longer is written behind.
const INSERT_LIMIT: Duration = Duration::from_millis(400);

pub(crate) async fn inbound(
    State(store): State<Store>,
    State(clock): State<Clock>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> Result<TwimlAnswer, Problem> {
    let sid = params.call_sid().ok_or_else(|| Problem::bad_request("there is no CallSid"))?;
    let to = params.to().unwrap_or_default();
    let reception = match reception(&store, to).await {
        Ok(Some(reception)) => reception,
        Ok(None) => return Ok(answer::unknown_number()),
        Err(fault) => {
            tracing::error!(%fault, "an incoming call could not be looked up");
            return Ok(answer::not_now());
        }
    };
    let from = params.from().unwrap_or("unknown");
    let call = Call::ringing(reception.business.id, sid, from, to, clock.now());
    let call = insert(&store, &phone, call).await;
    if call.status.is_final() {
        // A repeat of a webhook whose call is over already.
        return Ok(answer::hang_up());
    }
    Ok(answer_call(&phone, &call, &reception, &clock))
}

/// The business that is reached on a number, whatever form it is written in.
pub(super) async fn reception(store: &Store, number: &str) -> Result<Option<Reception>, StoreError> {
    // Twilio writes E.164; a SIP trunk may not.
    let Ok(number) = PhoneNumber::read(number, "US") else { return Ok(None) };
    let found = tokio::time::timeout(LOOK_UP_LIMIT, store.find_business_by_number(&number)).await;
    found.unwrap_or_else(|late| Err(StoreError::Unavailable(Box::new(late))))
}

async fn insert(store: &Store, phone: &Phone, call: Call) -> Call {
    match tokio::time::timeout(INSERT_LIMIT, store.insert_call(&call)).await {
        Ok(Ok(stored)) => stored,
        Ok(Err(fault)) => {
            tracing::warn!(%fault, call = %call.id, "the call's row is written behind");
            phone.scribe.keep_call(call.clone());
            call
        }
        Err(_) => {
            phone.scribe.keep_call(call.clone());
            call
        }
    }
}

fn answer_call(phone: &Phone, call: &Call, reception: &Reception, clock: &Clock) -> TwimlAnswer {
    let why_not = if !reception.plan.includes(Feature::RealtimeVoiceAgent) {
        "the plan has no voice agent"
    } else if !phone.has_model {
        "no model is set up"
    } else {
        match admit(phone, call, reception) {
            Ok(answer) => return answer,
            Err(why) => why,
        }
    };
    tracing::info!(call = %call.id, why_not, "the caller is asked for a message");
    let finish = Finish {
        status: CallStatus::InProgress,
        outcome: None,
        end_reason: Some(EndReason::NotAnswered),
        ended_at: clock.now(),
        duration_seconds: None,
        summary: None,
        analytics: None,
    };
    phone.scribe.write(Write::Finish { call: call.id, finish: Box::new(finish) });
    answer::take_message(phone, reception)
}

fn admit(phone: &Phone, call: &Call, reception: &Reception) -> Result<TwimlAnswer, &'static str> {
    let token = phone.switchboard.admit(call.clone(), reception.clone()).map_err(|fault| {
        tracing::warn!(%fault, call = %call.id, "no agent for a call");
        "no place is free"
    })?;
    answer::connect(phone, &token).map_err(|fault| {
        tracing::error!(%fault, "the stream's address cannot be given to Twilio");
        "the public URL is not usable"
    })
}
