//! The questions a business wants answered before it calls back.

use crate::ids::QuestionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One question of the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Its id; a conversation's pointer holds this, never the text.
    pub id: QuestionId,
    /// What the caller is asked.
    pub question_text: String,
    /// What an answer looks like.
    pub expected_format: AnswerFormat,
    /// Place in the list, from 0, without gaps.
    pub order: u32,
    /// Whether the agent insists.
    pub is_required: bool,
    /// Which field of the lead the answer fills.
    pub maps_to_lead_field: Option<LeadField>,
    /// Asked even when every second counts.
    pub is_essential_for_emergency: bool,
}

/// What an answer must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AnswerFormat {
    /// Anything.
    Text,
    /// A mail address.
    Email,
    /// A phone number.
    Phone,
}

/// Fields of a lead that an answer can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LeadField {
    /// Who they are.
    Name,
    /// Where to mail them.
    Email,
    /// Where to call them.
    Phone,
    /// Where the work is.
    Address,
    /// What it is about.
    Message,
}
