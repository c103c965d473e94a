//! `knowledge_gaps`: questions that could not be answered.

use crate::cell::At;
use crate::error::StoreError;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::{DocumentId, GapId};
use studioconnect_domain::knowledge::Gap;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "knowledge_gaps")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) question: String,
    /// What tells it from others: the same question in other dress is the same.
    pub(crate) plain: String,
    pub(crate) times: i64,
    pub(crate) first_at: DateTimeUtc,
    pub(crate) last_at: DateTimeUtc,
    pub(crate) state: String,
    pub(crate) document_id: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Gap, StoreError> {
        let at = At { table: "knowledge_gaps", row: &self.id };
        Ok(Gap {
            id: GapId(self.id),
            times: at.count("times", self.times)?,
            state: at.word("state", self.state)?,
            question: self.question,
            first_at: self.first_at,
            last_at: self.last_at,
            document_id: self.document_id.map(DocumentId),
        })
    }
}
