//! A session's frames, in and out.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::time::{Instant, sleep_until, timeout};

use super::hub::{Hub, LiveGuard};
use super::report::SessionEnd;
use super::session::Session;
use super::wire::Outgoing;

/// A client that takes nothing for this long is gone.
const WRITE_LIMIT: Duration = Duration::from_secs(10);

/// How long the server waits for the answer to its close frame.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// Carries one session until either side ends it.
pub(super) async fn run(mut socket: WebSocket, mut session: Session, hub: Arc<Hub>, live: LiveGuard) {
    let _live = live;
    let end = if session.is_silent() {
        stay_silent(&mut socket, &hub).await
    } else {
        session.open();
        converse(&mut socket, &mut session, &hub).await
    };
    session.note_end(end);
    if let SessionEnd::ByServer(_) = end {
        let answered = async { while let Some(Ok(_)) = socket.recv().await {} };
        // An unanswered close is no different from an answered one to whoever reads the report.
        timeout(CLOSE_LIMIT, answered).await.unwrap_or_default();
    }
}

async fn stay_silent(socket: &mut WebSocket, hub: &Hub) -> SessionEnd {
    loop {
        tokio::select! {
            () = hub.stop.cancelled() => return close(socket, 1001, "server shutting down").await,
            frame = socket.recv() => match frame {
                Some(Ok(Message::Close(frame))) => return SessionEnd::ByClient(frame.map(|frame| frame.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return SessionEnd::Lost,
            },
        }
    }
}

async fn converse(socket: &mut WebSocket, session: &mut Session, hub: &Hub) -> SessionEnd {
    let mut plans = hub.faults.subscribe();
    loop {
        if let Some(end) = flush(socket, session).await {
            return end;
        }
        tokio::select! {
            () = hub.stop.cancelled() => return close(socket, 1001, "server shutting down").await,
            Ok(()) = plans.changed() => session.replan(plans.borrow_and_update().clone()),
            () = sleep_until(session.next_due()) => session.tick(Instant::now()),
            frame = socket.recv() => match frame {
                Some(Ok(Message::Text(text))) => session.receive(&text, Instant::now()),
                Some(Ok(Message::Binary(bytes))) => session.receive_binary(bytes.len()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(frame))) => return SessionEnd::ByClient(frame.map(|frame| frame.code)),
                Some(Err(_)) | None => return SessionEnd::Lost,
            },
        }
    }
}

/// Sends what waits; says how the session ended when that was among it.
async fn flush(socket: &mut WebSocket, session: &mut Session) -> Option<SessionEnd> {
    while let Some(outgoing) = session.outgoing() {
        let text = match outgoing {
            Outgoing::Event(text) => text,
            Outgoing::Close(code, reason) => return Some(close(socket, code, reason).await),
            Outgoing::Drop => return Some(SessionEnd::Dropped),
        };
        match timeout(WRITE_LIMIT, socket.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Some(SessionEnd::Lost),
        }
    }
    None
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) -> SessionEnd {
    let frame = CloseFrame { code, reason: reason.into() };
    match timeout(WRITE_LIMIT, socket.send(Message::Close(Some(frame)))).await {
        Ok(Ok(())) => SessionEnd::ByServer(code),
        Ok(Err(_)) | Err(_) => SessionEnd::Lost,
    }
}
