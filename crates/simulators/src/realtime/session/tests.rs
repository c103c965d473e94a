use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;
use crate::realtime::faults::Strangeness;
use crate::realtime::settings::RealtimeSettings;
use crate::speech::{clip, silence, sound_of};

/// A session with a clock of its own.
struct Bench {
    session: Session,
    now: Instant,
}

impl Bench {
    fn new(faults: Vec<crate::realtime::PlannedFault>, detection: &Value) -> Self {
        let faults = FaultPlan { faults, strangeness: Strangeness::NONE };
        let settings = RealtimeSettings { faults, ..RealtimeSettings::default() };
        let visitor = Visitor { model: "gpt-realtime-2.1".to_owned(), ..Visitor::default() };
        let session = Session::new(Arc::new(Hub::new(settings)), 1, visitor);
        let mut bench = Self { now: session.started, session };
        bench.session.open();
        let input = json!({"format": {"type": "audio/pcmu"}, "turn_detection": detection});
        bench.send(&json!({"type": "session.update", "session": {
            "type": "realtime", "audio": {"input": input, "output": {"format": {"type": "audio/pcmu"}}}}}));
        assert_eq!(kinds(&bench.events()), ["session.created", "session.updated"]);
        bench
    }

    fn send(&mut self, event: &Value) {
        self.session.receive(&event.to_string(), self.now);
    }

    fn append(&mut self, sound: &[u8]) {
        self.send(&json!({"type": "input_audio_buffer.append", "audio": STANDARD.encode(sound)}));
    }

    /// Lets time pass, and gives what is said meanwhile.
    fn pass(&mut self, time: Duration) -> Vec<Value> {
        let end = self.now + time;
        while self.session.next_due() <= end {
            self.now = self.now.max(self.session.next_due());
            self.session.tick(self.now);
        }
        self.now = end;
        self.events()
    }

    fn events(&mut self) -> Vec<Value> {
        let text = |outgoing| match outgoing {
            Outgoing::Event(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(|| self.session.outgoing()).map(text).collect()
    }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn said(events: &[Value]) -> &str {
    let done = events.iter().find(|event| event["type"] == "response.done").unwrap();
    done["response"]["output"][0]["content"][0]["transcript"].as_str().unwrap_or_default()
}

#[test]
fn silence_after_the_last_word_was_played_becomes_a_turn() {
    let mut bench = Bench::new(Vec::new(), &json!({"type": "server_vad", "idle_timeout_ms": 5000}));
    bench.append(&silence(1_000));
    let greeting = clip("greeting").unwrap();
    let instructions = format!("\"{}\"", greeting.text);
    bench.send(&json!({"type": "response.create", "response": {"instructions": instructions}}));
    let played = Duration::from_millis(greeting.duration_ms() + 120);
    let events = bench.pass(played + Duration::from_millis(4_900));
    assert_eq!(said(&events), greeting.text);
    assert!(!kinds(&events).contains(&"input_audio_buffer.timeout_triggered"));
    let events = bench.pass(Duration::from_millis(400));
    let expected = [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ];
    assert_eq!(kinds(&events)[..5], expected);
    assert_eq!((&events[0]["audio_start_ms"], &events[0]["audio_end_ms"]), (&json!(0), &json!(1_000)));
}

#[test]
fn a_failed_response_leaves_the_question_open() {
    let fail = Fault::FailResponse { kind: "server_error".to_owned(), code: "server_error".to_owned() };
    let faults = vec![fail.always().at_response(1)];
    let detection = json!({"type": "semantic_vad", "eagerness": "high", "create_response": false});
    let mut bench = Bench::new(faults, &detection);
    bench.append(&[sound_of("When are you open?").into_owned(), silence(400)].concat());
    bench.send(&json!({"type": "response.create"}));
    let failed = bench.pass(Duration::from_secs(1));
    assert_eq!(failed.last().unwrap()["response"]["status"], "failed");
    bench.send(&json!({"type": "response.create"}));
    assert_eq!(said(&bench.pass(Duration::from_secs(10))), clip("agent-hours").unwrap().text);
}

#[test]
fn everything_said_since_the_last_reply_is_answered() {
    let mut bench = Bench::new(Vec::new(), &json!({"type": "server_vad", "create_response": false}));
    for text in ["When are you open?", "Well, well."] {
        bench.append(&[sound_of(text).into_owned(), silence(400)].concat());
    }
    bench.send(&json!({"type": "response.create"}));
    assert_eq!(said(&bench.pass(Duration::from_secs(10))), clip("agent-hours").unwrap().text);
}

#[test]
fn a_response_is_billed_for_the_whole_conversation() {
    let mut bench = Bench::new(Vec::new(), &json!({"type": "server_vad"}));
    let mut audio_tokens = Vec::new();
    for _ in 0..2 {
        bench.send(
            &json!({"type": "response.create", "response": {"instructions": "\"One moment, please.\""}}),
        );
        let events = bench.pass(Duration::from_secs(5));
        let usage = &events.last().unwrap()["response"]["usage"];
        audio_tokens.push(usage["input_token_details"]["audio_tokens"].as_u64().unwrap());
    }
    assert_eq!(audio_tokens, [0, clip("agent-moment").unwrap().duration_ms().div_ceil(50)]);
}
