//! Asking the server: signed webhooks, and what may be wrong with their answers.

use std::time::{Duration, Instant};

use reqwest::header::CONTENT_TYPE;

use super::report::WebhookRecord;
use super::signature::{sign_form, sign_url};
use super::twiml::{Callback, Method};

/// Largest document Twilio takes.
const MAX_BODY: usize = 64 * 1_024;

/// How long a connection may take to open; the page says 5 s, unverified.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) type Params = Vec<(String, String)>;

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// An answer, or why there is none, and the record of asking.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) answer: Result<Answer, String>,
    pub(crate) record: WebhookRecord,
}

/// Sends webhooks.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    client: reqwest::Client,
    auth_token: String,
}

impl Asker {
    pub(crate) fn new(auth_token: &str, timeout: Duration) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .user_agent("TwilioProxy/1.1")
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .build()?;
        Ok(Self { client, auth_token: auth_token.to_owned() })
    }

    pub(crate) async fn ask(&self, callback: &Callback, params: &[(String, String)]) -> Asked {
        let began = Instant::now();
        let answer = self.send(callback, params).await;
        let record = WebhookRecord {
            url: callback.written.clone(),
            status: answer.as_ref().ok().map(|answer| answer.status),
            took_ms: began.elapsed().as_millis() as u64,
        };
        Asked { answer, record }
    }

    async fn send(&self, callback: &Callback, params: &[(String, String)]) -> Result<Answer, String> {
        let request = match callback.method {
            Method::Post => {
                let signature = sign_form(&self.auth_token, &callback.written, params);
                self.client.post(callback.url.clone()).header("X-Twilio-Signature", signature).form(params)
            }
            Method::Get => {
                let mut url = callback.url.clone();
                url.query_pairs_mut().extend_pairs(params);
                let signature = sign_url(&self.auth_token, url.as_str());
                self.client.get(url).header("X-Twilio-Signature", signature)
            }
        };
        let token = uuid::Uuid::new_v4().to_string();
        let mut response = request
            .header("I-Twilio-Idempotency-Token", token)
            .header("Accept", "*/*")
            .send()
            .await
            .map_err(|error| describe(&error))?;
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err("the answer is longer than 64 KB".to_owned());
            }
        }
        Ok(Answer {
            status: response.status().as_u16(),
            content_type,
            body: String::from_utf8(body).map_err(|_| "the answer is not UTF-8".to_owned())?,
        })
    }
}

fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

impl Callback {
    /// A POST to a URL that was configured, not written in TwiML.
    pub(crate) fn post(url: &url::Url) -> Self {
        Self { written: url.as_str().to_owned(), url: url.clone(), method: Method::Post }
    }
}
