//! `escalation_attempts`: calls to people who are rung in an emergency.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "escalation_attempts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) incident_id: Uuid,
    pub(crate) contact_id: Uuid,
    pub(crate) try_number: i64,
    pub(crate) provider_sid: Option<String>,
    pub(crate) placed_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
