//! A business with a history: calls with transcripts, leads with notes, clients.

use crate::onboarding::Opened;
use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use std::ops::Range;
use studioconnect_domain::call::{Analytics, Call, CallStatus, EndReason, Outcome, TurnLatency};
use studioconnect_domain::client::Client;
use studioconnect_domain::ids::{BusinessId, CallId, ClientId, LeadId, NoteId, UserId};
use studioconnect_domain::lead::{Channel, Completeness, Handling, Lead, LeadStatus, Note};
use studioconnect_domain::notification::NotificationSettings;
use studioconnect_domain::transcript::{CallEvent, Speaker, Turn};
use studioconnect_store::{Store, Write};

/// How much of each.
pub(super) struct Amounts {
    pub(super) calls: usize,
    pub(super) leads: usize,
    pub(super) clients: usize,
}

/// Name of the client, and of the person behind the lead, that came first: all others are passed on the way to them.
pub(super) const FIRST_NAME: &str = "Quentin Oldfield";

/// What stands for its kind among what was written.
pub(super) struct Filled {
    pub(super) owner: UserId,
    pub(super) call: CallId,
    pub(super) lead: LeadId,
    pub(super) client: ClientId,
    /// A week in the middle.
    pub(super) week: Range<DateTime<Utc>>,
}

/// Between one call and the next.
const APART: TimeDelta = TimeDelta::minutes(25);
/// Writers at once: PostgreSQL takes them side by side.
const WRITERS: usize = 8;
/// Calls whose transcripts are one transaction.
const CALLS_AT_ONCE: usize = 100;
/// The first so many calls failed, and the first so many leads came by chat: rare, and behind everything else.
const RARE: usize = 20;
const TURNS: u32 = 16;
const EVENTS: u32 = 40;

/// Writes it all; the newest is from now.
pub(super) async fn fill(
    store: &Store,
    opened: &Opened,
    amounts: &Amounts,
    now: DateTime<Utc>,
) -> Result<Filled> {
    let business = opened.business.id;
    let calls: Vec<Call> =
        (0..amounts.calls).map(|number| call(business, number, amounts.calls, now)).collect();
    side_by_side(calls.iter().map(|call| async { store.insert_call(call).await.map(drop) })).await?;
    for some in calls.chunks(CALLS_AT_ONCE) {
        let writes: Vec<_> = some.iter().flat_map(|call| words(call.id)).collect();
        store.write_batch(&writes).await?;
    }
    // Nobody is told of leads that nobody left.
    let silent = NotificationSettings {
        mails_leads: false,
        confirms_to_customers: false,
        ..NotificationSettings::default()
    };
    store.put_notification_settings(business, 0, &silent).await?;
    let leads: Vec<Lead> = (0..amounts.leads)
        .map(|number| lead(opened, number, amounts.leads, calls.get(number), now))
        .collect();
    side_by_side(leads.iter().map(|lead| async {
        store.put_lead(lead).await?;
        let note = Note {
            id: NoteId::new(),
            author: Some(opened.owner),
            at: lead.created_at,
            text: "Called back, nobody answered.".to_owned(),
        };
        store.add_note(business, lead.id, &note).await
    }))
    .await?;
    let clients: Vec<Client> =
        (0..amounts.clients).map(|number| client(business, number, amounts.clients, now)).collect();
    side_by_side(clients.iter().map(|client| store.add_client(client))).await?;
    let middle = calls.len().min(leads.len()) / 2;
    let named = calls.get(middle).zip(leads.get(middle)).zip(clients.first());
    let ((call, lead), client) = named.ok_or_else(|| anyhow::anyhow!("nothing was written"))?;
    let week = moment(middle, now)..moment(middle, now) + TimeDelta::days(7);
    Ok(Filled { owner: opened.owner, call: call.id, lead: lead.id, client: client.id, week })
}

async fn side_by_side<F, E>(writes: impl Iterator<Item = F>) -> Result<()>
where
    F: Future<Output = Result<(), E>>,
    E: Into<anyhow::Error>,
{
    let written: Result<Vec<()>, E> = stream::iter(writes).buffer_unordered(WRITERS).try_collect().await;
    written.map(drop).map_err(Into::into)
}

fn moment(number: usize, now: DateTime<Utc>) -> DateTime<Utc> {
    now - APART * i32::try_from(number).unwrap_or(i32::MAX)
}

fn is_rare(number: usize, of: usize) -> bool {
    number + RARE >= of
}

fn call(business: BusinessId, number: usize, of: usize, now: DateTime<Utc>) -> Call {
    let at = moment(number, now);
    let outcome = match number % 10 {
        0 => Outcome::Voicemail,
        1 => Outcome::Abandoned,
        2 | 3 => Outcome::Talked,
        _ => Outcome::Lead,
    };
    let id = CallId::new();
    Call {
        id,
        status: if is_rare(number, of) { CallStatus::Failed } else { CallStatus::Completed },
        outcome: Some(outcome),
        end_reason: Some(if is_rare(number, of) { EndReason::StreamLost } else { EndReason::Goodbye }),
        answered_at: Some(at + TimeDelta::seconds(1)),
        ended_at: Some(at + TimeDelta::seconds(95)),
        duration_seconds: Some(95),
        summary: Some("Dana Reyes has a leaking tap in the kitchen and wants to be called back.".to_owned()),
        analytics: Analytics {
            turns: vec![TurnLatency { vad_ms: 500, ours_ms: 1, model_ms: 320, playback_ms: 0 }; 8],
            cost_micros: 61_234,
            ..Analytics::default()
        },
        ..Call::ringing(business, &format!("CA{}", id.0.simple()), "+12065550142", "+12065550100", at)
    }
}

/// A transcript and its events.
fn words(call: CallId) -> [Write; 2] {
    let turn = |seq: u32| Turn {
        seq,
        speaker: if seq.is_multiple_of(2) { Speaker::Agent } else { Speaker::Caller },
        text: "The kitchen tap has been leaking since this morning, and I cannot turn it off.".to_owned(),
        heard: None,
        started_ms: u64::from(seq) * 6_000,
        ended_ms: Some(u64::from(seq) * 6_000 + 4_500),
    };
    let event = |seq: u32| CallEvent {
        seq,
        at_ms: u64::from(seq) * 2_400,
        kind: "agent_speaks".to_owned(),
        detail: json!({"item": "item_1", "heardMs": 420}),
    };
    [
        Write::Turns { call, turns: (0..TURNS).map(turn).collect() },
        Write::Events { call, events: (0..EVENTS).map(event).collect() },
    ]
}

fn lead(opened: &Opened, number: usize, of: usize, call: Option<&Call>, now: DateTime<Utc>) -> Lead {
    let at = moment(number, now);
    let statuses = LeadStatus::ALL;
    let status = statuses.get(number % statuses.len()).copied().unwrap_or_default();
    let call = call.map_or_else(CallId::new, |call| call.id);
    let base = Lead::of_call(opened.business.id, call, Some("+12065550142".to_owned()), at);
    Lead {
        channel: if is_rare(number, of) { Channel::Chat } else { Channel::Voice },
        completeness: if number.is_multiple_of(20) { Completeness::Partial } else { Completeness::Complete },
        name: Some(name(number, of)),
        email: Some("dana@example.com".to_owned()),
        address: Some("12 Harbor Street".to_owned()),
        message: Some("The kitchen tap has been leaking since this morning.".to_owned()),
        handling: Handling {
            status,
            assigned_to: Some(opened.owner).filter(|_| number.is_multiple_of(3)),
            ..Handling::default()
        },
        ..base
    }
}

fn name(number: usize, of: usize) -> String {
    if number + 1 == of { FIRST_NAME.to_owned() } else { format!("Dana Reyes {number}") }
}

fn client(business: BusinessId, number: usize, of: usize, now: DateTime<Utc>) -> Client {
    let at = moment(number, now);
    Client {
        id: ClientId::new(),
        business_id: business,
        name: name(number, of),
        company: "Harbor Street Bakery".to_owned(),
        email: Some(format!("client{number}@example.com")),
        phone: None,
        notes: "Rings in the morning.".to_owned(),
        version: 0,
        created_at: at,
        updated_at: at,
    }
}
