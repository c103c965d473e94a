//! What is looked for, and what comes of it.

use super::DocumentKind;
use crate::ids::{ChunkId, DocumentId};

/// A word that stands for one thing that is asked about, or another word for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The word's stem.
    pub term: String,
    /// How well it stands for the thing: 1 is the word that was used.
    pub weight: f64,
}

/// One thing that is asked about, in the words that may stand for it, the one that was used first.
#[derive(Clone, Debug, PartialEq)]
pub struct Concept {
    /// Its words.
    pub words: Vec<Alternative>,
    /// How much it says: 1 for a word with a meaning of its own, less for one that is said about anything.
    pub worth: f64,
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// What is asked about.
    pub concepts: Vec<Concept>,
    /// The question's meaning as a model sees it, and the model's name; none looks for words alone.
    pub vector: Option<QueryVector>,
    /// The project that is talked about: what belongs to others is not found.
    pub project: Option<String>,
    /// Most passages that are wanted.
    pub limit: usize,
}

/// A question's meaning as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryVector {
    /// Whose vectors it can be compared with.
    pub model: String,
    /// Its numbers, of length 1.
    pub numbers: Vec<f32>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The document.
    pub document: DocumentId,
    /// The part of it.
    pub chunk: ChunkId,
    /// Where the document comes from.
    pub kind: DocumentKind,
    /// What the document is called.
    pub title: String,
    /// Where it can be read.
    pub url: Option<String>,
    /// Headings it stands under; of a question with its answer, the question.
    pub heading: String,
    /// Its words.
    pub text: String,
    /// The stems it is found by.
    pub terms: String,
    /// Whether its answer goes before all others.
    pub is_pinned: bool,
    /// How good it is among those found; of use for their order only.
    pub score: f64,
    /// Its place by words, from 1.
    pub word_rank: Option<usize>,
    /// Its score by words.
    pub word_score: f64,
    /// Its place by meaning, from 1.
    pub vector_rank: Option<usize>,
    /// How near its meaning is, from −1 to 1.
    pub similarity: Option<f64>,
}

/// What was found, and what is known of the words that were looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The best first.
    pub passages: Vec<Passage>,
    /// What was asked about, with words corrected and what each is worth in this business's documents.
    pub weighed: Vec<Weighed>,
    /// Parts of documents that were searched.
    pub searched: u64,
}

/// One thing that is asked about, weighed by how rare its words are in a business's documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighed {
    /// Its words; corrected ones and parts of compounds stand behind those given.
    pub words: Vec<Alternative>,
    /// How much a passage says by having it.
    pub weight: f64,
    /// Whether any of its words stands in any document.
    pub is_known: bool,
}
