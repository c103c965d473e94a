//! The model fails in every way it can.

use super::story::{Story, asked, settings, told};
use crate::flow::{Effect, Input, Leave, Line};
use studioconnect_connectors::openai::realtime::{ClientEvent, ResponseStatus, Role, ServerEvent, Verdict};
use studioconnect_domain::call::EndReason;

#[expect(clippy::unnecessary_wraps, reason = "compared with what a story has, which may be nothing")]
fn fallback() -> Option<Leave> {
    Some(Leave { reason: EndReason::ModelUnavailable, line: Line::Fallback })
}

fn error(code: &str) -> ServerEvent<'static> {
    ServerEvent::Error { code: code.into(), message: String::new(), param: None, event_id: None }
}

fn lost(story: &mut Story) -> Vec<Effect<'static>> {
    story.give(Input::ModelClosed { verdict: Verdict::Reconnect, detail: "1006".into() }).to_vec()
}

fn reopen(story: &mut Story) -> Vec<Effect<'static>> {
    story.give(Input::ModelConnected);
    story.model(ServerEvent::SessionCreated { id: "sess_2".into(), expires_at: None });
    story.model(ServerEvent::SessionUpdated).to_vec()
}

#[test]
fn a_session_that_is_not_accepted_in_1500_ms_is_given_up_within_two_seconds() {
    let mut story = Story::new(settings());
    story.give(Input::StreamStarted);
    story.give(Input::ModelConnected);
    story.model(ServerEvent::SessionCreated { id: "s".into(), expires_at: None });
    story.pass(1_490);
    assert_eq!(story.left(), None);
    story.pass(20);
    assert_eq!(story.left(), fallback());
}

#[test]
fn a_refused_session_update_goes_to_the_fallback_at_once() {
    let mut story = Story::new(settings());
    story.give(Input::StreamStarted);
    story.model(ServerEvent::SessionCreated { id: "s".into(), expires_at: None });
    story.model(error("unknown_parameter"));
    assert_eq!(story.left(), fallback());
}

#[test]
fn a_fatal_code_is_never_retried() {
    for code in ["insufficient_quota", "invalid_api_key", "beta_api_shape_disabled"] {
        let mut story = Story::greeted();
        story.model(error(code));
        assert_eq!(story.left(), fallback(), "{code}");
        assert!(!story.all.contains(&Effect::DialModel));
    }
}

#[test]
fn a_lost_session_is_opened_once_more_with_what_was_heard() {
    let mut story = Story::greeted();
    story.caller_says("u1", "My tap leaks");
    let id = story.begin_reply("May I have your name", 600);
    story.more(&id, "", 120);
    assert_eq!(lost(&mut story).last(), Some(&Effect::DialModel));
    story.now += 300;
    let effects = reopen(&mut story);
    let told = told(&effects);
    let history: Vec<_> = told
        .iter()
        .filter_map(|event| {
            if let ClientEvent::Message { role, text } = event { Some((*role, text.as_str())) } else { None }
        })
        .collect();
    assert_eq!(history[..2], [(Role::Assistant, "greeting"), (Role::User, "My tap leaks")]);
    assert_eq!(history.last().unwrap().0, Role::System);
    assert_eq!(asked(&effects), [None], "the agent goes on");
    assert_eq!(story.flow.analytics().reconnects, 1);
    lost(&mut story);
    assert_eq!(story.left(), None, "what is queued is heard first");
    story.pass(10_000);
    assert_eq!(story.left(), fallback(), "one reconnection in a minute");
}

#[test]
fn a_session_lost_while_the_caller_thinks_is_opened_without_a_word() {
    let mut story = Story::greeted();
    lost(&mut story);
    story.now += 200;
    let effects = reopen(&mut story);
    assert!(asked(&effects).is_empty());
}

#[test]
fn a_greeting_nobody_heard_is_said_by_the_next_session() {
    let mut story = Story::ready();
    lost(&mut story);
    let effects = reopen(&mut story);
    assert!(asked(&effects)[0].as_ref().unwrap().contains("Welcome to Acme."));
}

#[test]
fn a_reconnection_that_takes_too_long_goes_to_the_fallback() {
    let mut story = Story::greeted();
    lost(&mut story);
    story.pass(1_600);
    assert_eq!(story.left(), fallback());
}

#[test]
fn items_of_a_lost_session_are_not_cut_in_the_next() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.reply("A long answer still being heard", 3_600);
    lost(&mut story);
    reopen(&mut story);
    let before = story.all.len();
    story.speech_starts("u2");
    story.frames(500, -20);
    let since = &story.all[before..];
    assert!(since.iter().any(|effect| matches!(effect, Effect::Clear)));
    assert!(
        !told(since)
            .iter()
            .any(|event| matches!(event, ClientEvent::Truncate { .. } | ClientEvent::Delete { .. }))
    );
}

#[test]
fn a_failed_reply_is_asked_for_once_more_and_then_the_ladder_begins() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let before = story.asked().len();
    let id = story.begin_reply("", 0);
    story.end_reply(&id, ResponseStatus::Failed, Some("server_error"), vec![]);
    assert_eq!(story.asked().len(), before + 1);
    let id = story.begin_reply("", 0);
    story.end_reply(&id, ResponseStatus::Failed, Some("server_error"), vec![]);
    assert_eq!(story.left(), fallback());
}

#[test]
fn a_provider_with_too_much_to_do_is_left_alone_for_a_moment() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let id = story.begin_reply("", 0);
    let before = story.asked().len();
    story.end_reply(&id, ResponseStatus::Failed, Some("rate_limit_exceeded"), vec![]);
    assert_eq!(story.asked().len(), before);
    story.pass(800);
    assert_eq!(story.asked().len(), before + 1);
}

#[test]
fn an_answer_that_never_sounds_is_asked_for_again_and_given_up_after_eight_seconds() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let id = story.begin_reply("", 0);
    let before = story.all.len();
    story.pass(4_000);
    assert_eq!(told(&story.all[before..]), [ClientEvent::CancelResponse { response_id: Some(id.clone()) }]);
    story.end_reply(&id, ResponseStatus::Cancelled, None, vec![]);
    assert_eq!(asked(&story.all[before..]).len(), 1);
    story.pass(4_100);
    assert_eq!(story.left(), fallback());
}

#[test]
fn a_reply_cut_by_a_limit_is_finished() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Tell me");
    let id = story.begin_reply("It begins", 600);
    let before = story.all.len();
    story.end_reply(&id, ResponseStatus::Incomplete, Some("max_output_tokens"), vec![]);
    let told = told(&story.all[before..]);
    assert!(matches!(
        &told[..],
        [ClientEvent::Message { role: Role::System, .. }, ClientEvent::CreateResponse { .. }]
    ));
}

#[test]
fn races_over_the_one_reply_are_no_failures() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.model(error("conversation_already_has_active_response"));
    let before = story.all.len();
    story.end_reply("theirs", ResponseStatus::Completed, None, vec![]);
    assert_eq!(asked(&story.all[before..]).len(), 1, "ours follows when theirs is done");
    story.model(error("response_cancel_not_active"));
    assert_eq!(story.left(), None);
}

/// Regression 5: a cancel that meets the end of its reply on the wire is no error of the model's, another one is.
#[test]
fn a_cancel_that_crosses_the_end_of_its_reply_is_not_counted_as_an_error() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let id = story.begin_reply("", 0);
    story.pass(4_000);
    let number = story.all.iter().rev().find_map(|effect| match effect {
        Effect::Tell(number, ClientEvent::CancelResponse { .. }) => Some(*number),
        _ => None,
    });
    let number = number.expect("what never sounds is called off");
    story.end_reply(&id, ResponseStatus::Completed, None, vec![]);
    let mut late = |event: Option<String>| {
        story.model(ServerEvent::Error {
            code: "response_cancel_not_active".into(),
            message: "Cancellation failed: no active response found".into(),
            param: None,
            event_id: event,
        });
        story.flow.analytics.model_errors
    };
    assert_eq!(late(Some(format!("c{number}"))), 0);
    assert_eq!(late(Some(format!("c{}", number + 1))), 1);
    assert_eq!(late(None), 2);
    assert_eq!(story.left(), None);
}

#[test]
fn an_expired_session_is_followed_by_another() {
    let mut story = Story::greeted();
    let effects = story.model(error("session_expired")).to_vec();
    assert!(effects.contains(&Effect::DialModel));
    assert!(asked(&reopen(&mut story)).is_empty());
}

#[test]
fn a_request_that_leads_to_nothing_is_made_again_and_then_given_up() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let before = story.asked().len();
    story.pass(4_000);
    assert_eq!(story.asked().len(), before + 1, "not even an error came");
    story.pass(4_100);
    assert_eq!(story.left(), fallback());
}

#[test]
fn an_error_about_our_very_request_makes_it_again() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let number = story.all.iter().rev().find_map(|effect| match effect {
        Effect::Tell(number, ClientEvent::CreateResponse { .. }) => Some(*number),
        _ => None,
    });
    let before = story.asked().len();
    story.model(ServerEvent::Error {
        code: "model_load_error".into(),
        message: String::new(),
        param: None,
        event_id: Some(format!("c{}", number.unwrap())),
    });
    assert_eq!(story.asked().len(), before + 1);
}

#[test]
fn a_stray_server_error_does_not_repeat_a_reply_that_sounds() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.begin_reply("An answer.", 600);
    let before = story.all.len();
    story.model(error("server_error"));
    story.model(error("rate_limit_exceeded"));
    story.pass(500);
    assert!(told(&story.all[before..]).is_empty());
    assert_eq!(story.left(), None);
}

#[test]
fn an_empty_reply_is_asked_for_once_more() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let id = story.begin_reply("", 0);
    let before = story.asked().len();
    story.end_reply(&id, ResponseStatus::Completed, None, vec![]);
    assert_eq!(story.asked().len(), before + 1);
}

#[test]
fn a_greeting_that_a_lost_session_cut_is_gone_on_with() {
    let mut story = Story::ready();
    story.begin_reply("Welcome to", 240);
    story.heard_all();
    lost(&mut story);
    assert_eq!(asked(&reopen(&mut story)), [None], "not greeted again, and not left in silence");
}

#[test]
fn late_sound_of_a_reply_that_never_ended_is_not_the_next_answer() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let old = story.begin_reply("Old", 600);
    story.speech_starts("u2");
    story.frames(500, -20);
    story.turn_ends("u2");
    story.pass(3_100);
    let before = story.all.len();
    story.more(&old, "late", 240);
    assert!(!story.all[before..].iter().any(|effect| matches!(effect, Effect::Play(_))));
}
