//! A page of ours with a business's chat on it: to try it out, and for who has no website.

use super::PublicTheme;
use crate::assets;
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::widget::Theme;

/// Nothing but our own files, as for every page; only pages of ours show it within themselves.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'none'; frame-ancestors 'self'; base-uri 'none'",
);
const LONGEST_KEY: usize = 100;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/chat/{key}", get(show)).layer(map_response(headers))
}

#[derive(Template)]
#[template(path = "chat.html")]
struct ChatPage {
    business: String,
    key: String,
    style: &'static str,
    icon: &'static str,
    is_open: bool,
    /// The theme that is being tried out, as JSON.
    draft: String,
}

async fn show(
    State(state): State<AppState>,
    crate::input::Id(key): crate::input::Id<String>,
) -> Result<Response, Problem> {
    if key.len() > LONGEST_KEY {
        return Err(Problem::not_found());
    }
    let found = state.store.widget_of_key(&key).await?.ok_or_else(Problem::not_found)?;
    let is_open = found.widget.enabled && found.plan.includes(Feature::ChatWidget);
    Ok(rendered(&ChatPage {
        business: found.business.name,
        key,
        style: assets::style(),
        icon: assets::icon(),
        is_open,
        draft: String::new(),
    }))
}

/// The same page with a theme that is not saved, for the dashboard.
pub(crate) async fn preview(business: &str, key: &str, theme: &Theme) -> Response {
    let draft = serde_json::to_string(&PublicTheme::of(theme)).unwrap_or_default();
    let page = ChatPage {
        business: business.to_owned(),
        key: key.to_owned(),
        style: assets::style(),
        icon: assets::icon(),
        is_open: true,
        draft,
    };
    headers(rendered(&page)).await
}

fn rendered(page: &ChatPage) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(fault) => {
            tracing::error!(%fault, "a chat's page could not be rendered");
            Problem::internal().into_response()
        }
    }
}

async fn headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
