use super::*;
use crate::phone::tape::QUIET;

fn mark(name: &str) -> Mark {
    Mark { name: name.to_owned(), record: 0 }
}

fn tick_names(ear: &mut Ear) -> Vec<String> {
    ear.tick().0.into_iter().map(|mark| mark.name).collect()
}

#[test]
fn a_mark_is_due_when_what_came_before_it_has_played() {
    let mut ear = Ear::new(true);
    ear.play(Source::Stream, vec![0x10; 200]);
    assert_eq!(ear.mark(mark("one")), Queued::Waiting);
    ear.play(Source::Stream, vec![0x20; 120]);
    assert_eq!(ear.mark(mark("two")), Queued::Waiting);
    assert!(tick_names(&mut ear).is_empty());
    assert!(tick_names(&mut ear).is_empty());
    assert_eq!(tick_names(&mut ear), ["one", "two"]);
    assert!(ear.is_empty());
    let heard = [vec![0x10; 200], vec![0x20; 120], vec![QUIET; 160]].concat();
    assert_eq!(ear.into_sound(), heard);
}

#[test]
fn a_mark_with_nothing_before_it_is_due_at_once() {
    let mut ear = Ear::new(true);
    ear.tick();
    assert_eq!(ear.mark(mark("empty")), Queued::DueNow(mark("empty")));
    ear.play(Source::Stream, vec![0x10; 160]);
    ear.tick();
    assert_eq!(ear.mark(mark("playing")), Queued::Waiting);
    assert_eq!(tick_names(&mut ear), ["playing"]);
    assert_eq!(ear.mark(mark("quiet")), Queued::DueNow(mark("quiet")));
}

#[test]
fn clear_cuts_in_the_middle_of_a_tick_to_the_sample() {
    let mut ear = Ear::new(true);
    ear.play(Source::Stream, vec![0x10; 800]);
    ear.mark(mark("end"));
    ear.tick();
    ear.tick();
    let (marks, change) = ear.clear(200);
    assert_eq!(marks, [mark("end")]);
    assert_eq!(change, Some(Change::Ended { heard_ms: 25 }));
    let expected = ClearRecord { at_ms: 25, dropped_ms: 75, heard_ms: 25 };
    assert_eq!(ear.clears, [expected]);
    assert_eq!((ear.spans[0].end, ear.spans[0].ended), (200, SpanEnd::Cleared));
    ear.tick();
    let sound = ear.into_sound();
    assert_eq!(sound, [vec![0x10; 200], vec![QUIET; 280]].concat());
}

#[test]
fn clear_without_sound_drops_nothing() {
    let mut ear = Ear::new(true);
    ear.tick();
    assert_eq!(ear.clear(100), (Vec::new(), None));
    assert_eq!((ear.clears[0].dropped_ms, ear.clears[0].heard_ms), (0, 0));
}

#[test]
fn a_dry_queue_splits_the_span_and_a_pause_ends_the_utterance() {
    let mut ear = Ear::new(true);
    ear.play(Source::Stream, vec![0x10; 160]);
    assert_eq!(ear.tick().1, Some(Change::Began));
    assert_eq!(ear.utterance_ms(), Some(20));
    ear.tick();
    ear.play(Source::Stream, vec![0x10; 160]);
    ear.tick();
    let bounds: Vec<(u64, u64)> = ear.spans.iter().map(|span| (span.start, span.end)).collect();
    assert_eq!(bounds, [(0, 160), (320, 480)]);
    let ended = (0..20).find_map(|_| ear.tick().1);
    assert_eq!(ended, Some(Change::Ended { heard_ms: 40 }));
    assert_eq!(ear.total_ms(), 40);
    assert!(ear.quiet_ms() >= 300);
}

#[test]
fn silent_sound_is_played_but_is_no_speech() {
    let mut ear = Ear::new(true);
    ear.play(Source::Stream, vec![QUIET; 320]);
    assert_eq!(ear.tick().1, None);
    assert_eq!(ear.utterance_ms(), None);
    assert_eq!(ear.spans.len(), 1);
}

#[test]
fn the_queue_and_the_marks_are_bounded() {
    let mut ear = Ear::new(false);
    assert_eq!(ear.play(Source::Stream, vec![0; QUEUE_LIMIT]), Queued::Waiting);
    assert_eq!(ear.play(Source::Stream, vec![0; 1]), Queued::Full);
    for _ in 0..MARK_LIMIT {
        assert_eq!(ear.mark(mark("m")), Queued::Waiting);
    }
    assert_eq!(ear.mark(mark("m")), Queued::Full);
    ear.stop();
    assert!(ear.is_empty());
}
