//! Answers out of a business's own documents: how texts are cut into parts and brought to the words they are found by, how a
//! question is turned into what is looked for, and whether what was found answers it.
//!
//! docs/decisions/knowledge.md says why it is done by words, and how the bounds were found.

pub mod chunk;
pub mod embedding;
pub mod evidence;
pub mod extract;
mod question;
pub mod reading;
pub mod sources;
mod stem;
mod synonyms;
mod terms;

pub use chunk::chunks_of;
pub use embedding::Embedder;
pub use evidence::{Evidence, judge};
pub use question::{Question, gap_key};
pub use sources::Sources;
