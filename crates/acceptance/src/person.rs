//! Somebody of a business who uses the API with a token, or the pages with a browser's cookies.

use crate::outside::Answer;
use crate::test_app::TestApp;
use anyhow::{Context as _, Result, ensure};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, redirect};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use studioconnect_app::onboarding::{self, Opened, Opening};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::plan::PlanCode;
use url::Url;

/// The password of everybody in tests.
pub const PASSWORD: &str = "demo-password";

/// Somebody who is signed in.
pub struct Person {
    client: reqwest::Client,
    base: Url,
    /// The access token; none is nobody.
    pub token: Option<String>,
    /// The refresh token.
    pub refresh: Option<String>,
}

impl TestApp {
    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Result<Person> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Person { client, base: self.stage.url("/")?, token: None, refresh: None })
    }

    /// Signs somebody in over the API.
    pub async fn sign_in(&self, email: &str) -> Result<Person> {
        let mut person = self.nobody()?;
        let answer = person.post("/api/login", &json!({"email": email, "password": PASSWORD})).await?;
        ensure!(answer.status == 200, "{email} cannot sign in: {answer:?}");
        let tokens: Value = serde_json::from_str(&answer.body)?;
        let text = |name: &str| tokens.get(name).and_then(Value::as_str).map(str::to_owned);
        person.token = text("token");
        person.refresh = text("refreshToken");
        Ok(person)
    }

    /// The owner of the demo business.
    pub async fn owner(&self) -> Result<Person> {
        self.sign_in("owner@example.com").await
    }

    /// Adds somebody to a business and signs them in.
    pub async fn join(&self, business: BusinessId, email: &str, role: Role) -> Result<Person> {
        let state = &self.stage.server.state;
        let user = onboarding::person(business, email, PASSWORD, role, &state.clock).await?;
        state.store.add_user(&user).await?;
        self.sign_in(email).await
    }

    /// Opens another business on the same installation; its owner's address begins with its name.
    pub async fn another_business(&self, name: &str, plan: PlanCode) -> Result<Opened> {
        let state = &self.stage.server.state;
        let email = format!("{name}@example.com");
        let opening = Opening {
            name,
            plan,
            numbers: &[],
            email: &email,
            password: PASSWORD,
            config: AgentConfig::default(),
        };
        Ok(onboarding::open_business(&state.store, &state.clock, opening).await?)
    }
}

impl Person {
    /// Sends a request.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request = self.client.request(method.parse::<Method>()?, self.base.join(path)?);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        read(request).await
    }

    /// Sends a request with one more header.
    pub async fn post_with(&self, path: &str, header: (&str, &str), body: &Value) -> Result<Answer> {
        let mut request = self.client.post(self.base.join(path)?).header(header.0, header.1);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        read(request.header(CONTENT_TYPE, "application/json").body(body.to_string())).await
    }

    /// Sends bytes as they are, with these headers.
    pub async fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Answer> {
        let mut request = self.client.request(method.parse::<Method>()?, self.base.join(path)?);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.body(body.into())).await
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send("GET", path, None).await
    }

    /// Reads JSON; anything but 200 is a failure.
    pub async fn json(&self, path: &str) -> Result<Value> {
        let answer = self.get(path).await?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
        Ok(serde_json::from_str(&answer.body)?)
    }

    /// An answer's body in the pieces it comes in, of which the first is there already.
    pub async fn pieces(&self, path: &str, packing: &str) -> Result<(Vec<u8>, reqwest::Response)> {
        let mut request = self.client.get(self.base.join(path)?).header(ACCEPT_ENCODING, packing);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let mut answer = request.send().await?.error_for_status()?;
        let first = answer.chunk().await?.context("there is no body")?;
        Ok((first.to_vec(), answer))
    }

    /// Bytes of an answer's body as a browser that takes gzip gets it.
    pub async fn packed_bytes(&self, path: &str) -> Result<usize> {
        let mut request = self.client.get(self.base.join(path)?).header(ACCEPT_ENCODING, "gzip");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await?.error_for_status()?.bytes().await?.len())
    }

    /// Posts.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, Some(body)).await
    }

    /// Puts.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("PUT", path, Some(body)).await
    }

    /// Patches.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("PATCH", path, Some(body)).await
    }
}

async fn read(request: RequestBuilder) -> Result<Answer> {
    let response = request.send().await?;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    Ok(Answer { status: response.status().as_u16(), kind, body: response.text().await? })
}

/// A browser without script: cookies, links and forms.
pub struct Browser {
    client: reqwest::Client,
    base: Url,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A page, and where it was found in the end.
#[derive(Debug)]
pub struct Seen {
    /// HTTP status.
    pub status: u16,
    /// Path and query of the last redirect, else of the request.
    pub at: String,
    /// Headers, in lower case.
    pub headers: BTreeMap<String, String>,
    /// HTML.
    pub body: String,
}

impl TestApp {
    /// A browser that is not signed in.
    pub fn browser(&self) -> Result<Browser> {
        let client = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build()?;
        Ok(Browser { client, base: self.stage.url("/")?, cookies: Mutex::default() })
    }

    /// A browser in which somebody is signed in.
    pub async fn browser_of(&self, email: &str) -> Result<Browser> {
        let browser = self.browser()?;
        let seen = browser.submit("/admin/login", &[("email", email), ("password", PASSWORD)]).await?;
        ensure!(seen.at == "/admin/dashboard", "{email} was led to {}", seen.at);
        Ok(browser)
    }
}

impl Browser {
    /// Opens a page, and follows where it leads.
    pub async fn open(&self, path: &str) -> Result<Seen> {
        self.go(self.client.get(self.base.join(path)?), path).await
    }

    /// Submits a form, and follows where it leads.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Result<Seen> {
        self.go(self.client.post(self.base.join(path)?).form(fields), path).await
    }

    /// Submits a form with a file in the field `file`, and follows where it leads.
    pub async fn send_file(&self, path: &str, name: &str, file: &[u8]) -> Result<Seen> {
        let file = reqwest::multipart::Part::bytes(file.to_vec()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", file);
        self.go(self.client.post(self.base.join(path)?).multipart(form), path).await
    }

    /// Sends any request with a form's body, and follows where it leads.
    pub async fn send(&self, method: &str, path: &str, body: &str) -> Result<Seen> {
        let request = self.client.request(method.parse::<Method>()?, self.base.join(path)?);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.go(request.body(body.to_owned()), path).await
    }

    /// Submits a form as a page of another site would have it submitted.
    pub async fn submit_from_elsewhere(&self, path: &str, fields: &[(&str, &str)]) -> Result<Seen> {
        let request = self.client.post(self.base.join(path)?).form(fields);
        self.go(request.header("Sec-Fetch-Site", "cross-site").header("Origin", "https://example.com"), path)
            .await
    }

    /// Sends JSON to the API with the browser's cookies, as a script of a page would.
    pub async fn post_json(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Seen> {
        let mut request = self.client.post(self.base.join(path)?).header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.go(request.body(body.to_string()), path).await
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().ok()?.get(name).cloned()
    }

    /// Sets or takes away a cookie.
    pub fn set_cookie(&self, name: &str, value: Option<&str>) {
        if let Ok(mut cookies) = self.cookies.lock() {
            match value {
                Some(value) => drop(cookies.insert(name.to_owned(), value.to_owned())),
                None => drop(cookies.remove(name)),
            }
        }
    }

    async fn go(&self, request: RequestBuilder, path: &str) -> Result<Seen> {
        let (mut request, mut at) = (request, path.to_owned());
        for _ in 0..6 {
            let response = request.header(COOKIE, self.written()).send().await?;
            for line in response.headers().get_all(SET_COOKIE) {
                self.keep(line.to_str()?);
            }
            if let Some(next) = response.headers().get(LOCATION) {
                at = next.to_str()?.to_owned();
                request = self.client.get(self.base.join(&at)?);
                continue;
            }
            let headers = response.headers().iter();
            let headers = headers
                .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
                .collect();
            return Ok(Seen {
                status: response.status().as_u16(),
                at,
                headers,
                body: response.text().await?,
            });
        }
        anyhow::bail!("{path} leads in circles")
    }

    fn written(&self) -> String {
        let cookies = self.cookies.lock().map(|cookies| cookies.clone()).unwrap_or_default();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&self, line: &str) {
        let Some((name, rest)) = line.split_once('=') else { return };
        let value = rest.split(';').next().unwrap_or_default();
        let is_over = line.contains("Max-Age=0");
        self.set_cookie(name, Some(value).filter(|_| !is_over));
    }
}

impl Seen {
    /// The value of a hidden field of a form of the page, the first of that name.
    pub fn hidden(&self, name: &str) -> Result<String> {
        let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let (_, rest) =
            self.body.split_once(&start).with_context(|| format!("there is no {name} in {}", self.at))?;
        Ok(rest.split('"').next().unwrap_or_default().to_owned())
    }
}
