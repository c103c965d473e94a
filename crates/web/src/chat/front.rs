//! What a business shows of itself to visitors, and where: the one place that knows how its chat is set up.

use crate::problem::Problem;
use crate::state::AppState;
use studioconnect_domain::business::Business;
use studioconnect_domain::plan::{Feature, Plan};
use studioconnect_domain::widget::WidgetConfig;

/// How the chat of one business is set up.
#[derive(Clone, Debug)]
pub(super) struct Front {
    pub(super) business: Business,
    pub(super) plan: Plan,
    pub(super) config: WidgetConfig,
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
        let (config, _) = state.store.widget(business.id).await?;
        Ok(Self { business, plan, config })
    }

    /// Whether there is a chat at this moment.
    pub(super) fn is_on(&self) -> bool {
        self.config.enabled && self.plan.includes(Feature::ChatWidget)
    }

    /// Whether a page of this origin may show it.
    pub(super) fn allows(&self, state: &AppState, origin: &str) -> bool {
        origin == state.public.origin() || self.config.allows(origin)
    }

    /// Whether it carries our name.
    pub(super) fn shows_branding(&self) -> bool {
        !self.plan.includes(Feature::BrandingRemoval)
    }
}
