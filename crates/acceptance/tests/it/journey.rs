//! One call from ring to lead.

use studioconnect_acceptance::TestApp;
use studioconnect_domain::call::{CallStatus, EndReason, Outcome};
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::Step;
use studioconnect_voice::recording::replay;

/// How much faster than real time the first call runs, and how much faster than that its sound comes, as it does on a line
/// at real pace: a gap is ours, and not the busy machine's.
const SPEED: f32 = 3.0;
const AHEAD: f64 = 12.0;

fn say(clip: &str) -> [Step; 3] {
    [Step::SayClip(clip.into()), Step::wait_for_agent(300), Step::wait_quiet(400)]
}

/// Rows 12, 24, 27, 28, 34, 86: the whole journey, and what is left of it.
#[tokio::test]
async fn a_call_from_ring_to_lead_leaves_call_log_transcript_lead_and_metrics() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| setup.realtime.pace = AHEAD).await?;
    let mut steps = vec![Step::wait_for_agent(300), Step::wait_quiet(400)];
    for clip in ["caller-leak", "caller-name", "caller-phone", "caller-address"] {
        steps.extend(say(clip));
    }
    steps.extend([Step::SayClip("caller-goodbye".into()), Step::WaitHangup { timeout_ms: 20_000 }]);
    let ended = app.fast_call(SPEED, steps).await?;

    assert_eq!(ended.report.script_failures, Vec::<String>::new());
    assert_eq!(ended.call.status, CallStatus::Completed);
    assert_eq!((ended.call.outcome, ended.call.end_reason), (Some(Outcome::Lead), Some(EndReason::Goodbye)));
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
    assert_eq!(lead.name.as_deref(), Some("Dana Reyes"));
    assert_eq!(lead.phone.as_deref(), Some("+12065550142"));
    assert_eq!(lead.completeness, Completeness::Complete);
    // Frames of the moment between our goodbye and the hang-up are nobody's words; the line is gone within a second.
    let late = ended.report.frames_sent - ended.call.analytics.audio_packets_received;
    assert!(late as f32 <= 50.0 * SPEED, "{late} frames were not counted");
    assert_eq!(ended.call.analytics.audio_packets_sent, ended.report.frames_received);
    assert_eq!(ended.report.longest_gap_within_speech(), 0);
    let replayed = replay(&ended.inputs)?;
    assert_eq!((replayed.diverged_at, replayed.is_compared), (None, true));
    app.end().await
}

/// What a caller hears of our own making is at most this, beyond the model and the silence that ends a turn, in ms.
const BUDGET: u64 = 100;

/// Rows 42, 53: every figure of a scripted call is what was really counted, and our part of each wait is within its budget.
#[tokio::test]
async fn the_analytics_of_a_scripted_call_are_exact_and_our_part_of_each_wait_is_small() -> anyhow::Result<()>
{
    let app = TestApp::start().await?;
    let mut steps = vec![Step::wait_for_agent(300), Step::wait_quiet(400)];
    for clip in ["caller-leak", "caller-name", "caller-phone"] {
        steps.extend(say(clip));
    }
    steps.push(Step::HangUp);
    let ended = app.fast_call(2.0, steps).await?;

    let analytics = &ended.call.analytics;
    assert!(analytics.connection_id.as_ref().is_some_and(|id| id.len() == 36));
    assert_eq!(analytics.connection_status.as_deref(), Some("DISCONNECTED"));
    assert_eq!(analytics.audio_packets_received, ended.report.frames_sent);
    assert_eq!(analytics.audio_packets_sent, ended.report.frames_received);
    assert_eq!(analytics.message_count as usize, ended.turns.len());
    assert_eq!(ended.turns.len(), 7);
    assert_eq!(analytics.voice_actions, ["save_answer", "save_answer", "save_answer"]);
    assert_eq!((analytics.interruptions_confirmed, analytics.interruptions_rejected), (0, 0));
    assert_eq!((analytics.nudges, analytics.reconnects, analytics.faulty_frames), (0, 0, 0));
    assert_eq!((analytics.model_errors, analytics.padded_ms, analytics.caller_audio_dropped_ms), (0, 0, 0));
    assert!(analytics.greeting_ms.is_some_and(|ms| ms <= 2_000));
    let price = studioconnect_domain::price::Price::of("gpt-realtime-2.1").unwrap();
    assert!(analytics.usage.audio_out > 0);
    assert_eq!(analytics.cost_micros, price.micros(&analytics.usage));
    assert_eq!(analytics.turns.len(), 3);
    let within = analytics.turns.iter().filter(|turn| turn.ours_ms + turn.playback_ms <= BUDGET).count();
    assert_eq!(within, analytics.turns.len(), "{:?}", analytics.turns);
    app.end().await
}
