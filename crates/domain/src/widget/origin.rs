//! Sites as browsers name them: scheme, host and port.

use serde::{Deserialize, Serialize};
use std::fmt;
use url::{Host, Url};

/// Longest text that is read as an origin: a host's name has at most 253 characters.
const LONGEST: usize = 300;
/// What a browser never sends stands for any one label.
const ANY: &str = "*.";

/// Where a chat may appear, in its normal form: `https://www.example.com`, or `https://*.example.com` for every name that
/// has exactly one label more. Without encryption only this machine itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(String);

impl Origin {
    /// Reads what a person types: a path is left out, a name without a scheme is taken as https.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err("write at most 300 characters");
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), text),
        };
        let (is_any, rest) = rest.strip_prefix(ANY).map_or((false, rest), |rest| (true, rest));
        let url =
            Url::parse(&format!("{scheme}://{rest}")).map_err(|_| "write it like https://www.example.com")?;
        let host = url.host().ok_or("write it like https://www.example.com")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("leave names and passwords out");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err("must begin with https://; only this machine itself may do without"),
            _ => return Err("must begin with https://"),
        }
        if host.to_string().contains('*') {
            return Err("a star stands only at the beginning: https://*.example.com");
        }
        let is_site = matches!(&host, Host::Domain(name) if name.trim_end_matches('.').contains('.'));
        if is_any && !is_site {
            return Err("behind the star there must be a site of yours: https://*.example.com");
        }
        let star = if is_any { ANY } else { "" };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self(format!("{}://{star}{host}{port}", url.scheme())))
    }

    /// Whether it is the origin that a browser names, or one of those meant.
    pub fn covers(&self, origin: &str) -> bool {
        let Some((scheme, suffix)) = self.0.split_once(ANY) else { return self.0 == origin };
        let Some(host) = origin.strip_prefix(scheme) else { return false };
        let Some((label, rest)) = host.split_once('.') else { return false };
        let is_label = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && is_label && rest == suffix
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl TryFrom<String> for Origin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::read(&text)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chat theme 1: the widget answers on the business's own sites only.
    #[test]
    fn what_people_type_is_brought_to_the_form_that_browsers_send() {
        for (typed, kept) in [
            ("https://www.example.com", "https://www.example.com"),
            (" HTTPS://WWW.Example.COM/shop?x=1#top ", "https://www.example.com"),
            ("www.example.com", "https://www.example.com"),
            ("https://www.example.com:443", "https://www.example.com"),
            ("https://www.example.com:8443/", "https://www.example.com:8443"),
            ("https://bücher.example.com", "https://xn--bcher-kva.example.com"),
            ("https://*.example.com", "https://*.example.com"),
            ("*.example.com:8443", "https://*.example.com:8443"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(Origin::read(typed).map(String::from), Ok(kept.to_owned()), "{typed}");
        }
        let long = format!("https://{}.example.com", "a".repeat(300));
        for wrong in [
            "",
            "https://",
            "http://www.example.com",
            "ftp://example.com",
            "file:///x",
            "https://*",
            "https://*.com",
            "https://*.*.example.com",
            "https://a*.example.com",
            "https://*.127.0.0.1",
            "https://me:secret@example.com",
            "javascript:alert(1)",
            "data:text/html,x",
            &long,
        ] {
            assert!(Origin::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_covers_itself_and_a_star_exactly_one_label() {
        let covers = |allowed: &str, origin: &str| Origin::read(allowed).unwrap().covers(origin);
        assert!(covers("https://www.example.com", "https://www.example.com"));
        for other in [
            "https://example.com",
            "http://www.example.com",
            "https://www.example.com:8443",
            "null",
            "",
            "https://www.example.com.evil.example.com",
            "https://evil-www.example.com",
            "https://www.example.com/",
        ] {
            assert!(!covers("https://www.example.com", other), "{other}");
        }
        assert!(covers("https://*.example.com", "https://shop.example.com"));
        for other in [
            "https://example.com",
            "https://a.b.example.com",
            "https://evilexample.com",
            "http://a.example.com",
            "https://.example.com",
            "https://a.example.com:8443",
            "https://evil.test#.example.com",
            "https://x@y.example.com",
        ] {
            assert!(!covers("https://*.example.com", other), "{other}");
        }
    }
}
