//! `/admin/voice`: how the agent sounds and listens, and whom it may connect callers to.

use super::calls::Done;
use super::contacts::ContactsPart;
use super::frame::{Faults, Frame, led_to, page, page_with};
use super::refused::overtaken;
use super::settings::{change_agent, faults_of};
use super::values::Values;
use super::words;
use crate::api::voice_preview::speak;
use crate::auth::{Admin, Entitlement as _, Viewer};
use crate::input::{Form, Id, Search};
use crate::preview;
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;
use studioconnect_domain::agent::{self, VOICES};
use studioconnect_domain::business::Role;
use studioconnect_domain::contact;
use studioconnect_domain::plan::Feature;

/// The page.
pub(super) const VOICE: &str = "/admin/voice";

/// What the form holds.
const VOICE_FIELDS: [&str; 14] = [
    "voice",
    "vad.type",
    "vad.threshold",
    "vad.prefixPaddingMs",
    "vad.silenceDurationMs",
    "vad.eagerness",
    "interruptionDelayMs",
    "maxResponseTokens",
    "noiseReduction",
    "suppressNoiseLocally",
    "maxCallSeconds",
    "spendCapCents",
    "silenceNudgeMs",
    "recordWords",
];
const EAGERNESS: [(&str, &str); 4] = [
    ("auto", "As the model thinks"),
    ("low", "Waits up to 8 s"),
    ("medium", "Waits up to 4 s"),
    ("high", "Waits up to 2 s"),
];

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(VOICE, get(show_voice).post(save_voice))
        .route("/admin/voice/preview", post(hear_voice))
        .route("/admin/voice/preview/{voice}", get(play_voice))
}

#[derive(Template)]
#[template(path = "admin/voice.html")]
pub(super) struct VoicePage {
    frame: Frame,
    agent: Values,
    version: u32,
    faults: Faults,
    may_change: bool,
    is_included: bool,
    has_model: bool,
    preview: Preview,
    pub(super) contacts: ContactsPart,
}

/// A voice that was asked for without script.
#[derive(Clone, Debug, Default)]
struct Preview {
    /// Which.
    voice: Option<String>,
    /// Where it can be heard.
    player: Option<String>,
    /// Why it cannot.
    fault: Option<String>,
}

impl VoicePage {
    /// The voice that is offered to be heard.
    fn heard(&self) -> &str {
        self.preview.voice.as_deref().unwrap_or_else(|| self.agent.get("voice"))
    }

    fn hears(&self, voice: &str) -> bool {
        self.heard() == voice
    }
}

pub(super) async fn voice_page(
    state: &AppState,
    viewer: &Viewer,
    done: Option<&str>,
) -> Result<VoicePage, Problem> {
    let (config, version) = state.store.versioned_agent_config(viewer.tenant()).await?;
    Ok(VoicePage {
        frame: Frame::of(state, viewer, "Voice", VOICE).await?.with_notice(done),
        agent: Values::of(&json!(config)),
        version,
        faults: Faults::default(),
        may_change: viewer.role >= Role::Admin,
        is_included: viewer.includes(Feature::VoiceConfiguration),
        has_model: state.model.is_some(),
        preview: Preview::default(),
        contacts: ContactsPart::of(state, viewer).await?,
    })
}

async fn show_voice(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    Ok(page(&voice_page(&state, &viewer, done.done.as_deref()).await?))
}

async fn save_voice(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    admin.needs(Feature::VoiceConfiguration)?;
    let Err(problem) = change_agent(&state, &admin, &form, &VOICE_FIELDS).await else {
        return Ok(led_to(VOICE, "saved"));
    };
    let shown = voice_page(&state, &viewer, None).await?;
    let agent = shown.agent.clone().typed_over(&form, &VOICE_FIELDS);
    let faults = faults_of(problem, || overtaken(agent.beside(&shown.agent, &VOICE_FIELDS), "voice"))?;
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &VoicePage { agent, faults, ..shown }))
}

/// Without script: has a voice speak, and shows the page with a player.
async fn hear_voice(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let outcome = speak(&state, &admin, Some(form.text("voice").to_owned())).await;
    let shown = voice_page(&state, &viewer, None).await?;
    let voice = Some(form.text("voice").to_owned());
    let (status, preview) = match outcome {
        Ok((spoken, _)) => {
            let player = Some(format!("/admin/voice/preview/{spoken}"));
            (StatusCode::OK, Preview { voice, player, fault: None })
        }
        Err(problem) if problem.code == "plan_upgrade_required" => return Err(problem),
        Err(problem) => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY);
            let beside = problem.errors.into_iter().map(|fault| fault.message);
            let fault = std::iter::once(problem.title.to_owned()).chain(problem.detail).chain(beside);
            let fault = Some(fault.collect::<Vec<_>>().join(" "));
            let voice = voice.filter(|voice| VOICES.contains(&voice.as_str()));
            (status, Preview { voice, player: None, fault })
        }
    };
    Ok(page_with(status, &VoicePage { preview, ..shown }))
}

/// The sound of a voice that has just spoken.
async fn play_voice(
    State(state): State<AppState>,
    admin: Admin,
    Id(voice): Id<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    admin.needs(Feature::VoiceConfiguration)?;
    let sound = preview::kept(&state, &admin, &voice).await?;
    Ok(preview::played(&sound, headers.get(header::RANGE)))
}
