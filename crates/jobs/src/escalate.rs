//! Rings people in an emergency: takes in what happened, stores what follows, then does it.
//!
//! What to do is decided by `domain::escalation`. The state is stored before anything is done, and saved only against the
//! version it was read at, so several replicas and webhooks that come at once make each step once. Whoever dies in between
//! leaves a moment at which [`Escalator::look`] finds the incident again.

mod carry_out;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;
use studioconnect_connectors::mail::Mailer;
use studioconnect_connectors::twilio::rest::TwilioRest;
use studioconnect_domain::Clock;
use studioconnect_domain::escalation::{Effect, Event, News};
use studioconnect_domain::ids::{BusinessId, IncidentId};
use studioconnect_domain::incident::{Entry, Incident};
use studioconnect_store::{Store, StoreError};
use tokio::sync::broadcast;

/// The document that is run when somebody who was rung answers; the call's name follows as `?attempt=`.
pub const ALERT_PATH: &str = "/api/voice/alert";
/// What is told the key that was pressed.
pub const ALERT_KEY_PATH: &str = "/api/voice/alert/key";
/// What is told how such a call goes on.
pub const ALERT_STATUS_PATH: &str = "/api/voice/alert/status";

/// Between two looks at what is due, when nothing calls for one before.
const PAUSE: Duration = Duration::from_secs(1);
/// Incidents of one look.
const AT_ONCE: u64 = 20;
/// Times that a step is decided anew because somebody else was faster.
const MOST_OVERTAKEN: u32 = 8;
/// News that wait for a listener that is slow; it reads the incident when it has missed some.
const NEWS: usize = 256;

/// Something to tell the person in need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentNews {
    /// Whose incident.
    pub business: BusinessId,
    /// Which one.
    pub incident: IncidentId,
    /// What.
    pub news: News,
}

/// Rings people in an emergency. Cheap to clone.
#[derive(Clone)]
pub struct Escalator {
    store: Store,
    clock: Clock,
    /// None when the phone is off: then nobody can be rung, and everybody is written to.
    twilio: Option<Arc<TwilioRest>>,
    mailer: Mailer,
    /// Our address, without a slash at its end.
    public: Arc<str>,
    news: broadcast::Sender<IncidentNews>,
}

impl Escalator {
    /// Rings by this account and writes by this mailer.
    pub fn new(
        store: Store,
        clock: Clock,
        twilio: Option<Arc<TwilioRest>>,
        mailer: Mailer,
        public: &str,
    ) -> Self {
        Self {
            store,
            clock,
            twilio,
            mailer,
            public: public.trim_end_matches('/').into(),
            news: broadcast::Sender::new(NEWS),
        }
    }

    /// What people in need are to be told, from now on.
    pub fn news(&self) -> broadcast::Receiver<IncidentNews> {
        self.news.subscribe()
    }

    /// Takes in an event, and does what follows, and what follows from that. Returns the incident as it stands then.
    pub async fn happened(
        &self,
        business: BusinessId,
        incident: IncidentId,
        event: Event,
    ) -> Result<Incident, StoreError> {
        let (mut after, effects) = self.step(business, incident, &event).await?;
        let mut waiting: std::collections::VecDeque<Effect> = effects.into();
        // What a call's failure leads to is another step; each contact adds a few, so this ends.
        while let Some(effect) = waiting.pop_front() {
            if let Some(next) = self.carry_out(&after, effect).await {
                let (later, more) = self.step(business, incident, &next).await?;
                after = later;
                waiting.extend(more);
            }
        }
        Ok(after)
    }

    /// Decides and stores one step.
    async fn step(
        &self,
        business: BusinessId,
        incident: IncidentId,
        event: &Event,
    ) -> Result<(Incident, Vec<Effect>), StoreError> {
        let mut overtaken = 0;
        loop {
            let found = self.store.find_incident(business, incident).await?;
            let mut incident = found.ok_or(StoreError::Missing { what: "incident" })?;
            let before = incident.escalation.clone();
            let now = self.clock.now();
            let effects = incident.escalation.happened(event.clone(), now);
            if effects.is_empty() && incident.escalation == before {
                return Ok((incident, effects));
            }
            incident.state = incident.escalation.state();
            incident.accepted_by = incident.escalation.accepted_by().map(|by| by.name.clone());
            incident.updated_at = now;
            match self.store.save_incident(&incident, &history(&effects, now)).await {
                Ok(saved) => return Ok((saved, effects)),
                Err(StoreError::Overtaken { .. }) if overtaken < MOST_OVERTAKEN => overtaken += 1,
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Looks at what is due, once. How many there were.
    pub async fn look(&self) -> Result<usize, StoreError> {
        let due = self.store.take_due_incidents(self.clock.now(), AT_ONCE).await?;
        let count = due.len();
        let mut looks = tokio::task::JoinSet::new();
        for incident in due {
            let own = self.clone();
            looks.spawn(async move {
                let done = own.happened(incident.business_id, incident.id, Event::Deadline).await;
                if let Err(fault) = done {
                    tracing::error!(incident = %incident.id, %fault, "an emergency could not be looked at");
                }
            });
        }
        while looks.join_next().await.is_some() {}
        Ok(count)
    }

    /// Looks for ever; stops when `stop` is done, between two looks.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            if let Err(fault) = self.look().await {
                tracing::error!(%fault, "emergencies could not be looked at; it is tried again");
            }
            tokio::select! {
                () = &mut stop => return,
                () = self.store.something_is_urgent() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}

/// The lines of history that a step has written.
fn history(effects: &[Effect], at: DateTime<Utc>) -> Vec<Entry> {
    let lines = effects.iter().filter_map(|effect| match effect {
        Effect::Note { kind, who, detail } => {
            Some(Entry { at, kind: *kind, who: who.clone(), detail: detail.clone() })
        }
        _ => None,
    });
    lines.collect()
}
