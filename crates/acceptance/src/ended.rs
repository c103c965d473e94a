//! A call that is over: what the phone saw, and what was kept.

use anyhow::{Context as _, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};
use studioconnect_app::stage::Stage;
use studioconnect_domain::call::Call;
use studioconnect_domain::lead::Lead;
use studioconnect_domain::transcript::{CallEvent, Speaker, Turn};
use studioconnect_simulators::phone::{CallReport, Source};

/// The last rows of a call are written within this of its end.
const SETTLES: Duration = Duration::from_secs(5);

/// Everything about a call that is over.
#[derive(Debug)]
pub struct Ended {
    /// The phone's side.
    pub report: Arc<CallReport>,
    /// The stored call.
    pub call: Call,
    /// Its transcript.
    pub turns: Vec<Turn>,
    /// Its event log.
    pub events: Vec<CallEvent>,
    /// Its lead.
    pub lead: Option<Lead>,
    /// Its recording.
    pub inputs: String,
}

impl Ended {
    /// Waits until the call is stored as over, and reads what was kept.
    pub(crate) async fn read(stage: &Stage, report: Arc<CallReport>) -> Result<Self> {
        let store = &stage.server.state.store;
        let until = Instant::now() + SETTLES;
        let call = loop {
            if let Some(phone) = &stage.server.state.phone {
                phone.scribe.flush().await;
            }
            let call = store.find_call_by_sid(&report.call_sid).await?;
            // The network's word may come before our own, which has the reason and the counts.
            let is_carried = is_carried(stage, &report.call_sid);
            match call {
                Some(call) if (call.status.is_final() && !is_carried) || Instant::now() > until => {
                    break call;
                }
                None if Instant::now() > until => anyhow::bail!("the call was not stored"),
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        // The wrap-up's last write may come after the status callback's.
        if let Some(phone) = &stage.server.state.phone {
            phone.scribe.flush().await;
        }
        let call = store.find_call_by_sid(&call.provider_sid).await?.context("the call is gone")?;
        let business = call.business_id;
        Ok(Self {
            turns: store.turns(business, call.id).await?,
            events: store.events(business, call.id).await?,
            lead: store.find_lead_of_call(business, call.id).await?,
            inputs: store.inputs(business, call.id).await?,
            report,
            call,
        })
    }

    /// What was said, in order.
    pub fn said(&self, speaker: Speaker) -> Vec<&str> {
        self.turns.iter().filter(|turn| turn.speaker == speaker).map(|turn| turn.text.as_str()).collect()
    }

    /// Events of a kind, in order.
    pub fn events_of(&self, kind: &str) -> Vec<&CallEvent> {
        self.events.iter().filter(|event| event.kind == kind).collect()
    }

    /// All the agent's sound that the caller heard, without the silence around it: µ-law.
    pub fn heard_sound(&self) -> Vec<u8> {
        let spans = self.report.heard_spans.iter().filter(|span| span.source == Source::Stream);
        let sounds = spans.filter_map(|span| self.report.heard.get(span.start as usize..span.end as usize));
        sounds.flatten().copied().collect()
    }
}

fn is_carried(stage: &Stage, sid: &str) -> bool {
    let live = stage.server.state.phone.as_ref().map(|phone| phone.switchboard.live_calls());
    live.is_some_and(|live| live.iter().any(|call| call.provider_sid == sid))
}
