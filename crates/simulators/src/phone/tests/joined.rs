use super::*;
use crate::speech;

const PLUMBER: &str = "+12125550160";
const NEIGHBOUR: &str = "+12125550161";

/// Whether the words were heard on the line, whole.
fn heard(report: &CallReport, words: &str) -> bool {
    let sound = speech::sound_of(words);
    report.heard.windows(sound.len()).any(|part| part == &*sound)
}

#[tokio::test]
async fn dial_joins_the_one_who_accepts_the_whisper() {
    let dial_both = format!(
        "<Dial action='BASE/after' timeout='20'><Number url='BASE/whisper' statusCallback='BASE/leg' \
         statusCallbackEvent='answered completed'>{PLUMBER}</Number><Number>{NEIGHBOUR}</Number></Dial>"
    );
    let office = Office::open(&dial_both).await;
    office.answers(
        "/whisper",
        "<Gather numDigits='1' action='BASE/accepted'><Say>Press one.</Say></Gather><Hangup/>",
    );
    office.answers("/accepted", "");
    office.answers("/after", "<Say>Goodbye.</Say>");
    let network = network().await;
    let plumber = vec![
        Step::wait_for_agent(300),
        Step::Press("1".to_owned()),
        Step::Wait(1_000),
        Step::say("This is the plumber."),
        Step::Wait(2_500),
        Step::HangUp,
    ];
    network.answer_with(PLUMBER, Answerer::Script(plumber.into()));
    let report = call(&network, &office, vec![Step::wait_for_agent(300), Step::say("My sink leaks.")]).await;

    let after = &office.seen("/after")[0];
    assert_eq!(after.param("DialCallStatus"), Some("completed"));
    assert_eq!(after.param("DialBridged"), Some("true"));
    let leg = &network.reports_of_calls_to(PLUMBER, 1, Duration::from_secs(5)).await[0];
    assert_eq!(after.param("DialCallSid"), Some(leg.call_sid.as_str()));
    assert_eq!(leg.parent_sid.as_deref(), Some(report.call_sid.as_str()));
    assert!(report.heard_spans.iter().any(|span| span.source == Source::Bridge));
    assert!(leg.heard_spans.iter().any(|span| span.source == Source::Bridge));
    assert_eq!(report.words_heard(), ["Goodbye."]);
    let other = &network.reports_of_calls_to(NEIGHBOUR, 1, Duration::from_secs(5)).await[0];
    assert_eq!(other.status, "canceled");
    eventually("both statuses", || office.seen("/leg").len() == 2).await;
    assert_eq!(network.violations(), []);
}

#[tokio::test]
async fn a_machine_that_presses_nothing_is_no_answer() {
    let office = Office::open(&format!(
        "<Dial action='BASE/after'><Number url='BASE/whisper'>{PLUMBER}</Number></Dial>"
    ))
    .await;
    office.answers("/whisper", "<Gather numDigits='1' timeout='2' action='BASE/accepted'/><Hangup/>");
    office.answers("/after", "<Say>Nobody came.</Say>");
    let network = network().await;
    network.answer_with(PLUMBER, Answerer::Voicemail);
    let report = call(&network, &office, vec![]).await;
    let after = &office.seen("/after")[0];
    assert_eq!(
        (after.param("DialCallStatus"), after.param("DialBridged")),
        (Some("no-answer"), Some("false"))
    );
    assert_eq!(report.words_heard(), ["Nobody came."]);
}

#[tokio::test]
async fn a_busy_line_and_a_caller_who_leaves() {
    let office = Office::open(&format!("<Dial>{PLUMBER}</Dial><Say>All are busy.</Say>")).await;
    let network = network().await;
    network.answer_in_turn(PLUMBER, [Answerer::Busy, Answerer::NoAnswer]);
    let report = call(&network, &office, vec![]).await;
    assert_eq!(report.words_heard(), ["All are busy."]);
    let report = call(&network, &office, vec![Step::Wait(1_000), Step::HangUp]).await;
    assert_eq!(report.end, EndReason::CallerHungUp);
    let legs = network.reports_of_calls_to(PLUMBER, 2, Duration::from_secs(5)).await;
    assert_eq!(legs[1].status, "canceled");
}

#[tokio::test]
async fn two_calls_meet_in_a_conference() {
    let office = Office::open(
        "<Dial><Conference endConferenceOnExit='true' statusCallback='BASE/room' \
         statusCallbackEvent='start join leave end'>case 7</Conference></Dial>",
    )
    .await;
    let network = network().await;
    let mut one =
        dial(&office, vec![Step::Wait(1_500), Step::say("Who is there?"), Step::Wait(1_500), Step::HangUp]);
    one.speed = 2.0;
    let mut two = dial(&office, vec![Step::wait_for_agent(400), Step::WaitHangup { timeout_ms: 20_000 }]);
    two.speed = 2.0;
    let (one, two) = (network.dial(one), network.dial(two));
    let (one, two) = (one.finish().await, two.finish().await);
    assert!(heard(&two, "Who is there?"));
    assert!(!heard(&one, "Who is there?"));
    assert_eq!((one.end, two.end), (EndReason::CallerHungUp, EndReason::TwimlEnded));
    eventually("the room is told of", || office.seen("/room").len() >= 5).await;
    let first = office.seen("/room")[0].param("StatusCallbackEvent").unwrap().to_owned();
    assert_eq!(first, "conference-start");
}
