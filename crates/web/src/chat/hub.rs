//! Conversations that somebody is looking at or speaking in: what happens in each, as a short log that any number of streams
//! read at their own pace.
//!
//! A reader is no more than a place in the log. One that is so slow that the log has moved on without it is let go; it comes
//! back with the last event it saw, and what is stored is told again from there. So what all of it takes is bounded, however
//! slow or many the readers are.

mod log;

pub(crate) use log::{Event, EventId, Log, What};

use crate::problem::Problem;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use studioconnect_domain::ids::{BusinessId, ConversationId};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Streams of one conversation: two tabs, each with two.
const OF_CONVERSATION: usize = 4;
/// Streams of one address, behind which an office may sit.
const OF_ADDRESS: usize = 60;
/// Streams of all.
const OF_ALL: usize = 5_000;
/// Turns of one conversation that wait for the one that is under way.
const WAITING: usize = 3;
/// Rooms beyond which those that nobody uses are given up.
const ROOMS: usize = 2_000;

/// All conversations that are in use.
#[derive(Debug, Default)]
pub struct Hub {
    rooms: Mutex<HashMap<ConversationId, Arc<Room>>>,
    streams: Arc<Mutex<HashMap<String, usize>>>,
    /// Counts what has happened, by business, for the pages of its people.
    happened: Mutex<HashMap<BusinessId, watch::Sender<u64>>>,
    closing: CancellationToken,
}

/// One conversation in use.
#[derive(Debug)]
pub(crate) struct Room {
    log: Mutex<Log>,
    changed: watch::Sender<u64>,
    /// Held while something is stored and told, so that both happen in one order.
    pub(super) writing: tokio::sync::Mutex<()>,
    /// Held by the turn that is under way.
    pub(super) turn: tokio::sync::Mutex<()>,
    turns: Mutex<HashMap<u32, Running>>,
}

/// Where what comes of a turn goes; given up without a value when nothing does.
pub(super) type Outcome = watch::Sender<Option<Arc<Value>>>;

/// A turn that waits or is under way.
#[derive(Clone, Debug)]
pub(super) struct Running {
    /// What comes of it; closed without a value when nothing does.
    pub(super) outcome: watch::Receiver<Option<Arc<Value>>>,
    /// Ends it.
    pub(super) cancel: CancellationToken,
}

/// A stream's place among those that may be open; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    streams: Arc<Mutex<HashMap<String, usize>>>,
    keys: [String; 3],
}

impl Hub {
    /// The room of a conversation that has this many messages.
    pub(super) fn room(&self, id: ConversationId, messages: u32) -> Arc<Room> {
        let mut rooms = locked(&self.rooms);
        if rooms.len() >= ROOMS && !rooms.contains_key(&id) {
            rooms.retain(|_, room| Arc::strong_count(room) > 1);
        }
        Arc::clone(rooms.entry(id).or_insert_with(|| Arc::new(Room::after(messages))))
    }

    /// Gives up rooms that nobody uses.
    pub(super) fn tidy(&self) {
        locked(&self.rooms).retain(|_, room| Arc::strong_count(room) > 1);
        locked(&self.happened).retain(|_, happened| happened.receiver_count() > 0);
    }

    /// A place for one more stream.
    pub(super) fn place(&self, id: ConversationId, address: &str) -> Result<Place, Problem> {
        let keys = [format!("c{id}"), format!("a{}", crate::auth::neighbourhood(address)), String::new()];
        let mut streams = locked(&self.streams);
        let is_full = keys
            .iter()
            .zip([OF_CONVERSATION, OF_ADDRESS, OF_ALL])
            .any(|(key, most)| streams.get(key).is_some_and(|open| *open >= most));
        if is_full {
            return Err(Problem::said_too_much(5));
        }
        for key in &keys {
            *streams.entry(key.clone()).or_default() += 1;
        }
        Ok(Place { streams: Arc::clone(&self.streams), keys })
    }

    /// Tells the pages of a business's people that something happened.
    pub(super) fn happened(&self, business: BusinessId) {
        if let Some(happened) = locked(&self.happened).get(&business) {
            happened.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Hears of what happens in a business's conversations.
    pub(crate) fn watch(&self, business: BusinessId) -> watch::Receiver<u64> {
        locked(&self.happened).entry(business).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// Ends when the process is about to.
    pub(crate) fn closing(&self) -> CancellationToken {
        self.closing.clone()
    }

    pub(super) fn close(&self) {
        self.closing.cancel();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = locked(&self.streams);
        for key in &self.keys {
            match streams.get_mut(key) {
                Some(open) if *open > 1 => *open -= 1,
                _ => {
                    streams.remove(key);
                }
            }
        }
    }
}

impl Room {
    fn after(messages: u32) -> Self {
        Self {
            log: Mutex::new(Log::after(messages)),
            changed: watch::Sender::new(0),
            writing: tokio::sync::Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            turns: Mutex::default(),
        }
    }

    /// Tells all readers something; what it is told as is up to the log.
    pub(super) fn tell(&self, change: impl FnOnce(&mut Log)) {
        change(&mut locked(&self.log));
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Looks something up in the log.
    pub(super) fn look<T>(&self, question: impl FnOnce(&Log) -> T) -> T {
        question(&locked(&self.log))
    }

    /// Hears of what is told from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The turn that answers a message, when it waits or is under way.
    pub(super) fn running(&self, asked: u32) -> Option<Running> {
        locked(&self.turns).get(&asked).cloned()
    }

    /// Whether one more turn may wait.
    pub(super) fn has_place(&self) -> bool {
        locked(&self.turns).len() <= WAITING
    }

    /// Takes the place of a turn: what others see of it, and where its outcome goes. The turn that is there already when it
    /// is, or a refusal when too many wait.
    pub(super) fn queue(&self, asked: u32) -> Result<(Running, Option<Outcome>), Problem> {
        let mut turns = locked(&self.turns);
        if let Some(running) = turns.get(&asked) {
            return Ok((running.clone(), None));
        }
        if turns.len() > WAITING {
            return Err(Problem::said_too_much(2));
        }
        let (sender, outcome) = watch::channel(None);
        let running = Running { outcome, cancel: CancellationToken::new() };
        turns.insert(asked, running.clone());
        Ok((running, Some(sender)))
    }

    /// A turn is over.
    pub(super) fn leave(&self, asked: u32) {
        locked(&self.turns).remove(&asked);
    }

    /// The agent falls silent at once: what it was saying is void, and what it thinks is thought for nothing.
    pub(super) fn silence(&self) {
        for running in locked(&self.turns).values() {
            running.cancel.cancel();
        }
        self.tell(Log::silence);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_have_places_which_come_back_when_they_end() {
        let (hub, talk) = (Hub::default(), ConversationId::new());
        let mut places: Vec<_> =
            (0..OF_CONVERSATION).map(|_| hub.place(talk, "203.0.113.9").unwrap()).collect();
        assert_eq!(hub.place(talk, "203.0.113.9").unwrap_err().status, 429);
        places.pop();
        places.push(hub.place(talk, "203.0.113.9").unwrap());
        let others =
            (places.len()..OF_ADDRESS).map(|_| hub.place(ConversationId::new(), "203.0.113.9").unwrap());
        let others: Vec<_> = others.collect();
        assert_eq!(hub.place(ConversationId::new(), "203.0.113.9").unwrap_err().retry_after, Some(5));
        assert!(hub.place(ConversationId::new(), "203.0.113.10").is_ok());
        drop((places, others));
        assert!(locked(&hub.streams).is_empty());
    }

    #[test]
    fn rooms_that_nobody_uses_are_given_up() {
        let hub = Hub::default();
        let kept = hub.room(ConversationId::new(), 0);
        for _ in 0..ROOMS + 10 {
            hub.room(ConversationId::new(), 0);
        }
        assert!(locked(&hub.rooms).len() <= ROOMS);
        hub.tidy();
        assert_eq!((locked(&hub.rooms).len(), Arc::strong_count(&kept)), (1, 2));
    }

    #[test]
    fn four_turns_have_a_place_and_the_fifth_has_to_come_again() {
        let hub = Hub::default();
        let room = hub.room(ConversationId::new(), 0);
        let (first, sender) = room.queue(1).unwrap();
        assert!(sender.is_some());
        assert!(room.queue(1).unwrap().1.is_none(), "the same message is one turn");
        for asked in 2..=4 {
            room.queue(asked).unwrap();
        }
        assert!(!room.has_place());
        assert_eq!(room.queue(5).unwrap_err().status, 429);
        room.silence();
        assert!(first.cancel.is_cancelled());
        room.leave(1);
        assert!(room.has_place() && room.running(1).is_none());
    }
}
