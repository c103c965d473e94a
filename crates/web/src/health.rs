//! How the process is doing: `/health` with the guide's keys, `/livez`, `/readyz`.

use crate::problem::Problem;
use crate::state::{AppState, MemoryUse};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::sync::atomic::Ordering;

/// The whole report. Sizes are in MB, latencies in ms. Idle is never a reason for anything but `healthy`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    status: &'static str,
    timestamp: DateTime<Utc>,
    memory: Memory,
    redis: Redis,
    sessions: Sessions,
    web_socket: WebSocket,
    #[serde(rename = "openAI")]
    openai: OpenAi,
    environment: Surroundings,
    /// What is wrong, a sentence each; empty when nothing is.
    findings: Vec<String>,
}

/// `heapTotal` is what the allocator holds, `heapUsed` what of it is in use; `external` is what is outside of both.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Memory {
    rss: f64,
    heap_used: f64,
    heap_total: f64,
    external: f64,
    heap_used_percent: u64,
}

/// Sessions live in memory until a Redis is set up.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Redis {
    connected: bool,
    reconnect_attempts: u32,
    max_reconnect_attempts: u32,
    consecutive_failures: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the guide names its keys so")]
struct Sessions {
    active_voice_sessions: usize,
    waiting_voice_sessions: usize,
    max_voice_sessions: usize,
}

/// Counted since the start of the process.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WebSocket {
    active_connections: usize,
    total_messages: u64,
    average_latency: u64,
    connections_today: u64,
    refused_connections: u64,
    faulty_frames: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OpenAi {
    realtime_connections: usize,
    model_status: String,
    average_response_time: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Surroundings {
    node_env: Option<String>,
    verbose_logging: bool,
    #[serde(rename = "realtimeAPIEnabled")]
    realtime_api_enabled: bool,
    phone_enabled: bool,
    /// Twilio's REST side is a simulator on this machine.
    twilio_is_local: bool,
}

/// `GET /health`
pub async fn health(State(state): State<AppState>) -> Response {
    let memory = (state.environment.memory)();
    let mut findings = Vec::new();
    let mut status = "healthy";
    if memory.allocated / MB > state.environment.max_memory_mb {
        status = "warning";
        findings.push(format!("more than {} MB of memory are in use", state.environment.max_memory_mb));
    }
    if state.phone.as_ref().is_some_and(|phone| phone.scribe.state().is_away) {
        status = "degraded";
        findings.push("calls cannot be written to the database; they go on and are kept in memory".into());
    }
    if state.phone.as_ref().is_some_and(|phone| !phone.has_model) {
        findings.push("there is no OPENAI_API_KEY: callers leave a message".into());
    }
    if let Err(fault) = state.store.ping().await {
        tracing::error!(%fault, "the database does not answer");
        status = "error";
        findings.push("the database does not answer".into());
    }
    let code = if status == "error" { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    (code, Json(report(&state, memory, status, findings))).into_response()
}

const MB: u64 = 1024 * 1024;

fn report(state: &AppState, memory: MemoryUse, status: &'static str, findings: Vec<String>) -> Health {
    let phone = state.phone.as_ref();
    let (live, waiting) = phone.map_or((0, 0), |phone| phone.switchboard.count());
    let counters = phone.map(|phone| phone.switchboard.counters());
    let read = |count: fn(&studioconnect_voice::Counters) -> &std::sync::atomic::AtomicU64| {
        counters.map_or(0, |counters| count(counters).load(Ordering::Relaxed))
    };
    let answer_ms = counters.and_then(studioconnect_voice::Counters::mean_answer_ms).unwrap_or(0);
    Health {
        status,
        timestamp: state.clock.now(),
        memory: memory_report(memory),
        redis: Redis {
            connected: false,
            reconnect_attempts: 0,
            max_reconnect_attempts: 0,
            consecutive_failures: 0,
        },
        sessions: Sessions {
            active_voice_sessions: live,
            waiting_voice_sessions: waiting,
            max_voice_sessions: phone.map_or(0, |phone| phone.switchboard.places()),
        },
        web_socket: WebSocket {
            active_connections: live,
            total_messages: read(|counters| &counters.messages),
            average_latency: answer_ms,
            connections_today: read(|counters| &counters.connections),
            refused_connections: read(|counters| &counters.streams_refused),
            faulty_frames: read(|counters| &counters.faulty_frames),
        },
        openai: OpenAi {
            realtime_connections: live,
            model_status: phone
                .map_or_else(|| "off".into(), |phone| phone.switchboard.endpoint().model.clone()),
            average_response_time: answer_ms,
        },
        environment: Surroundings {
            node_env: state.environment.node_env.clone(),
            verbose_logging: state.environment.verbose_logging,
            realtime_api_enabled: phone.is_some_and(|phone| phone.has_model),
            phone_enabled: phone.is_some(),
            twilio_is_local: state.environment.twilio_is_local,
        },
        findings,
    }
}

fn memory_report(memory: MemoryUse) -> Memory {
    let mb = |bytes: u64| (bytes as f64 / MB as f64 * 100.0).round() / 100.0;
    Memory {
        rss: mb(memory.rss),
        heap_used: mb(memory.allocated),
        heap_total: mb(memory.held),
        external: mb(memory.rss.saturating_sub(memory.held)),
        heap_used_percent: (memory.allocated * 100).checked_div(memory.held).unwrap_or(0),
    }
}

/// `GET /livez`: the process answers.
pub async fn livez() -> &'static str {
    "ok"
}

/// `GET /readyz`: new work is taken.
pub async fn readyz(State(state): State<AppState>) -> Result<&'static str, Problem> {
    if state.environment.draining.load(Ordering::Relaxed) {
        return Err(Problem::unavailable());
    }
    state.store.ping().await.map_err(|fault| {
        tracing::error!(%fault, "not ready: the database does not answer");
        Problem::unavailable()
    })?;
    Ok("ok")
}
