//! `/api/agent-config`: how the agent sounds and behaves.

use crate::audit::{Changes, differences};
use crate::auth::{Admin, Entitlement as _, Viewer};
use crate::input::Input;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value, json};
use studioconnect_domain::Fault;
use studioconnect_domain::agent::{AgentConfig, NUMBERS};
use studioconnect_domain::plan::Feature;
use studioconnect_store::StoreError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Settings that only matter to the voice agent, each with the feature that lets a business change it.
const GATED: [(&str, Feature); 9] = [
    ("voice", Feature::VoiceConfiguration),
    ("interruptionDelayMs", Feature::VoiceConfiguration),
    ("noiseReduction", Feature::VoiceConfiguration),
    ("suppressNoiseLocally", Feature::VoiceConfiguration),
    ("maxCallSeconds", Feature::VoiceConfiguration),
    ("spendCapCents", Feature::VoiceConfiguration),
    ("silenceNudgeMs", Feature::VoiceConfiguration),
    ("voiceGreetingMessage", Feature::VoiceConfiguration),
    ("vad", Feature::VoiceActivityDetection),
];

/// Times a change that names no version is tried again when another was quicker.
const UNVERSIONED: u32 = 5;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read, change))
}

/// The settings, and how often they were changed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentAnswer {
    #[serde(flatten)]
    pub(crate) config: AgentConfig,
    pub(crate) version: u32,
}

/// Reads the agent's settings.
#[utoipa::path(get, path = "/api/agent-config", tag = "agent", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = AgentAnswer), (status = 401)))]
pub(crate) async fn read(
    State(state): State<AppState>,
    viewer: Viewer,
) -> Result<Json<AgentAnswer>, Problem> {
    let (config, version) = state.store.versioned_agent_config(viewer.tenant()).await?;
    Ok(Json(AgentAnswer { config, version }))
}

/// Changes the agent's settings: those that are given, and `version`, the one that was read. Without a version the change
/// is made whatever anybody else has changed.
#[utoipa::path(post, path = "/api/agent-config", tag = "agent", request_body = AgentAnswer,
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = AgentAnswer), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub(crate) async fn change(
    State(state): State<AppState>,
    admin: Admin,
    Input(given): Input<Map<String, Value>>,
) -> Result<Json<AgentAnswer>, Problem> {
    apply(&state, &admin, given).await.map(Json)
}

/// Makes a change; the pages do it through this too.
pub(crate) async fn apply(
    state: &AppState,
    admin: &Admin,
    mut given: Map<String, Value>,
) -> Result<AgentAnswer, Problem> {
    let read = given.remove("version").map(|version| {
        let version = version.as_u64().and_then(|version| u32::try_from(version).ok());
        version
            .ok_or_else(|| Problem::invalid(vec![Fault::new("version", "must be the version that was read")]))
    });
    let read = read.transpose()?;
    let mut attempts = UNVERSIONED;
    loop {
        match attempt(state, admin, given.clone(), read).await {
            Err(problem) if problem.code == "overtaken" && read.is_none() && attempts > 0 => attempts -= 1,
            outcome => return outcome,
        }
    }
}

async fn attempt(
    state: &AppState,
    admin: &Admin,
    given: Map<String, Value>,
    version: Option<u32>,
) -> Result<AgentAnswer, Problem> {
    let tenant = admin.tenant();
    let (before, current) = state.store.versioned_agent_config(tenant).await?;
    let version = version.unwrap_or(current);
    let config = merged(&before, given)?;
    for name in changed_fields(&before, &config) {
        if let Some((_, feature)) = GATED.iter().find(|(gated, _)| *gated == name) {
            admin.needs(*feature)?;
        }
    }
    let version = match state.store.change_agent_config(tenant, version, &config).await {
        Err(StoreError::Overtaken { what }) => {
            let (config, version) = state.store.versioned_agent_config(tenant).await?;
            return Err(Problem::overtaken_by(what, &AgentAnswer { config, version }));
        }
        outcome => outcome?,
    };
    let changed = changed_fields(&before, &config);
    state
        .note_change(
            &admin.0,
            "agent_config.changed",
            json!({"version": version, "fields": changed, "changes": differences(&before, &config)}),
        )
        .await;
    Ok(AgentAnswer { config, version })
}

/// The settings with some of them replaced. A field that is not known is refused, each by its name.
fn merged(before: &AgentConfig, given: Map<String, Value>) -> Result<AgentConfig, Problem> {
    let mut whole = object_of(before);
    let mut faults = Vec::new();
    for (name, value) in given {
        let Some(known) = whole.get_mut(&name) else {
            faults.push(Fault::new(name, "there is no such setting"));
            continue;
        };
        match (known, value) {
            // A part of a structure leaves the rest of it as it was.
            (Value::Object(known), Value::Object(parts)) => {
                for (part, value) in parts {
                    if known.contains_key(&part) {
                        known.insert(part, value);
                    } else {
                        faults.push(Fault::new(format!("{name}.{part}"), "there is no such setting"));
                    }
                }
            }
            (known, value) => *known = value,
        }
    }
    let sound = object_of(before);
    numbers_read(&mut whole, &sound, &mut faults);
    // Each setting is read by itself, so that every mistake is told and not just the first.
    for (name, value) in &whole {
        let mut alone = sound.clone();
        alone.insert(name.clone(), value.clone());
        if let Err(fault) = serde_path_to_error::deserialize::<_, AgentConfig>(Value::Object(alone)) {
            faults.push(Fault::new(fault.path().to_string(), fault.inner().to_string()));
        }
    }
    if faults.is_empty() {
        let config: AgentConfig =
            serde_json::from_value(Value::Object(whole)).map_err(|_| Problem::internal())?;
        faults = config.faults();
        if faults.is_empty() {
            return Ok(config);
        }
    }
    Err(Problem::invalid(faults))
}

/// Tells what should be a number within its bounds and is not, in the words of its rule, and puts a sound one in its place.
fn numbers_read(whole: &mut Map<String, Value>, sound: &Map<String, Value>, faults: &mut Vec<Fault>) {
    for (name, rule) in &NUMBERS {
        let (outer, inner) =
            name.split_once('.').map_or((*name, None), |(outer, inner)| (outer, Some(inner)));
        let part = |setting: &Value| {
            inner.map_or_else(|| Some(setting.clone()), |inner| setting.get(inner).cloned())
        };
        let Some(says) = whole.get(outer).and_then(part).and_then(|value| rule.fault_of(&value)) else {
            continue;
        };
        faults.push(Fault::new(*name, says));
        let slot = whole.get_mut(outer).and_then(|slot| match inner {
            Some(inner) => slot.get_mut(inner),
            None => Some(slot),
        });
        if let (Some(slot), Some(value)) = (slot, sound.get(outer).and_then(part)) {
            *slot = value;
        }
    }
}

fn object_of(config: &AgentConfig) -> Map<String, Value> {
    match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn changed_fields(before: &AgentConfig, after: &AgentConfig) -> Vec<String> {
    let (before, after) = (object_of(before), object_of(after));
    after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(value: Value) -> Map<String, Value> {
        let Value::Object(fields) = value else { panic!("no object") };
        fields
    }

    #[test]
    fn what_is_not_given_stays_and_part_of_a_structure_leaves_the_rest() {
        let before = AgentConfig::default();
        let after = merged(&before, given(json!({"agentName": "Ada", "vad": {"threshold": 0.25}}))).unwrap();
        assert_eq!((after.agent_name.as_str(), after.vad.threshold), ("Ada", 0.25));
        assert_eq!(after.vad.silence_duration_ms, before.vad.silence_duration_ms);
        assert_eq!(changed_fields(&before, &after), ["agentName", "vad"]);
    }

    #[test]
    fn every_mistake_is_told_with_its_field() {
        let wrong =
            json!({"agentNam": "Ada", "vad": {"treshold": 1}, "maxCallSeconds": "long", "temperature": {}});
        let problem = merged(&AgentConfig::default(), given(wrong)).unwrap_err();
        let mut fields: Vec<_> = problem.errors.iter().map(|fault| fault.field.as_str()).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["agentNam", "maxCallSeconds", "temperature", "vad.treshold"]);
        let problem = merged(&AgentConfig::default(), given(json!({"agentName": "", "language": "english"})));
        assert_eq!(problem.unwrap_err().errors.len(), 2);
    }
}
