//! `lead_questions`: what the agent asks.

use crate::cell::{At, json_of, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::{BusinessId, QuestionId};
use studioconnect_domain::question::Question;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lead_questions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) position: i64,
    pub(crate) question_text: String,
    pub(crate) expected_format: String,
    pub(crate) is_required: bool,
    pub(crate) maps_to_lead_field: Option<String>,
    pub(crate) is_essential_for_emergency: bool,
    pub(crate) choices: Option<Json>,
    pub(crate) show_when: Option<Json>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Question, StoreError> {
        let at = At { table: "lead_questions", row: &self.id };
        Ok(Question {
            id: QuestionId(self.id),
            question_text: self.question_text,
            expected_format: at.word("expected_format", self.expected_format)?,
            order: at.count("position", self.position)?,
            is_required: self.is_required,
            maps_to_lead_field: at.word_if_any("maps_to_lead_field", self.maps_to_lead_field)?,
            is_essential_for_emergency: self.is_essential_for_emergency,
            choices: self.choices.map_or(Ok(Vec::new()), |choices| at.json("choices", choices))?,
            show_when: self.show_when.map(|condition| at.json("show_when", condition)).transpose()?,
        })
    }

    /// The row of a question that stands at `position`, whatever its own `order` says.
    pub(crate) fn of(
        business: BusinessId,
        position: usize,
        question: &Question,
    ) -> Result<ActiveModel, StoreError> {
        let row = Self {
            id: question.id.0,
            business_id: business.0,
            position: position as i64,
            question_text: clean(&question.question_text),
            expected_format: word_of(&question.expected_format)?,
            is_required: question.is_required,
            maps_to_lead_field: question.maps_to_lead_field.as_ref().map(word_of).transpose()?,
            is_essential_for_emergency: question.is_essential_for_emergency,
            choices: (!question.choices.is_empty()).then(|| json_of(&question.choices)).transpose()?,
            show_when: question.show_when.as_ref().map(json_of).transpose()?,
        };
        Ok(row.into_active_model())
    }
}
