//! What a business shows of itself to visitors, and where: the one place that knows how its chat is set up.

use crate::problem::Problem;
use crate::state::AppState;
use serde::Serialize;
use studioconnect_domain::business::Business;
use studioconnect_domain::plan::{Feature, Plan};
use utoipa::ToSchema;

/// How the chat of one business is set up.
#[derive(Clone, Debug)]
pub(super) struct Front {
    pub(super) business: Business,
    pub(super) plan: Plan,
    /// Whether the business wants it at all.
    is_wanted: bool,
    /// Origins of pages that may show it, besides ours.
    origins: Vec<String>,
    /// What is offered before the visitor has written anything.
    pub(super) quick_replies: Vec<String>,
    pub(super) consent: ConsentAnswer,
}

/// What a visitor agrees to before anything is sent.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConsentAnswer {
    pub(super) required: bool,
    pub(super) text: String,
    pub(super) version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) privacy_url: Option<String>,
}

impl Front {
    /// Whose key it is; none when it is nobody's.
    pub(super) async fn of_key(state: &AppState, key: &str) -> Result<Option<Self>, Problem> {
        match state.store.find_business_by_widget_key(key).await? {
            Some(business) => Self::of(state, business).await.map(Some),
            None => Ok(None),
        }
    }

    /// How a business's chat is set up. Nobody's page is allowed unless it is ours.
    pub(super) async fn of(state: &AppState, business: Business) -> Result<Self, Problem> {
        let plan = state.store.plan(business.plan).await?;
        Ok(Self {
            business,
            plan,
            is_wanted: true,
            origins: Vec::new(),
            quick_replies: Vec::new(),
            consent: ConsentAnswer::default(),
        })
    }

    /// Whether there is a chat at this moment.
    pub(super) fn is_on(&self) -> bool {
        self.is_wanted && self.plan.includes(Feature::ChatWidget)
    }

    /// Whether a page of this origin may show it.
    pub(super) fn allows(&self, state: &AppState, origin: &str) -> bool {
        origin == state.public.origin() || self.origins.iter().any(|allowed| allowed == origin)
    }

    /// Whether it carries our name.
    pub(super) fn shows_branding(&self) -> bool {
        !self.plan.includes(Feature::BrandingRemoval)
    }
}
