//! What texts mean, as a model sees it: made of documents behind their writers' backs, and of questions while somebody waits.
//!
//! Saving a document never waits for the model, and a question whose vector does not come in time is looked for by words.

use crate::spent::count;
use chrono::NaiveDate;
use std::sync::Arc;
use std::time::Duration;
use studioconnect_connectors::openai::rest::{Embeddings, Limits, OpenAiError, OpenAiRest};
use studioconnect_domain::Clock;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::knowledge::Document;
use studioconnect_domain::knowledge::search::QueryVector;
use studioconnect_store::{Store, StoreError};

/// Parts that are sent in one request.
const AT_ONCE: usize = 64;
/// Numbers that are asked for; the store keeps no more.
const DIMENSIONS: u32 = 1_024;
/// Somebody waits for what a question finds.
const QUESTION_LIMIT: Duration = Duration::from_millis(800);

/// The model that makes vectors; cheap to clone.
#[derive(Clone, Debug)]
pub struct Embedder {
    rest: OpenAiRest,
    model: Arc<str>,
}

/// Why a document has no vectors yet.
#[derive(Debug, thiserror::Error)]
enum NotEmbedded {
    #[error(transparent)]
    Model(#[from] OpenAiError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Embedder {
    /// Vectors by `model` of this server.
    pub fn new(rest: OpenAiRest, model: &str) -> Self {
        Self { rest, model: model.into() }
    }

    /// The model's name; vectors of others cannot be compared with its.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What a question means, for a business that has something to compare it with. None where it does not come in time.
    /// What it takes is counted on the business's day.
    pub async fn of_question(
        &self,
        store: &Store,
        (business, today): (BusinessId, NaiveDate),
        text: &str,
    ) -> Option<QueryVector> {
        if text.trim().is_empty() {
            return None;
        }
        let asked = async {
            if !store.is_embedded(business, &self.model).await? {
                return Ok(None);
            }
            let rest = self.rest.clone().with_limits(Limits { total: QUESTION_LIMIT, ..Limits::default() });
            let made = vectors(&rest, &self.model, &[text.to_owned()]).await?;
            let store = store.clone();
            // Whoever asks does not wait for it.
            tokio::spawn(async move { count(&store, business, today, &made.used).await });
            Ok::<_, NotEmbedded>(made.vectors.into_iter().next())
        };
        match tokio::time::timeout(QUESTION_LIMIT, asked).await {
            Ok(Ok(numbers)) => numbers.map(|numbers| QueryVector { model: self.model.to_string(), numbers }),
            Ok(Err(fault)) => {
                tracing::debug!(%business, %fault, "a question is looked for by words alone");
                None
            }
            Err(_) => {
                tracing::debug!(%business, "a question is looked for by words alone: its vector took too long");
                None
            }
        }
    }

    /// Makes the vectors of the document that has waited longest. False when none is waiting.
    pub async fn embed_next(&self, store: &Store, clock: &Clock) -> Result<bool, StoreError> {
        let Some(document) = store.take_unembedded(clock.now()).await? else { return Ok(false) };
        match self.embed(store, clock, &document).await {
            Ok(()) => store.note_embedded(&document).await?,
            Err(NotEmbedded::Store(StoreError::Invalid(_))) => {
                let reason = "the model's vectors are longer than can be kept";
                store.note_not_embedded(&document, reason, clock.now()).await?;
            }
            Err(NotEmbedded::Store(fault)) => return Err(fault),
            Err(NotEmbedded::Model(fault)) => {
                tracing::info!(business = %document.business_id, %fault, "a document could not be embedded");
                store.note_not_embedded(&document, &fault.to_string(), clock.now()).await?;
            }
        }
        Ok(true)
    }

    async fn embed(&self, store: &Store, clock: &Clock, document: &Document) -> Result<(), NotEmbedded> {
        let business = store.find_business(document.business_id).await?;
        let today = business.map_or(clock.now().date_naive(), |business| {
            clock.now().with_timezone(&business.zone()).date_naive()
        });
        let parts = store.unembedded(document.business_id, document.id).await?;
        for some in parts.chunks(AT_ONCE) {
            let texts: Vec<String> = some.iter().map(|part| part.text.clone()).collect();
            let made = vectors(&self.rest, &self.model, &texts).await?;
            count(store, document.business_id, today, &made.used).await;
            let made: Vec<_> = some.iter().map(|part| part.chunk).zip(made.vectors).collect();
            store.put_vectors(document.business_id, &self.model, &made).await?;
        }
        Ok(())
    }
}

/// Vectors as long as are kept; a model that knows no other length than its own gives that.
async fn vectors(rest: &OpenAiRest, model: &str, texts: &[String]) -> Result<Embeddings, OpenAiError> {
    let short = rest.embed(model, texts, Some(DIMENSIONS)).await;
    match short {
        Err(OpenAiError::Rejected { param: Some(param), .. }) if param == "dimensions" => {
            rest.embed(model, texts, None).await
        }
        outcome => outcome,
    }
}
