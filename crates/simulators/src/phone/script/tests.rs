use proptest::prelude::*;

use super::{Script, Step};
use crate::speech;

fn parse(text: &str) -> Result<Script, String> {
    text.parse::<Script>().map_err(|error| error.to_string())
}

#[test]
fn every_kind_of_step_reads() {
    let name = speech::clips()[0].name;
    let text = format!(
        "# a day at the desk\n\
         wait-stream 5s\nwait-for-agent 500 10s\nwait-speaking 800\nwait-quiet\nsay My sink is #1 leaking.\n\
         clip {name}\nnoise 2s\nsilence 300ms\ntone 440 500\npress 12#\ndrop 400 # a gap\n\
         burst 300\ndtx on\ndtx off\n  loop 3\n wait 500\nend\ncut\nraw {{\"event\":1}}\n\
         binary 00fF\nwait-hangup 20s\nhangup\n"
    );
    let expected: Script = vec![
        Step::WaitForStream { timeout_ms: 5_000 },
        Step::WaitForAgent { at_least_ms: 500, timeout_ms: 10_000 },
        Step::wait_agent_speaking(800),
        Step::wait_quiet(500),
        Step::say("My sink is #1 leaking."),
        Step::SayClip(name.to_owned()),
        Step::Noise(2_000),
        Step::Silence(300),
        Step::Tone { hz: 440.0, ms: 500 },
        Step::Press("12#".to_owned()),
        Step::DropMedia(400),
        Step::Burst(300),
        Step::Dtx(true),
        Step::Dtx(false),
        Step::Loop(3, vec![Step::Wait(500)].into()),
        Step::CloseSocketAbruptly,
        Step::SendRaw("{\"event\":1}".to_owned()),
        Step::SendBinary(vec![0x00, 0xFF]),
        Step::WaitHangup { timeout_ms: 20_000 },
        Step::HangUp,
    ]
    .into();
    assert_eq!(parse(&text), Ok(expected));
}

#[test]
fn loops_nest() {
    let inner: Script = vec![Step::Wait(1)].into();
    let outer: Script = vec![Step::Loop(2, inner), Step::HangUp].into();
    assert_eq!(parse("loop 4\nloop 2\nwait 1\nend\nhangup\nend"), Ok(vec![Step::Loop(4, outer)].into()));
}

#[test]
fn a_mistake_names_its_line() {
    for (text, expected) in [
        ("wait 5\nsing", "line 2: unknown step `sing`"),
        ("\n\nwait long", "line 3: `long` is no time in milliseconds"),
        ("wait 99999999999s", "line 1: `99999999999s` is no time in milliseconds"),
        ("say", "line 1: a text is missing"),
        ("press x", "line 1: `x` are no telephone keys"),
        ("clip nobody-said-this", "line 1: there is no recording called `nobody-said-this`"),
        ("dtx perhaps", "line 1: dtx is on or off"),
        ("binary 0", "line 1: `0` are no pairs of hexadecimal digits"),
        ("hangup now", "line 1: nothing may follow here, not `now`"),
        ("loop 2\nwait 1", "line 2: a loop without its end"),
        ("end", "line 1: end without a loop"),
        ("wait-quiet 1 2 3", "line 1: nothing may follow here, not `3`"),
        ("tone 440", "line 1: a tone is `tone HERTZ MS`"),
    ] {
        assert_eq!(parse(text), Err(expected.to_owned()), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "(?s).{0,200}") {
        let _ = text.parse::<Script>();
    }
}
