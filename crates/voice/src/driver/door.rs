//! The door: a stream shows its token before anything is spent on it.

use super::lane::Order;
use super::tape::Tape;
use super::websocket::{TOO_BIG, websocket_config};
use super::{Lane, Shared};
use crate::admission::{Refusal, Seat, Ticket};
use futures_util::{SinkExt as _, StreamExt as _};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use studioconnect_connectors::twilio::media::{Frame, Start, parse};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

/// Name of the TwiML parameter that carries the token.
pub const TOKEN_PARAMETER: &str = "token";
/// Time for the first messages (protocols/twilio.md, section 8).
const START_LIMIT: Duration = Duration::from_secs(5);
/// Messages that may come before `start`; there should be one.
const BEFORE_START: usize = 50;
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

enum Turned {
    /// Closed with 1008.
    Away(Refusal),
    /// Closed with 1009.
    TooBig,
    /// Gone by itself, or never said what it wanted.
    Silent,
}

/// Takes a stream whose upgrade is done, checks its token and hands it to its call. `ahead` is what was read already.
pub(crate) async fn receive(shared: &Shared, lanes: &[Lane], stream: TcpStream, ahead: Vec<u8>) {
    let tape = Tape::recording(stream, ahead);
    let mut socket = WebSocketStream::from_raw_socket(tape, Role::Server, Some(websocket_config())).await;
    let mut faulty = 0;
    let asked = tokio::time::timeout(START_LIMIT, ticket(shared, &mut socket, &mut faulty))
        .await
        .unwrap_or(Err(Turned::Silent));
    match asked {
        Ok((ticket, seat)) => {
            shared.counters.streams_admitted.fetch_add(1, Ordering::Relaxed);
            hand_over(lanes, socket, ticket, seat);
        }
        Err(why) => {
            shared.counters.streams_refused.fetch_add(1, Ordering::Relaxed);
            // Of a stream that is let in, its call reads them again and counts.
            shared.counters.faulty_frames.fetch_add(faulty, Ordering::Relaxed);
            turn_away(socket, &why).await;
        }
    }
}

async fn ticket(
    shared: &Shared,
    socket: &mut WebSocketStream<Tape>,
    faulty: &mut u64,
) -> Result<(Ticket, Seat), Turned> {
    for _ in 0..BEFORE_START {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                if let Ok(Frame::Start(start)) = parse(&text) {
                    return redeem(shared, &start);
                }
                *faulty += u64::from(!is_connected(&text));
            }
            Some(Ok(Message::Binary(_))) => *faulty += 1,
            Some(Ok(Message::Close(_))) | None => return Err(Turned::Silent),
            Some(Ok(_)) => {}
            Some(Err(WsError::Capacity(CapacityError::MessageTooLong { .. }))) => return Err(Turned::TooBig),
            Some(Err(_)) => return Err(Turned::Silent),
        }
    }
    Err(Turned::Away(Refusal::NoToken))
}

fn is_connected(text: &str) -> bool {
    matches!(parse(text), Ok(Frame::Connected | Frame::Unknown { .. }))
}

fn redeem(shared: &Shared, start: &Start) -> Result<(Ticket, Seat), Turned> {
    let token = start.parameter(TOKEN_PARAMETER).ok_or(Turned::Away(Refusal::NoToken))?;
    let since = shared.clock.now();
    shared.admission.redeem(token, &start.call_sid, Instant::now(), since).map_err(Turned::Away)
}

fn hand_over(lanes: &[Lane], socket: WebSocketStream<Tape>, ticket: Ticket, seat: Seat) {
    let (stream, ahead) = socket.into_inner().into_parts();
    let Some(lane) = lanes.get(ticket.lane) else { return };
    match stream.into_std() {
        Ok(stream) => lane.send(Order::Carry { stream, ahead, ticket: Box::new(ticket), seat }),
        // The network runs the verbs behind the stream: the caller hears the fallback.
        Err(fault) => tracing::error!(%fault, "a stream could not be handed to its thread"),
    }
}

async fn turn_away(mut socket: WebSocketStream<Tape>, why: &Turned) {
    let (code, reason) = match why {
        Turned::Away(refusal) => {
            tracing::warn!(%refusal, "a media stream was turned away");
            (CloseCode::Policy, refusal.to_string())
        }
        Turned::TooBig => (CloseCode::Size, TOO_BIG.to_owned()),
        Turned::Silent => (CloseCode::Policy, "the stream did not start".to_owned()),
    };
    let frame = CloseFrame { code, reason: reason.into() };
    let _ = tokio::time::timeout(CLOSE_LIMIT, async {
        socket.send(Message::Close(Some(frame))).await?;
        // A close is polite only when the other side's answer is awaited.
        while socket.next().await.is_some_and(|read| read.is_ok()) {}
        Ok::<_, WsError>(())
    })
    .await;
}
