//! `/api/calls/{id}/recording`: the message that a caller left, for whoever may read the call. The phone network keeps it; it is
//! fetched with the account's own credentials and passed on, so no address that anybody could open leaves the house.

use crate::auth::Viewer;
use crate::input::Id;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use std::ops::RangeInclusive;
use std::sync::LazyLock;
use studioconnect_connectors::twilio::rest::TwilioError;
use studioconnect_domain::ids::CallId;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Messages that are fetched at the same time: each is held whole, and the account's limits are the calls' as well.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(4));

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(listen))
}

/// The message a caller left, as a WAV file, or the part of it that `Range` names.
#[utoipa::path(get, path = "/api/calls/{id}/recording", tag = "calls", params(("id" = String, Path)),
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, content_type = "audio/wav", body = String),
        (status = 206, content_type = "audio/wav", body = String), (status = 401), (status = 404), (status = 416),
        (status = 503)))]
pub(crate) async fn listen(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<CallId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let lead = state.store.find_lead_of_call(viewer.tenant(), id).await?;
    let recording = lead.and_then(|lead| lead.recording_url).ok_or_else(Problem::not_found)?;
    let phone = state.phone.as_ref().ok_or_else(Problem::unavailable)?;
    let _place = AT_ONCE.acquire().await.map_err(|_| Problem::unavailable())?;
    let sound = phone.twilio.fetch_recording(&recording).await.map_err(|fault| match fault {
        // Somebody has deleted it at the network.
        TwilioError::NotFound => Problem::not_found(),
        fault => {
            tracing::warn!(%fault, call = %id, "a recording could not be fetched");
            Problem::unavailable()
        }
    })?;
    Ok(answer(sound, headers.get(header::RANGE)))
}

fn answer(sound: Vec<u8>, range: Option<&HeaderValue>) -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    let ranges = (header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let whole = sound.len();
    let within = |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("bytes */*"));
    match wanted(range.and_then(|range| range.to_str().ok()).unwrap_or_default(), whole) {
        Wanted::Whole => ([kind, ranges], sound).into_response(),
        Wanted::Nothing => {
            let told = (header::CONTENT_RANGE, within(format!("bytes */{whole}")));
            ([told], Problem::range_refused()).into_response()
        }
        Wanted::Part(part) => {
            let told = within(format!("bytes {}-{}/{whole}", part.start(), part.end()));
            let part = sound.get(part).unwrap_or_default().to_vec();
            (StatusCode::PARTIAL_CONTENT, [kind, ranges, (header::CONTENT_RANGE, told)], part).into_response()
        }
    }
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(RangeInclusive<usize>),
    /// A part that is not there.
    Nothing,
}

/// Reads a `Range` (RFC 9110, 14.1.2). One that is not understood is ignored, and so are several at once.
fn wanted(range: &str, whole: usize) -> Wanted {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-'))
    else {
        return Wanted::Whole;
    };
    let Some(end) = whole.checked_sub(1) else { return Wanted::Nothing };
    let (first, last) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, last.min(end)),
        (Ok(first), Err(_)) if last.is_empty() => (first, end),
        (Err(_), Ok(count @ 1..)) if first.is_empty() => (whole.saturating_sub(count), end),
        (Err(_), Ok(0)) if first.is_empty() => return Wanted::Nothing,
        _ => return Wanted::Whole,
    };
    if first <= last { Wanted::Part(first..=last) } else { Wanted::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_names_a_part_or_nothing_or_is_ignored() {
        for (range, part) in [
            ("bytes=0-", Wanted::Part(0..=99)),
            ("bytes=10-19", Wanted::Part(10..=19)),
            ("bytes=90-500", Wanted::Part(90..=99)),
            ("bytes=-5", Wanted::Part(95..=99)),
            ("bytes=-500", Wanted::Part(0..=99)),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=20-10", Wanted::Nothing),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=x-1", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(wanted(range, 100), part, "{range}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Nothing);
    }
}
