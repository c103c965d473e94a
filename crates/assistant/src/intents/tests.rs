use super::*;

#[test]
fn courtesies_alone_are_what_is_meant_and_around_a_matter_they_are_nothing() {
    for (text, intent) in [
        ("Hello?", Intent::Greeting),
        ("Good morning, how are you today", Intent::Greeting),
        ("Okay great, thank you so much!", Intent::Thanks),
        ("Thanks, have a nice weekend, bye", Intent::Goodbye),
        ("Hola buenas, muchas gracias, hasta luego", Intent::Goodbye),
        ("Hi there, good morning, are you open on Saturday? Thanks!", Intent::AskHours),
        ("Okay", Intent::Affirm),
    ] {
        assert_eq!(guess(text, false).intent, intent, "{text}");
    }
}

#[test]
fn what_is_wanted_stands_behind_the_contrast() {
    let text = "I don't want to book anything yet, I just need to know what it costs";
    assert_eq!(guess(text, false).intent, Intent::AskPrice);
}

#[test]
fn confidence_is_a_share_and_nothing_is_other() {
    for text in ["", "?", "\0", "zxqv", "the of and", &"no ".repeat(3_000)] {
        let guess = guess(text, false);
        assert!((0.0..=1.0).contains(&guess.confidence), "{text}: {guess:?}");
    }
    assert_eq!(guess("", false).intent, Intent::Other);
}
