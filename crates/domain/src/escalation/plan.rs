//! What would happen if an emergency came in at a certain moment and nobody ever accepted.

use super::{Effect, Escalation, Event, Outcome, Policy};
use crate::ids::IncidentId;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Steps of the longest plan: each call makes one.
const MOST_STEPS: usize = 3 * super::MOST_ATTEMPTS as usize;

/// One step of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedStep {
    /// Seconds after the emergency came in.
    pub after_s: i64,
    /// When, in the business's local time.
    pub at: DateTime<FixedOffset>,
    /// Who.
    pub who: String,
    /// Where: a number, or a mail address.
    pub to: String,
    /// How: `CALL` or `MAIL`.
    pub how: &'static str,
    /// What is worth knowing: that these are quiet hours, for example.
    pub note: Option<&'static str>,
}

/// The plan, made by the machine itself: each phone rings until its time-out and nobody answers.
pub fn plan_for(policy: &Policy, severity: u8, at: DateTime<Utc>, timezone: Tz) -> Vec<PlannedStep> {
    let mut machine = Escalation::new(IncidentId(Uuid::nil()), policy.clone(), severity, at);
    let mut now = at;
    let mut steps = Vec::new();
    let mut effects = machine.happened(Event::Started, now);
    while steps.len() < MOST_STEPS {
        let mut rung = None;
        for effect in effects {
            match effect {
                Effect::PlaceCall { attempt, contact, phone, ring_timeout_s } => {
                    let contact = machine.policy.contact(contact);
                    let is_quiet = contact
                        .and_then(|one| one.quiet_hours.as_ref())
                        .is_some_and(|quiet| quiet.hold_at(now));
                    steps.push(PlannedStep {
                        after_s: (now - at).num_seconds(),
                        at: now.with_timezone(&timezone).fixed_offset(),
                        who: contact.map(|one| one.name.clone()).unwrap_or_default(),
                        to: phone.as_str().to_owned(),
                        how: "CALL",
                        note: is_quiet.then_some("in their quiet hours, because it is urgent"),
                    });
                    rung = Some((attempt, TimeDelta::seconds(ring_timeout_s.into())));
                }
                Effect::TellEveryone => {
                    let written = machine.policy.contacts.iter().filter(|one| one.is_active);
                    steps.extend(written.filter_map(|one| {
                        Some(PlannedStep {
                            after_s: (now - at).num_seconds(),
                            at: now.with_timezone(&timezone).fixed_offset(),
                            who: one.name.clone(),
                            to: one.email.clone()?,
                            how: "MAIL",
                            note: Some("because nobody accepted"),
                        })
                    }));
                    return steps;
                }
                _ => {}
            }
        }
        effects = match rung {
            Some((attempt, ringing)) => {
                now += ringing;
                let sid = String::new();
                machine.happened(Event::Ended { attempt, sid, outcome: Outcome::NoAnswer }, now)
            }
            None => match machine.wake_at() {
                Some(at) => {
                    now = at;
                    machine.happened(Event::Deadline, now)
                }
                None => return steps,
            },
        };
    }
    steps
}
