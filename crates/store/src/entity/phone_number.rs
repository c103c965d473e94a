//! `phone_numbers`: what businesses are reached on.

use crate::cell::At;
use crate::error::StoreError;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::business::BusinessNumber;
use studioconnect_domain::ids::{BusinessId, PhoneNumberId};
use studioconnect_domain::phone::PhoneNumber;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "phone_numbers")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) number: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(
        belongs_to = "super::business::Entity",
        from = "Column::BusinessId",
        to = "super::business::Column::Id"
    )]
    Business,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<BusinessNumber, StoreError> {
        let at = At { table: "phone_numbers", row: &self.id };
        Ok(BusinessNumber {
            id: PhoneNumberId(self.id),
            business_id: BusinessId(self.business_id),
            number: PhoneNumber::try_from(self.number).map_err(|_| at.corrupt("number"))?,
        })
    }

    pub(crate) fn of(number: &BusinessNumber) -> ActiveModel {
        let row = Self {
            id: number.id.0,
            business_id: number.business_id.0,
            number: number.number.as_str().to_owned(),
        };
        row.into_active_model()
    }
}
