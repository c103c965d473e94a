use super::*;
use proptest::prelude::*;

fn sound(ms: usize) -> Audio<'static> {
    // Three bytes for four letters of base64.
    Audio::new("/".repeat(ms * 8 / 3 * 4 + if (ms * 8).is_multiple_of(3) { 0 } else { 4 }))
}

#[test]
fn heard_grows_with_the_clock_up_to_the_next_mark_and_jumps_with_its_echo() {
    let mut ledger = Ledger::default();
    ledger.push("a", 0, 0, &sound(300), 1_000);
    let second = ledger.push("a", 0, 0, &sound(300), 1_005);
    assert_eq!(second, "0-1");
    let cuts = ledger.interrupt(1_900);
    assert_eq!(cuts[0].heard_ms, 300, "the clock alone never passes the next mark");

    let mut ledger = Ledger::default();
    let first = ledger.push("a", 0, 0, &sound(300), 1_000);
    ledger.push("a", 0, 0, &sound(300), 1_005);
    assert!(ledger.echoed(&first, 1_310));
    assert_eq!(
        ledger.interrupt(1_360),
        [Cut { item_id: "a".into(), content_index: 0, session: 0, heard_ms: 350, sent_ms: 600 }]
    );
}

#[test]
fn marks_of_a_cleared_generation_change_nothing() {
    let mut ledger = Ledger::default();
    let stale = ledger.push("a", 0, 0, &sound(300), 0);
    ledger.interrupt(100);
    ledger.push("b", 0, 0, &sound(300), 200);
    assert!(!ledger.echoed(&stale, 210));
    for junk in ["", "x", "1-", "1-99", "9-0", "-", "1-x"] {
        assert!(!ledger.echoed(junk, 210), "{junk}");
    }
    assert_eq!(ledger.unplayed_ms(), 300);
}

#[test]
fn parts_not_reached_yet_are_cut_to_nothing_and_parts_heard_are_left_alone() {
    let mut ledger = Ledger::default();
    let first = ledger.push("a", 0, 0, &sound(120), 0);
    ledger.push("b", 0, 0, &sound(120), 0);
    ledger.push("c", 0, 0, &sound(120), 0);
    assert!(ledger.echoed(&first, 120));
    let cuts: Vec<_> = ledger.interrupt(180).into_iter().map(|cut| (cut.item_id, cut.heard_ms)).collect();
    assert_eq!(cuts, [("b".to_owned(), 60), ("c".to_owned(), 0)]);
}

#[test]
fn a_mark_that_never_comes_back_is_written_off_after_its_time() {
    let mut ledger = Ledger::default();
    ledger.push("a", 0, 0, &sound(300), 0);
    assert!(!ledger.write_off(2_299));
    assert!(ledger.write_off(2_300));
    assert!(!ledger.is_audible());
}

proptest! {
    #[test]
    fn no_part_is_ever_heard_beyond_what_was_sent(
        steps in prop::collection::vec((0u8..4, 1usize..40, 0u64..700), 1..60)
    ) {
        let mut ledger = Ledger::default();
        let mut now = 0;
        let mut marks = Vec::new();
        for (what, ms, pause) in steps {
            now += pause;
            match what {
                0 | 1 => marks.push(ledger.push(if ms % 2 == 0 { "a" } else { "b" }, 0, 0, &sound(ms * 3), now)),
                2 => if let Some(mark) = marks.get(ms % marks.len().max(1)) { ledger.echoed(mark, now); },
                _ => for cut in ledger.interrupt(now) { prop_assert!(cut.heard_ms <= cut.sent_ms); },
            }
        }
        let queued: u64 = ledger.queue.iter().map(|segment| segment.bytes).sum();
        prop_assert_eq!(queued, ledger.queued_bytes);
    }
}
