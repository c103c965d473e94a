//! What axe-core finds in every page, whether a page scrolls sideways, and what the browser complains about.

use super::views::{View, Who, browser_of, everywhere, full, outside, refusals};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::path::Path;
use studioconnect_acceptance::{Chromium, DESK, PHONE, TestApp};
use tempfile::TempDir;
use tokio::process::Command;

/// Its rules change with its version.
const AXE: &str = "axe-core@4.14.1";
/// Between tests and runs.
const KEPT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/axe-core-4.14.1.js");
/// The narrowest window in which a page has to do without scrolling sideways (WCAG 2.2, 1.4.10).
const NARROWEST: (u32, u32) = (320, 800);
/// It would read style sheets of shadow trees by writing them into a page, which the policy refuses; no rule here needs them.
const RUN_AXE: &str = "const done = arguments[arguments.length - 1]; \
    axe.run(document, {resultTypes: ['violations'], preload: false}).then( \
    (found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) => \
    `${rule.id} at ${node.target}: ${node.failureSummary} in ${node.html}`))), \
    (error) => done([`axe failed: ${error}`]));";
/// A sentence beside a field has to be told together with it, which axe cannot know.
const UNTOLD: &str = "return [...document.querySelectorAll('.field .fault')].filter((fault) => { \
    const field = fault.closest('.field').querySelector('input, select, textarea'); \
    const told = field.getAttribute('aria-describedby'); \
    return field.ariaInvalid !== 'true' || !told || !document.getElementById(told).contains(fault); \
    }).map((fault) => `not told with its field: ${fault.outerHTML}`);";
const IS_WIDE: &str = "const root = document.documentElement; \
    if (root.scrollWidth <= Math.min(innerWidth, arguments[0])) return []; \
    const wide = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > innerWidth \
    && !element.closest('.scroll *, .board *, .places ul *, .unseen')).map((element) => element.outerHTML.slice(0, 120)); \
    return wide.length > 0 ? wide : [`something unseen reaches to ${root.scrollWidth}`];";

#[tokio::test]
async fn pages_without_anything_in_them_are_accessible_and_fit_a_phone() -> Result<()> {
    let app = TestApp::start().await?;
    look(&app, Who::Owner, &everywhere()).await?;
    look(&app, Who::Nobody, &outside(&app).await?).await?;
    app.end().await
}

#[tokio::test]
async fn pages_of_a_busy_business_are_accessible_and_fit_a_phone() -> Result<()> {
    let app = TestApp::start().await?;
    let mut views = full(&app).await?;
    look(&app, Who::Owner, &views).await?;
    // Where somebody who may only read sees less.
    views.retain(|view| {
        ["lead", "client", "question", "voice", "settings", "team", "plan"].contains(&view.name)
    });
    look(&app, Who::Viewer, &views).await?;
    app.end().await
}

#[tokio::test]
async fn pages_that_say_no_are_accessible_and_fit_a_phone() -> Result<()> {
    let app = TestApp::start().await?;
    look(&app, Who::Owner, &refusals()).await?;
    let mut views = everywhere();
    views.retain(|view| ["clients", "questions", "voice", "plan"].contains(&view.name));
    look(&app, Who::OnFree, &views).await?;
    app.end().await
}

/// Whatever looks at pages sees what is wrong with one.
#[tokio::test]
async fn a_page_with_faults_is_found_out() -> Result<()> {
    let app = TestApp::start().await?;
    let chromium = app.chromium(DESK).await?;
    chromium.run_in_every_page(&axe().await?).await?;
    chromium.open("/admin/login").await?;
    let spoil = "const part = document.createElement('p'); part.innerHTML = arguments[0]; part.className = 'card'; \
        part.style.width = '500px'; document.querySelector('main').append(part);";
    chromium.run(spoil, vec![json!("<input><img src='/assets/none' style='color: red'>")]).await?;
    let found = looks_wrong(&chromium).await?.join("\n");
    for fault in ["label at", "image-alt at", "360 wide, and scrolls sideways", "refused by the policy"] {
        assert!(found.contains(fault), "{fault} is not in {found}");
    }
    chromium.page.clone().quit().await?;
    app.end().await
}

/// Looks at each page in both themes and at both sizes, and says everything that is wrong at once.
async fn look(app: &TestApp, who: Who, views: &[View]) -> Result<()> {
    let axe = axe().await?;
    let chromium = browser_of(app, who, DESK).await?;
    chromium.run_in_every_page(&axe).await?;
    let mut found = Vec::new();
    for view in views {
        view.show(&chromium).await?;
        found.extend(looks_wrong(&chromium).await?.into_iter().map(|what| format!("{}: {what}", view.name)));
    }
    chromium.page.clone().quit().await?;
    ensure!(found.is_empty(), "{who:?} finds:\n{}", found.join("\n"));
    Ok(())
}

pub(super) async fn looks_wrong(chromium: &Chromium) -> Result<Vec<String>> {
    let mut found = chromium.complaints().await?;
    found.extend(texts(&chromium.run(UNTOLD, Vec::new()).await?));
    // Who am I, and the way out, are behind a click.
    for (size, theme, menu) in [(DESK, "light", false), (PHONE, "dark", true)] {
        chromium.resize(size).await?;
        chromium.show_theme(theme).await?;
        let open = "document.querySelectorAll('details').forEach((part) => { part.open = arguments[0]; });";
        chromium.run(open, vec![json!(menu)]).await?;
        let violations = chromium.run_and_wait(RUN_AXE, Vec::new()).await?;
        found.extend(texts(&violations).map(|what| format!("{theme}, {} wide: {what}", size.0)));
    }
    for size in [PHONE, NARROWEST] {
        chromium.resize(size).await?;
        let wide = chromium.run(IS_WIDE, vec![json!(size.0)]).await?;
        found.extend(texts(&wide).map(|what| format!("{} wide, and scrolls sideways: {what}", size.0)));
    }
    Ok(found)
}

fn texts(value: &Value) -> impl Iterator<Item = String> {
    let texts = value.as_array().into_iter().flatten();
    texts.map(|text| text.as_str().map_or_else(|| text.to_string(), str::to_owned))
}

/// The source of axe-core, from the registry of npm once. Without it nothing is known, so that is a failure.
pub(crate) async fn axe() -> Result<String> {
    if let Ok(kept) = tokio::fs::read_to_string(KEPT).await {
        return Ok(kept);
    }
    let folder = TempDir::with_prefix_in("axe-", Path::new(KEPT).parent().context("no folder")?)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]);
    npm.arg("--prefix").arg(folder.path()).arg(AXE).kill_on_drop(true);
    let got = npm.output().await.context("npm is needed to fetch axe-core, and cannot be started")?;
    let said = String::from_utf8_lossy(&got.stderr).into_owned();
    ensure!(
        got.status.success(),
        "{AXE} could not be had from npm's registry, so pages were not checked: {said}"
    );
    let source = folder.path().join("node_modules/axe-core/axe.min.js");
    // Other tests may be at it; whoever comes last replaces a file that is the same.
    std::fs::rename(&source, KEPT).with_context(|| format!("{AXE} has no axe.min.js"))?;
    Ok(tokio::fs::read_to_string(KEPT).await?)
}
