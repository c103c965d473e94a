//! Silence, limits, goodbyes.

use super::story::{Story, call_of, settings, told};
use crate::flow::{Command, Effect, FlowSettings, Input, Leave, Line};
use studioconnect_connectors::openai::realtime::{ClientEvent, ResponseStatus, ServerEvent, TokenCount};
use studioconnect_domain::call::EndReason;

#[test]
fn the_line_is_closed_when_the_goodbye_was_heard_and_not_before() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Goodbye");
    let id = story.begin_reply("Goodbye!", 1_200);
    story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("end_call", "{}")]);
    let marks = story.marks();
    let last = marks.len() - 1;
    for mark in &marks[last - 9..last] {
        story.now += 120;
        story.give(Input::Mark(mark.clone().into()));
    }
    assert_eq!(story.left(), None);
    story.now += 120;
    story.give(Input::Mark(marks[last].clone().into()));
    assert_eq!(story.left(), Some(Leave { reason: EndReason::Goodbye, line: Line::HangUp }));
}

#[test]
fn a_goodbye_whose_mark_never_comes_ends_two_seconds_after_its_sound() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Goodbye");
    let id = story.begin_reply("Goodbye!", 1_200);
    story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("end_call", "{}")]);
    story.pass(3_100);
    assert_eq!(story.left(), None);
    story.pass(200);
    assert_eq!(story.left().map(|left| left.reason), Some(EndReason::Goodbye));
}

#[test]
fn an_end_call_without_words_says_goodbye_first() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Bye");
    let id = story.begin_reply("", 0);
    story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("end_call", "{}")]);
    assert!(story.asked().last().unwrap().as_ref().unwrap().contains("Goodbye!"));
    story.reply("Goodbye!", 600);
    assert_eq!(story.left(), None);
    story.heard_all();
    assert_eq!(story.left().map(|left| left.reason), Some(EndReason::Goodbye));
}

#[test]
fn one_more_thing_keeps_the_line_open() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Goodbye");
    let id = story.begin_reply("Goodbye, and thank you for calling!", 1_800);
    story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("end_call", "{}")]);
    story.speech_starts("u2");
    story.frames(600, -20);
    story.turn_ends("u2");
    assert!(story.asked().last().unwrap().is_none());
    story.reply("Of course.", 600);
    story.heard_all();
    story.pass(5_000);
    assert_eq!(story.left(), None);
}

#[test]
fn silence_is_asked_about_twice_and_then_ends_the_call() {
    let mut story = Story::greeted();
    for _ in 0..2 {
        story.pass(7_900);
        let before = story.asked().len();
        story.pass(200);
        assert_eq!(story.asked().len(), before + 1);
        assert!(story.asked().last().unwrap().as_ref().unwrap().contains("Are you still there?"));
        story.reply("Are you still there?", 600);
        story.heard_all();
    }
    story.pass(8_100);
    assert!(story.asked().last().unwrap().as_ref().unwrap().contains("Goodbye!"));
    story.reply("Goodbye!", 600);
    story.heard_all();
    assert_eq!(story.left(), Some(Leave { reason: EndReason::Silence, line: Line::HangUp }));
}

#[test]
fn nobody_is_nudged_while_the_agent_is_heard_or_the_caller_speaks() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Tell me all");
    story.reply("A very long answer", 12_000);
    let before = story.asked().len();
    story.pass(1_900);
    assert_eq!(story.asked().len(), before);
    story.heard_all();
    story.pass(7_000);
    story.speech_starts("u2");
    story.pass(20_000);
    assert_eq!(story.asked().len(), before, "the caller is speaking");
}

#[test]
fn the_longest_call_is_announced_a_minute_before_and_then_ended() {
    let mut story = Story::greeted_with(FlowSettings { silence_nudge_ms: 10_000_000, ..settings() });
    let left = 900_000 - 60_000 - story.now;
    story.pass(left + 10);
    assert!(story.asked().last().unwrap().as_ref().unwrap().contains("one minute left"));
    story.reply("You have one minute left on this call.", 600);
    story.heard_all();
    story.pass(60_000);
    assert!(story.asked().last().unwrap().as_ref().unwrap().contains("Goodbye!"));
    story.pass(20_000);
    assert_eq!(
        story.left(),
        Some(Leave { reason: EndReason::TimeLimit, line: Line::HangUp }),
        "even if it is never said"
    );
}

#[test]
fn a_call_that_reaches_its_spend_cap_is_ended_politely() {
    let mut story = Story::greeted_with(FlowSettings { spend_cap_micros: Some(1_000), ..settings() });
    story.caller_says("u1", "Hello");
    let id = story.begin_reply("Hi", 600);
    story.model(ServerEvent::ResponseDone {
        response_id: id.into(),
        status: ResponseStatus::Completed,
        reason: None,
        calls: vec![],
        usage: TokenCount { audio_out: 100, ..TokenCount::default() },
    });
    assert_eq!(story.flow.analytics().cost_micros, 6_400);
    assert!(story.asked().last().unwrap().as_ref().unwrap().contains("Goodbye!"));
    story.reply("Goodbye!", 600);
    story.heard_all();
    assert_eq!(story.left().map(|left| left.reason), Some(EndReason::SpendCap));
}

#[test]
fn a_hang_up_in_mid_sentence_keeps_what_was_heard() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.reply("We are open from eight to six on weekdays.", 2_400);
    story.now += 60;
    story.give(Input::StreamStopped);
    assert_eq!(story.left(), Some(Leave { reason: EndReason::CallerHungUp, line: Line::Gone }));
    assert!(story.kept_turns().last().unwrap().heard.is_some());
    let after = story.all.len();
    story.give(Input::StreamStopped);
    story.give(Input::Tick);
    assert_eq!((story.all.len(), story.flow.wake_at()), (after, None), "nothing happens after the end");
}

#[test]
fn a_command_ends_the_call_at_once() {
    let mut story = Story::greeted();
    story.give(Input::Command(Command::End));
    assert_eq!(story.left(), Some(Leave { reason: EndReason::Ended, line: Line::HangUp }));
}

#[test]
fn a_lost_stream_is_no_hang_up() {
    let mut story = Story::greeted();
    story.give(Input::StreamLost);
    assert_eq!(story.left(), Some(Leave { reason: EndReason::StreamLost, line: Line::Unknown }));
    assert!(!told(&story.all).iter().any(|event| matches!(event, ClientEvent::CancelResponse { .. })));
    assert!(matches!(story.all.last(), Some(Effect::Leave(_))));
}

#[test]
fn somebody_who_begins_to_speak_as_the_goodbye_ends_is_heard() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Goodbye");
    let id = story.begin_reply("Goodbye!", 600);
    story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("end_call", "{}")]);
    story.speech_starts("u2");
    story.heard_all();
    assert_eq!(story.left(), None);
    story.frames(400, -20);
    story.turn_ends("u2");
    story.pass(1_000);
    assert_eq!(story.left(), None);
}
