//! Who may stream: tokens, signatures, and what happens at the door.

use std::time::{Duration, Instant};
use studioconnect_acceptance::{RawStream, TestApp};
use studioconnect_domain::call::EndReason;
use studioconnect_simulators::phone::{ClosedBy, Dial, Step};
use studioconnect_simulators::realtime::SessionReport;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error as WsError;

const SID: &str = "CA0000000000000000000000000000d001";
const OTHER_SID: &str = "CA0000000000000000000000000000d002";
/// Frames that are no proper message of a media stream before `start`.
const NONSENSE: [&str; 5] = [
    "",
    "{",
    "null",
    r#"{"event":"mark","mark":{"name":"x"}}"#,
    r#"{"event":"media","streamSid":"MZ1","media":{"payload":"////"}}"#,
];

/// Asserts that the stream is turned away, that nothing was said on it, and that the model heard nothing from us.
async fn assert_turned_away(app: &TestApp, mut stream: RawStream) -> anyhow::Result<()> {
    assert_eq!(stream.closed().await?, (Some(1008), Vec::new()));
    let told = |session: &SessionReport| !session.events.is_empty() || session.appended_ms > 0;
    assert!(!app.stage.realtime.sessions().iter().any(told), "the model was told something");
    Ok(())
}

/// Row 47. Regression 15. That a token expires after 60 s is tested where the clock can be set: in `voice::admission`.
#[tokio::test]
async fn a_stream_without_its_own_token_is_closed_with_1008_before_anything_is_spent() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    for made_up in [None, Some(""), Some("0"), Some("f".repeat(64).as_str()), Some("' OR 1=1 --")] {
        let mut stream = app.open_stream().await?;
        stream.start(SID, made_up).await?;
        assert_turned_away(&app, stream).await?;
    }
    let token = app.ring(SID).await?;
    let mut foreign = app.open_stream().await?;
    foreign.start(OTHER_SID, Some(&token)).await?;
    assert_turned_away(&app, foreign).await?;
    // Shown for the wrong call, the token is used up.
    let mut late = app.open_stream().await?;
    late.start(SID, Some(&token)).await?;
    assert_turned_away(&app, late).await?;

    let phone = app.stage.server.state.phone.clone().unwrap();
    assert_eq!((phone.switchboard.door().admitted, phone.switchboard.door().refused), (0, 7));
    assert_eq!(phone.switchboard.count(), (0, 0));
    // The socket parked for the call that was rung closes by itself, never spoken on.
    let is_parked = async || Ok(app.stage.realtime.sessions().len() == 1);
    app.until("a socket is parked for the call", is_parked).await?;
    app.empty().await?;
    assert!(app.stage.realtime.sessions()[0].events.is_empty());
    app.end().await
}

/// Row 47. Regression 15.
#[tokio::test]
async fn a_token_opens_one_stream_and_a_second_one_does_not_disturb_it() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let token = app.ring(SID).await?;
    let mut first = app.open_stream().await?;
    first.start(SID, Some(&token)).await?;
    first.wait_for("media").await?;

    let mut second = app.open_stream().await?;
    second.start(SID, Some(&token)).await?;
    assert_eq!(second.closed().await?, (Some(1008), Vec::new()));

    first.wait_for("media").await?;
    assert_eq!(app.stage.server.state.phone.clone().unwrap().switchboard.count(), (1, 0));
    assert_eq!(app.stage.realtime.sessions().len(), 1);
    first.stop(SID).await?;
    app.end().await
}

/// Row 113. The newest webhook of a call counts: a stream with the older token is not the call's.
#[tokio::test]
async fn a_repeated_webhook_makes_the_older_token_worthless() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let (older, newer) = (app.ring(SID).await?, app.ring(SID).await?);
    assert_ne!(older, newer);
    let mut stream = app.open_stream().await?;
    stream.start(SID, Some(&older)).await?;
    assert_eq!(stream.closed().await?.0, Some(1008));
    let mut stream = app.open_stream().await?;
    stream.start(SID, Some(&newer)).await?;
    stream.wait_for("media").await?;
    stream.stop(SID).await?;
    app.empty().await?;
    app.end().await
}

/// Row 47.
#[tokio::test]
async fn an_upgrade_with_a_wrong_signature_is_refused() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let others = studioconnect_simulators::phone::sign_url("another account's token", &app.stream_url());
    let https = app.stream_url().replacen("ws", "https", 1);
    let of_https = studioconnect_simulators::phone::sign_url(studioconnect_app::stage::TOKEN, &https);
    for wrong in ["", "AAAA", others.as_str(), of_https.as_str()] {
        let Err(WsError::Http(refusal)) = app.open_stream_signed(Some(wrong)).await? else {
            panic!("the signature {wrong:?} was accepted");
        };
        assert_eq!(refusal.status(), 403);
    }
    app.end().await
}

/// Row 47. Twilio does not say that it always signs the upgrade: the token decides.
#[tokio::test]
async fn an_upgrade_without_a_signature_is_accepted_and_counted() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let dial = app.dial(vec![Step::wait_for_agent(300), Step::HangUp])?;
    let ended = app.make(Dial { stream_signature: false, speed: 3.0, ..dial }).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!(ended.call.end_reason, Some(EndReason::CallerHungUp));
    let phone = app.stage.server.state.phone.as_ref().unwrap();
    assert_eq!(phone.unsigned_streams.load(std::sync::atomic::Ordering::Relaxed), 1);
    app.end().await
}

/// Row 47.
#[tokio::test]
async fn the_streams_address_takes_websockets_only() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    for method in ["GET", "POST", "PUT"] {
        let answer = app.request(method, "/api/voice/stream").await?;
        assert_eq!((answer.status, answer.problem().as_deref()), (400, Some("bad_request")), "{method}");
    }
    app.end().await
}

/// Rows 30, 47.
#[tokio::test]
async fn nonsense_at_the_door_is_counted_and_the_stream_may_still_start() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let token = app.ring(SID).await?;
    let mut stream = app.open_stream().await?;
    for text in NONSENSE {
        stream.send(text).await?;
    }
    stream.send_bytes(vec![0; 1_000]).await?;
    stream.send(r#"{"event":"something-new","x":[1,2,3]}"#).await?;
    stream.start(SID, Some(&token)).await?;
    stream.wait_for("media").await?;
    let health = app.read_json("/health").await?;
    // The call reads again what the door has read, so that none of it is lost; all of it counts once.
    assert_eq!(health["webSocket"]["faultyFrames"], NONSENSE.len() + 1, "{health}");
    stream.stop(SID).await?;
    app.end().await
}

/// Row 47. Nobody may talk at the door for ever.
#[tokio::test]
async fn a_peer_that_only_chatters_is_turned_away() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let mut stream = app.open_stream().await?;
    for _ in 0..50 {
        stream.send(r#"{"event":"connected"}"#).await?;
    }
    assert_turned_away(&app, stream).await?;
    app.end().await
}

/// Contract: a WebSocket frame of 64 KB is the most that is read; more gets close 1009.
#[tokio::test]
async fn a_frame_over_64_kb_at_the_door_gets_1009() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let mut stream = app.open_stream().await?;
    stream.send(&"x".repeat(64 * 1024 + 1)).await?;
    assert_eq!(stream.closed().await?, (Some(1009), Vec::new()));
    let mut stream = app.open_stream().await?;
    stream.send_bytes(vec![0; 200 * 1024]).await?;
    assert_eq!(stream.closed().await?, (Some(1009), Vec::new()));
    app.end().await
}

/// Row 47. Regression 15.
#[tokio::test]
async fn a_stream_that_never_starts_is_closed_after_five_seconds() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let token = app.ring(SID).await?;
    let began = Instant::now();
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(app.open_stream().await?);
    }
    streams[1].send(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#).await?;
    streams[2].send("{").await?;
    for stream in streams {
        assert_turned_away(&app, stream).await?;
    }
    let took = began.elapsed();
    assert!((Duration::from_millis(4_500)..Duration::from_secs(8)).contains(&took), "{took:?}");
    // The call they did not start is not spoilt.
    let mut stream = app.open_stream().await?;
    stream.start(SID, Some(&token)).await?;
    stream.wait_for("media").await?;
    stream.stop(SID).await?;
    app.end().await
}

/// Idle streams of strangers, who cannot sign, and connections that say nothing at all.
async fn idle(app: &TestApp, streams: usize) -> anyhow::Result<(Vec<RawStream>, Vec<TcpStream>)> {
    let (mut idle, mut mute) = (Vec::new(), Vec::new());
    for _ in 0..streams {
        // Refused or not: they must not be in the way.
        idle.extend(app.open_stream_signed(None).await?);
        mute.push(TcpStream::connect(app.stage.server.address).await?);
    }
    Ok((idle, mute))
}

async fn assert_a_call_works(app: &TestApp) -> anyhow::Result<()> {
    let steps = [Step::wait_for_agent(300), Step::wait_quiet(400), Step::HangUp];
    let ended = app.fast_call(4.0, steps).await?;
    assert_eq!(ended.report.words_heard(), Vec::<&str>::new(), "the caller heard the fallback");
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert!(ended.call.analytics.greeting_ms.is_some_and(|ms| ms <= 2_000), "{:?}", ended.call.analytics);
    assert_eq!(ended.report.streams[0].by, ClosedBy::Network);
    Ok(())
}

/// Rows 47, 62. Regression 15: idle sockets cost nobody a place.
#[tokio::test]
async fn a_hundred_idle_connections_do_not_stop_a_call() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let strangers = idle(&app, 100).await?;
    assert_a_call_works(&app).await?;
    drop(strangers);
    app.end().await
}

/// Rows 47, 62. Regression 15: strangers, who cannot sign, must not fill the door before those who can.
#[tokio::test]
async fn a_flood_of_strangers_at_the_door_does_not_keep_out_the_network() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let strangers = idle(&app, 300).await?;
    assert_a_call_works(&app).await?;
    drop(strangers);
    app.end().await
}
