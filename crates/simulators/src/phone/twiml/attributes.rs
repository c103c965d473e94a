//! Attributes and text of an element, checked as they are read.

use url::Url;

use super::xml::{Element, Node};
use super::{Callback, Method, Problem};

impl Element {
    /// Refuses attributes that are not among `known`.
    pub(crate) fn allow(&self, known: &[&str]) -> Result<(), Problem> {
        match self.attributes.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(self.wrong(format_args!("has no attribute `{name}`"))),
        }
    }

    /// Refuses text that is not white space directly in this element.
    pub(crate) fn no_text(&self) -> Result<(), Problem> {
        let stray = self.children.iter().find_map(|node| match node {
            Node::Text(text) if !text.trim().is_empty() => Some(text.trim()),
            _ => None,
        });
        match stray {
            None => Ok(()),
            Some(text) => Err(self.wrong(format_args!("may not hold the text `{text}`"))),
        }
    }

    /// Refuses any content.
    pub(crate) fn empty(&self) -> Result<(), Problem> {
        self.no_text()?;
        self.no_elements()
    }

    /// Refuses elements inside.
    pub(crate) fn no_elements(&self) -> Result<(), Problem> {
        match self.elements().next() {
            None => Ok(()),
            Some(inner) => Err(self.wrong(format_args!("may not hold <{}>", inner.name))),
        }
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A whole number between `low` and `high`.
    pub(crate) fn number(&self, name: &str, default: u64, low: u64, high: u64) -> Result<u64, Problem> {
        let Some(given) = self.attribute(name) else {
            return Ok(default);
        };
        match given.parse::<u64>() {
            Ok(value) if (low..=high).contains(&value) => Ok(value),
            _ => Err(self.wrong(format_args!("takes {low} to {high} as `{name}`, not `{given}`"))),
        }
    }

    /// Seconds, as milliseconds.
    pub(crate) fn seconds(&self, name: &str, default: u64, low: u64, high: u64) -> Result<u64, Problem> {
        Ok(self.number(name, default, low, high)? * 1_000)
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> Result<bool, Problem> {
        match self.attribute(name) {
            None => Ok(default),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(other) => Err(self.wrong(format_args!("takes true or false as `{name}`, not `{other}`"))),
        }
    }

    /// One of `choices`.
    pub(crate) fn one_of(&self, name: &str, choices: &[&str]) -> Result<Option<&str>, Problem> {
        match self.attribute(name) {
            Some(given) if !choices.contains(&given) => {
                Err(self.wrong(format_args!("takes one of {choices:?} as `{name}`, not `{given}`")))
            }
            given => Ok(given),
        }
    }

    /// Words separated by spaces, each one of `choices`.
    pub(crate) fn some_of(
        &self,
        name: &str,
        choices: &[&str],
        default: &[&str],
    ) -> Result<Vec<String>, Problem> {
        let Some(given) = self.attribute(name) else {
            return Ok(default.iter().map(|&word| word.to_owned()).collect());
        };
        given
            .split_whitespace()
            .map(|word| {
                if choices.contains(&word) {
                    Ok(word.to_owned())
                } else {
                    Err(self.wrong(format_args!("takes some of {choices:?} as `{name}`, not `{word}`")))
                }
            })
            .collect()
    }

    /// The callback written as attributes `url_name` and `method_name`, POST by default.
    pub(crate) fn callback(&self, url_name: &str, method_name: &str) -> Result<Option<Callback>, Problem> {
        let method = self.one_of(method_name, &["GET", "POST"])?;
        match self.attribute(url_name) {
            None => Ok(None),
            Some(written) => self.callback_to(written, method).map(Some),
        }
    }

    /// A callback to the absolute URL `written`.
    pub(crate) fn callback_to(&self, written: &str, method: Option<&str>) -> Result<Callback, Problem> {
        let url = match Url::parse(written) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => url,
            _ => {
                return Err(self.wrong(format_args!("needs an absolute http or https URL, not `{written}`")));
            }
        };
        let method = match method {
            Some("GET") => Method::Get,
            _ => Method::Post,
        };
        Ok(Callback { url, written: written.to_owned(), method })
    }

    pub(crate) fn wrong(&self, what: impl std::fmt::Display) -> Problem {
        Problem::new(format!("<{}> {what}", self.name))
    }
}
