//! `/admin/leads`: list, board, and one lead with all that was done about it.

use super::calls::Done;
use super::frame::{Faults, Frame, page, page_with};
use super::refused::{Overtaken, overtaken};
use super::timeline::{Happening, SHOWN, name_of, of_lead};
use super::undo::{self, Undo};
use super::words;
use crate::api::dashboard::MOST_COUNTED;
use crate::api::leads::{Assignee, LeadChange, LeadSearch, NOTE, find, handle, page as page_of, write_note};
use crate::auth::{Member, Viewer};
use crate::input::{Form, Id, Page, SameList, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use chrono_tz::Tz;
use studioconnect_domain::Fault;
use studioconnect_domain::business::{Role, User};
use studioconnect_domain::conversation::Conversation;
use studioconnect_domain::ids::{LeadId, UserId};
use studioconnect_domain::lead::{Handling, Lead, LeadStatus, Note};
use studioconnect_domain::priority::Priority;
use studioconnect_store::LeadFilter;

/// Conversations that a lead's page leads to.
const TALKS: u64 = 10;
/// Leads in each column of the board.
const COLUMN: u64 = 20;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/leads", get(list))
        .route("/admin/leads/board", get(board))
        .route("/admin/leads/{id}", get(show).post(change))
        .route("/admin/leads/{id}/notes", post(note))
}

#[derive(Template)]
#[template(path = "admin/leads.html")]
struct LeadsPage {
    frame: Frame,
    leads: Page<Lead>,
    search: LeadSearch,
    people: Vec<User>,
    /// The same search for other pages of it, without its cursor.
    query: String,
    zone: Tz,
}

impl LeadsPage {
    fn is_of(&self, person: &User) -> bool {
        self.search.assigned_to.as_deref() == Some(&person.id.to_string())
    }
}

#[derive(Template)]
#[template(path = "admin/board.html")]
struct BoardPage {
    frame: Frame,
    columns: Vec<Column>,
    zone: Tz,
}

struct Column {
    status: LeadStatus,
    count: u64,
    leads: Vec<Lead>,
}

#[derive(Template)]
#[template(path = "admin/lead.html")]
struct LeadPage {
    frame: Frame,
    lead: Lead,
    /// What the same person added.
    joined: Vec<Lead>,
    /// What is chosen in the form.
    chosen: Handling,
    notes: Vec<Note>,
    happened: Vec<Happening>,
    people: Vec<User>,
    /// What was typed and not taken.
    draft: String,
    faults: Faults,
    /// Where it was said on the website.
    talks: Vec<Conversation>,
    may_change: bool,
    zone: Tz,
}

impl LeadPage {
    fn is_with(&self, person: &User) -> bool {
        self.chosen.assigned_to == Some(person.id)
    }

    fn name_of(&self, note: &Note) -> &str {
        name_of(&self.people, note.author).unwrap_or("Somebody")
    }
}

async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<LeadSearch>,
    SameList(query): SameList,
) -> Result<Response, Problem> {
    let frame = Frame::of(&state, &viewer, "Leads", "/admin/leads").await?;
    let leads = page_of(&state, &viewer, &search).await?;
    let people = state.store.members(viewer.tenant()).await?;
    let zone = viewer.business.zone();
    Ok(page(&LeadsPage { frame, leads, search, people, query, zone }))
}

async fn board(State(state): State<AppState>, viewer: Viewer) -> Result<Response, Problem> {
    let frame = Frame::of(&state, &viewer, "Leads", "/admin/leads").await?;
    let mut columns = Vec::new();
    for status in LeadStatus::ALL.into_iter().filter(|status| *status != LeadStatus::Spam) {
        let filter = LeadFilter { status: Some(status), ..LeadFilter::default() };
        let (count, leads) = tokio::try_join!(
            state.store.count_leads_up_to(viewer.tenant(), &filter, MOST_COUNTED),
            state.store.leads(viewer.tenant(), &filter, COLUMN, None),
        )?;
        columns.push(Column { status, count, leads });
    }
    let zone = viewer.business.zone();
    Ok(page(&BoardPage { frame, columns, zone }))
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<LeadId>,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    let shown = lead_page(&state, &viewer, id, done.done.as_deref()).await?;
    let frame = shown.frame.with_undo(&state, &viewer, done.undo.as_deref());
    Ok(page(&LeadPage { frame, ..shown }))
}

async fn lead_page(
    state: &AppState,
    viewer: &Viewer,
    id: LeadId,
    done: Option<&str>,
) -> Result<LeadPage, Problem> {
    let lead = find(state, viewer, id).await?;
    let frame = Frame::of(state, viewer, "Lead", "/admin/leads").await?.with_notice(done);
    let (joined, notes, changes, people, talks) = tokio::try_join!(
        state.store.joined_leads(viewer.tenant(), id),
        state.store.notes(viewer.tenant(), id),
        state.store.changes_of(viewer.tenant(), id.0, SHOWN),
        state.store.members(viewer.tenant()),
        state.store.conversations_of_lead(viewer.tenant(), id, TALKS),
    )?;
    let happened = of_lead(&lead, &joined, &notes, &changes, &people);
    Ok(LeadPage {
        frame,
        chosen: lead.handling.clone(),
        lead,
        notes,
        happened,
        joined,
        people,
        talks,
        draft: String::new(),
        faults: Faults::default(),
        may_change: viewer.role >= Role::Member,
        zone: viewer.business.zone(),
    })
}

async fn change(
    State(state): State<AppState>,
    member: Member,
    viewer: Viewer,
    Id(id): Id<LeadId>,
    form: Form,
) -> Result<Response, Problem> {
    // A lead that somebody else changes in between is refused by its version.
    let before = find(&state, &viewer, id).await?;
    match read_change(&form) {
        Ok(given) => match handle(&state, &member, id, given).await {
            Ok(changed) => {
                let undo = Undo::Lead(id, as_before(&before, &changed));
                Ok(undo::led_to(&state, &viewer, undo, &format!("/admin/leads/{id}"), "saved"))
            }
            Err(problem) if problem.code == "overtaken" => overtaken_by(&state, &viewer, id, given).await,
            Err(problem) => refuse(&state, &viewer, id, problem, String::new()).await,
        },
        Err(fault) => refuse(&state, &viewer, id, Problem::invalid(vec![fault]), String::new()).await,
    }
}

/// What makes a lead what it was before a change, as long as nobody has changed it since.
fn as_before(before: &Lead, changed: &Lead) -> LeadChange {
    LeadChange {
        version: Some(changed.handling.version),
        status: Some(before.handling.status),
        assigned_to: before.handling.assigned_to.into(),
    }
}

fn read_change(form: &Form) -> Result<LeadChange, Fault> {
    let status = LeadStatus::ALL.into_iter().find(|status| words::status_word(status) == form.text("status"));
    let assigned_to = match form.some("assignedTo") {
        Some(_) => Assignee::Person(form.read("assignedTo", "one of the business's people")?),
        None => Assignee::Nobody,
    };
    Ok(LeadChange { version: Some(form.read("version", "the version that was read")?), status, assigned_to })
}

async fn note(
    State(state): State<AppState>,
    member: Member,
    viewer: Viewer,
    Id(id): Id<LeadId>,
    form: Form,
) -> Result<Response, Problem> {
    match write_note(&state, &member, id, form.text("text")).await {
        Ok(_) => Ok(Redirect::to(&format!("/admin/leads/{id}?done=added#notes")).into_response()),
        Err(problem) => refuse(&state, &viewer, id, problem, form.text("text").to_owned()).await,
    }
}

/// The page again, with what was typed and why it was not taken.
async fn refuse(
    state: &AppState,
    viewer: &Viewer,
    id: LeadId,
    problem: Problem,
    draft: String,
) -> Result<Response, Problem> {
    let faults = match problem.code {
        "invalid" => problem.errors,
        _ => return Err(problem),
    };
    let shown = LeadPage { draft, faults: Faults(faults), ..lead_page(state, viewer, id, None).await? };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
}

/// The page again with what was chosen, beside what somebody else has made of the lead.
async fn overtaken_by(
    state: &AppState,
    viewer: &Viewer,
    id: LeadId,
    given: LeadChange,
) -> Result<Response, Problem> {
    let shown = lead_page(state, viewer, id, None).await?;
    let current = &shown.lead.handling;
    let person = |id: Option<UserId>| {
        let person = shown.people.iter().find(|person| Some(person.id) == id);
        let name = person.map(|person| if person.name.is_empty() { &person.email } else { &person.name });
        name.cloned().unwrap_or_else(|| "nobody".to_owned())
    };
    let chosen = Handling {
        status: given.status.unwrap_or(current.status),
        assigned_to: given.assigned_to.into(),
        version: current.version,
    };
    let fields = [
        Overtaken {
            field: "status",
            typed: words::lead_status(&chosen.status).to_owned(),
            current: words::lead_status(&current.status).to_owned(),
        },
        Overtaken {
            field: "assignedTo",
            typed: person(chosen.assigned_to),
            current: person(current.assigned_to),
        },
    ];
    let faults = overtaken(fields, "status");
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &LeadPage { chosen, faults, ..shown }))
}
