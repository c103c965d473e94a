//! Everything outside of the server: the model's socket and the REST sides, on loopback.

use super::board::{Board, Scene, locked};
use super::model;
use anyhow::Result;
use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

type Expected = Mutex<VecDeque<(Arc<Scene>, Arc<Board>)>>;

/// The outside world. It ends when this is dropped.
pub(super) struct World {
    model: SocketAddr,
    rest: SocketAddr,
    expected: Arc<Expected>,
    strangers: Arc<AtomicU64>,
    _end: DropGuard,
}

impl World {
    pub(super) async fn start() -> Result<Self> {
        let (model, rest) =
            (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
        let end = CancellationToken::new();
        let world = Self {
            model: model.local_addr()?,
            rest: rest.local_addr()?,
            expected: Arc::default(),
            strangers: Arc::default(),
            _end: end.clone().drop_guard(),
        };
        let sessions = sessions(model, world.expected.clone(), world.strangers.clone());
        tokio::spawn(end.clone().run_until_cancelled_owned(sessions));
        tokio::spawn(end.run_until_cancelled_owned(async move { axum::serve(rest, rest_sides()).await }));
        Ok(world)
    }

    pub(super) fn model_url(&self) -> String {
        format!("ws://{}/v1/realtime", self.model)
    }

    pub(super) fn rest_url(&self) -> String {
        format!("http://{}", self.rest)
    }

    /// The next socket that opens at the model is this call's. Calls are rung one after another, and the server opens the
    /// model's socket when a call rings.
    pub(super) fn expect(&self, scene: &Arc<Scene>, board: &Arc<Board>) {
        locked(&self.expected).push_back((scene.clone(), board.clone()));
    }

    /// Nobody is expected any more.
    pub(super) fn forget_expected(&self) {
        locked(&self.expected).clear();
    }

    /// Sockets at the model that no ringing call explains, such as second attempts; counted anew by each look.
    pub(super) fn take_strangers(&self) -> u64 {
        self.strangers.swap(0, Ordering::Relaxed)
    }
}

async fn sessions(listener: TcpListener, expected: Arc<Expected>, strangers: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        let next = locked(&expected).pop_front();
        match next {
            Some((scene, board)) => {
                tokio::spawn(serve_session(stream, scene, board));
            }
            None => {
                strangers.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

async fn serve_session(stream: TcpStream, scene: Arc<Scene>, board: Arc<Board>) {
    board.connected.notify_one();
    if let Err(fault) = model::serve(stream, &scene, &board).await {
        board.fault(format!("the model's socket: {fault}"));
    }
    board.closed.notify_one();
}

/// As much of Twilio's and of the model server's REST sides as a call touches.
fn rest_sides() -> Router {
    Router::new()
        .route("/v1/models", get(models))
        .route("/2010-04-01/Accounts/{account}/Calls/{call}", post(call).get(call))
}

async fn models() -> Json<Value> {
    Json(json!({"object": "list", "data": [{"id": "gpt-realtime-2.1", "object": "model"}]}))
}

async fn call(Path((account, call)): Path<(String, String)>) -> Json<Value> {
    let sid = call.trim_end_matches(".json");
    Json(json!({"sid": sid, "account_sid": account, "status": "completed", "direction": "inbound"}))
}
