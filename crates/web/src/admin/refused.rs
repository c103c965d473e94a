//! Problems as pages: a sentence and the way on. Whoever is not signed in is led to where they can be.

use super::frame::{Faults, Frame, page_with};
use crate::problem::Problem;
use crate::urls;
use askama::Template;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CONTENT_RANGE, REFERER, RETRY_AFTER,
    SET_COOKIE, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use studioconnect_domain::Fault;

#[derive(Template)]
#[template(path = "admin/refused.html")]
struct RefusedPage {
    frame: Frame,
    problem: Problem,
}

/// Longest text of somebody else's that stands beside a field, in characters.
const SHOWN: usize = 1_000;

/// One field of a form that somebody else was quicker with.
pub(crate) struct Overtaken<'a> {
    /// Its name.
    pub(crate) field: &'a str,
    /// What stands in the form.
    pub(crate) typed: String,
    /// What stands in the database, as people read it.
    pub(crate) current: String,
}

/// Sentences beside the fields that somebody else has set otherwise meanwhile; beside `first` when there is none.
pub(crate) fn overtaken<'a>(fields: impl IntoIterator<Item = Overtaken<'a>>, first: &str) -> Faults {
    let other = fields.into_iter().filter(|field| field.typed.trim() != field.current.trim());
    let mut faults: Vec<_> = other
        .map(|Overtaken { field, current, .. }| {
            let now = match current.trim() {
                "" => "nothing".to_owned(),
                text if text.chars().count() > SHOWN => {
                    format!("“{}…”", text.chars().take(SHOWN).collect::<String>())
                }
                text => format!("“{text}”"),
            };
            Fault::new(
                field,
                format!("somebody else has changed this: it is {now} now; save again to keep yours"),
            )
        })
        .collect();
    if faults.is_empty() {
        faults
            .push(Fault::new(first, "somebody else has written the same meanwhile; save again if you like"));
    }
    Faults(faults)
}

/// The path of the page that a form was on. Its query is left: it may say that the form was taken, an earlier time.
fn page_of(referer: &HeaderValue) -> Option<String> {
    let url = url::Url::parse(referer.to_str().ok()?).ok()?;
    Some(url.path().to_owned())
}

/// Shows problems of the pages' handlers as pages.
pub(crate) async fn as_page(request: Request, next: Next) -> Response {
    let (method, target) = (request.method().clone(), request.uri().clone());
    let form_page = request.headers().get(REFERER).and_then(page_of);
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status == StatusCode::UNAUTHORIZED {
        // A form that was typed into a session that ran out: the browser keeps what was typed, and comes back to the page
        // with the form. Where a form is sent to is often no page.
        let back = if method == Method::GET {
            target.path_and_query().map_or("", |path| path.as_str())
        } else {
            form_page.as_deref().unwrap_or(urls::DASHBOARD)
        };
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("next", back).finish();
        return Redirect::to(&format!("{}?{query}", urls::LOGIN)).into_response();
    }
    shown(problem, response.headers())
}

/// Headers of a problem's answer that its page has too.
pub(crate) const KEPT: [HeaderName; 7] = [
    ALLOW,
    CONTENT_RANGE,
    RETRY_AFTER,
    SET_COOKIE,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    VARY,
];

/// A problem as a page.
pub(crate) fn shown(problem: Problem, told: &HeaderMap) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut page = page_with(status, &RefusedPage { frame: Frame::outside(problem.title), problem });
    page.extensions_mut().remove::<Problem>();
    for name in KEPT {
        for value in told.get_all(&name) {
            page.headers_mut().append(name.clone(), value.clone());
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_each_field_stands_what_somebody_else_has_made_of_it() {
        let field = |field: &'static str, typed: &str, current: &str| Overtaken {
            field,
            typed: typed.to_owned(),
            current: current.to_owned(),
        };
        let faults = overtaken(
            [field("name", "Ada", "Eve"), field("notes", "x", ""), field("same", " y ", "y")],
            "name",
        );
        assert!(faults.of("name").is_some_and(|sentence| sentence.contains("it is “Eve” now")));
        assert!(faults.of("notes").is_some_and(|sentence| sentence.contains("it is nothing now")));
        assert_eq!(faults.of("same"), None);
        let long = overtaken([field("prompt", "", &"x".repeat(8_000))], "prompt");
        assert!(long.of("prompt").is_some_and(|sentence| sentence.len() < SHOWN + 200));
        assert!(overtaken([field("name", "Ada", "Ada")], "name").any(), "the form was refused all the same");
    }
}
