//! The committed recordings and what is said in them.
//!
//! `clips/clips.tsv` lists them, `scripts/render-clips` renders them; a test keeps this table and
//! that list the same.

use super::{Clip, Speaker};

macro_rules! recording {
    ($name:literal, $speaker:ident, $text:literal) => {
        Clip {
            name: $name,
            text: $text,
            speaker: Speaker::$speaker,
            ulaw: include_bytes!(concat!("../../clips/", $name, ".ulaw")),
        }
    };
}

/// Every recording: the agent's, Dana's (a lead call), then Sam's (a second caller).
pub(super) static CLIPS: &[Clip] = &[
    recording!(
        "greeting",
        Agent,
        "Thank you for calling Harbor Light Plumbing, this is Mia. How can I help you today?"
    ),
    recording!("agent-name", Agent, "I am sorry to hear that. May I have your name, please?"),
    recording!("agent-phone", Agent, "Thank you, Dana. What number can we reach you on?"),
    recording!("agent-address", Agent, "Got it. What is the address of the property?"),
    recording!("agent-problem", Agent, "Thank you. And what exactly is leaking, and since when?"),
    recording!(
        "agent-hours",
        Agent,
        "We are open Monday to Friday from eight to six, and we answer emergencies around the clock. We cover Portland and the towns around it, and a plumber usually calls back within one hour."
    ),
    recording!(
        "agent-callback",
        Agent,
        "Of course. I have noted everything: a plumber will call you back within the hour."
    ),
    recording!("agent-goodbye", Agent, "Thank you for calling Harbor Light Plumbing. Goodbye!"),
    recording!("agent-still-there", Agent, "Are you still there?"),
    recording!("agent-moment", Agent, "One moment, please."),
    recording!("agent-minute-left", Agent, "You have one minute left on this call."),
    recording!("caller-leak", Caller, "Hello, my kitchen tap is leaking."),
    recording!("caller-name", Caller, "My name is Dana Reyes."),
    recording!(
        "caller-phone",
        Caller,
        "You can reach me at two zero six, five five five, zero one four two."
    ),
    recording!("caller-address", Caller, "Twelve Harbor Street, Portland."),
    recording!("caller-hours", Caller, "When are you open?"),
    recording!("caller-interrupt", Caller, "Wait, sorry, can you just call me back today?"),
    recording!("caller-problem", Caller, "The kitchen tap, since this morning."),
    recording!("caller-goodbye", Caller, "No, that is all. Thank you, goodbye."),
    recording!("caller-yes", Caller, "Yes."),
    recording!("sam-quote", Caller, "Hi, I would like a quote for a new bathroom."),
    recording!("sam-name", Caller, "This is Sam Porter."),
    recording!("sam-phone", Caller, "Five zero three, five five five, zero one one seven."),
];
