//! `/admin/audit`: who changed what, when and from where.

use super::frame::{Frame, page};
use super::words;
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
use serde_json::Value;
use studioconnect_domain::business::User;

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
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Bool(is_so) => if *is_so { "yes" } else { "no" }.to_owned(),
            other => other.to_string(),
        };
        let person = self.people.iter().find(|person| person.id.to_string() == text);
        match person {
            Some(person) if person.name.is_empty() => person.email.clone(),
            Some(person) => person.name.clone(),
            None if text.is_empty() => "nothing".to_owned(),
            None => text,
        }
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
