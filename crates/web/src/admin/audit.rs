//! `/admin/audit`: who changed what, when and from where.

use super::frame::{Frame, page};
use super::{opening, words};
use crate::api::audit::{ChangeAnswer, ChangeSearch, FieldChange, page as page_of};
use crate::auth::{Admin, Viewer};
use crate::input::{Page, SameList, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use chrono_tz::Tz;
use serde::Deserialize as _;
use serde_json::Value;
use studioconnect_domain::business::User;
use studioconnect_domain::hours::Hours;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/admin/audit", get(list))
}

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct AuditPage {
    frame: Frame,
    changes: Page<ChangeAnswer>,
    search: ChangeSearch,
    people: Vec<User>,
    /// The same search for other pages of it, without its cursor.
    query: String,
    zone: Tz,
}

impl AuditPage {
    fn is_by(&self, person: &User) -> bool {
        self.search.user.as_deref() == Some(&person.id.to_string())
    }

    /// A value as people read it; ids of people are names.
    fn value(&self, value: &Value) -> String {
        let text = in_words(value);
        let person = self.people.iter().find(|person| person.id.to_string() == text);
        match person {
            Some(person) if person.name.is_empty() => person.email.clone(),
            Some(person) => person.name.clone(),
            None if text.is_empty() => "nothing".to_owned(),
            None => text,
        }
    }
}

/// A value without the marks of JSON.
fn in_words(value: &Value) -> String {
    if let Some(hours) = Hours::deserialize(value).ok().filter(|_| value.get("week").is_some()) {
        return opening::in_words(&hours);
    }
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let parts = fields.iter().map(|(name, value)| format!("{name} {}", in_words(value)));
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Number(number) => number.to_string(),
    }
}

/// Who made a change, by name.
fn who(change: &ChangeAnswer) -> &str {
    match (&change.name, change.user) {
        (Some(name), _) => name,
        (None, Some(_)) => "Somebody who has left",
        (None, None) => "The installation",
    }
}

/// Whether values were noted, and not just the field's name.
fn has_values(change: &FieldChange) -> bool {
    !(change.from.is_null() && change.to.is_null())
}

async fn list(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    Search(search): Search<ChangeSearch>,
    SameList(query): SameList,
) -> Result<Response, Problem> {
    let frame = Frame::of(&state, &viewer, "Changes", "/admin/team").await?;
    let people = state.store.members(viewer.tenant()).await?;
    let changes = page_of(&state, &admin, &search, &people).await?;
    let zone = viewer.business.zone();
    Ok(page(&AuditPage { frame, changes, search, people, query, zone }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_told_without_the_marks_of_json() {
        let open = json!([{"from": "08:00", "to": "12:00"}]);
        let hours = json!({"week": [open, [], [], [], [], [], []],
            "holidays": [{"date": "2026-12-25", "name": "Christmas", "open": []}]});
        for (value, words) in [
            (hours, "Monday 08:00-12:00; 2026-12-25 closed Christmas"),
            (json!({"threshold": 0.5, "type": "server_vad"}), "threshold 0.5, type server_vad"),
            (json!(true), "yes"),
            (json!(["a", 1]), "a, 1"),
            (Value::Null, ""),
        ] {
            assert_eq!(in_words(&value), words);
        }
    }
}
