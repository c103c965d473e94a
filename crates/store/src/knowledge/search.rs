//! Finding passages.

use super::index::{ALL, engine, mark, word};
use crate::cell::At;
use crate::error::StoreError;
use crate::settings::Backend;
use crate::store::Store;
use sea_orm::{ConnectionTrait, QueryResult, Statement, Value};
use std::collections::{HashMap, HashSet};
use studioconnect_domain::ids::{BusinessId, ChunkId, DocumentId};
use studioconnect_domain::knowledge::search::{Alternative, Concept, Found, Passage, Query, Weighed};
use studioconnect_domain::knowledge::{rank, spelling};

/// Passages that are looked at closely.
const CANDIDATES: usize = 60;
/// Places of words in the index that a search passes; the rarest words are looked for first, and the common ones change the
/// order of what those find.
const MOST_HITS: u64 = 4_000;
/// Words that are looked for; a question has fewer, what is beyond is somebody's essay.
const MOST_WORDS: usize = 64;
/// Known words that are compared with one that is not known.
const MOST_COMPARED: u64 = 4_000;
/// What a word counts that was meant but written otherwise.
const MISSPELT: f64 = 0.8;

/// What a passage is read from, of a part `c` and its document `d`.
pub(super) const COLUMNS: &str =
    "c.id, c.document_id, c.heading, c.text, c.terms, d.kind, d.title, d.source_url, d.is_pinned";

impl Store {
    /// What a business's documents have on a question, the best first.
    pub async fn search_knowledge(&self, business: BusinessId, query: &Query) -> Result<Found, StoreError> {
        let mut concepts = query.concepts.clone();
        let mut left = MOST_WORDS;
        concepts.retain_mut(|concept| {
            concept.words.truncate(left);
            left -= concept.words.len();
            !concept.words.is_empty()
        });
        let asked: Vec<&str> =
            concepts.iter().flat_map(|c| c.words.iter().map(|word| word.term.as_str())).collect();
        let mut with = self.counts(business, &asked).await?;
        let all = with.remove(ALL).unwrap_or(0);
        if all == 0 {
            return Ok(Found::default());
        }
        self.correct(business, &mut concepts, &mut with).await?;
        let weighed = rank::weigh(&concepts, &with, all);
        let mut passages = self.by_words(business, query, &weighed, &with).await?;
        let average = average(&passages);
        for passage in &mut passages {
            passage.word_score = rank::score(&weighed, &passage.terms, average);
        }
        passages.sort_by(|one, other| {
            other.word_score.total_cmp(&one.word_score).then_with(|| one.chunk.cmp(&other.chunk))
        });
        for (at, passage) in passages.iter_mut().enumerate() {
            passage.word_rank = Some(at + 1);
        }
        if let Some(asked) = &query.vector {
            for (at, near) in self.by_meaning(business, query, asked).await?.into_iter().enumerate() {
                let rank = Some(at + 1);
                match passages.iter_mut().find(|passage| passage.chunk == near.chunk) {
                    Some(known) => (known.vector_rank, known.similarity) = (rank, near.similarity),
                    None => passages.push(Passage { vector_rank: rank, ..near }),
                }
            }
        }
        for passage in &mut passages {
            passage.score = rank::fused(passage.word_rank, passage.vector_rank);
        }
        passages.sort_by(|one, other| {
            other.score.total_cmp(&one.score).then_with(|| one.chunk.cmp(&other.chunk))
        });
        passages.truncate(query.limit);
        Ok(Found { passages, weighed, searched: all })
    }

    /// How many of a business's parts have each word.
    async fn counts(&self, business: BusinessId, terms: &[&str]) -> Result<HashMap<String, u64>, StoreError> {
        let mut values = vec![Value::from(business.0), Value::from(ALL)];
        values.extend(terms.iter().map(|term| Value::from(*term)));
        let places: Vec<String> = (2..=values.len()).map(|at| self.place(at)).collect();
        let sql = format!(
            "SELECT term, chunks FROM knowledge_terms WHERE business_id = {} AND term IN ({})",
            self.place(1),
            places.join(", ")
        );
        let mut counts = HashMap::new();
        for row in self.database.query_all_raw(self.statement(sql, values)).await? {
            let times: i64 = row.try_get("", "chunks")?;
            counts.insert(row.try_get("", "term")?, times.max(0) as u64);
        }
        Ok(counts)
    }

    /// Adds what was meant to words that no document has: other spellings, and the parts of compounds.
    async fn correct(
        &self,
        business: BusinessId,
        concepts: &mut [Concept],
        with: &mut HashMap<String, u64>,
    ) -> Result<(), StoreError> {
        for concept in concepts {
            if concept.words.iter().any(|word| with.contains_key(&word.term)) {
                continue;
            }
            let Some(given) = concept.words.first().map(|word| word.term.clone()) else { continue };
            let letters = given.chars().count();
            let Some(first) = given.chars().next().filter(|_| spelling::tolerated(letters) > 0) else {
                continue;
            };
            let beyond = char::from_u32(first as u32 + 1).unwrap_or(char::MAX);
            let most = spelling::tolerated(letters);
            let (least, longest) = (letters - most, letters + most);
            let sql = format!(
                "SELECT term, chunks FROM knowledge_terms WHERE business_id = {} AND term >= {} AND term < {} \
                 AND length(term) BETWEEN {least} AND {longest} LIMIT {MOST_COMPARED}",
                self.place(1),
                self.place(2),
                self.place(3)
            );
            let values = vec![
                Value::from(business.0),
                Value::from(first.to_string()),
                Value::from(beyond.to_string()),
            ];
            let mut known: Vec<(String, i64)> = Vec::new();
            for row in self.database.query_all_raw(self.statement(sql, values)).await? {
                known.push((row.try_get("", "term")?, row.try_get("", "chunks")?));
            }
            let near = spelling::nearest(&given, known.iter().map(|(term, _)| term.as_str()));
            for (term, _) in near {
                let times = known.iter().find(|(one, _)| one == term).map_or(0, |(_, times)| *times);
                with.insert(term.to_owned(), times.max(0) as u64);
                concept.words.push(Alternative { term: term.to_owned(), weight: MISSPELT });
            }
        }
        Ok(())
    }

    /// Passages that have the words, before they are put in order.
    async fn by_words(
        &self,
        business: BusinessId,
        query: &Query,
        weighed: &[Weighed],
        with: &HashMap<String, u64>,
    ) -> Result<Vec<Passage>, StoreError> {
        let chosen = chosen(weighed, with);
        if chosen.is_empty() {
            return Ok(Vec::new());
        }
        let mut marks = vec![mark(business, None)];
        marks.extend(query.project.as_deref().map(|project| mark(business, Some(project))));
        let mut values: Vec<Value> = Vec::new();
        let mut arms = Vec::new();
        for (term, weight) in chosen {
            let words: Vec<String> = marks.iter().map(|mark| word(mark, &term)).collect();
            let separator = if self.backend() == Backend::Sqlite { " OR " } else { " | " };
            values.push(Value::from(words.join(separator)));
            let place = self.place(values.len());
            arms.push(match self.backend() {
                Backend::Sqlite => format!(
                    "SELECT rowid AS number, {weight:.6} AS weight FROM knowledge_words WHERE knowledge_words MATCH {place}"
                ),
                Backend::Postgres => format!(
                    "SELECT number, {weight:.6}::float8 AS weight FROM knowledge_words WHERE words @@ {place}::tsquery"
                ),
            });
        }
        values.push(Value::from(business.0));
        let owner = self.place(values.len());
        let project = self.project(query, &mut values);
        let sql = format!(
            "SELECT {COLUMNS} \
             FROM (SELECT number, sum(weight) AS weight FROM ({}) AS hits GROUP BY number \
             ORDER BY 2 DESC, 1 LIMIT {CANDIDATES}) AS best \
             JOIN knowledge_chunks c ON c.number = best.number \
             JOIN knowledge_documents d ON d.id = c.document_id \
             WHERE c.business_id = {owner} AND {project}",
            arms.join(" UNION ALL ")
        );
        let found = self.database.query_all_raw(self.statement(sql, values)).await?;
        found.iter().map(passage).collect()
    }

    /// What may be found where a project is talked about, or none is.
    pub(super) fn project(&self, query: &Query, values: &mut Vec<Value>) -> String {
        let Some(project) = &query.project else { return "c.project_id IS NULL".to_owned() };
        values.push(Value::from(project.clone()));
        format!("(c.project_id IS NULL OR c.project_id = {})", self.place(values.len()))
    }

    pub(super) fn place(&self, at: usize) -> String {
        match self.backend() {
            Backend::Sqlite => format!("?{at}"),
            Backend::Postgres => format!("${at}"),
        }
    }

    pub(super) fn statement(&self, sql: String, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(engine(self.backend()), sql, values)
    }
}

/// The rarest words, as many as the index may be passed for.
fn chosen(weighed: &[Weighed], with: &HashMap<String, u64>) -> Vec<(String, f64)> {
    let mut words: Vec<(&str, f64, u64)> = Vec::new();
    for one in weighed {
        for word in &one.words {
            if let Some(times) = with.get(&word.term) {
                words.push((&word.term, one.weight * word.weight, *times));
            }
        }
    }
    words.sort_by_key(|(_, _, times)| *times);
    let (mut hits, mut seen, mut chosen) = (0, HashSet::new(), Vec::new());
    for (term, weight, times) in words {
        if !chosen.is_empty() && hits + times > MOST_HITS {
            break;
        }
        if seen.insert(term) {
            hits += times;
            chosen.push((term.to_owned(), weight));
        }
    }
    chosen
}

fn average(passages: &[Passage]) -> f64 {
    let terms: usize = passages.iter().map(|passage| passage.terms.split(' ').count()).sum();
    terms as f64 / passages.len().max(1) as f64
}

pub(super) fn passage(row: &QueryResult) -> Result<Passage, StoreError> {
    let chunk: uuid::Uuid = row.try_get("", "id")?;
    let at = At { table: "knowledge_chunks", row: &chunk };
    Ok(Passage {
        document: DocumentId(row.try_get("", "document_id")?),
        chunk: ChunkId(chunk),
        kind: at.word("kind", row.try_get("", "kind")?)?,
        title: row.try_get("", "title")?,
        url: row.try_get("", "source_url")?,
        heading: row.try_get("", "heading")?,
        text: row.try_get("", "text")?,
        terms: row.try_get("", "terms")?,
        is_pinned: row.try_get("", "is_pinned")?,
        score: 0.0,
        word_rank: None,
        word_score: 0.0,
        vector_rank: None,
        similarity: None,
    })
}
