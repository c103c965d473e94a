use super::*;

#[test]
fn what_is_no_recording_is_refused_with_the_turn_it_fails_at() {
    assert!(matches!(replay([]), Err(ReplayFault::Empty)));
    assert!(matches!(replay(["{}"]), Err(ReplayFault::Line { number: 1, .. })));
    let later = r#"{"at":"2026-11-23T12:00:00Z","text":"Hello","finding":"NotSought","calls":[],"worded":null,"after":1}"#;
    assert!(matches!(replay([later]), Err(ReplayFault::NoBeginning)));
}
