//! The JSON API of the dashboard and of customers' programs (contract.md, HTTP).
//!
//! A file for each resource, in fixed order: routes, what comes in, what goes out, handlers. What a page and the API both do
//! is done by a function here, so that they refuse the same things with the same words.

pub(crate) mod agent_config;
#[expect(unused_qualifications, reason = "written by the macro that describes a query")]
pub(crate) mod audit;
pub(crate) mod business;
#[expect(unused_qualifications, reason = "written by the macro that describes a query")]
pub(crate) mod calls;
#[expect(unused_qualifications, reason = "written by the macro that describes a query")]
pub(crate) mod clients;
#[expect(unused_qualifications, reason = "written by the macro that describes a query")]
pub(crate) mod conversations;
mod csv;
pub(crate) mod dashboard;
mod document;
pub(crate) mod knowledge;
pub(crate) mod lead_questions;
#[expect(unused_qualifications, reason = "written by the macro that describes a query")]
pub(crate) mod leads;
#[expect(unused_qualifications, reason = "written by the macro that describes a query")]
pub(crate) mod notifications;
pub(crate) mod plan;
mod recording;
pub(crate) mod session;
pub(crate) mod team;
pub(crate) mod transfer_contacts;
pub(crate) mod voice_preview;
#[expect(unused_qualifications, reason = "written by the macro that describes a query")]
pub(crate) mod widget_config;

use crate::state::AppState;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "StudioConnect",
        description = "The receptionist of a small business: its settings, calls, leads and people. \
            Errors are RFC 9457 problems with a stable `code`.",
        license(name = "MIT", identifier = "MIT")
    ),
    modifiers(&Schemes)
)]
struct Api;

/// A bearer token or a browser's cookie.
struct Schemes;

impl utoipa::Modify for Schemes {
    fn modify(&self, document: &mut Document) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let cookie = ApiKeyValue::new(crate::auth::cookies::ACCESS);
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// All routes with the document that describes them.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    let mut routes = OpenApiRouter::with_openapi(Api::openapi())
        .merge(session::routes())
        .merge(business::routes())
        .merge(agent_config::routes())
        .merge(voice_preview::routes())
        .merge(transfer_contacts::routes())
        .merge(lead_questions::routes())
        .merge(leads::routes())
        .merge(calls::routes())
        .merge(recording::routes())
        .merge(conversations::routes())
        .merge(clients::routes())
        .merge(knowledge::routes())
        .merge(dashboard::routes())
        .merge(team::routes())
        .merge(audit::routes())
        .merge(notifications::routes())
        .merge(plan::routes())
        .merge(widget_config::routes());
    routes.get_openapi_mut().merge(crate::chat::document());
    document::finish(routes.get_openapi_mut());
    routes
}

/// The OpenAPI document.
pub fn document() -> Document {
    routes().into_openapi()
}
