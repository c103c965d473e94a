//! The words that parts of documents are found by, and how many parts of a business have each.

use super::refuse_too_many;
use crate::entity::knowledge_chunk;
use crate::error::StoreError;
use crate::rows::{self, ROWS_AT_ONCE};
use crate::settings::Backend;
use crate::transaction::Transaction;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Statement, Value,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use studioconnect_domain::ids::{BusinessId, DocumentId};
use studioconnect_domain::knowledge::{Chunk, Document};

/// Stands among the terms of a business for all its parts; no word is empty.
pub(super) const ALL: &str = "";

/// Rows of one statement with three values each.
const AT_ONCE: usize = ROWS_AT_ONCE / 2;

/// Writes a document's parts and what they are found by.
pub(super) async fn put(
    transaction: &Transaction,
    backend: Backend,
    document: &Document,
    chunks: &[Chunk],
) -> Result<(), StoreError> {
    if chunks.is_empty() {
        return Ok(());
    }
    refuse_too_many(transaction, document.business_id, chunks.len()).await?;
    let new: Vec<_> = chunks
        .iter()
        .enumerate()
        .map(|(position, chunk)| knowledge_chunk::Model::of(document, position, chunk))
        .collect();
    for some in new.chunks(ROWS_AT_ONCE) {
        knowledge_chunk::Entity::insert_many(some.to_vec()).exec_without_returning(&**transaction).await?;
    }
    let written = rows::all(&**transaction, of_document(document.business_id, document.id)).await?;
    let mark = mark(document.business_id, document.project_id.as_deref());
    for some in written.chunks(AT_ONCE) {
        let (sql, row) = match backend {
            Backend::Sqlite => ("INSERT INTO knowledge_words (rowid, terms) VALUES ", "(?, ?)"),
            Backend::Postgres => (
                "INSERT INTO knowledge_words (number, words) VALUES ",
                "($, array_to_tsvector(string_to_array($, ' ')))",
            ),
        };
        let values = some
            .iter()
            .flat_map(|chunk| [Value::from(chunk.number), Value::from(marked(&mark, &chunk.terms))]);
        execute(transaction, backend, (sql, row, ""), some.len(), values.collect()).await?;
    }
    count(transaction, backend, document.business_id, &written, 1).await
}

/// Takes out what a document is found by. The words themselves go with the parts, which goes for a business that is removed too.
pub(super) async fn take_out(
    transaction: &Transaction,
    backend: Backend,
    business: BusinessId,
    document: DocumentId,
) -> Result<(), StoreError> {
    let written = rows::all(&**transaction, of_document(business, document)).await?;
    if written.is_empty() {
        return Ok(());
    }
    count(transaction, backend, business, &written, -1).await?;
    let empty = match backend {
        Backend::Sqlite => "DELETE FROM knowledge_terms WHERE business_id = ? AND chunks <= 0",
        Backend::Postgres => "DELETE FROM knowledge_terms WHERE business_id = $1 AND chunks <= 0",
    };
    let statement = Statement::from_sql_and_values(engine(backend), empty, [Value::from(business.0)]);
    transaction.execute_raw(statement).await?;
    knowledge_chunk::Entity::delete_many()
        .filter(knowledge_chunk::Column::BusinessId.eq(business.0))
        .filter(knowledge_chunk::Column::DocumentId.eq(document.0))
        .exec(&**transaction)
        .await?;
    Ok(())
}

/// Counts parts in or out of the terms they have.
async fn count(
    transaction: &Transaction,
    backend: Backend,
    business: BusinessId,
    chunks: &[knowledge_chunk::Model],
    sign: i64,
) -> Result<(), StoreError> {
    let mut times: BTreeMap<&str, i64> = BTreeMap::from([(ALL, chunks.len() as i64)]);
    for chunk in chunks {
        for term in distinct(&chunk.terms) {
            *times.entry(term).or_default() += 1;
        }
    }
    let times: Vec<(&str, i64)> = times.into_iter().collect();
    for some in times.chunks(AT_ONCE) {
        let values = some.iter().flat_map(|(term, times)| {
            [Value::from(business.0), Value::from(*term), Value::from(times * sign)]
        });
        let row = match backend {
            Backend::Sqlite => "(?, ?, ?)",
            Backend::Postgres => "($, $, $)",
        };
        let begin = "INSERT INTO knowledge_terms (business_id, term, chunks) VALUES ";
        let end = " ON CONFLICT (business_id, term) DO UPDATE SET chunks = knowledge_terms.chunks + excluded.chunks";
        execute(transaction, backend, (begin, row, end), some.len(), values.collect()).await?;
    }
    Ok(())
}

/// A statement of many rows; each `$` is numbered in its turn.
async fn execute(
    transaction: &Transaction,
    backend: Backend,
    (begin, row, end): (&str, &str, &str),
    rows: usize,
    values: Vec<Value>,
) -> Result<(), StoreError> {
    let mut sql = begin.to_owned();
    let mut number = 0;
    for at in 0..rows {
        if at > 0 {
            sql.push_str(", ");
        }
        for letter in row.chars() {
            sql.push(letter);
            if letter == '$' {
                number += 1;
                // Writing to a text cannot fail.
                let _ = write!(sql, "{number}");
            }
        }
    }
    sql.push_str(end);
    transaction.execute_raw(Statement::from_sql_and_values(engine(backend), sql, values)).await?;
    Ok(())
}

fn of_document(business: BusinessId, document: DocumentId) -> sea_orm::Select<knowledge_chunk::Entity> {
    knowledge_chunk::Entity::find()
        .filter(knowledge_chunk::Column::BusinessId.eq(business.0))
        .filter(knowledge_chunk::Column::DocumentId.eq(document.0))
        .order_by_asc(knowledge_chunk::Column::Position)
}

/// The mapper's name of an engine.
pub(super) fn engine(backend: Backend) -> DbBackend {
    match backend {
        Backend::Sqlite => DbBackend::Sqlite,
        Backend::Postgres => DbBackend::Postgres,
    }
}

/// What stands before each word of a business, or of one of its projects: FNV-1a of both, so that a search passes the words
/// of nobody else. It saves work and protects nothing: each query names the business besides.
pub(super) fn mark(business: BusinessId, project: Option<&str>) -> String {
    let bytes = business.0.as_bytes().iter().copied().chain(project.into_iter().flat_map(str::bytes));
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    format!("b{hash:016x}")
}

/// Terms with their mark.
pub(super) fn marked(mark: &str, terms: &str) -> String {
    let marked: Vec<String> = distinct(terms).into_iter().map(|term| word(mark, term)).collect();
    marked.join(" ")
}

/// Longest term, in bytes; an index of PostgreSQL's takes less than 2,700. What is longer is no word.
const LONGEST: usize = 200;

fn distinct(terms: &str) -> BTreeSet<&str> {
    terms.split(' ').filter(|term| !term.is_empty() && term.len() <= LONGEST).collect()
}

/// A term with its mark as both indexes take it: whatever either might see as no letter stands as its number.
pub(super) fn word(mark: &str, term: &str) -> String {
    let mut word = mark.to_owned();
    for letter in term.chars() {
        if letter.is_ascii_alphanumeric() {
            word.push(letter);
        } else {
            // Writing to a text cannot fail.
            let _ = write!(word, "z{:x}z", u32::from(letter));
        }
    }
    word
}
