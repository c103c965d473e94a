//! `POST /embeddings` (section 5).

use serde::Deserialize;
use serde_json::json;

use super::fault::Failure;
use super::usage::{UsageBody, estimate};
use super::{Kind, OpenAiError, OpenAiRest, Used};
use crate::http::read_json_bounded;

/// 2,048 vectors of 3,072 numbers with 12 characters each, and some more.
const MOST_BYTES: usize = 96 << 20;
/// Texts that one request may hold.
const MOST_TEXTS: usize = 2048;

/// One vector for each text, in the texts' order, each of length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// The vectors.
    pub vectors: Vec<Vec<f32>>,
    /// What it took.
    pub used: Used,
}

#[derive(Deserialize)]
struct Body {
    data: Vec<Row>,
    usage: Option<UsageBody>,
}

#[derive(Deserialize)]
struct Row {
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl OpenAiRest {
    /// Turns texts into vectors. None of them may be empty; at most 2,048 at once. `dimensions` shortens the vectors, where
    /// the model can.
    pub async fn embed(
        &self,
        model: &str,
        texts: &[String],
        dimensions: Option<u32>,
    ) -> Result<Embeddings, OpenAiError> {
        if let Some(fault) = refused_here(texts) {
            return Err(fault);
        }
        let mut body = json!({"model": model, "input": texts, "encoding_format": "float"});
        if let (Some(dimensions), Some(fields)) = (dimensions, body.as_object_mut()) {
            fields.insert("dimensions".into(), dimensions.into());
        }
        let body = &body;
        let answer = self
            .repeated(Kind::Embeddings, |deadline| async move {
                let request = self.http.post(self.url(&["embeddings"])).json(body);
                let response = self.ask(request, deadline).await?;
                let answer = read_json_bounded::<Body>(response, MOST_BYTES).await;
                answer.map_err(|fault| Failure::of_body(&fault))
            })
            .await?;
        let used = match &answer.usage {
            Some(usage) => usage.used(model),
            None => estimate(model, texts.iter().map(String::len).sum(), 0),
        };
        let used = self.shared.counters.add(Kind::Embeddings, used);
        let vectors = in_order(answer.data, texts.len()).ok_or_else(OpenAiError::not_understood)?;
        Ok(Embeddings { vectors, used })
    }
}

fn refused_here(texts: &[String]) -> Option<OpenAiError> {
    let message = match texts {
        [] => "there is no text",
        _ if texts.iter().any(|text| text.trim().is_empty()) => "one of the texts is empty",
        _ if texts.len() > MOST_TEXTS => return Some(OpenAiError::TooLong),
        _ => return None,
    };
    let param = Some("input".to_owned());
    Some(OpenAiError::Rejected { code: "invalid_value".into(), param, message: message.into() })
}

/// The vectors by their index, if there is exactly one of the same length for each text.
fn in_order(rows: Vec<Row>, texts: usize) -> Option<Vec<Vec<f32>>> {
    let mut slots: Vec<Option<Vec<f32>>> = vec![None; texts];
    for (at, row) in rows.into_iter().enumerate() {
        let slot = slots.get_mut(row.index.unwrap_or(at))?;
        if slot.is_some() {
            return None;
        }
        *slot = Some(of_length_one(row.embedding)?);
    }
    let vectors = slots.into_iter().collect::<Option<Vec<_>>>()?;
    let dimensions = vectors.first()?.len();
    vectors.iter().all(|vector| vector.len() == dimensions).then_some(vectors)
}

/// Many self-hosted models leave their vectors as they come out.
fn of_length_one(vector: Vec<f32>) -> Option<Vec<f32>> {
    let length = vector.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let is_vector = length.is_finite() && length > 0.0;
    is_vector.then(|| vector.into_iter().map(|x| (f64::from(x) / length) as f32).collect())
}
