//! A reply on its way out of the model, piece by piece, at about the pace at which it is spoken.

use super::event;
use crate::commands::bench::board::{Board, Scene};
use crate::commands::bench::plot::{PIECE_MOST_MS, piece_ms, scripted};
use crate::commands::bench::wire::{CHARACTERS, Header, tone, tone_pcm24k};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::time::Instant;

/// The model is this much ahead of what is heard, as real ones are.
const LEAD: Duration = Duration::from_millis(250);
/// Base64 characters of one ms: 8 bytes of µ-law, 48 of PCM16 at 24 kHz. Thirds of them, as three bytes are four characters.
const ULAW_CHARACTERS_3MS: usize = 32;
const PCM_CHARACTERS_MS: usize = 64;

static ULAW: LazyLock<String> = LazyLock::new(|| tone(PIECE_MOST_MS * 8));
static PCM: LazyLock<String> = LazyLock::new(|| tone_pcm24k(PIECE_MOST_MS));

/// A reply that is being made.
#[derive(Debug)]
pub(super) struct Speaking {
    reply: u32,
    is_burst: bool,
    number: u32,
    said_ms: u32,
    left_ms: u32,
    since: Instant,
}

/// One piece, ready to be sent.
pub(super) struct Piece {
    pub(super) sound: String,
    pub(super) ms: u32,
}

impl Speaking {
    pub(super) fn new(call: u32, reply: u32) -> Self {
        let scripted = scripted(call, reply);
        let (is_burst, left_ms) = (scripted.is_burst, scripted.says_ms);
        Self { reply, is_burst, number: 0, said_ms: 0, left_ms, since: Instant::now() }
    }

    pub(super) fn reply(&self) -> u32 {
        self.reply
    }

    /// Whether there is nothing to be heard of it at all.
    pub(super) fn is_silent(&self) -> bool {
        self.said_ms + self.left_ms == 0
    }

    /// When the next piece, or the end, is due.
    pub(super) fn due(&self) -> Instant {
        if self.is_burst {
            return self.since;
        }
        self.since + Duration::from_millis(u64::from(self.said_ms)).saturating_sub(LEAD)
    }

    /// The next piece; none when all is said.
    pub(super) fn next(&mut self, scene: &Scene, board: &Board) -> Option<Piece> {
        if self.left_ms == 0 {
            return None;
        }
        let ms = piece_ms(self.number, self.is_burst).min(self.left_ms);
        let header = Header { call: board.number, reply: self.reply, number: self.number, at: scene.now() };
        let mut sound = event::sound(self.reply);
        if scene.pcm {
            board.depart_out(header);
            sound.push_str(PCM.get(..ms as usize * PCM_CHARACTERS_MS).unwrap_or(&PCM));
        } else {
            header.write(&mut sound);
            let end = ms as usize / 3 * ULAW_CHARACTERS_3MS;
            sound.push_str(ULAW.get(CHARACTERS..end).unwrap_or_default());
        }
        sound.push_str(event::SOUND_END);
        self.number += 1;
        self.said_ms += ms;
        self.left_ms -= ms;
        Some(Piece { sound, ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use studioconnect_connectors::openai::realtime::ServerEvent;
    use studioconnect_connectors::twilio::media::payload_bytes;

    fn pieces(scene: &Scene, call: u32, reply: u32) -> Vec<Piece> {
        let board = Board::new(call);
        let mut speaking = Speaking::new(call, reply);
        std::iter::from_fn(|| speaking.next(scene, &board)).collect()
    }

    fn delta(piece: &Piece) -> String {
        match ServerEvent::parse(&piece.sound).unwrap() {
            ServerEvent::Audio { delta, .. } => delta.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_pieces_of_a_reply_are_numbered_and_as_long_as_the_script_says() {
        let scene = Scene::new(false, false);
        for reply in 0..6 {
            let pieces = pieces(&scene, 0, reply);
            let ms: u32 = pieces.iter().map(|piece| piece.ms).sum();
            assert_eq!(ms, scripted(0, reply).says_ms);
            for (number, piece) in pieces.iter().enumerate() {
                let delta = delta(piece);
                assert_eq!(payload_bytes(&delta), piece.ms * 8);
                let header = Header::read(&delta).unwrap();
                assert_eq!((header.reply, header.number), (reply, number as u32));
            }
        }
    }

    #[test]
    fn in_pcm_they_are_as_long() {
        let scene = Scene::new(true, false);
        for piece in pieces(&scene, 0, 0) {
            assert_eq!(payload_bytes(&delta(&piece)), piece.ms * 48);
        }
    }

    #[test]
    fn a_reply_is_spoken_at_its_pace_after_a_short_lead() {
        let scene = Scene::new(false, false);
        let (board, mut speaking) = (Board::new(0), Speaking::new(0, 0));
        while speaking.next(&scene, &board).is_some() {}
        assert_eq!(speaking.due() - speaking.since, Duration::from_millis(2_400 - 250));
    }
}
