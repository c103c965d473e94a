//! What happens in each call: the same for phone and model, from the numbers of call and reply alone.

use std::time::Duration;

/// One reply of the agent, and what the caller does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scripted {
    /// How long the agent speaks, in ms; 0 is a reply that only calls a tool.
    pub(super) says_ms: u32,
    /// The model sends all of it at once.
    pub(super) is_burst: bool,
    /// What the caller does.
    pub(super) caller: Caller,
}

/// What the caller does while the agent speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Hears it out and then answers.
    Waits,
    /// Interrupts after hearing so much.
    Interrupts(Duration),
    /// Coughs after hearing so much, which is no interruption; hears the rest out and then answers.
    Coughs(Duration),
}

/// Calls differ by this much in when they interrupt, so that a hundred callers do not speak with one voice.
const SPREAD_MS: u32 = 700;
const STRIDE: u32 = 37;

/// The reply with this number, 0 being the greeting.
pub(super) fn scripted(call: u32, reply: u32) -> Scripted {
    let spread = call.wrapping_mul(STRIDE).wrapping_add(reply.wrapping_mul(101)) % SPREAD_MS;
    let after = |ms: u32| Duration::from_millis(u64::from(ms + spread));
    let kind = if reply == 0 { 0 } else { 1 + (reply - 1 + call) % 5 };
    let (says_ms, is_burst, caller) = match kind {
        0 | 1 => (2_400, false, Caller::Waits),
        2 => (8_040, false, Caller::Interrupts(after(1_000))),
        3 => (0, false, Caller::Waits),
        4 => (9_000, true, Caller::Interrupts(after(700))),
        _ => (4_200, false, Caller::Coughs(after(700))),
    };
    Scripted { says_ms, is_burst, caller }
}

/// Length of the next piece of sound of a reply, in ms: what Realtime servers send, a short one first. Multiples of 3 ms, so
/// that base64 needs no padding in either format.
pub(super) fn piece_ms(number: u32, is_burst: bool) -> u32 {
    match (is_burst, number % 4) {
        (true, _) => 600,
        (false, 0) => 102,
        (false, 1) => 150,
        (false, 2) => 198,
        (false, _) => 120,
    }
}

/// The longest of them.
pub(super) const PIECE_MOST_MS: usize = 600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_need_no_padding_and_stay_below_the_longest() {
        for (number, is_burst) in (0..8).flat_map(|number| [(number, false), (number, true)]) {
            let ms = piece_ms(number, is_burst);
            assert!(ms.is_multiple_of(3) && ms as usize <= PIECE_MOST_MS);
        }
    }

    #[test]
    fn every_call_is_greeted_and_then_meets_everything() {
        for call in 0..10 {
            assert_eq!(scripted(call, 0).caller, Caller::Waits);
            let replies: Vec<_> = (1..=5).map(|reply| scripted(call, reply)).collect();
            let count =
                |test: fn(&Caller) -> bool| replies.iter().filter(|reply| test(&reply.caller)).count();
            assert_eq!(count(|caller| matches!(caller, Caller::Interrupts(_))), 2);
            assert_eq!(count(|caller| matches!(caller, Caller::Coughs(_))), 1);
            assert_eq!(replies.iter().filter(|reply| reply.says_ms == 0).count(), 1);
        }
    }
}
