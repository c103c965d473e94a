//! `/api/admin/dashboard`: the day at a glance. Every figure is counted from rows.

use crate::auth::Viewer;
use crate::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, TimeZone as _, Utc};
use serde::Serialize;
use studioconnect_domain::business::Business;
use studioconnect_domain::call::Outcome;
use studioconnect_domain::lead::{Lead, LeadStatus};
use studioconnect_store::{CallFilter, LeadFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Leads shown that nobody has looked after.
const WAITING_SHOWN: u64 = 8;

/// Nobody needs to know it better, and a count costs as much as it counts.
pub(crate) const MOST_COUNTED: u64 = 10_000;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read))
}

/// The day so far, by the business's clock.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dashboard {
    /// When the day began.
    pub(crate) since: DateTime<Utc>,
    pub(crate) calls_today: u64,
    pub(crate) voicemails_today: u64,
    pub(crate) leads_today: u64,
    /// Leads that nobody has looked after, of all time, counted to 10,000.
    pub(crate) new_leads: u64,
    /// Calls that are carried at this moment.
    pub(crate) live_calls: u64,
    /// Who waits to hear from the business, the longest wait last.
    pub(crate) waiting: Vec<Lead>,
    /// What is still to be done before the receptionist can work.
    pub(crate) checklist: Vec<Step>,
}

/// One thing to set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    /// Its name.
    pub(crate) step: SetUp,
    /// Whether the facts say that it is done.
    pub(crate) is_done: bool,
}

/// What is to be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SetUp {
    /// A number leads to the business, and the phone is on.
    Number,
    /// Opening hours are known.
    Hours,
    /// The agent has something to ask.
    Questions,
    /// The business has words of its own.
    Greeting,
    /// Somebody has called and was answered.
    FirstCall,
}

/// Reads the day.
#[utoipa::path(get, path = "/api/admin/dashboard", tag = "dashboard", security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Dashboard), (status = 401)))]
pub(crate) async fn read(State(state): State<AppState>, viewer: Viewer) -> Result<Json<Dashboard>, Problem> {
    day(&state, &viewer).await.map(Json)
}

/// The day so far; the page shows the same.
pub(crate) async fn day(state: &AppState, viewer: &Viewer) -> Result<Dashboard, Problem> {
    let (store, tenant) = (&state.store, viewer.tenant());
    let since = beginning_of_day(&viewer.business, state.clock.now());
    let calls_since = CallFilter { since: Some(since), ..CallFilter::default() };
    let voicemails = CallFilter { outcome: Some(Outcome::Voicemail), ..calls_since.clone() };
    let leads_since = LeadFilter { since: Some(since), ..LeadFilter::default() };
    let new = LeadFilter { status: Some(LeadStatus::New), ..LeadFilter::default() };
    let answered = CallFilter { outcome: Some(Outcome::Talked), ..CallFilter::default() };
    let with_lead = CallFilter { outcome: Some(Outcome::Lead), ..CallFilter::default() };
    let (calls_today, voicemails_today, leads_today, new_leads, waiting) = tokio::try_join!(
        store.count_calls(tenant, &calls_since),
        store.count_calls(tenant, &voicemails),
        store.count_leads(tenant, &leads_since),
        store.count_leads_up_to(tenant, &new, MOST_COUNTED),
        store.leads(tenant, &new, WAITING_SHOWN, None),
    )?;
    let (numbers, questions, config, talks, leads_by_call) = tokio::try_join!(
        store.list_numbers(tenant),
        store.list_questions(tenant),
        store.agent_config(tenant),
        store.calls(tenant, &answered, 1, None),
        store.calls(tenant, &with_lead, 1, None),
    )?;
    let live = state.phone.as_ref().map_or(0, |phone| {
        phone.switchboard.live_calls().iter().filter(|call| call.business == tenant).count() as u64
    });
    let has_words =
        !config.voice_greeting_message.trim().is_empty() || !config.welcome_message.trim().is_empty();
    let checklist = [
        (SetUp::Number, !numbers.is_empty() && state.phone.is_some()),
        (SetUp::Hours, viewer.business.hours.are_set()),
        (SetUp::Greeting, has_words),
        (SetUp::Questions, !questions.is_empty()),
        (SetUp::FirstCall, !talks.is_empty() || !leads_by_call.is_empty()),
    ];
    Ok(Dashboard {
        since,
        calls_today,
        voicemails_today,
        leads_today,
        new_leads,
        live_calls: live,
        waiting,
        checklist: checklist.map(|(step, is_done)| Step { step, is_done }).to_vec(),
    })
}

/// Midnight by the business's clock. A day that begins without one, as the clocks go forward, begins an hour later.
pub(crate) fn beginning_of_day(business: &Business, now: DateTime<Utc>) -> DateTime<Utc> {
    let zone = business.zone();
    let today = now.with_timezone(&zone).date_naive();
    (0..3)
        .filter_map(|hour| today.and_hms_opt(hour, 0, 0))
        .find_map(|midnight| zone.from_local_datetime(&midnight).earliest())
        .map_or(now, |midnight| midnight.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use studioconnect_domain::ids::BusinessId;
    use studioconnect_domain::plan::PlanCode;

    #[test]
    fn a_day_begins_at_the_business_s_midnight() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-23T05:00:00Z");
        let mut business = Business::new(BusinessId::new(), "Acme", PlanCode::Free, "wk".into(), now);
        for (zone, since) in [
            ("UTC", "2026-11-23T00:00:00Z"),
            ("America/Los_Angeles", "2026-11-22T08:00:00Z"),
            ("Asia/Tokyo", "2026-11-22T15:00:00Z"),
        ] {
            business.timezone = zone.to_owned();
            assert_eq!(beginning_of_day(&business, now), at(since), "{zone}");
        }
        // In Beirut the clocks go forward at midnight.
        business.timezone = "Asia/Beirut".to_owned();
        assert_eq!(beginning_of_day(&business, at("2025-03-30T12:00:00Z")), at("2025-03-29T22:00:00Z"));
    }
}
