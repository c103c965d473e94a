//! Finding passages by their meaning: vectors that a model made of them.
//!
//! Vectors shorter than [`DIMENSIONS`] are filled up with zeros, which changes no angle, so that one index serves models of
//! several sizes. PostgreSQL finds neighbours through pgvector's HNSW index; where the extension is missing, passages are
//! found by words alone. SQLite compares a business's vectors one by one.

use super::index::engine;
use super::search::{COLUMNS, passage};
use crate::error::StoreError;
use crate::settings::Backend;
use crate::store::Store;
use sea_orm::{ConnectionTrait, QueryResult, Statement, TransactionTrait as _, Value};
use studioconnect_domain::ids::{BusinessId, ChunkId};
use studioconnect_domain::knowledge::search::{Passage, Query, QueryVector};

/// Numbers of a vector that are kept. pgvector indexes at most 2,000.
pub(crate) const DIMENSIONS: usize = 1_024;
/// Neighbours that are looked at closely.
const NEIGHBOURS: usize = 60;
/// Rows of one statement.
const AT_ONCE: usize = 200;

const SQLITE: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS knowledge_vectors (number integer PRIMARY KEY REFERENCES knowledge_chunks (number) \
     ON DELETE CASCADE, business_id uuid_text NOT NULL, model text NOT NULL, embedding blob NOT NULL)",
    "CREATE INDEX IF NOT EXISTS knowledge_vectors_business ON knowledge_vectors (business_id, model)",
];

const POSTGRES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS knowledge_vectors (number bigint PRIMARY KEY REFERENCES knowledge_chunks (number) \
     ON DELETE CASCADE, business_id uuid NOT NULL, model text NOT NULL, embedding vector(1024) NOT NULL)",
    "CREATE INDEX IF NOT EXISTS knowledge_vectors_business ON knowledge_vectors (business_id, model)",
    "CREATE INDEX IF NOT EXISTS knowledge_vectors_near ON knowledge_vectors USING hnsw (embedding vector_cosine_ops)",
];

/// Makes room for vectors, at each migration: the extension may have come since the last one.
pub(crate) async fn prepare(connection: &impl ConnectionTrait, backend: Backend) -> Result<(), StoreError> {
    if backend == Backend::Postgres {
        // Who may not add it, or has not got it, works on without.
        let add =
            "DO $$ BEGIN CREATE EXTENSION IF NOT EXISTS vector; EXCEPTION WHEN OTHERS THEN NULL; END $$";
        connection.execute_unprepared(add).await?;
        let ask = "SELECT to_regtype('vector') IS NOT NULL AS is_there";
        let answer = connection.query_one_raw(Statement::from_string(engine(backend), ask)).await?;
        if !answer.map(|row| row.try_get("", "is_there")).transpose()?.unwrap_or(false) {
            return Ok(());
        }
    }
    let statements = if backend == Backend::Sqlite { SQLITE } else { POSTGRES };
    for statement in statements {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

impl Store {
    /// Whether passages can be found by their meaning; without pgvector they cannot.
    pub async fn has_vectors(&self) -> Result<bool, StoreError> {
        if self.backend() == Backend::Sqlite {
            return Ok(true);
        }
        let ask = "SELECT to_regclass('knowledge_vectors') IS NOT NULL AS is_there";
        let answer = self.database.query_one_raw(Statement::from_string(engine(self.backend()), ask)).await?;
        Ok(answer.map(|row| row.try_get("", "is_there")).transpose()?.unwrap_or(false))
    }

    /// Keeps the vectors that `model` made of parts of a business's documents, in the place of older ones. What is no part of
    /// this business is left out. False where there is no room for vectors.
    pub async fn put_vectors(
        &self,
        business: BusinessId,
        model: &str,
        vectors: &[(ChunkId, Vec<f32>)],
    ) -> Result<bool, StoreError> {
        if vectors.iter().any(|(_, numbers)| numbers.is_empty() || numbers.len() > DIMENSIONS) {
            let sentence = format!("vectors of more than {DIMENSIONS} numbers are not kept");
            return Err(StoreError::invalid("vectors", &sentence));
        }
        if !self.has_vectors().await? {
            return Ok(false);
        }
        let transaction = self.begin().await?;
        for (chunk, numbers) in vectors.chunks(AT_ONCE).flatten() {
            let sql = format!(
                "INSERT INTO knowledge_vectors (number, business_id, model, embedding) \
                 SELECT number, business_id, {}, {} FROM knowledge_chunks WHERE id = {} AND business_id = {} \
                 ON CONFLICT (number) DO UPDATE SET model = excluded.model, embedding = excluded.embedding",
                self.place(1),
                self.vector_at(2),
                self.place(3),
                self.place(4)
            );
            let values =
                vec![model.into(), self.vector(numbers), Value::from(chunk.0), Value::from(business.0)];
            transaction.execute_raw(self.statement(sql, values)).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The passages whose meaning is nearest, the nearest first.
    pub(super) async fn by_meaning(
        &self,
        business: BusinessId,
        query: &Query,
        asked: &QueryVector,
    ) -> Result<Vec<Passage>, StoreError> {
        if asked.numbers.is_empty() || asked.numbers.len() > DIMENSIONS || !self.has_vectors().await? {
            return Ok(Vec::new());
        }
        let near = match self.backend() {
            Backend::Sqlite => self.compared(business, asked).await?,
            Backend::Postgres => self.neighbours(business, asked).await?,
        };
        if near.is_empty() {
            return Ok(Vec::new());
        }
        let mut values: Vec<Value> = near.iter().map(|(number, _)| Value::from(*number)).collect();
        let places: Vec<String> = (1..=values.len()).map(|at| self.place(at)).collect();
        values.push(Value::from(business.0));
        let owner = self.place(values.len());
        let project = self.project(query, &mut values);
        let sql = format!(
            "SELECT c.number, {COLUMNS} FROM knowledge_chunks c JOIN knowledge_documents d ON d.id = c.document_id \
             WHERE c.number IN ({}) AND c.business_id = {owner} AND {project}",
            places.join(", ")
        );
        let mut found = Vec::new();
        for row in self.database.query_all_raw(self.statement(sql, values)).await? {
            let number: i64 = row.try_get("", "number")?;
            let similarity =
                near.iter().find(|(other, _)| *other == number).map(|(_, similarity)| *similarity);
            found.push(Passage { similarity, ..passage(&row)? });
        }
        found.sort_by(|one, other| {
            let of = |passage: &Passage| passage.similarity.unwrap_or(-1.0);
            of(other).total_cmp(&of(one)).then_with(|| one.chunk.cmp(&other.chunk))
        });
        Ok(found)
    }

    /// SQLite: every vector of the business, compared.
    async fn compared(
        &self,
        business: BusinessId,
        asked: &QueryVector,
    ) -> Result<Vec<(i64, f64)>, StoreError> {
        let sql = "SELECT number, embedding FROM knowledge_vectors WHERE business_id = ?1 AND model = ?2";
        let values = vec![Value::from(business.0), Value::from(asked.model.clone())];
        let mut near = Vec::new();
        for row in self.database.query_all_raw(self.statement(sql.to_owned(), values)).await? {
            let bytes: Vec<u8> = row.try_get("", "embedding")?;
            let (numbers, _) = bytes.as_chunks::<4>();
            let product = numbers.iter().zip(&asked.numbers);
            let product: f32 = product.map(|(bytes, asked)| f32::from_le_bytes(*bytes) * asked).sum();
            near.push((row.try_get("", "number")?, f64::from(product)));
        }
        near.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        near.truncate(NEIGHBOURS);
        Ok(near)
    }

    /// PostgreSQL: through the index. It knows no business, so that those of others may leave too few for a small one; those
    /// are compared one by one then, which for a small one is quick.
    async fn neighbours(
        &self,
        business: BusinessId,
        asked: &QueryVector,
    ) -> Result<Vec<(i64, f64)>, StoreError> {
        let values =
            || vec![self.vector(&asked.numbers), Value::from(business.0), Value::from(asked.model.clone())];
        let transaction = self.database.begin().await?;
        transaction.execute_unprepared("SET LOCAL hnsw.ef_search = 200").await?;
        let rows = transaction.query_all_raw(self.statement(THROUGH_INDEX.to_owned(), values())).await?;
        let rows = if rows.len() < NEIGHBOURS {
            transaction.query_all_raw(self.statement(ONE_BY_ONE.to_owned(), values())).await?
        } else {
            rows
        };
        transaction.commit().await?;
        let read = |row: &QueryResult| Ok((row.try_get("", "number")?, row.try_get("", "similarity")?));
        rows.iter().map(read).collect()
    }

    fn vector(&self, numbers: &[f32]) -> Value {
        match self.backend() {
            Backend::Sqlite => {
                Value::from(numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
            }
            Backend::Postgres => {
                let filled = numbers.iter().copied().chain(std::iter::repeat(0.0)).take(DIMENSIONS);
                let texts: Vec<String> = filled.map(|number| number.to_string()).collect();
                Value::from(format!("[{}]", texts.join(",")))
            }
        }
    }

    fn vector_at(&self, at: usize) -> String {
        let place = self.place(at);
        if self.backend() == Backend::Sqlite { place } else { format!("CAST({place}::text AS vector)") }
    }
}

/// Sixty neighbours, as [`NEIGHBOURS`] has it.
const THROUGH_INDEX: &str = "SELECT number, 1 - (embedding <=> CAST($1::text AS vector)) AS similarity \
    FROM knowledge_vectors WHERE business_id = $2 AND model = $3 \
    ORDER BY embedding <=> CAST($1::text AS vector) LIMIT 60";

const ONE_BY_ONE: &str = "WITH own AS MATERIALIZED (SELECT number, embedding FROM knowledge_vectors \
    WHERE business_id = $2 AND model = $3) \
    SELECT number, 1 - (embedding <=> CAST($1::text AS vector)) AS similarity FROM own \
    ORDER BY embedding <=> CAST($1::text AS vector) LIMIT 60";
