//! `<Dial>`: rings others and joins the first who takes the call.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::documents::onward;
use super::life::{Role, launch};
use super::{About, Flow, Interrupt, Leg, Line, StatusPlan};
use crate::phone::network::{Control, Network, new_sid};
use crate::phone::report::Direction;
use crate::phone::rooms::Seat;
use crate::phone::settings::Delivery;
use crate::phone::twiml::{DialTarget, DialVerb, NumberNoun};
use crate::phone::webhook::Params;

/// What a child leg tells the leg that dialled it.
#[derive(Debug)]
pub(crate) enum News {
    /// Somebody picked up.
    Answered { sid: String },
    /// The whisper is over, the leg has joined the room.
    Ready { sid: String },
    /// The leg has ended.
    Gone { sid: String, status: String },
}

/// The legs of one `<Dial>`; dropping it ends those that are left.
struct Children {
    network: Arc<Network>,
    sids: Vec<String>,
}

/// How the ringing ended.
enum Rung {
    Joined(String),
    Failed { status: String, sid: Option<String> },
}

impl Children {
    fn cancel_all_but(&mut self, winner: Option<&str>) {
        for sid in &self.sids {
            if Some(sid.as_str()) != winner {
                self.network.tell_call(sid, Control::Cancel);
            }
        }
        self.sids.retain(|sid| Some(sid.as_str()) == winner);
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        self.cancel_all_but(None);
    }
}

impl Leg {
    pub(crate) async fn dial(&mut self, verb: &DialVerb) -> Result<Flow, Interrupt> {
        let limit = Duration::from_millis(verb.time_limit_ms);
        let began = self.now_ms();
        let (status, sid, is_bridged) = match &verb.target {
            DialTarget::Conference(noun) => {
                self.confer(noun, limit, verb.hangup_on_star).await?;
                ("answered".to_owned(), None, true)
            }
            DialTarget::Numbers(numbers) => {
                let room = format!("dial {} {began}", self.about.sid);
                let mut seat = Seat::take(&self.network, &room, true, true, false);
                let (news, inbox) = mpsc::channel(64);
                let mut children = self.ring_all(verb, numbers, &room, &news);
                match self.await_answer(verb, &mut children, inbox).await? {
                    Rung::Joined(sid) => {
                        self.stay(&mut seat, limit, verb.hangup_on_star).await?;
                        ("completed".to_owned(), Some(sid), true)
                    }
                    Rung::Failed { status, sid } => (status, sid, false),
                }
            }
        };
        let seconds = (self.now_ms().saturating_sub(began) + 500) / 1_000;
        let mut extra: Params =
            vec![("DialCallStatus".to_owned(), status), ("DialBridged".to_owned(), is_bridged.to_string())];
        if is_bridged {
            extra.push(("DialCallDuration".to_owned(), seconds.to_string()));
        }
        if let Some(sid) = sid {
            extra.push(("DialCallSid".to_owned(), sid));
        }
        Ok(onward(verb.action.as_ref(), extra))
    }

    fn ring_all(
        &self,
        verb: &DialVerb,
        numbers: &[NumberNoun],
        room: &str,
        news: &mpsc::Sender<News>,
    ) -> Children {
        let mut sids = Vec::new();
        for noun in numbers {
            let sid = new_sid("CA");
            let about = About {
                sid: sid.as_str().into(),
                parent: Some(self.about.sid.to_string()),
                direction: Direction::OutboundDial,
                from: verb.caller_id.clone().unwrap_or_else(|| self.about.from.clone()),
                to: noun.number.clone(),
            };
            let status = noun.status.clone().map(|callback| StatusPlan {
                callback,
                events: noun.status_events.clone(),
                delivery: Delivery::Once,
            });
            let line = Line {
                hang_up_after_ms: None,
                params: Params::new(),
                fallback: None,
                status,
                ..self.line.clone()
            };
            let role = Role::Child {
                answerer: self.network.answerer(&noun.number),
                ring_timeout_ms: verb.timeout_ms,
                whisper: noun.whisper.clone(),
                room: room.to_owned(),
                news: news.clone(),
            };
            launch(&self.network, about, line, role);
            sids.push(sid);
        }
        Children { network: Arc::clone(&self.network), sids }
    }

    /// Waits for the first leg that is answered and joins; the others are given up when it answers.
    async fn await_answer(
        &mut self,
        verb: &DialVerb,
        children: &mut Children,
        mut inbox: mpsc::Receiver<News>,
    ) -> Result<Rung, Interrupt> {
        let mut left = children.sids.len();
        let mut winner: Option<String> = None;
        let mut failure = "no-answer".to_owned();
        let until = self.now_ms() + verb.timeout_ms;
        loop {
            tokio::select! {
                biased;
                Some(news) = inbox.recv() => match news {
                    News::Answered { sid } => {
                        let first = winner.get_or_insert(sid).clone();
                        children.cancel_all_but(Some(&first));
                    }
                    News::Ready { sid } if winner.as_ref() == Some(&sid) => {
                        return Ok(Rung::Joined(sid));
                    }
                    News::Ready { .. } => {}
                    News::Gone { sid, status } => {
                        left = left.saturating_sub(1);
                        let was_winner = winner.as_ref() == Some(&sid);
                        if was_winner || (winner.is_none() && status == "busy") {
                            // A leg that took the call and left before joining refused it.
                            failure = if was_winner { "no-answer".to_owned() } else { status };
                        }
                        if was_winner || left == 0 {
                            return Ok(Rung::Failed { status: failure, sid: Some(sid) });
                        }
                    }
                },
                beat = self.beat() => {
                    beat?;
                    if winner.is_none() && self.now_ms() > until + 100 {
                        return Ok(Rung::Failed { status: failure, sid: None });
                    }
                }
            }
        }
    }
}
