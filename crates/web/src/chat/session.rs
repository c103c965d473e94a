//! `POST /api/chat`: a page with a business's key begins a conversation.

use super::front::Front;
use super::hub::EventId;
use super::{origin, words};
use crate::auth::Address;
use crate::input::Input;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use studioconnect_domain::Fault;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::conversation::{Conversation, QuickReply, Role, plain_text};
use studioconnect_domain::ids::ConversationId;
use studioconnect_domain::widget::Consent;
use studioconnect_store::Said;
use utoipa::ToSchema;

/// Longest address of a page that is kept, in characters; what is beyond is cut off.
const PAGE_URL: usize = 1_000;
/// Longest key that is looked for.
const KEY: usize = 100;

/// What a page says to begin.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BeginInput {
    /// The business's key.
    key: String,
    /// Where the visitor is.
    #[serde(default)]
    page_url: Option<String>,
    /// The visitor's language, such as `es-MX`.
    #[serde(default)]
    language: Option<String>,
    /// The version of the text that the visitor agreed to.
    #[serde(default)]
    consent_version: Option<u32>,
    /// Taken and not used: visitors are not told apart by it.
    #[serde(default, rename = "identity")]
    #[schema(value_type = Option<String>)]
    _identity: Option<serde_json::Value>,
}

/// What a conversation begins with.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BegunAnswer {
    session_id: ConversationId,
    /// To be shown as `Authorization: Bearer`; never in an address.
    token: String,
    expires_at: DateTime<Utc>,
    greeting: String,
    show_branding: bool,
    business_name: String,
    agent_name: String,
    /// The language we speak.
    language: String,
    quick_replies: Vec<QuickReply>,
    /// Whether the business is open.
    is_open: bool,
    /// What a visitor is told after hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    consent: Consent,
    /// Where streams begin.
    last_event_id: String,
}

/// Begins a conversation.
#[utoipa::path(post, path = "/api/chat", tag = "chat", request_body = BeginInput,
    responses((status = 200, body = BegunAnswer), (status = 403), (status = 404), (status = 413), (status = 422),
        (status = 429)))]
pub(crate) async fn begin(
    State(state): State<AppState>,
    Address(address): Address,
    headers: HeaderMap,
    Input(given): Input<BeginInput>,
) -> Result<Response, Problem> {
    let origin = origin::named(&headers).ok_or_else(Problem::origin_refused)?;
    // Whose key it is costs a look-up, also when it is nobody's.
    state.chat.limits().ask(&address, state.clock.now())?;
    let key = given.key.trim();
    let front = if key.len() <= KEY { Front::of_key(&state, key).await? } else { None };
    let front = front.ok_or_else(Problem::not_found)?;
    if !front.allows(&state, origin) {
        return Err(Problem::origin_refused());
    }
    let begun = begun(&state, &front, (origin, &address), given).await;
    let mut response = match begun {
        Ok(begun) => (StatusCode::OK, Json(begun)).into_response(),
        Err(problem) => problem.into_response(),
    };
    origin::allow(response.headers_mut(), origin);
    Ok(response)
}

async fn begun(
    state: &AppState,
    front: &Front,
    (origin, address): (&str, &str),
    given: BeginInput,
) -> Result<BegunAnswer, Problem> {
    let business = &front.business;
    if !front.is_on() {
        return Err(Problem::chat_off());
    }
    let now = state.clock.now();
    state.chat.limits().begin(business.id, address, now)?;
    if front.config.consent.required && given.consent_version != Some(front.config.consent.version) {
        let fault = Fault::new("consentVersion", "the visitor has to agree to the text as it is now");
        return Err(Problem::invalid(vec![fault]));
    }
    let config = state.store.agent_config(business.id).await?;
    let language = language_of(given.language.as_deref(), &config);
    let greeting = match config.welcome_message.trim() {
        "" => words::greeting(&business.name, &language),
        own => own.replace("{businessName}", &business.name),
    };
    let quick_replies =
        front.config.quick_replies.iter().map(|text| QuickReply { text: text.clone(), value: None });
    let conversation = Conversation {
        page_url: given.page_url.map(|page| plain_text(&page).chars().take(PAGE_URL).collect()),
        consent_version: given.consent_version.map(|version| version.to_string()),
        quick_replies: quick_replies.collect(),
        ..Conversation::begun(business.id, origin, &language, now)
    };
    let signed = state.chat.tokens.issue(business.id, conversation.id, origin, now);
    let (token, expires_at) = signed.ok_or_else(Problem::internal)?;
    state.store.begin_conversation(&conversation).await?;
    let said = state.store.say(business.id, conversation.id, &Said::by(Role::Agent, &greeting, now)).await?;
    Ok(BegunAnswer {
        session_id: conversation.id,
        token,
        expires_at,
        greeting,
        show_branding: front.shows_branding(),
        business_name: business.name.clone(),
        agent_name: config.agent_name,
        notice: words::after_hours(business, now, &language),
        is_open: business.hours.is_open(now, business.zone()),
        language,
        quick_replies: conversation.quick_replies,
        consent: front.config.consent.clone(),
        last_event_id: EventId::end_of(said.message.seq).to_string(),
    })
}

/// The language of a conversation: what the visitor's browser says, else the agent's.
fn language_of(given: Option<&str>, config: &AgentConfig) -> String {
    let own = || if config.language.is_empty() { "en" } else { config.language.as_str() };
    let given =
        given.and_then(|given| given.split(['-', '_']).next()).unwrap_or_default().to_ascii_lowercase();
    let is_code = (2..=3).contains(&given.len()) && given.bytes().all(|letter| letter.is_ascii_lowercase());
    if is_code { given } else { own().to_owned() }
}
