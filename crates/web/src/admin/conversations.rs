//! `/admin/conversations`: what visitors of the website say, as a list and one by one, and a person's answers to them.

use super::calls::Done;
use super::frame::{Faults, Frame, led_to, page, page_with};
use super::words;
use crate::api::conversations::{ConversationAnswer, ConversationSearch, page as page_of, whole};
use crate::auth::{Member, Viewer};
use crate::chat::takeover::{self, REPLY};
use crate::input::{Form, Id, Page, SameList, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use chrono_tz::Tz;
use futures_util::{Stream, stream};
use std::convert::Infallible;
use std::time::Duration;
use studioconnect_domain::business::Role as Standing;
use studioconnect_domain::conversation::{Conversation, ConversationStatus, Role};
use studioconnect_domain::ids::ConversationId;
use studioconnect_domain::plan::Feature;
use tokio::time::Instant;

/// How long a page listens before its browser has to ask again, and with it whether whoever asks still may.
const LISTENS: Duration = Duration::from_mins(10);
/// Least time between two words about changes: a page is fetched anew for each.
const AT_MOST_EVERY: Duration = Duration::from_millis(250);

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/conversations", get(list))
        .route("/admin/conversations/live", get(live))
        .route("/admin/conversations/{id}", get(show))
        .route("/admin/conversations/{id}/takeover", post(take))
        .route("/admin/conversations/{id}/release", post(release))
        .route("/admin/conversations/{id}/end", post(end))
        .route("/admin/conversations/{id}/message", post(say))
}

#[derive(Template)]
#[template(path = "admin/conversations.html")]
struct ConversationsPage {
    frame: Frame,
    talks: Page<Conversation>,
    search: ConversationSearch,
    /// The same search for other pages of it, without its cursor.
    query: String,
    zone: Tz,
}

impl ConversationsPage {
    fn has_lead(&self, word: &str) -> bool {
        self.search.has_lead == word.parse().ok()
    }
}

#[derive(Template)]
#[template(path = "admin/conversation.html")]
struct ConversationPage {
    frame: Frame,
    answer: ConversationAnswer,
    /// What was typed and not taken.
    draft: String,
    faults: Faults,
    /// Whether whoever looks may answer visitors.
    may_answer: bool,
    /// Whether the plan lacks it.
    is_locked: bool,
    /// Whether it is they who answer this one.
    is_mine: bool,
    zone: Tz,
}

impl ConversationPage {
    fn person(&self) -> &str {
        match &self.answer.person {
            Some(person) if person.name.is_empty() => &person.email,
            Some(person) => &person.name,
            None => "Somebody who has left",
        }
    }
}

async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(search): Search<ConversationSearch>,
    SameList(query): SameList,
) -> Result<Response, Problem> {
    let frame = Frame::of(&state, &viewer, "Conversations", "/admin/conversations").await?;
    let talks = page_of(&state, &viewer, &search).await?;
    let zone = viewer.business.zone();
    Ok(page(&ConversationsPage { frame, talks, search, query, zone }))
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<ConversationId>,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    Ok(page(&conversation_page(&state, &viewer, id, done.done.as_deref()).await?))
}

async fn conversation_page(
    state: &AppState,
    viewer: &Viewer,
    id: ConversationId,
    done: Option<&str>,
) -> Result<ConversationPage, Problem> {
    let frame = Frame::of(state, viewer, "Conversation", "/admin/conversations").await?.with_notice(done);
    let answer = whole(state, viewer, id).await?;
    let is_locked = !viewer.includes(Feature::HumanTakeover);
    Ok(ConversationPage {
        frame,
        may_answer: viewer.role >= Standing::Member && !is_locked,
        is_mine: answer.conversation.taken_by == Some(viewer.user.id),
        is_locked,
        answer,
        draft: String::new(),
        faults: Faults::default(),
        zone: viewer.business.zone(),
    })
}

async fn take(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ConversationId>,
) -> Result<Response, Problem> {
    takeover::take(&state, &member, id).await?;
    Ok(led_back(id, "taken_over"))
}

async fn release(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ConversationId>,
) -> Result<Response, Problem> {
    takeover::release(&state, &member, id).await?;
    Ok(led_back(id, "released"))
}

async fn end(
    State(state): State<AppState>,
    member: Member,
    Id(id): Id<ConversationId>,
) -> Result<Response, Problem> {
    takeover::end(&state, &member, id).await?;
    Ok(led_back(id, "over"))
}

fn led_back(id: ConversationId, done: &str) -> Response {
    led_to(&format!("/admin/conversations/{id}"), done)
}

async fn say(
    State(state): State<AppState>,
    member: Member,
    viewer: Viewer,
    Id(id): Id<ConversationId>,
    form: Form,
) -> Result<Response, Problem> {
    match takeover::say(&state, &member, id, form.text("message")).await {
        Ok(_) => Ok(Redirect::to(&format!("/admin/conversations/{id}#answer")).into_response()),
        Err(problem) if problem.code == "invalid" => {
            let shown = conversation_page(&state, &viewer, id, None).await?;
            let draft = form.text("message").to_owned();
            let shown = ConversationPage { draft, faults: Faults(problem.errors), ..shown };
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
        }
        Err(problem) => Err(problem),
    }
}

/// Tells a page that something was said, or that somebody else answers. The page then fetches itself anew, so there is one
/// way in which a conversation is shown.
async fn live(
    State(state): State<AppState>,
    viewer: Viewer,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let changes = state.chat.hub.watch(viewer.tenant());
    let closing = state.chat.hub.closing();
    let until = Instant::now() + LISTENS;
    let told = stream::unfold(
        (changes, (closing, until), false),
        async |(mut changes, (closing, until), was_told)| {
            if was_told {
                tokio::time::sleep(AT_MOST_EVERY).await;
            }
            tokio::select! {
                changed = changes.changed() => changed.ok()?,
                () = closing.cancelled() => return None,
                () = tokio::time::sleep_until(until) => return None,
            }
            Some((
                Ok(Event::default().event("changed").data("conversations")),
                (changes, (closing, until), true),
            ))
        },
    );
    Ok(Sse::new(told).keep_alive(KeepAlive::default()))
}
