use super::*;
use crate::flow::{Audio, CallFlow, Input, settings};
use studioconnect_connectors::openai::realtime::ServerEvent;

fn inputs() -> Vec<Input<'static>> {
    vec![
        Input::StreamStarted,
        Input::ModelConnected,
        Input::Model(ServerEvent::SessionCreated { id: "s".into(), expires_at: None }),
        Input::Model(ServerEvent::SessionUpdated),
        Input::CallerAudio { position_ms: 0, audio: Audio::new("/////w=="), level: None },
        Input::Model(ServerEvent::ResponseCreated { response_id: "r".into() }),
        Input::Model(ServerEvent::Words {
            response_id: "r".into(),
            item_id: "i".into(),
            content_index: 0,
            delta: "My secret".into(),
        }),
        Input::ModelAudio {
            response_id: "r".into(),
            item_id: "i".into(),
            content_index: 0,
            audio: Audio::new("/////w=="),
        },
        Input::StreamStopped,
    ]
}

fn record(with_words: bool) -> String {
    let mut flow = CallFlow::new(settings(), 0);
    let mut recorder = Recorder::new(&settings(), with_words);
    for (at, input) in inputs().into_iter().enumerate() {
        recorder.input(&input, at as u64 * 1_000);
        let effects = flow.handle(input, at as u64 * 1_000);
        recorder.effects(&effects);
    }
    recorder.rest().unwrap()
}

#[test]
fn a_recorded_call_replays_to_the_same_effects() {
    let text = record(true);
    let replay = replay(&text).unwrap();
    assert_eq!((replay.diverged_at, replay.steps.len(), replay.is_cut_short), (None, 9, false));
    assert!(
        replay.steps[7].effects[0].contains("4:"),
        "sound stands as length and hash: {:?}",
        replay.steps[7]
    );
    assert!(!text.contains("/////w=="), "no sound is kept");
}

#[test]
fn a_changed_line_is_found() {
    let text = record(true).replacen("SessionUpdated", "Nonsense", 1);
    assert!(matches!(replay(&text), Err(ReplayFault::Line { line: 5, .. })));
    let text = record(true).replacen("My secret", "Another secret", 1);
    assert_eq!(replay(&text).unwrap().diverged_at, Some(8), "the transcript kept at the end differs");
}

#[test]
fn without_words_none_is_kept_and_the_call_still_replays() {
    let text = record(false);
    assert!(!text.contains("secret") && text.contains("xx xxxxxx"), "{text}");
    let replay = replay(&text).unwrap();
    assert!(!replay.is_compared && replay.steps.len() == 9);
}

#[test]
fn a_recording_that_was_cut_says_so() {
    let mut recorder = Recorder::new(&settings(), true);
    recorder.input(&Input::StreamStarted, 0);
    recorder.cut();
    recorder.input(&Input::StreamStopped, 0);
    let replay = replay(&recorder.rest().unwrap()).unwrap();
    assert!(replay.is_cut_short && replay.steps.len() == 1);
    assert!(matches!(super::replay(""), Err(ReplayFault::Empty)));
}
