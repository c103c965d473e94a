//! Delivers what stands in the outbox.
//!
//! A worker sends one message after the other and writes down what became of each before it takes the next, so that a process
//! that dies has at most one message per worker of which it is not known whether it went out. A mail is then sent again under
//! the same Message-ID. One worker looks after urgent messages alone; the others take those first, too.

use crate::letter;
use std::sync::Arc;
use std::time::Duration;
use studioconnect_connectors::mail::{Mail, Mailer};
use studioconnect_domain::Clock;
use studioconnect_domain::ids::LeadId;
use studioconnect_domain::outbox::{Lane, MessageKind, Outcome, Outgoing};
use studioconnect_store::{Store, StoreError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a claim holds; longer than a mail server may take for all that are claimed together.
const LEASE: chrono::TimeDelta = chrono::TimeDelta::seconds(180);
/// Messages that are claimed together.
const TOGETHER: u64 = 8;
/// Time between looks where nothing wakes us: a message's time has come, or another process wrote it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Time between looks for claims that ran out.
const RECLAIM_EVERY: Duration = Duration::from_secs(5);
/// Pauses between tries to write down what became of a message.
const SETTLE_AGAIN: [Duration; 6] = [
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// What delivering needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Delivery {
    store: Store,
    clock: Clock,
    mailer: Mailer,
    /// The installation's address, without a slash at its end.
    base_url: Arc<str>,
}

impl Delivery {
    /// `base_url` is where people reach the dashboard.
    pub fn new(store: Store, clock: Clock, mailer: Mailer, base_url: &str) -> Self {
        Self { store, clock, mailer, base_url: base_url.trim_end_matches('/').into() }
    }

    /// Delivers with `workers` at once, besides the one for urgent messages, until it is told to stop. What is being sent
    /// then is sent to its end.
    pub async fn run(self, workers: usize, stop: CancellationToken) {
        let mut running = JoinSet::new();
        running.spawn(self.clone().work(&[Lane::Urgent], stop.clone()));
        for _ in 0..workers {
            running.spawn(self.clone().work(&[Lane::Urgent, Lane::Normal], stop.clone()));
        }
        running.spawn(self.clone().reclaim(stop));
        while let Some(ended) = running.join_next().await {
            if let Err(fault) = ended {
                tracing::error!(%fault, "a worker of the outbox has ended");
            }
        }
    }

    async fn work(self, lanes: &'static [Lane], stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.next(lanes).await {
                Ok(claimed) if claimed.is_empty() => {}
                Ok(claimed) => {
                    for message in claimed {
                        self.deliver(&message).await;
                    }
                    continue;
                }
                Err(fault) => tracing::warn!(%fault, "the outbox cannot be read"),
            }
            tokio::select! {
                () = self.store.something_goes_out() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn next(&self, lanes: &[Lane]) -> Result<Vec<Outgoing>, StoreError> {
        let now = self.clock.now();
        for lane in lanes {
            // Urgent ones go one by one, so that several workers share them.
            let most = if *lane == Lane::Urgent { 1 } else { TOGETHER };
            let claimed = self.store.claim_outgoing(*lane, most, now, now + LEASE).await?;
            if !claimed.is_empty() {
                return Ok(claimed);
            }
        }
        Ok(Vec::new())
    }

    async fn reclaim(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(RECLAIM_EVERY)).await.is_some() {
            match self.store.reclaim_outgoing(self.clock.now()).await {
                Ok(0) => {}
                Ok(again) => tracing::warn!(again, "messages are sent anew whose sender did not come back"),
                Err(fault) => tracing::warn!(%fault, "claims that ran out cannot be taken back"),
            }
        }
    }

    async fn deliver(&self, message: &Outgoing) {
        let outcome = match self.letter(message).await {
            Ok(Some(mail)) => match self.mailer.send(&mail).await {
                Ok(words) => Outcome::Sent(words),
                Err(fault) if fault.is_final() => Outcome::Never(fault.to_string()),
                Err(fault) => Outcome::NotNow(fault.to_string()),
            },
            Ok(None) => Outcome::Never("what it tells of is not there any more".to_owned()),
            Err(fault) => Outcome::NotNow(format!("what it tells of cannot be read: {fault}")),
        };
        match &outcome {
            Outcome::Sent(_) => tracing::debug!(message = %message.id, kind = ?message.kind, "sent"),
            Outcome::NotNow(why) => {
                tracing::warn!(message = %message.id, kind = ?message.kind, attempts = message.attempts, why, "not sent yet");
            }
            Outcome::Never(why) => {
                tracing::error!(message = %message.id, kind = ?message.kind, why, "a message cannot be sent");
            }
        }
        self.settle(message, &outcome).await;
    }

    /// Writes down what became of a message; while the database is away, again and again: forgotten, it would go out twice.
    async fn settle(&self, message: &Outgoing, outcome: &Outcome) {
        let next = message.after(outcome, self.clock.now());
        for pause in SETTLE_AGAIN {
            match self.store.settle_outgoing(message, &next).await {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(message = %message.id, "somebody else has taken the message over");
                    return;
                }
                Err(fault) => {
                    tracing::warn!(message = %message.id, %fault, "what became of a message is not written down yet");
                }
            }
            tokio::time::sleep(pause).await;
        }
        tracing::error!(message = %message.id, "what became of a message was not written down; it may go out again");
    }

    /// The mail that a message is; none when what it tells of is gone.
    async fn letter(&self, message: &Outgoing) -> Result<Option<Mail>, StoreError> {
        let (Some(business), Some(subject)) = (message.business_id, message.subject) else { return Ok(None) };
        let Some(business) = self.store.find_business(business).await? else { return Ok(None) };
        let Some(lead) = self.store.find_lead(business.id, LeadId(subject)).await? else { return Ok(None) };
        let letter = match message.kind {
            MessageKind::Lead => letter::lead::to_the_business(&business, &lead, &self.base_url),
            MessageKind::Confirmation => {
                let config = self.store.agent_config(business.id).await?;
                letter::lead::to_the_customer(&business, &lead, &config.language)
            }
            MessageKind::Test
            | MessageKind::Invitation
            | MessageKind::PasswordReset
            | MessageKind::Support => return Ok(None),
        };
        let thread: Uuid = lead.joined_to.unwrap_or(lead.id).0;
        Ok(Some(Mail {
            id: Some(message.id.0),
            thread: Some(thread),
            is_urgent: message.lane == Lane::Urgent,
            ..letter.mail(&message.recipient)
        }))
    }
}
