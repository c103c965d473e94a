//! `POST /v1/embeddings`: vectors made of words, so that texts which share words lie close to each other.

use axum::response::{IntoResponse as _, Json, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::faults::RestFault;
use crate::realtime::hub::Hub;
use crate::realtime::schema::{EMBEDDINGS, Refusal};
use crate::realtime::usage::text_tokens;
use crate::speech::words_of;

/// Inputs of one request, tokens of one input, tokens of one request (section 5).
const MOST_INPUTS: usize = 2048;
const MOST_TOKENS: u64 = 8192;
const MOST_TOKENS_TOGETHER: u64 = 300_000;
/// Places of a vector that each word touches.
const PLACES: u64 = 8;

pub(super) fn answer(hub: &Hub, body: &Value, _: Option<&RestFault>) -> Result<Response, Refusal> {
    EMBEDDINGS.check(body, "")?;
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let settings = hub.desk.settings();
    let (_, full) = settings
        .embedding_models
        .iter()
        .find(|(known, _)| known == model)
        .ok_or_else(|| super::no_such_model(model))?;
    let wanted = body.get("dimensions").and_then(Value::as_u64).map(|count| count as usize);
    if wanted.is_some() && model.ends_with("ada-002") {
        return Err(Refusal::invalid("dimensions", "This model does not support specifying dimensions."));
    }
    if wanted.is_some_and(|count| count > *full) {
        return Err(Refusal::invalid("dimensions", format!("At most {full} dimensions are possible.")));
    }
    let texts = texts_of(body)?;
    let is_base64 = body.get("encoding_format").and_then(Value::as_str) == Some("base64");
    let rows = texts.iter().enumerate().map(|(at, text)| {
        let vector = vector_of(text, wanted.unwrap_or(*full));
        let embedding = if is_base64 { in_base64(&vector) } else { json!(vector) };
        json!({"object": "embedding", "index": at, "embedding": embedding})
    });
    let tokens: u64 = texts.iter().map(|text| text_tokens(text)).sum();
    let body = json!({
        "object": "list", "data": rows.collect::<Vec<_>>(), "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    });
    Ok(Json(body).into_response())
}

fn texts_of(body: &Value) -> Result<Vec<&str>, Refusal> {
    let texts: Vec<&str> = match body.get("input") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    };
    let refused = |message: &str| Err(Refusal::invalid("input", message));
    if texts.is_empty() || texts.iter().any(|text| text.is_empty()) {
        return refused("input cannot be an empty string or list");
    }
    if texts.len() > MOST_INPUTS {
        return refused("too many inputs: at most 2048");
    }
    if texts.iter().any(|text| text_tokens(text) > MOST_TOKENS) {
        return Err(Refusal::new("context_length_exceeded", "input", "an input has at most 8192 tokens"));
    }
    if texts.iter().map(|text| text_tokens(text)).sum::<u64>() > MOST_TOKENS_TOGETHER {
        return refused("a request has at most 300000 tokens");
    }
    Ok(texts)
}

fn vector_of(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    let words = words_of(text);
    let words: Vec<&str> = if words.is_empty() { vec![text] } else { words.split(' ').collect() };
    for word in words {
        let seed = word.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        for place in 0..PLACES {
            let mixed =
                (seed ^ place.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            if let Some(number) = vector.get_mut((mixed >> 20) as usize % dimensions) {
                *number += if mixed >> 63 == 0 { 1.0 } else { -1.0 };
            }
        }
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length == 0.0 {
        // Every sign met its opposite: any direction will do.
        vector.fill(1.0 / (dimensions as f32).sqrt());
        return vector;
    }
    vector.into_iter().map(|x| x / length).collect()
}

fn in_base64(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    STANDARD.encode(bytes).into()
}
