//! What handlers take from a request, with faults told field by field.

use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::convert::Infallible;
use std::str::FromStr;
use studioconnect_domain::Fault;
use studioconnect_store::{Found, StoreError};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Input<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        read_json(&body(request, state).await?).map(Self)
    }
}

/// Most faults told of one body.
const FAULTS: usize = 50;

/// Reads JSON; every fault is told, not just the first.
fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A list would be taken for the fields in their order.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid(vec![Fault::new("body", "must be an object")]));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let no_json = || Problem::bad_request("The body is no JSON.");
    let first = match serde_path_to_error::deserialize(&mut reader) {
        Ok(read) => return reader.end().map(|()| read).map_err(|_| no_json()),
        Err(fault) if fault.inner().is_data() => fault,
        Err(_) => return Err(no_json()),
    };
    let mut faults = vec![fault_at(&first)];
    // What is at fault is taken out, and the rest is read again. A fault in something that is no field ends it.
    let mut rest: Value = serde_json::from_slice(body).map_err(|_| no_json())?;
    while faults.len() < FAULTS {
        let is_out = faults.last().is_some_and(|fault| take_out(&mut rest, &fault.field));
        let Err(fault) = serde_path_to_error::deserialize::<_, T>(&rest) else { break };
        let fault = fault_at(&fault);
        if !is_out || fault.message.starts_with("missing field") {
            break;
        }
        faults.push(fault);
    }
    Err(Problem::invalid(faults))
}

/// Takes a field of an object out. False when there is none.
fn take_out(value: &mut Value, field: &str) -> bool {
    value.as_object_mut().is_some_and(|fields| fields.remove(field).is_some())
}

/// The query of a URL.
#[derive(Debug)]
pub(crate) struct Search<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Search<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        // A field of a form that was left empty says nothing.
        let given = url::form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty());
        let given = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        let reader = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(given.as_bytes()));
        serde_path_to_error::deserialize(reader)
            .map(Self)
            .map_err(|fault| Problem::invalid(vec![fault_at(&fault)]))
    }
}

fn fault_at<E: std::fmt::Display>(fault: &serde_path_to_error::Error<E>) -> Fault {
    let field = fault.path().to_string();
    let sentence = fault.inner().to_string();
    // serde_json ends with where in the text it stopped, which nobody who fills in a form has seen.
    let sentence = sentence.split(" at line ").next().unwrap_or_default().to_owned();
    // Names of our own types help nobody.
    let sentence = match sentence.split_once("expected struct ") {
        Some((start, _)) => format!("{start}expected an object"),
        None => sentence,
    };
    Fault::new(if field == "." { named_in(&sentence).unwrap_or("body").to_owned() } else { field }, sentence)
}

/// The field that a sentence about a whole object is about.
fn named_in(sentence: &str) -> Option<&str> {
    let starts = ["missing field `", "unknown field `", "duplicate field `"];
    let rest = starts.iter().find_map(|start| sentence.strip_prefix(start))?;
    rest.split('`').next()
}

/// An id in a path. One that is none leads nowhere.
#[derive(Debug)]
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// The fields of a form, in the order of the page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

impl Form {
    /// What stands in a field, without blanks around it; empty when there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// What stands in a field as it was typed: a password may begin or end with a blank.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The same, none when it is empty.
    pub(crate) fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether a box was ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// A field read as something else; a fault with a sentence when it is not that.
    pub(crate) fn read<T: FromStr>(&self, name: &str, wanted: &str) -> Result<T, Fault> {
        self.text(name).parse().map_err(|_| Fault::new(name, format!("must be {wanted}")))
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = body(request, state).await?;
        // Browsers send line breaks in two characters, of which nobody typed the first.
        let fields = url::form_urlencoded::parse(&body).into_owned();
        Ok(Self(fields.map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect()))
    }
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|fault: BytesRejection| {
        if fault.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::too_large()
        } else {
            Problem::bad_request("The body could not be read.")
        }
    })
}

/// Most rows of one page of a list.
const MOST: u64 = 200;

/// A text without blanks around it and without NULs, which no column keeps: what is checked and answered is what is kept.
pub(crate) fn kept(text: &str) -> String {
    text.replace('\0', "").trim().to_owned()
}

/// Longest text that is looked for, in characters.
const LONGEST: usize = 200;

/// What is looked for; none when nothing is.
pub(crate) fn sought(text: Option<&str>) -> Result<Option<String>, Problem> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > LONGEST) {
        let sentence = format!("write at most {LONGEST} characters");
        return Err(Problem::invalid(vec![Fault::new("q", sentence)]));
    }
    Ok(text.map(str::to_owned))
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Most rows, 1 to 200; 50 when it is not given.
    #[serde(default)]
    pub(crate) limit: Option<String>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    pub(crate) cursor: Option<String>,
}

impl Paging {
    /// How many rows.
    pub(crate) fn limit(&self) -> Result<u64, Problem> {
        let Some(text) = &self.limit else { return Ok(50) };
        text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or_else(|| {
            Problem::invalid(vec![Fault::new("limit", format!("must be a number from 1 to {MOST}"))])
        })
    }

    /// A page of a list. `ask` is asked for one row more than the page has, behind which row; `place` is where a row stands.
    pub(crate) async fn page<T, Id>(
        &self,
        id_of: impl FnOnce(Uuid) -> Id,
        place: impl Fn(&T) -> (DateTime<Utc>, Uuid),
        ask: impl AsyncFnOnce(u64, Option<(DateTime<Utc>, Id)>) -> Result<Found<T>, StoreError>,
    ) -> Result<Page<T>, Problem> {
        let limit = self.limit()?;
        let before = self.before()?.map(|(at, id)| (at, id_of(id)));
        let found = ask(limit + 1, before).await?;
        Ok(Page::of_search(found, limit, place))
    }

    /// After which row.
    fn before(&self) -> Result<Option<(DateTime<Utc>, Uuid)>, Problem> {
        let Some(text) = &self.cursor else { return Ok(None) };
        place_of(text).map(Some).ok_or_else(|| {
            Problem::invalid(vec![Fault::new("cursor", "must be the `nextCursor` of another page")])
        })
    }
}

fn place_of(text: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (time, id) = bytes.split_at_checked(8)?;
    // No row is older than 1970 or younger than the year 9999, and not every engine knows such times.
    let micros = i64::from_be_bytes(time.try_into().ok()?);
    let at =
        DateTime::from_timestamp_micros(micros).filter(|_| (0..253_402_300_800_000_000).contains(&micros))?;
    Some((at, Uuid::from_slice(id).ok()?))
}

fn cursor_of((at, id): (DateTime<Utc>, Uuid)) -> String {
    let bytes = [&at.timestamp_micros().to_be_bytes()[..], id.as_bytes()].concat();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A part of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// To be given as `cursor` for the rows behind these; none at the end.
    pub(crate) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of rows, of which one more than `limit` was asked for.
    pub(crate) fn of(mut items: Vec<T>, limit: u64, place: impl Fn(&T) -> (DateTime<Utc>, Uuid)) -> Self {
        let more = items.len() as u64 > limit;
        items.truncate(limit as usize);
        let next_cursor = items.last().filter(|_| more).map(|last| cursor_of(place(last)));
        Self { items, next_cursor }
    }

    /// The same of a search, which may stop before it has found enough: its next page begins there.
    fn of_search(found: Found<T>, limit: u64, place: impl Fn(&T) -> (DateTime<Utc>, Uuid)) -> Self {
        let stopped_at = found.stopped_at.map(cursor_of);
        let page = Self::of(found.items, limit, place);
        Self { next_cursor: page.next_cursor.or(stopped_at), ..page }
    }
}

/// The query of an address without what says where in a list it is, for links to other parts of the same list.
#[derive(Debug)]
pub(crate) struct SameList(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for SameList {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let kept = url::form_urlencoded::parse(query.as_bytes())
            .filter(|(name, value)| !value.is_empty() && !matches!(&**name, "cursor" | "done"));
        Ok(Self(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Sample {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "count")]
        _count: u32,
    }

    #[test]
    fn every_fault_of_a_body_is_told_with_its_field() {
        let fields = |body: &str| {
            let problem = read_json::<Sample>(body.as_bytes()).unwrap_err();
            (problem.status, problem.errors.into_iter().map(|fault| fault.field).collect::<Vec<_>>())
        };
        for (body, told) in [
            (r#"{"name":1,"count":"x","other":2,"more":3}"#, &["name", "count", "other", "more"][..]),
            (r#"{"name":"x","name":"y"}"#, &["name"]),
            ("[1]", &["body"]),
            ("7", &["body"]),
        ] {
            let (status, mut found) = fields(body);
            let mut told = told.to_vec();
            found.sort_unstable();
            told.sort_unstable();
            assert_eq!((status, found), (422, told.iter().map(ToString::to_string).collect()), "{body}");
        }
        for no_json in ["", "{", "{} {}", r#"{"name":"\ud800"}"#, "{\"name\":\"\u{1}\"}"] {
            assert_eq!(fields(no_json), (400, Vec::new()), "{no_json}");
        }
        let many: Vec<_> = (0..500).map(|number| format!("\"x{number}\":1")).collect();
        assert_eq!(fields(&format!("{{{}}}", many.join(","))).1.len(), FAULTS);
    }

    #[test]
    fn a_cursor_leads_back_to_its_row_and_nonsense_leads_nowhere() {
        let place = (DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap(), Uuid::now_v7());
        assert_eq!(place_of(&cursor_of(place)), Some(place));
        for wrong in ["", "x", "AAAA", "!!", &"A".repeat(400)] {
            assert_eq!(place_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_page_has_a_next_one_only_when_there_are_more_rows() {
        let rows: Vec<Uuid> = (0..3).map(|_| Uuid::now_v7()).collect();
        let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let full = Page::of(rows.clone(), 2, |id| (at, *id));
        assert_eq!((full.items.len(), full.next_cursor), (2, Some(cursor_of((at, rows[1])))));
        assert_eq!(Page::of(rows.clone(), 3, |id| (at, *id)).next_cursor, None);
        let stopped_at = Some((at, Uuid::now_v7()));
        let part = Page::of_search(Found { items: rows[..1].to_vec(), stopped_at }, 2, |id| (at, *id));
        assert_eq!(
            (part.items.len(), part.next_cursor),
            (1, stopped_at.map(cursor_of)),
            "it goes on behind the part"
        );
    }
}
