use super::*;

const FRAME: u64 = 20 * MS;

/// A caller, call 0, who hears `reply` from time 0 on, and talks until `stop` says so; gives the loud frames.
fn sounds(speaker: &mut Speaker, board: &Board, silent_at: u64, frames: u64) -> Vec<u64> {
    let mut loud = Vec::new();
    for frame in 0..frames {
        let now = frame * FRAME;
        if speaker.beat(now, silent_at, board).unwrap() {
            loud.push(frame);
            // The model hears after three frames.
            speaker.spoke(now, loud.len() > 3);
        }
    }
    loud
}

fn hearing(reply: u32) -> Speaker {
    let mut speaker = Speaker::new(0);
    speaker.hears(reply, 0);
    speaker
}

fn number_of(test: fn(Caller) -> bool) -> u32 {
    (1..=5).find(|reply| test(scripted(0, *reply).caller)).unwrap()
}

#[test]
fn a_polite_caller_answers_after_the_agent_and_a_pause() {
    let (mut speaker, board) = (hearing(0), Board::new(0));
    let loud = sounds(&mut speaker, &board, 1_000 * MS, 200);
    assert_eq!((loud[0], loud.len() as u32), (80, ANSWER + 3));
    assert!(matches!(speaker.state, State::Waits { .. }));
}

#[test]
fn nobody_answers_while_the_model_is_still_at_it() {
    let (mut speaker, board) = (hearing(0), Board::new(0));
    board.is_replying.store(true, Ordering::Release);
    assert!(sounds(&mut speaker, &board, 1_000 * MS, 200).is_empty());
}

#[test]
fn an_interruption_is_measured_from_the_frame_that_confirms_it() {
    let reply = number_of(|caller| matches!(caller, Caller::Interrupts(_)));
    let (mut speaker, board) = (hearing(reply), Board::new(0));
    let Caller::Interrupts(after) = scripted(0, reply).caller else { panic!() };
    let first = (after.as_nanos() as u64).div_ceil(FRAME);
    let loud = sounds(&mut speaker, &board, 60_000 * MS, first + u64::from(NEEDED) + 3);
    assert_eq!((loud[0], loud.len() as u32), (first, NEEDED + 3));
    let confirmed_at = loud.last().unwrap() * FRAME;
    assert_eq!(speaker.cleared(confirmed_at + 7), Cleared::After(7));
    assert_eq!(speaker.cleared(confirmed_at + 8), Cleared::Unasked, "once is enough");
    assert_eq!(speaker.missed(), 0);
}

#[test]
fn an_interruption_that_stops_nobody_is_missed() {
    let reply = number_of(|caller| matches!(caller, Caller::Interrupts(_)));
    let (mut speaker, board) = (hearing(reply), Board::new(0));
    sounds(&mut speaker, &board, 60_000 * MS, 300);
    assert_eq!(speaker.missed(), 1);
}

#[test]
fn a_cough_is_short_and_comes_once_and_must_clear_nothing() {
    let reply = number_of(|caller| matches!(caller, Caller::Coughs(_)));
    let (mut speaker, board) = (hearing(reply), Board::new(0));
    let loud = sounds(&mut speaker, &board, 60_000 * MS, 300);
    assert_eq!(loud.len() as u32, COUGH + 3);
    assert_eq!(speaker.cleared(7_000 * MS), Cleared::Unasked);
}

#[test]
fn a_caller_who_hears_nothing_was_failed() {
    let (mut speaker, board) = (Speaker::new(0), Board::new(0));
    assert!(speaker.beat(MS, 0, &board).is_ok());
    assert!(speaker.beat(SILENCE_LIMIT + 2 * MS, 0, &board).is_err());
}
