//! Pictures of every page, for people to look at.
//!
//! ```sh
//! STUDIOCONNECT_PICTURES=/tmp/pictures cargo nextest run -p studioconnect-acceptance pictures
//! ```

use super::views::{View, Who, browser_of, everywhere, full, outside, refusals};
use anyhow::Result;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;
use std::path::{Path, PathBuf};
use studioconnect_acceptance::{Chromium, DESK, PHONE, TestApp};

const FOLDER: &str = "STUDIOCONNECT_PICTURES";

/// Takes pictures when it is told where to put them; else it looks whether one can be taken.
#[tokio::test]
async fn pictures_are_taken_of_every_page_in_both_themes_and_at_both_sizes() -> Result<()> {
    let app = TestApp::start().await?;
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        let chromium = app.chromium(PHONE).await?;
        everywhere()[0].show(&chromium).await?;
        assert!(picture(&chromium).await?.starts_with(b"\x89PNG"));
        chromium.quit().await?;
        return app.end().await;
    };
    std::fs::create_dir_all(&folder)?;
    take(&app, Who::Owner, &folder, "empty", &everywhere()).await?;
    let seen = full(&app).await?;
    take(&app, Who::Owner, &folder, "full", &seen).await?;
    take(&app, Who::Owner, &folder, "refused", &refusals()).await?;
    take(&app, Who::Nobody, &folder, "outside", &outside(&app).await?).await?;
    take(&app, Who::Viewer, &folder, "viewer", &seen).await?;
    take(&app, Who::OnFree, &folder, "free", &everywhere()).await?;
    app.end().await
}

async fn take(app: &TestApp, who: Who, folder: &Path, state: &str, views: &[View]) -> Result<()> {
    let chromium = browser_of(app, who, DESK).await?;
    for view in views {
        chromium.show_theme("light").await?;
        view.show(&chromium).await?;
        for (size, width) in [(DESK, "1280"), (PHONE, "360")] {
            chromium.resize(size).await?;
            for theme in ["light", "dark"] {
                chromium.show_theme(theme).await?;
                let file = format!("{state}-{}-{width}-{theme}.png", view.name);
                std::fs::write(folder.join(file), picture(&chromium).await?)?;
            }
        }
        chromium.resize(DESK).await?;
    }
    chromium.page.clone().quit().await?;
    Ok(())
}

/// The whole page, also what lies below what a person sees.
async fn picture(chromium: &Chromium) -> Result<Vec<u8>> {
    let asked = json!({"format": "png", "captureBeyondViewport": true});
    let taken = chromium.page.cdp().send_raw("Page.captureScreenshot", asked).await?;
    Ok(BASE64_STANDARD.decode(taken["data"].as_str().unwrap_or_default())?)
}
