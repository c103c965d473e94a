use serde_json::json;

use super::*;
use crate::speech::{Speaker, clips, sound_of};

fn hearing(words: &str) -> Cue<'_> {
    Cue { heard: Some(words), ..Cue::default() }
}

#[test]
fn a_quoted_sentence_is_said_exactly() {
    let mut mind = Mind::new(Brain::demo());
    let say = |mind: &mut Mind, instructions| {
        mind.reply(&Cue {
            instructions: Some(instructions),
            session_instructions: "Never say \"maybe\".",
            heard: Some("when are you open"),
            ..Cue::default()
        })
        .say
    };
    assert_eq!(
        say(&mut mind, "Say exactly: \"Are you still there?\" and nothing else."),
        "Are you still there?"
    );
    assert_eq!(say(&mut mind, "Never say \"maybe\".\nSay “Good day!”"), "Good day!");
    assert!(say(&mut mind, "Answer briefly.").starts_with("We are open Monday"));
}

#[test]
fn rules_are_used_once_unless_they_repeat() {
    let once = Rule::heard("price", "Forty.");
    let again = Rule::heard("price", "Forty, as I said.").repeat();
    let mut mind = Mind::new(Brain::Script(vec![once, again]));
    let said: Vec<String> = (0..3).map(|_| mind.reply(&hearing("What PRICE is it?")).say).collect();
    assert_eq!(said, ["Forty.", "Forty, as I said.", "Forty, as I said."]);
    assert_eq!(mind.reply(&hearing("")).say, NOT_UNDERSTOOD);
    assert_eq!(mind.reply(&hearing("Hello?")).say, UNDERSTOOD);
}

#[test]
fn what_follows_tools_waits_for_their_answers() {
    let rule = Rule::heard("tap", "").calling("save_answer", json!({"question": "q4"})).then_say("Noted.");
    let mut mind = Mind::new(Brain::Script(vec![rule, Rule::otherwise("Hm.")]));
    let reply = mind.reply(&hearing("the tap"));
    assert_eq!((reply.say.as_str(), reply.calls[0].name.as_str()), ("", "save_answer"));
    let answered = Cue { tools_answered: true, ..Cue::default() };
    assert_eq!(mind.reply(&answered).say, "Noted.");
    assert_eq!(mind.reply(&answered).say, "Hm.");
}

#[test]
fn a_replay_has_its_rule() {
    let mut mind = Mind::new(Brain::demo());
    let cue = Cue { replayed: true, ..Cue::default() };
    assert!(mind.reply(&cue).say.starts_with("Sorry, we were cut off"));
}

#[test]
fn the_receptionist_has_an_answer_to_every_recording_of_a_caller() {
    for clip in clips().iter().filter(|clip| clip.speaker == Speaker::Caller) {
        let reply = Mind::new(Brain::demo()).reply(&hearing(clip.text));
        assert!(reply.say != UNDERSTOOD && reply.say != NOT_UNDERSTOOD, "{}", clip.name);
        assert!(!reply.say.is_empty() || !reply.calls.is_empty(), "{}", clip.name);
    }
    let goodbye = Mind::new(Brain::demo()).reply(&hearing("No, that is all. Thank you, goodbye."));
    assert_eq!((goodbye.calls.len(), goodbye.say.ends_with("Goodbye!")), (1, true));
}

#[test]
fn an_echo_lasts_as_long_as_asked() {
    let mut mind = Mind::new(Brain::echo(Duration::from_secs(5)));
    let ms = sound_of(&mind.reply(&hearing("")).say).len() / 8;
    assert!((4_500..=5_100).contains(&ms), "{ms} ms");
}
