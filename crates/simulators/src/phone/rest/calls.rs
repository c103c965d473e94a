//! `/Calls`: rings somebody, looks after a call, changes or ends it.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::form::Form;
use super::{Outcome, Refusal, Reply};
use crate::phone::leg::{About, Line, Plan, Role, StatusPlan, launch};
use crate::phone::network::{Control, Network, locked, new_sid};
use crate::phone::report::Direction;
use crate::phone::settings::{Answerer, Delivery};
use crate::phone::twiml::{Callback, is_e164};
use crate::phone::webhook::Params;

/// Longest `Twiml` parameter.
const MAX_TWIML: usize = 4_000;

const EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];

const CREATE: [&str; 24] = [
    "To",
    "From",
    "Url",
    "Method",
    "Twiml",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
    "StatusCallbackEvent",
    "StatusCallbackMethod",
    "Timeout",
    "TimeLimit",
    "SendDigits",
    "CallerId",
    "CallReason",
    "CallToken",
    "MachineDetection",
    "MachineDetectionTimeout",
    "MachineDetectionSpeechThreshold",
    "MachineDetectionSpeechEndThreshold",
    "MachineDetectionSilenceTimeout",
    "AsyncAmd",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
];

const UPDATE: [&str; 4] = ["Url", "Method", "Twiml", "Status"];

const LIST: [&str; 13] = [
    "To",
    "From",
    "Status",
    "ParentCallSid",
    "StartTime",
    "StartTime>",
    "StartTime<",
    "EndTime",
    "EndTime>",
    "EndTime<",
    "PageSize",
    "Page",
    "PageToken",
];

pub(crate) fn create(network: &Arc<Network>, form: &Form) -> Outcome {
    form.expect_only(network, &CREATE);
    let to = number(form, "To", 21_201, 21_211)?;
    let from = number(form, "From", 21_213, 21_212)?;
    let owned = &network.settings.own_numbers;
    if !owned.is_empty() && !owned.contains(&from) {
        let what = format!("{from} is not a number of this account");
        return Err(Refusal::wrong(400, 21_210, what));
    }
    let plan = plan(form)?.ok_or_else(|| Refusal::wrong(400, 21_205, "Url or Twiml is needed"))?;
    let ring_timeout_ms = form.number("Timeout", 60, 1, 600)? * 1_000;
    let limit = form.number("TimeLimit", 14_400, 1, 86_400)?;
    let answerer = network.answerer(&to);
    let (params, detection) = detection(form, &answerer)?;
    let about =
        About { sid: new_sid("CA").into(), parent: None, direction: Direction::OutboundApi, from, to };
    let line = Line {
        speed: network.settings.answer_speed,
        hang_up_after_ms: Some(limit * 1_000),
        keep_audio: true,
        stream_signature: true,
        stream_start_delay_ms: 0,
        stream_parameters: Params::new(),
        params,
        fallback: form.callback("FallbackUrl", "FallbackMethod")?,
        status: status_plan(form)?,
        events: broadcast::Sender::new(1),
    };
    let sid = Arc::clone(&about.sid);
    let role = Role::Outbound { answerer, ring_timeout_ms, plan, detection };
    launch(network, about, line, role);
    reply(network, &sid, StatusCode::CREATED)
}

pub(crate) fn fetch(network: &Arc<Network>, sid: &str) -> Outcome {
    reply(network, sid, StatusCode::OK)
}

pub(crate) fn list(network: &Arc<Network>, form: &Form) -> Outcome {
    form.expect_only(network, &LIST);
    let size = form.number("PageSize", 50, 1, 1_000)? as usize;
    let matches = |name: &str, value: &str| form.text(name).is_none_or(|wanted| wanted == value);
    let calls = locked(&network.calls);
    let mut found: Vec<_> = calls
        .values()
        .filter(|call| {
            matches("To", &call.to)
                && matches("From", &call.from)
                && matches("Status", call.status)
                && matches("ParentCallSid", call.parent_sid.as_deref().unwrap_or_default())
        })
        .collect();
    found.sort_by_key(|call| std::cmp::Reverse(call.created));
    let resources: Vec<Value> =
        found.into_iter().take(size).map(|call| call.resource(&network.settings.account_sid)).collect();
    let page = json!({
        "calls": resources, "page": 0, "page_size": size, "next_page_uri": null,
        "previous_page_uri": null,
    });
    Ok(Reply::Json(StatusCode::OK, page))
}

pub(crate) fn update(network: &Arc<Network>, sid: &str, form: &Form) -> Outcome {
    form.expect_only(network, &UPDATE);
    let status = form.one_of("Status", &["completed", "canceled"])?;
    let plan = plan(form)?;
    let (is_over, is_answered) = match locked(&network.calls).get(sid) {
        Some(call) => (call.is_over(), call.answered.is_some()),
        None => return Err(unknown(sid)),
    };
    if is_over {
        return Err(not_in_progress());
    }
    let control = match (status, plan) {
        (Some(_), Some(_)) => {
            return Err(Refusal::wrong(400, 20_001, "Status excludes Url and Twiml"));
        }
        (Some("completed"), None) => Control::HangUp,
        (Some(_), None) if is_answered => return Err(not_in_progress()),
        (Some(_), None) => Control::Cancel,
        (None, Some(_)) if !is_answered => return Err(not_in_progress()),
        (None, Some(plan)) => Control::Replace(plan),
        (None, None) => return Err(Refusal::wrong(400, 20_001, "nothing to update")),
    };
    if !network.tell_call(sid, control) {
        return Err(not_in_progress());
    }
    reply(network, sid, StatusCode::OK)
}

fn reply(network: &Network, sid: &str, status: StatusCode) -> Outcome {
    match locked(&network.calls).get(sid) {
        Some(call) => Ok(Reply::Json(status, call.resource(&network.settings.account_sid))),
        None => Err(unknown(sid)),
    }
}

fn unknown(sid: &str) -> Refusal {
    Refusal::fair(404, 20_404, format!("The requested resource /Calls/{sid}.json was not found"))
}

fn not_in_progress() -> Refusal {
    Refusal::fair(400, 21_220, "Call is not in-progress. Cannot redirect.")
}

fn number(form: &Form, name: &str, missing: u32, invalid: u32) -> Result<String, Refusal> {
    let given = form
        .text(name)
        .ok_or_else(|| Refusal::wrong(400, missing, format!("no '{name}' number is specified")))?;
    if is_e164(given) {
        return Ok(given.to_owned());
    }
    Err(Refusal::wrong(400, invalid, format!("'{name}' is not a valid number: {given}")))
}

/// The document a request names, if it does; `Url` wins over `Twiml`.
fn plan(form: &Form) -> Result<Option<Plan>, Refusal> {
    if let Some(callback) = form.callback("Url", "Method")? {
        return Ok(Some(Plan::fetch(callback)));
    }
    match form.text("Twiml") {
        Some(text) if text.chars().count() > MAX_TWIML => {
            Err(Refusal::wrong(400, 21_623, format!("Twiml takes at most {MAX_TWIML} characters")))
        }
        Some(text) => Ok(Some(Plan::Inline(text.to_owned()))),
        None => Ok(None),
    }
}

fn status_plan(form: &Form) -> Result<Option<StatusPlan>, Refusal> {
    let mut events: Vec<String> = Vec::new();
    for event in form.all("StatusCallbackEvent") {
        if !EVENTS.contains(&event) {
            let what = format!("StatusCallbackEvent takes one of {EVENTS:?}, not `{event}`");
            return Err(Refusal::wrong(400, 21_626, what));
        }
        events.push(event.to_owned());
    }
    if events.is_empty() {
        events.push("completed".to_owned());
    }
    let callback = form.callback("StatusCallback", "StatusCallbackMethod")?;
    Ok(callback.map(|callback| StatusPlan { callback, events, delivery: Delivery::Once }))
}

/// What answering-machine detection adds: a parameter of the TwiML request when synchronous, a
/// callback of its own otherwise.
type Detection = (Params, Option<(Callback, &'static str)>);

fn detection(form: &Form, answerer: &Answerer) -> Result<Detection, Refusal> {
    form.number("MachineDetectionTimeout", 30, 3, 59)?;
    form.number("MachineDetectionSpeechThreshold", 2_400, 1_000, 6_000)?;
    form.number("MachineDetectionSpeechEndThreshold", 1_200, 500, 5_000)?;
    form.number("MachineDetectionSilenceTimeout", 5_000, 2_000, 10_000)?;
    let is_async = form.one_of("AsyncAmd", &["true", "false"])? == Some("true");
    let callback = form.callback("AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod")?;
    let Some(mode) = form.one_of("MachineDetection", &["Enable", "DetectMessageEnd"])? else {
        return Ok((Params::new(), None));
    };
    let found = answerer.answered_by(mode == "DetectMessageEnd");
    if is_async {
        return Ok((Params::new(), callback.map(|callback| (callback, found))));
    }
    let params = vec![("AnsweredBy".to_owned(), found.to_owned())];
    Ok((params, None))
}
