//! `<Record>`: the caller leaves a message.

use std::sync::Arc;
use std::time::Duration;

use super::{Flow, Interrupt, Leg};
use crate::phone::ear::{FRAME, Source, is_loud};
use crate::phone::event::PhoneEventKind;
use crate::phone::mouth::{Act, Frame};
use crate::phone::network::{Recording, new_sid, now, rfc2822};
use crate::phone::tape::QUIET;
use crate::phone::twiml::{Callback, RecordVerb};
use crate::phone::webhook::Params;
use crate::speech;

/// How long Twilio works on a recording after the `action` request, in real time. Servers that fetch
/// the file before the status callback find nothing.
const PROCESSING: Duration = Duration::from_millis(100);

/// What ended the recording, as `Digits` of the action request tells it.
struct Taken {
    sound: Vec<u8>,
    digits: String,
    has_sound: bool,
}

impl Leg {
    pub(crate) async fn record(
        &mut self,
        verb: &RecordVerb,
        source: Option<&Callback>,
    ) -> Result<Flow, Interrupt> {
        if verb.beep {
            self.ear.play(Source::Beep, speech::tone(1_000.0, 500));
            self.drain().await?;
        }
        let started = rfc2822(now());
        let mut taken = Taken { sound: Vec::new(), digits: String::new(), has_sound: false };
        let interrupt = self.take_message(verb, &mut taken).await.err();
        if interrupt.is_some() {
            "hangup".clone_into(&mut taken.digits);
        }
        let action = self.keep_recording(verb, taken, started);
        match (interrupt, action) {
            (Some(interrupt), Some(params)) => {
                if let (Interrupt::Ended(_), Some(callback)) = (&interrupt, verb.action.as_ref().or(source)) {
                    // The call is over; the answer to this request is not run.
                    self.post(callback.clone(), params);
                }
                Err(interrupt)
            }
            (Some(interrupt), None) => Err(interrupt),
            (None, Some(params)) => Ok(self.action(verb.action.as_ref(), source, params)),
            (None, None) => Ok(Flow::Next),
        }
    }

    /// Records until silence, a key, the longest length, or the end of the call.
    async fn take_message(&mut self, verb: &RecordVerb, taken: &mut Taken) -> Result<(), Interrupt> {
        let mut quiet_ms = 0;
        while (taken.sound.len() as u64) < verb.max_length_ms * 8 && quiet_ms < verb.timeout_ms {
            let beat = self.beat().await?;
            match &beat.frame {
                Frame::Sound(frame) => {
                    taken.sound.extend_from_slice(frame);
                    if frame.iter().any(|&code| is_loud(code)) {
                        quiet_ms = 0;
                        taken.has_sound = true;
                    } else {
                        quiet_ms += 20;
                    }
                }
                Frame::Quiet | Frame::Lost => {
                    taken.sound.extend_from_slice(&[QUIET; FRAME]);
                    quiet_ms += 20;
                }
            }
            let key = beat.acts.iter().find_map(|act| match act {
                Act::Digit(key) if verb.finish_keys.contains(*key) => Some(*key),
                _ => None,
            });
            if let Some(key) = key {
                taken.digits = key.to_string();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Stores what was said and leaves the status callback to the background. Returns what the
    /// action request adds, or nothing when nobody spoke: then there is no recording.
    fn keep_recording(&mut self, verb: &RecordVerb, taken: Taken, started: String) -> Option<Params> {
        let spoken = taken.sound.iter().rposition(|&code| is_loud(code)).map_or(0, |last| last + 1);
        let sid = new_sid("RE");
        let seconds = (spoken as u64).div_ceil(8_000);
        let url = self.network.recording_url(&sid);
        let mut base: Params = [("RecordingSid", sid.as_str()), ("RecordingUrl", url.as_str())]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        base.push(("RecordingDuration".to_owned(), seconds.to_string()));
        let status = if taken.has_sound { "completed" } else { "absent" };
        self.tell_recording(verb, status, &sid, base.clone(), started);
        if !taken.has_sound {
            return None;
        }
        let mut sound = taken.sound;
        sound.truncate(spoken);
        self.network.recording(Recording {
            sid: sid.clone(),
            call_sid: self.about.sid.to_string(),
            sound: sound.into(),
            seconds,
            is_ready: false,
        });
        self.emit(PhoneEventKind::Recorded { recording_sid: sid.clone(), seconds });
        self.report.recordings.push(sid);
        base.push(("Digits".to_owned(), taken.digits));
        Some(base)
    }

    fn tell_recording(&mut self, verb: &RecordVerb, status: &str, sid: &str, base: Params, started: String) {
        let network = Arc::clone(&self.network);
        let wanted = verb.status_events.iter().any(|event| event == status);
        let callback = verb.status.clone().filter(|_| wanted);
        let mut params: Params = vec![
            ("AccountSid".to_owned(), network.settings.account_sid.clone()),
            ("CallSid".to_owned(), self.about.sid.to_string()),
        ];
        params.extend(base);
        params.extend(
            [
                ("RecordingStatus", status),
                ("RecordingChannels", "1"),
                ("RecordingSource", "RecordVerb"),
                ("RecordingTrack", "inbound"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        params.push(("RecordingStartTime".to_owned(), started));
        let sid = sid.to_owned();
        // Not through `in_background`: the call's own callbacks do not wait for the processing.
        self.network.tasks.clone().spawn(async move {
            tokio::time::sleep(PROCESSING).await;
            network.recording_is_ready(&sid);
            if let Some(callback) = callback {
                // The answer does not matter to Twilio either.
                let _ = network.asker.ask(&callback, &params).await;
            }
        });
    }
}
