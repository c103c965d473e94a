//! The server: everything wired together, started and stopped.

mod embedding;
mod pages;

use crate::config::{Config, ModelConfig, TwilioConfig};
use crate::memory::memory_use;
use crate::secrets::Secrets;
use anyhow::{Context as _, Result};
use axum::serve::ListenerExt as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use studioconnect_assistant::knowledge::reading::DocumentReader;
use studioconnect_assistant::knowledge::{Embedder, Sources};
use studioconnect_assistant::lookup::Knowledge;
use studioconnect_assistant::receptionist::{ChatModel, Receptionist};
use studioconnect_connectors::fetch::Fetcher;
use studioconnect_connectors::http::{self, Timeouts};
use studioconnect_connectors::mail::{MailFault, Mailer};
use studioconnect_connectors::openai::models::{self, ModelState};
use studioconnect_connectors::openai::rest::{OpenAiRest, Used};
use studioconnect_connectors::seal::Sealer;
use studioconnect_connectors::twilio::rest::TwilioRest;
use studioconnect_domain::Clock;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::price::{Price, Work, work_micros};
use studioconnect_jobs::deliver::Delivery;
use studioconnect_jobs::escalate::Escalator;
use studioconnect_store::Store;
use studioconnect_voice::{Scribe, Settings, Switchboard, reconcile};
use studioconnect_web::chat::{self, Chat};
use studioconnect_web::{AppState, Auth, AuthSettings, Environment, Phone, TextModel};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Streams that may stand at the door beyond the calls there is room for.
const DOOR: usize = 64;
/// Time between rounds of asking about calls whose end nobody told us.
const RECONCILE_EVERY: Duration = Duration::from_mins(1);
/// Messages that are sent at once, besides an urgent one.
const SENDERS: usize = 2;
/// How long messages are remembered that were sent or given up.
const OUTGOING_KEPT: chrono::TimeDelta = chrono::TimeDelta::days(90);
/// Time between rounds of forgetting.
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// How long the answer to a request with an idempotency key is given again.
const ANSWERS_KEPT: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its parts.
    pub state: AppState,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts everything. `listener` is where requests come in; its address need not be the configured one.
    pub async fn start(config: &Config, clock: Clock, listener: TcpListener) -> Result<Self> {
        http::install_tls_provider();
        let secrets = Secrets::of(config).context("the installation's secrets")?;
        let mailer = mailer(config).context("mail cannot be sent as it is set up")?;
        let sealer = Sealer::new(&secrets.encryption).context("the installation's ENCRYPTION_KEY")?;
        let plans = tokio::task::spawn_blocking(|| {
            PhoneNumber::prepare();
            studioconnect_assistant::prepare();
        });
        let store = Store::open(&config.store).await.context("the database cannot be opened")?;
        store.migrate().await.context("the database cannot be brought up to date")?;
        plans.await.context("numbering plans and rules cannot be loaded")?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let mut tasks = Vec::new();
        let model = text_model(&config.model).context("the model's server cannot be asked")?;
        let embedder =
            model.as_ref().map(|model| Embedder::new(model.rest.clone(), &config.model.embedding_model));
        let knowledge = Knowledge::new(store.clone()).with_meaning(embedder.clone());
        let phone = match &config.twilio {
            Some(twilio) => {
                Some(phone_side(config, twilio, (&store, &knowledge), &clock, &stop, &mut tasks)?)
            }
            None => None,
        };
        if phone.is_some() && config.model.is_usable {
            tokio::spawn(warn_of_shutdown(config.model.clone()));
        }
        let environment = Environment {
            node_env: config.node_env.clone(),
            verbose_logging: config.log.filter.contains("debug") || config.log.filter.contains("trace"),
            max_memory_mb: config.max_memory_mb,
            twilio_is_local: config.twilio.as_ref().is_some_and(TwilioConfig::is_local),
            draining: AtomicBool::new(false),
            memory: Box::new(memory_use),
        };
        let auth = Auth::new(&AuthSettings {
            secret: secrets.jwt.clone(),
            is_secure: config.public.is_secure(),
            has_sign_up: config.has_sign_up,
        })
        .behind(config.proxies.clone());
        let chat = model.as_ref().map(|model| ChatModel::new(model.rest.clone(), &config.model.chat_model));
        let receptionist = Receptionist::new(store.clone(), knowledge, chat);
        let fetcher = Fetcher::new(config.private_targets.clone()).context("pages cannot be fetched")?;
        let account = phone.as_ref().map(|phone| Arc::clone(&phone.twilio));
        let public = config.public.of("");
        let escalator = Escalator::new(store.clone(), clock.clone(), account, mailer.clone(), &public);
        let state = AppState {
            visits: Arc::default(),
            embedder: embedder.clone().map(Arc::new),
            sources: Sources::new(fetcher, DocumentReader::new(&config.program)),
            store,
            clock,
            phone,
            environment: Arc::new(environment),
            auth: Arc::new(auth),
            public: config.public.clone(),
            mailer,
            sealer,
            model,
            support: config.mail.support.as_deref().map(Arc::from),
            undoes: Arc::default(),
            chat: Arc::new(Chat::new(&secrets.jwt, chat::answered_by(&receptionist))),
            escalator: Arc::new(escalator),
        };
        let (escalator, until) = (state.escalator.clone(), stop.clone());
        tasks.push(tokio::spawn(async move { escalator.run(until.cancelled_owned()).await }));
        if let Some(embedder) = embedder {
            let (store, clock) = (state.store.clone(), state.clock.clone());
            tasks.push(tokio::spawn(embedding::keep_embedded(embedder, store, clock, stop.clone())));
        }
        tasks.push(tokio::spawn(pages::keep_read(state.clone(), stop.clone())));
        tasks.push(tokio::spawn(delivery(&state).run(SENDERS, stop.clone())));
        tasks.push(tokio::spawn(forget_old_rows(state.clone(), stop.clone())));
        tasks.push(tokio::spawn(chat::keep_swept(state.clone(), stop.clone())));
        tasks.push(tokio::spawn(serve(listener, state.clone(), stop.clone())));
        Ok(Self { address, state, stop, tasks })
    }

    /// Stops: takes nothing new, lets calls end within `limit`, writes what is left to write.
    pub async fn stop(self, limit: Duration) {
        self.state.environment.draining.store(true, Ordering::Relaxed);
        self.state.chat.close();
        if let Some(phone) = &self.state.phone {
            let ended = phone.switchboard.drain(limit).await;
            if ended > 0 {
                tracing::warn!(ended, "calls were ended because the server stops");
            }
        }
        self.stop.cancel();
        let Self { state, tasks, .. } = self;
        // The writer ends when the last way to it is gone, and the lanes with the switchboard.
        let store = state.store.clone();
        let waiting = state.phone.as_ref().map_or(0, |phone| phone.scribe.state().waiting_bytes);
        drop(state);
        for task in tasks {
            let _ = tokio::time::timeout(STOP_LIMIT, task).await;
        }
        if waiting > 0 {
            tracing::error!(bytes = waiting, "the database was away: what was waiting to be written is lost");
        }
        if let Err(fault) = store.close().await {
            tracing::warn!(%fault, "the database was not closed cleanly");
        }
    }
}

/// Sends what stands in the outbox.
fn delivery(state: &AppState) -> Delivery {
    let (store, clock, mailer) = (state.store.clone(), state.clock.clone(), state.mailer.clone());
    Delivery::new(store, clock, mailer, &state.public.of(""))
}

/// Time for each task to end once everything is told to.
const STOP_LIMIT: Duration = Duration::from_secs(2);

async fn serve(listener: TcpListener, state: AppState, stop: CancellationToken) {
    let listener = listener.tap_io(|stream| {
        if let Err(fault) = stream.set_nodelay(true) {
            tracing::debug!(%fault, "a connection's packets may be held back");
        }
    });
    let router = studioconnect_web::router(state).into_make_service_with_connect_info::<SocketAddr>();
    if let Err(fault) = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%fault, "the web server ended");
    }
}

/// The phone side: the switchboard with its writer, and the rounds of asking about calls whose end nobody told us.
fn phone_side(
    config: &Config,
    twilio: &TwilioConfig,
    (store, knowledge): (&Store, &Knowledge),
    clock: &Clock,
    stop: &CancellationToken,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<Phone> {
    let http = http::client(Timeouts::default())?;
    let rest =
        TwilioRest::new(http, twilio.api_base_url.clone(), &twilio.account_sid, twilio.auth_token.clone());
    let (scribe, writer) = Scribe::start(store.clone());
    tasks.push(writer);
    let switchboard = Switchboard::start(
        voice_settings(config),
        store.clone(),
        scribe.clone(),
        rest.clone(),
        clock.clone(),
        knowledge.clone(),
    )?;
    tasks.push(tokio::spawn(keep_reconciled(
        store.clone(),
        rest.clone(),
        clock.clone(),
        switchboard.clone(),
        stop.clone(),
    )));
    Ok(Phone {
        switchboard,
        scribe,
        twilio: Arc::new(rest),
        public: config.public.clone(),
        tokens: Arc::from([twilio.auth_token.clone()]),
        has_model: config.model.is_usable,
        door: Arc::new(Semaphore::new(config.max_calls + DOOR)),
        unsigned_streams: Arc::default(),
    })
}

/// The model's REST side, if there is a model at all.
fn text_model(model: &ModelConfig) -> Result<Option<TextModel>> {
    if !model.is_usable {
        return Ok(None);
    }
    let rest = OpenAiRest::new(&model.base_url, model.endpoint.api_key.clone(), price_of)?;
    Ok(Some(TextModel::new(rest, &model.speech_model)))
}

/// What a request cost, by the one table of prices.
fn price_of(used: &Used) -> Option<u64> {
    let work = Work {
        input_tokens: used.input_tokens,
        cached_tokens: used.cached_tokens,
        output_tokens: used.output_tokens,
        characters: used.characters,
        audio_ms: used.audio_ms,
    };
    work_micros(&used.model, &work)
}

/// Mail as it is set up: through a server, or into files.
pub(crate) fn mailer(config: &Config) -> Result<Mailer, MailFault> {
    match &config.mail.smtp_url {
        Some(url) => Mailer::to_server(&config.mail.from, url),
        None => Mailer::to_files(&config.mail.from, config.data_dir.join("mail")),
    }
}

/// Forgets sessions and links that ran out, and answers kept for requests that nobody sends again.
async fn forget_old_rows(state: AppState, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(FORGET_EVERY)).await.is_some() {
        let now = state.clock.now();
        let forgotten = tokio::try_join!(
            state.store.forget_old_sessions(now),
            state.store.forget_old_links(now),
            state.store.forget_old_answers(now - ANSWERS_KEPT),
            state.store.forget_old_outgoing(now - OUTGOING_KEPT),
        );
        if let Err(fault) = forgotten {
            tracing::warn!(%fault, "old rows could not be forgotten");
        }
    }
}

fn voice_settings(config: &Config) -> Settings {
    Settings {
        endpoint: config.model.endpoint.clone(),
        audio: config.model.audio,
        transcription_model: config.model.transcription_model.clone(),
        ping_interval: config.ping_interval,
        pong_timeout: config.pong_timeout,
        max_calls: config.max_calls,
        lanes: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
    }
}

async fn keep_reconciled(
    store: Store,
    twilio: TwilioRest,
    clock: Clock,
    switchboard: Switchboard,
    stop: CancellationToken,
) {
    while stop.run_until_cancelled(tokio::time::sleep(RECONCILE_EVERY)).await.is_some() {
        let live: Vec<String> = switchboard.live_calls().into_iter().map(|call| call.provider_sid).collect();
        match reconcile(&store, &twilio, &clock, |sid| live.iter().any(|known| known == sid)).await {
            Ok(0) => {}
            Ok(closed) => tracing::info!(closed, "calls were closed whose end had not been told"),
            Err(fault) => tracing::warn!(%fault, "open calls could not be looked at"),
        }
    }
}

/// Says at start-up when the configured model is about to be shut down, or is not there at all.
async fn warn_of_shutdown(model: ModelConfig) {
    let name = model.endpoint.model.clone();
    if Price::of(&name).is_none() {
        tracing::warn!(
            model = name,
            "there is no price for this model: what a call costs is not counted, nor capped"
        );
    }
    match model_state(&model).await {
        Ok(ModelState::Listed(Some(date))) => tracing::warn!(
            model = name,
            shutdown = date,
            "the model will be shut down: set OPENAI_REALTIME_MODEL to its successor"
        ),
        Ok(ModelState::Missing) => {
            tracing::warn!(model = name, "the server does not list this model: check OPENAI_REALTIME_MODEL");
        }
        Ok(ModelState::Listed(None)) => tracing::debug!(model = name, "no shutdown is announced"),
        Err(fault) => tracing::info!(%fault, "the server's list of models could not be read"),
    }
}

/// Asks the model's server what it knows of the configured model.
pub async fn model_state(model: &ModelConfig) -> Result<ModelState> {
    let client = http::client(Timeouts::default())?;
    let url = format!("{}/models", model.base_url.as_str().trim_end_matches('/'));
    let mut request = client.get(url);
    if let Some(key) = &model.endpoint.api_key {
        request = request.bearer_auth(key.expose());
    }
    let response = request.send().await?.error_for_status()?;
    let body = http::read_bounded(response, MODEL_LIST).await?;
    Ok(models::state_of(&model.endpoint.model, &String::from_utf8_lossy(&body))?)
}

/// Largest list of models that is read, in bytes.
const MODEL_LIST: usize = 4 << 20;
