//! `knowledge_documents`: what the agent may answer from.

use crate::cell::{At, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::{BusinessId, DocumentId};
use studioconnect_domain::knowledge::{Document, DocumentState};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "knowledge_documents")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) project_id: Option<String>,
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) source_url: Option<String>,
    pub(crate) is_pinned: bool,
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    pub(crate) embedding: String,
    pub(crate) embedding_reason: Option<String>,
    pub(crate) embedding_tries: i64,
    /// When its vectors are asked for next.
    pub(crate) embedding_at: DateTimeUtc,
    pub(crate) chunks: i64,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
    pub(crate) fetched_at: Option<DateTimeUtc>,
    /// When the page it is read from is read next; none when nobody asked for it.
    pub(crate) fetch_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Document, StoreError> {
        let at = At { table: "knowledge_documents", row: &self.id };
        Ok(Document {
            id: DocumentId(self.id),
            business_id: BusinessId(self.business_id),
            kind: at.word("kind", self.kind)?,
            state: at.word("state", self.state)?,
            embedding: at.word("embedding", self.embedding)?,
            embedding_tries: at.count("embedding_tries", self.embedding_tries)?,
            chunks: at.count("chunks", self.chunks)?,
            version: at.count("version", self.version)?,
            project_id: self.project_id,
            title: self.title,
            body: self.body,
            source_url: self.source_url,
            is_pinned: self.is_pinned,
            state_reason: self.state_reason,
            fetched_at: self.fetched_at,
            embedding_reason: self.embedding_reason,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }

    pub(crate) fn of(document: &Document) -> Result<ActiveModel, StoreError> {
        let row = Self {
            id: document.id.0,
            business_id: document.business_id.0,
            project_id: document.project_id.as_deref().map(clean),
            kind: word_of(&document.kind)?,
            title: clean(&document.title),
            body: clean(&document.body),
            source_url: document.source_url.as_deref().map(clean),
            is_pinned: document.is_pinned,
            state: word_of(&document.state)?,
            state_reason: document.state_reason.as_deref().map(clean),
            embedding: word_of(&document.embedding)?,
            embedding_reason: document.embedding_reason.as_deref().map(clean),
            embedding_tries: document.embedding_tries.into(),
            embedding_at: document.updated_at,
            chunks: document.chunks.into(),
            version: document.version.into(),
            created_at: document.created_at,
            updated_at: document.updated_at,
            fetched_at: document.fetched_at,
            fetch_at: (document.state == DocumentState::Pending).then_some(document.updated_at),
        };
        Ok(row.into_active_model())
    }
}
