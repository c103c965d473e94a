//! A thousand turns without one protocol error.

use anyhow::Result;
use futures_util::future::try_join_all;
use std::time::Duration;
use studioconnect_acceptance::TestApp;
use studioconnect_acceptance::steps::listen;
use studioconnect_simulators::phone::{Dial, Step};
use studioconnect_simulators::realtime::{Brain, Fault, FaultPlan, SessionReport};

/// Calls at one time.
const CALLS: usize = 16;
/// Rounds of three turns in each; the last of the three interrupts.
const ROUNDS: u32 = 22;
/// The greeting is a session's first reply; in each round the second of three is interrupted.
const INTERRUPTED: usize = 3;
/// How much faster than real time.
const SPEED: f32 = 4.0;

fn count(sessions: &[SessionReport], kind: &str) -> usize {
    sessions.iter().map(|session| session.events_of(kind).len()).sum()
}

/// Turns that were not refused.
fn kept_turns(session: &SessionReport) -> usize {
    session.turns.iter().filter(|turn| !session.deletions.contains(&turn.item_id)).count()
}

/// Row 38. Regressions 1 and 5. Its name gives it the machine to itself (`.config/nextest.toml`). No cancel without an active response, no second response beside one, no cut past the end.
#[tokio::test]
async fn a_load_of_a_thousand_turns_brings_no_protocol_error() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.agent.voice_greeting_message = "Hello.".into();
        setup.agent.vad.silence_duration_ms = 200;
        setup.agent.spend_cap_cents = 0;
        setup.realtime.brain = Brain::echo(Duration::from_millis(1_500));
        setup.realtime.response_delay = Duration::from_millis(15);
        // Half of the interrupted replies are long done, half are far from it. In between, a cancel and the server's word that
        // the reply is over may cross on the wire, which no client can prevent: seldom, and counted by the server.
        setup.realtime.pace = 1_000.0;
        let far_from_done = |round| Fault::SlowDeltas(2.0).always().at_response(INTERRUPTED * round);
        setup.realtime.faults = FaultPlan::of((2..=ROUNDS as usize).step_by(2).map(far_from_done));
    })
    .await?;
    let turn = || Step::SayClip("caller-yes".into());
    let round = vec![
        turn(),
        Step::wait_for_agent(100),
        Step::wait_quiet(150),
        turn(),
        Step::wait_agent_speaking(150),
        // Long enough for a machine that is behind: only what comes after the detector's word is measured.
        Step::Noise(1_600),
        // What is left of the interrupted reply is no answer.
        Step::Wait(300),
        Step::wait_for_agent(400),
        Step::wait_quiet(150),
    ];
    let script = [listen(), vec![Step::Loop(ROUNDS, round.into()), Step::HangUp]].concat();
    let dial = Dial { speed: SPEED, keep_audio: false, ..app.dial(script)? };
    let ended = try_join_all((0..CALLS).map(|_| app.make(dial.clone()))).await?;
    app.empty().await?;
    let sessions = app.stage.realtime.sessions();

    let turns: usize = sessions.iter().map(kept_turns).sum();
    assert!(turns >= 1_000, "only {turns} turns");
    let interrupted: u32 = ended.iter().map(|call| call.call.analytics.interruptions_confirmed).sum();
    assert!(interrupted as usize >= turns / 4, "only {interrupted} of {turns} turns interrupt");
    for call in &ended {
        assert_eq!(call.report.script_failures, Vec::<String>::new());
        assert_eq!(call.call.analytics.model_errors, 0, "{:?}", call.events_of("model_error"));
    }
    let cancelled = sessions.iter().flat_map(|session| &session.responses);
    let cancelled = cancelled.filter(|response| response.status == "cancelled").count();
    let crossed: usize = sessions.iter().map(|session| session.crossed_cancels).sum();
    assert_eq!(count(&sessions, "response.cancel"), cancelled + crossed, "a cancel came for nothing");
    assert!(crossed <= cancelled / 20, "{crossed} cancels came when all was over, {cancelled} in time");
    assert!(cancelled >= turns / 10, "only {cancelled} replies were interrupted while they were being made");
    assert!(cancelled <= interrupted as usize * 2 / 3, "{cancelled} of {interrupted} were being made");
    let responses: usize = sessions.iter().map(|session| session.responses.len()).sum();
    assert_eq!(count(&sessions, "response.create"), responses, "a response was asked for beside another one");
    app.end().await
}
