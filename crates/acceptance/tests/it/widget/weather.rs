//! Lines break, servers start anew, people write too fast: nothing is lost, nothing is doubled.

use super::scene::Scene;
use super::scripted::Fault;
use anyhow::Result;
use serde_json::json;
use studioconnect_acceptance::DESK;

const ASKED: &str = "Are you open on Saturday?";

/// Messages that the server heard, and turns that were begun for them.
fn assert_heard(scene: &Scene, wanted: &[&str]) {
    assert_eq!(scene.server.heard(), wanted);
}

async fn assert_one_answer(scene: &Scene) -> Result<()> {
    scene.until_shown("ring the bell").await?;
    scene.until_settled().await?;
    let said = scene.said().await?;
    let count = |start: &str| said.iter().filter(|row| row.starts_with(start)).count();
    assert_eq!((count("visitor"), count("agent")), (1, 2), "{said:?}");
    Ok(())
}

/// Row 11: resumes from the last event's id.
#[tokio::test]
async fn an_answer_whose_line_breaks_goes_on_where_it_was() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.next(Fault::DropAfter(3));
    scene.server.pause_at(Some(3));
    scene.open_chat().await?;
    scene.write(ASKED).await?;
    scene.until_shown("Yes. On Saturday").await?;
    scene.server.pause_at(Some(6));
    // The rest comes on another line, piece by piece.
    scene.until_shown("Yes. On Saturday we are open").await?;
    scene.server.pause_at(None);
    assert_one_answer(&scene).await?;
    assert_heard(&scene, &[ASKED]);
    let posts = scene.server.seen().iter().filter(|line| line.ends_with("/message")).count();
    assert_eq!(posts, 1, "the message was sent once");
    scene.end_after_storms().await
}

/// Row 11.
#[tokio::test]
async fn a_page_that_is_loaded_anew_in_mid_answer_shows_all_of_it() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.pause_at(Some(4));
    scene.open_chat().await?;
    scene.write(ASKED).await?;
    scene.until_shown("Yes. On Saturday").await?;
    scene.load().await?;
    scene.until_shown(ASKED).await?;
    scene.server.pause_at(None);
    assert_one_answer(&scene).await?;
    assert_heard(&scene, &[ASKED]);
    // A second time, with everything said.
    scene.load().await?;
    assert_one_answer(&scene).await?;
    scene.until("the source is there again", "root.querySelector('.sources a')").await?;
    scene.end_after_storms().await
}

/// Row 11.
#[tokio::test]
async fn a_server_that_is_started_anew_in_mid_answer_loses_and_doubles_nothing() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.pause_at(Some(4));
    scene.open_chat().await?;
    scene.write(ASKED).await?;
    scene.until_shown("Yes. On Saturday").await?;
    scene.line.cut();
    scene.write("And on Sunday?").await?;
    scene.until_shown("Connecting again…").await?;
    scene.server.pause_at(None);
    scene.line.mend().await?;
    scene.until_shown("I do not know that.").await?;
    scene.until_settled().await?;
    assert_heard(&scene, &[ASKED, "And on Sunday?"]);
    let said = scene.said().await?;
    assert_eq!(said.len(), 5, "{said:?}");
    scene.end_after_storms().await
}

/// Row 11.
#[tokio::test]
async fn what_is_written_offline_is_sent_once_when_the_network_is_back_even_after_a_reload() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.open_chat().await?;
    scene.until("the conversation is there", "root.querySelector('.offers button')").await?;
    scene.be_offline(true).await?;
    scene.write(ASKED).await?;
    scene.until_shown("You are offline; it will be sent").await?;
    assert_eq!(scene.server.heard(), Vec::<String>::new());
    scene.be_offline(false).await?;
    assert_one_answer(&scene).await?;
    assert_heard(&scene, &[ASKED]);
    // The same across a page that is left before the network is back.
    scene.line.cut();
    scene.write("And on Sunday?").await?;
    scene.until("it is kept", "Object.keys(localStorage).some((name) => name.includes('unsent'))").await?;
    scene.line.mend().await?;
    scene.load().await?;
    scene.until_shown("I do not know that.").await?;
    scene.until_settled().await?;
    assert_heard(&scene, &[ASKED, "And on Sunday?"]);
    scene.end_after_storms().await
}

#[tokio::test]
async fn who_writes_too_fast_is_told_to_wait_and_it_is_sent_then() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.next(Fault::TooMany(2));
    scene.open_chat().await?;
    scene.write(ASKED).await?;
    scene.until_shown("A little slower").await?;
    assert_one_answer(&scene).await?;
    assert_heard(&scene, &[ASKED]);
    scene.end_after_storms().await
}

#[tokio::test]
async fn a_session_that_is_over_is_replaced_without_a_word() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.open_chat().await?;
    scene.write(ASKED).await?;
    assert_one_answer(&scene).await?;
    scene.server.forget_everybody();
    scene.write("And on Sunday?").await?;
    scene.until_shown("I do not know that.").await?;
    scene.until_settled().await?;
    assert_heard(&scene, &["And on Sunday?"]);
    let said = scene.said().await?;
    assert_eq!(said.len(), 5, "what was said before stays in sight: {said:?}");
    scene.end_after_storms().await
}

#[tokio::test]
async fn what_the_server_will_never_take_is_said_and_the_next_message_goes_out() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.next(Fault::Refuse(413));
    scene.open_chat().await?;
    scene.write("A very long story").await?;
    scene.until_shown("This was too long and was not sent").await?;
    scene.write(ASKED).await?;
    scene.until_shown("ring the bell").await?;
    assert_heard(&scene, &[ASKED]);
    scene.end_after_storms().await
}

/// Two tabs of one visitor are one conversation.
#[tokio::test]
async fn what_is_said_in_one_tab_is_seen_in_the_other() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.open_chat().await?;
    scene.write(ASKED).await?;
    assert_one_answer(&scene).await?;
    let first = scene.browser.page.window().await?;
    let second = scene.browser.page.new_window().await?;
    scene.browser.page.switch_to_window(second).await?;
    scene.load().await?;
    assert_one_answer(&scene).await?;
    scene.write("And on Sunday?").await?;
    scene.until_shown("I do not know that.").await?;
    scene.browser.page.switch_to_window(first).await?;
    scene.until_shown("And on Sunday?").await?;
    scene.until_shown("I do not know that.").await?;
    let said = scene.said().await?;
    assert_eq!(said.len(), 5, "{said:?}");
    let begun = scene.server.seen().iter().filter(|line| *line == "POST /api/chat").count();
    assert_eq!(begun, 1);
    assert_eq!(scene.look("root.querySelectorAll('.dots').length").await?, json!(0));
    scene.end_after_storms().await
}

/// The answer that came in the meantime is not shown a second time when the message had to be sent again.
#[tokio::test]
async fn a_message_that_is_sent_again_is_answered_once() -> Result<()> {
    let scene = Scene::open(DESK).await?;
    scene.server.next(Fault::DropAfter(2));
    scene.server.pause_at(Some(2));
    scene.open_chat().await?;
    scene.write(ASKED).await?;
    scene.until_shown("Yes. On").await?;
    scene.server.pause_at(Some(3));
    // Nothing more comes on the other line either, until the visitor's side loses its patience.
    let mut posts = 0;
    while posts < 2 {
        posts = scene.server.seen().iter().filter(|line| line.ends_with("/message")).count();
        tokio::task::yield_now().await;
        scene.look("1").await?;
    }
    scene.server.pause_at(None);
    assert_one_answer(&scene).await?;
    assert_heard(&scene, &[ASKED]);
    scene.end_after_storms().await
}
