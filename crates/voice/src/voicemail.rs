//! A message left on the fallback becomes a lead.

use chrono::{DateTime, Utc};
use studioconnect_domain::call::{Call, Outcome};
use studioconnect_domain::lead::Lead;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_store::{Finish, Store, StoreError};

/// A recording that the network made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceMessage {
    /// The network's id of the call.
    pub call_sid: String,
    /// Where the recording is.
    pub recording_url: String,
    /// How long it is.
    pub seconds: u32,
    /// When we were told.
    pub at: DateTime<Utc>,
}

/// Keeps a message with its call's lead; the network may tell of it twice.
pub(crate) async fn keep(store: &Store, message: &VoiceMessage) -> Result<(), StoreError> {
    let call =
        store.find_call_by_sid(&message.call_sid).await?.ok_or(StoreError::Missing { what: "call" })?;
    let known = store.find_lead_of_call(call.business_id, call.id).await?;
    store.put_lead(&with_recording(known, &call, message)).await?;
    let finish = Finish {
        status: call.status,
        outcome: Some(Outcome::Voicemail),
        end_reason: None,
        ended_at: message.at,
        duration_seconds: None,
        // What the agent had talked about says more than that there is a message.
        summary: call.summary.is_none().then(|| format!("Left a message of {} seconds.", message.seconds)),
        analytics: None,
    };
    store.finish_call(call.id, &finish).await.map(|_| ())
}

/// The lead with its recording; what the agent had learnt before the line broke stays in it.
fn with_recording(known: Option<Lead>, call: &Call, message: &VoiceMessage) -> Lead {
    let caller =
        PhoneNumber::read(&call.from_number, "US").ok().filter(PhoneNumber::is_somebodys).map(String::from);
    let mut lead = known.unwrap_or_else(|| Lead::of_call(call.business_id, call.id, caller, message.at));
    lead.message.get_or_insert_with(|| format!("Voice message of {} seconds", message.seconds));
    lead.recording_url = Some(message.recording_url.clone());
    lead.updated_at = lead.updated_at.max(message.at);
    lead
}
