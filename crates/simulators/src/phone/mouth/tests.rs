use super::*;

/// Runs `ticks` ticks with the agent heard as `heard` says, and lists what was done at which tick.
fn run(script: Vec<Step>, ticks: u64, heard: impl Fn(u64) -> Senses) -> (Vec<(u64, Act)>, Mouth) {
    let mut mouth = Mouth::new(script.into(), true);
    let mut acts = Vec::new();
    for tick in 0..ticks {
        let senses = Senses { now_ms: tick * 20, ..heard(tick) };
        acts.extend(mouth.tick(senses).acts.into_iter().map(|act| (tick, act)));
    }
    (acts, mouth)
}

#[test]
fn words_take_their_time_and_are_on_the_tape() {
    let text = "The boiler makes a noise like a kettle.";
    let sound = speech::sound_of(text);
    let ticks = sound.len().div_ceil(FRAME) as u64;
    let (acts, mouth) = run(vec![Step::say(text), Step::HangUp], ticks + 1, |_| Senses::default());
    let finished = Act::Finished { text: text.to_owned() };
    let expected = [(0, Act::Begins(text.to_owned())), (ticks, finished), (ticks, Act::HangUp)];
    assert_eq!(acts, expected);
    let (tape, said) = mouth.finish();
    assert_eq!(tape[..sound.len()], *sound);
    assert_eq!((said[0].start_ms, said[0].end_ms), (0, ticks * 20));
}

#[test]
fn keys_are_pressed_200_ms_apart() {
    let (acts, _) = run(vec![Step::Press("1#".to_owned()), Step::HangUp], 30, |_| Senses::default());
    let expected = [(0, Act::Digit('1')), (10, Act::Digit('#')), (20, Act::HangUp)];
    assert_eq!(acts, expected);
}

#[test]
fn waits_look_at_what_is_heard() {
    let script =
        vec![Step::wait_for_agent(100), Step::wait_agent_speaking(300), Step::wait_quiet(500), Step::HangUp];
    let (acts, _) = run(script, 100, |tick| Senses {
        heard_ms: tick * 20,
        utterance_ms: (tick < 30).then_some(tick * 20),
        quiet_ms: tick.saturating_sub(30) * 20,
        ..Senses::default()
    });
    assert_eq!(acts, [(55, Act::HangUp)]);
}

#[test]
fn a_wait_in_vain_is_noted_and_the_script_goes_on() {
    let script = vec![Step::WaitForAgent { at_least_ms: 1, timeout_ms: 100 }, Step::HangUp];
    let (acts, _) = run(script, 10, |_| Senses::default());
    let failed = Act::Failed("wait-for-agent: waited in vain".to_owned());
    assert_eq!(acts, [(5, failed), (5, Act::HangUp)]);
}

#[test]
fn a_gap_loses_frames_and_loops_repeat() {
    let script = vec![Step::Loop(2, vec![Step::DropMedia(40), Step::Wait(20)].into())];
    let mut mouth = Mouth::new(script.into(), true);
    let frames: Vec<Frame> = (0..7)
        .map(|tick| {
            let now_ms = tick * 20;
            mouth.tick(Senses { now_ms, ..Senses::default() }).frame
        })
        .collect();
    let (lost, quiet) = (Frame::Lost, Frame::Quiet);
    assert_eq!(frames, [lost, lost, quiet, lost, lost, quiet, quiet]);
}

#[test]
fn a_loop_without_time_in_it_does_not_hold_the_call() {
    let script = vec![Step::Loop(u32::MAX, vec![Step::Dtx(true)].into())];
    let (acts, mouth) = run(script, 3, |_| Senses::default());
    assert!(acts.is_empty());
    assert!(mouth.dtx);
}
