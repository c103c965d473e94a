//! The phone network's side: signed webhooks in, TwiML out, and the media stream.

mod alert;
mod answer;
mod inbound;
mod request;
mod resume;
mod status;
mod stream;
mod voicemail;

pub(crate) use alert::{alert, alert_status, key};
pub(crate) use inbound::inbound;
pub(crate) use resume::{fallback, resume};
pub(crate) use status::status;
pub(crate) use stream::stream;
pub(crate) use voicemail::{recorded, voicemail};

use std::time::Duration;

/// A caller waits in silence while we look something up; past this the answer is one that needs no database (design 3.9).
const LOOK_UP_LIMIT: Duration = Duration::from_secs(1);
