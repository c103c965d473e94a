//! Doing what was decided.

use super::{ALERT_PATH, ALERT_STATUS_PATH, Escalator, IncidentNews};
use chrono::{DateTime, TimeDelta, Utc};
use studioconnect_connectors::mail::Mail;
use studioconnect_connectors::twilio::rest::{CallRecord, CallSource, NewCall, TwilioError};
use studioconnect_connectors::twilio::status::CallStatus;
use studioconnect_connectors::twilio::twiml::{Conference, Dial, DialTarget, Number, Twiml};
use studioconnect_domain::escalation::{Effect, Event, Found, Outcome, PlaceFault};
use studioconnect_domain::ids::AttemptId;
use studioconnect_domain::incident::Incident;

/// The network's clock may be behind ours by so much.
const SKEW: TimeDelta = TimeDelta::seconds(5);

impl Escalator {
    /// Does one thing; what came of it, when that decides anything.
    pub(super) async fn carry_out(&self, incident: &Incident, effect: Effect) -> Option<Event> {
        match effect {
            Effect::PlaceCall { attempt, phone, ring_timeout_s, .. } => {
                let placed = self.place(incident, attempt, phone.as_str(), ring_timeout_s).await;
                Some(match placed {
                    Ok(sid) => Event::CallPlaced { attempt, sid },
                    Err(fault) => Event::PlaceFailed { attempt, fault },
                })
            }
            Effect::AskProvider { attempt, phone, since } => {
                let found = self.find_call(incident, phone.as_str(), since).await;
                Some(Event::ProviderSays { attempt, found })
            }
            Effect::HangUp { sid } => {
                if let Some(twilio) = &self.twilio
                    && let Err(fault) = twilio.end_call(&sid).await
                {
                    tracing::warn!(%fault, "a call nobody waits for could not be ended; it ends by itself");
                }
                None
            }
            Effect::Connect { .. } => {
                if let Err(fault) = self.connect(incident).await {
                    tracing::error!(incident = %incident.id, %fault, "a contact was not connected to the caller");
                }
                None
            }
            Effect::TellEveryone => Some(self.tell_everyone(incident).await),
            Effect::TellCaller(news) => {
                let (business, incident) = (incident.business_id, incident.id);
                // Nobody listens when the person in need has gone.
                let _ = self.news.send(IncidentNews { business, incident, news });
                None
            }
            Effect::Note { .. } => None,
        }
    }

    async fn place(
        &self,
        incident: &Incident,
        attempt: AttemptId,
        to: &str,
        ring_timeout_s: u32,
    ) -> Result<String, PlaceFault> {
        let permanent = |says: &str| PlaceFault::Permanent(says.to_owned());
        let twilio = self.twilio.as_ref().ok_or_else(|| permanent("the phone is off"))?;
        let from = match self.store.list_numbers(incident.business_id).await {
            Ok(numbers) => numbers.into_iter().next(),
            Err(_) => return Err(PlaceFault::Unclear),
        };
        let from = from.ok_or_else(|| permanent("the business has no number to call from"))?;
        let url = format!("{}{ALERT_PATH}?attempt={attempt}", self.public);
        let status = format!("{}{ALERT_STATUS_PATH}?attempt={attempt}", self.public);
        let mut call = NewCall::new(to, from.number.as_str(), CallSource::Url(&url));
        call.status_callback = Some(&status);
        call.timeout_secs = Some(ring_timeout_s);
        match twilio.create_call(&call).await {
            Ok(record) => Ok(record.sid),
            Err(TwilioError::RateLimited { .. } | TwilioError::Unreachable { .. }) => {
                Err(PlaceFault::Unclear)
            }
            Err(fault) => Err(PlaceFault::Permanent(fault.to_string())),
        }
    }

    async fn find_call(&self, incident: &Incident, to: &str, since: DateTime<Utc>) -> Found {
        let Some(twilio) = &self.twilio else { return Found::NoCall };
        let Ok(numbers) = self.store.list_numbers(incident.business_id).await else { return Found::Unknown };
        let Ok(calls) = twilio.recent_calls(to).await else { return Found::Unknown };
        let is_ours = |call: &CallRecord| {
            call.direction == "outbound-api"
                && numbers.iter().any(|own| own.number.as_str() == call.from)
                && call.started_at.map_or(!call.status.is_final(), |at| at >= since - SKEW)
        };
        calls.into_iter().find(is_ours).map_or(Found::NoCall, found)
    }

    /// The caller's own call, while it goes on.
    async fn live_call(&self, incident: &Incident) -> Option<String> {
        let id = incident.call_id.filter(|_| !incident.escalation.is_caller_gone())?;
        let call = self.store.find_call(incident.business_id, id).await.ok().flatten()?;
        (!call.status.is_final()).then_some(call.provider_sid)
    }

    /// What brings somebody who pressed 3 together with the caller: the room into which the caller's call is moved, or, when
    /// they have hung up or wrote, a call to their number. None when there is no way to reach them.
    pub async fn connection(&self, incident: &Incident) -> Option<Twiml> {
        if self.live_call(incident).await.is_some() {
            return Some(into_room(incident));
        }
        let number = incident.caller_phone.as_deref()?;
        let own = self.store.list_numbers(incident.business_id).await.ok()?;
        let dial = Dial { caller_id: own.first().map(|own| own.number.as_str()), ..Dial::default() };
        Some(Twiml::new().dial(&dial, &[DialTarget::Number(Number { number, ..Number::default() })]))
    }

    /// Moves the caller's call into the room; who pressed the key is led there by the answer to the key.
    async fn connect(&self, incident: &Incident) -> Result<(), TwilioError> {
        if let (Some(twilio), Some(sid)) = (&self.twilio, self.live_call(incident).await) {
            twilio.redirect_call(&sid, &CallSource::Twiml(&into_room(incident))).await?;
        }
        Ok(())
    }

    /// Writes to everybody on the list and to everybody of the business.
    async fn tell_everyone(&self, incident: &Incident) -> Event {
        let Ok(people) = self.store.members(incident.business_id).await else {
            return Event::TellingFailed;
        };
        let contacts = incident.escalation.contacts().iter().filter_map(|one| one.email.clone());
        let mut addresses: Vec<String> = contacts.chain(people.into_iter().map(|user| user.email)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let mut is_told = !addresses.is_empty();
        for address in addresses {
            if let Err(fault) = self.mailer.send(&mail(incident, &address, &self.public)).await {
                tracing::error!(incident = %incident.id, %fault, "an emergency could not be mailed");
                is_told = false;
            }
        }
        if is_told { Event::EveryoneTold } else { Event::TellingFailed }
    }
}

fn into_room(incident: &Incident) -> Twiml {
    let name = incident.id.to_string();
    let room = Conference { name: &name, end_on_exit: Some(true), ..Conference::default() };
    Twiml::new().dial(&Dial::default(), &[DialTarget::Conference(room)])
}

fn mail(incident: &Incident, to: &str, public: &str) -> Mail {
    let kind = if incident.is_drill { "DRILL" } else { "EMERGENCY" };
    let or_unknown = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".to_owned());
    let text = format!(
        "Nobody has accepted this yet.\n\n{}\n\nSeverity: {} of 10\nWho: {}\nPhone: {}\nWhere: {}\n\nAccept it: {public}/admin/incidents\n",
        incident.words,
        incident.severity,
        or_unknown(&incident.caller_name),
        or_unknown(&incident.caller_phone),
        or_unknown(&incident.address),
    );
    Mail {
        is_urgent: true,
        ..Mail::new(to, format!("{kind}: nobody has accepted, severity {}", incident.severity), text)
    }
}

fn found(call: CallRecord) -> Found {
    match call.status {
        CallStatus::Busy => Found::Ended(Outcome::Busy),
        CallStatus::NoAnswer => Found::Ended(Outcome::NoAnswer),
        CallStatus::Completed => Found::Ended(Outcome::Completed),
        CallStatus::Failed | CallStatus::Canceled => Found::Ended(Outcome::Failed),
        _ => Found::Call(call.sid),
    }
}
