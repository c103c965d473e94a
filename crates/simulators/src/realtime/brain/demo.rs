//! The receptionist of Harbor Light Plumbing.

use serde_json::json;

use super::Rule;

const ASK_NAME: &str = "I am sorry to hear that. May I have your name, please?";
const ASK_ADDRESS: &str = "Got it. What is the address of the property?";
const HOURS: &str = "We are open Monday to Friday from eight to six, and we answer emergencies around the \
     clock. We cover Portland and the towns around it, and a plumber usually calls back within one hour.";
const NOTED: &str = "Of course. I have noted everything: a plumber will call you back within the hour.";
const GOODBYE: &str = "Thank you for calling Harbor Light Plumbing. Goodbye!";

/// The answers to every recording of a caller.
pub(super) fn rules() -> Vec<Rule> {
    let rules = vec![
        Rule::heard("that is all", GOODBYE).calling("end_call", json!({})),
        saving("kitchen tap is leaking", "q4", "The kitchen tap is leaking", ASK_NAME),
        saving("dana reyes", "q1", "Dana Reyes", "Thank you, Dana. What number can we reach you on?"),
        saving("two zero six, five five five, zero one four two", "q2", "206 555 0142", ASK_ADDRESS),
        saving("twelve harbor street", "q3", "12 Harbor Street, Portland", NOTED),
        saving("since this morning", "q4", "The kitchen tap, since this morning", NOTED),
        Rule::heard("when are you open", HOURS),
        Rule::heard("call me back today", NOTED),
        Rule::heard("yes", "One moment, please."),
        Rule::heard("quote for a new bathroom", "Of course. May I have your name, please?"),
        saving("sam porter", "q1", "Sam Porter", "Thank you, Sam. What number can we reach you on?"),
        saving("five zero three, five five five, zero one one seven", "q2", "503 555 0117", ASK_ADDRESS),
        Rule::replayed("Sorry, we were cut off for a second. Please go on."),
    ];
    rules.into_iter().map(Rule::repeat).collect()
}

/// Saves an answer, and says the next thing once it is saved.
fn saving(words: &str, question: &str, answer: &str, then: &str) -> Rule {
    Rule::heard(words, "")
        .calling("save_answer", json!({ "question": question, "answer": answer }))
        .then_say(then)
}
