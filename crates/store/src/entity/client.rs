//! `clients`: whom a business works for.

use crate::cell::At;
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::client::Client;
use studioconnect_domain::ids::{BusinessId, ClientId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) notes: String,
    pub(crate) version: i64,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Client, StoreError> {
        let at = At { table: "clients", row: &self.id };
        Ok(Client {
            id: ClientId(self.id),
            business_id: BusinessId(self.business_id),
            version: at.count("version", self.version)?,
            name: self.name,
            company: self.company,
            email: self.email,
            phone: self.phone,
            notes: self.notes,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }

    pub(crate) fn of(client: &Client) -> ActiveModel {
        let row = Self {
            id: client.id.0,
            business_id: client.business_id.0,
            name: clean(&client.name),
            company: clean(&client.company),
            email: client.email.as_deref().map(super::user::normal_email),
            phone: client.phone.as_deref().map(clean),
            notes: clean(&client.notes),
            version: client.version.into(),
            created_at: client.created_at,
            updated_at: client.updated_at,
        };
        row.into_active_model()
    }
}
