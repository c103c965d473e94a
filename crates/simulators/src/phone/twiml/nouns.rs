//! `<Dial>` and what it can call.

use super::xml::Element;
use super::{ConferenceNoun, DialTarget, DialVerb, NumberNoun, Problem, Verb};

const RECORDING_MODES: [&str; 5] = [
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
];
const NUMBER_EVENTS: [&str; 4] = ["initiated", "ringing", "answered", "completed"];
const CONFERENCE_EVENTS: [&str; 8] = ["start", "end", "join", "leave", "mute", "hold", "modify", "speaker"];

pub(crate) fn dial(element: &Element) -> Result<Verb, Problem> {
    element.allow(&[
        "action",
        "method",
        "timeout",
        "timeLimit",
        "callerId",
        "answerOnBridge",
        "hangupOnStar",
        "ringTone",
        "record",
        "sequential",
    ])?;
    element.flag("answerOnBridge", false)?;
    element.flag("sequential", false)?;
    if let Some(mode) = element.one_of("record", &RECORDING_MODES)?
        && mode != "do-not-record"
    {
        return Err(element.wrong("cannot record on this network; use <Record>"));
    }
    let caller_id = element.attribute("callerId").map(str::to_owned);
    if let Some(number) = caller_id.as_deref().filter(|id| !is_e164(id)) {
        return Err(element.wrong(format_args!("needs E.164 as callerId, not `{number}`")));
    }
    Ok(Verb::Dial(DialVerb {
        action: element.callback("action", "method")?,
        timeout_ms: element.seconds("timeout", 30, 1, 600)?,
        time_limit_ms: element.seconds("timeLimit", 14_400, 1, 86_400)?,
        caller_id,
        hangup_on_star: element.flag("hangupOnStar", false)?,
        target: target(element)?,
    }))
}

fn target(element: &Element) -> Result<DialTarget, Problem> {
    let nouns: Vec<&Element> = element.elements().collect();
    if nouns.is_empty() {
        return Ok(DialTarget::Numbers(vec![number_of(element)?]));
    }
    element.no_text()?;
    match nouns.as_slice() {
        [noun] if noun.name == "Conference" => Ok(DialTarget::Conference(conference(noun)?)),
        nouns if nouns.len() <= 10 => nouns
            .iter()
            .map(|noun| number(element, noun))
            .collect::<Result<Vec<_>, _>>()
            .map(DialTarget::Numbers),
        _ => Err(element.wrong("rings at most ten numbers at once")),
    }
}

fn number(dial: &Element, noun: &Element) -> Result<NumberNoun, Problem> {
    if noun.name != "Number" {
        return Err(dial.wrong(format_args!("cannot call <{}> here", noun.name)));
    }
    noun.allow(&[
        "url",
        "method",
        "sendDigits",
        "statusCallback",
        "statusCallbackMethod",
        "statusCallbackEvent",
    ])?;
    noun.no_elements()?;
    Ok(NumberNoun {
        whisper: noun.callback("url", "method")?,
        status: noun.callback("statusCallback", "statusCallbackMethod")?,
        status_events: noun.some_of("statusCallbackEvent", &NUMBER_EVENTS, &["completed"])?,
        send_digits: noun.attribute("sendDigits").map(str::to_owned),
        ..number_of(noun)?
    })
}

/// The number an element holds as its text.
fn number_of(element: &Element) -> Result<NumberNoun, Problem> {
    let number = element.text();
    if !is_e164(&number) {
        return Err(element.wrong(format_args!("needs a number in E.164, not `{number}`")));
    }
    Ok(NumberNoun { number, whisper: None, status: None, status_events: Vec::new(), send_digits: None })
}

fn conference(noun: &Element) -> Result<ConferenceNoun, Problem> {
    noun.allow(&[
        "muted",
        "beep",
        "startConferenceOnEnter",
        "endConferenceOnExit",
        "participantLabel",
        "waitUrl",
        "waitMethod",
        "maxParticipants",
        "statusCallback",
        "statusCallbackMethod",
        "statusCallbackEvent",
    ])?;
    noun.no_elements()?;
    noun.one_of("beep", &["true", "false", "onEnter", "onExit"])?;
    noun.number("maxParticipants", 250, 1, 250)?;
    if noun.attribute("waitUrl").is_some_and(|url| !url.is_empty()) {
        noun.callback("waitUrl", "waitMethod")?;
    }
    let name = noun.text();
    if name.is_empty() || name.chars().count() > 128 {
        return Err(noun.wrong("needs a name of at most 128 characters"));
    }
    Ok(ConferenceNoun {
        name,
        starts: noun.flag("startConferenceOnEnter", true)?,
        ends: noun.flag("endConferenceOnExit", false)?,
        muted: noun.flag("muted", false)?,
        status: noun.callback("statusCallback", "statusCallbackMethod")?,
        status_events: noun.some_of("statusCallbackEvent", &CONFERENCE_EVENTS, &[])?,
    })
}

/// `+` and 8 to 15 digits, the first not 0 (ITU-T E.164).
pub(crate) fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}
