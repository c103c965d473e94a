//! Problems as pages: a sentence and the way on. Whoever is not signed in is led to where they can be.

use super::frame::{Frame, page_with};
use crate::problem::Problem;
use crate::urls;
use askama::Template;
use axum::extract::Request;
use axum::http::header::{ALLOW, REFERER, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

#[derive(Template)]
#[template(path = "admin/refused.html")]
struct RefusedPage {
    frame: Frame,
    problem: Problem,
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
pub(crate) const KEPT: [HeaderName; 3] = [ALLOW, RETRY_AFTER, SET_COOKIE];

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
