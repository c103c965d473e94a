//! Pictures of the chat, for people to look at: `STUDIOCONNECT_PICTURES=FOLDER`, as for pages.

use super::scene::Scene;
use anyhow::Result;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;
use std::path::PathBuf;
use studioconnect_acceptance::{DESK, PHONE, Size};

async fn take(scene: &Scene, folder: Option<&PathBuf>, name: &str) -> Result<()> {
    for theme in ["light", "dark"] {
        scene.browser.show_theme(theme).await?;
        let taken =
            scene.browser.page.cdp().send_raw("Page.captureScreenshot", json!({"format": "png"})).await?;
        let picture = BASE64_STANDARD.decode(taken["data"].as_str().unwrap_or_default())?;
        assert!(picture.starts_with(b"\x89PNG"));
        if let Some(folder) = folder {
            std::fs::write(folder.join(format!("{name}-{theme}.png")), picture)?;
        }
    }
    Ok(())
}

async fn walk(size: Size, name: &str, folder: Option<&PathBuf>) -> Result<()> {
    let settings = json!({"consent": {"required": true, "text": "We keep what you write for 90 days, so that we can answer you.", "privacyUrl": "https://example.com/privacy"}});
    let scene = Scene::open_with(size, settings).await?;
    take(&scene, folder, &format!("chat-{name}-closed")).await?;
    scene.open_chat().await?;
    take(&scene, folder, &format!("chat-{name}-consent")).await?;
    scene.server.begin_with("We are closed now and read this at 8 in the morning.");
    scene.choose("Agree and start").await?;
    scene.until_shown("We are closed now").await?;
    take(&scene, folder, &format!("chat-{name}-open")).await?;
    scene.write("Are you open on Saturday?").await?;
    scene.until_shown("ring the bell").await?;
    scene.until_settled().await?;
    take(&scene, folder, &format!("chat-{name}-answer")).await?;
    scene.write("Then please call me back").await?;
    scene.until_shown("Question 1 of 2").await?;
    scene.until_settled().await?;
    take(&scene, folder, &format!("chat-{name}-question")).await?;
    scene.write("dana@example.com").await?;
    scene.until_shown("Question 2 of 2").await?;
    scene.until_settled().await?;
    take(&scene, folder, &format!("chat-{name}-choice")).await?;
    scene.server.take_over("Ana");
    scene.server.say_as_human("Hello, I am Ana. I can be there at nine.");
    scene.until_shown("at nine").await?;
    take(&scene, folder, &format!("chat-{name}-human")).await?;
    scene.be_offline(true).await?;
    scene.write("Good, see you then").await?;
    scene.until_shown("You are offline; it will be sent").await?;
    take(&scene, folder, &format!("chat-{name}-offline")).await?;
    scene.be_offline(false).await?;
    scene.until_settled().await?;
    scene.end_after_storms().await
}

#[tokio::test]
async fn pictures_are_taken_of_the_chat_in_both_themes_and_at_both_sizes() -> Result<()> {
    let folder = std::env::var_os("STUDIOCONNECT_PICTURES").map(PathBuf::from);
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder)?;
    }
    Box::pin(walk(DESK, "desk", folder.as_ref())).await?;
    Box::pin(walk(PHONE, "phone", folder.as_ref())).await
}
