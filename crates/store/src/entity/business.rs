//! `businesses`: the tenants.

use crate::cell::{At, json_of, word_of};
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::business::Business;
use studioconnect_domain::ids::BusinessId;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "businesses")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) plan: String,
    pub(crate) timezone: String,
    pub(crate) region: String,
    pub(crate) widget_key: String,
    pub(crate) kind: String,
    pub(crate) website: String,
    pub(crate) address: String,
    pub(crate) hours: Option<Json>,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(belongs_to = "super::plan::Entity", from = "Column::Plan", to = "super::plan::Column::Code")]
    Plan,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Business, StoreError> {
        let at = At { table: "businesses", row: &self.id };
        Ok(Business {
            id: BusinessId(self.id),
            name: self.name,
            plan: at.word("plan", self.plan)?,
            timezone: self.timezone,
            region: self.region,
            widget_key: self.widget_key,
            kind: self.kind,
            website: self.website,
            address: self.address,
            hours: self.hours.map(|hours| at.json("hours", hours)).transpose()?.unwrap_or_default(),
            version: at.count("version", self.version)?,
            created_at: self.created_at,
        })
    }

    pub(crate) fn of(business: &Business) -> Result<ActiveModel, StoreError> {
        let row = Self {
            id: business.id.0,
            name: clean(&business.name),
            plan: word_of(&business.plan)?,
            timezone: business.timezone.clone(),
            region: business.region.to_ascii_uppercase(),
            widget_key: clean(&business.widget_key),
            kind: clean(&business.kind),
            website: clean(&business.website),
            address: clean(&business.address),
            hours: Some(json_of(&business.hours)?),
            version: business.version.into(),
            created_at: business.created_at,
        };
        Ok(row.into_active_model())
    }
}
