use serde_json::json;

use super::streams::{CONNECT, Log, between};
use super::*;
use crate::speech;

#[tokio::test]
async fn gaps_bursts_and_silence_suppression_look_like_a_bad_line() {
    let office = Office::open(CONNECT).await;
    let log = Log::default();
    let kept = Arc::clone(&log);
    office.takes("/stream", move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            while let Some(message) = stream.wait("media").await {
                kept.lock().unwrap().push(message);
            }
        }
    });
    let network = network().await;
    let steps = vec![
        Step::Dtx(true),
        Step::wait_for_stream(),
        Step::Noise(200),
        Step::DropMedia(400),
        Step::Wait(300),
        Step::Burst(200),
        Step::Noise(300),
        Step::HangUp,
    ];
    let report = call(&network, &office, steps).await;
    eventually("all frames came", || log.lock().unwrap().len() as u64 == report.frames_sent).await;
    let times: Vec<u64> = log
        .lock()
        .unwrap()
        .iter()
        .map(|message| message["media"]["timestamp"].as_str().unwrap().parse().unwrap())
        .collect();
    let jumps: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|jump| *jump > 20).collect();
    assert_eq!(jumps, [720], "{times:?}");
    assert_eq!(times.len(), 25);
}

#[tokio::test]
async fn messages_twilio_would_not_take_are_violations() {
    let office = Office::open(CONNECT).await;
    office.takes("/stream", |mut stream| async move {
        stream.send(json!({ "event": "clear", "streamSid": "MZ" })).await;
        stream.wait("start").await;
        let sid = stream.sid.clone();
        for message in [
            json!({ "event": "stop", "streamSid": sid }),
            json!({ "event": "clear", "streamSid": "MZ0" }),
            json!({ "event": "media", "streamSid": sid, "media": { "payload": "UklGRiQ=" } }),
        ] {
            stream.send(message).await;
        }
        let _ = stream.socket.send(axum::extract::ws::Message::binary(vec![1, 2])).await;
        let close = axum::extract::ws::CloseFrame { code: 1_008, reason: "no token".into() };
        let _ = stream.socket.send(axum::extract::ws::Message::Close(Some(close))).await;
        stream.wait("never").await;
    });
    let network = network().await;
    let settings = Dial { stream_start_delay: Duration::from_secs(1), ..dial(&office, vec![]) };
    let report = network.dial(settings).finish().await;
    let found: Vec<(u32, &str)> =
        report.violations.iter().map(|violation| (violation.code, violation.what.as_str())).collect();
    assert_eq!(
        found,
        [
            (31_951, "a message before `start`"),
            (31_951, "unknown event `stop`"),
            (31_951, "wrong streamSid `MZ0`"),
            (31_951, "payload has a WAV header; raw µ-law is wanted"),
            (31_924, "a binary message; only text is taken"),
        ]
    );
    assert_eq!((report.streams[0].code, report.streams[0].reason.as_str()), (Some(1_008), "no token"));
    assert_eq!(network.violations(), report.violations);
}

#[tokio::test]
async fn a_stream_that_cannot_open_or_breaks_leads_to_the_next_verb() {
    let twiml = "<Connect><Stream url='WS/stream?token=1'/></Connect>\
                 <Connect><Stream url='WS/nowhere'/></Connect>\
                 <Connect><Stream url='ws://127.0.0.1:9/'/></Connect>\
                 <Connect><Stream url='WS/stream' statusCallback='BASE/streams'/></Connect>\
                 <Say>Still here.</Say>";
    let office = Office::open(twiml).await;
    office.takes("/stream", |mut stream| async move {
        stream.wait("start").await;
        stream.play(&speech::tone(400.0, 2_000)).await;
        stream.mark("never").await;
        stream.wait("stop").await;
    });
    let network = network().await;
    let report =
        call(&network, &office, vec![Step::wait_agent_speaking(200), Step::CloseSocketAbruptly]).await;
    assert_eq!(report.words_heard(), ["Still here."]);
    let codes = |code: u32| report.alerts.iter().filter(|alert| alert.code == code).count();
    assert_eq!((report.violations[0].code, codes(31_920), codes(31_901)), (31_920, 1, 1));
    assert_eq!((report.streams.len(), report.streams[0].by), (1, ClosedBy::Script));
    between(report.streams[0].dropped_ms, 1_000, 1_900);
    assert_eq!(report.marks[0].outcome, MarkOutcome::Lost);
    let events: Vec<String> =
        office.seen("/streams").iter().map(|seen| seen.param("StreamEvent").unwrap().to_owned()).collect();
    assert_eq!(events, ["stream-started", "stream-stopped"]);
}

#[tokio::test]
async fn raw_messages_reach_the_server_and_the_signature_can_be_left_out() {
    let office = Office::open(CONNECT).await;
    let log = Log::default();
    let kept = Arc::clone(&log);
    office.takes("/stream", move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            let message = stream.wait("strange").await.unwrap();
            kept.lock().unwrap().push(message);
        }
    });
    let network = network().await;
    let raw = json!({ "event": "strange" });
    let settings = Dial {
        stream_signature: false,
        ..dial(
            &office,
            vec![
                Step::wait_for_stream(),
                Step::SendRaw(raw.to_string()),
                Step::SendBinary(vec![0]),
                Step::HangUp,
            ],
        )
    };
    network.dial(settings).finish().await;
    eventually("the message came", || *log.lock().unwrap() == [raw.clone()]).await;
    assert!(!office.seen("/stream")[0].is_signed);
}
