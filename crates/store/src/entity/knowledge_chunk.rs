//! `knowledge_chunks`: parts of documents that are found by themselves. Their numbers are those of the indexes.

use crate::text::clean;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::entity::prelude::*;
use studioconnect_domain::knowledge::{Chunk, Document};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "knowledge_chunks")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) number: i64,
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) document_id: Uuid,
    pub(crate) project_id: Option<String>,
    pub(crate) position: i64,
    pub(crate) heading: String,
    pub(crate) text: String,
    pub(crate) terms: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn of(document: &Document, position: usize, chunk: &Chunk) -> ActiveModel {
        ActiveModel {
            number: NotSet,
            id: Set(chunk.id.0),
            business_id: Set(document.business_id.0),
            document_id: Set(document.id.0),
            project_id: Set(document.project_id.as_deref().map(clean)),
            position: Set(position as i64),
            heading: Set(clean(&chunk.heading)),
            text: Set(clean(&chunk.text)),
            terms: Set(clean(&chunk.terms)),
        }
    }
}
