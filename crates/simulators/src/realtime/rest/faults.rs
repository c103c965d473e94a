//! What can go wrong with requests, on purpose.

use std::time::Duration;

/// A route of the REST side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// `/v1/chat/completions`
    Chat,
    /// `/v1/embeddings`
    Embeddings,
    /// `/v1/audio/transcriptions`
    Transcription,
    /// `/v1/audio/speech`
    Speech,
}

/// One thing that goes wrong. Those of streams leave other answers alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestFault {
    /// An error instead of an answer.
    Status {
        /// HTTP status.
        status: u16,
        /// `error.code`.
        code: String,
        /// Further headers. With `retry-after` or `retry-after-ms`, coming back earlier is a violation.
        headers: Vec<(String, String)>,
    },
    /// The request is read and never answered.
    Silence,
    /// A stream opens, tells its role and says no word.
    StallBeforeFirst,
    /// A stream falls silent after some words.
    StallMidStream,
    /// `data: {"error":…}` after some words.
    ErrorMidStream,
    /// The connection breaks after some words.
    CutMidStream,
    /// A stream ends in good order, but without a reason to end and without `[DONE]`.
    NoEnd,
    /// Every byte of a stream comes alone, so that characters are cut in two.
    SingleBytes,
    /// As some self-hosted servers do it: calls whole, all with index 0, `stop` as the reason, no usage.
    Homemade,
}

impl RestFault {
    /// 429 with `retry-after` in seconds.
    pub fn rate_limited(seconds: &str) -> Self {
        let headers = vec![("retry-after".to_owned(), seconds.to_owned())];
        Self::Status { status: 429, code: "rate_limit_exceeded".to_owned(), headers }
    }

    /// 429 that no waiting helps.
    pub fn quota_gone() -> Self {
        Self::Status { status: 429, code: "insufficient_quota".to_owned(), headers: Vec::new() }
    }

    /// 5xx.
    pub fn failing(status: u16) -> Self {
        Self::Status { status, code: "server_error".to_owned(), headers: Vec::new() }
    }

    /// At every request.
    pub fn always(self) -> PlannedRestFault {
        PlannedRestFault { fault: self, route: None, until: usize::MAX }
    }

    /// At the first `count` requests of each route.
    pub fn first(self, count: usize) -> PlannedRestFault {
        PlannedRestFault { fault: self, route: None, until: count }
    }
}

/// A fault and where it strikes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRestFault {
    fault: RestFault,
    route: Option<Route>,
    until: usize,
}

impl PlannedRestFault {
    /// Only on this route.
    #[must_use]
    pub fn on(mut self, route: Route) -> Self {
        self.route = Some(route);
        self
    }
}

/// The first fault of the plan that strikes the `number`-th request of a route, from 1.
pub(super) fn striking(plan: &[PlannedRestFault], route: Route, number: usize) -> Option<RestFault> {
    let strikes = |planned: &&PlannedRestFault| {
        planned.route.is_none_or(|only| only == route) && number <= planned.until
    };
    plan.iter().find(strikes).map(|planned| planned.fault.clone())
}

/// How long a client is asked to stay away.
pub(super) fn asked_pause(headers: &[(String, String)]) -> Option<Duration> {
    let number = |name: &str| {
        let (_, value) = headers.iter().find(|(known, _)| known == name)?;
        value.parse::<f64>().ok()
    };
    let seconds = number("retry-after-ms").map(|ms| ms / 1_000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}
