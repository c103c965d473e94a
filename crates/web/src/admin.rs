//! The pages: askama templates, each with its struct beside the handler that fills it.
//!
//! A page works without script: links and forms. A form that is refused comes back with what was typed and a sentence
//! beside each field; one that is taken leads on by a redirect, with a word at the top of the next page.

mod account;
mod audit;
mod calls;
mod clients;
mod components;
mod contacts;
mod conversations;
mod dashboard;
mod frame;
mod knowledge_base;
mod leads;
mod line;
mod live;
mod login;
mod notifications;
mod opening;
mod plan;
mod questions;
pub(crate) mod refused;
mod second_factor;
mod settings;
mod sign_up;
mod streamed;
mod support;
mod team;
mod timeline;
mod undo;
mod values;
mod voice;
mod widget;
mod words;

pub use undo::Undoes;

use crate::headers;
use crate::state::AppState;
use axum::Router;
use axum::middleware::{from_fn, map_response};
use axum::response::Redirect;
use axum::routing::get;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(async || Redirect::to(crate::urls::DASHBOARD)))
        .route("/admin", get(async || Redirect::to(crate::urls::DASHBOARD)))
        .merge(login::routes())
        .merge(sign_up::routes())
        .merge(account::routes())
        .merge(second_factor::routes())
        .merge(dashboard::routes())
        .merge(calls::routes())
        .merge(conversations::routes())
        .merge(leads::routes())
        .merge(line::routes())
        .merge(clients::routes())
        .merge(knowledge_base::routes())
        .merge(questions::routes())
        .merge(settings::routes())
        .merge(voice::routes())
        .merge(contacts::routes())
        .merge(notifications::routes())
        .merge(support::routes())
        .merge(team::routes())
        .merge(audit::routes())
        .merge(widget::routes())
        .merge(undo::routes())
        .merge(plan::routes())
        .merge(components::routes())
        .layer(from_fn(refused::as_page))
        .layer(map_response(headers::page))
        // A page that is shown within another has a policy of its own.
        .merge(widget::preview_routes())
}
