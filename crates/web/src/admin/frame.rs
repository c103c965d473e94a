//! What every page has around it.

use crate::assets;
use crate::auth::Viewer;
use crate::problem::Problem;
use crate::state::AppState;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use studioconnect_domain::Fault;
use studioconnect_domain::account::Membership;
use studioconnect_domain::plan::Feature;

/// Name, target, and what the plan must include for it to be of use.
const PLACES: [(&str, &str, Option<Feature>); 13] = [
    ("Today", "/admin/dashboard", None),
    ("Calls", "/admin/calls", None),
    ("Conversations", "/admin/conversations", Some(Feature::ChatWidget)),
    ("Leads", "/admin/leads", None),
    ("Clients", "/admin/clients", Some(Feature::Clients)),
    ("Knowledge base", "/admin/knowledge-base", Some(Feature::BasicFaq)),
    ("Questions", "/admin/lead-questions", None),
    ("On the line", "/admin/websockets", Some(Feature::WebsocketMonitoring)),
    ("Website chat", "/admin/widget", Some(Feature::ChatWidget)),
    ("Voice", "/admin/voice", Some(Feature::VoiceConfiguration)),
    ("Notifications", "/admin/notifications", None),
    ("Settings", "/admin/settings", None),
    ("Team and plan", "/admin/team", None),
];

/// A place in the navigation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) is_here: bool,
    /// The plan does not include it; the page behind it says what it would add.
    pub(crate) is_locked: bool,
}

/// What every page has around it.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) style: &'static str,
    pub(crate) scripts: Vec<&'static str>,
    pub(crate) icon: &'static str,
    pub(crate) business: String,
    pub(crate) person: String,
    pub(crate) places: Vec<Place>,
    pub(crate) businesses: Vec<Membership>,
    pub(crate) here: uuid::Uuid,
    /// A word about what was just done.
    pub(crate) notice: Option<&'static str>,
    /// By which name it can be taken back.
    pub(crate) undo: Option<uuid::Uuid>,
}

impl Frame {
    /// The frame of a page for somebody who is signed in. `place` is where in the navigation it belongs.
    pub(crate) async fn of(
        state: &AppState,
        viewer: &Viewer,
        title: &str,
        place: &str,
    ) -> Result<Self, Problem> {
        let places = PLACES.map(|(name, target, feature)| Place {
            name,
            target,
            is_here: target == place,
            is_locked: feature.is_some_and(|feature| !viewer.includes(feature)),
        });
        let person = if viewer.user.name.is_empty() { &viewer.user.email } else { &viewer.user.name };
        Ok(Self {
            title: title.to_owned(),
            style: assets::style(),
            scripts: assets::scripts(),
            icon: assets::icon(),
            business: viewer.business.name.clone(),
            person: person.clone(),
            places: places.to_vec(),
            businesses: state.store.memberships(viewer.user.id).await?,
            here: viewer.tenant().0,
            notice: None,
            undo: None,
        })
    }

    /// The frame of a page for somebody who is not.
    pub(crate) fn outside(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            style: assets::style(),
            scripts: assets::scripts(),
            icon: assets::icon(),
            business: String::new(),
            person: String::new(),
            places: Vec::new(),
            businesses: Vec::new(),
            here: uuid::Uuid::nil(),
            notice: None,
            undo: None,
        }
    }

    /// The same with a word about what was just done, by the name the redirect gave it.
    pub(crate) fn with_notice(self, done: Option<&str>) -> Self {
        let notice = match done {
            Some("saved") => Some("Saved."),
            Some("added") => Some("Added."),
            Some("removed") => Some("Removed."),
            Some("read") => Some("Read."),
            Some("unread") => Some("The page was not read whole; why stands in the list."),
            Some("moved") => Some("Moved."),
            Some("undone") => Some("Taken back."),
            Some("sent") => Some("Your question is on its way."),
            Some("invited") => Some("The invitation is on its way."),
            Some("taken_over") => Some("You answer this visitor now."),
            Some("released") => Some("The agent answers again."),
            Some("over") => Some("The conversation is over."),
            Some("ended") => Some("The call is being ended."),
            Some("password") => Some("Your password is changed; other browsers were signed out."),
            _ => None,
        };
        Self { notice, ..self }
    }
}

/// Sentences beside the fields of a form that was refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<Fault>);

impl Faults {
    /// The sentence beside a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
    }

    /// Whether the form was refused.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Sentences about fields that begin so.
    pub(crate) fn under<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |fault| fault.field.starts_with(start)).map(|fault| fault.message.as_str())
    }
}

/// Leads back to a page, which then says what was just done ([`Frame::with_notice`]).
pub(crate) fn led_to(page: &str, done: &str) -> Response {
    Redirect::to(&format!("{page}?done={done}")).into_response()
}

/// Renders a page.
pub(crate) fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// Renders a page with a status of its own.
pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(fault) => {
            tracing::error!(%fault, "a page could not be rendered");
            Problem::internal().into_response()
        }
    }
}
