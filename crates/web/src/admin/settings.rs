//! `/admin/settings`: the business and its agent.

use super::calls::Done;
use super::frame::{Faults, Frame, led_to, page, page_with};
use super::opening;
use super::refused::{Overtaken, overtaken};
use super::values::{Values, json_of};
use super::words;
use crate::api::agent_config::apply as apply_agent;
use crate::api::business::{BusinessChange, apply as apply_business};
use crate::auth::{Admin, Viewer};
use crate::input::{Form, Search};
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use studioconnect_domain::agent::{self, DEFAULT_GREETING};
use studioconnect_domain::business::{self, BusinessNumber, Role};
use studioconnect_domain::plan::Feature;

const SETTINGS: &str = "/admin/settings";

/// What the agent's form on the settings page holds.
const AGENT_FIELDS: [&str; 7] = [
    "agentName",
    "personaPrompt",
    "welcomeMessage",
    "voiceGreetingMessage",
    "voiceUnavailableMessage",
    "language",
    "chatBudgetCents",
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

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route(SETTINGS, get(show))
        .route("/admin/settings/agent", post(save_agent))
        .route("/admin/settings/business", post(save_business))
        .route("/admin/settings/hours", post(save_hours))
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
    /// What models in the chat have cost today, in cents.
    spent_today: String,
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

async fn whole(state: &AppState, viewer: &Viewer, done: Option<&str>) -> Result<SettingsPage, Problem> {
    let business = &viewer.business;
    let (config, agent_version) = state.store.versioned_agent_config(viewer.tenant()).await?;
    let fields = json!({"name": business.name, "type": business.kind, "timezone": business.timezone,
        "region": business.region, "website": business.website, "address": business.address});
    let today = state.clock.now().with_timezone(&business.zone()).date_naive();
    let spent = state.store.model_use(viewer.tenant(), today).await?;
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
        spent_today: format!("{:.1}", spent.cost_micros as f64 / 10_000.0),
    })
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
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
    let shown = whole(&state, &viewer, None).await?;
    let agent = shown.agent.clone().typed_over(&form, &names);
    let faults = faults_of(problem, || overtaken(agent.beside(&shown.agent, &names), "agentName"))?;
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &SettingsPage { agent, faults, ..shown }))
}

/// Changes the agent by a form of some of its settings.
pub(super) async fn change_agent(
    state: &AppState,
    admin: &Admin,
    form: &Form,
    names: &[&str],
) -> Result<(), Problem> {
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
    let shown = whole(&state, &viewer, None).await?;
    let business = shown.business.clone().typed_over(&form, &BUSINESS_FIELDS);
    let faults =
        faults_of(problem, || overtaken(business.beside(&shown.business, &BUSINESS_FIELDS), "name"))?;
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
    let shown = whole(&state, &viewer, None).await?;
    let faults = faults_of(problem, || overtaken_hours(&shown, &typed, &holidays))?;
    let days = opening::DAYS.into_iter().zip(typed).collect();
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &SettingsPage { days, holidays, faults, ..shown }))
}

fn overtaken_hours(shown: &SettingsPage, typed: &[String], holidays: &str) -> Faults {
    let names: Vec<String> = (0..7).map(|day| format!("hours.week[{day}]")).collect();
    let days = names.iter().zip(typed).zip(&shown.days).map(|((field, typed), (_, current))| Overtaken {
        field,
        typed: typed.clone(),
        current: current.clone(),
    });
    let others = Overtaken {
        field: "hours.holidays",
        typed: holidays.replace('\r', ""),
        current: shown.holidays.clone(),
    };
    overtaken(days.chain([others]), "hours")
}

/// What is shown beside fields; any other problem is a page of its own.
pub(super) fn faults_of(problem: Problem, overtaken: impl FnOnce() -> Faults) -> Result<Faults, Problem> {
    match problem.code {
        "invalid" => Ok(Faults(problem.errors)),
        "overtaken" => Ok(overtaken()),
        _ => Err(problem),
    }
}
