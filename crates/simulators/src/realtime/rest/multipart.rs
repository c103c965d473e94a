//! Form data with files (RFC 7578), as far as uploads of sound need it.

use http::{HeaderMap, header};
use serde_json::{Map, Value, json};

use crate::realtime::schema::Refusal;

/// One field or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    pub(super) content: Vec<u8>,
}

/// Cuts a body into its parts. Every line end and the closing boundary must be as the standard says.
pub(super) fn parts(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Part>, Refusal> {
    let refused = |message: &str| Refusal::new("invalid_multipart", "", message);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = kind
        .strip_prefix("multipart/form-data")
        .and_then(|rest| rest.split_once("boundary="))
        .map(|(_, boundary)| boundary.trim_matches('"'))
        .filter(|boundary| (1..=70).contains(&boundary.len()))
        .ok_or_else(|| refused("The content type must be multipart/form-data with a boundary."))?;
    let first = format!("--{boundary}\r\n");
    let mut rest =
        body.strip_prefix(first.as_bytes()).ok_or_else(|| refused("The first boundary is missing."))?;
    let border = format!("\r\n--{boundary}");
    let mut parts = Vec::new();
    loop {
        let end = find(rest, border.as_bytes()).ok_or_else(|| refused("The closing boundary is missing."))?;
        let (part, behind) = rest.split_at(end);
        parts.push(part_of(part).ok_or_else(|| refused("A part has no name."))?);
        let behind = behind.get(border.len()..).unwrap_or_default();
        if behind.starts_with(b"--") {
            return Ok(parts);
        }
        rest = behind
            .strip_prefix(b"\r\n")
            .ok_or_else(|| refused("A boundary is not followed by a line end."))?;
    }
}

fn part_of(part: &[u8]) -> Option<Part> {
    let end = find(part, b"\r\n\r\n")?;
    let (head, content) = part.split_at(end);
    let head = std::str::from_utf8(head).ok()?;
    let disposition =
        head.lines().find(|line| line.to_lowercase().starts_with("content-disposition: form-data"))?;
    let value = |name: &str| {
        let (_, rest) = disposition.split_once(&format!("; {name}=\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    Some(Part { name: value("name")?, file_name: value("filename"), content: content.get(4..)?.to_vec() })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The fields for a report; of files only name and length.
pub(super) fn shown(parts: &[Part]) -> Value {
    let fields = parts.iter().map(|part| {
        let value = match &part.file_name {
            Some(file) => json!({"fileName": file, "bytes": part.content.len()}),
            None => String::from_utf8_lossy(&part.content).into(),
        };
        (part.name.clone(), value)
    });
    Value::Object(fields.collect::<Map<_, _>>())
}
