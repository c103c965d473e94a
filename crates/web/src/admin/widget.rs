//! `/admin/widget`: how the chat on the website looks, where it may appear, what visitors agree to, and its tag.

use super::calls::Done;
use super::frame::{Faults, Frame, led_to, page, page_with};
use super::refused::overtaken;
use super::settings::faults_of;
use super::values::Values;
use crate::api::widget_config::{ConsentChange, ThemeChange, WidgetAnswer, WidgetChange, apply, look, own};
use crate::auth::{Admin, Entitlement as _, Viewer};
use crate::input::{Form, Search};
use crate::problem::Problem;
use crate::state::AppState;
use crate::widget::{Carried, TagCheck, preview};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use studioconnect_domain::business::Role;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::rule::Text;
use studioconnect_domain::widget::{self, Color, Mode, Side, Theme};

const WIDGET: &str = "/admin/widget";
const CHECK: &str = "/admin/widget/check";
const PREVIEW: &str = "/admin/widget/preview";
/// What the form holds besides lists.
const FIELDS: [&str; 12] = [
    "enabled",
    "origins",
    "replies",
    "theme.accent",
    "theme.mode",
    "theme.position",
    "theme.radius",
    "theme.launcherText",
    "theme.avatarText",
    "consent.required",
    "consent.text",
    "consent.privacyUrl",
];

pub(super) fn routes() -> Router<AppState> {
    Router::new().route(WIDGET, get(show).post(save)).route(CHECK, post(check))
}

/// The picture beside the form: a page of its own, with a policy of its own.
pub(super) fn preview_routes() -> Router<AppState> {
    Router::new().route(PREVIEW, get(show_preview))
}

#[derive(Template)]
#[template(path = "admin/widget.html")]
struct WidgetPage {
    frame: Frame,
    widget: Values,
    version: u32,
    consent_version: u32,
    faults: Faults,
    may_change: bool,
    is_included: bool,
    has_branding: bool,
    tag: String,
    /// The page that should carry the tag, and what was found there.
    checked: String,
    check: Option<TagCheck>,
    /// Where anybody can try it out.
    hosted: String,
    preview: String,
}

impl WidgetPage {
    fn origin_faults(&self) -> Vec<&str> {
        self.faults.under("allowedOrigins").collect()
    }

    fn reply_faults(&self) -> Vec<&str> {
        self.faults.under("quickReplies").collect()
    }
}

async fn whole(state: &AppState, viewer: &Viewer, done: Option<&str>) -> Result<WidgetPage, Problem> {
    let WidgetAnswer { config, widget_key, version } = own(state, viewer).await?;
    let origins: Vec<&str> = config.allowed_origins.iter().map(widget::Origin::as_str).collect();
    let mut fields = json!(config);
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("origins".into(), origins.join("\n").into());
        fields.insert("replies".into(), config.quick_replies.join("\n").into());
    }
    Ok(WidgetPage {
        frame: Frame::of(state, viewer, "Website chat", WIDGET).await?.with_notice(done),
        widget: Values::of(&fields),
        version,
        consent_version: config.consent.version,
        faults: Faults::default(),
        may_change: viewer.role >= Role::Admin,
        is_included: viewer.includes(Feature::ChatWidget),
        has_branding: !viewer.includes(Feature::BrandingRemoval),
        tag: format!(
            "<script async src=\"{}\" data-key=\"{widget_key}\"></script>",
            state.public.of("/widget.js")
        ),
        checked: String::new(),
        check: None,
        hosted: format!("/chat/{widget_key}"),
        preview: PREVIEW.to_owned(),
    })
}

async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(done): Search<Done>,
) -> Result<Response, Problem> {
    Ok(page(&whole(&state, &viewer, done.done.as_deref()).await?))
}

async fn check(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    let checked = form.text("url").to_owned();
    let outcome = look(&state, &admin, &checked).await;
    let shown = WidgetPage { checked, ..whole(&state, &viewer, None).await? };
    match outcome {
        Ok(found) => Ok(page(&WidgetPage { check: Some(found), ..shown })),
        Err(problem) if problem.code == "invalid" => {
            let faults = Faults(problem.errors);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &WidgetPage { faults, ..shown }))
        }
        Err(problem) => Err(problem),
    }
}

async fn save(
    State(state): State<AppState>,
    admin: Admin,
    viewer: Viewer,
    form: Form,
) -> Result<Response, Problem> {
    admin.needs(Feature::ChatWidget)?;
    let outcome = match read(&form) {
        Ok(given) => apply(&state, &admin, given).await.map(|_| ()),
        Err(problem) => Err(problem),
    };
    let Err(problem) = outcome else { return Ok(led_to(WIDGET, "saved")) };
    let shown = whole(&state, &viewer, None).await?;
    let widget = shown.widget.clone().typed_over(&form, &FIELDS);
    let faults = faults_of(problem, || overtaken(widget.beside(&shown.widget, &FIELDS), "theme.accent"))?;
    Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, &WidgetPage { widget, faults, ..shown }))
}

/// A form as the API takes it; lists stand in it line by line.
fn read(form: &Form) -> Result<WidgetChange, Problem> {
    let text = |name: &str| Some(form.text(name).to_owned());
    let lines = |name: &str| {
        let lines = form.text(name).lines().map(str::trim).filter(|line| !line.is_empty());
        Some(lines.map(str::to_owned).collect())
    };
    let invalid = |fault| Problem::invalid(vec![fault]);
    let theme = ThemeChange {
        accent: text("theme.accent"),
        mode: Some(mode(form.text("theme.mode"))),
        position: Some(side(form.text("theme.position"))),
        // What is no number is refused where numbers are checked.
        radius: serde_json::from_str(form.text("theme.radius"))
            .ok()
            .or_else(|| Some(form.text("theme.radius").into())),
        launcher_text: text("theme.launcherText"),
        avatar_text: text("theme.avatarText"),
    };
    let consent = ConsentChange {
        required: Some(form.ticked("consent.required")),
        text: text("consent.text"),
        privacy_url: text("consent.privacyUrl"),
    };
    Ok(WidgetChange {
        version: Some(form.read("version", "the version that was read").map_err(invalid)?),
        enabled: Some(form.ticked("enabled")),
        allowed_origins: lines("origins"),
        theme: Some(theme),
        quick_replies: lines("replies"),
        consent: Some(consent),
    })
}

fn mode(word: &str) -> Mode {
    match word {
        "light" => Mode::Light,
        "dark" => Mode::Dark,
        _ => Mode::Auto,
    }
}

fn side(word: &str) -> Side {
    if word == "left" { Side::Left } else { Side::Right }
}

/// What stands in the form at this moment; what makes no sense yet is left out.
#[derive(Debug, Deserialize)]
struct Draft {
    #[serde(rename = "theme.accent")]
    accent: Option<String>,
    #[serde(rename = "theme.mode")]
    mode: Option<String>,
    #[serde(rename = "theme.position")]
    position: Option<String>,
    #[serde(rename = "theme.radius")]
    radius: Option<String>,
    #[serde(rename = "theme.launcherText")]
    launcher_text: Option<String>,
    #[serde(rename = "theme.avatarText")]
    avatar_text: Option<String>,
}

async fn show_preview(
    State(state): State<AppState>,
    viewer: Viewer,
    Search(draft): Search<Draft>,
) -> Result<Response, Problem> {
    viewer.needs(Feature::ChatWidget)?;
    let (config, _) = state.store.widget(viewer.tenant()).await?;
    let is_draft = draft.mode.is_some();
    let kept = config.theme;
    let short = |text: Option<String>, rule: &Text, kept: String| match text {
        Some(text) if rule.fault(&text).is_none() => text,
        // An empty field does not stand in the query.
        None if is_draft => String::new(),
        _ => kept,
    };
    let radius = draft.radius.and_then(|text| text.parse().ok());
    let theme = Theme {
        accent: draft.accent.filter(|text| Color::read(text).is_some()).unwrap_or(kept.accent),
        mode: draft.mode.map_or(kept.mode, |word| mode(&word)),
        position: draft.position.map_or(kept.position, |word| side(&word)),
        radius: radius.filter(|radius| *radius <= 24).unwrap_or(kept.radius),
        launcher_text: short(draft.launcher_text, &widget::LAUNCHER_TEXT, kept.launcher_text),
        avatar_text: short(draft.avatar_text, &widget::AVATAR_TEXT, kept.avatar_text),
    };
    Ok(preview(&viewer.business.name, &viewer.business.widget_key, &theme).await)
}
