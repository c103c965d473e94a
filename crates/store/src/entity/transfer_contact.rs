//! `transfer_contacts`: people a call may be connected to.

use crate::cell::At;
use crate::error::StoreError;
use crate::text::clean;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::contact::Contact;
use studioconnect_domain::ids::{BusinessId, ContactId};
use studioconnect_domain::phone::PhoneNumber;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "transfer_contacts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) position: i64,
    pub(crate) name: String,
    pub(crate) phone: String,
    pub(crate) note: String,
    pub(crate) is_active: bool,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<Contact, StoreError> {
        let at = At { table: "transfer_contacts", row: &self.id };
        Ok(Contact {
            id: ContactId(self.id),
            name: self.name,
            phone: PhoneNumber::try_from(self.phone).map_err(|_| at.corrupt("phone"))?,
            note: self.note,
            is_active: self.is_active,
            order: at.count("position", self.position)?,
        })
    }

    /// The row of a contact that stands at `position`, whatever its own `order` says.
    pub(crate) fn of(business: BusinessId, position: usize, contact: &Contact) -> ActiveModel {
        let row = Self {
            id: contact.id.0,
            business_id: business.0,
            position: position as i64,
            name: clean(&contact.name),
            phone: contact.phone.as_str().to_owned(),
            note: clean(&contact.note),
            is_active: contact.is_active,
        };
        row.into_active_model()
    }
}
