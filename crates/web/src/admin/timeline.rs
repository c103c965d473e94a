//! What happened to a lead, from the day it came in.

use super::words;
use chrono::{DateTime, Utc};
use serde_json::Value;
use studioconnect_domain::business::User;
use studioconnect_domain::ids::UserId;
use studioconnect_domain::lead::{Lead, LeadStatus, Note};
use studioconnect_store::AuditEntry;

/// Changes that are shown; whoever wants more looks into the log.
pub(super) const SHOWN: u64 = 50;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Happening {
    pub(super) at: DateTime<Utc>,
    pub(super) what: String,
    /// Who did it; none for what came by itself.
    pub(super) by: Option<String>,
}

/// A person's name, or address as long as there is no name.
pub(super) fn name_of(people: &[User], id: Option<UserId>) -> Option<&str> {
    let person = people.iter().find(|person| Some(person.id) == id)?;
    Some(if person.name.is_empty() { &person.email } else { &person.name })
}

/// What happened, oldest first.
pub(super) fn of_lead(
    lead: &Lead,
    joined: &[Lead],
    notes: &[Note],
    changes: &[AuditEntry],
    people: &[User],
) -> Vec<Happening> {
    let by = |user: Option<UserId>| Some(name_of(people, user).unwrap_or("Somebody who has left").to_owned());
    let came = format!("Came in: {}", words::channel(&lead.channel));
    let mut happened = vec![Happening { at: lead.created_at, what: came, by: None }];
    for more in joined {
        let what = format!("Asked again: {}", words::channel(&more.channel));
        happened.push(Happening { at: more.created_at, what, by: None });
    }
    for note in notes {
        happened.push(Happening { at: note.at, what: "Note written".into(), by: by(note.author) });
    }
    for change in changes {
        let fields = change.detail.get("changes").and_then(Value::as_object).into_iter().flatten();
        for what in fields.filter_map(|(field, values)| sentence(field, values, people)) {
            happened.push(Happening { at: change.at, what, by: by(change.user) });
        }
    }
    happened.sort_by_key(|happening| happening.at);
    happened
}

fn sentence(field: &str, values: &Value, people: &[User]) -> Option<String> {
    let status = |name: &str| {
        let status = serde_json::from_value::<LeadStatus>(values.get(name)?.clone()).ok()?;
        Some(words::lead_status(&status))
    };
    match field {
        "status" => Some(format!("{} → {}", status("from")?, status("to")?)),
        "assignedTo" => {
            let to = values.get("to").and_then(Value::as_str).and_then(|id| id.parse().ok());
            Some(match to {
                Some(user) => {
                    format!("Given to {}", name_of(people, Some(user)).unwrap_or("somebody who has left"))
                }
                None => "Given to nobody".to_owned(),
            })
        }
        _ => None,
    }
}
