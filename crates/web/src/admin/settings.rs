//! `/admin/settings` and `/admin/voice`: the business, its agent, and how the agent listens.

use super::calls::Done;
use super::frame::{Faults, Frame, page, page_with};
use super::opening;
use super::values::{Values, json_of};
use crate::api::agent_config::apply as apply_agent;
use crate::api::business::{BusinessChange, apply as apply_business};
use crate::auth::{Admin, Entitlement as _, Viewer};
use crate::input::Form;
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use studioconnect_domain::Fault;
use studioconnect_domain::agent::{self, DEFAULT_GREETING, VOICES};
use studioconnect_domain::business::{self, BusinessNumber, Role};
use studioconnect_domain::plan::Feature;

const SETTINGS: &str = "/admin/settings";
const VOICE: &str = "/admin/voice";

/// What the agent's form on the settings page holds.
const AGENT_FIELDS: [&str; 6] = [
    "agentName",
    "personaPrompt",
    "welcomeMessage",
    "voiceGreetingMessage",
    "voiceUnavailableMessage",
    "language",
];
/// The voice page's.
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
const BUSINESS_FIELDS: [&str; 6] = ["name", "type", "timezone", "region", "website", "address"];
const LANGUAGES: [(&str, &str); 7] = [
    ("", "The caller’s"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("de", "German"),
    ("it", "Italian"),
    ("pt", "Portuguese"),
];

const EAGERNESS: [(&str, &str); 4] = [
    ("auto", "As the model thinks"),
    ("low", "Waits up to 8 s"),
    ("medium", "Waits up to 4 s"),
    ("high", "Waits up to 2 s"),
];

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(SETTINGS, get(show))
        .route("/admin/settings/agent", post(save_agent))
        .route("/admin/settings/business", post(save_business))
        .route("/admin/settings/hours", post(save_hours))
        .route(VOICE, get(show_voice).post(save_voice))
}

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct SettingsPage {
    frame: Frame,
    agent: Values,
    agent_version: u32,
    business: Values,
    business_version: u32,
    days: Vec<(&'static str, String)>,
    holidays: String,
    numbers: Vec<BusinessNumber>,
    zones: Vec<&'static str>,
    faults: Faults,
    may_change: bool,
    has_voice: bool,
}

impl SettingsPage {
    /// The greeting as callers hear it.
    fn greeting(&self) -> String {
        let typed = self.agent.get("welcomeMessage").trim();
        let text = if typed.is_empty() { DEFAULT_GREETING } else { typed };
        text.replace("{businessName}", &self.frame.business)
    }

    fn day_fault(&self, day: &usize) -> Option<&str> {
        self.faults.of(&format!("hours.week[{day}]"))
    }
}

#[derive(Template)]
#[template(path = "admin/voice.html")]
struct VoicePage {
    frame: Frame,
    agent: Values,
    version: u32,
    faults: Faults,
    may_change: bool,
    is_included: bool,
}

async fn whole(state: &AppState, viewer: &Viewer, done: Option<&str>) -> Result<SettingsPage, Problem> {
    let business = &viewer.business;
    let (config, agent_version) = state.store.versioned_agent_config(viewer.tenant()).await?;
    let fields = json!({"name": business.name, "type": business.kind, "timezone": business.timezone,
        "region": business.region, "website": business.website, "address": business.address});
    let days = opening::DAYS.iter().zip(&business.hours.week);
    Ok(SettingsPage {
        frame: Frame::of(state, viewer, "Settings", SETTINGS).await?.with_notice(done),
        agent: Values::of(&json!(config)),
        agent_version,
        business: Values::of(&fields),
        business_version: business.version,
        days: days.map(|(name, stretches)| (*name, opening::day_text(stretches))).collect(),
        holidays: opening::holidays_text(&business.hours),
        numbers: state.store.list_numbers(viewer.tenant()).await?,
        zones: chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect(),
        faults: Faults::default(),
        may_change: viewer.role >= Role::Admin,
        has_voice: viewer.includes(Feature::VoiceConfiguration),
    })
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    Ok(page(&whole(&state, &viewer, done.done.as_deref()).await?))
}

async fn save_agent(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    // A plan without the phone's settings has no such fields on its page.
    let names: Vec<&str> = AGENT_FIELDS.into_iter().filter(|name| form.ticked(name)).collect();
    let outcome = change_agent(&state, &admin, &form, &names).await;
    let Err(problem) = outcome else { return Ok(led_to(SETTINGS, "saved")) };
    let faults = faults_of(problem, "agentName")?;
    let shown = whole(&state, &viewer, None).await?;
    let agent = shown.agent.clone().typed_over(&form, &names);
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &SettingsPage { agent, faults, ..shown }))
}

/// Changes the agent by a form of some of its settings.
async fn change_agent(state: &AppState, admin: &Admin, form: &Form, names: &[&str]) -> Result<(), Problem> {
    let stored = json!(state.store.agent_config(admin.tenant()).await?);
    let mut given = json_of(form, names, &stored);
    let version: u32 =
        form.read("version", "the version that was read").map_err(|fault| Problem::invalid(vec![fault]))?;
    given.insert("version".into(), Value::from(version));
    apply_agent(state, admin, given).await.map(|_| ())
}

async fn save_business(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let text = |name: &str| Some(form.text(name).to_owned());
    let given = BusinessChange {
        version: form.text("version").parse().unwrap_or(u32::MAX),
        name: text("name"),
        kind: text("type"),
        timezone: text("timezone"),
        region: text("region"),
        website: text("website"),
        address: text("address"),
        hours: None,
    };
    let Err(problem) = apply_business(&state, &admin, given).await else {
        return Ok(led_to(SETTINGS, "saved"));
    };
    let faults = faults_of(problem, "name")?;
    let shown = whole(&state, &viewer, None).await?;
    let business = shown.business.clone().typed_over(&form, &BUSINESS_FIELDS);
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &SettingsPage { business, faults, ..shown }))
}

async fn save_hours(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let typed: Vec<String> = (0..7).map(|day| form.text(&format!("day{day}")).to_owned()).collect();
    let holidays = form.text("holidays").to_owned();
    let outcome = match opening::read(typed.iter().map(String::as_str), &holidays) {
        Ok(hours) => {
            let version = form.text("version").parse().unwrap_or(u32::MAX);
            let given = BusinessChange { version, hours: Some(hours), ..BusinessChange::default() };
            apply_business(&state, &admin, given).await.map(|_| ())
        }
        Err(faults) => Err(Problem::invalid(faults)),
    };
    let Err(problem) = outcome else { return Ok(led_to(SETTINGS, "saved")) };
    let faults = faults_of(problem, "hours")?;
    let shown = whole(&state, &viewer, None).await?;
    let days = opening::DAYS.into_iter().zip(typed).collect();
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &SettingsPage { days, holidays, faults, ..shown }))
}

async fn voice_page(state: &AppState, viewer: &Viewer, done: Option<&str>) -> Result<VoicePage, Problem> {
    let (config, version) = state.store.versioned_agent_config(viewer.tenant()).await?;
    Ok(VoicePage {
        frame: Frame::of(state, viewer, "Voice", VOICE).await?.with_notice(done),
        agent: Values::of(&json!(config)),
        version,
        faults: Faults::default(),
        may_change: viewer.role >= Role::Admin,
        is_included: viewer.includes(Feature::VoiceConfiguration),
    })
}

async fn show_voice(
    State(state): State<AppState>,
    viewer: Viewer,
    Query(done): Query<Done>,
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
    let faults = faults_of(problem, "voice")?;
    let shown = voice_page(&state, &viewer, None).await?;
    let agent = shown.agent.clone().typed_over(&form, &VOICE_FIELDS);
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &VoicePage { agent, faults, ..shown }))
}

/// What is shown beside fields; any other problem is a page of its own.
fn faults_of(problem: Problem, first: &str) -> Result<Faults, Problem> {
    match problem.code {
        "invalid" => Ok(Faults(problem.errors)),
        "overtaken" => Ok(Faults(vec![Fault::new(
            first,
            "somebody else has changed these settings meanwhile; yours are still here: save again to keep them",
        )])),
        _ => Err(problem),
    }
}

fn led_to(page: &str, done: &str) -> Response {
    Redirect::to(&format!("{page}?done={done}")).into_response()
}
