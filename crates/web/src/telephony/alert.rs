//! The call of somebody who is rung in an emergency: what they hear, the key they press, and how it ends. Each of these may
//! come twice, late or not at all; the incident's own state decides what counts.

use super::answer::TwimlAnswer;
use super::request::TwilioRequest;
use crate::problem::Problem;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use studioconnect_connectors::twilio::alert::{Alert, Reply, document, reply, voice};
use studioconnect_connectors::twilio::status::CallStatus;
use studioconnect_connectors::twilio::twiml::Twiml;
use studioconnect_domain::alarm::{Filling, fill};
use studioconnect_domain::escalation::{Event, Key, Outcome};
use studioconnect_domain::ids::AttemptId;
use studioconnect_domain::incident::{Incident, IncidentState};
use studioconnect_jobs::escalate::{ALERT_KEY_PATH, Escalator};
use studioconnect_store::{Store, StoreError};

/// What is said where the business has no words of its own.
const TEMPLATE: &str = "{summary} {address}";

/// Which call of which incident.
#[derive(Deserialize)]
pub(crate) struct Which {
    attempt: AttemptId,
}

/// `POST /api/voice/alert`: somebody, or a machine, has answered.
pub(crate) async fn alert(
    State(store): State<Store>,
    State(escalator): State<Escalator>,
    Query(Which { attempt }): Query<Which>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> Result<TwimlAnswer, Problem> {
    let sid = params.call_sid().ok_or_else(|| Problem::bad_request("there is no CallSid"))?;
    let event = Event::Answered { attempt, sid: sid.to_owned() };
    let incident = told(&store, &escalator, attempt, event).await?;
    let action = phone.public.of(&format!("{ALERT_KEY_PATH}?attempt={attempt}"));
    spoken(&store, &incident, attempt, &action).await.map(TwimlAnswer).map_err(|fault| unavailable(&fault))
}

/// `POST /api/voice/alert/key`: a key was pressed.
pub(crate) async fn key(
    State(store): State<Store>,
    State(escalator): State<Escalator>,
    Query(Which { attempt }): Query<Which>,
    TwilioRequest { params, phone }: TwilioRequest,
) -> Result<TwimlAnswer, Problem> {
    let sid = params.call_sid().ok_or_else(|| Problem::bad_request("there is no CallSid"))?;
    let key = params.digits().and_then(Key::read).unwrap_or(Key::Repeat);
    let event = Event::KeyPressed { attempt, sid: sid.to_owned(), key };
    let incident = told(&store, &escalator, attempt, event).await?;
    let action = phone.public.of(&format!("{ALERT_KEY_PATH}?attempt={attempt}"));
    let answer = async {
        let (settings, _) = store.alarm_settings(incident.business_id).await?;
        let voice = voice(&settings.voice, &settings.language);
        let says = |what| reply(what, &settings.language, &voice);
        Ok(match key {
            Key::Repeat => spoken(&store, &incident, attempt, &action).await?,
            Key::Next => says(Reply::Next),
            Key::Accept | Key::Connect if !has_accepted(&incident, attempt) => says(Reply::Taken),
            Key::Accept => says(Reply::Accepted),
            Key::Connect => match escalator.connection(&incident).await {
                Some(connection) => connection,
                None => says(Reply::Accepted),
            },
        })
    };
    answer.await.map(TwimlAnswer).map_err(|fault: StoreError| unavailable(&fault))
}

/// `POST /api/voice/alert/status`: how such a call goes on.
pub(crate) async fn alert_status(
    State(store): State<Store>,
    State(escalator): State<Escalator>,
    Query(Which { attempt }): Query<Which>,
    TwilioRequest { params, .. }: TwilioRequest,
) -> Result<StatusCode, Problem> {
    let sid = params.call_sid().ok_or_else(|| Problem::bad_request("there is no CallSid"))?;
    let outcome = match params.call_status() {
        Some(CallStatus::Busy) => Outcome::Busy,
        Some(CallStatus::NoAnswer) => Outcome::NoAnswer,
        Some(CallStatus::Failed | CallStatus::Canceled) => Outcome::Failed,
        Some(CallStatus::Completed) => Outcome::Completed,
        _ => return Ok(StatusCode::NO_CONTENT),
    };
    told(&store, &escalator, attempt, Event::Ended { attempt, sid: sid.to_owned(), outcome }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn told(
    store: &Store,
    escalator: &Escalator,
    attempt: AttemptId,
    event: Event,
) -> Result<Incident, Problem> {
    let found = store.incident_of_attempt(attempt).await.map_err(|fault| unavailable(&fault))?;
    let incident = found.ok_or_else(|| Problem::bad_request("no such call was made"))?;
    let told = escalator.happened(incident.business_id, incident.id, event).await;
    told.map_err(|fault| unavailable(&fault))
}

fn unavailable(fault: &StoreError) -> Problem {
    tracing::error!(%fault, "what became of an alert could not be kept");
    Problem::unavailable()
}

fn has_accepted(incident: &Incident, attempt: AttemptId) -> bool {
    let accepted = incident.escalation.accepted_by().and_then(|by| by.contact);
    let rung = incident.escalation.rung_by(attempt).map(|contact| contact.id);
    incident.state == IncidentState::Accepted && accepted.is_some() && accepted == rung
}

/// The alert, or that there is nothing left to do.
async fn spoken(
    store: &Store,
    incident: &Incident,
    attempt: AttemptId,
    action: &str,
) -> Result<Twiml, StoreError> {
    let (settings, _) = store.alarm_settings(incident.business_id).await?;
    let voice = voice(&settings.voice, &settings.language);
    let is_over = !incident.state.is_unaccepted() && !has_accepted(incident, attempt);
    if is_over {
        return Ok(reply(Reply::Taken, &settings.language, &voice));
    }
    let name = store.find_business(incident.business_id).await?.map(|business| business.name);
    let business = name.unwrap_or_default();
    let template = if settings.voice_template.is_empty() { TEMPLATE } else { &settings.voice_template };
    let filling = Filling {
        business_name: &business,
        summary: &incident.words,
        caller: incident.caller_name.as_deref().or(incident.caller_phone.as_deref()).unwrap_or_default(),
        address: incident.address.as_deref().unwrap_or_default(),
        severity: &incident.severity.to_string(),
    };
    let alert = Alert {
        business: &business,
        words: &fill(template, &filling),
        caller: incident.caller_phone.as_deref(),
        instructions: &settings.instructions,
        is_drill: incident.is_drill,
        tone: None,
        action,
    };
    Ok(document(&alert, &settings.language, &voice))
}
