//! A request that Twilio signed.

use crate::problem::Problem;
use crate::state::{AppState, Phone};
use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, Request};
use studioconnect_connectors::twilio::form::Params;
use studioconnect_connectors::twilio::signature::check_form;

/// The header that carries the signature (protocols/twilio.md, section 2).
pub(crate) const SIGNATURE: &str = "x-twilio-signature";

/// A webhook whose signature is right. There is no other way to get one, so a handler that takes it needs no check.
pub(crate) struct TwilioRequest {
    /// What Twilio says.
    pub(crate) params: Params,
    /// The phone side, which is on when there is a request.
    pub(crate) phone: Phone,
}

impl FromRequest<AppState> for TwilioRequest {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let phone = state.phone.clone().ok_or_else(Problem::phone_off)?;
        let header = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok());
        let signature = header.map(str::to_owned).ok_or_else(Problem::signature_refused)?;
        let uri = request
            .extensions()
            .get::<OriginalUri>()
            .map_or_else(|| request.uri().clone(), |uri| uri.0.clone());
        let body = Bytes::from_request(request, state).await.map_err(|_| Problem::too_large())?;
        let params = Params::parse(&body).map_err(|fault| Problem::bad_request(fault.to_string()))?;
        // Signed is the URL as Twilio knows it, not as a proxy left it.
        let url = phone.public.of(uri.path_and_query().map_or("/", |path| path.as_str()));
        if !check_form(&phone.tokens, &url, params.pairs(), &signature) {
            tracing::warn!(path = uri.path(), "a webhook with a wrong signature was refused");
            return Err(Problem::signature_refused());
        }
        Ok(Self { params, phone })
    }
}
