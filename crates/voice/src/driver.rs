//! Carrying out what the flow decides: sockets, clocks, tasks.
//!
//! A stream comes in at the [`door`] on the web server's runtime. Once its token is accepted, the socket moves to a
//! [`lane`], a thread of its own kind that carries calls and nothing else, so no page, query or password hash ever stands
//! in a caller's way. There one task per call owns both sockets: [`call`].

mod call;
mod door;
mod lane;
mod model_leg;
mod phone_leg;
mod sound;
mod tape;
mod websocket;
mod wrap_up;

pub use door::TOKEN_PARAMETER;
pub(crate) use door::receive;
pub(crate) use lane::{Lane, Order};

use crate::admission::Admission;
use crate::counters::Counters;
use crate::scribe::Scribe;
use crate::settings::Settings;
use std::sync::Arc;
use studioconnect_assistant::lookup::Knowledge;
use studioconnect_connectors::twilio::rest::TwilioRest;
use studioconnect_domain::Clock;
use studioconnect_store::Store;

/// What every call of the installation shares.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) admission: Admission,
    pub(crate) store: Store,
    pub(crate) scribe: Scribe,
    pub(crate) twilio: TwilioRest,
    pub(crate) clock: Clock,
    /// What businesses have written down.
    pub(crate) knowledge: Knowledge,
    pub(crate) counters: Arc<Counters>,
    /// Where everything slow happens: a call's thread only carries sound.
    pub(crate) office: tokio::runtime::Handle,
}
