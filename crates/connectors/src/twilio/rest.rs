//! The REST side: making, changing and looking up calls (section 5).
//!
//! Requests that may be repeated are, on 429, on 5xx and where no connection came about, with
//! growing, uneven pauses. Making a call is never repeated: after an unclear failure ask
//! [`TwilioRest::recent_calls`] whether it exists.

use reqwest::Url;
use reqwest::header::RETRY_AFTER;

use crate::http::read_bounded;
use crate::secret::Secret;

mod call;
mod fault;
mod retry;

pub use call::{CallRecord, CallSource, CallUpdate, MachineDetection, NewCall};
pub use fault::TwilioError;
pub use retry::RetryPolicy;

use fault::Failure;

/// The longest answer read, in bytes; a list of 50 calls has some 60 KB.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// The longest recording read, in bytes: three minutes of 16 bits at 8 kHz are 2.9 MB.
const MAX_SOUND_BYTES: usize = 8 * 1024 * 1024;
/// The longest document that may be sent with a request (section 5).
const MAX_TWIML_CHARACTERS: usize = 4000;

/// One account's access to the API.
#[derive(Debug, Clone)]
pub struct TwilioRest {
    http: reqwest::Client,
    base_url: Url,
    account_sid: String,
    auth_token: Secret,
    retry: RetryPolicy,
}

enum Request {
    Get { query: Vec<(&'static str, String)> },
    Sound,
    Post { form: Vec<(&'static str, String)>, repeatable: bool },
}

impl TwilioRest {
    /// `base_url` is `https://api.twilio.com`, a regional host or a simulator; `http` comes from
    /// [`crate::http::client`].
    pub fn new(
        http: reqwest::Client,
        base_url: Url,
        account_sid: impl Into<String>,
        auth_token: Secret,
    ) -> Self {
        let account_sid = account_sid.into();
        Self { http, base_url, account_sid, auth_token, retry: RetryPolicy::default() }
    }

    /// Changes how failures are repeated.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Hangs up, also while it rings. A call that has ended already is no error.
    pub async fn end_call(&self, call_sid: &str) -> Result<CallUpdate, TwilioError> {
        self.update(call_sid, vec![("Status", "completed".to_owned())]).await
    }

    /// Replaces the rest of a live call's document. A running `<Connect><Stream>` is torn down, so
    /// let the marks of a goodbye come back first.
    pub async fn redirect_call(
        &self,
        call_sid: &str,
        source: &CallSource<'_>,
    ) -> Result<CallUpdate, TwilioError> {
        let form = vec![source.field(MAX_TWIML_CHARACTERS)?];
        self.update(call_sid, form).await
    }

    /// Makes a call. Never repeated by itself, see [`TwilioError::Unreachable`].
    pub async fn create_call(&self, call: &NewCall<'_>) -> Result<CallRecord, TwilioError> {
        let form = call.form(MAX_TWIML_CHARACTERS)?;
        let request = Request::Post { form, repeatable: false };
        call::read_record(&self.send(&["Calls.json"], &request).await?)
    }

    /// Looks a call up.
    pub async fn fetch_call(&self, call_sid: &str) -> Result<CallRecord, TwilioError> {
        let file = call_file(call_sid)?;
        let request = Request::Get { query: Vec::new() };
        call::read_record(&self.send(&["Calls", &file], &request).await?)
    }

    /// The latest calls to a number, newest first, at most 50: whether a call whose creation failed
    /// unclearly exists after all.
    pub async fn recent_calls(&self, to: &str) -> Result<Vec<CallRecord>, TwilioError> {
        let query = vec![("To", to.to_owned()), ("PageSize", "50".to_owned())];
        call::read_list(&self.send(&["Calls.json"], &Request::Get { query }).await?)
    }

    /// The sound of a recording as a WAV file. `recording` is its id, or the URL that a webhook told; of a URL the id alone is
    /// used, so credentials go nowhere but to this account.
    pub async fn fetch_recording(&self, recording: &str) -> Result<Vec<u8>, TwilioError> {
        let sid = recording.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let sid = sid.split_once('.').map_or(sid, |(sid, _)| sid);
        if !is_id(sid) || !sid.starts_with("RE") {
            return Err(TwilioError::refused_here("not a recording id"));
        }
        self.send(&["Recordings", &format!("{sid}.wav")], &Request::Sound).await
    }

    async fn update(
        &self,
        call_sid: &str,
        form: Vec<(&'static str, String)>,
    ) -> Result<CallUpdate, TwilioError> {
        let file = call_file(call_sid)?;
        let request = Request::Post { form, repeatable: true };
        match self.send(&["Calls", &file], &request).await {
            Ok(_) => Ok(CallUpdate::Done),
            Err(TwilioError::NotFound) => Ok(CallUpdate::AlreadyEnded),
            Err(TwilioError::Rejected { code, .. }) if fault::says_ended(code) => {
                Ok(CallUpdate::AlreadyEnded)
            }
            Err(fault) => Err(fault),
        }
    }

    async fn send(&self, path: &[&str], request: &Request) -> Result<Vec<u8>, TwilioError> {
        let repeatable = !matches!(request, Request::Post { repeatable: false, .. });
        let mut attempt = 0;
        loop {
            let failure = match self.send_once(path, request).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            let pause = self.retry.pause(attempt, &failure).filter(|_| repeatable);
            let Some(pause) = pause else {
                return Err(failure.error);
            };
            tracing::debug!(attempt, ?pause, error = %failure.error, "Twilio request is repeated");
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn send_once(&self, path: &[&str], request: &Request) -> Result<Vec<u8>, Failure> {
        let url = self.url(path);
        let builder = match request {
            Request::Get { query } => {
                let mut url = url;
                url.query_pairs_mut().extend_pairs(query);
                if query.is_empty() {
                    url.set_query(None);
                }
                self.http.get(url)
            }
            Request::Sound => self.http.get(url),
            Request::Post { form, .. } => self.http.post(url).form(form),
        };
        let response = builder
            .basic_auth(&self.account_sid, Some(self.auth_token.expose()))
            .send()
            .await
            .map_err(Failure::of_transport)?;
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(retry::seconds);
        let limit = if matches!(request, Request::Sound) { MAX_SOUND_BYTES } else { MAX_ANSWER_BYTES };
        let body = read_bounded(response, limit).await;
        if status.is_success() {
            return body.map_err(|fault| Failure::of_answer(&fault));
        }
        Err(Failure::of_status(status, retry_after, &body.unwrap_or_default()))
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["2010-04-01", "Accounts", &self.account_sid]).extend(path);
        }
        url
    }
}

/// `CA….json`. An id that could leave its place in the path is refused before anything is sent.
fn call_file(call_sid: &str) -> Result<String, TwilioError> {
    if is_id(call_sid) {
        Ok(format!("{call_sid}.json"))
    } else {
        Err(TwilioError::refused_here("not a call id"))
    }
}

fn is_id(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    plain && (1..=64).contains(&text.len())
}

#[cfg(test)]
mod tests;
