//! Streams: words as they are found, taken up again where they broke off.

use super::script::Script;
use anyhow::{Context as _, Result};
use std::sync::Arc;
use std::time::Duration;
use studioconnect_acceptance::{Heard, TestApp};
use studioconnect_domain::conversation::Flow;
use studioconnect_web::chat::{By, Piece, Thought};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

fn words(heard: &[Heard]) -> String {
    heard
        .iter()
        .filter(|event| event.kind == "delta")
        .filter_map(|event| event.data["text"].as_str())
        .collect()
}

/// Row 11.
#[tokio::test]
async fn an_answer_streams_word_by_word_to_its_page_and_to_another() -> Result<()> {
    let app = TestApp::start().await?;
    let script = Script::gated(&app);
    let visitor = app.visitor().await?;
    let mut other_tab = visitor.listen(None).await?;
    let mut stream = visitor.say_streaming("m1", "Hello").await?;
    script.allow(1);
    assert_eq!(stream.next().await?.context("nothing")?.kind, "accepted");
    assert_eq!(
        stream.next().await?.context("nothing")?.data["text"],
        "You ",
        "before the answer is complete"
    );
    script.let_go();
    let rest = stream.rest().await?;
    assert_eq!(
        (words(&rest).as_str(), rest.last().map(|last| last.kind.as_str())),
        ("said: Hello", Some("done"))
    );
    assert!(rest.iter().all(|event| !event.id.is_empty()));
    let said = other_tab.until("message").await?;
    assert_eq!((said.data["role"].as_str(), said.data["text"].as_str()), (Some("VISITOR"), Some("Hello")));
    let mut heard = Vec::new();
    while heard.last().is_none_or(|last: &Heard| last.kind != "done") {
        heard.push(other_tab.next().await?.context("it ended")?);
    }
    assert_eq!(words(&heard), "You said: Hello");
    assert_eq!(heard.last(), rest.last(), "both pages are told the same");
    app.end().await
}

/// Row 11.
#[tokio::test]
async fn a_stream_that_broke_off_in_the_middle_goes_on_behind_the_last_word() -> Result<()> {
    let app = TestApp::start().await?;
    let script = Script::gated(&app);
    let visitor = app.visitor().await?;
    let mut stream = visitor.say_streaming("m1", "one two three").await?;
    script.allow(2);
    stream.until("delta").await?;
    let last = stream.until("delta").await?;
    drop(stream);
    script.allow(1);
    script.said(3).await;
    let mut again = visitor.listen(Some(&last.id)).await?;
    assert_eq!(again.next().await?.context("nothing")?.data["text"], "one ", "what was said meanwhile");
    script.let_go();
    let mut heard = Vec::new();
    while heard.last().is_none_or(|last: &Heard| last.kind != "done") {
        heard.push(again.next().await?.context("it ended")?);
    }
    assert_eq!(words(&heard), "two three");
    // From before the message: nothing is told twice, nothing is left out.
    let begin = visitor.begun["lastEventId"].as_str().context("no id")?;
    let mut whole = visitor.listen(Some(begin)).await?;
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|last| last != "done") {
        kinds.push(whole.next().await?.context("it ended")?.kind);
    }
    assert_eq!(kinds, ["message", "delta", "delta", "delta", "delta", "delta", "done"]);
    app.end().await
}

/// Row 11.
#[tokio::test]
async fn a_server_that_was_restarted_in_the_middle_gives_the_whole_answer() -> Result<()> {
    let app = TestApp::start().await?;
    let script = Script::gated(&app);
    let visitor = app.visitor().await?;
    let first = visitor.listen(None).await?;
    let mut stream = visitor.say_streaming("m1", "one two").await?;
    script.allow(2);
    stream.until("delta").await?;
    let last = stream.until("delta").await?;
    let app = app.restart().await?;
    assert!(!stream.rest().await?.iter().any(|event| event.kind == "done"));
    drop(first);
    // Nobody repeats the message: whoever listens again is reason enough to answer it.
    let script = Script::free(&app);
    let mut again = visitor.listen(Some(&last.id)).await?;
    assert_eq!(again.next().await?.context("nothing")?.kind, "reset", "half an answer is void");
    let done = again.until("done").await?;
    assert_eq!(done.data["reply"], "You said: one two");
    assert_eq!(script.turns(), 1);
    assert_eq!(visitor.lines().await?[1..], ["VISITOR one two", "AGENT You said: one two"]);
    let app = app.restart().await?;
    Script::free(&app);
    // Long after: from the stored messages, and none twice.
    let begin = visitor.begun["lastEventId"].as_str().context("no id")?;
    let mut later = visitor.listen(Some(begin)).await?;
    let told = [later.until("message").await?, later.until("message").await?];
    assert_eq!(told[1].data["text"], "You said: one two");
    let mut from_there = visitor.listen(Some(&done.id)).await?;
    visitor.say("m2", "next").await?;
    assert_eq!(from_there.next().await?.context("nothing")?.data["text"], "next");
    app.end().await
}

#[tokio::test]
async fn a_stream_on_which_nothing_happens_shows_signs_of_life() -> Result<()> {
    let app = TestApp::start().await?;
    let script = Script::gated(&app);
    app.stage.server.state.chat.beat_every(Duration::from_millis(20));
    let visitor = app.visitor().await?;
    let mut events = visitor.listen(None).await?;
    let mut answer = visitor.say_streaming("m1", "Hello").await?;
    while events.beats < 2 || answer.beats < 2 {
        assert!(events.read_on().await? && answer.read_on().await?);
    }
    script.let_go();
    answer.until("done").await?;
    app.end().await
}

/// Everything a stranger can hold open has an end.
#[tokio::test]
async fn a_conversation_has_places_for_four_streams_and_they_come_back() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let visitor = app.visitor().await?;
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(visitor.listen(None).await?);
    }
    assert_eq!(visitor.try_to_listen().await?, 429);
    assert_eq!(
        visitor.say("m1", "Hello").await?["reply"],
        "You said: Hello",
        "without a stream there is always a place"
    );
    drop(open);
    while visitor.try_to_listen().await? != 200 {
        tokio::task::yield_now().await;
    }
    app.end().await
}

/// A reader who takes nothing costs no more than its place: the log moves on, and it is let go when it reads again.
#[tokio::test]
async fn a_reader_that_is_too_slow_is_let_go_and_loses_nothing() -> Result<()> {
    let app = TestApp::start().await?;
    Script::free(&app);
    let visitor = app.visitor().await?;
    let address = app.stage.server.address;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4_096)?;
    let mut slow = socket.connect(address).await?;
    let request = format!(
        "GET /api/chat/{}/events HTTP/1.1\r\nHost: {address}\r\nOrigin: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        visitor.id, visitor.origin, visitor.token
    );
    slow.write_all(request.as_bytes()).await?;
    let mut first = [0; 512];
    assert!(slow.read(&mut first).await? > 0);
    // More than log, sockets and buffers hold together, told while nobody reads.
    app.stage.server.state.chat.answer_with(Arc::new(move |mut asked| {
        Box::pin(async move {
            for _ in 0..12_000 {
                (asked.pieces)(Piece::Delta("many words ".repeat(50)));
                tokio::task::yield_now().await;
            }
            Thought {
                text: "In short: yes.".into(),
                flow: Flow::default(),
                quick_replies: Vec::new(),
                sources: Vec::new(),
                lead: None,
                by: By::Rules,
                intent: None,
                state: None,
                recorded: None,
            }
        })
    }));
    assert_eq!(visitor.say("m1", "Is it so?").await?["reply"], "In short: yes.");
    let mut read = Vec::new();
    // The end of the chunked body, or of the connection: it was let go.
    while !read.ends_with(b"0\r\n\r\n") {
        let mut piece = vec![0; 65_536];
        let count = tokio::time::timeout(Duration::from_secs(20), slow.read(&mut piece)).await??;
        if count == 0 {
            break;
        }
        read.extend_from_slice(&piece[..count]);
    }
    assert!(!String::from_utf8_lossy(&read).contains("event: done"), "it was let go before the end");
    let begin = visitor.begun["lastEventId"].as_str().context("no id")?;
    let mut again = visitor.listen(Some(begin)).await?;
    let told = [again.until("message").await?, again.until("message").await?];
    assert_eq!(told[1].data["text"], "In short: yes.");
    app.end().await
}
