//! A server that speaks the chat's wire, looks closely at what it is asked, and misbehaves when it is told to.

mod answers;
mod talk;
mod wire;

pub(super) use talk::Fault;

use anyhow::Result;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use talk::Session;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What the server knows.
struct World {
    inner: Mutex<Inner>,
    /// Counts what happened; who waits for something looks again when it changes.
    news: watch::Sender<u64>,
    /// An answer goes no further than to this piece of it.
    pause: watch::Sender<Option<usize>>,
    /// The real server, for what is not of the conversation.
    real: String,
    client: reqwest::Client,
    /// The one origin that may ask.
    origin: String,
    key: String,
}

#[derive(Default)]
struct Inner {
    sessions: BTreeMap<String, Session>,
    faults: VecDeque<Fault>,
    seen: Vec<String>,
    violations: Vec<String>,
    notice: Option<String>,
    consents: Vec<Option<u64>>,
    identities: Vec<Option<String>>,
}

pub(super) struct Scripted {
    pub(super) address: SocketAddr,
    world: Arc<World>,
    serving: AbortHandle,
}

impl Scripted {
    /// Opens it for the pages of one origin.
    pub(super) async fn open(real: String, origin: String, key: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let world = Arc::new(World {
            inner: Mutex::default(),
            news: watch::Sender::new(0),
            pause: watch::Sender::new(None),
            real,
            client: reqwest::Client::builder().no_proxy().build()?,
            origin,
            key: key.to_owned(),
        });
        let routes = wire::routes(world.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await }).abort_handle();
        Ok(Self { address, world, serving })
    }

    /// The next message meets this.
    pub(super) fn next(&self, fault: Fault) {
        self.world.lock().faults.push_back(fault);
    }

    /// Answers go no further than to this piece, until they may.
    pub(super) fn pause_at(&self, piece: Option<usize>) {
        self.world.pause.send_replace(piece);
    }

    /// What conversations begin with, outside of opening hours.
    pub(super) fn begin_with(&self, notice: &str) {
        self.world.lock().notice = Some(notice.to_owned());
    }

    /// Somebody of the business answers from now on.
    pub(super) fn take_over(&self, name: &str) {
        self.world.in_last(|session| {
            session.human = Some(name.to_owned());
            session.push("takeover", json!({"name": name}));
        });
    }

    pub(super) fn say_as_human(&self, text: &str) {
        self.world.in_last(|session| drop(session.write("HUMAN", text, None, &json!([]))));
    }

    pub(super) fn release(&self) {
        self.world.in_last(|session| {
            session.human = None;
            session.push("release", json!({}));
        });
    }

    /// Every token is refused from now on.
    pub(super) fn forget_everybody(&self) {
        self.world.lock().sessions.clear();
        self.world.tell();
    }

    /// Requests of the conversation, in order, as `POST /api/chat`.
    pub(super) fn seen(&self) -> Vec<String> {
        self.world.lock().seen.clone()
    }

    /// What visitors have written, of all conversations.
    pub(super) fn heard(&self) -> Vec<String> {
        let inner = self.world.lock();
        let texts = inner.sessions.values().flat_map(|session| session.texts("VISITOR"));
        texts.collect()
    }

    /// The versions of the consent that conversations began with.
    pub(super) fn consents(&self) -> Vec<Option<u64>> {
        self.world.lock().consents.clone()
    }

    /// Whom the page said that its visitors are, when conversations began.
    pub(super) fn identities(&self) -> Vec<Option<String>> {
        self.world.lock().identities.clone()
    }

    /// What was asked that the wire does not allow.
    pub(super) fn violations(&self) -> Vec<String> {
        self.world.lock().violations.clone()
    }
}

impl World {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn tell(&self) {
        self.news.send_modify(|count| *count += 1);
    }

    fn in_last(&self, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.lock().sessions.values_mut().last() {
            change(session);
        }
        self.tell();
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
