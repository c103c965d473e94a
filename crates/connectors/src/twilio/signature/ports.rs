//! The spellings of one URL that Twilio may have signed.

use std::borrow::Cow;

/// The URL as given, without its port, and with the scheme's standard port.
pub(super) fn spellings(url: &str) -> Vec<Cow<'_, str>> {
    let mut spellings = vec![Cow::Borrowed(url)];
    let Some((before, port, after)) = split_at_port(url) else {
        return spellings;
    };
    let standard = standard_port(url);
    if port.is_some() {
        spellings.push(Cow::Owned(format!("{before}{after}")));
    }
    if port.is_none()
        && let Some(standard) = standard
    {
        spellings.push(Cow::Owned(format!("{before}:{standard}{after}")));
    }
    spellings
}

fn standard_port(url: &str) -> Option<u16> {
    match url.split_once("://")?.0 {
        "https" | "wss" => Some(443),
        "http" | "ws" => Some(80),
        _ => None,
    }
}

/// Splits into scheme and host, port if any, and the path onwards.
fn split_at_port(url: &str) -> Option<(&str, Option<&str>, &str)> {
    let host_start = url.find("://")? + 3;
    let rest = url.get(host_start..)?;
    let host_end = host_start + rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = (url.get(..host_end)?, url.get(host_end..)?);
    match authority.rsplit_once(':') {
        Some((before, port)) if is_port(before, port, host_start) => Some((before, Some(port), after)),
        _ => Some((authority, None, after)),
    }
}

/// A colon within the scheme, within `user:password@host` or within `[v6::address]` starts no port.
fn is_port(before: &str, port: &str, host_start: usize) -> bool {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    digits && before.len() > host_start
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn tries_the_port_both_ways() {
        for (url, others) in [
            ("https://a.example.com/x?y=1:2", vec!["https://a.example.com:443/x?y=1:2"]),
            ("wss://a.example.com/x", vec!["wss://a.example.com:443/x"]),
            ("ws://a.example.com", vec!["ws://a.example.com:80"]),
            ("http://a.example.com?q", vec!["http://a.example.com:80?q"]),
            ("https://a.example.com:443/x", vec!["https://a.example.com/x"]),
            ("https://a.example.com:8443/x", vec!["https://a.example.com/x"]),
            ("https://u:1@a.example.com/x", vec!["https://u:1@a.example.com:443/x"]),
            ("https://[::1]/x", vec!["https://[::1]:443/x"]),
            ("https://[::1]:443/x", vec!["https://[::1]/x"]),
            ("ftp://a.example.com/x", vec![]),
            ("/only/a/path", vec![]),
            ("://", vec![]),
            ("", vec![]),
        ] {
            let mut expected = vec![url];
            expected.extend(others);
            assert_eq!(spellings(url), expected, "{url}");
        }
    }
}
