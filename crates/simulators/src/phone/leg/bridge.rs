//! A leg inside a conference: hears the others, is heard by them.

use std::time::Duration;

use super::{Interrupt, Leg};
use crate::phone::ear::Source;
use crate::phone::mouth::{Act, Frame};
use crate::phone::network::{now, rfc2822};
use crate::phone::rooms::Seat;
use crate::phone::twiml::ConferenceNoun;

/// How the stay in a conference ended, other than by the end of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stay {
    /// The conference is over.
    Closed,
    /// The time limit has passed.
    LimitReached,
    /// `*` was pressed where `hangupOnStar` allows it.
    Starred,
}

impl Leg {
    /// Stays in the room until it closes.
    pub(crate) async fn stay(
        &mut self,
        seat: &mut Seat,
        limit: Duration,
        star: bool,
    ) -> Result<Stay, Interrupt> {
        let until = self.now_ms() + limit.as_millis() as u64;
        loop {
            match seat.listen() {
                Err(()) => return Ok(Stay::Closed),
                Ok(Some(frame)) if self.ear.queued_ms() < 1_000 => {
                    self.ear.play(Source::Bridge, frame.to_vec());
                }
                Ok(_) => {}
            }
            let beat = self.beat().await?;
            if let Frame::Sound(frame) = &beat.frame {
                seat.say(frame);
            }
            if star && beat.acts.contains(&Act::Digit('*')) {
                return Ok(Stay::Starred);
            }
            if self.now_ms() >= until {
                return Ok(Stay::LimitReached);
            }
        }
    }

    /// `<Dial><Conference>`.
    pub(crate) async fn confer(
        &mut self,
        noun: &ConferenceNoun,
        limit: Duration,
        star: bool,
    ) -> Result<Stay, Interrupt> {
        // A name of the server's own cannot meet the private rooms of `<Dial><Number>`.
        let room = format!("conference {}", noun.name);
        let mut seat = Seat::take(&self.network, &room, noun.starts, noun.ends, noun.muted);
        let sid = seat.room_sid.clone();
        if seat.began {
            self.tell_conference(noun, &sid, "start", "conference-start");
        }
        self.tell_conference(noun, &sid, "join", "participant-join");
        let stay = self.stay(&mut seat, limit, star).await;
        drop(seat);
        self.tell_conference(noun, &sid, "leave", "participant-leave");
        if noun.ends {
            self.tell_conference(noun, &sid, "end", "conference-end");
        }
        stay
    }

    fn tell_conference(&mut self, noun: &ConferenceNoun, sid: &str, event: &str, name: &str) {
        let wanted = noun.status_events.iter().any(|known| known == event);
        let Some(callback) = noun.status.clone().filter(|_| wanted) else {
            return;
        };
        let timestamp = rfc2822(now());
        let params = [
            ("AccountSid", self.network.settings.account_sid.as_str()),
            ("CallSid", self.about.sid.as_ref()),
            ("ConferenceSid", sid),
            ("FriendlyName", noun.name.as_str()),
            ("StatusCallbackEvent", name),
            ("Timestamp", &timestamp),
            ("Muted", if noun.muted { "true" } else { "false" }),
            ("EndConferenceOnExit", if noun.ends { "true" } else { "false" }),
            ("StartConferenceOnEnter", if noun.starts { "true" } else { "false" }),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.post(callback, params.into());
    }
}
