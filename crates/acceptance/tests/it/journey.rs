//! One call from ring to lead.

use studioconnect_acceptance::TestApp;
use studioconnect_domain::call::{CallStatus, EndReason, Outcome};
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::transcript::Speaker;
use studioconnect_simulators::phone::Step;
use studioconnect_voice::recording::replay;

fn say(clip: &str) -> [Step; 3] {
    [Step::SayClip(clip.into()), Step::wait_for_agent(300), Step::wait_quiet(400)]
}

/// Rows 12, 24, 27, 28, 34, 86: the whole journey, and what is left of it.
#[tokio::test]
async fn a_call_from_ring_to_lead_leaves_call_log_transcript_lead_and_metrics() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let mut steps = vec![Step::wait_for_agent(300), Step::wait_quiet(400)];
    for clip in ["caller-leak", "caller-name", "caller-phone", "caller-address"] {
        steps.extend(say(clip));
    }
    steps.extend([Step::SayClip("caller-goodbye".into()), Step::WaitHangup { timeout_ms: 20_000 }]);
    let ended = app.fast_call(3.0, steps).await?;

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
    // Frames of the moment between our goodbye and the hang-up are nobody's words.
    let late = ended.report.frames_sent - ended.call.analytics.audio_packets_received;
    assert!(late <= 100, "{late} frames were not counted");
    assert_eq!(ended.call.analytics.audio_packets_sent, ended.report.frames_received);
    assert_eq!(ended.report.longest_gap_within_speech(), 0);
    let replayed = replay(&ended.inputs)?;
    assert_eq!((replayed.diverged_at, replayed.is_compared), (None, true));
    app.end().await
}
