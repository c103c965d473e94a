//! What the model hears: every frame counted, and turns by what the phone says it is doing.

use crate::commands::bench::board::{Board, Heard, Phase, Scene};
use crate::commands::bench::wire::Header;
use std::sync::atomic::Ordering;

/// Frames of a voice before speech is said to begin.
const VOICE: u32 = 3;
/// Frames of silence before it is said to end: 500 ms, the API's default.
const SILENCE: u32 = 25;
/// The same in ms.
pub(super) const SILENCE_MS: u64 = SILENCE as u64 * FRAME_MS;
const FRAME_MS: u64 = 20;

/// What a frame made of the caller's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sensed {
    /// Speech began; the number of its item.
    Begins(u32),
    /// It ended.
    Ends(u32),
}

/// The model's ear.
#[derive(Debug)]
pub(super) struct Ear {
    heard: Heard,
    frames: u64,
    counted: u32,
    run: u32,
    is_speech: bool,
    item: u32,
}

impl Ear {
    pub(super) fn new() -> Self {
        Self { heard: Heard::default(), frames: 0, counted: 0, run: 0, is_speech: false, item: 0 }
    }

    pub(super) fn into_heard(self) -> Heard {
        self.heard
    }

    /// Where the stream stands, in ms of sound.
    pub(super) fn position_ms(&self) -> u64 {
        self.frames * FRAME_MS
    }

    /// Takes one frame.
    pub(super) fn hear(&mut self, audio: &str, scene: &Scene, board: &Board) -> Option<Sensed> {
        self.frames += 1;
        self.count(audio, scene, board);
        if scene.is_at_least(Phase::Settle) {
            return None;
        }
        self.sense(board.is_loud.load(Ordering::Acquire), board)
    }

    fn count(&mut self, audio: &str, scene: &Scene, board: &Board) {
        let now = scene.now();
        let (number, at) = if scene.reads_caller {
            match Header::read(audio) {
                Some(header) if header.call == board.number => (header.number, header.at),
                Some(header) => return board.fault(format!("hears call {}", header.call)),
                None if scene.is_at_least(Phase::Settle) => return,
                None => return board.fault("the model hears what no phone sent"),
            }
        } else {
            let Some(at) = board.arrive_in() else {
                if !scene.is_at_least(Phase::Settle) {
                    self.heard.arrivals.take_surplus();
                }
                return;
            };
            self.counted += 1;
            (self.counted - 1, at)
        };
        self.heard.arrivals.take(number);
        board.got.store(self.heard.arrivals.reached(), Ordering::Release);
        if scene.is_measuring() {
            self.heard.latency.record_ns(now.saturating_sub(at));
        }
    }

    fn sense(&mut self, is_loud: bool, board: &Board) -> Option<Sensed> {
        self.run = if is_loud == self.is_speech { 0 } else { self.run + 1 };
        if !self.is_speech && self.run == VOICE {
            (self.is_speech, self.run) = (true, 0);
            self.item += 1;
            board.is_heard.store(true, Ordering::Release);
            return Some(Sensed::Begins(self.item));
        }
        if self.is_speech && self.run == SILENCE {
            (self.is_speech, self.run) = (false, 0);
            board.is_heard.store(false, Ordering::Release);
            return Some(Sensed::Ends(self.item));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::bench::sequence::Losses;
    use crate::commands::bench::wire::silence;

    fn frame(call: u32, number: u32) -> String {
        let mut text = String::new();
        Header { call, reply: 0, number, at: 0 }.write(&mut text);
        text + &silence(112)
    }

    #[test]
    fn a_turn_begins_with_a_voice_and_ends_with_silence() {
        let (scene, board, mut ear) = (Scene::new(false, false), Board::new(4), Ear::new());
        let mut sensed = Vec::new();
        for number in 0..100 {
            board.is_loud.store((20..40).contains(&number), Ordering::Release);
            sensed.extend(ear.hear(&frame(4, number), &scene, &board).map(|sensed| (number, sensed)));
        }
        assert_eq!(sensed, [(22, Sensed::Begins(1)), (64, Sensed::Ends(1))]);
        assert_eq!((ear.position_ms(), board.faults().count), (2_000, 0));
        assert_eq!(ear.into_heard().arrivals.losses(100, false), Losses::default());
    }

    #[test]
    fn a_frame_of_another_call_is_a_fault_and_no_arrival() {
        let (scene, board, mut ear) = (Scene::new(false, false), Board::new(4), Ear::new());
        ear.hear(&frame(5, 0), &scene, &board);
        ear.hear(&silence(160), &scene, &board);
        assert_eq!(board.faults().count, 2);
        assert_eq!(ear.into_heard().arrivals.reached(), 0);
    }

    #[test]
    fn without_headers_frames_are_counted() {
        let (scene, board, mut ear) = (Scene::new(true, false), Board::new(4), Ear::new());
        board.depart_in(1);
        ear.hear(&silence(160), &scene, &board);
        ear.hear(&silence(160), &scene, &board);
        let losses = ear.into_heard().arrivals.losses(2, false);
        assert_eq!((losses.lost, losses.duplicated), (1, 1));
    }
}
