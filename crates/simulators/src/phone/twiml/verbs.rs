//! The verbs, one function each. Defaults and ranges: protocol page, section 3.

use super::xml::Element;
use super::{Problem, Prompt, Spelled, StreamNoun, Verb};
use super::{input, nouns};
use crate::phone::violation::{EMPTY_SAY, LONG_SAY};

/// Longest a call may last, in seconds.
pub(crate) const DAY: u64 = 86_400;

/// SSML elements the page lists.
const SSML: [&str; 10] = ["break", "emphasis", "prosody", "say-as", "phoneme", "sub", "p", "s", "w", "lang"];

/// Reads a verb and keeps how it was written. `first` says whether nothing came before it.
pub(crate) fn spelled(
    element: &Element,
    first: bool,
    warnings: &mut Vec<Problem>,
) -> Result<Spelled, Problem> {
    let verb = match element.name.as_str() {
        "Connect" => connect(element)?,
        "Redirect" => redirect(element)?,
        "Hangup" => bare(element, &[], Verb::Hangup)?,
        "Reject" => reject(element, first)?,
        "Record" => input::record(element)?,
        "Gather" => input::gather(element, warnings)?,
        "Dial" => nouns::dial(element)?,
        _ => Verb::Prompt(prompt(element, warnings)?),
    };
    let text = element.text();
    Ok(Spelled {
        verb,
        name: element.name.clone(),
        attributes: element.attributes.clone(),
        text: (!text.is_empty()).then_some(text),
    })
}

fn prompt(element: &Element, warnings: &mut Vec<Problem>) -> Result<Prompt, Problem> {
    match element.name.as_str() {
        "Say" => say(element, warnings),
        "Play" => play(element),
        "Pause" => {
            element.allow(&["length"])?;
            element.empty()?;
            let ms = element.seconds("length", 1, 0, DAY)?;
            Ok(Prompt::Pause { ms })
        }
        "Enqueue" | "Leave" | "Start" | "Stop" | "Pay" | "Sms" | "Refer" | "Siprec" | "Prompt" => {
            Err(element.wrong("is not supported by this network"))
        }
        name => Err(Problem::new(format!("<{name}> is no verb here"))),
    }
}

fn bare(element: &Element, attributes: &[&str], verb: Verb) -> Result<Verb, Problem> {
    element.allow(attributes)?;
    element.empty()?;
    Ok(verb)
}

fn connect(element: &Element) -> Result<Verb, Problem> {
    element.allow(&["action", "method"])?;
    element.no_text()?;
    let mut nouns = element.elements();
    let (Some(noun), None) = (nouns.next(), nouns.next()) else {
        return Err(element.wrong("holds one <Stream>"));
    };
    if noun.name != "Stream" {
        return Err(element.wrong(format_args!("cannot connect <{}>", noun.name)));
    }
    Ok(Verb::Connect { stream: stream(noun)?, action: element.callback("action", "method")? })
}

fn stream(element: &Element) -> Result<StreamNoun, Problem> {
    element.allow(&["url", "name", "track", "statusCallback", "statusCallbackMethod"])?;
    element.no_text()?;
    element.one_of("track", &["inbound_track"])?;
    let url = element.attribute("url").ok_or_else(|| element.wrong("needs a url"))?;
    let parsed = url::Url::parse(url).ok();
    if !parsed.is_some_and(|url| matches!(url.scheme(), "ws" | "wss") && url.has_host()) {
        return Err(element.wrong(format_args!("needs an absolute ws or wss URL, not `{url}`")));
    }
    let parameters = element.elements().map(parameter).collect::<Result<Vec<_>, _>>()?;
    Ok(StreamNoun {
        url: url.to_owned(),
        name: element.attribute("name").map(str::to_owned),
        parameters,
        status: element.callback("statusCallback", "statusCallbackMethod")?,
    })
}

fn parameter(element: &Element) -> Result<(String, String), Problem> {
    if element.name != "Parameter" {
        return Err(Problem::new(format!("<Stream> may not hold <{}>", element.name)));
    }
    element.allow(&["name", "value"])?;
    element.empty()?;
    let name = element.attribute("name").unwrap_or_default();
    let value = element.attribute("value");
    match value {
        Some(value) if !name.is_empty() => {
            if name.chars().count() + value.chars().count() >= 500 {
                return Err(element.wrong("takes fewer than 500 characters of name and value"));
            }
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err(element.wrong("needs a name and a value")),
    }
}

fn say(element: &Element, warnings: &mut Vec<Problem>) -> Result<Prompt, Problem> {
    element.allow(&["voice", "language", "loop"])?;
    let voice = element.attribute("voice").unwrap_or("man");
    let (basic, limit) = match voice {
        "man" | "woman" | "alice" => (true, 4_096),
        _ if voice.len() > 6 && voice.starts_with("Polly.") => (false, 3_000),
        _ if voice.matches('-').count() >= 2 && voice.starts_with("Google.") => (false, 5_000),
        _ => return Err(element.wrong(format_args!("has no voice `{voice}`"))),
    };
    if basic {
        element.no_elements()?;
    }
    ssml(element)?;
    let text = element.text();
    let length = text.chars().count();
    if length > limit {
        return Err(Problem {
            code: LONG_SAY,
            what: format!("<Say> of {length} characters; voice `{voice}` takes {limit}"),
        });
    }
    if text.is_empty() {
        warnings.push(Problem { code: EMPTY_SAY, what: "<Say> without words".to_owned() });
    }
    let times = element.number("loop", 1, 0, 1_000)? as u32;
    Ok(Prompt::Say { text, times })
}

/// Refuses elements that are not SSML, at any depth.
fn ssml(element: &Element) -> Result<(), Problem> {
    for inner in element.elements() {
        if !SSML.contains(&inner.name.as_str()) {
            return Err(element.wrong(format_args!("may not hold <{}>", inner.name)));
        }
        ssml(inner)?;
    }
    Ok(())
}

fn play(element: &Element) -> Result<Prompt, Problem> {
    element.allow(&["loop", "digits"])?;
    element.no_elements()?;
    let times = element.number("loop", 1, 0, 1_000)? as u32;
    if element.attribute("digits").is_none() {
        element.callback_to(&element.text(), None)?;
    }
    Ok(Prompt::Play { times })
}

fn redirect(element: &Element) -> Result<Verb, Problem> {
    element.allow(&["method"])?;
    element.no_elements()?;
    let method = element.one_of("method", &["GET", "POST"])?;
    Ok(Verb::Redirect(element.callback_to(&element.text(), method)?))
}

fn reject(element: &Element, first: bool) -> Result<Verb, Problem> {
    if !first {
        return Err(element.wrong("works only as the first verb"));
    }
    let busy = element.one_of("reason", &["rejected", "busy"])? == Some("busy");
    bare(element, &["reason"], Verb::Reject { busy })
}
