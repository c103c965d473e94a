//! The database is away in the middle of a call.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use studioconnect_acceptance::{RawDatabase, TestApp};
use studioconnect_domain::call::{EndReason, Outcome};
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::{Dial, PhoneEventKind, Step};
use studioconnect_voice::recording::replay;

/// Longer than SQLite waits for another's lock, and than the commit of a lead is waited for.
const AWAY: Duration = Duration::from_secs(8);
const OTHER_SID: &str = "CA0000000000000000000000000000f001";

/// Sound comes well ahead of a fast call, so that a busy machine leaves no gap in which a caller would begin to speak.
const AHEAD: f64 = 12.0;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens to this process, which is this test's own.
    fn listen() -> Self {
        let log = Self::default();
        let writer = log.clone();
        let started =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).try_init();
        assert!(started.is_ok(), "somebody else listens");
        log
    }

    fn lines_with(&self, words: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap()).lines().filter(|line| line.contains(words)).count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Row 116 (database). The call goes on, nothing is lost, and it is logged once. On PostgreSQL the lock is waited for
/// rather than refused, so there nothing is to be logged.
#[tokio::test]
async fn a_database_that_is_locked_in_mid_call_costs_neither_the_call_nor_a_word_of_it() -> anyhow::Result<()>
{
    let log = Log::listen();
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    let mut steps = vec![Step::wait_for_agent(300), Step::wait_quiet(500)];
    for clip in ["caller-leak", "caller-name"] {
        // "One moment, please." comes before the answer.
        steps.extend([Step::SayClip(clip.into()), Step::wait_for_agent(2_500), Step::wait_quiet(900)]);
    }
    for clip in ["caller-phone", "caller-address"] {
        steps.extend([Step::SayClip(clip.into()), Step::wait_for_agent(1_500), Step::wait_quiet(900)]);
    }
    steps.extend([Step::SayClip("caller-goodbye".into()), Step::WaitHangup { timeout_ms: 20_000 }]);
    let mut call = app.stage.network.dial(Dial { speed: 2.0, ..app.dial(steps)? });
    let mut events = call.events().unwrap();
    while !matches!(events.recv().await?.kind, PhoneEventKind::AgentPauses { .. }) {}

    let mut other_hand = app.database().await?;
    other_hand.hold_writes().await?;
    let away_since = Instant::now();
    // Another caller rings meanwhile, and is answered before the row of the call can be written.
    let token = app.ring(OTHER_SID).await?;
    assert!(away_since.elapsed() < Duration::from_secs(2), "{:?}", away_since.elapsed());
    let mut other = app.open_stream().await?;
    other.start(OTHER_SID, Some(&token)).await?;
    other.wait_for("media").await?;
    let is_sqlite = matches!(other_hand, RawDatabase::Sqlite(_));
    if is_sqlite {
        let is_away = async || Ok(app.read_json("/health").await?["status"] == "degraded");
        app.until("health says that the database is away", is_away).await?;
    }
    tokio::time::sleep(AWAY.saturating_sub(away_since.elapsed())).await;
    other_hand.let_go().await?;
    other.stop(OTHER_SID).await?;

    let ended = app.finish(call).await?;
    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!(
        ended.said(Speaker::Caller),
        [
            "Hello, my kitchen tap is leaking.",
            "My name is Dana Reyes.",
            "You can reach me at two zero six, five five five, zero one four two.",
            "Twelve Harbor Street, Portland.",
            "No, that is all. Thank you, goodbye.",
        ]
    );
    let lead = ended.lead.as_ref().unwrap();
    assert_eq!((lead.name.as_deref(), lead.completeness), (Some("Dana Reyes"), Completeness::Complete));
    assert_eq!((ended.call.outcome, ended.call.end_reason), (Some(Outcome::Lead), Some(EndReason::Goodbye)));
    let seqs: Vec<_> = ended.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (0..seqs.len() as u32).collect::<Vec<_>>(), "events were lost");
    assert_eq!((replay(&ended.inputs)?.diverged_at, replay(&ended.inputs)?.is_cut_short), (None, false));
    let store = &app.stage.server.state.store;
    let other = store.find_call_by_sid(OTHER_SID).await?.unwrap();
    assert_eq!(other.end_reason, Some(EndReason::CallerHungUp));
    assert_eq!(app.stage.server.state.phone.as_ref().unwrap().scribe.state().given_up, 0);

    let once = usize::from(is_sqlite);
    assert_eq!(log.lines_with("calls cannot be written down"), once);
    assert_eq!(log.lines_with("calls are written down again"), once);
    assert_eq!(app.read_json("/health").await?["status"], "healthy");
    app.end().await
}
