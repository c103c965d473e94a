//! `<Record>` and `<Gather>`: verbs that take something from the caller.

use super::verbs::{DAY, spelled};
use super::xml::Element;
use super::{Callback, GatherVerb, Problem, RecordVerb, Verb};

pub(crate) fn record(element: &Element) -> Result<Verb, Problem> {
    element.allow(&[
        "action",
        "method",
        "maxLength",
        "timeout",
        "finishOnKey",
        "playBeep",
        "trim",
        "recordingStatusCallback",
        "recordingStatusCallbackMethod",
        "recordingStatusCallbackEvent",
    ])?;
    element.empty()?;
    element.one_of("trim", &["trim-silence", "do-not-trim"])?;
    let status = "recordingStatusCallback";
    Ok(Verb::Record(RecordVerb {
        action: element.callback("action", "method")?,
        status: element.callback(status, "recordingStatusCallbackMethod")?,
        status_events: element.some_of(
            "recordingStatusCallbackEvent",
            &["in-progress", "completed", "absent"],
            &["completed"],
        )?,
        timeout_ms: element.seconds("timeout", 5, 1, DAY)?,
        max_length_ms: element.seconds("maxLength", 3_600, 1, 14_400)?,
        finish_keys: keys(element, "1234567890*#")?.to_owned(),
        beep: element.flag("playBeep", true)?,
    }))
}

/// `finishOnKey`: keys, or nothing.
fn keys<'a>(element: &'a Element, default: &'a str) -> Result<&'a str, Problem> {
    let given = element.attribute("finishOnKey").unwrap_or(default);
    if given.chars().all(|key| matches!(key, '0'..='9' | '*' | '#')) {
        Ok(given)
    } else {
        Err(element.wrong(format_args!("cannot finish on `{given}`")))
    }
}

pub(crate) fn gather(element: &Element, warnings: &mut Vec<Problem>) -> Result<Verb, Problem> {
    element.allow(&[
        "action",
        "method",
        "input",
        "timeout",
        "speechTimeout",
        "finishOnKey",
        "numDigits",
        "language",
        "hints",
        "speechModel",
        "enhanced",
        "profanityFilter",
        "actionOnEmptyResult",
        "bargeIn",
        "partialResultCallback",
        "partialResultCallbackMethod",
        "maxSpeechTime",
    ])?;
    element.no_text()?;
    for flag in ["enhanced", "profanityFilter"] {
        element.flag(flag, false)?;
    }
    element.callback("partialResultCallback", "partialResultCallbackMethod")?;
    let input = element.some_of("input", &["dtmf", "speech"], &["dtmf"])?;
    let timeout_ms = element.seconds("timeout", 5, 1, 600)?;
    let speech_timeout_ms = match element.attribute("speechTimeout") {
        Some("auto") => 1_000,
        _ => element.seconds("speechTimeout", timeout_ms / 1_000, 1, 600)?,
    };
    let digits = element.attribute("numDigits").map(|_| element.number("numDigits", 1, 1, 100));
    let mut prompts = Vec::new();
    for inner in element.elements() {
        let prompt = spelled(inner, false, warnings)?;
        if !matches!(prompt.verb, Verb::Prompt(_)) {
            return Err(element.wrong(format_args!("may not hold <{}>", inner.name)));
        }
        prompts.push(prompt);
    }
    let action: Option<Callback> = element.callback("action", "method")?;
    Ok(Verb::Gather(GatherVerb {
        action,
        dtmf: input.iter().any(|kind| kind == "dtmf"),
        speech: input.iter().any(|kind| kind == "speech"),
        timeout_ms,
        speech_timeout_ms,
        digits: digits.transpose()?.map(|digits| digits as usize),
        finish_key: keys(element, "#")?.chars().next(),
        on_empty: element.flag("actionOnEmptyResult", false)?,
        barge_in: element.flag("bargeIn", true)?,
        prompts,
    }))
}
