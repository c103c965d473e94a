//! `users`: the people who sign in.

use crate::cell::{At, word_of};
use crate::error::StoreError;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;
use studioconnect_domain::business::User;
use studioconnect_domain::ids::{BusinessId, UserId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) business_id: Uuid,
    pub(crate) email: String,
    pub(crate) password_hash: String,
    pub(crate) role: String,
    pub(crate) name: String,
    pub(crate) second_factor: Option<String>,
    pub(crate) second_factor_step: Option<i64>,
    pub(crate) created_at: DateTimeUtc,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn read(self) -> Result<User, StoreError> {
        let at = At { table: "users", row: &self.id };
        Ok(User {
            id: UserId(self.id),
            business_id: BusinessId(self.business_id),
            email: self.email,
            password_hash: self.password_hash,
            role: at.word("role", self.role)?,
            name: self.name,
            second_factor: self.second_factor,
            created_at: self.created_at,
        })
    }

    pub(crate) fn of(user: &User) -> Result<ActiveModel, StoreError> {
        let row = Self {
            id: user.id.0,
            business_id: user.business_id.0,
            email: normal_email(&user.email),
            password_hash: user.password_hash.clone(),
            role: word_of(&user.role)?,
            name: crate::text::clean(&user.name),
            second_factor: user.second_factor.clone(),
            second_factor_step: None,
            created_at: user.created_at,
        };
        Ok(row.into_active_model())
    }
}

/// The one form in which a mail address is kept and looked up.
pub fn normal_email(email: &str) -> String {
    crate::text::clean(email).trim().to_lowercase()
}
