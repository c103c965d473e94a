//! `lead_notes`: what people wrote about leads.

use sea_orm::entity::prelude::*;
use studioconnect_domain::ids::{NoteId, UserId};
use studioconnect_domain::lead::Note;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "lead_notes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) lead_id: Uuid,
    pub(crate) author: Option<Uuid>,
    pub(crate) at: DateTimeUtc,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Note {
        Note { id: NoteId(self.id), author: self.author.map(UserId), at: self.at, text: self.text }
    }
}
