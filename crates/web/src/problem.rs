//! Errors as RFC 9457 problems: what happened, for the caller; the cause goes to the log.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use studioconnect_domain::Fault;

/// An answer that is not what was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// Stable name of the kind of problem.
    pub code: &'static str,
    /// A sentence about the kind.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// A sentence about this case, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { code, title, status: status.as_u16(), detail: None, errors: Vec::new() }
    }

    /// There is nothing at this address.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
    }

    /// The address does not take this method.
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This address does not take this method.",
        )
    }

    /// The request was not signed by the phone network.
    pub fn signature_refused() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "signature_refused",
            "The request is not signed with this account's auth token over this installation's public URL.",
        )
    }

    /// No phone is set up.
    pub fn phone_off() -> Self {
        Self::new(StatusCode::FORBIDDEN, "phone_off", "The phone side is not set up on this installation.")
    }

    /// The body is larger than what is read.
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is larger than what is read here.")
    }

    /// The request cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::BAD_REQUEST, "bad_request", "The request cannot be understood.");
        Self { detail: Some(detail.into()), ..problem }
    }

    /// Our fault.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side.")
    }

    /// The database or another part is away.
    pub fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "This cannot be done at the moment; try again.",
        )
    }

    pub(crate) fn into_response_parts(self) -> Response<Body> {
        self.into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}
