//! The story: a caller with a leaking tap.

use super::super::print::Printer;
use super::timeline::Timeline;
use crate::stage::Stage;
use anyhow::{Context as _, Result};
use std::time::Duration;
use studioconnect_domain::call::{Call, Outcome};
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::lead::{Completeness, Lead};
use studioconnect_domain::transcript::{CallEvent, Turn};
use studioconnect_simulators::phone::{CallReport, Script, Step};
use studioconnect_voice::recording::replay;

/// The whole call takes about 45 s; a call that hangs ends here.
const CALL_LIMIT: Duration = Duration::from_secs(100);
/// Most that a caller waits for the first word (features, row 51).
const GREETING_LIMIT_MS: u64 = 2_000;

/// How long the caller is sure that the agent has finished before they speak, in ms.
const LISTENS: u64 = 350;

/// What the caller does.
fn script() -> Script {
    let then_listen =
        |clip: &str| [Step::SayClip(clip.to_owned()), Step::wait_for_agent(300), Step::wait_quiet(LISTENS)];
    let mut steps = vec![Step::wait_for_agent(300), Step::wait_quiet(LISTENS)];
    for clip in ["caller-leak", "caller-name", "caller-phone", "caller-address"] {
        steps.extend(then_listen(clip));
    }
    steps.extend([
        Step::SayClip("caller-hours".into()),
        Step::wait_agent_speaking(1_500),
        // Somebody drops a wrench: the agent goes on.
        Step::Noise(150),
        Step::wait_agent_speaking(4_000),
        // The caller has heard enough: the agent stops.
        Step::SayClip("caller-interrupt".into()),
        Step::wait_for_agent(300),
        Step::wait_quiet(LISTENS),
        Step::SayClip("caller-goodbye".into()),
        Step::WaitHangup { timeout_ms: 20_000 },
    ]);
    steps.into()
}

/// Plays the call, tells it as it happens, and checks that every step of it went well.
pub(super) async fn a_call(stage: &Stage, business: BusinessId, printer: &mut Printer) -> Result<bool> {
    printer.line("");
    printer.line("A caller rings: Dana Reyes, +1 206 555 0142, has a leaking tap.");
    let dialled = std::time::Instant::now();
    let mut call = stage.network.dial(stage.dial(script())?);
    let sid = call.sid().to_owned();
    let events = call.events().context("the call's events were taken already")?;
    let timeline = Timeline::new(stage.server.state.store.clone(), business, sid.clone(), dialled);
    let report = tokio::time::timeout(CALL_LIMIT, async {
        let (report, ()) = tokio::join!(call.finish(), timeline.tell(events, printer));
        report
    })
    .await
    .context("the call did not end")?;
    let kept = Kept::of(stage, business, &sid).await?;
    kept.show(printer);
    let recording = stage.folder.join("recordings").join(format!("{sid}-heard.wav"));
    printer.line(&format!("What the caller heard is in {}", recording.display()));
    printer.line("");
    let mut well = true;
    for (what, is_well) in checks(stage, &report, &kept) {
        printer.line(&format!("  {} {what}", if is_well { "ok   " } else { "WRONG" }));
        well &= is_well;
    }
    for failure in &report.script_failures {
        printer.line(&format!("  [phone simulator] {failure}"));
    }
    Ok(well)
}

/// What is remembered of the call.
struct Kept {
    call: Call,
    turns: Vec<Turn>,
    events: Vec<CallEvent>,
    lead: Option<Lead>,
    inputs: String,
}

impl Kept {
    async fn of(stage: &Stage, business: BusinessId, sid: &str) -> Result<Self> {
        let store = &stage.server.state.store;
        if let Some(phone) = &stage.server.state.phone {
            phone.scribe.flush().await;
        }
        let call = store.find_call_by_sid(sid).await?.context("the call was not stored")?;
        Ok(Self {
            turns: store.turns(business, call.id).await?,
            events: store.events(business, call.id).await?,
            lead: store.find_lead_of_call(business, call.id).await?,
            inputs: store.inputs(business, call.id).await?,
            call,
        })
    }

    fn show(&self, printer: &mut Printer) {
        printer.line("");
        printer.line("The lead:");
        if let Some(lead) = &self.lead {
            for (field, value) in [
                ("name", &lead.name),
                ("phone", &lead.phone),
                ("address", &lead.address),
                ("about", &lead.message),
            ] {
                printer.line(&format!("  {field:<9} {}", value.as_deref().unwrap_or("-")));
            }
        }
        let analytics = &self.call.analytics;
        printer.line("How long the caller waited for each answer (ms): speech end detected + our part + model + queued");
        for (index, turn) in analytics.turns.iter().enumerate() {
            printer.line(&format!(
                "  answer {}: {} + {} + {} + {} = {}",
                index + 1,
                turn.vad_ms,
                turn.ours_ms,
                turn.model_ms,
                turn.playback_ms,
                turn.vad_ms + turn.ours_ms + turn.model_ms + turn.playback_ms
            ));
        }
        printer.line(&format!(
            "The call: {} s, {} frames in, {} messages out, {} interruption stopped the agent, {} did not, cost {:.2} cents (simulated tokens)",
            self.call.duration_seconds.unwrap_or(0),
            analytics.audio_packets_received,
            analytics.audio_packets_sent,
            analytics.interruptions_confirmed,
            analytics.interruptions_rejected,
            analytics.cost_micros as f64 / 10_000.0,
        ));
        if let Some(summary) = &self.call.summary {
            printer.line(&format!("Summary: {summary}"));
        }
    }
}

fn checks(stage: &Stage, report: &CallReport, kept: &Kept) -> Vec<(&'static str, bool)> {
    let analytics = &kept.call.analytics;
    let lead = kept.lead.as_ref();
    let heard_ms = kept.events.iter().find(|event| event.kind == "interruption_confirmed");
    let said = |words: &str| kept.turns.iter().any(|turn| turn.text.contains(words));
    let lead_is = |field: fn(&Lead) -> Option<&str>, value: &str| lead.and_then(field) == Some(value);
    vec![
        (
            "the greeting was heard within 2 s",
            analytics.greeting_ms.is_some_and(|ms| ms <= GREETING_LIMIT_MS),
        ),
        ("the caller's words were understood", said("my kitchen tap is leaking")),
        ("a noise of 150 ms did not stop the agent", analytics.interruptions_rejected == 1),
        (
            "speech stopped it, and how much was heard is known",
            heard_ms.is_some() && analytics.interruptions_confirmed == 1,
        ),
        ("the lead has the name", lead_is(|lead| lead.name.as_deref(), "Dana Reyes")),
        ("the lead has the number", lead_is(|lead| lead.phone.as_deref(), "+12065550142")),
        ("the lead has the address", lead.is_some_and(|lead| lead.address.is_some())),
        ("the lead is complete", lead.is_some_and(|lead| lead.completeness == Completeness::Complete)),
        (
            "the call is stored with its outcome",
            kept.call.outcome == Some(Outcome::Lead) && kept.call.status.is_final(),
        ),
        (
            "the agent hung up after its goodbye was heard",
            said("Goodbye") && report.script_failures.is_empty(),
        ),
        ("no gap in what the caller heard", report.longest_gap_within_speech() == 0),
        ("no click in what the caller heard", report.clicks().is_empty()),
        ("the phone network saw no rule broken", stage.network.violations().is_empty()),
        ("the model saw no rule broken", stage.realtime.violations().is_empty()),
        (
            "the call replays to the same effects",
            replay(&kept.inputs).is_ok_and(|replay| replay.diverged_at.is_none()),
        ),
    ]
}
