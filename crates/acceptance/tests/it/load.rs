//! Many calls at once, and what they leave behind.

use std::time::{Duration, Instant};
use studioconnect_acceptance::{Ended, TestApp};
use studioconnect_domain::call::{CallStatus, EndReason};
use studioconnect_simulators::phone::{Dial, Source, Step};
use studioconnect_simulators::realtime::{Brain, HeardSound, SessionReport};
use studioconnect_simulators::speech::sound_of;

const CALLS: usize = 20;
/// Turns of a call; with the agent's answers they last a minute.
const TURNS: u32 = 10;
const CALLS_IN_A_ROUND: usize = 10;
/// What a round of calls may leave in memory: the simulators keep reports of every call.
const ROUND_MOST: u64 = 12 << 20;
/// Frames on their way when a call ends.
const LATE: u64 = 10;

const TOPICS: [&str; CALLS] = [
    "roof", "sink", "boiler", "gutter", "shower", "drain", "tiles", "pump", "heater", "pipes", "valve",
    "meter", "basin", "tank", "filter", "hose", "toilet", "kitchen", "garden", "cellar",
];

fn sentence(at: usize) -> String {
    format!("My {} needs somebody to look at it soon.", TOPICS[at])
}

fn conversation(at: usize, turns: u32) -> Vec<Step> {
    let turn = vec![Step::Say(sentence(at)), Step::wait_for_agent(300), Step::wait_quiet(600)];
    vec![
        Step::wait_for_agent(300),
        Step::wait_quiet(600),
        Step::Loop(turns, turn.into()),
        Step::wait_quiet(800),
        Step::HangUp,
    ]
}

/// Pages of this process that are in memory, in bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

async fn calls(app: &TestApp, count: usize, turns: u32, speed: f32) -> anyhow::Result<Vec<Ended>> {
    let calls = (0..count).map(|at| async move {
        // They do not all ring in the same moment.
        tokio::time::sleep(Duration::from_millis(37 * at as u64)).await;
        let dial = app.dial(conversation(at, turns))?;
        let from = format!("+120655501{at:02}");
        app.make(Dial { from, speed, keep_audio: turns == TURNS, ..dial }).await
    });
    futures_util::future::join_all(calls).await.into_iter().collect()
}

/// Asserts that the caller heard exactly what the model said, byte for byte: nothing lost, doubled or out of order.
fn assert_heard_whole(ended: &Ended, session: &SessionReport) {
    let spans = ended.report.heard_spans.iter().filter(|span| span.source == Source::Stream);
    let heard: Vec<u8> =
        spans.flat_map(|span| &ended.report.heard[span.start as usize..span.end as usize]).copied().collect();
    let said: Vec<u8> =
        session.responses.iter().flat_map(|response| sound_of(&response.words).into_owned()).collect();
    assert!(
        !said.is_empty() && heard == said,
        "{} bytes were said and {} heard, or others",
        said.len(),
        heard.len()
    );
    assert_eq!(ended.report.bytes_received, said.len() as u64);
    assert_eq!(ended.report.frames_received, ended.call.analytics.audio_packets_sent);
    assert_eq!(ended.report.payload_hashes.len() as u64, ended.report.frames_received);
}

/// Asserts that the model heard all that the caller said, and nobody else.
fn assert_understood(at: usize, ended: &Ended, session: &SessionReport) {
    assert_eq!(session.turns.len(), TURNS as usize, "call {at}");
    for turn in &session.turns {
        assert_eq!(turn.transcript, sentence(at), "call {at} hears somebody else");
        assert_eq!(turn.sounds.iter().map(HeardSound::missing).sum::<usize>(), 0, "call {at} lost frames");
    }
    let analytics = &ended.call.analytics;
    let received = analytics.audio_packets_received;
    assert!(received <= ended.report.frames_sent && received + LATE >= ended.report.frames_sent, "call {at}");
    assert_eq!(session.appended_ms, received * 20 + analytics.padded_ms, "call {at}");
    let faults = (analytics.faulty_frames, analytics.caller_audio_dropped_ms, analytics.model_errors);
    assert_eq!((faults, analytics.reconnects, analytics.padded_ms), ((0, 0, 0), 0, 0), "call {at}");
}

/// Rows 27, 28, 46. Regressions 12, 14, 17. Twenty calls for a minute after three short rounds that show whether memory
/// stays where it is.
#[tokio::test]
async fn under_load_no_frame_is_lost_and_nothing_stays_behind() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.realtime.brain = Brain::echo(Duration::from_millis(1_500));
        // Well ahead of the rounds, which are fast.
        setup.realtime.pace = 12.0;
        setup.variables.push(("RUST_LOG", "warn".to_owned()));
    })
    .await?;
    (0..CALLS).for_each(|at| app.stage.realtime.register_utterance(&sentence(at)));
    let mut levels = Vec::new();
    for _ in 0..3 {
        calls(&app, CALLS_IN_A_ROUND, 1, 4.0).await?;
        app.empty().await?;
        levels.push(resident());
    }
    let grown = levels[2].saturating_sub(levels[1]);
    assert!(grown <= ROUND_MOST, "memory after each round: {levels:?}");

    let earlier = app.stage.realtime.sessions().len();
    let began = Instant::now();
    let ended = calls(&app, CALLS, TURNS, 1.0).await?;
    let gone = app.empty().await?;
    assert!(gone <= Duration::from_secs(1), "something was left for {gone:?}");
    assert!(began.elapsed() >= Duration::from_secs(55), "the calls were too short: {:?}", began.elapsed());

    let sessions = app.stage.realtime.sessions().split_off(earlier);
    assert_eq!((ended.len(), sessions.len()), (CALLS, CALLS));
    for (at, ended) in ended.iter().enumerate() {
        assert_eq!(ended.report.script_failures, Vec::<String>::new(), "call {at}");
        assert_eq!(
            (ended.call.status, ended.call.end_reason),
            (CallStatus::Completed, Some(EndReason::CallerHungUp)),
            "call {at}"
        );
        let own = sessions.iter().find(|session| session.turns[0].transcript == sentence(at)).unwrap();
        assert_heard_whole(ended, own);
        assert_understood(at, ended, own);
        assert_eq!(ended.said(studioconnect_domain::transcript::Speaker::Caller).len(), TURNS as usize);
    }
    let phone = app.stage.server.state.phone.as_ref().unwrap();
    let failed = phone.switchboard.counters().failed_calls.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!((failed, phone.scribe.state().given_up), (0, 0));
    app.end().await
}
