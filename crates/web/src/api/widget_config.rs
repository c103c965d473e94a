//! `/api/widget-config`: how the chat on the business's website is set up, for its owner and, the public part, for pages.

use crate::audit::{Changes, differences};
use crate::auth::{Admin, Entitlement as _, Viewer};
use crate::input::{Input, Search, kept};
use crate::problem::Problem;
use crate::state::AppState;
use crate::widget::{PublicWidget, TagCheck, answer_to, asking, check_tag};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashSet;
use studioconnect_domain::Fault;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::widget::{MOST_ORIGINS, Mode, Origin, RADIUS, Side, WidgetConfig};
use studioconnect_store::StoreError;
use url::Url;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest key that is looked up.
const KEY: usize = 100;
/// Times a change that names no version is tried again when another was quicker.
const UNVERSIONED: u32 = 5;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read, change)).routes(routes!(check))
}

/// Whose chat is meant.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// The key in the tag of the page. Without one the business that is signed in is meant.
    key: Option<String>,
}

/// The settings as their owner reads them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WidgetAnswer {
    #[serde(flatten)]
    pub(crate) config: WidgetConfig,
    /// What stands in the tag.
    pub(crate) widget_key: String,
    /// How often they were changed.
    pub(crate) version: u32,
}

/// A change: what is given.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WidgetChange {
    /// The version that was read; without one the change is made whatever anybody else has changed.
    pub(crate) version: Option<u32>,
    /// Whether the chat is there at all.
    pub(crate) enabled: Option<bool>,
    /// Sites that may show it.
    pub(crate) allowed_origins: Option<Vec<String>>,
    /// How it looks.
    pub(crate) theme: Option<ThemeChange>,
    /// Questions that are offered first.
    pub(crate) quick_replies: Option<Vec<String>>,
    /// What a visitor agrees to.
    pub(crate) consent: Option<ConsentChange>,
}

/// What is changed of the looks.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ThemeChange {
    pub(crate) accent: Option<String>,
    pub(crate) mode: Option<Mode>,
    pub(crate) position: Option<Side>,
    #[schema(value_type = Option<u32>)]
    pub(crate) radius: Option<Value>,
    pub(crate) launcher_text: Option<String>,
    pub(crate) avatar_text: Option<String>,
}

/// What is changed of the consent. Its version counts by itself.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConsentChange {
    pub(crate) required: Option<bool>,
    pub(crate) text: Option<String>,
    /// Empty takes it away.
    pub(crate) privacy_url: Option<String>,
}

/// Reads how the chat is set up: with a session all of it, with a `key` what every visitor may know. The latter is for pages
/// of the business's own sites, and refused to others.
#[utoipa::path(get, path = "/api/widget-config", tag = "widget", params(Which),
    security((), ("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = WidgetAnswer), (status = 401), (status = 403), (status = 404)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    Search(which): Search<Which>,
    viewer: Result<Viewer, Problem>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(key) = which.key else {
        return Ok(Json(own(&state, &viewer?).await?).into_response());
    };
    if key.len() > KEY {
        return Err(Problem::not_found());
    }
    let found = state.store.widget_of_key(&key).await?.ok_or_else(Problem::not_found)?;
    let asking = asking(&headers, &found.widget, &state.public)?;
    Ok(answer_to(asking, Json(PublicWidget::of(&found))))
}

/// A page that should carry the tag.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CheckInput {
    /// Its address.
    #[serde(default)]
    pub(crate) url: String,
}

/// Looks whether a page of the business's website carries its tag. Twenty at once, then one every 20 s.
#[utoipa::path(post, path = "/api/widget-config/check", tag = "widget", request_body = CheckInput,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = TagCheck), (status = 401), (status = 403), (status = 422), (status = 429)))]
pub(crate) async fn check(
    State(state): State<AppState>,
    admin: Admin,
    Input(given): Input<CheckInput>,
) -> Result<Json<TagCheck>, Problem> {
    look(&state, &admin, &given.url).await.map(Json)
}

/// Looks whether a page carries the tag; the page of the dashboard does it through this too.
pub(crate) async fn look(state: &AppState, admin: &Admin, url: &str) -> Result<TagCheck, Problem> {
    admin.needs(Feature::ChatWidget)?;
    let fault = |told: &str| Problem::invalid(vec![Fault::new("url", told)]);
    let url = Url::parse(url.trim())
        .map_err(|_| fault("write the whole address, such as https://www.example.com"))?;
    state.sources.fetcher.check(&url).map_err(|reason| fault(&reason.to_string()))?;
    state.visits.count(admin.tenant(), state.clock.now())?;
    Ok(check_tag(state, &url, &admin.business.widget_key).await)
}

/// The owner's view; the page shows it too.
pub(crate) async fn own(state: &AppState, viewer: &Viewer) -> Result<WidgetAnswer, Problem> {
    let (config, version) = state.store.widget(viewer.tenant()).await?;
    Ok(WidgetAnswer { config, widget_key: viewer.business.widget_key.clone(), version })
}

/// Changes how the chat is set up: what is given, the rest stays.
#[utoipa::path(post, path = "/api/widget-config", tag = "widget", request_body = WidgetChange,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = WidgetAnswer), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    admin: Admin,
    Input(given): Input<WidgetChange>,
) -> Result<Json<WidgetAnswer>, Problem> {
    apply(&state, &admin, given).await.map(Json)
}

/// Makes a change; the page does it through this too.
pub(crate) async fn apply(
    state: &AppState,
    admin: &Admin,
    given: WidgetChange,
) -> Result<WidgetAnswer, Problem> {
    admin.needs(Feature::ChatWidget)?;
    let mut attempts = UNVERSIONED;
    loop {
        match attempt(state, admin, &given).await {
            Err(problem) if problem.code == "overtaken" && given.version.is_none() && attempts > 0 => {
                attempts -= 1;
            }
            outcome => return outcome,
        }
    }
}

async fn attempt(state: &AppState, admin: &Admin, given: &WidgetChange) -> Result<WidgetAnswer, Problem> {
    let tenant = admin.tenant();
    let (before, current) = state.store.widget(tenant).await?;
    let config = changed(&before, given)?;
    let widget_key = admin.business.widget_key.clone();
    let (config, version) =
        match state.store.put_widget(tenant, given.version.unwrap_or(current), &config).await {
            Err(StoreError::Overtaken { what }) => {
                let (config, version) = state.store.widget(tenant).await?;
                return Err(Problem::overtaken_by(what, &WidgetAnswer { config, widget_key, version }));
            }
            outcome => outcome?,
        };
    let detail = json!({"version": version, "changes": differences(&before, &config)});
    state.note_change(&admin.0, "widget.changed", detail).await;
    Ok(WidgetAnswer { config, widget_key, version })
}

/// The settings with some of them replaced; every mistake is told.
fn changed(before: &WidgetConfig, given: &WidgetChange) -> Result<WidgetConfig, Problem> {
    let mut config = before.clone();
    let mut faults = Vec::new();
    if let Some(enabled) = given.enabled {
        config.enabled = enabled;
    }
    if let Some(origins) = &given.allowed_origins {
        config.allowed_origins = origins_of(origins, &mut faults);
    }
    if let Some(theme) = &given.theme {
        put(&mut config.theme.accent, theme.accent.as_deref().map(|text| kept(text).to_ascii_lowercase()));
        put(&mut config.theme.mode, theme.mode);
        put(&mut config.theme.position, theme.position);
        if let Some(radius) = &theme.radius {
            match RADIUS.fault_of(radius) {
                Some(says) => faults.push(Fault::new("theme.radius", says)),
                None => put(&mut config.theme.radius, radius.as_u64().map(|radius| radius as u32)),
            }
        }
        put(&mut config.theme.launcher_text, theme.launcher_text.as_deref().map(kept));
        put(&mut config.theme.avatar_text, theme.avatar_text.as_deref().map(kept));
    }
    if let Some(replies) = &given.quick_replies {
        config.quick_replies = replies.iter().map(|text| kept(text)).collect();
    }
    if let Some(consent) = &given.consent {
        put(&mut config.consent.required, consent.required);
        put(&mut config.consent.text, consent.text.as_deref().map(kept));
        let url = consent.privacy_url.as_deref().map(kept);
        put(&mut config.consent.privacy_url, url.map(|url| Some(url).filter(|url| !url.is_empty())));
    }
    faults.extend(config.faults());
    if faults.is_empty() { Ok(config) } else { Err(Problem::invalid(faults)) }
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

/// Reads sites, each once.
fn origins_of(typed: &[String], faults: &mut Vec<Fault>) -> Vec<Origin> {
    if typed.len() > MOST_ORIGINS {
        faults.push(Fault::new("allowedOrigins", format!("name at most {MOST_ORIGINS} sites")));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut origins = Vec::new();
    for (at, text) in typed.iter().enumerate() {
        match Origin::read(text) {
            Ok(origin) if seen.insert(origin.clone()) => origins.push(origin),
            Ok(_) => {}
            Err(says) => faults.push(Fault::new(format!("allowedOrigins[{at}]"), says)),
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(value: Value) -> WidgetChange {
        serde_json::from_value(value).unwrap()
    }

    /// Row 115.
    #[test]
    fn what_is_not_given_stays_and_sites_stand_once_in_their_normal_form() {
        let first = given(json!({
            "allowedOrigins": ["www.example.com", "https://www.example.com/shop", "http://localhost:8080"],
            "theme": {"accent": "#FF0000 ", "position": "left"},
            "consent": {"required": true, "text": " We keep it. ", "privacyUrl": "https://example.com/privacy"},
        }));
        let config = changed(&WidgetConfig::default(), &first).unwrap();
        let origins: Vec<_> = config.allowed_origins.iter().map(Origin::as_str).collect();
        assert_eq!(origins, ["https://www.example.com", "http://localhost:8080"]);
        assert_eq!((config.theme.accent.as_str(), config.theme.position), ("#ff0000", Side::Left));
        let second = given(json!({"theme": {"radius": 4}, "consent": {"privacyUrl": ""}}));
        let after = changed(&config, &second).unwrap();
        assert_eq!((after.theme.radius, after.theme.accent.as_str()), (4, "#ff0000"));
        assert_eq!((after.consent.privacy_url, after.consent.text.as_str()), (None, "We keep it."));
        assert_eq!(after.allowed_origins, config.allowed_origins);
    }

    #[test]
    fn every_mistake_is_told_with_its_field() {
        let wrong = given(json!({
            "allowedOrigins": ["https://www.example.com", "http://example.com"],
            "theme": {"accent": "red", "radius": 0.5},
            "quickReplies": [""],
            "consent": {"required": true},
        }));
        let problem = changed(&WidgetConfig::default(), &wrong).unwrap_err();
        let mut fields: Vec<_> = problem.errors.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            ["allowedOrigins[1]", "consent.text", "quickReplies[0]", "theme.accent", "theme.radius"]
        );
        let many = given(json!({"allowedOrigins": vec!["x"; 21]}));
        assert_eq!(changed(&WidgetConfig::default(), &many).unwrap_err().errors.len(), 1);
    }
}
