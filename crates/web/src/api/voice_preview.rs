//! `/api/agent-config/voice-preview`: what a voice sounds like before callers hear it.

use crate::auth::{Admin, Entitlement as _};
use crate::input::Input;
use crate::preview::{self, Sound};
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::plan::Feature;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the sound is.
pub(crate) const WAV: &str = "audio/wav";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(hear))
}

/// Which voice.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PreviewInput {
    /// Its name; the one that is saved when it is not given.
    #[serde(default)]
    pub(crate) voice: Option<String>,
}

/// A WAV file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "the document alone speaks of it")]
pub(crate) struct WavFile(Vec<u8>);

/// Speaks the business's greeting in a voice. The voices are the phone's; the model that speaks previews may not have each
/// of them, and then says so with the code `voice_not_previewed`. Twenty an hour; the same one again within ten minutes does
/// not count.
#[utoipa::path(post, path = "/api/agent-config/voice-preview", tag = "agent", request_body = PreviewInput,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = WavFile, content_type = "audio/wav"),
        (status = 401), (status = 403), (status = 422), (status = 429)))]
pub(crate) async fn hear(
    State(state): State<AppState>,
    admin: Admin,
    Input(given): Input<PreviewInput>,
) -> Result<Response, Problem> {
    let (_, sound) = speak(&state, &admin, given.voice).await?;
    Ok(([(header::CONTENT_TYPE, WAV)], sound.to_vec()).into_response())
}

/// Speaks it; the page does it through this too. The voice that was spoken comes with the sound.
pub(crate) async fn speak(
    state: &AppState,
    admin: &Admin,
    voice: Option<String>,
) -> Result<(String, Sound), Problem> {
    admin.needs(Feature::VoiceConfiguration)?;
    let voice = match voice {
        Some(voice) => voice,
        None => state.store.agent_config(admin.tenant()).await?.voice,
    };
    let chosen = AgentConfig { voice: voice.clone(), ..AgentConfig::default() };
    let faults = chosen.faults();
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let sound = preview::spoken(state, admin, &voice).await?;
    Ok((voice, sound))
}
