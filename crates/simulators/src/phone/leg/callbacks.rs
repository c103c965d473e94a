//! What the server is told besides being asked for TwiML: status callbacks of calls, streams,
//! recordings and conferences. They go out in order, behind the call's back.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::Leg;
use crate::phone::network::{now, rfc2822};
use crate::phone::report::Direction;
use crate::phone::settings::Delivery;
use crate::phone::twiml::Callback;
use crate::phone::webhook::Params;

/// Longest wait for outstanding callbacks when the call is over.
const LAST_WAIT: Duration = Duration::from_secs(20);

/// Who wants to know of which events.
#[derive(Debug, Clone)]
pub(crate) struct StatusPlan {
    pub(crate) callback: Callback,
    /// Among initiated, ringing, answered, completed.
    pub(crate) events: Vec<String>,
    pub(crate) delivery: Delivery,
}

impl Leg {
    /// The parameters every webhook of this call carries.
    pub(crate) fn params(&self, call_status: &str) -> Params {
        let about = &self.about;
        let mut params: Params = [
            ("CallSid", about.sid.as_ref()),
            ("AccountSid", &self.network.settings.account_sid),
            ("From", &about.from),
            ("To", &about.to),
            ("Caller", &about.from),
            ("Called", &about.to),
            ("CallStatus", call_status),
            ("ApiVersion", "2010-04-01"),
            ("Direction", about.direction.name()),
        ]
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        if let Some(parent) = &about.parent {
            params.push(("ParentCallSid".to_owned(), parent.clone()));
        }
        if about.direction == Direction::Inbound {
            for who in ["From", "To", "Caller", "Called"] {
                for what in ["City", "State", "Zip"] {
                    params.push((format!("{who}{what}"), String::new()));
                }
                params.push((format!("{who}Country"), "US".to_owned()));
            }
        }
        for (name, value) in &self.line.params {
            params.retain(|(known, _)| known != name);
            params.push((name.clone(), value.clone()));
        }
        params
    }

    /// The parameters of a webhook in the middle of the call.
    pub(crate) fn present_params(&self) -> Params {
        self.params(if self.is_answered { "in-progress" } else { "ringing" })
    }

    /// Tells of an event of the call, if somebody wants to know.
    pub(crate) fn tell_status(&mut self, event: &str, call_status: &str, extra: Params) {
        let Some(plan) = self.line.status.clone() else {
            return;
        };
        if !plan.events.iter().any(|wanted| wanted == event) {
            return;
        }
        let mut params = self.params(call_status);
        let sequence = self.status_sequence.to_string();
        params.push(("Timestamp".to_owned(), rfc2822(now())));
        params.push(("CallbackSource".to_owned(), "call-progress-events".to_owned()));
        params.push(("SequenceNumber".to_owned(), sequence));
        params.extend(extra);
        self.status_sequence += 1;
        let times = match plan.delivery {
            Delivery::Once => 1,
            Delivery::Twice => 2,
            Delivery::Never => 0,
        };
        for _ in 0..times {
            self.post(plan.callback.clone(), params.clone());
        }
    }

    /// Sends a webhook whose answer does not matter.
    pub(crate) fn post(&mut self, callback: Callback, params: Params) {
        let network = Arc::clone(&self.network);
        self.in_background(async move {
            let asked = network.asker.ask(&callback, &params).await;
            if let Err(error) = asked.answer {
                tracing::debug!(url = %callback.written, %error, "simulated phone: callback failed");
            }
        });
    }

    /// Does something after everything else that was left to the background.
    pub(crate) fn in_background(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        let before = self.background.take();
        let task = async move {
            if let Some(before) = before {
                // A task that failed before this one has nothing to say to it.
                let _ = before.await;
            }
            work.await;
        };
        self.background = Some(self.network.tasks.spawn(task));
    }

    /// Waits until the background has done its work.
    pub(crate) async fn settle_background(&mut self) {
        if let Some(task) = self.background.take() {
            let _ = tokio::time::timeout(LAST_WAIT, task).await;
        }
    }
}
