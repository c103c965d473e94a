//! A visitor of a business's website, who speaks with the chat as a page does.

use crate::outside::Answer;
use crate::test_app::TestApp;
use anyhow::{Context as _, Result, ensure};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use studioconnect_domain::business::Business;
use url::Url;

/// Longest wait for an event that is on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(20);

/// A visitor with a session.
#[derive(Clone, Debug)]
pub struct Visitor {
    client: reqwest::Client,
    base: Url,
    /// The origin of the page.
    pub origin: String,
    /// The session's id, which is the conversation's.
    pub id: String,
    /// What opens it.
    pub token: String,
    /// What the session began with.
    pub begun: Value,
}

/// An event of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Its name in the order of things.
    pub id: String,
    /// What it is.
    pub kind: String,
    /// What it says.
    pub data: Value,
}

/// A stream that is read event by event.
#[derive(Debug)]
pub struct Stream {
    answer: reqwest::Response,
    text: String,
    heard: VecDeque<Heard>,
    /// Signs of life so far.
    pub beats: usize,
}

impl TestApp {
    /// The origin of our own pages, which every business's chat may be shown on.
    pub fn own_origin(&self) -> String {
        self.stage.config.public.origin()
    }

    /// Asks for a session, with any body and any origin.
    pub async fn begin(&self, origin: Option<&str>, body: &Value) -> Result<Answer> {
        let mut request = client()?.post(self.stage.url("/api/chat")?);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        read(request.header(CONTENT_TYPE, "application/json").body(body.to_string())).await
    }

    /// A visitor of the demo business.
    pub async fn visitor(&self) -> Result<Visitor> {
        self.visitor_of(&self.business.business, json!({})).await
    }

    /// A visitor of a business, who says this much besides its key.
    pub async fn visitor_of(&self, business: &Business, more: Value) -> Result<Visitor> {
        let mut body = json!({"key": business.widget_key, "pageUrl": "https://shop.example.com/contact"});
        if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
            body.extend(more.clone());
        }
        let origin = self.own_origin();
        let answer = self.begin(Some(&origin), &body).await?;
        ensure!(answer.status == 200, "{answer:?}");
        let begun: Value = serde_json::from_str(&answer.body)?;
        let text = |name: &str| {
            begun.get(name).and_then(Value::as_str).map(str::to_owned).context("something is missing")
        };
        Ok(Visitor {
            client: client()?,
            base: self.stage.url("/")?,
            id: text("sessionId")?,
            token: text("token")?,
            origin,
            begun,
        })
    }
}

fn client() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().build()?)
}

async fn read(request: reqwest::RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    Ok(Answer { status: response.status().as_u16(), kind, body: response.text().await? })
}

impl Visitor {
    fn request(&self, method: &str, path: &str) -> Result<reqwest::RequestBuilder> {
        let url = self.base.join(&format!("/api/chat/{}{path}", self.id))?;
        let request = self.client.request(method.parse()?, url).header(ORIGIN, &self.origin);
        Ok(request.header(AUTHORIZATION, format!("Bearer {}", self.token)))
    }

    /// Sends any body as a message.
    pub async fn send(&self, body: impl Into<Vec<u8>>) -> Result<Answer> {
        let request = self.request("POST", "/message")?.header(CONTENT_TYPE, "application/json");
        read(request.body(body.into())).await
    }

    /// Says something; whatever comes of it.
    pub async fn try_to_say(&self, name: &str, text: &str) -> Result<Answer> {
        self.send(json!({"message": text, "clientMessageId": name}).to_string()).await
    }

    /// Says something and gets the answer whole.
    pub async fn say(&self, name: &str, text: &str) -> Result<Value> {
        let answer = self.try_to_say(name, text).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// Says something and gets the answer as events.
    pub async fn say_streaming(&self, name: &str, text: &str) -> Result<Stream> {
        let body = json!({"message": text, "clientMessageId": name}).to_string();
        let request = self.request("POST", "/message")?.header(CONTENT_TYPE, "application/json");
        Stream::open(request.header(ACCEPT, "text/event-stream").body(body)).await
    }

    /// Listens from an event on; none listens from now on.
    pub async fn listen(&self, last: Option<&str>) -> Result<Stream> {
        let mut request = self.request("GET", "/events")?;
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        Stream::open(request).await
    }

    /// Asks for a stream; whatever comes of it.
    pub async fn try_to_listen(&self) -> Result<u16> {
        Ok(self.request("GET", "/events")?.send().await?.status().as_u16())
    }

    /// Reads the conversation; whatever comes of it.
    pub async fn try_to_read(&self) -> Result<Answer> {
        read(self.request("GET", "")?).await
    }

    /// What was said so far.
    pub async fn history(&self) -> Result<Value> {
        let answer = self.try_to_read().await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// The lines so far, as `ROLE text`.
    pub async fn lines(&self) -> Result<Vec<String>> {
        let history = self.history().await?;
        let lines = history.get("messages").and_then(Value::as_array).context("no messages")?;
        let line = |line: &Value| {
            let word = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{} {}", word("role"), word("text"))
        };
        Ok(lines.iter().map(line).collect())
    }
}

impl Stream {
    async fn open(request: reqwest::RequestBuilder) -> Result<Self> {
        let answer = request.send().await?;
        ensure!(answer.status() == 200, "{} {}", answer.status(), answer.text().await?);
        Ok(Self { answer, text: String::new(), heard: VecDeque::new(), beats: 0 })
    }

    /// The next event; none at the end of the stream.
    pub async fn next(&mut self) -> Result<Option<Heard>> {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return Ok(Some(heard));
            }
            if !self.read_on().await? {
                return Ok(None);
            }
        }
    }

    /// Reads what comes next, whatever it is; false at the end.
    pub async fn read_on(&mut self) -> Result<bool> {
        let chunk = tokio::time::timeout(ON_ITS_WAY, self.answer.chunk()).await.context("nothing came")?;
        // A server that goes away in mid-way ends a stream too.
        let Ok(Some(chunk)) = chunk else { return Ok(false) };
        self.text.push_str(std::str::from_utf8(&chunk)?);
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let (block, rest) = (block.to_owned(), rest.to_owned());
            self.text = rest;
            match heard_in(&block)? {
                Some(heard) => self.heard.push_back(heard),
                None => self.beats += 1,
            }
        }
        Ok(true)
    }

    /// The next event of a kind; others are passed over.
    pub async fn until(&mut self, kind: &str) -> Result<Heard> {
        loop {
            let heard = self.next().await?.with_context(|| format!("the stream ended without {kind}"))?;
            if heard.kind == kind {
                return Ok(heard);
            }
        }
    }

    /// All events up to the end of the stream.
    pub async fn rest(&mut self) -> Result<Vec<Heard>> {
        let mut rest = Vec::new();
        while let Some(heard) = self.next().await? {
            rest.push(heard);
        }
        Ok(rest)
    }
}

fn heard_in(block: &str) -> Result<Option<Heard>> {
    let field = |name: &str| {
        block.lines().find_map(|line| {
            line.strip_prefix(name)?.strip_prefix(':').map(|rest| rest.trim_start().to_owned())
        })
    };
    let Some(kind) = field("event") else { return Ok(None) };
    let data = serde_json::from_str(&field("data").unwrap_or_default())?;
    Ok(Some(Heard { id: field("id").unwrap_or_default(), kind, data }))
}
