//! `sessions`: browsers and programs that are signed in.

use sea_orm::entity::prelude::*;
use studioconnect_domain::account::Session;
use studioconnect_domain::ids::{SessionId, UserId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) secret_hash: String,
    pub(crate) previous_hash: Option<String>,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) seen_at: DateTimeUtc,
    pub(crate) expires_at: DateTimeUtc,
    pub(crate) user_agent: String,
    pub(crate) address: String,
    pub(crate) business_id: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Session {
        Session {
            id: SessionId(self.id),
            user_id: UserId(self.user_id),
            created_at: self.created_at,
            seen_at: self.seen_at,
            expires_at: self.expires_at,
            user_agent: self.user_agent,
            address: self.address,
        }
    }
}
