//! Where documents come from that nobody writes here: files that people send, and pages that they name.

use super::chunks_of;
use super::extract::{Extracted, Hint, titled};
use super::reading::{DocumentReader, NotRead};
use studioconnect_connectors::fetch::{FetchError, Fetcher};
use studioconnect_domain::Clock;
use studioconnect_domain::ids::DocumentId;
use studioconnect_domain::knowledge::{Chunk, Document, DocumentState};
use studioconnect_store::{Store, StoreError};
use url::Url;

/// Files and pages; cheap to clone.
#[derive(Clone, Debug)]
pub struct Sources {
    /// Visits what people name.
    pub fetcher: Fetcher,
    reader: DocumentReader,
}

/// Why there is nothing to read at a page.
#[derive(Debug, thiserror::Error)]
enum NoPage {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Read(#[from] NotRead),
    #[error("this is no address")]
    NoAddress,
}

impl Sources {
    /// Pages by `fetcher`, files by `reader`.
    pub fn new(fetcher: Fetcher, reader: DocumentReader) -> Self {
        Self { fetcher, reader }
    }

    /// Reads a file that somebody sent.
    pub async fn read_file(&self, bytes: &[u8], name: &str) -> Result<Extracted, NotRead> {
        self.reader.read(bytes, Hint::of_name(name)).await
    }

    /// Reads the page that has waited longest. False when none waits.
    pub async fn read_next(&self, store: &Store, clock: &Clock) -> Result<bool, StoreError> {
        let Some(document) = store.take_unfetched(None, clock.now()).await? else { return Ok(false) };
        self.read_page(store, clock, document).await?;
        Ok(true)
    }

    /// Reads the page of a document now, unless somebody else is at it.
    pub async fn read_now(&self, store: &Store, clock: &Clock, id: DocumentId) -> Result<(), StoreError> {
        match store.take_unfetched(Some(id), clock.now()).await? {
            Some(document) => self.read_page(store, clock, document).await,
            None => Ok(()),
        }
    }

    async fn read_page(&self, store: &Store, clock: &Clock, document: Document) -> Result<(), StoreError> {
        match self.visit(&document).await {
            Ok(found) => put(store, clock, document, found).await,
            Err(NoPage::Read(NotRead::Setup(fault))) => {
                tracing::error!(%fault, "a page could not be read, as no reader can be started");
                store.note_not_fetched(&document, "it could not be read: a fault on our side").await
            }
            Err(reason) => {
                tracing::info!(business = %document.business_id, "a page could not be read");
                store.note_not_fetched(&document, &reason.to_string()).await
            }
        }
    }

    async fn visit(&self, document: &Document) -> Result<Extracted, NoPage> {
        let address = document.source_url.as_deref().unwrap_or_default();
        let url = Url::parse(address).map_err(|_| NoPage::NoAddress)?;
        let page = self.fetcher.get(&url).await?;
        let said = page.content_type.as_deref().and_then(Hint::of_content_type);
        let hint = said.or_else(|| Hint::of_name(page.url.path()));
        Ok(self.reader.read(&page.body, hint).await?)
    }
}

/// The parts of a document that may be long, cut where nobody waits for anything else.
pub async fn cut(document: &Document) -> Vec<Chunk> {
    let whole = document.clone();
    match tokio::task::spawn_blocking(move || chunks_of(&whole)).await {
        Ok(chunks) => chunks,
        Err(fault) if fault.is_panic() => std::panic::resume_unwind(fault.into_panic()),
        // Only a runtime that stops gives work up; what is being stored then is stored whole.
        Err(_) => chunks_of(document),
    }
}

/// What a page is called before it has told so itself.
pub fn provisional_title(url: &str) -> String {
    titled(url)
}

async fn put(store: &Store, clock: &Clock, document: Document, found: Extracted) -> Result<(), StoreError> {
    let now = clock.now();
    let is_provisional =
        document.source_url.as_deref().map(provisional_title).as_ref() == Some(&document.title);
    let title = found.title.filter(|_| is_provisional).unwrap_or_else(|| document.title.clone());
    let is_same =
        document.state == DocumentState::Ready && (&title, &found.text) == (&document.title, &document.body);
    let read = Document {
        title,
        body: found.text,
        state: DocumentState::Ready,
        state_reason: found.note,
        fetched_at: Some(now),
        ..document.clone()
    };
    if is_same {
        return store.note_unchanged(&read, now).await;
    }
    let read = Document { updated_at: now, ..read };
    match store.put_fetched(&read, &cut(&read).await).await {
        // It may be gone by now, or changed by somebody: then it is read once more when its time has run out.
        Ok(_) | Err(StoreError::Missing { .. } | StoreError::Overtaken { .. }) => Ok(()),
        Err(StoreError::Invalid(faults)) => {
            let reason = faults.first().map_or("there is no room for it", |fault| fault.message.as_str());
            store.note_not_fetched(&document, reason).await
        }
        Err(fault) => Err(fault),
    }
}
