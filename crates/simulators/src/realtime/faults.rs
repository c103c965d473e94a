//! What can go wrong with a Realtime server, on purpose.

use std::time::Duration;

/// How a connection ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The TCP connection goes away without a closing handshake; the peer sees 1006.
    Drop,
    /// A close frame with this code (1011, 4000, …).
    Close(u16),
}

/// One thing that goes wrong. Times count from the start of a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The upgrade is answered with this HTTP status (401, 503, …).
    RefuseUpgrade(u16),
    /// The upgrade succeeds and nothing is ever said, not even `session.created`.
    Silent,
    /// Every `session.update` is refused with this error code.
    RefuseUpdate {
        /// `error.code`.
        code: String,
    },
    /// Audio is sent at this multiple of real time (0.5 = half as fast as it plays).
    SlowDeltas(f64),
    /// An `error` event out of the blue.
    ErrorEvent {
        /// When.
        after: Duration,
        /// `error.type`.
        kind: String,
        /// `error.code`.
        code: String,
    },
    /// The connection ends.
    Close {
        /// When.
        after: Duration,
        /// How.
        how: Ending,
    },
    /// `session_expired`, then close 1001.
    Expire {
        /// When.
        after: Duration,
    },
    /// A response ends with status `failed`.
    FailResponse {
        /// `status_details.error.type`.
        kind: String,
        /// `status_details.error.code`.
        code: String,
    },
    /// A response is created and then nothing more comes of it.
    StallResponse,
    /// A response stops half-way with status `incomplete` and reason `max_output_tokens`.
    IncompleteResponse,
}

impl Fault {
    /// This fault in every session and response.
    pub fn always(self) -> PlannedFault {
        PlannedFault { fault: self, session: None, response: None }
    }

    /// This fault only in the `session`-th session, counted from 1 over every connection attempt,
    /// refused ones included.
    pub fn in_session(self, session: usize) -> PlannedFault {
        PlannedFault { fault: self, session: Some(session), response: None }
    }

    /// When this fault strikes by itself, counted from the start of a session.
    pub(super) fn strikes_after(&self) -> Option<Duration> {
        match self {
            Self::ErrorEvent { after, .. } | Self::Close { after, .. } | Self::Expire { after } => {
                Some(*after)
            }
            _ => None,
        }
    }
}

/// A fault and where it applies.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedFault {
    /// What goes wrong.
    pub fault: Fault,
    /// Only in this session, from 1; every session when absent.
    pub session: Option<usize>,
    /// For faults of responses: only in this response of a session, from 1; every one when absent.
    pub response: Option<usize>,
}

impl PlannedFault {
    /// Only in the `response`-th response of a session, from 1.
    #[must_use]
    pub fn at_response(mut self, response: usize) -> Self {
        self.response = Some(response);
        self
    }
}

/// How often the server says things no client can know, as the real one does after a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strangeness {
    /// An event of an unknown type after every so many events; 0 for never.
    pub event_every: u32,
    /// An unknown field in every so many events; 0 for never.
    pub field_every: u32,
}

impl Strangeness {
    /// Nothing unknown.
    pub const NONE: Self = Self { event_every: 0, field_every: 0 };
    /// Something unknown in and after every event.
    pub const CONSTANT: Self = Self { event_every: 1, field_every: 1 };
}

impl Default for Strangeness {
    fn default() -> Self {
        Self { event_every: 40, field_every: 6 }
    }
}

/// Everything that goes wrong with a server. The default is nothing but a little [`Strangeness`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FaultPlan {
    /// The faults.
    pub faults: Vec<PlannedFault>,
    /// The unknown events and fields.
    pub strangeness: Strangeness,
}

impl FaultPlan {
    /// A plan of these faults and the usual strangeness.
    pub fn of(faults: impl IntoIterator<Item = PlannedFault>) -> Self {
        Self { faults: faults.into_iter().collect(), strangeness: Strangeness::default() }
    }

    /// The faults of one session with their places in the plan.
    pub(super) fn in_session(&self, session: usize) -> impl Iterator<Item = (usize, &PlannedFault)> {
        let concerns = move |planned: &PlannedFault| planned.session.is_none_or(|only| only == session);
        self.faults.iter().enumerate().filter(move |(_, planned)| concerns(planned))
    }

    /// The faults that strike the `response`-th response of a session.
    pub(super) fn at_response(&self, session: usize, response: usize) -> impl Iterator<Item = &Fault> {
        self.in_session(session)
            .filter(move |(_, planned)| planned.response.is_none_or(|only| only == response))
            .map(|(_, planned)| &planned.fault)
    }
}
