//! `/api/leads`: what callers and visitors wanted, and what the business makes of it.

use crate::api::csv;
use crate::audit::{Changes, differences};
use crate::auth::{Member, Viewer};
use crate::idempotency::{Key, once};
use crate::input::{Id, Input, Page, Paging, Search, kept, sought};
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use studioconnect_domain::Fault;
use studioconnect_domain::ids::{LeadId, NoteId, UserId};
use studioconnect_domain::lead::{Channel, Completeness, Handling, Lead, LeadStatus, Note};
use studioconnect_domain::priority::Priority;
use studioconnect_domain::rule::Text;
use studioconnect_store::{LeadFilter, StoreError};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most rows of one CSV file.
const EXPORTED: u64 = 50_000;
/// Rows read at a time for it.
const EXPORTED_AT_ONCE: u64 = 1_000;
/// Times a change that names no version is tried again when another was quicker.
const UNVERSIONED: u32 = 5;
/// What a note may be.
pub(crate) static NOTE: Text = Text::of(1, 4_000).called("a note");

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(read, change))
        .routes(routes!(notes, add_note))
}

/// Which leads are wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct LeadSearch {
    pub(crate) status: Option<LeadStatus>,
    /// A person's id.
    pub(crate) assigned_to: Option<String>,
    pub(crate) channel: Option<Channel>,
    pub(crate) completeness: Option<Completeness>,
    pub(crate) priority: Option<Priority>,
    /// RFC 3339.
    pub(crate) since: Option<DateTime<Utc>>,
    /// RFC 3339.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Held in name, phone, mail, address or message.
    pub(crate) q: Option<String>,
    /// Most rows, 1 to 200; 50 when it is not given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    pub(crate) limit: Option<String>,
    /// `nextCursor` of the page before.
    pub(crate) cursor: Option<String>,
}

impl LeadSearch {
    /// The filter, as the store takes it.
    pub(crate) fn filter(&self) -> Result<LeadFilter, Problem> {
        let assigned_to = self.assigned_to.as_deref().map(str::parse).transpose();
        Ok(LeadFilter {
            status: self.status,
            assigned_to: assigned_to
                .map_err(|_| Problem::invalid(vec![Fault::new("assignedTo", "must be a person's id")]))?,
            channel: self.channel,
            completeness: self.completeness,
            priority: self.priority,
            since: self.since,
            until: self.until,
            text: sought(self.q.as_deref())?,
        })
    }

    /// The part of the list.
    pub(crate) fn paging(&self) -> Paging {
        Paging { limit: self.limit.clone(), cursor: self.cursor.clone() }
    }
}

/// What a person changes about a lead. A field that is not given stays.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct LeadChange {
    /// The version that was read; none changes whatever version there is.
    pub(crate) version: Option<u32>,
    pub(crate) status: Option<LeadStatus>,
    /// A person's id; null takes the lead from whoever has it.
    #[schema(value_type = Option<String>)]
    pub(crate) assigned_to: Assignee,
}

/// Who is to look after a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<UserId>", into = "Option<UserId>")]
pub(crate) enum Assignee {
    /// Whoever does now.
    #[default]
    Unchanged,
    /// Nobody in particular.
    Nobody,
    /// This person.
    Person(UserId),
}

impl From<Assignee> for Option<UserId> {
    fn from(assignee: Assignee) -> Self {
        match assignee {
            Assignee::Person(user) => Some(user),
            Assignee::Unchanged | Assignee::Nobody => None,
        }
    }
}

impl From<Option<UserId>> for Assignee {
    fn from(given: Option<UserId>) -> Self {
        given.map_or(Self::Nobody, Self::Person)
    }
}

/// What a person writes beside a lead.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NoteInput {
    pub(crate) text: String,
}

/// Lists leads, newest first.
#[utoipa::path(get, path = "/api/leads", tag = "leads", params(LeadSearch),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Page<Lead>), (status = 401), (status = 422)))]
pub(crate) async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<LeadSearch>,
) -> Result<Json<Page<Lead>>, Problem> {
    page(&state, &viewer, &search).await.map(Json)
}

/// A page of leads; the dashboard's list is made of it too.
pub(crate) async fn page(
    state: &AppState,
    viewer: &Viewer,
    search: &LeadSearch,
) -> Result<Page<Lead>, Problem> {
    let (paging, filter) = (search.paging(), search.filter()?);
    let ask = async |limit, before| state.store.search_leads(viewer.tenant(), &filter, limit, before).await;
    paging.page(LeadId, |lead: &Lead| (lead.created_at, lead.id.0), ask).await
}

/// The same leads as a table for a spreadsheet.
#[utoipa::path(get, path = "/api/leads.csv", tag = "leads", params(LeadSearch),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, content_type = "text/csv", body = String), (status = 401), (status = 422)))]
pub(crate) async fn export(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<LeadSearch>,
) -> Result<Response, Problem> {
    let filter = search.filter()?;
    let mut table = csv::Table::new(&[
        "created",
        "status",
        "name",
        "phone",
        "email",
        "address",
        "message",
        "channel",
        "completeness",
        "priority",
        "emergency",
        "answers",
    ]);
    let mut before = None;
    while table.rows() < EXPORTED {
        let found = state.store.search_leads(viewer.tenant(), &filter, EXPORTED_AT_ONCE, before).await?;
        for lead in &found.items {
            table.push(&row_of(lead));
        }
        let last = found.items.last().map(|last| (last.created_at, last.id));
        before = found.stopped_at.map(|(at, id)| (at, LeadId(id))).or(last);
        if before.is_none() || (found.stopped_at.is_none() && (found.items.len() as u64) < EXPORTED_AT_ONCE) {
            break;
        }
    }
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    let name = HeaderValue::from_static("attachment; filename=\"leads.csv\"");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], table.text()).into_response())
}

fn row_of(lead: &Lead) -> [String; 12] {
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let answers: Vec<_> =
        lead.answers.iter().map(|answer| format!("{} {}", answer.question_text, answer.value)).collect();
    [
        lead.created_at.to_rfc3339(),
        word(json!(lead.handling.status)),
        text(&lead.name),
        text(&lead.phone),
        text(&lead.email),
        text(&lead.address),
        text(&lead.message),
        word(json!(lead.channel)),
        word(json!(lead.completeness)),
        lead.priority.to_string(),
        lead.emergency.map(|severity| severity.to_string()).unwrap_or_default(),
        answers.join("\n"),
    ]
}

/// Reads a lead.
#[utoipa::path(get, path = "/api/leads/{id}", tag = "leads", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = LeadAnswer), (status = 401), (status = 404)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<LeadId>,
) -> Result<Json<LeadAnswer>, Problem> {
    let lead = find(&state, &viewer, id).await?;
    let joined = state.store.joined_leads(viewer.tenant(), id).await?;
    Ok(Json(LeadAnswer { lead, joined }))
}

/// A lead, with what the same person added within a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeadAnswer {
    #[serde(flatten)]
    lead: Lead,
    /// Oldest first.
    joined: Vec<Lead>,
}

/// A lead of the business.
pub(crate) async fn find(state: &AppState, viewer: &Viewer, id: LeadId) -> Result<Lead, Problem> {
    state.store.find_lead(viewer.tenant(), id).await?.ok_or_else(Problem::not_found)
}

/// Moves a lead on, or gives it to somebody.
#[utoipa::path(patch, path = "/api/leads/{id}", tag = "leads", params(("id" = String, Path)),
    request_body = LeadChange, security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Lead), (status = 401), (status = 403), (status = 404), (status = 409),
        (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<LeadId>,
    Input(given): Input<LeadChange>,
) -> Result<Json<Lead>, Problem> {
    handle(&state, &member, id, given).await.map(Json)
}

/// Makes a change; the page does it through this too.
pub(crate) async fn handle(
    state: &AppState,
    member: &Member,
    id: LeadId,
    given: LeadChange,
) -> Result<Lead, Problem> {
    let mut attempts = UNVERSIONED;
    let (before, changed) = loop {
        let lead = state.store.find_lead(member.tenant(), id).await?.ok_or_else(Problem::not_found)?;
        match state.store.handle_lead(member.tenant(), id, &wanted(&lead.handling, given)).await {
            Err(StoreError::Overtaken { .. }) if given.version.is_none() && attempts > 0 => attempts -= 1,
            Err(StoreError::Overtaken { what }) => {
                return Err(Problem::overtaken_by(what, &find(state, &Viewer(member.0.clone()), id).await?));
            }
            outcome => break (lead.handling, outcome?),
        }
    };
    let detail = json!({"id": id, "changes": differences(&before, &changed.handling)});
    state.note_change(&member.0, "lead.changed", detail).await;
    Ok(changed)
}

fn wanted(before: &Handling, given: LeadChange) -> Handling {
    Handling {
        status: given.status.unwrap_or(before.status),
        assigned_to: match given.assigned_to {
            Assignee::Unchanged => before.assigned_to,
            Assignee::Nobody => None,
            Assignee::Person(user) => Some(user),
        },
        version: given.version.unwrap_or(before.version),
    }
}

/// Notes beside a lead, oldest first.
#[utoipa::path(get, path = "/api/leads/{id}/notes", tag = "leads", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = [Note]), (status = 401), (status = 404)))]
pub(crate) async fn notes(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<LeadId>,
) -> Result<Json<Vec<Note>>, Problem> {
    find(&state, &viewer, id).await?;
    Ok(Json(state.store.notes(viewer.tenant(), id).await?))
}

/// Writes a note beside a lead.
#[utoipa::path(post, path = "/api/leads/{id}/notes", tag = "leads", params(("id" = String, Path)),
    request_body = NoteInput, security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = Note), (status = 401), (status = 403), (status = 404), (status = 422)))]
pub(crate) async fn add_note(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<LeadId>,
    key: Key,
    Input(given): Input<NoteInput>,
) -> Result<Response, Problem> {
    once(&state, member.tenant(), key, &given, StatusCode::CREATED, async || {
        write_note(&state, &member, id, &given.text).await
    })
    .await
}

/// Writes a note; the page does it through this too.
pub(crate) async fn write_note(
    state: &AppState,
    member: &Member,
    id: LeadId,
    text: &str,
) -> Result<Note, Problem> {
    let text = kept(text);
    if let Some(says) = NOTE.fault(&text) {
        return Err(Problem::invalid(vec![Fault::new("text", says)]));
    }
    let note = Note { id: NoteId::new(), author: Some(member.user.id), at: state.clock.now(), text };
    state.store.add_note(member.tenant(), id, &note).await?;
    Ok(note)
}
