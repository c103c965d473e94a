//! The end of a call.

use std::path::Path;
use std::sync::Arc;

use super::Leg;
use crate::phone::event::PhoneEventKind;
use crate::phone::report::{CallReport, EndReason, MarkOutcome};
use crate::wav;

impl Leg {
    /// Ends the call: settles what is open, tells those who want to know, leaves the report.
    pub(crate) async fn finish(mut self, reason: EndReason) -> Arc<CallReport> {
        let (marks, _) = self.ear.stop();
        self.settle(&marks, MarkOutcome::Lost);
        let reason = match reason {
            EndReason::Canceled if self.is_answered => EndReason::PeerHungUp,
            reason => reason,
        };
        let (status, sip) = final_status(reason, self.is_answered);
        let ended = self.now_ms();
        let answered = self.report.answered_ms;
        let duration_ms = answered.map_or(0, |at| ended.saturating_sub(at));
        let seconds = (duration_ms + 500) / 1_000;
        self.network.end_call(&self.about.sid, status, seconds);
        self.emit(PhoneEventKind::Ended { reason });
        let extra = [
            ("CallDuration", seconds.to_string()),
            ("Duration", seconds.div_ceil(60).to_string()),
            ("SipResponseCode", sip.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        self.tell_status("completed", status, extra.into());
        self.settle_background().await;
        self.report.duration_ms = duration_ms;
        self.report.end = reason;
        status.clone_into(&mut self.report.status);
        self.into_report().await
    }

    async fn into_report(mut self) -> Arc<CallReport> {
        let mut report = std::mem::take(&mut self.report);
        report.heard_spans = std::mem::take(&mut self.ear.spans);
        report.heard_spans.retain(|span| span.bytes() > 0);
        report.clears = std::mem::take(&mut self.ear.clears);
        report.joints = std::mem::take(&mut self.ear.joints);
        report.heard = self.ear.into_sound();
        (report.said, report.said_spans) = self.mouth.finish();
        if let Some(folder) = &self.network.settings.recordings_dir {
            save(folder, &report).await;
        }
        let report = Arc::new(report);
        self.network.report(Arc::clone(&report));
        report
    }
}

/// Twilio's word for how a call ended, and the SIP answer that belongs to it.
fn final_status(reason: EndReason, is_answered: bool) -> (&'static str, &'static str) {
    match reason {
        _ if is_answered => ("completed", "200"),
        EndReason::Busy => ("busy", "486"),
        EndReason::NoAnswer | EndReason::Rejected => ("no-answer", "480"),
        EndReason::CallerHungUp | EndReason::Canceled | EndReason::ServerHungUp => ("canceled", "487"),
        _ => ("failed", "500"),
    }
}

async fn save(folder: &Path, report: &CallReport) {
    for (track, sound) in [("heard", &report.heard), ("said", &report.said)] {
        let path = folder.join(format!("{}-{track}.wav", report.call_sid));
        if let Err(error) = tokio::fs::write(&path, wav::from_ulaw(sound)).await {
            tracing::warn!(path = %path.display(), %error, "simulated phone: recording not written");
        }
    }
}
