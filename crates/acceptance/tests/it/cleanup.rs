//! What is left of a call when it is over: nothing.

use std::time::{Duration, Instant};
use studioconnect_acceptance::{Ended, TestApp};
use studioconnect_domain::call::{CallStatus, EndReason, Outcome};
use studioconnect_simulators::phone::{Dial, PhoneEventKind, Step};
use studioconnect_simulators::realtime::{Ending, Fault, FaultPlan};

/// Sound comes well ahead of a fast call, so that a busy machine leaves no gap in which a caller would begin to speak.
const AHEAD: f64 = 12.0;

/// How calls end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    CallerHangsUp,
    Goodbye,
    StreamBreaks,
    ModelIsLost,
    StatusCallback,
    Command,
}

const ALL: [How; 6] = [
    How::CallerHangsUp,
    How::Goodbye,
    How::StreamBreaks,
    How::ModelIsLost,
    How::StatusCallback,
    How::Command,
];

/// Makes a call and ends it in this way, in mid-sentence where that is possible.
async fn call_that_ends(app: &TestApp, how: How) -> anyhow::Result<Ended> {
    let heard = Step::wait_for_agent(600);
    let steps = match how {
        How::CallerHangsUp => vec![heard, Step::HangUp],
        How::Goodbye => vec![
            heard,
            Step::wait_quiet(400),
            Step::SayClip("caller-goodbye".into()),
            Step::WaitHangup { timeout_ms: 20_000 },
        ],
        // The network runs the verbs behind the stream until the caller has heard enough.
        How::StreamBreaks => vec![heard, Step::CloseSocketAbruptly, Step::wait_for_agent(600), Step::HangUp],
        How::ModelIsLost => vec![heard, Step::wait_quiet(200), Step::wait_for_agent(600), Step::HangUp],
        How::StatusCallback | How::Command => vec![Step::WaitHangup { timeout_ms: 60_000 }],
    };
    let dial = Dial { speed: 3.0, ..app.dial(steps)? };
    let mut call = app.stage.network.dial(dial);
    let mut events = call.events().unwrap();
    while !matches!(events.recv().await?.kind, PhoneEventKind::AgentSpeaks { .. }) {}
    let live = app.stage.server.state.phone.as_ref().unwrap().switchboard.live_calls();
    assert_eq!((live.len(), app.stage.realtime.live_sessions()), (1, 1), "{how:?}");
    match how {
        How::ModelIsLost => {
            let fault = Fault::Close { after: Duration::ZERO, how: Ending::Close(4000) };
            app.stage.realtime.set_faults(FaultPlan::of([fault.always()]));
        }
        How::StatusCallback => {
            let form = app.form(call.sid(), &[("CallStatus", "completed"), ("CallDuration", "3")]);
            assert_eq!(app.post("/api/voice/status", &form).await?.status, 204);
        }
        How::Command => {
            let switchboard = &app.stage.server.state.phone.as_ref().unwrap().switchboard;
            assert!(switchboard.end_call(live[0].business, live[0].id));
        }
        How::CallerHangsUp | How::Goodbye | How::StreamBreaks => {}
    }
    let ended = app.finish(call).await?;
    app.stage.realtime.set_faults(FaultPlan::default());
    Ok(ended)
}

fn end_of(how: How) -> EndReason {
    match how {
        How::CallerHangsUp | How::StatusCallback => EndReason::CallerHungUp,
        How::Goodbye => EndReason::Goodbye,
        How::StreamBreaks => EndReason::StreamLost,
        How::ModelIsLost => EndReason::ModelUnavailable,
        How::Command => EndReason::Ended,
    }
}

/// Rows 33, 46. Regressions 16, 17.
#[tokio::test]
async fn nothing_is_left_of_a_call_a_second_after_any_end() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    for how in ALL {
        let ended = call_that_ends(&app, how).await?;
        let took = app.empty().await?;
        assert!(took <= Duration::from_secs(1), "{how:?} left something for {took:?}");
        assert_eq!(ended.report.script_failures, Vec::<String>::new(), "{how:?}");
        assert_eq!((ended.call.status, ended.call.end_reason), (CallStatus::Completed, Some(end_of(how))));
        let session = app.stage.realtime.sessions().pop().unwrap();
        assert!(session.ended.is_some(), "{how:?} left a session of the model open");
        assert_eq!(app.stage.network.live_calls().len(), 0, "{how:?}");
    }
    // Each call had a session of its own.
    assert_eq!(app.stage.realtime.sessions().len(), ALL.len());
    app.end().await
}

/// Processor time of this process so far, in ticks of 10 ms.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The name may hold anything; utime and stime are the 12th and 13th fields after it (proc(5)).
    let (_, rest) = stat.rsplit_once(')').unwrap();
    let fields: Vec<&str> = rest.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Row 33. Regression 13: no task spins on a socket that is gone.
#[tokio::test]
async fn nothing_spins_after_a_call() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    for how in ALL {
        call_that_ends(&app, how).await?;
        app.empty().await?;
        // What the simulators still have to say to each other.
        tokio::time::sleep(Duration::from_millis(700)).await;
        let (before, began) = (ticks(), Instant::now());
        tokio::time::sleep(Duration::from_millis(500)).await;
        let used = ticks() - before;
        assert!(used <= 10, "{how:?}: {used} ticks of 10 ms in {:?} of doing nothing", began.elapsed());
    }
    app.end().await
}

/// Rows 33, 46. Regression 14: no socket, and no memory of one, is left behind.
#[tokio::test]
async fn rounds_of_calls_leave_no_open_files() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    let mut counts = Vec::new();
    for _ in 0..3 {
        for how in [How::CallerHangsUp, How::StreamBreaks, How::ModelIsLost, How::Command] {
            call_that_ends(&app, how).await?;
            app.empty().await?;
        }
        // The network's side of a closed stream waits for the closing handshake, at most two seconds.
        tokio::time::sleep(Duration::from_millis(2_200)).await;
        counts.push(open_files());
    }
    assert!(counts[2] <= counts[1] + 2, "{counts:?}");
    app.end().await
}

/// Row 33. Regression 23: a server that stops ends what it carries, and says so in the call's row.
#[tokio::test]
async fn a_server_that_stops_ends_its_calls_and_takes_no_new_ones() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    let mut call = app.stage.network.dial(app.dial(vec![Step::WaitHangup { timeout_ms: 60_000 }])?);
    let mut events = call.events().unwrap();
    while !matches!(events.recv().await?.kind, PhoneEventKind::AgentSpeaks { .. }) {}
    let switchboard = app.stage.server.state.phone.clone().unwrap().switchboard;
    let (ended_by_force, late) = tokio::join!(switchboard.drain(Duration::from_millis(600)), async {
        // Whoever rings meanwhile hears the business's words and may leave a message.
        app.post("/api/voice/inbound", &app.form("CA0000000000000000000000000000c001", &[])).await
    });
    assert_eq!(ended_by_force, 1);
    let late = late?;
    assert!(late.body.contains("cannot take your call") && late.body.contains("<Record"), "{}", late.body);
    let ended = app.finish(call).await?;
    assert_eq!((ended.call.status, ended.call.end_reason), (CallStatus::Completed, Some(EndReason::Ended)));
    assert_eq!(ended.call.outcome, Some(Outcome::Abandoned));
    app.end().await
}

/// Row 33. Regression 23: calls that end by themselves within the time are not cut.
#[tokio::test]
async fn a_server_that_stops_lets_calls_end_by_themselves() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    let steps = vec![Step::wait_for_agent(3_000), Step::HangUp];
    let mut call = app.stage.network.dial(app.dial(steps)?);
    let mut events = call.events().unwrap();
    while !matches!(events.recv().await?.kind, PhoneEventKind::AgentSpeaks { .. }) {}
    let switchboard = app.stage.server.state.phone.clone().unwrap().switchboard;
    assert_eq!(switchboard.drain(Duration::from_secs(20)).await, 0);
    let ended = app.finish(call).await?;
    assert_eq!(ended.call.end_reason, Some(EndReason::CallerHungUp));
    app.end().await
}
