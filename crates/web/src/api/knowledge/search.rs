//! `POST /api/kb/search`: what a question finds, and why, so that whoever writes documents sees what comes of them.

use crate::auth::{Entitlement as _, Viewer};
use crate::input::Input;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use studioconnect_assistant::knowledge::evidence::best_excerpt;
use studioconnect_assistant::knowledge::{Question, judge};
use studioconnect_domain::Fault;
use studioconnect_domain::ids::DocumentId;
use studioconnect_domain::plan::Feature;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Passages that are shown.
const SHOWN: usize = 10;
/// Longest question, in characters.
const LONGEST: usize = 600;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(search))
}

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct SearchInput {
    /// As a visitor would ask.
    pub(crate) question: String,
    /// The project that is talked about.
    pub(crate) project_id: Option<String>,
}

/// What a question finds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchResult {
    /// Whether a visitor would get an answer.
    pub(crate) is_answered: bool,
    /// The share of the question that the best passage has, from 0 to 1.
    pub(crate) coverage: f64,
    /// Parts of documents that were searched.
    pub(crate) searched: u64,
    /// Words of the question that stand in no document.
    pub(crate) unknown_words: Vec<String>,
    /// The best first.
    pub(crate) items: Vec<Hit>,
}

impl SearchResult {
    /// The share of the question that the best passage has, in percent.
    pub(crate) fn percent(&self) -> u32 {
        (self.coverage * 100.0).round() as u32
    }
}

impl Hit {
    /// Why it was found, in a few words.
    pub(crate) fn why(&self) -> String {
        let meant = self.similarity.filter(|_| self.vector_rank.is_some());
        let meant = meant.map(|similarity| format!("near in meaning ({similarity:.2})"));
        self.matched.iter().cloned().chain(meant).collect::<Vec<_>>().join(", ")
    }
}

/// A passage, and why it was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hit {
    pub(crate) document_id: DocumentId,
    pub(crate) title: String,
    pub(crate) heading: String,
    /// The sentences that answer best.
    pub(crate) excerpt: String,
    pub(crate) url: Option<String>,
    pub(crate) is_pinned: bool,
    /// Whether it would be answered from.
    pub(crate) is_evidence: bool,
    /// Of use for their order only.
    pub(crate) score: f64,
    pub(crate) word_score: f64,
    /// Its place by words.
    pub(crate) word_rank: Option<usize>,
    /// Its place by meaning; none where meaning was not looked at.
    pub(crate) vector_rank: Option<usize>,
    pub(crate) similarity: Option<f64>,
    /// Stems of the question that stand in it.
    pub(crate) matched: Vec<String>,
}

/// Tries out what a question finds.
#[utoipa::path(post, path = "/api/kb/search", tag = "knowledge", request_body = SearchInput,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = SearchResult), (status = 401), (status = 403), (status = 422)))]
pub(crate) async fn search(
    State(state): State<AppState>,
    viewer: Viewer,
    Input(given): Input<SearchInput>,
) -> Result<Json<SearchResult>, Problem> {
    try_out(&state, &viewer, &given).await.map(Json)
}

/// What a question finds; the page shows it too.
pub(crate) async fn try_out(
    state: &AppState,
    viewer: &Viewer,
    given: &SearchInput,
) -> Result<SearchResult, Problem> {
    viewer.needs(Feature::BasicFaq)?;
    let letters = given.question.trim().chars().count();
    if !(1..=LONGEST).contains(&letters) {
        let sentence = format!("write a question of at most {LONGEST} characters");
        return Err(Problem::invalid(vec![Fault::new("question", sentence)]));
    }
    let question = Question::of(&given.question);
    let mut query = question.query(SHOWN);
    query.project.clone_from(&given.project_id);
    if let Some(embedder) = &state.embedder {
        let today = state.clock.now().with_timezone(&viewer.business.zone()).date_naive();
        query.vector = embedder.of_question(&state.store, (viewer.tenant(), today), &given.question).await;
    }
    let found = state.store.search_knowledge(viewer.tenant(), &query).await?;
    let evidence = judge(&question, &found);
    let unknown = found.weighed.iter().filter(|one| !one.is_known);
    let unknown_words = unknown.filter_map(|one| one.words.first()).map(|word| word.term.clone()).collect();
    let items = found.passages.iter().map(|passage| {
        let stems: Vec<&str> = passage.terms.split(' ').collect();
        let matched = found.weighed.iter().flat_map(|one| &one.words).map(|word| &word.term);
        let mut matched: Vec<String> =
            matched.filter(|term| stems.contains(&term.as_str())).cloned().collect();
        matched.sort();
        matched.dedup();
        Hit {
            document_id: passage.document,
            title: passage.title.clone(),
            heading: passage.heading.clone(),
            excerpt: best_excerpt(&question, passage),
            url: passage.url.clone(),
            is_pinned: passage.is_pinned,
            is_evidence: evidence.passages.iter().any(|one| one.chunk == passage.chunk),
            score: passage.score,
            word_score: passage.word_score,
            word_rank: passage.word_rank,
            vector_rank: passage.vector_rank,
            similarity: passage.similarity,
            matched,
        }
    });
    Ok(SearchResult {
        is_answered: evidence.is_enough(),
        coverage: evidence.coverage,
        searched: found.searched,
        unknown_words,
        items: items.collect(),
    })
}
