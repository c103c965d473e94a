//! A browser on somebody else's page, with the chat of our demo business on it.

use super::host::Host;
use super::line::Line;
use super::scripted::Scripted;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use studioconnect_acceptance::{Chromium, Person, Setup, Size, TestApp};
use thirtyfour::prelude::*;
use tokio::net::TcpListener;

/// The chat's shadow tree; none while there is no chat.
const ROOT: &str = "const root = document.querySelector('studioconnect-chat')?.shadowRoot;";

pub(super) struct Scene {
    pub(super) app: TestApp,
    pub(super) owner: Person,
    pub(super) server: Scripted,
    pub(super) line: Line,
    pub(super) host: Host,
    pub(super) browser: Chromium,
}

impl Scene {
    pub(super) async fn open(size: Size) -> Result<Self> {
        Self::open_with(size, json!({})).await
    }

    /// With nothing scripted: the line leads to the server itself.
    pub(super) async fn open_real(size: Size, change: impl FnOnce(&mut Setup)) -> Result<Self> {
        Self::open_on(TestApp::start_with(change).await?, size, json!({}), true).await
    }

    /// The same with other settings of the chat.
    pub(super) async fn open_with(size: Size, settings: Value) -> Result<Self> {
        Self::open_on(TestApp::start().await?, size, settings, false).await
    }

    async fn open_on(app: TestApp, size: Size, settings: Value, is_real: bool) -> Result<Self> {
        let owner = app.owner().await?;
        let widget = owner.json("/api/widget-config").await?;
        let key = widget["widgetKey"].as_str().context("no key")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let mut given = settings;
        given["allowedOrigins"] = json!([origin]);
        let saved = owner.post("/api/widget-config", &given).await?;
        ensure!(saved.status == 200, "{saved:?}");
        let real = app.stage.url("/")?.as_str().trim_end_matches('/').to_owned();
        let server = Scripted::open(real, origin, key).await?;
        let target = if is_real { app.stage.server.address } else { server.address };
        let line = Line::to(target).await?;
        let host = Host::open(listener, &line.url(), key)?;
        let browser = app.chromium(size).await?;
        let scene = Self { app, owner, server, line, host, browser };
        scene.load().await?;
        Ok(scene)
    }

    /// Opens the page, or loads it anew.
    pub(super) async fn load(&self) -> Result<()> {
        self.browser.page.goto(self.host.url()).await?;
        self.until("the chat is on the page", "root.querySelector('.launch')").await
    }

    /// Opens the chat with the mouse.
    pub(super) async fn open_chat(&self) -> Result<()> {
        self.click(".launch").await?;
        self.until("the chat is open", "root.querySelector('.panel:not([hidden])')").await
    }

    /// Waits until something of the chat's tree is there, or true.
    pub(super) async fn until(&self, what: &str, expression: &str) -> Result<()> {
        let script = format!("{ROOT} return Boolean(root && ({expression}))");
        if let Err(fault) = self.browser.until(what, &script).await {
            let shown = self.look("root.querySelector('.panel')?.innerText").await;
            let broken = self.browser.run("return window.broken", Vec::new()).await;
            let said = self.browser.complaints().await;
            anyhow::bail!(
                "{fault}\nshown: {shown:?}\nbroken: {broken:?}\nsaid: {said:?}\nseen: {:?}",
                self.server.seen()
            );
        }
        Ok(())
    }

    /// Waits until the chat shows a text.
    pub(super) async fn until_shown(&self, text: &str) -> Result<()> {
        let expression = format!("root.querySelector('.panel').innerText.includes({})", json!(text));
        self.until(&format!("{text:?} is shown"), &expression).await
    }

    /// What an expression over the chat's tree is.
    pub(super) async fn look(&self, expression: &str) -> Result<Value> {
        self.browser.run(&format!("{ROOT} return {expression}"), Vec::new()).await
    }

    /// A part of the chat, once it is there and seen.
    pub(super) async fn part(&self, css: &str) -> Result<WebElement> {
        let css = json!(css);
        self.until(&format!("{css} is there"), &format!("root.querySelector({css})?.checkVisibility()"))
            .await?;
        let found =
            self.browser.page.execute(format!("{ROOT} return root.querySelector({css})"), Vec::new()).await?;
        Ok(found.element()?)
    }

    pub(super) async fn click(&self, css: &str) -> Result<()> {
        Ok(self.part(css).await?.click().await?)
    }

    /// Clicks the button that says so.
    pub(super) async fn choose(&self, text: &str) -> Result<()> {
        let find = format!(
            "[...root.querySelectorAll('.panel button')].find((button) => button.innerText === {})",
            json!(text)
        );
        self.until(&format!("{text:?} can be chosen"), &find).await?;
        let found = self.browser.page.execute(format!("{ROOT} return {find}"), Vec::new()).await?;
        Ok(found.element()?.click().await?)
    }

    /// Writes a message and sends it with the Enter key.
    pub(super) async fn write(&self, text: &str) -> Result<()> {
        let field = self.part(".field").await?;
        Ok(field.send_keys(text.to_owned() + Key::Enter).await?)
    }

    /// The messages that are shown, as `visitor: text`.
    pub(super) async fn said(&self) -> Result<Vec<String>> {
        let rows = "[...root.querySelectorAll('.said')].map((row) => `${row.dataset.who}: ${(row.querySelector('.bubble') ?? row).innerText}`)";
        let rows = self.look(rows).await?;
        Ok(rows
            .as_array()
            .context("no rows")?
            .iter()
            .map(|row| row.as_str().unwrap_or_default().to_owned())
            .collect())
    }

    /// Waits until nothing is on its way.
    pub(super) async fn until_settled(&self) -> Result<()> {
        self.until("everything is answered", "!root.querySelector('.dots, .state:not(.bad)') && !Object.keys(localStorage).some((name) => name.includes('unsent'))").await
    }

    /// Takes the network away from the browser, or gives it back.
    pub(super) async fn be_offline(&self, is_offline: bool) -> Result<()> {
        let conditions =
            json!({"offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.browser.page.cdp().send_raw("Network.enable", json!({})).await?;
        self.browser.page.cdp().send_raw("Network.emulateNetworkConditions", conditions).await?;
        Ok(())
    }

    /// Ends a test in which requests failed on purpose, which browsers complain about.
    pub(super) async fn end_after_storms(self) -> Result<()> {
        let complaints = self.browser.complaints().await?;
        let others: Vec<_> = complaints
            .into_iter()
            .filter(|text| !text.contains("Failed to load resource") && !text.contains("net::ERR"))
            .collect();
        ensure!(others.is_empty(), "the browser complained: {others:#?}");
        Box::pin(self.end_quietly()).await
    }

    /// Ends a test: neither the page nor the server nor the browser has anything to complain about.
    pub(super) async fn end(self) -> Result<()> {
        let complaints = self.browser.complaints().await?;
        ensure!(complaints.is_empty(), "the browser complained: {complaints:#?}");
        Box::pin(self.end_quietly()).await
    }

    async fn end_quietly(self) -> Result<()> {
        let broken = self.browser.run("return window.broken ?? null", Vec::new()).await?;
        ensure!(broken.is_null(), "something was thrown into the page: {broken}");
        let violations = self.server.violations();
        ensure!(violations.is_empty(), "the server saw rules broken: {violations:#?}");
        tokio::time::timeout(Duration::from_secs(20), self.browser.page.clone().quit()).await??;
        self.app.end().await
    }
}
