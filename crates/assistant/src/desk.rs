//! What lies before a receptionist when somebody speaks: the business and the moment.

use chrono::{DateTime, NaiveDate, Utc};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::business::Business;
use studioconnect_domain::plan::{Feature, Plan};
use studioconnect_domain::priority::History;
use studioconnect_domain::question::Question;

/// The surroundings of one turn. They are read anew for each, so that what the owner changes holds from the next turn on.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    /// The business.
    pub business: &'a Business,
    /// What its plan includes.
    pub plan: &'a Plan,
    /// Its agent's settings.
    pub config: &'a AgentConfig,
    /// What its agent asks, in order, no more than the plan allows.
    pub questions: &'a [Question],
    /// What is done in an emergency.
    pub alarm: &'a AlarmSettings,
    /// What is known of who it is about, beside what they say.
    pub history: History,
    /// The time.
    pub now: DateTime<Utc>,
}

impl Desk<'_> {
    /// The business's day.
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.business.zone()).date_naive()
    }

    /// Whether anybody is rung in an emergency.
    pub fn can_ring(&self) -> bool {
        self.plan.includes(Feature::EmergencyVoiceCalls)
            && self.alarm.contacts.iter().any(|contact| contact.is_active)
    }

    /// Whether the business is open now.
    pub fn is_open(&self) -> bool {
        self.business.hours.is_open(self.now, self.business.zone())
    }
}
