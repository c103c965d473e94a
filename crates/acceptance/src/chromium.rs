//! A real Chromium, driven over WebDriver: what only script, style and a keyboard show.

use crate::person::PASSWORD;
use crate::test_app::TestApp;
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use thirtyfour::LoggingPrefsLogLevel;
use thirtyfour::common::capabilities::desiredcapabilities::PageLoadStrategy;
use thirtyfour::prelude::*;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::Url;

const DRIVER: &str = "/usr/bin/chromedriver";
const BROWSER: &str = "/usr/bin/chromium";
/// Nothing of a page takes longer, even on a machine that runs other tests.
const PATIENCE: Duration = Duration::from_secs(15);
/// No page has more places for the Tab key to stop at.
const MOST_STOPS: usize = 150;
/// Nothing asks anybody but the server under test. Without the sandbox, as tests may run as root in a container.
const ARGUMENTS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=PasswordManagerOnboarding,OptimizationHints,MediaRouter",
];
/// Runs in every page before its own script: what the policy refuses is said where errors are said.
const TELL_WHAT_IS_REFUSED: &str = "document.addEventListener('securitypolicyviolation', (event) => \
    console.error('refused by the policy:', event.violatedDirective, event.blockedURI));";

/// Width and height of what a person sees, in CSS pixels.
pub type Size = (u32, u32);
/// A desk.
pub const DESK: Size = (1280, 900);
/// A small phone.
pub const PHONE: Size = (360, 800);

/// A browser with script, with a profile of its own.
// Fields are dropped in this order: the session quits the browser, then its driver is ended, then its files go.
pub struct Chromium {
    /// The session.
    pub page: WebDriver,
    base: Url,
    _driver: Child,
    _profile: TempDir,
}

/// How a browser behaves towards a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Usual,
    /// Lets the test answer when a page asks whether it may be left.
    Asks,
    /// Does not wait until a page is there.
    Hurries,
}

impl TestApp {
    /// A Chromium in which nobody is signed in.
    pub async fn chromium(&self, size: Size) -> Result<Chromium> {
        self.chromium_with(size, Manner::Usual).await
    }

    /// The same, in which tests answer when a page asks whether it may be left. Else the driver itself says yes; what makes
    /// it ask, the second protocol, makes it slower.
    pub async fn chromium_that_asks(&self, size: Size) -> Result<Chromium> {
        self.chromium_with(size, Manner::Asks).await
    }

    /// The same, in which a page can be looked at while it is still coming.
    pub async fn chromium_that_hurries(&self, size: Size) -> Result<Chromium> {
        self.chromium_with(size, Manner::Hurries).await
    }

    async fn chromium_with(&self, size: Size, manner: Manner) -> Result<Chromium> {
        let profile = TempDir::with_prefix("studioconnect-chromium-")?;
        let (driver, address) = start_driver().await?;
        let mut wanted = DesiredCapabilities::chrome();
        wanted.set_binary(BROWSER)?;
        for argument in ARGUMENTS {
            wanted.add_arg(argument)?;
        }
        wanted.add_arg(&format!("--window-size={},{}", size.0, size.1))?;
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        // Tests answer dialogs themselves, the one before a page is left too.
        wanted.set("unhandledPromptBehavior", json!({"default": "ignore", "beforeUnload": "ignore"}))?;
        // A test that fails quits the browser from another runtime, for which a kept connection would never answer.
        let client = reqwest::Client::builder().no_proxy().timeout(2 * PATIENCE).pool_max_idle_per_host(0);
        let client = client.build()?;
        match manner {
            Manner::Usual => {}
            Manner::Asks => wanted.set("webSocketUrl", true)?,
            Manner::Hurries => wanted.set_page_load_strategy(PageLoadStrategy::None)?,
        }
        let page = WebDriver::builder(address, wanted).client(client).connect().await?;
        let chromium = Chromium { page, base: self.stage.url("/")?, _driver: driver, _profile: profile };
        chromium.run_in_every_page(TELL_WHAT_IS_REFUSED).await?;
        chromium.resize(size).await?;
        Ok(chromium)
    }

    /// A Chromium in which somebody is signed in, on the first page.
    pub async fn chromium_of(&self, email: &str, size: Size) -> Result<Chromium> {
        let chromium = self.chromium(size).await?;
        chromium.open("/admin/login").await?;
        chromium.sign_in(email).await?;
        chromium.until_at("/admin/dashboard").await?;
        Ok(chromium)
    }
}

/// Starts a driver. It chooses a port by IPv4, and gives up when somebody else has the same one by IPv6.
async fn start_driver() -> Result<(Child, String)> {
    for _ in 0..5 {
        if let Ok(started) = try_driver().await {
            return Ok(started);
        }
    }
    try_driver().await
}

async fn try_driver() -> Result<(Child, String)> {
    let mut driver = Command::new(DRIVER)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{DRIVER} cannot be started; Debian has it in chromium-driver"))?;
    let output = driver.stdout.take().context("the driver says nothing")?;
    let mut lines = BufReader::new(output).lines();
    let port = tokio::time::timeout(PATIENCE, async {
        while let Some(line) = lines.next_line().await? {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return Ok(port.trim_end_matches('.').to_owned());
            }
        }
        anyhow::bail!("the driver did not start")
    });
    let port = port.await.context("the driver does not start")??;
    // Nobody reads the rest; a closed pipe would end the driver.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((driver, format!("http://127.0.0.1:{port}")))
}

impl Chromium {
    /// Opens one of our pages.
    pub async fn open(&self, path: &str) -> Result<()> {
        Ok(self.page.goto(self.base.join(path)?.as_str()).await?)
    }

    /// Path and query of what is shown.
    pub async fn at(&self) -> Result<String> {
        let url = self.page.current_url().await?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Ok(format!("{}{query}", url.path()))
    }

    /// Fills the form on the login page that is shown, and submits it.
    pub async fn sign_in(&self, email: &str) -> Result<()> {
        self.type_over("#email", email).await?;
        self.type_over("#password", PASSWORD).await?;
        self.click("form.stack button").await
    }

    /// The first element, once it is there.
    pub async fn find(&self, css: &str) -> Result<WebElement> {
        let query = self.page.query(By::Css(css)).wait(PATIENCE, Duration::from_millis(40));
        query.first().await.with_context(|| format!("there is no {css:?}"))
    }

    /// Clicks an element, once it is there.
    pub async fn click(&self, css: &str) -> Result<()> {
        let element = self.find(css).await?;
        // Pages scroll smoothly, and a click does not wait for that.
        let show = "arguments[0].scrollIntoView({behavior: 'instant', block: 'center', inline: 'center'})";
        self.run(show, vec![element.to_json()?]).await?;
        Ok(element.click().await?)
    }

    /// Types into a field instead of what stands in it.
    pub async fn type_over(&self, css: &str, text: &str) -> Result<()> {
        let field = self.find(css).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.page.action_chain().send_keys(keys).perform().await?)
    }

    /// Presses a key while another is held.
    pub async fn press_with(&self, held: Key, key: &str) -> Result<()> {
        Ok(self.page.action_chain().key_down(held.clone()).send_keys(key).key_up(held).perform().await?)
    }

    /// Has pages shown without their script from the next one on; tests can still ask them.
    pub async fn turn_script_off(&self) -> Result<()> {
        self.page.cdp().send_raw("Emulation.setScriptExecutionDisabled", json!({"value": true})).await?;
        Ok(())
    }

    /// Presses Tab until an element has the focus.
    pub async fn tab_to(&self, css: &str) -> Result<()> {
        self.find(css).await?;
        let is_there = format!("return document.activeElement.matches({})", json!(css));
        for _ in 0..MOST_STOPS {
            self.press(Key::Tab).await?;
            if self.run(&is_there, Vec::new()).await? == true {
                return Ok(());
            }
        }
        anyhow::bail!("the Tab key does not lead to {css:?}")
    }

    /// Runs a script's body whose last argument is called with the result.
    pub async fn run_and_wait(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.page.execute_async(script, arguments).await?.json().clone())
    }

    /// Runs a script's body and reads what it returns.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value> {
        Ok(self.page.execute(script, arguments).await?.json().clone())
    }

    /// Submits fields as a form of the page that is shown would be, whatever the page itself would refuse.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Result<()> {
        let script = "const form = document.createElement('form'); form.method = 'post'; form.action = arguments[0]; \
            for (const [name, value] of arguments[1]) { const field = document.createElement('textarea'); \
            field.name = name; field.value = value; form.append(field); } \
            window.isLeft = true; document.body.append(form); form.submit();";
        self.run(script, vec![json!(path), json!(fields)]).await?;
        self.until(
            "the answer to a form is shown",
            "return !window.isLeft && document.readyState === 'complete'",
        )
        .await
    }

    /// Waits until a script's body returns true.
    pub async fn until(&self, what: &str, script: &str) -> Result<()> {
        self.until_within(PATIENCE, what, script).await
    }

    /// The same, within a time of the caller's.
    pub async fn until_within(&self, limit: Duration, what: &str, script: &str) -> Result<()> {
        let began = Instant::now();
        // A page that is just being left cannot be asked.
        while !self.run(script, Vec::new()).await.is_ok_and(|answer| answer == true) {
            if began.elapsed() >= limit {
                let shown = self.run("return document.querySelector('main')?.innerText", Vec::new()).await;
                anyhow::bail!(
                    "never came true in {limit:?} at {:?}: {what}; shown is {shown:?}",
                    self.at().await
                );
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        Ok(())
    }

    /// Waits until a page is shown whose path and query begin so.
    pub async fn until_at(&self, start: &str) -> Result<()> {
        let script = format!(
            "return (location.pathname + location.search).startsWith({}) && document.readyState === 'complete'",
            json!(start)
        );
        self.until(&format!("{start} is shown"), &script).await
    }

    /// Waits until the page shows a text.
    pub async fn until_shown(&self, text: &str) -> Result<()> {
        self.until(
            &format!("{text:?} is shown"),
            &format!("return document.body.innerText.includes({})", json!(text)),
        )
        .await
    }

    /// Changes what a person sees of a page. Windows have a smallest width; the view within has none.
    pub async fn resize(&self, (width, height): Size) -> Result<()> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.page.cdp().send_raw("Emulation.setDeviceMetricsOverride", metrics).await?;
        // As on phones: a bar would take its own width from the page's.
        self.page.cdp().send_raw("Emulation.setScrollbarsHidden", json!({"hidden": true})).await?;
        Ok(())
    }

    /// Has pages shown in the light or the dark theme, for somebody who wants nothing to move.
    pub async fn show_theme(&self, theme: &str) -> Result<()> {
        let features = json!({"features": [
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.page.cdp().send_raw("Emulation.setEmulatedMedia", features).await?;
        Ok(())
    }

    /// Runs a script in every page from the next one on, before the page's own. No policy of the page binds it.
    pub async fn run_in_every_page(&self, source: &str) -> Result<()> {
        let script = json!({"source": source});
        self.page.cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", script).await?;
        Ok(())
    }

    /// What was complained about since the last time: errors of script, files that are missing, what the policy refused.
    /// That a page itself has the status of a refusal is no complaint.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let entries = self.page.browser_log().await?.into_iter();
        let severe = entries.filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
        let messages = severe.map(|entry| entry.message);
        Ok(messages
            .filter(|text| !(text.contains("/admin/") && text.contains("responded with a status of 4")))
            .collect())
    }

    /// Closes the browser; nothing may have been complained about.
    pub async fn quit(self) -> Result<()> {
        let complaints = self.complaints().await?;
        self.page.clone().quit().await?;
        ensure!(complaints.is_empty(), "the browser complained: {complaints:#?}");
        Ok(())
    }
}
