//! Every path in one place. The names are fixed by the outer contract; scripts and customers' settings rely on them.

use thiserror::Error;
use url::Url;

/// Where a number's voice webhook points.
pub const VOICE_INBOUND: &str = "/api/voice/inbound";
/// Another name of it.
pub const VOICE_INCOMING: &str = "/api/voice/incoming";
/// Where a number's status callback points.
pub const VOICE_STATUS: &str = "/api/voice/status";
/// What the network asks when our stream has closed.
pub const VOICE_RESUME: &str = "/api/voice/resume";
/// Where a number's fallback points.
pub const VOICE_FALLBACK: &str = "/api/voice/fallback";
/// What follows a recorded message.
pub const VOICE_VOICEMAIL: &str = "/api/voice/voicemail";
/// Told when a recording is ready.
pub const VOICE_RECORDED: &str = "/api/voice/recorded";
/// Media streams.
pub const VOICE_STREAM: &str = "/api/voice/stream";
/// How the process is doing, in full.
pub const HEALTH: &str = "/health";
/// Whether the process is alive.
pub const LIVEZ: &str = "/livez";
/// Whether it takes work.
pub const READYZ: &str = "/readyz";

/// The OpenAPI document.
pub const OPENAPI: &str = "/api/openapi.json";
/// Where it can be browsed.
pub const API_DOCS: &str = "/api/docs";
/// Where people sign in.
pub const LOGIN: &str = "/admin/login";
/// Where strangers open a business.
pub const SIGN_UP: &str = "/admin/signup";
/// The day at a glance.
pub const DASHBOARD: &str = "/admin/dashboard";

/// Where somebody takes an invitation up.
pub fn invitation(token: &str) -> String {
    format!("/admin/invitation?token={token}")
}

/// Where somebody chooses a new password.
pub fn password_reset(token: &str) -> String {
    format!("/admin/password?token={token}")
}

/// The installation's address as Twilio and browsers see it. Every URL we give out is absolute from it, and every
/// signature is checked over it: what a proxy made of the request does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    base: String,
    socket_base: String,
}

/// Why a text cannot be the public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be an http or https URL with a host, without query or fragment")]
pub struct PublicUrlFault;

impl PublicUrl {
    /// Reads the base URL. A path is kept; a slash at its end is not.
    pub fn parse(text: &str) -> Result<Self, PublicUrlFault> {
        let url = Url::parse(text.trim()).map_err(|_| PublicUrlFault)?;
        let socket_scheme = match url.scheme() {
            "https" => "wss",
            "http" => "ws",
            _ => return Err(PublicUrlFault),
        };
        if url.host().is_none() || url.query().is_some() || url.fragment().is_some() {
            return Err(PublicUrlFault);
        }
        let base = url.as_str().trim_end_matches('/').to_owned();
        let rest = base.split_once(':').map_or("", |(_, rest)| rest);
        let socket_base = format!("{socket_scheme}:{rest}");
        Ok(Self { base, socket_base })
    }

    /// The absolute URL of a path with its query.
    pub fn of(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.base)
    }

    /// The absolute URL of a socket's path.
    pub fn socket_of(&self, path: &str) -> String {
        format!("{}{path}", self.socket_base)
    }

    /// Scheme, host and port, as browsers name where a page is from.
    pub fn origin(&self) -> String {
        Url::parse(&self.base).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// Whether sound and signatures travel encrypted; Twilio takes nothing else.
    pub fn is_secure(&self) -> bool {
        self.base.starts_with("https:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_absolute_from_the_public_base_and_sockets_follow_its_scheme() {
        let public = PublicUrl::parse("https://voice.example.com/").unwrap();
        assert_eq!(public.of("/api/voice/status?x=1"), "https://voice.example.com/api/voice/status?x=1");
        assert_eq!(public.socket_of(VOICE_STREAM), "wss://voice.example.com/api/voice/stream");
        let local = PublicUrl::parse("http://127.0.0.1:3000").unwrap();
        assert_eq!(local.socket_of("/s"), "ws://127.0.0.1:3000/s");
        let below = PublicUrl::parse("https://example.com/desk/").unwrap();
        assert_eq!(below.of(LIVEZ), "https://example.com/desk/livez");
        assert_eq!(
            (below.origin(), local.origin()),
            ("https://example.com".into(), "http://127.0.0.1:3000".into())
        );
        for bad in ["example.com", "ftp://example.com", "https://", "https://example.com/?a=1"] {
            assert_eq!(PublicUrl::parse(bad), Err(PublicUrlFault), "{bad}");
        }
    }
}
