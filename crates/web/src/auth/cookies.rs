//! Cookies of browsers that are signed in: HttpOnly, SameSite=Lax, and Secure behind https.

use super::{ACCESS_LASTS, Auth};
use axum::http::{HeaderMap, HeaderValue, header};
use studioconnect_domain::account::Session;

/// Carries the access token.
pub(crate) const ACCESS: &str = "sc_access";
/// Carries the refresh token.
pub(crate) const REFRESH: &str = "sc_refresh";

/// A cookie of the request.
pub(crate) fn of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// Sets both cookies.
pub(crate) fn set(headers: &mut HeaderMap, auth: &Auth, access: &str, refresh: Option<&str>) {
    put(headers, auth, ACCESS, access, ACCESS_LASTS.num_seconds());
    if let Some(refresh) = refresh {
        put(headers, auth, REFRESH, refresh, Session::IDLE.num_seconds());
    }
}

/// Sets those of both cookies that a handler has not set: one that signs in or out, or goes to another business, has the last
/// word. A refresh token that was changed on the way is never lost, as the browser would come back with the one before it
/// and be taken for a thief.
pub(crate) fn set_missing(headers: &mut HeaderMap, auth: &Auth, access: &str, refresh: Option<&str>) {
    let is_set = |headers: &HeaderMap, name: &str| {
        let mut lines = headers.get_all(header::SET_COOKIE).iter();
        lines.any(|line| line.to_str().is_ok_and(|line| line.split('=').next() == Some(name)))
    };
    if !is_set(headers, ACCESS) {
        put(headers, auth, ACCESS, access, ACCESS_LASTS.num_seconds());
    }
    if let Some(refresh) = refresh.filter(|_| !is_set(headers, REFRESH)) {
        put(headers, auth, REFRESH, refresh, Session::IDLE.num_seconds());
    }
}

/// Takes both cookies away.
pub(crate) fn clear(headers: &mut HeaderMap, auth: &Auth) {
    put(headers, auth, ACCESS, "", 0);
    put(headers, auth, REFRESH, "", 0);
}

/// Makes the cookies of an answer such that they go over https alone.
pub(crate) fn make_secure(headers: &mut HeaderMap) {
    let lines: Vec<_> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for line in lines {
        let secured = line.to_str().ok().filter(|text| !text.contains("; Secure"));
        let secured = secured.and_then(|text| HeaderValue::from_str(&format!("{text}; Secure")).ok());
        headers.append(header::SET_COOKIE, secured.unwrap_or(line));
    }
}

fn put(headers: &mut HeaderMap, auth: &Auth, name: &str, value: &str, seconds: i64) {
    let secure = if auth.is_secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // Tokens are made of letters that a header takes.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; sc_access=x.y.z;b=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("sc_refresh=q"));
        assert_eq!((of(&headers, ACCESS), of(&headers, REFRESH)), (Some("x.y.z"), Some("q")));
        assert_eq!(of(&headers, "c"), None);
    }
}
