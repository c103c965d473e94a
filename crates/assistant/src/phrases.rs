//! Sentences the agent says for us rather than by its own judgement.

/// The caller is silent.
pub const STILL_THERE: &str = "Are you still there?";
/// A tool takes its time.
pub const ONE_MOMENT: &str = "One moment, please.";
/// The longest call is near.
pub const ONE_MINUTE_LEFT: &str = "You have one minute left on this call.";
/// The last words when the agent has none of its own.
pub const GOODBYE: &str = "Thank you for calling. Goodbye!";
/// The provider would not say it.
pub const DECLINE: &str = "I am sorry, I cannot help with that. Is there anything else I can do for you?";
/// Told to the agent of a session that was opened in mid-call.
pub const RESUMED: &str = "The line to you was lost for a moment. Apologise in a few words and go on where you were. \
    Do not greet again.";
/// Told to the agent whose last reply hit a limit.
pub const CONTINUE: &str = "Your last reply was cut off. Finish it, beginning with the next word.";

/// Wording for a reply with a fixed text. The sentence stands in double quotes, so double quotes within it become single.
pub fn say_exactly(sentence: &str) -> String {
    format!("Say exactly this to the caller and nothing else: \"{}\"", sentence.trim().replace('"', "'"))
}

/// Wording for one of our own sentences, in the language of the call. Ours are English.
pub fn say(sentence: &str, language: Option<&str>) -> String {
    match language {
        Some("en") => say_exactly(sentence),
        Some(code) => format!(
            "Say this to the caller in the language with the ISO 639-1 code {code}, and nothing else: \"{sentence}\""
        ),
        None => format!(
            "Say this to the caller in the language of the conversation, and nothing else: \"{sentence}\""
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_with_quotes_stays_one_sentence() {
        assert_eq!(
            say_exactly("We are \"Acme\"."),
            "Say exactly this to the caller and nothing else: \"We are 'Acme'.\""
        );
    }

    #[test]
    fn our_own_sentences_are_said_in_the_callers_language() {
        assert!(say(STILL_THERE, Some("es")).contains("code es"));
        assert_eq!(say(STILL_THERE, Some("en")), say_exactly(STILL_THERE));
    }
}
