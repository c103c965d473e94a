//! Greeting, turns, interruption, gaps.

use super::story::{Story, asked, settings, sound, told};
use crate::flow::{Audio, Effect, Input};
use studioconnect_connectors::openai::realtime::{ClientEvent, ResponseStatus, ServerEvent};
use studioconnect_domain::transcript::Speaker;

#[test]
fn session_is_configured_once_and_audio_flows_only_after_it_is_accepted() {
    let mut story = Story::new(settings());
    story.give(Input::StreamStarted);
    story.frame(-20);
    assert!(story.give(Input::ModelConnected).is_empty());
    let effects = story.model(ServerEvent::SessionCreated { id: "s".into(), expires_at: None }).to_vec();
    assert!(matches!(told(&effects)[..], [ClientEvent::SessionUpdate(_)]));
    story.frame(-20);
    assert!(!story.all.iter().any(|effect| matches!(effect, Effect::Hear(_))));
    let effects = story.model(ServerEvent::SessionUpdated).to_vec();
    let heard = effects.iter().filter(|effect| matches!(effect, Effect::Hear(_))).count();
    assert_eq!(heard, 2, "what came before is heard, in order");
    story.model(ServerEvent::SessionCreated { id: "s".into(), expires_at: None });
    let updates = story.told().iter().filter(|event| matches!(event, ClientEvent::SessionUpdate(_))).count();
    assert_eq!(updates, 1);
}

#[test]
fn greeting_waits_for_both_sides_and_is_said_once() {
    let mut story = Story::new(settings());
    story.give(Input::ModelConnected);
    story.give(Input::StreamStarted);
    story.model(ServerEvent::SessionCreated { id: "s".into(), expires_at: None });
    assert!(story.asked().is_empty());
    story.model(ServerEvent::SessionUpdated);
    story.model(ServerEvent::SessionUpdated);
    let asked = story.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].as_ref().unwrap().contains("\"Welcome to Acme.\""));
}

#[test]
fn caller_audio_before_the_model_is_kept_for_two_seconds_and_the_rest_counted_as_dropped() {
    let mut story = Story::new(settings());
    story.give(Input::StreamStarted);
    for _ in 0..70 {
        story.now += 15;
        story.give(Input::CallerAudio { position_ms: 0, audio: sound(30), level: None });
    }
    assert_eq!(story.flow.analytics().caller_audio_dropped_ms, 120, "2,100 ms came in frames of 30");
}

#[test]
fn noise_before_the_first_sound_does_not_wipe_the_greeting() {
    let mut story = Story::ready();
    story.speech_starts("noise");
    story.frames(400, -20);
    assert!(story.told().iter().all(|event| !matches!(event, ClientEvent::CancelResponse { .. })));
    story.reply("Welcome to Acme.", 600);
    assert_eq!(story.all.iter().filter(|effect| matches!(effect, Effect::Play(_))).count(), 5);
}

#[test]
fn a_knock_before_the_first_sound_makes_no_turn_and_a_word_makes_one() {
    for (voiced_ms, is_turn) in [(160, false), (360, true)] {
        let mut story = Story::ready();
        story.frames(200, -70);
        let began = story.flow.link.appended_ms;
        story.frames(voiced_ms, -20);
        story.speech_started_at("early", began);
        story.frames(500, -70);
        story.turn_ends("early");
        let told = story.told();
        assert_eq!(told.contains(&ClientEvent::Delete { item_id: "early".into() }), !is_turn, "{voiced_ms}");
        assert!(told.iter().all(|event| !matches!(event, ClientEvent::CancelResponse { .. })), "{told:?}");
        story.reply("Welcome to Acme.", 600);
        story.heard_all();
        assert_eq!(story.asked().len(), 1 + usize::from(is_turn), "the greeting, and an answer to words");
        assert_eq!(story.flow.analytics().interruptions_rejected, 0, "nobody was interrupted");
    }
}

#[test]
fn words_said_while_the_session_was_being_opened_are_a_turn() {
    let mut story = Story::new(settings());
    story.give(Input::StreamStarted);
    story.frames(100, -70);
    story.frames(400, -20);
    story.give(Input::ModelConnected);
    story.model(ServerEvent::SessionCreated { id: "s".into(), expires_at: None });
    story.model(ServerEvent::SessionUpdated);
    story.speech_started_at("hello", 80);
    story.frames(500, -70);
    story.turn_ends("hello");
    assert!(!story.told().contains(&ClientEvent::Delete { item_id: "hello".into() }));
}

#[test]
fn a_detector_that_is_late_costs_no_voice() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.begin_reply("We are open from eight to six on weekdays.", 3_000);
    let began = story.flow.link.appended_ms;
    story.frames(400, -15);
    let effects = story.speech_started_at("late", began).to_vec();
    assert!(effects.contains(&Effect::Clear), "{effects:?}");
}

#[test]
fn each_caller_turn_gets_exactly_one_answer_asked_for_at_its_commit() {
    let mut story = Story::greeted();
    let before = story.asked().len();
    story.caller_says("u1", "When are you open?");
    assert_eq!(story.asked().len(), before + 1);
    assert_eq!(story.asked().last(), Some(&None), "the model decides what to say");
    story.reply("From eight.", 600);
    story.heard_all();
    assert_eq!(story.asked().len(), before + 1);
    let turns = story.kept_turns();
    let said: Vec<_> = turns.iter().map(|turn| (turn.speaker, turn.text.as_str())).collect();
    assert_eq!(
        said,
        [
            (Speaker::Agent, "greeting"),
            (Speaker::Caller, "When are you open?"),
            (Speaker::Agent, "From eight.")
        ]
    );
    assert!(turns.iter().all(|turn| turn.ended_ms.is_some() && turn.heard.is_none()), "{turns:?}");
}

#[test]
fn a_noise_burst_of_150_ms_makes_no_turn_no_answer_and_no_line() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let id = story.begin_reply("We are open from eight to six on weekdays.", 3_000);
    let before = story.all.len();
    story.speech_starts("noise");
    story.frames(140, -15);
    story.frames(500, -60);
    story.model(ServerEvent::SpeechStopped { item_id: "noise".into(), audio_end_ms: 0 });
    story.model(ServerEvent::Committed { item_id: "noise".into() });
    let early = story.told().iter().any(|event| matches!(event, ClientEvent::Delete { .. }));
    assert!(!early, "the server has not announced the item");
    story.model(ServerEvent::ItemAdded {
        item_id: "noise".into(),
        kind: studioconnect_connectors::openai::realtime::ItemKind::Caller,
    });
    story.model(ServerEvent::Transcript { item_id: "noise".into(), text: "bang".into() });
    let since = &story.all[before..];
    assert_eq!(told(since), [ClientEvent::Delete { item_id: "noise".into() }]);
    assert!(!since.iter().any(|effect| matches!(effect, Effect::Clear | Effect::KeepTurn(_))));
    story.more(&id, "", 240);
    assert!(matches!(story.all.last(), Some(Effect::Mark(_))), "the agent's words go on");
    assert_eq!(story.flow.analytics().interruptions_rejected, 1);
}

#[test]
fn speech_of_500_ms_stops_the_agent_and_the_model_keeps_only_what_was_heard() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    let id = story.begin_reply("We are open from eight to six on weekdays.", 2_400);
    let marks = story.marks();
    let first_mark = marks[marks.len() - 20].clone();
    story.now += 120;
    story.give(Input::Mark(first_mark.into()));
    let before = story.all.len();
    story.speech_starts("u2");
    story.frames(500, -20);
    let since = story.all[before..].to_vec();
    assert_eq!(since.iter().filter(|effect| matches!(effect, Effect::Clear)).count(), 1);
    let clear = since.iter().position(|effect| matches!(effect, Effect::Clear)).unwrap();
    let cancel = since
        .iter()
        .position(|effect| matches!(effect, Effect::Tell(_, ClientEvent::CancelResponse { .. })))
        .unwrap();
    assert!(clear < cancel, "the caller's silence comes first");
    let cut = told(&since).into_iter().find_map(|event| match event {
        ClientEvent::Truncate { audio_end_ms, content_index: 0, .. } => Some(audio_end_ms),
        _ => None,
    });
    // One segment was echoed, and the clock goes no further than the next mark.
    assert_eq!(cut, Some(240));
    story.more(&id, "late", 240);
    assert!(
        !story.all[before..].iter().any(|effect| matches!(effect, Effect::Play(_))),
        "late sound is dropped"
    );
    story.end_reply(&id, ResponseStatus::Cancelled, Some("client_cancelled"), vec![]);
    let asked_before = story.asked().len();
    story.turn_ends("u2");
    assert_eq!(story.asked().len(), asked_before + 1);
    let turn = story.kept_turns().into_iter().find(|turn| turn.text.starts_with("We are open")).unwrap();
    assert_eq!(turn.heard.as_deref(), Some("We"), "240 ms are a word and a bit");
}

#[test]
fn parts_not_heard_at_all_are_deleted_and_those_heard_are_left() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.reply("first", 240);
    story.caller_says("u2", "More");
    // The first answer was heard, the second has just been queued.
    story.heard_all();
    story.reply("second", 240);
    let before = story.all.len();
    story.model(ServerEvent::SpeechStarted { item_id: "u3".into(), audio_start_ms: 0 });
    for _ in 0..15 {
        story.give(Input::CallerAudio {
            position_ms: 0,
            audio: Audio::new("A".repeat(216)),
            level: Some(-20),
        });
    }
    let told = told(&story.all[before..]);
    assert!(
        matches!(&told[..], [ClientEvent::Delete { item_id }] if item_id == "item_of_resp_3"),
        "{told:?}"
    );
}

#[test]
fn sound_is_cleared_also_when_the_reply_was_all_sent_long_ago() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.reply("A long answer that is still being heard.", 2_400);
    let before = story.all.len();
    story.speech_starts("u2");
    story.frames(500, -20);
    let since = &story.all[before..];
    assert!(since.iter().any(|effect| matches!(effect, Effect::Clear)));
    let told = told(since);
    assert!(told.iter().any(|event| matches!(event, ClientEvent::Truncate { .. })));
    assert!(
        !told.iter().any(|event| matches!(event, ClientEvent::CancelResponse { .. })),
        "nothing is active"
    );
}

#[test]
fn a_zero_delay_stops_the_agent_at_the_first_sign_of_speech() {
    let mut story = Story::greeted_with(crate::flow::FlowSettings { interruption_delay_ms: 0, ..settings() });
    story.caller_says("u1", "Hello");
    story.reply("An answer.", 1_200);
    let effects = story.speech_starts("u2").to_vec();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Clear)));
}

#[test]
fn a_short_word_that_outlasts_the_agent_is_a_turn() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.reply("Is that right?", 240);
    story.speech_starts("u2");
    story.frames(100, -20);
    story.heard_all();
    let before = story.asked().len();
    story.frames(100, -20);
    story.turn_ends("u2");
    assert_eq!(story.asked().len(), before + 1);
    assert_eq!(story.flow.analytics().interruptions_rejected, 0);
}

#[test]
fn a_caller_who_goes_on_before_the_answer_sounds_gets_one_answer_to_all_of_it() {
    let mut story = Story::greeted();
    story.caller_says("u1", "My tap leaks");
    story.model(ServerEvent::ResponseCreated { response_id: "r".into() });
    let before = story.all.len();
    story.speech_starts("u2");
    story.frames(500, -20);
    assert_eq!(told(&story.all[before..]), [ClientEvent::CancelResponse { response_id: Some("r".into()) }]);
    story.end_reply("r", ResponseStatus::Cancelled, None, vec![]);
    story.turn_ends("u2");
    assert_eq!(asked(&story.all[before..]).len(), 1);
}

#[test]
fn gaps_in_the_callers_stream_are_filled_with_silence() {
    let mut story = Story::ready();
    story.give(Input::CallerAudio { position_ms: 0, audio: sound(30), level: None });
    let effects = story.give(Input::CallerAudio { position_ms: 530, audio: sound(30), level: None }).to_vec();
    assert!(matches!(effects[..], [Effect::HearSilence(500), Effect::Hear(_)]));
    let effects =
        story.give(Input::CallerAudio { position_ms: 90_000, audio: sound(30), level: None }).to_vec();
    assert!(matches!(effects[..], [Effect::HearSilence(10_000), Effect::Hear(_)]));
    let effects = story.give(Input::CallerAudio { position_ms: 10, audio: sound(30), level: None }).to_vec();
    assert!(matches!(effects[..], [Effect::Hear(_)]), "a clock that jumps back is no gap");
}

#[test]
fn a_leg_that_falls_silent_in_mid_speech_gets_a_second_of_silence_once() {
    let mut story = Story::greeted();
    story.speech_starts("u1");
    story.frames(200, -20);
    let pads: Vec<_> =
        story.pass(5_000).iter().filter(|effect| matches!(effect, Effect::HearSilence(_))).cloned().collect();
    assert_eq!(pads, [Effect::HearSilence(1_000)]);
    let position = 200 + 5_000;
    let effects =
        story.give(Input::CallerAudio { position_ms: position, audio: sound(30), level: None }).to_vec();
    assert_eq!(effects[0], Effect::HearSilence(4_000), "what was put in ahead is not put in again");
}

#[test]
fn keys_pressed_reach_the_model_together() {
    let mut story = Story::greeted();
    for digit in "204".chars() {
        story.now += 200;
        story.give(Input::Digit(digit));
    }
    let before = story.all.len();
    story.pass(2_000);
    let told = told(&story.all[before..]);
    assert!(matches!(&told[0], ClientEvent::Message { text, .. } if text.contains("204")), "{told:?}");
    assert_eq!(asked(&story.all[before..]).len(), 1);
}

#[test]
fn where_the_wait_for_an_answer_went_is_measured_by_turn() {
    let mut story = Story::greeted();
    story.speech_starts("u1");
    story.frames(1_000, -20);
    story.now += 500;
    story.model(ServerEvent::SpeechStopped { item_id: "u1".into(), audio_end_ms: 1_000 });
    story.now += 3;
    story.model(ServerEvent::Committed { item_id: "u1".into() });
    story.now += 250;
    story.begin_reply("Yes.", 120);
    let turn = story.flow.analytics().turns[0];
    assert_eq!((turn.ours_ms, turn.model_ms, turn.playback_ms), (0, 250, 0));
    assert_eq!(
        turn.vad_ms,
        3 + 500,
        "the server waits for 500 ms of silence before it says that speech stopped"
    );
}

#[test]
fn a_short_word_in_the_agents_thinking_pause_is_part_of_what_was_said() {
    let mut story = Story::greeted();
    story.caller_says("u1", "Five five five");
    story.model(ServerEvent::ResponseCreated { response_id: "r".into() });
    let before = story.all.len();
    story.speech_starts("u2");
    story.frames(120, -20);
    story.turn_ends("u2");
    assert_eq!(told(&story.all[before..]), [ClientEvent::CancelResponse { response_id: Some("r".into()) }]);
    story.end_reply("r", ResponseStatus::Cancelled, None, vec![]);
    assert_eq!(asked(&story.all[before..]).len(), 1, "one answer to both");
}
