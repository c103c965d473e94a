//! What a caller or visitor wanted, and how to reach them.

use crate::ids::{BusinessId, CallId, ConversationId, LeadId, NoteId, QuestionId, UserId};
use crate::priority::Priority;
use crate::question::{LeadField, Question};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the lead came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Channel {
    /// By phone.
    Voice,
    /// By the website's chat.
    Chat,
}

/// Whether all required questions were answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Completeness {
    /// The conversation ended before.
    Partial,
    /// Everything required is there.
    Complete,
}

/// What the business has made of a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LeadStatus {
    /// Nobody has looked after it.
    #[default]
    New,
    /// Somebody got in touch.
    Contacted,
    /// It is worth an offer.
    Qualified,
    /// It became work.
    Won,
    /// It did not.
    Lost,
    /// It was never one.
    Spam,
}

impl LeadStatus {
    /// All of them, in the order of a lead's life.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Contacted, Self::Qualified, Self::Won, Self::Lost, Self::Spam];

    /// Whether the request is still to be dealt with.
    pub fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Contacted | Self::Qualified)
    }
}

/// How the business deals with a lead. It is kept apart from what was said, which the conversation may still be writing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Handling {
    /// Where it stands.
    pub status: LeadStatus,
    /// Who looks after it.
    pub assigned_to: Option<UserId>,
    /// Counts edits, so that two people who edit at once are told.
    pub version: u32,
}

/// Something a person wrote about a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// Who wrote it; none when they are no longer there.
    pub author: Option<UserId>,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

/// One answer, as it was said and as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Which question it answers.
    pub question_id: QuestionId,
    /// The question as it was worded then.
    pub question_text: String,
    /// The answer in normal form.
    pub value: String,
    /// Kept as said although it does not look right: somebody should check it.
    pub needs_check: bool,
}

/// A lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    /// Its id.
    pub id: LeadId,
    /// Whose lead.
    pub business_id: BusinessId,
    /// The call it came from.
    pub call_id: Option<CallId>,
    /// The chat it came from.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// An open request of the same person, within a day before: this one adds to it and stands in no list of its own.
    #[serde(default)]
    pub joined_to: Option<LeadId>,
    /// By phone or chat.
    pub channel: Channel,
    /// Whether the questions were all answered.
    pub completeness: Completeness,
    /// Who they are.
    pub name: Option<String>,
    /// Where to mail them.
    pub email: Option<String>,
    /// Where to call them back.
    pub phone: Option<String>,
    /// Where the work is.
    pub address: Option<String>,
    /// What they want, in a few words, or the message they left.
    pub message: Option<String>,
    /// Each answer, in the order of the questions.
    pub answers: Vec<Answer>,
    /// How soon somebody should look at it.
    #[serde(default)]
    pub priority: Priority,
    /// How grave the emergency is that they told of, from 1 to 10; none when it is none.
    #[serde(default)]
    pub emergency: Option<u8>,
    /// A recording they left, when there is one: its address at the network, which never leaves the house.
    #[serde(skip)]
    pub recording_url: Option<String>,
    /// What the business has made of it.
    #[serde(flatten)]
    pub handling: Handling,
    /// When it was first kept.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Lead {
    /// A lead of one call, with nothing in it yet.
    pub fn of_call(
        business_id: BusinessId,
        call_id: CallId,
        caller: Option<String>,
        now: DateTime<Utc>,
    ) -> Self {
        Self { call_id: Some(call_id), phone: caller, ..Self::blank(business_id, Channel::Voice, now) }
    }

    /// A lead of one chat, with nothing in it yet.
    pub fn of_chat(business_id: BusinessId, conversation_id: ConversationId, now: DateTime<Utc>) -> Self {
        Self { conversation_id: Some(conversation_id), ..Self::blank(business_id, Channel::Chat, now) }
    }

    fn blank(business_id: BusinessId, channel: Channel, now: DateTime<Utc>) -> Self {
        Self {
            id: LeadId::new(),
            business_id,
            call_id: None,
            conversation_id: None,
            joined_to: None,
            channel,
            completeness: Completeness::Partial,
            name: None,
            email: None,
            phone: None,
            address: None,
            message: None,
            answers: Vec::new(),
            priority: Priority::default(),
            emergency: None,
            recording_url: None,
            handling: Handling::default(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Takes in an answer; a second answer to a question replaces the first, as people correct themselves.
    pub fn answer(&mut self, question: &Question, value: String, needs_check: bool) {
        match question.maps_to_lead_field {
            Some(LeadField::Name) => self.name = Some(value.clone()),
            Some(LeadField::Email) => self.email = Some(value.clone()),
            Some(LeadField::Phone) => self.phone = Some(value.clone()),
            Some(LeadField::Address) => self.address = Some(value.clone()),
            Some(LeadField::Message) => self.message = Some(value.clone()),
            None => {}
        }
        let answer = Answer {
            question_id: question.id,
            question_text: question.question_text.clone(),
            value,
            needs_check,
        };
        match self.answers.iter_mut().find(|known| known.question_id == question.id) {
            Some(known) => *known = answer,
            None => self.answers.push(answer),
        }
    }

    /// Says whether all required questions have an answer, and keeps it.
    pub fn settle(&mut self, questions: &[Question]) {
        let answered =
            |question: &Question| self.answers.iter().any(|answer| answer.question_id == question.id);
        let answer_to = |id: QuestionId| {
            self.answers.iter().find(|answer| answer.question_id == id).map(|answer| answer.value.clone())
        };
        let asked = questions.iter().filter(|question| question.applies(questions, answer_to));
        let complete = asked.filter(|question| question.is_required).all(answered);
        self.completeness = if complete { Completeness::Complete } else { Completeness::Partial };
    }
}
