//! Businesses, calls and what belongs to them, made up.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::business::{Business, BusinessNumber, Role, User};
use studioconnect_domain::call::{
    Analytics, Call, CallStatus, Detail, EndReason, Outcome, Topic, TurnLatency, Usage,
};
use studioconnect_domain::client::Client;
use studioconnect_domain::ids::{BusinessId, ClientId, LeadId, PhoneNumberId, QuestionId, UserId};
use studioconnect_domain::lead::{Channel, Completeness, Handling, Lead};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::PlanCode;
use studioconnect_domain::priority::Priority;
use studioconnect_domain::question::{AnswerFormat, LeadField, Question, ShowWhen};
use studioconnect_domain::transcript::{CallEvent, Speaker, Turn};
use studioconnect_store::{Finish, NewBusiness, Store};

/// An ordinary moment, to the microsecond.
pub(super) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(1_795_003_200_123_456).unwrap()
}

/// A moment `seconds` later.
pub(super) fn after(seconds: i64) -> DateTime<Utc> {
    noon() + TimeDelta::seconds(seconds)
}

/// A business on PRO with one number, `+1206555` and the four digits of `line`.
pub(super) fn shop(name: &str, line: u32) -> NewBusiness {
    let id = BusinessId::new();
    NewBusiness {
        business: Business {
            timezone: "America/Los_Angeles".to_owned(),
            ..Business::new(id, name, PlanCode::Pro, format!("wk_{id}"), noon())
        },
        owner: owner(id, &format!("owner{line}@example.com")),
        numbers: vec![number(id, &format!("+1206555{line:04}"))],
        config: AgentConfig { agent_name: format!("Agent of {name}"), ..AgentConfig::default() },
        questions: (0..7).map(question).collect(),
    }
}

/// A business that is stored.
pub(super) async fn stored_shop(store: &Store, line: u32) -> NewBusiness {
    let new = shop("Northwind Plumbing", line);
    store.create_business(&new).await.unwrap();
    new
}

pub(super) fn owner(business_id: BusinessId, email: &str) -> User {
    User {
        id: UserId::new(),
        business_id,
        email: email.to_owned(),
        password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned(),
        name: String::new(),
        role: Role::Owner,
        second_factor: None,
        created_at: noon(),
    }
}

pub(super) fn number(business_id: BusinessId, e164: &str) -> BusinessNumber {
    BusinessNumber { id: PhoneNumberId::new(), business_id, number: phone(e164) }
}

pub(super) fn phone(e164: &str) -> PhoneNumber {
    PhoneNumber::try_from(e164.to_owned()).unwrap()
}

pub(super) fn question(order: u32) -> Question {
    let formats = [AnswerFormat::Text, AnswerFormat::Email, AnswerFormat::Phone];
    let fields = [Some(LeadField::Name), None, Some(LeadField::Email), Some(LeadField::Address)];
    Question {
        id: QuestionId::new(),
        question_text: format!("Question {order}: wie heißen Sie? 名前は?"),
        expected_format: formats[order as usize % formats.len()],
        order,
        is_required: order.is_multiple_of(2),
        maps_to_lead_field: fields[order as usize % fields.len()],
        is_essential_for_emergency: order == 0,
        choices: if order == 4 { vec!["Größe 1".to_owned(), "名前".to_owned()] } else { Vec::new() },
        show_when: (order == 5)
            .then(|| ShowWhen { question_id: QuestionId::new(), equals: vec!["yes".to_owned()] }),
    }
}

/// A call that rings at `seconds` past noon.
pub(super) fn ringing(business: BusinessId, sid: &str, seconds: i64) -> Call {
    Call::ringing(business, sid, "+12065550142", "+12065550100", after(seconds))
}

/// A stored call.
pub(super) async fn stored_call(store: &Store, business: BusinessId, sid: &str) -> Call {
    store.insert_call(&ringing(business, sid, 0)).await.unwrap()
}

/// A lead of the website's chat, `minutes` past noon, of which no more than a name is known.
pub(super) fn lead(business: BusinessId, minutes: i64, name: &str) -> Lead {
    let at = noon() + TimeDelta::minutes(minutes);
    Lead {
        id: LeadId::new(),
        business_id: business,
        call_id: None,
        conversation_id: None,
        joined_to: None,
        channel: Channel::Chat,
        completeness: Completeness::Partial,
        name: Some(name.to_owned()),
        email: None,
        phone: None,
        address: None,
        message: None,
        answers: Vec::new(),
        priority: Priority::High,
        emergency: Some(6),
        recording_url: None,
        handling: Handling::default(),
        created_at: at,
        updated_at: at,
    }
}

/// A client of whom no more than a name is known.
pub(super) fn client(business: BusinessId, name: &str) -> Client {
    Client {
        id: ClientId::new(),
        business_id: business,
        name: name.to_owned(),
        company: String::new(),
        email: None,
        phone: None,
        notes: String::new(),
        version: 0,
        created_at: noon(),
        updated_at: noon(),
    }
}

pub(super) fn turn(seq: u32, text: &str) -> Turn {
    Turn {
        seq,
        speaker: if seq.is_multiple_of(2) { Speaker::Agent } else { Speaker::Caller },
        text: text.to_owned(),
        heard: seq.is_multiple_of(2).then(|| text.to_owned()),
        started_ms: u64::from(seq) * 1_000,
        ended_ms: Some(u64::from(seq) * 1_000 + 900),
    }
}

pub(super) fn event(seq: u32, kind: &str) -> CallEvent {
    CallEvent {
        seq,
        at_ms: u64::from(seq) * 20,
        kind: kind.to_owned(),
        detail: json!({"item": "item_1", "heardMs": 420, "ratio": 0.25, "list": [1, null, true]}),
    }
}

/// Counters that are all different from their defaults.
pub(super) fn analytics() -> Analytics {
    Analytics {
        connection_id: Some("conn-1".to_owned()),
        connection_status: Some("DISCONNECTED".to_owned()),
        audio_packets_received: 3_000,
        audio_packets_sent: 2_900,
        caller_audio_dropped_ms: 40,
        padded_ms: 60,
        message_count: 7,
        interruptions_confirmed: 2,
        interruptions_rejected: 1,
        nudges: 1,
        reconnects: 1,
        faulty_frames: 3,
        model_errors: 1,
        voice_actions: vec!["save_answer".to_owned(), "end_call".to_owned()],
        turns: vec![TurnLatency { vad_ms: 500, ours_ms: 1, model_ms: 320, playback_ms: 0 }],
        greeting_ms: Some(480),
        usage: Usage { text_in: 1, text_cached: 2, text_out: 3, audio_in: 4, audio_cached: 5, audio_out: 6 },
        cost_micros: 61_234,
        topic: Some(Topic { intent: "PROBLEM".to_owned(), confidence: 71 }),
        details: vec![Detail { kind: "name".to_owned(), value: "Dana Reyes".to_owned(), confidence: 90 }],
    }
}

/// The end of a call that went well.
pub(super) fn finish() -> Finish {
    Finish {
        status: CallStatus::Completed,
        outcome: Some(Outcome::Lead),
        end_reason: Some(EndReason::Goodbye),
        ended_at: after(63),
        duration_seconds: Some(63),
        summary: Some("Dana Reyes has a leaking tap.".to_owned()),
        analytics: Some(analytics()),
    }
}
