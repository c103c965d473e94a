//! Parameters of a REST request, checked as they are taken out.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use url::Url;

use super::Refusal;
use crate::phone::network::Network;
use crate::phone::twiml::{Callback, Method};
use crate::phone::violation::Violation;

/// Parameters of body and query, in order.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) params: Vec<(String, String)>,
    /// Whether the body said it was form-encoded.
    pub(crate) is_form: bool,
}

impl Form {
    pub(crate) fn read(headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Self {
        let is_form = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let parse =
            |bytes: &[u8]| serde_urlencoded::from_bytes::<Vec<(String, String)>>(bytes).unwrap_or_default();
        let mut params = parse(query.unwrap_or_default().as_bytes());
        if is_form {
            params.extend(parse(body));
        }
        Self { params, is_form }
    }

    /// Complains of parameters that are not among `known`; Twilio ignores them, so what the program
    /// meant by them does not happen.
    pub(crate) fn expect_only(&self, network: &Network, known: &[&str]) {
        for (name, _) in &self.params {
            if !known.contains(&name.as_str()) {
                network.violation(Violation {
                    code: 20_001,
                    what: format!("REST: unknown parameter `{name}`"),
                    call_sid: None,
                });
            }
        }
    }

    /// The value of a parameter, when it is there and not blank.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A whole number between `low` and `high`.
    pub(crate) fn number(&self, name: &str, default: u64, low: u64, high: u64) -> Result<u64, Refusal> {
        let Some(given) = self.text(name) else {
            return Ok(default);
        };
        match given.parse::<u64>() {
            Ok(value) if (low..=high).contains(&value) => Ok(value),
            _ => Err(Refusal::wrong(400, 20_001, format!("{name} takes {low} to {high}, not `{given}`"))),
        }
    }

    /// One of `choices`.
    pub(crate) fn one_of(&self, name: &str, choices: &[&str]) -> Result<Option<&str>, Refusal> {
        match self.text(name) {
            Some(given) if !choices.contains(&given) => {
                Err(Refusal::wrong(400, 20_001, format!("{name} takes one of {choices:?}, not `{given}`")))
            }
            given => Ok(given),
        }
    }

    /// The callback of `url_name` and `method_name`; 21205 when the URL is not absolute.
    pub(crate) fn callback(&self, url_name: &str, method_name: &str) -> Result<Option<Callback>, Refusal> {
        let method = match self.one_of(method_name, &["GET", "POST"])? {
            Some("GET") => Method::Get,
            _ => Method::Post,
        };
        let Some(written) = self.text(url_name) else {
            return Ok(None);
        };
        match Url::parse(written) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                Ok(Some(Callback { url, written: written.to_owned(), method }))
            }
            _ => Err(Refusal::wrong(400, 21_205, format!("{url_name} is no absolute URL: `{written}`"))),
        }
    }
}
