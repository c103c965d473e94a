//! What callers do in many tests.

use studioconnect_simulators::phone::Step;

/// Hears the agent out. A pause this long is no hole that a busy machine leaves in a sentence.
pub fn listen() -> Vec<Step> {
    vec![Step::wait_for_agent(100), Step::wait_quiet(700)]
}

/// Plays a recording and hears the answer out.
pub fn ask(clip: &str) -> Vec<Step> {
    [vec![Step::SayClip(clip.into())], listen()].concat()
}

/// Plays a recording and waits until the agent is so far into its answer.
pub fn ask_and_wait(clip: &str, into_answer_ms: u64) -> Vec<Step> {
    vec![Step::SayClip(clip.into()), Step::wait_agent_speaking(into_answer_ms)]
}
