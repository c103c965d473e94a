use std::sync::Mutex;

use serde_json::{Value, json};

use super::office::sound_of;
use super::*;
use crate::speech;

pub(super) const CONNECT: &str = "<Connect><Stream url='WS/stream'><Parameter name='token' value='t1'/></Stream></Connect>\
                       <Say>You are through to nobody.</Say>";

/// What a stream's server received.
pub(super) type Log = Arc<Mutex<Vec<Value>>>;

pub(super) fn between(value: u64, low: u64, high: u64) {
    assert!((low..=high).contains(&value), "{value} is not within {low}..={high}");
}

#[tokio::test]
async fn marks_come_back_when_their_sound_has_been_heard() {
    let office = Office::open(CONNECT).await;
    let log = Log::default();
    let kept = Arc::clone(&log);
    office.takes("/stream", move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            for _ in 0..2 {
                let message = stream.next().await.unwrap();
                kept.lock().unwrap().push(message);
            }
            for (name, hz) in [("one", 400.0), ("two", 500.0)] {
                stream.play(&speech::tone(hz, 400)).await;
                stream.mark(name).await;
            }
            for _ in 0..2 {
                let message = stream.wait("mark").await.unwrap();
                kept.lock().unwrap().push(message);
            }
        }
    });
    let network = network().await;
    let report = call(&network, &office, vec![]).await;

    assert_eq!(network.violations(), []);
    let log = log.lock().unwrap().clone();
    assert_eq!(log[0], json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" }));
    let start = &log[1]["start"];
    assert_eq!(log[1]["sequenceNumber"], "1");
    assert_eq!((&start["callSid"], &start["accountSid"]), (&json!(report.call_sid), &json!(ACCOUNT)));
    assert_eq!(start["customParameters"], json!({ "token": "t1" }));
    assert_eq!(start["tracks"], json!(["inbound"]));
    assert_eq!(
        start["mediaFormat"],
        json!({ "encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1 })
    );
    assert_eq!(report.stream_sid(), start["streamSid"].as_str());

    let begin = report.heard_spans[0].start_ms();
    let echoes: Vec<u64> = report.marks.iter().map(|mark| mark.echoed_at_ms.unwrap() - begin).collect();
    between(echoes[0], 400, 420);
    between(echoes[1], 800, 820);
    assert!(report.marks.iter().all(|mark| mark.outcome == MarkOutcome::Played));
    let heard = [speech::tone(400.0, 400), speech::tone(500.0, 400)].concat();
    let span = report.heard_spans[0];
    assert_eq!(span.bytes(), heard.len() as u64);
    assert_eq!(report.heard[span.start as usize..span.end as usize], heard);
    assert_eq!((report.frames_received, report.bytes_received), (2, 6_400));
    assert_eq!(report.payload_hashes.len(), 2);
    assert_eq!((report.longest_gap_within_speech(), report.clicks()), (0, vec![]));

    assert_eq!(report.streams[0].by, ClosedBy::Server);
    assert_eq!(report.words_heard(), ["You are through to nobody."]);
    assert_eq!((report.end, report.status.as_str()), (EndReason::TwimlEnded, "completed"));
    let upgrade = &office.seen("/stream")[0];
    assert_eq!((upgrade.is_signed, upgrade.agent.as_str()), (true, "Twilio.TmeWs/1.0"));
}

#[tokio::test]
async fn clear_drops_the_rest_and_says_how_much_was_heard() {
    let office = Office::open(CONNECT).await;
    office.takes("/stream", |mut stream| async move {
        stream.wait("start").await;
        stream.play(&speech::tone(400.0, 3_000)).await;
        stream.mark("end").await;
        loop {
            let message = stream.wait("media").await.unwrap();
            if sound_of(&message).iter().any(|&code| ear::is_loud(code)) {
                break;
            }
        }
        stream.clear().await;
        stream.wait("mark").await;
        // The connection stays open until the caller hangs up.
        stream.wait("stop").await;
    });
    let network = network().await;
    let mut settings = dial(
        &office,
        vec![Step::wait_agent_speaking(600), Step::say("Stop, please."), Step::Wait(500), Step::HangUp],
    );
    settings.speed = 4.0;
    let report = network.dial(settings).finish().await;
    let clear = report.clears[0];
    between(clear.heard_ms, 600, 900);
    between(clear.heard_ms + clear.dropped_ms, 2_990, 3_000);
    assert_eq!(report.marks[0].outcome, MarkOutcome::Cleared);
    assert_eq!(report.heard_spans[0].ended, SpanEnd::Cleared);
    assert_eq!(report.heard_spans[0].bytes() / 8, clear.heard_ms);
    assert_eq!(report.end, EndReason::CallerHungUp);
    assert_eq!(report.streams[0].by, ClosedBy::Network);
    assert_eq!(report.said_spans[0].text, "Stop, please.");
    assert_eq!(network.violations(), []);
}

#[tokio::test]
async fn what_is_said_arrives_with_stop_at_the_end() {
    let office = Office::open(CONNECT).await;
    let log = Log::default();
    let kept = Arc::clone(&log);
    office.takes("/stream", move |mut stream| {
        let kept = Arc::clone(&kept);
        async move {
            while let Some(message) = stream.next().await {
                kept.lock().unwrap().push(message);
            }
        }
    });
    let network = network().await;
    let steps = vec![
        Step::wait_for_stream(),
        Step::say("Hello, is this the plumber?"),
        Step::Press("4#".to_owned()),
        Step::HangUp,
    ];
    let report = call(&network, &office, steps).await;
    let is_closed = || log.lock().unwrap().last().is_some_and(|last| last["event"] == "stop");
    eventually("stop came", is_closed).await;

    let log = log.lock().unwrap();
    let media: Vec<&Value> = log.iter().filter(|message| message["event"] == "media").collect();
    assert_eq!(media.len() as u64, report.frames_sent);
    let sound: Vec<u8> = media.iter().flat_map(|message| sound_of(message)).collect();
    let words = speech::sound_of("Hello, is this the plumber?");
    assert!(sound.windows(words.len()).any(|part| part == &*words));
    for (index, message) in media.iter().enumerate() {
        assert_eq!(message["media"]["chunk"], (index + 1).to_string());
        assert_eq!(message["media"]["timestamp"], (index * 20 + 20).to_string());
        assert_eq!(message["media"]["track"], "inbound");
    }
    let sequences: Vec<String> = (1..log.len()).map(|number| number.to_string()).collect();
    let sent: Vec<&str> = log[1..].iter().map(|m| m["sequenceNumber"].as_str().unwrap()).collect();
    assert_eq!(sent, sequences);
    let digits: Vec<&str> = log.iter().filter_map(|message| message["dtmf"]["digit"].as_str()).collect();
    assert_eq!(digits, ["4", "#"]);
    let stop = log.last().unwrap();
    assert_eq!(stop["stop"], json!({ "accountSid": ACCOUNT, "callSid": report.call_sid }));
}

#[tokio::test]
async fn sound_flows_at_the_pace_of_the_clock() {
    let office = Office::open("<Connect><Stream url='WS/stream'/></Connect>").await;
    office.takes("/stream", |mut stream| async move {
        stream.wait("start").await;
        stream.wait("stop").await;
    });
    let network = network().await;
    let settings = Dial { speed: 2.0, hang_up_after: Some(Duration::from_secs(2)), ..dial(&office, vec![]) };
    let began = std::time::Instant::now();
    let report = network.dial(settings).finish().await;
    between(began.elapsed().as_millis() as u64, 950, 1_400);
    between(report.frames_sent, 80, 101);
}
