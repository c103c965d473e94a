//! `/admin/lead-questions`: what the agent asks, in order.

use super::calls::Done;
use super::frame::{Faults, Frame, led_to, page, page_with};
use super::refused::{Overtaken, overtaken};
use super::undo::{self, Undo};
use super::words;
use crate::api::lead_questions::{
    QUESTION, QuestionInput, add, limit_of, replace, shift as move_to, take_out, written,
};
use crate::auth::{Admin, Viewer};
use crate::input::{Form, Id, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::QuestionId;
use studioconnect_domain::question::{AnswerFormat, Question, ShowWhen};

const HERE: &str = "/admin/lead-questions";

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(HERE, get(list).post(create))
        .route("/admin/lead-questions/{id}", get(edit).post(change))
        .route("/admin/lead-questions/{id}/move", post(shift))
        .route("/admin/lead-questions/{id}/remove", post(remove))
}

#[derive(Template)]
#[template(path = "admin/questions.html")]
struct QuestionsPage {
    frame: Frame,
    questions: Vec<Question>,
    limit: Option<u32>,
    /// What stands in the form.
    draft: QuestionInput,
    /// The question that is being edited; none adds one.
    editing: Option<QuestionId>,
    faults: Faults,
    may_change: bool,
}

impl QuestionsPage {
    fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| self.questions.len() >= limit as usize)
    }

    fn is_beyond(&self) -> bool {
        self.limit.is_some_and(|limit| self.questions.len() > limit as usize)
    }

    /// Those that the one in the form may wait for.
    fn before(&self) -> impl Iterator<Item = &Question> {
        let end = self.questions.iter().position(|question| Some(question.id) == self.editing);
        self.questions.iter().take(end.unwrap_or(self.questions.len()))
    }

    /// The question that another one waits for, and the answers.
    fn condition(&self, question: &Question) -> Option<(&str, String)> {
        let condition = question.show_when.as_ref()?;
        let other = self.questions.iter().find(|other| other.id == condition.question_id)?;
        Some((&other.question_text, condition.equals.join(" or ")))
    }

    /// What the form's question waits for.
    fn awaited(&self) -> String {
        self.draft.show_when.as_ref().map(|condition| condition.equals.join("\n")).unwrap_or_default()
    }

    fn awaits(&self, question: &Question) -> bool {
        self.draft.show_when.as_ref().is_some_and(|condition| condition.question_id == question.id)
    }

    fn is_asked(&self, question: &Question) -> bool {
        self.limit.is_none_or(|limit| question.order < limit)
    }
}

fn blank() -> QuestionInput {
    QuestionInput {
        question_text: String::new(),
        expected_format: AnswerFormat::Text,
        order: None,
        is_required: true,
        maps_to_lead_field: None,
        is_essential_for_emergency: false,
        choices: Vec::new(),
        show_when: None,
        version: None,
    }
}

async fn whole(state: &AppState, viewer: &Viewer, done: Option<&str>) -> Result<QuestionsPage, Problem> {
    Ok(QuestionsPage {
        frame: Frame::of(state, viewer, "Questions", HERE).await?.with_notice(done),
        questions: state.store.list_questions(viewer.tenant()).await?,
        limit: limit_of(&viewer.plan),
        draft: blank(),
        editing: None,
        faults: Faults::default(),
        may_change: viewer.role >= Role::Admin,
    })
}

async fn list(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    let shown = whole(&state, &viewer, done.done.as_deref()).await?;
    let frame = shown.frame.with_undo(&state, &viewer, done.undo.as_deref());
    Ok(page(&QuestionsPage { frame, ..shown }))
}

async fn edit(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<QuestionId>,
) -> Result<Response, Problem> {
    let shown = whole(&state, &viewer, None).await?;
    let question =
        shown.questions.iter().find(|question| question.id == id).ok_or_else(Problem::not_found)?;
    let draft = written(question);
    Ok(page(&QuestionsPage { draft, editing: Some(id), ..shown }))
}

async fn create(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match add(&state, &admin, given.clone()).await {
        Ok(_) => Ok(led_to(HERE, "added")),
        Err(problem) => refuse(&state, &viewer, problem, given, None).await,
    }
}

async fn change(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    Id(id): Id<QuestionId>,
    form: Form,
) -> Result<Response, Problem> {
    let given = read(&form);
    match replace(&state, &admin, id, given.clone()).await {
        Ok(_) => Ok(led_to(HERE, "saved")),
        Err(problem) => refuse(&state, &viewer, problem, given, Some(id)).await,
    }
}

/// Moves a question to the place in `to`, counted from 0.
async fn shift(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    Id(id): Id<QuestionId>,
    form: Form,
) -> Result<Response, Problem> {
    let to = form.read("to", "a place in the list").map_err(|fault| Problem::invalid(vec![fault]))?;
    let from = move_to(&state, &admin, id, to).await?;
    Ok(undo::led_to(&state, &viewer, Undo::Moved(id, from), HERE, "moved"))
}

async fn remove(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    Id(id): Id<QuestionId>,
) -> Result<Response, Problem> {
    let removed = take_out(&state, &admin, id).await?;
    Ok(undo::led_to(&state, &viewer, Undo::Question(Box::new(removed)), HERE, "removed"))
}

/// What stands a line each.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn read(form: &Form) -> QuestionInput {
    let format = words::FORMATS.iter().find(|(_, word, _)| *word == form.text("expectedFormat"));
    let field = words::FIELDS.iter().find(|(_, word, _)| *word == form.text("mapsToLeadField"));
    QuestionInput {
        question_text: form.text("questionText").to_owned(),
        expected_format: format.map_or(AnswerFormat::Text, |(format, ..)| *format),
        order: form.text("order").parse().ok(),
        is_required: form.ticked("isRequired"),
        maps_to_lead_field: field.map(|(field, ..)| *field),
        is_essential_for_emergency: form.ticked("isEssentialForEmergency"),
        choices: lines(form.text("choices")),
        show_when: form
            .text("showWhen")
            .parse()
            .ok()
            .map(|question_id| ShowWhen { question_id, equals: lines(form.text("showWhenEquals")) }),
        version: form.text("version").parse().ok(),
    }
}

async fn refuse(
    state: &AppState,
    viewer: &Viewer,
    problem: Problem,
    draft: QuestionInput,
    editing: Option<QuestionId>,
) -> Result<Response, Problem> {
    let shown = whole(state, viewer, None).await?;
    let current = shown.questions.iter().find(|question| Some(question.id) == editing).map(written);
    let (faults, draft) = match (problem.code, current) {
        ("invalid", _) => (Faults(problem.errors), draft),
        ("overtaken", Some(current)) => {
            (overtaken_by(&draft, &current), QuestionInput { version: current.version, ..draft })
        }
        _ => return Err(problem),
    };
    let shown = QuestionsPage { draft, editing, faults, ..shown };
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown))
}

fn overtaken_by(typed: &QuestionInput, current: &QuestionInput) -> Faults {
    let ticked = |is_ticked: bool| if is_ticked { "ticked" } else { "not ticked" };
    let format = |given: &QuestionInput| {
        words::FORMATS
            .iter()
            .find(|(known, ..)| *known == given.expected_format)
            .map_or("", |(.., name)| name)
    };
    let target = |given: &QuestionInput| {
        let known = words::FIELDS.iter().find(|(known, ..)| Some(*known) == given.maps_to_lead_field);
        known.map_or("", |(.., name)| name)
    };
    let pair = |field, typed: &str, current: &str| Overtaken {
        field,
        typed: typed.to_owned(),
        current: current.to_owned(),
    };
    let awaited = |given: &QuestionInput| {
        given.show_when.as_ref().map(|condition| condition.equals.join(", ")).unwrap_or_default()
    };
    let fields = [
        pair("choices", &typed.choices.join(", "), &current.choices.join(", ")),
        pair("showWhen", &awaited(typed), &awaited(current)),
        pair("questionText", &typed.question_text, &current.question_text),
        pair("expectedFormat", format(typed), format(current)),
        pair("mapsToLeadField", target(typed), target(current)),
        pair("isRequired", ticked(typed.is_required), ticked(current.is_required)),
        pair(
            "isEssentialForEmergency",
            ticked(typed.is_essential_for_emergency),
            ticked(current.is_essential_for_emergency),
        ),
    ];
    overtaken(fields, "questionText")
}
