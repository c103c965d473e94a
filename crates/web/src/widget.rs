//! The chat on a business's website: who may show it, what its page may know, its script, and a page of ours that shows it.

mod installed;
mod page;
mod script;

use crate::problem::Problem;
use crate::state::AppState;
use crate::urls::PublicUrl;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use studioconnect_domain::plan::Feature;
use studioconnect_domain::widget::{Consent, Mode, Side, Theme, WidgetConfig};
use studioconnect_store::WidgetOfKey;

pub(crate) use installed::{Carried, TagCheck, check as check_tag};
pub(crate) use page::preview;

/// What a chat says first when the business has written nothing.
const WELCOME: &str = "Hello! This is {businessName}. How can we help you?";

pub(crate) fn routes() -> Router<AppState> {
    script::routes().merge(page::routes())
}

/// What every visitor may know of a business's chat.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicWidget {
    business_name: String,
    agent_name: String,
    language: String,
    theme: PublicTheme,
    welcome_message: String,
    quick_replies: Vec<String>,
    show_branding: bool,
    consent: Consent,
    chat_enabled: bool,
    version: u32,
}

/// How it looks, with what is readable of the colour.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicTheme {
    accent: String,
    ink: String,
    on_light: String,
    on_dark: String,
    mode: Mode,
    position: Side,
    radius: u32,
    launcher_text: String,
    avatar_text: String,
}

impl PublicTheme {
    pub(crate) fn of(theme: &Theme) -> Self {
        let shades = theme.shades();
        Self {
            accent: shades.accent.to_string(),
            ink: shades.ink.to_string(),
            on_light: shades.on_light.to_string(),
            on_dark: shades.on_dark.to_string(),
            mode: theme.mode,
            position: theme.position,
            radius: theme.radius,
            launcher_text: theme.launcher_text.clone(),
            avatar_text: theme.avatar_text.clone(),
        }
    }
}

impl PublicWidget {
    pub(crate) fn of(found: &WidgetOfKey) -> Self {
        let WidgetOfKey { business, plan, agent, widget, version } = found;
        let written = agent.welcome_message.trim();
        let welcome = if written.is_empty() { WELCOME } else { written };
        Self {
            business_name: business.name.clone(),
            agent_name: agent.agent_name.clone(),
            language: agent.language.clone(),
            theme: PublicTheme::of(&widget.theme),
            welcome_message: welcome.replace("{businessName}", &business.name),
            quick_replies: widget.quick_replies.clone(),
            show_branding: !plan.includes(Feature::BrandingRemoval),
            consent: widget.consent.clone(),
            chat_enabled: widget.enabled && plan.includes(Feature::ChatWidget),
            version: *version,
        }
    }
}

/// The page that asks, when it may: one of the business's sites, or one of ours. A browser names no origin when a page reads
/// from its own server, and says that it is so.
pub(crate) fn asking<'a>(
    headers: &'a HeaderMap,
    widget: &WidgetConfig,
    public: &PublicUrl,
) -> Result<Option<&'a HeaderValue>, Problem> {
    let refused = || Problem {
        code: "origin_refused",
        title: "The chat is not set up for this site.",
        ..Problem::cross_site()
    };
    let Some(named) = headers.get(header::ORIGIN) else {
        let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
        return if site == Some("same-origin") { Ok(None) } else { Err(refused()) };
    };
    let origin = named.to_str().map_err(|_| refused())?;
    let is_known = origin == public.origin() || widget.allows(origin);
    if is_known { Ok(Some(named)) } else { Err(refused()) }
}

/// An answer that the page may read.
pub(crate) fn answer_to(asking: Option<&HeaderValue>, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = asking {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use studioconnect_domain::widget::Origin;

    /// Chat theme 1.
    #[test]
    fn only_pages_of_the_business_and_of_ours_are_answered() {
        let widget = WidgetConfig {
            allowed_origins: vec![Origin::read("https://www.example.com").unwrap()],
            ..WidgetConfig::default()
        };
        let public = PublicUrl::parse("https://desk.example.com").unwrap();
        let asks = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            asking(&headers, &widget, &public).map(Option::<&HeaderValue>::cloned)
        };
        let site = HeaderValue::from_static("https://www.example.com");
        assert_eq!(asks(&[("origin", "https://www.example.com")]).unwrap(), Some(site));
        assert!(asks(&[("origin", "https://desk.example.com")]).is_ok());
        assert_eq!(asks(&[("sec-fetch-site", "same-origin")]).unwrap(), None);
        for refused in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://example.com")],
            &[("origin", "https://www.example.com.evil.example.com")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://example.com"), ("sec-fetch-site", "same-origin")],
        ] {
            assert_eq!(asks(refused).unwrap_err().status, 403, "{refused:?}");
        }
    }
}
