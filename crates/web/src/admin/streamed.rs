//! A page with a part that may take long: all else is sent at once with a skeleton in the part's place, the part when it is
//! there. No script: the skeleton is what a shadow tree shows in a slot, until something is there for the slot.

use super::frame::page;
use crate::problem::Problem;
use askama::Template;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use std::convert::Infallible;
use std::time::Duration;

/// Where the part belongs in a template.
const PLACE: &str = "<!--part-->";
/// Nothing that people wait for takes longer; the headers are out by then, so the limit for answers does not end it.
const LIMIT: Duration = Duration::from_secs(12);

/// What stands in a part's place when it could not be made. The page is out already, and with it the status.
#[derive(Template)]
#[template(
    ext = "html",
    source = "<section class=\"card\" slot=\"part\" data-lost><h2>{{ problem.title }}</h2>\
    {% if let Some(detail) = problem.detail %}<p>{{ detail }}</p>{% endif %}</section>"
)]
struct Lost {
    problem: Problem,
}

/// Sends a page, and its part behind it.
pub(super) fn page_with_part(
    whole: &impl Template,
    part: impl Future<Output = Result<String, Problem>> + Send + 'static,
) -> Response {
    let Ok(html) = whole.render() else { return page(whole) };
    let Some((before, after)) = html.split_once(PLACE) else { return page(whole) };
    let (before, after) = (Bytes::from(before.to_owned()), Bytes::from(after.to_owned()));
    let part = async {
        let made = tokio::time::timeout(LIMIT, part).await.unwrap_or_else(|_| Err(Problem::unavailable()));
        Bytes::from(made.unwrap_or_else(|problem| Lost { problem }.render().unwrap_or_default()))
    };
    let pieces = stream::iter([before]).chain(stream::once(part)).chain(stream::iter([after]));
    let body = Body::from_stream(pieces.map(Ok::<_, Infallible>));
    ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[derive(Template)]
    #[template(ext = "html", source = "<main>skeleton<!--part--></main>")]
    struct Shell;

    /// Row 22.
    #[tokio::test]
    async fn the_skeleton_is_sent_before_the_part_is_there() {
        let (done, waits) = oneshot::channel::<Result<String, Problem>>();
        let response = page_with_part(&Shell, async { waits.await.unwrap() });
        let mut pieces = response.into_body().into_data_stream();
        assert_eq!(pieces.next().await.unwrap().unwrap(), "<main>skeleton");
        done.send(Ok("figures".to_owned())).unwrap();
        assert_eq!(pieces.next().await.unwrap().unwrap(), "figures");
        assert_eq!(pieces.next().await.unwrap().unwrap(), "</main>");
        assert!(pieces.next().await.is_none());
    }

    #[tokio::test]
    async fn a_part_that_fails_says_so_and_the_page_ends() {
        let failed = page_with_part(&Shell, async { Err(Problem::unavailable()) });
        let body = axum::body::to_bytes(failed.into_body(), 10_000).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains(Problem::unavailable().title) && body.ends_with("</main>"), "{body}");
    }
}
