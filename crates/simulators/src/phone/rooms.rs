//! Conferences: what one member says, the others hear.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::ear::FRAME;
use super::network::{Network, locked, new_sid};
use crate::ulaw;

/// Frames that may wait for a member: one second. More means its clock stands still.
const WAITING: usize = 50;

static NEXT_MEMBER: AtomicU64 = AtomicU64::new(1);

type Spoken = (u64, [u8; FRAME]);

/// One conference.
pub(crate) struct Room {
    pub(crate) sid: String,
    members: HashMap<u64, Member>,
    has_started: bool,
}

struct Member {
    ear: mpsc::Sender<Spoken>,
    /// The conference ends when this member leaves.
    ends: bool,
}

/// A place in a room; leaving is dropping it.
pub(crate) struct Seat {
    network: Arc<Network>,
    room: String,
    member: u64,
    muted: bool,
    ear: mpsc::Receiver<Spoken>,
    waiting: HashMap<u64, VecDeque<[u8; FRAME]>>,
    /// The conference's SID, `CF…`.
    pub(crate) room_sid: String,
    /// Whether this member's coming began the conference.
    pub(crate) began: bool,
}

impl Seat {
    /// Takes a place in the room called `name`, which is opened if need be.
    pub(crate) fn take(network: &Arc<Network>, name: &str, starts: bool, ends: bool, muted: bool) -> Self {
        let (sender, ear) = mpsc::channel(WAITING);
        let member = NEXT_MEMBER.fetch_add(1, Ordering::Relaxed);
        let mut rooms = locked(&network.rooms);
        let room = rooms.entry(name.to_owned()).or_insert_with(|| Room {
            sid: new_sid("CF"),
            members: HashMap::new(),
            has_started: false,
        });
        room.members.insert(member, Member { ear: sender, ends });
        let had_started = room.has_started;
        room.has_started |= starts;
        Self {
            network: Arc::clone(network),
            room: name.to_owned(),
            member,
            muted,
            ear,
            waiting: HashMap::new(),
            room_sid: room.sid.clone(),
            began: room.has_started && !had_started,
        }
    }

    /// Lets the others hear a frame.
    pub(crate) fn say(&self, frame: &[u8; FRAME]) {
        let rooms = locked(&self.network.rooms);
        let Some(room) = rooms.get(&self.room).filter(|room| room.has_started) else {
            return;
        };
        if self.muted {
            return;
        }
        for (_, member) in room.members.iter().filter(|(id, _)| **id != self.member) {
            // A member whose ear is full misses the frame, as on a real bridge.
            let _ = member.ear.try_send((self.member, *frame));
        }
    }

    /// What the others said since the last call, mixed; nothing when they were silent, an error when
    /// the conference is over.
    pub(crate) fn listen(&mut self) -> Result<Option<[u8; FRAME]>, ()> {
        loop {
            match self.ear.try_recv() {
                Ok((speaker, frame)) => {
                    let waiting = self.waiting.entry(speaker).or_default();
                    if waiting.len() < WAITING {
                        waiting.push_back(frame);
                    }
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Err(()),
            }
        }
        let frames: Vec<[u8; FRAME]> = self.waiting.values_mut().filter_map(VecDeque::pop_front).collect();
        self.waiting.retain(|_, frames| !frames.is_empty());
        Ok(match frames.as_slice() {
            [] => None,
            [one] => Some(*one),
            several => Some(mix(several)),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = locked(&self.network.rooms);
        let Some(room) = rooms.get_mut(&self.room) else {
            return;
        };
        // The SID tells a room of the same name apart that was opened after this one ended.
        if room.sid != self.room_sid {
            return;
        }
        let ends = room.members.remove(&self.member).is_some_and(|own| own.ends);
        if ends || room.members.is_empty() {
            // Dropping the others' channels is what tells them.
            rooms.remove(&self.room);
        }
    }
}

fn mix(frames: &[[u8; FRAME]]) -> [u8; FRAME] {
    let mut sums = [0i32; FRAME];
    for frame in frames {
        for (sum, code) in sums.iter_mut().zip(frame) {
            *sum += i32::from(ulaw::decode(*code));
        }
    }
    sums.map(|sum| ulaw::encode(sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16))
}
