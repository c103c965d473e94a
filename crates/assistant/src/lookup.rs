//! Looking something up in what a business has written down.

use crate::conversation::Finding;
use crate::desk::Desk;
use crate::knowledge::evidence::best_excerpt;
use crate::knowledge::{Embedder, Question, gap_key, judge};
use std::time::Duration;
use studioconnect_domain::conversation::Source;
use studioconnect_domain::knowledge::DocumentKind;
use studioconnect_domain::knowledge::search::Passage;
use studioconnect_domain::plan::Feature;
use studioconnect_store::{Store, StoreError};

/// Somebody waits for the answer; words are found in a few ms, vectors need the model's server.
const LIMIT: Duration = Duration::from_secs(2);
/// Passages that are judged.
const LOOKED_AT: usize = 8;
/// Sources that are told.
const TOLD: usize = 3;
/// Longest question that is looked for, in characters: whoever tells their life asks nothing at its end.
const LONGEST: usize = 600;

/// The knowledge of all businesses; cheap to clone.
#[derive(Clone, Debug)]
pub struct Knowledge {
    store: Store,
    embedder: Option<Embedder>,
}

impl Knowledge {
    /// Knowledge in this store.
    pub fn new(store: Store) -> Self {
        Self { store, embedder: None }
    }

    /// Looks for what questions mean, too, where there is a model for it.
    #[must_use]
    pub fn with_meaning(self, embedder: Option<Embedder>) -> Self {
        Self { embedder, ..self }
    }

    /// What the business has on a question. A database that is away has nothing to say; that is no gap.
    pub async fn look_up(&self, desk: &Desk<'_>, question: &str) -> Finding {
        if !desk.plan.includes(Feature::BasicFaq) {
            return Finding::Nothing;
        }
        let found = tokio::time::timeout(LIMIT, self.search(desk, question)).await;
        match found {
            Ok(Ok(finding)) => finding,
            Ok(Err(fault)) => {
                tracing::warn!(business = %desk.business.id, %fault, "nothing can be looked up");
                Finding::NotSought
            }
            Err(_) => {
                tracing::warn!(business = %desk.business.id, "looking something up took too long");
                Finding::NotSought
            }
        }
    }

    /// Keeps a question that could not be answered, for the owner to see.
    pub async fn note_gap(&self, desk: &Desk<'_>, question: &str) {
        let question: String = question.chars().take(LONGEST).collect();
        let key = gap_key(&question);
        let noted = self.store.note_gap(desk.business.id, &question, &key, desk.now);
        match tokio::time::timeout(LIMIT, noted).await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => {
                tracing::warn!(business = %desk.business.id, %fault, "a gap could not be noted");
            }
            Err(_) => tracing::warn!(business = %desk.business.id, "noting a gap took too long"),
        }
    }

    async fn search(&self, desk: &Desk<'_>, question: &str) -> Result<Finding, StoreError> {
        let text: String = question.chars().take(LONGEST).collect();
        let question = Question::of(&text);
        let mut query = question.query(LOOKED_AT);
        if let Some(embedder) = &self.embedder {
            query.vector = embedder.of_question(&self.store, (desk.business.id, desk.today()), &text).await;
        }
        let mut found = self.store.search_knowledge(desk.business.id, &query).await?;
        if !desk.plan.includes(Feature::AdvancedFaq) {
            // Documents of a bigger plan stay after a downgrade, and are not answered from.
            found.passages.retain(|passage| passage.kind == DocumentKind::Qa);
        }
        let evidence = judge(&question, &found);
        let Some(best) = evidence.passages.first() else { return Ok(Finding::Nothing) };
        let is_pinned = best.is_pinned;
        let mut sources: Vec<Source> =
            evidence.passages.iter().map(|passage| source(&question, passage)).collect();
        sources.dedup_by(|later, earlier| later.excerpt == earlier.excerpt);
        sources.truncate(TOLD);
        Ok(Finding::Answer { sources, is_pinned })
    }
}

fn source(question: &Question, passage: &Passage) -> Source {
    Source {
        title: passage.title.clone(),
        url: passage.url.clone(),
        excerpt: best_excerpt(question, passage),
    }
}
