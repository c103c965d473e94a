//! Tools in the middle of a conversation.

use super::story::{Story, call_of, told};
use crate::flow::{Effect, Input};
use studioconnect_assistant::tools::ToolCall;
use studioconnect_connectors::openai::realtime::{ClientEvent, ResponseStatus};

const SAVE: &str = r#"{"question":"q1","answer":"Dana"}"#;

fn calling(arguments: &str) -> Story {
    let mut story = Story::greeted();
    story.caller_says("u1", "I am Dana");
    let id = story.begin_reply("", 0);
    story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("save_answer", arguments)]);
    story
}

#[test]
fn a_tool_runs_and_its_answer_is_followed_by_one_reply() {
    let mut story = calling(SAVE);
    let call = ToolCall::SaveAnswer { question: "q1".into(), answer: "Dana".into() };
    assert!(story.all.contains(&Effect::RunTool { call_id: "call_save_answer".into(), call }));
    let before = story.all.len();
    story.give(Input::ToolDone { call_id: "call_save_answer".into(), output: "{}".into() });
    story.give(Input::ToolDone { call_id: "call_save_answer".into(), output: "{}".into() });
    let told = told(&story.all[before..]);
    assert!(
        matches!(
            &told[..],
            [ClientEvent::FunctionOutput { .. }, ClientEvent::CreateResponse { instructions: None }]
        ),
        "{told:?}"
    );
}

#[test]
fn a_slow_tool_is_bridged_with_words_and_ended_at_its_limit() {
    let mut story = calling(SAVE);
    let before = story.all.len();
    story.pass(1_300);
    let asked = story.asked();
    assert!(asked.last().unwrap().as_ref().unwrap().contains("One moment, please."));
    story.reply("One moment, please.", 600);
    story.heard_all();
    story.pass(8_000);
    let outputs: Vec<_> = told(&story.all[before..])
        .into_iter()
        .filter_map(
            |event| if let ClientEvent::FunctionOutput { output, .. } = event { Some(output) } else { None },
        )
        .collect();
    assert_eq!(outputs.len(), 1);
    assert!(outputs[0].contains("too long"));
    assert!(
        story.give(Input::ToolDone { call_id: "call_save_answer".into(), output: "{}".into() }).is_empty(),
        "too late"
    );
}

#[test]
fn arguments_that_make_no_sense_are_answered_and_nothing_runs() {
    let story = calling(r#"{"question":"#);
    assert!(!story.all.iter().any(|effect| matches!(effect, Effect::RunTool { .. })));
    let told = told(&story.all);
    assert!(told.iter().any(
        |event| matches!(event, ClientEvent::FunctionOutput { output, .. } if output.contains("do not fit"))
    ));
    assert!(matches!(told.last(), Some(ClientEvent::CreateResponse { .. })));
}

#[test]
fn calls_of_a_cancelled_reply_do_not_run() {
    let mut story = Story::greeted();
    story.caller_says("u1", "I am Dana");
    let id = story.begin_reply("Thank you", 600);
    story.speech_starts("u2");
    story.frames(500, -20);
    story.end_reply(&id, ResponseStatus::Cancelled, None, vec![call_of("save_answer", SAVE)]);
    assert!(!story.all.iter().any(|effect| matches!(effect, Effect::RunTool { .. })));
}

#[test]
fn a_tool_that_answers_while_the_caller_speaks_waits_for_the_end_of_the_turn() {
    let mut story = calling(SAVE);
    story.speech_starts("u2");
    story.frames(600, -20);
    let before = story.all.len();
    story.give(Input::ToolDone { call_id: "call_save_answer".into(), output: "{}".into() });
    assert!(super::story::asked(&story.all[before..]).is_empty());
    story.turn_ends("u2");
    assert_eq!(super::story::asked(&story.all[before..]).len(), 1);
}

#[test]
fn an_answer_and_the_goodbye_in_one_reply_end_the_call() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Dana. That is all, goodbye");
    let id = story.begin_reply("Goodbye!", 600);
    let calls = vec![call_of("save_answer", SAVE), call_of("end_call", "{}")];
    story.end_reply(&id, ResponseStatus::Completed, None, calls);
    story.give(Input::ToolDone { call_id: "call_save_answer".into(), output: "{}".into() });
    story.heard_all();
    assert_eq!(story.left().map(|left| left.reason), Some(studioconnect_domain::call::EndReason::Goodbye));
}

#[test]
fn several_quick_tools_in_a_row_are_bridged_with_words() {
    let mut story = calling(SAVE);
    story.now += 700;
    story.give(Input::ToolDone { call_id: "call_save_answer".into(), output: "{}".into() });
    let id = story.begin_reply("", 0);
    story.now += 700;
    story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("save_answer", SAVE)]);
    assert!(story.asked().last().unwrap().as_ref().unwrap().contains("One moment, please."));
}

#[test]
fn a_model_that_calls_tools_in_circles_is_given_up() {
    let mut story = calling(SAVE);
    for _ in 0..7 {
        story.give(Input::ToolDone { call_id: "call_save_answer".into(), output: "{}".into() });
        if story.left().is_some() {
            break;
        }
        let id = story.begin_reply("", 0);
        story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("save_answer", SAVE)]);
    }
    assert_eq!(story.left().map(|left| left.line), Some(crate::flow::Line::Fallback));
}

#[test]
fn calls_of_a_reply_that_was_finished_before_our_cancel_came_still_run() {
    let mut story = Story::greeted();
    story.caller_says("u1", "I am Dana");
    let id = story.begin_reply("Thank you", 600);
    story.speech_starts("u2");
    story.frames(500, -20);
    story.end_reply(&id, ResponseStatus::Completed, None, vec![call_of("save_answer", SAVE)]);
    assert!(story.all.iter().any(|effect| matches!(effect, Effect::RunTool { .. })));
}
