//! A scripted HTTP server on loopback for the tests of this crate.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One answer of the script; the connection closes after it.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Status, extra header lines (each ended by `\r\n`), body.
    Full(u16, String, String),
    /// Closes the connection without a word, after the request was read.
    HangUp,
    /// Reads the request and never answers.
    Silence,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Full(status, "content-type: application/json\r\n".into(), body.into())
    }
}

/// What the server was asked: head and body as they came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }
}

pub(crate) struct Loopback {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Loopback {
    /// Answers the first request with the first answer and so on; the last one is repeated.
    pub(crate) async fn answering(script: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(serve(listener, script, Arc::clone(&seen)));
        Self { url, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(listener: TcpListener, script: Vec<Answer>, seen: Arc<Mutex<Vec<Seen>>>) {
    let mut kept_open = Vec::new();
    let mut turn = 0;
    while let Ok((mut socket, _)) = listener.accept().await {
        let request = read_request(&mut socket).await;
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        match &script[turn.min(script.len() - 1)] {
            Answer::Full(status, headers, body) => {
                let text = format!(
                    "HTTP/1.1 {status} Scripted\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = socket.write_all(text.as_bytes()).await;
                let _ = socket.shutdown().await;
            }
            Answer::HangUp => drop(socket),
            Answer::Silence => kept_open.push(socket),
        }
        turn += 1;
    }
}

async fn read_request(socket: &mut TcpStream) -> Seen {
    let mut bytes = Vec::new();
    let mut block = [0_u8; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse().unwrap());
            if body.len() >= length {
                return Seen { head: head.into(), body: body.into() };
            }
        }
        match socket.read(&mut block).await {
            Ok(0) | Err(_) => return Seen { head: text, body: String::new() },
            Ok(read) => bytes.extend_from_slice(&block[..read]),
        }
    }
}
