//! `<Connect><Stream>`.

use std::fmt;

use url::Url;

use super::{TwimlFault, markup};

/// Name and value of a parameter together must stay below this (section 3).
const PARAMETER_CHARACTERS: usize = 500;
/// The most parameters the Streams API takes.
const PARAMETERS: usize = 99;

/// The address of our media socket. Its signature is computed over exactly this text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamUrl(String);

impl StreamUrl {
    /// Takes an absolute `wss://` URL; `ws://` is for the simulator, Twilio refuses it. A query is
    /// refused here, because Twilio strips it or fails the handshake (error 31920).
    pub fn parse(text: &str) -> Result<Self, TwimlFault> {
        let url = Url::parse(text).map_err(|_| TwimlFault::NotAStreamUrl("not absolute"))?;
        if !matches!(url.scheme(), "wss" | "ws") {
            return Err(TwimlFault::NotAStreamUrl("the scheme is neither wss nor ws"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(TwimlFault::NotAStreamUrl("it has a query or a fragment"));
        }
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(TwimlFault::NotAStreamUrl("it has a blank or a character beyond ASCII"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text as it stands in the document.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn write(
    out: &mut String,
    url: &StreamUrl,
    parameters: &[(&str, &str)],
    status_callback: Option<&str>,
) -> Result<(), TwimlFault> {
    check(parameters)?;
    out.push_str("<Connect><Stream");
    markup::attribute(out, "url", url.as_str());
    markup::optional(out, "statusCallback", status_callback);
    out.push('>');
    for (name, value) in parameters {
        out.push_str("<Parameter");
        markup::attribute(out, "name", name);
        markup::attribute(out, "value", value);
        out.push_str("/>");
    }
    out.push_str("</Stream></Connect>");
    Ok(())
}

fn check(parameters: &[(&str, &str)]) -> Result<(), TwimlFault> {
    if parameters.len() > PARAMETERS {
        return Err(TwimlFault::TooManyParameters(parameters.len()));
    }
    for (name, value) in parameters {
        let characters = name.chars().count() + value.chars().count();
        if characters >= PARAMETER_CHARACTERS {
            return Err(TwimlFault::ParameterTooLong { name: (*name).to_owned(), characters });
        }
    }
    Ok(())
}
