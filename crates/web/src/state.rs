//! What handlers are given; each takes the parts it needs.

use crate::admin::Undoes;
use crate::auth::Auth;
use crate::chat::Chat;
use crate::preview::TextModel;
use crate::problem::Problem;
use crate::urls::PublicUrl;
use crate::visits::Visits;
use axum::extract::FromRef;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use studioconnect_assistant::knowledge::{Embedder, Sources};
use studioconnect_connectors::mail::Mailer;
use studioconnect_connectors::seal::Sealer;
use studioconnect_connectors::secret::Secret;
use studioconnect_connectors::twilio::rest::TwilioRest;
use studioconnect_domain::Clock;
use studioconnect_domain::business::User;
use studioconnect_jobs::escalate::Escalator;
use studioconnect_store::Store;
use studioconnect_voice::{Scribe, Switchboard};
use tokio::sync::Semaphore;

/// The program's parts, cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// What is remembered.
    pub store: Store,
    /// The time of day.
    pub clock: Clock,
    /// The phone side; none when the phone is off.
    pub phone: Option<Phone>,
    /// What health tells of the surroundings.
    pub environment: Arc<Environment>,
    /// Signing in.
    pub auth: Arc<Auth>,
    /// Our address.
    pub public: PublicUrl,
    /// Sends mail.
    pub mailer: Mailer,
    /// Seals what only this installation may read.
    pub sealer: Sealer,
    /// The model's REST side; none where there is no model.
    pub model: Option<TextModel>,
    /// Where questions to the operator are mailed.
    pub support: Option<Arc<str>>,
    /// What people may take back.
    pub undoes: Arc<Undoes>,
    /// The chat on businesses' websites.
    pub chat: Arc<Chat>,
    /// Files and pages that documents are made of.
    pub sources: Sources,
    /// How often businesses had addresses visited.
    pub visits: Arc<Visits>,
    /// Finds documents by what they mean; none where there is no model.
    pub embedder: Option<Arc<Embedder>>,
    /// Rings people in an emergency.
    pub escalator: Arc<Escalator>,
}

impl AppState {
    /// Counts what somebody asks for that makes work for others, such as a mail; who asks again and again waits as after wrong
    /// passwords. `title` is what they are told.
    pub(crate) fn count_request(&self, kind: &str, by: &User, title: &'static str) -> Result<(), Problem> {
        let (key, now) = (format!("{kind}:{}", by.id), self.clock.now());
        let mut throttle = self.auth.throttle();
        if let Some(wait) = throttle.wait(&key, now) {
            return Err(Problem::asked_too_often(title, wait.num_seconds().max(1)));
        }
        throttle.failed(&key, now);
        Ok(())
    }
}

/// The phone side.
#[derive(Clone)]
pub struct Phone {
    /// Carries calls.
    pub switchboard: Switchboard,
    /// Writes behind.
    pub scribe: Scribe,
    /// The account that calls come by.
    pub twilio: Arc<TwilioRest>,
    /// Our address.
    pub public: PublicUrl,
    /// Auth tokens that sign webhooks; more than one while they are being changed.
    pub tokens: Arc<[Secret]>,
    /// There is a model to speak with; without one, callers leave a message.
    pub has_model: bool,
    /// Places at the door for streams without a signature that have not shown their token yet.
    pub door: Arc<Semaphore>,
    /// Streams that came without a signature: accepted, as their token decides, and counted.
    pub unsigned_streams: Arc<AtomicU64>,
}

/// What health tells of the surroundings.
pub struct Environment {
    /// `NODE_ENV`, as it was given.
    pub node_env: Option<String>,
    /// More than usual is logged.
    pub verbose_logging: bool,
    /// Above this, in MB, health says warning.
    pub max_memory_mb: u64,
    /// Twilio's REST side is on this machine: a simulator.
    pub twilio_is_local: bool,
    /// The process is shutting down.
    pub draining: AtomicBool,
    /// Asks the allocator and the system.
    pub memory: Box<dyn Fn() -> MemoryUse + Send + Sync>,
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Pages of ours that are in memory.
    pub rss: u64,
    /// Allocated and in use.
    pub allocated: u64,
    /// Held by the allocator, in use or not.
    pub held: u64,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("node_env", &self.node_env).finish_non_exhaustive()
    }
}

impl FromRef<AppState> for Store {
    fn from_ref(state: &AppState) -> Self {
        state.store.clone()
    }
}

impl FromRef<AppState> for Escalator {
    fn from_ref(state: &AppState) -> Self {
        Self::clone(&state.escalator)
    }
}

impl FromRef<AppState> for Clock {
    fn from_ref(state: &AppState) -> Self {
        state.clock.clone()
    }
}

impl FromRef<AppState> for Option<Phone> {
    fn from_ref(state: &AppState) -> Self {
        state.phone.clone()
    }
}
