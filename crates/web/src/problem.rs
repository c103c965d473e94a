//! Errors as RFC 9457 problems: what happened, for the caller; the cause goes to the log.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use studioconnect_domain::Fault;
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::Feature;
use studioconnect_store::StoreError;

/// An answer that is not what was asked for.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
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
    /// What the plan would have to include.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<Feature>,
    /// How the thing stands now that somebody else has changed it, as it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub current: Option<Box<Value>>,
    /// Seconds after which another attempt is looked at.
    #[serde(skip)]
    pub retry_after: Option<i64>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self {
            code,
            title,
            status: status.as_u16(),
            detail: None,
            errors: Vec::new(),
            feature: None,
            current: None,
            retry_after: None,
        }
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

    /// Nobody is signed in.
    pub fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed_out", "Sign in first.")
    }

    /// Somebody was signed in, and is no longer.
    pub fn session_expired() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "session_expired", "The session is over; sign in again.")
    }

    /// A token that is not ours.
    pub fn token_refused() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "token_refused", "The token is not valid here.")
    }

    /// Unknown mail or wrong password: nobody is told which.
    pub fn wrong_credentials() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "wrong_credentials",
            "The mail address and the password do not belong together.",
        )
    }

    /// The password is right, and a code is wanted too.
    pub fn second_factor_required() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "second_factor_required",
            "Send the code of your authenticator app, or a recovery code, as `code`.",
        )
    }

    /// A code that is wrong, or was used.
    pub fn wrong_second_factor() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "wrong_second_factor",
            "The code is not right, or has been used already; wait for the next one.",
        )
    }

    /// Wrong too often.
    pub fn too_many_attempts(wait_seconds: i64) -> Self {
        let problem = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_attempts",
            "There were too many wrong attempts from here or for this account.",
        );
        Self {
            detail: Some(format!("Try again in {wait_seconds} s.")),
            retry_after: Some(wait_seconds),
            ..problem
        }
    }

    /// Many questions in a short time.
    pub fn asked_too_often(title: &'static str, wait_seconds: i64) -> Self {
        Self { title, ..Self::too_many_attempts(wait_seconds) }
    }

    /// The same with what else there is to say.
    #[must_use]
    pub fn saying(self, detail: String) -> Self {
        Self { detail: Some(detail), ..self }
    }

    /// Many addresses visited in a short time.
    pub fn visited_too_often(wait_seconds: i64) -> Self {
        Self { title: "You have had many pages read already.", ..Self::too_many_attempts(wait_seconds) }
    }

    /// Whoever asks may not.
    pub fn role_refused(least: Role) -> Self {
        let problem = Self::new(StatusCode::FORBIDDEN, "role_refused", "You may not do this here.");
        let role = match least {
            Role::Viewer => "a member",
            Role::Member => "a member who works with leads",
            Role::Admin => "an admin",
            Role::Owner => "the owner",
        };
        Self { detail: Some(format!("It takes {role} of the business.")), ..problem }
    }

    /// The business's plan does not include this.
    pub fn plan_upgrade_required(feature: Feature) -> Self {
        let problem = Self::new(
            StatusCode::FORBIDDEN,
            "plan_upgrade_required",
            "The business's plan does not include this.",
        );
        let plan = feature.since();
        Self {
            detail: Some(format!("{} comes with the plan {plan}.", feature.title())),
            feature: Some(feature),
            ..problem
        }
    }

    /// A page of another site sent this.
    pub fn cross_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "cross_site", "The request was sent by a page of another site.")
    }

    /// A page that may not show this chat.
    pub fn origin_refused() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "origin_refused",
            "The page that asks is not on the list of sites of this chat.",
        )
    }

    /// There is no chat at the moment.
    pub fn chat_off() -> Self {
        Self::new(StatusCode::FORBIDDEN, "chat_off", "This chat is switched off.")
    }

    /// A visitor says, begins or holds open more than fits.
    pub fn said_too_much(wait_seconds: i64) -> Self {
        let problem =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_messages", "This is more than fits at once.");
        Self {
            detail: Some(format!("Try again in {wait_seconds} s.")),
            retry_after: Some(wait_seconds),
            ..problem
        }
    }

    /// A conversation that has become too long to go on.
    pub fn conversation_full() -> Self {
        Self::new(StatusCode::CONFLICT, "conversation_full", "This conversation is full; begin another one.")
    }

    /// Somebody else answers the visitor, or nobody does.
    pub fn not_yours_to_answer() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "not_taken_over",
            "Take the conversation over before you answer in it.",
        )
    }

    /// Fields are at fault.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields are not right.");
        Self { errors, ..problem }
    }

    /// Something that must be unique is taken.
    pub fn conflict(what: &str) -> Self {
        let problem = Self::new(StatusCode::CONFLICT, "conflict", "This is taken already.");
        Self { detail: Some(format!("This {what} is already taken.")), ..problem }
    }

    /// An idempotency key came with another request than before.
    pub fn key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "key_reused",
            "This Idempotency-Key was sent with another request before; use a new one.",
        )
    }

    /// The same request is being answered at this moment.
    pub fn still_at_it() -> Self {
        let problem =
            Self::new(StatusCode::CONFLICT, "in_progress", "The same request is being answered; ask again.");
        Self { retry_after: Some(1), ..problem }
    }

    /// The plan asks no more questions.
    pub fn question_limit(limit: u32) -> Self {
        let problem = Self::plan_upgrade_required(Feature::UnlimitedQuestions);
        Self { detail: Some(format!("The plan asks {limit} questions, and there are as many.")), ..problem }
    }

    /// Somebody else changed it meanwhile.
    pub fn overtaken(what: &str) -> Self {
        let problem =
            Self::new(StatusCode::CONFLICT, "overtaken", "Somebody else has changed this meanwhile.");
        Self { detail: Some(format!("Read the {what} again and repeat your change.")), ..problem }
    }

    /// The same, with what they have made of it.
    pub fn overtaken_by(what: &str, current: &impl Serialize) -> Self {
        Self { current: Some(Box::new(as_sent(current))), ..Self::overtaken(what) }
    }

    /// A link of a mail that does not work any more.
    pub fn link_used() -> Self {
        Self::new(
            StatusCode::GONE,
            "link_used",
            "This link was used already, or has run out; ask for another.",
        )
    }

    /// A part of a file was asked for that it does not have.
    pub fn range_refused() -> Self {
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_refused", "The file has no such part.")
    }

    /// Too late, or done already.
    pub fn nothing_to_undo() -> Self {
        Self::new(StatusCode::GONE, "nothing_to_undo", "This can no longer be taken back.")
    }

    /// A mail could not be sent.
    pub fn mail_failed() -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "mail_failed",
            "The mail could not be sent; the mail server's settings need a look.",
        )
    }

    /// There is no model to speak with.
    pub fn no_model() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "no_model",
            "This installation has no model, so nothing can be spoken here.",
        )
    }

    /// There is no model that makes vectors, or no place for them.
    pub fn no_vectors() -> Self {
        let title = "This installation has no model for it, so documents are found by their words alone.";
        Self { title, ..Self::no_model() }
    }

    /// Files are read a few at a time.
    pub fn reading_busy() -> Self {
        let title = "Too many files are being read at the moment; try again in a minute.";
        Self { title, retry_after: Some(60), ..Self::unavailable() }
    }

    /// The speech model does not know a voice of the phone's.
    pub fn voice_not_previewed() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "voice_not_previewed",
            "The model that speaks previews does not have this voice. Calls may have it all the same.",
        )
    }

    /// Previews do not work on this installation until somebody mends it.
    pub fn preview_off() -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "preview_off",
            "Voices cannot be heard here at the moment; whoever runs this installation has been told why.",
        )
    }

    /// The speech model did not answer.
    pub fn preview_failed() -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "preview_failed",
            "The voice could not be heard just now; try again in a moment.",
        )
    }

    /// Many previews in a short time.
    pub fn heard_too_often(wait_seconds: i64) -> Self {
        let title = "You have listened to many voices already.";
        let problem = Self::too_many_attempts(wait_seconds);
        Self {
            title,
            detail: Some(format!("Try again in {} min.", wait_seconds.div_euclid(60) + 1)),
            ..problem
        }
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

    /// It took too long.
    pub fn timed_out() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timed_out",
            "This took too long and was given up; it may have been done all the same.",
        )
    }

    /// What a part of others refused with no more than a status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let problem = match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::method_not_allowed(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Self::timed_out(),
            StatusCode::SERVICE_UNAVAILABLE => Self::unavailable(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(status, "unsupported_media_type", "This kind of body is not read here.")
            }
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                Self::new(status, "headers_too_large", "The request's headers are larger than what is read.")
            }
            status if status.is_server_error() => Self::internal(),
            _ => Self::bad_request("It was refused before it was looked at."),
        };
        Self { status: status.as_u16(), ..problem }
    }

    pub(crate) fn into_response_parts(self) -> Response<Body> {
        self.into_response()
    }
}

/// A thing as programs read it. It goes by way of its text: a number of single precision would show digits of double
/// precision otherwise.
pub(crate) fn as_sent(thing: &impl Serialize) -> Value {
    let text = serde_json::to_string(thing).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Pages show problems in their own way.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Conflict { what } => Self::conflict(what),
            StoreError::Missing { .. } => Self::not_found(),
            StoreError::Invalid(faults) => Self::invalid(faults),
            StoreError::Overtaken { what } => Self::overtaken(what),
            StoreError::Corrupt { .. } => {
                tracing::error!(%fault, "a row cannot be read");
                Self::internal()
            }
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the database cannot be used");
                Self::unavailable()
            }
        }
    }
}
