//! What the agent may answer from: documents, the parts of them that are found, and questions nothing was found for.

pub mod rank;
pub mod search;
pub mod spelling;

use crate::fault::{Fault, from_report};
use crate::ids::{BusinessId, ChunkId, DocumentId, GapId};
use crate::rule::{self, Text};
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a document is called; of a question with its answer, the question.
pub static TITLE: Text = Text::of(1, LONGEST_TITLE).called("a title").on_one_line();
/// What it says. Two hundred thousand characters are a book of a hundred pages.
pub static BODY: Text = Text::of(1, 200_000).called("what the agent should know");
/// What was read of a file or a page.
pub static READ_BODY: Text = Text::of(1, READ_BODY_MOST).called("what was read");
/// The same while nothing was read yet, or nothing could be.
pub static UNREAD_BODY: Text = Text::of(0, READ_BODY_MOST);
/// The project it is about; none is all of them.
pub static PROJECT: Text = Text::of(0, 120).called("a project").on_one_line();
/// Where a page was read from.
pub static SOURCE_URL: Text = Text::of(0, 2_000).on_one_line();

/// Longest title, in characters.
pub const LONGEST_TITLE: usize = 300;
/// Most characters that are taken out of a file or a page: three hundred pages, close to five hundred.
pub const READ_BODY_MOST: usize = 1_000_000;
/// Documents of one business.
pub const MOST_DOCUMENTS: u64 = 5_000;
/// Parts of all documents of one business.
pub const MOST_CHUNKS: u64 = 50_000;
/// Questions with answers of a business whose plan has [`BasicFaq`](crate::plan::Feature::BasicFaq) only.
pub const BASIC_FAQ_ENTRIES: u64 = 10;
/// Longest question that is kept as unanswered, in characters.
pub const LONGEST_GAP: usize = 300;
/// Most unanswered questions of one business; when there are more, the one not asked for the longest time goes.
pub const MOST_GAPS: u64 = 1_000;
/// How often vectors of a document are asked for before it is given up.
pub const EMBEDDING_TRIES: u32 = 6;

/// Where a document comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentKind {
    /// Written down here.
    Text,
    /// A question with its answer.
    Qa,
    /// A file somebody sent.
    Upload,
    /// A page of a site.
    Url,
    /// A file in a Google Drive folder.
    Drive,
}

/// Whether a document can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentState {
    /// It is being read.
    Pending,
    /// It can be found.
    Ready,
    /// It could not be read; the reason stands beside it.
    Failed,
}

/// Whether a document can be found by its meaning too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmbeddingState {
    /// There is no model for it: it is found by words.
    None,
    /// Its vectors will be asked for.
    Pending,
    /// Its vectors are there.
    Ready,
    /// They could not be had; the reason stands beside it.
    Failed,
}

macro_rules! names {
    ($($kind:ident { $($variant:ident = $text:literal,)* })*) => {$(
        impl $kind {
            /// Every one there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in the database and the API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one of this name.
            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    )*};
}

names! {
    DocumentKind { Text = "TEXT", Qa = "QA", Upload = "UPLOAD", Url = "URL", Drive = "DRIVE", }
    DocumentState { Pending = "PENDING", Ready = "READY", Failed = "FAILED", }
    EmbeddingState { None = "NONE", Pending = "PENDING", Ready = "READY", Failed = "FAILED", }
    GapState { Open = "OPEN", Answered = "ANSWERED", Dismissed = "DISMISSED", }
}

impl DocumentKind {
    /// Whether its words are written here, and not read from somewhere else.
    pub fn is_written_here(self) -> bool {
        matches!(self, Self::Text | Self::Qa)
    }
}

/// Something the agent may answer from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Its id.
    #[garde(skip)]
    pub id: DocumentId,
    /// Whose it is.
    #[garde(skip)]
    pub business_id: BusinessId,
    /// The project it is about; it is found only where that project is talked about. None is found everywhere.
    #[garde(inner(custom(rule::text(&PROJECT))))]
    pub project_id: Option<String>,
    /// Where it comes from.
    #[garde(skip)]
    pub kind: DocumentKind,
    /// What it is called; of a question with its answer, the question.
    #[garde(custom(rule::text(&TITLE)))]
    pub title: String,
    /// What it says.
    #[garde(custom(rule::text(self.body_rule())))]
    pub body: String,
    /// Where it can be read.
    #[garde(inner(custom(rule::text(&SOURCE_URL))))]
    pub source_url: Option<String>,
    /// Whether its answer is given whenever its question is asked, whatever else is found.
    #[garde(skip)]
    pub is_pinned: bool,
    /// Whether it can be found.
    #[garde(skip)]
    pub state: DocumentState,
    /// Why it cannot; of one that can, what of it could not be read, or why it could not be read anew.
    #[garde(skip)]
    pub state_reason: Option<String>,
    /// When it was last read from where it comes from.
    #[garde(skip)]
    pub fetched_at: Option<DateTime<Utc>>,
    /// Whether it can be found by its meaning too.
    #[garde(skip)]
    pub embedding: EmbeddingState,
    /// Why it cannot.
    #[garde(skip)]
    pub embedding_reason: Option<String>,
    /// How often its vectors were asked for in vain.
    #[garde(skip)]
    pub embedding_tries: u32,
    /// In how many parts it is found.
    #[garde(skip)]
    pub chunks: u32,
    /// Counts its changes.
    #[garde(skip)]
    pub version: u32,
    /// When it was added.
    #[garde(skip)]
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    #[garde(skip)]
    pub updated_at: DateTime<Utc>,
}

impl Document {
    /// A document that was just written, to be indexed.
    pub fn new(
        business_id: BusinessId,
        kind: DocumentKind,
        title: &str,
        body: &str,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: DocumentId::new(),
            business_id,
            project_id: None,
            kind,
            title: title.trim().to_owned(),
            body: body.trim().to_owned(),
            source_url: None,
            is_pinned: false,
            state: DocumentState::Ready,
            state_reason: None,
            fetched_at: None,
            embedding: EmbeddingState::None,
            embedding_reason: None,
            embedding_tries: 0,
            chunks: 0,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// A page that is yet to be read.
    pub fn of_page(business_id: BusinessId, title: &str, url: &str, now: DateTime<Utc>) -> Self {
        Self {
            source_url: Some(url.to_owned()),
            state: DocumentState::Pending,
            ..Self::new(business_id, DocumentKind::Url, title, "", now)
        }
    }

    /// What its words must be like: nobody writes what is read elsewhere, and before it is read there is nothing.
    fn body_rule(&self) -> &'static Text {
        match (self.kind.is_written_here(), self.state) {
            (true, _) => &BODY,
            (false, DocumentState::Ready) => &READ_BODY,
            (false, _) => &UNREAD_BODY,
        }
    }

    /// Every mistake in the fields a person can set.
    pub fn faults(&self) -> Vec<Fault> {
        self.validate().err().map(|report| from_report(&report)).unwrap_or_default()
    }
}

/// A part of a document that is found by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its id.
    pub id: ChunkId,
    /// Headings it stands under, outermost first, with ` › ` between them; of a question with its answer, the question.
    pub heading: String,
    /// Its words as they were written.
    pub text: String,
    /// The words it is found by, in the order they stand in, with one blank between them: brought to their stems, those
    /// that say nothing left out.
    pub terms: String,
}

/// A question that could not be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// Its id.
    pub id: GapId,
    /// As it was first asked.
    pub question: String,
    /// How often it was asked.
    pub times: u32,
    /// When it was first asked.
    pub first_at: DateTime<Utc>,
    /// When it was last asked.
    pub last_at: DateTime<Utc>,
    /// What became of it.
    pub state: GapState,
    /// The answer that was written for it.
    pub document_id: Option<DocumentId>,
}

/// What became of a question that could not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GapState {
    /// Nobody has looked at it.
    Open,
    /// An answer was written.
    Answered,
    /// It needs none.
    Dismissed,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row 109.
    #[test]
    fn a_document_has_a_title_and_words_within_bounds() {
        let document = |title: &str, body: &str| {
            Document::new(BusinessId::new(), DocumentKind::Text, title, body, DateTime::UNIX_EPOCH)
        };
        let fields = |title: &str, body: &str| -> Vec<String> {
            document(title, body).faults().into_iter().map(|fault| fault.field).collect()
        };
        assert_eq!(fields("Opening hours", "Nine to five."), [""; 0]);
        assert_eq!(fields("", ""), ["body", "title"]);
        assert_eq!(fields("Two\nlines", "x"), ["title"]);
        assert_eq!(fields(&"t".repeat(301), &"b".repeat(200_001)), ["body", "title"]);
        let far = Document { project_id: Some("p".repeat(121)), ..document("a", "b") };
        assert_eq!(far.faults().len(), 1);
    }

    #[test]
    fn a_page_has_no_words_before_it_is_read_and_some_when_it_is() {
        let page =
            Document::of_page(BusinessId::new(), "Prices", "https://example.com/", DateTime::UNIX_EPOCH);
        assert_eq!(page.faults(), []);
        assert_eq!(Document { state: DocumentState::Failed, ..page.clone() }.faults(), []);
        let read = Document { state: DocumentState::Ready, ..page };
        assert_eq!(read.faults().len(), 1);
        assert_eq!(Document { body: "x".repeat(READ_BODY_MOST), ..read }.faults(), []);
    }

    #[test]
    fn names_of_states_are_read_back() {
        for state in EmbeddingState::ALL {
            assert_eq!(EmbeddingState::named(state.as_str()), Some(*state));
        }
        assert_eq!(GapState::named("open"), None);
    }
}
