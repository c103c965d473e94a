//! `/admin/undo`: takes back what somebody has just done. What stood there before is kept here for a while, under a name that
//! only the session knows which did it.

use super::frame::Frame;
use crate::api::leads::LeadChange;
use crate::api::{clients, lead_questions, leads};
use crate::auth::{Admin, Member, Viewer};
use crate::input::Form;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use studioconnect_domain::client::Client;
use studioconnect_domain::ids::{BusinessId, LeadId, QuestionId, SessionId};
use studioconnect_domain::question::Question;
use uuid::Uuid;

/// How long something can be taken back.
const LASTS: TimeDelta = TimeDelta::minutes(10);
/// Most of it that is kept, of everybody together; the oldest goes first. A client with a long note takes some 16 KB.
const MOST: usize = 500;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/admin/undo", post(take_back))
}

/// What has to be done for things to be as they were.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    /// A lead is handled as before.
    Lead(LeadId, LeadChange),
    /// A question goes back to its place.
    Moved(QuestionId, u32),
    /// A question is there again.
    Question(Box<Question>),
    /// A client is there again.
    Client(Box<Client>),
}

/// What can be taken back.
#[derive(Debug, Default)]
pub struct Undoes(Mutex<VecDeque<Kept>>);

#[derive(Debug)]
struct Kept {
    id: Uuid,
    session: SessionId,
    business: BusinessId,
    until: DateTime<Utc>,
    undo: Undo,
}

impl Undoes {
    /// Keeps what somebody may take back; its name.
    pub(super) fn keep(&self, viewer: &Viewer, undo: Undo, now: DateTime<Utc>) -> Uuid {
        let (id, session, business) = (Uuid::new_v4(), viewer.session, viewer.tenant());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Kept { id, session, business, until: now + LASTS, undo });
        while kept.len() > MOST || kept.front().is_some_and(|oldest| oldest.until < now) {
            kept.pop_front();
        }
        id
    }

    fn find(&self, viewer: &Viewer, id: &str, now: DateTime<Utc>) -> Option<(Uuid, Undo)> {
        let id = id.parse().ok()?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |kept: &&Kept| {
            kept.id == id
                && kept.session == viewer.session
                && kept.business == viewer.tenant()
                && kept.until >= now
        };
        kept.iter().find(is_it).map(|kept| (id, kept.undo.clone()))
    }

    fn forget(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|kept| kept.id != id);
    }
}

impl Frame {
    /// The same with a way to take back what was just done, while there is one.
    pub(super) fn with_undo(self, state: &AppState, viewer: &Viewer, undo: Option<&str>) -> Self {
        let found = undo.and_then(|id| state.undoes.find(viewer, id, state.clock.now()));
        Self { undo: found.map(|(id, _)| id), ..self }
    }
}

/// Keeps what may be taken back, and leads on to a page that offers it.
pub(super) fn led_to(state: &AppState, viewer: &Viewer, undo: Undo, page: &str, done: &str) -> Response {
    let id = state.undoes.keep(viewer, undo, state.clock.now());
    Redirect::to(&format!("{page}?done={done}&undo={id}")).into_response()
}

async fn take_back(
    State(state): State<AppState>,
    viewer: Viewer,
    member: Result<Member, Problem>,
    admin: Result<Admin, Problem>,
    form: Form,
) -> Result<Response, Problem> {
    let found = state.undoes.find(&viewer, form.text("id"), state.clock.now());
    let (id, undo) = found.ok_or_else(Problem::nothing_to_undo)?;
    let page = match undo {
        Undo::Lead(lead, change) => {
            leads::handle(&state, &member?, lead, change).await?;
            format!("/admin/leads/{lead}")
        }
        Undo::Moved(question, to) => {
            lead_questions::shift(&state, &admin?, question, to).await?;
            "/admin/lead-questions".to_owned()
        }
        Undo::Question(question) => {
            lead_questions::put_back(&state, &admin?, &question).await?;
            "/admin/lead-questions".to_owned()
        }
        Undo::Client(client) => {
            clients::put_back(&state, &member?, &client).await?;
            "/admin/clients".to_owned()
        }
    };
    state.undoes.forget(id);
    Ok(Redirect::to(&format!("{page}?done=undone")).into_response())
}
