//! Who may stream: one-time tokens between the webhook and the media stream, and the places there are.

pub mod promises;

use chrono::{DateTime, Utc};
use rand::Rng;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use studioconnect_domain::call::Call;
use studioconnect_domain::ids::{BusinessId, CallId};
use studioconnect_store::Reception;
use thiserror::Error;
use tokio::sync::mpsc;
use xxhash_rust::xxh3::xxh3_128;

use crate::flow::Command;

/// A token must be shown within this time of its webhook (protocols/twilio.md, section 2).
pub const TOKEN_LIFE: Duration = Duration::from_mins(1);

/// Commands that may wait for a call.
const COMMANDS: usize = 4;

/// A call that was told to open its stream.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The call.
    pub call: Call,
    /// Who answers it.
    pub reception: Reception,
    /// Which thread will carry it.
    pub lane: usize,
}

/// Why a stream was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No token was shown.
    #[error("the stream shows no token")]
    NoToken,
    /// The token was never given out, or was used.
    #[error("the stream's token is unknown or used")]
    Unknown,
    /// It was shown too late.
    #[error("the stream's token has expired")]
    Expired,
    /// It belongs to another call.
    #[error("the stream's token belongs to another call")]
    WrongCall,
}

/// All places are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("all {0} places for calls are taken")]
pub struct Full(pub usize);

/// A call that is streaming.
#[derive(Clone, Debug)]
pub struct LiveCall {
    /// The call.
    pub id: CallId,
    /// Whose.
    pub business: BusinessId,
    /// The provider's id.
    pub provider_sid: String,
    /// When its stream began.
    pub since: DateTime<Utc>,
    commands: mpsc::Sender<Command>,
}

struct Waiting {
    ticket: Ticket,
    until: Instant,
}

#[derive(Default)]
struct Book {
    waiting: HashMap<u128, Waiting>,
    live: HashMap<CallId, LiveCall>,
}

/// The book of calls that are streaming or about to.
#[derive(Clone)]
pub struct Admission {
    book: Arc<Mutex<Book>>,
    places: usize,
}

impl Admission {
    /// A book with room for `places` calls.
    pub fn new(places: usize) -> Self {
        Self { book: Arc::default(), places }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a place for a call and returns the token its stream must show. Webhooks repeat: a call that is waiting already
    /// keeps its one place, and only the newest token counts.
    pub fn admit(&self, ticket: Ticket, now: Instant) -> Result<String, Full> {
        let mut book = self.book();
        book.waiting.retain(|_, waiting| waiting.until > now && waiting.ticket.call.id != ticket.call.id);
        if book.waiting.len() + book.live.len() >= self.places {
            return Err(Full(self.places));
        }
        let mut secret = [0_u8; 32];
        rand::rng().fill_bytes(&mut secret);
        let token = hex(&secret);
        book.waiting.insert(name_of(&token), Waiting { ticket, until: now + TOKEN_LIFE });
        Ok(token)
    }

    /// Exchanges a token for its ticket and a seat, once. A token that is shown for another call is used up as well. The call
    /// is live from this moment, so that there is none in which it is neither waiting nor live.
    pub fn redeem(
        &self,
        token: &str,
        call_sid: &str,
        now: Instant,
        since: DateTime<Utc>,
    ) -> Result<(Ticket, Seat), Refusal> {
        let mut book = self.book();
        let Waiting { ticket, until } = book.waiting.remove(&name_of(token)).ok_or(Refusal::Unknown)?;
        if until <= now {
            return Err(Refusal::Expired);
        }
        if ticket.call.provider_sid != call_sid {
            return Err(Refusal::WrongCall);
        }
        let (way, commands) = mpsc::channel(COMMANDS);
        let live = LiveCall {
            id: ticket.call.id,
            business: ticket.reception.business.id,
            provider_sid: ticket.call.provider_sid.clone(),
            since,
            commands: way,
        };
        book.live.insert(live.id, live);
        drop(book);
        let seat = Seat { admission: self.clone(), id: ticket.call.id, commands };
        Ok((ticket, seat))
    }

    /// Calls that are streaming.
    pub fn live(&self) -> Vec<LiveCall> {
        self.book().live.values().cloned().collect()
    }

    /// How many are streaming, and how many are about to.
    pub fn count(&self) -> (usize, usize) {
        let book = self.book();
        (book.live.len(), book.waiting.len())
    }

    /// Asks a live call of a business to end. False when there is none.
    pub fn end(&self, business: BusinessId, id: CallId) -> bool {
        let live = self.book().live.get(&id).filter(|live| live.business == business).cloned();
        live.is_some_and(|live| live.end())
    }

    /// The line of a call is gone: it is told so if it is live, and its place is free if it was on its way.
    pub fn line_ended(&self, id: CallId) {
        let mut book = self.book();
        book.waiting.retain(|_, waiting| waiting.ticket.call.id != id);
        if let Some(live) = book.live.get(&id) {
            let _ = live.commands.try_send(Command::LineEnded);
        }
    }
}

impl LiveCall {
    /// Asks it to end. False when it is ending already.
    pub fn end(&self) -> bool {
        self.commands.try_send(Command::End).is_ok()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Tokens are looked up by a hash, so how long a look-up takes says nothing about how much of a token was right.
fn name_of(token: &str) -> u128 {
    xxh3_128(token.as_bytes())
}

/// A live call's place; dropping it frees the place.
pub struct Seat {
    admission: Admission,
    id: CallId,
    /// What people and the process ask of the call.
    pub(crate) commands: mpsc::Receiver<Command>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.admission.book().live.remove(&self.id);
    }
}

#[cfg(test)]
mod tests;
