//! What holds in any order of events.

use super::world::{Step, World};
use crate::flow::{CallFlow, Input};
use proptest::prelude::*;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<u8>().prop_map(Step::Voice),
        2 => any::<u8>().prop_map(Step::Quiet),
        4 => Just(Step::SpeechStarts),
        4 => Just(Step::TurnEnds),
        2 => Just(Step::Announce),
        6 => Just(Step::ServerBegins),
        6 => any::<u8>().prop_map(Step::ServerSounds),
        5 => Just(Step::ServerDone),
        1 => Just(Step::ServerCalls),
        1 => Just(Step::ServerFails),
        1 => Just(Step::ServerCutShort),
        5 => any::<u8>().prop_map(Step::PhonePlays),
        3 => any::<u16>().prop_map(Step::Pass),
        1 => Just(Step::SessionLost),
        4 => Just(Step::SessionOpens),
        3 => Just(Step::ToolAnswers),
        2 => any::<u8>().prop_map(Step::Junk),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// No cancel without an active reply, no second reply, no cut beyond what was made, every sound of a living reply out
    /// once and in order, every frame of the caller heard in order: the world asserts them all at each step. And whatever
    /// happened, time alone ends the call.
    #[test]
    fn the_one_reply_is_never_raced_and_every_call_ends(steps in prop::collection::vec(step(), 0..160)) {
        let mut world = World::new();
        for step in steps {
            if world.over {
                break;
            }
            world.step(step);
        }
        let dropped = world.flow.analytics().caller_audio_dropped_ms / 20;
        prop_assert!(world.frames_heard + dropped <= world.frames_sent);
        world.pass(200_000);
        prop_assert!(world.over, "still open after its longest time: {:?}", world.flow);
        prop_assert_eq!(world.flow.wake_at(), None);
    }
}

#[test]
fn a_thousand_turns_with_interruptions_break_no_rule() {
    let mut world = World::new();
    world.step(Step::SessionOpens);
    for turn in 0..1_000_u32 {
        for step in [
            Step::ServerBegins,
            Step::ServerSounds(10),
            if turn % 3 == 0 { Step::ServerDone } else { Step::ServerSounds(3) },
            Step::PhonePlays(4),
            Step::SpeechStarts,
            if turn % 2 == 0 { Step::Voice(25) } else { Step::Voice(8) },
            Step::TurnEnds,
            Step::Announce,
            Step::ServerDone,
            Step::PhonePlays(11),
            Step::PhonePlays(11),
        ] {
            if world.over {
                // The longest call is over; the next caller rings.
                world = World::new();
                world.step(Step::SessionOpens);
            }
            world.step(step);
        }
    }
}

/// Two runs over the same inputs give the same effects, and what is written of the inputs is enough for that.
#[test]
fn a_call_replays_from_its_written_inputs() {
    use super::story::{Story, settings};
    let mut story = Story::greeted();
    story.caller_says("u1", "Hello");
    story.reply("We are open from eight to six.", 1_200);
    story.speech_starts("u2");
    story.frames(500, -20);
    let inputs = [
        Input::StreamStarted,
        Input::ModelConnected,
        Input::CallerAudio { position_ms: 0, audio: super::story::sound(30), level: Some(-20) },
        Input::Mark("0-1".into()),
        Input::Tick,
        Input::StreamStopped,
    ];
    let (mut live, mut replayed) = (CallFlow::new(settings(), 0), CallFlow::new(settings(), 0));
    for (at, input) in inputs.into_iter().enumerate() {
        let line = serde_json::to_string(&input).unwrap();
        let read: Input = serde_json::from_str(&line).unwrap();
        let first = serde_json::to_string(&live.handle(input.clone(), at as u64)).unwrap();
        let second = serde_json::to_string(&replayed.handle(read, at as u64)).unwrap();
        assert_eq!(first, second);
    }
}
