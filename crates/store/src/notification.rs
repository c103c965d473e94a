//! Whom a business wants to be told, and of what.

use crate::cell::{At, json_of};
use crate::entity::business;
use crate::entity::notification_settings::{Column, Entity, Model};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::notification::NotificationSettings;

impl Store {
    /// Whom a business wants to be told, and how often that was changed.
    pub async fn notification_settings(
        &self,
        business: BusinessId,
    ) -> Result<(NotificationSettings, u32), StoreError> {
        of(&self.database, business).await
    }

    /// Changes settings that are still at `version`; returns the next one.
    pub async fn put_notification_settings(
        &self,
        business: BusinessId,
        version: u32,
        settings: &NotificationSettings,
    ) -> Result<u32, StoreError> {
        let transaction = self.begin().await?;
        // The business's row is there from the beginning, so two first changes wait for each other.
        let owner = business::Entity::find_by_id(business.0).lock(LockType::NoKeyUpdate);
        rows::first(&*transaction, owner).await?.ok_or(StoreError::Missing { what: "business" })?;
        let (_, current) = of(&*transaction, business).await?;
        if current != version {
            return Err(StoreError::Overtaken { what: "notifications" });
        }
        let row =
            Model { business_id: business.0, settings: json_of(settings)?, version: i64::from(version) + 1 };
        let changed = OnConflict::column(Column::BusinessId)
            .update_columns([Column::Settings, Column::Version])
            .to_owned();
        Entity::insert(row.into_active_model())
            .on_conflict(changed)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(version + 1)
    }
}

/// A business that has changed nothing has no row.
pub(crate) async fn of(
    connection: &impl ConnectionTrait,
    business: BusinessId,
) -> Result<(NotificationSettings, u32), StoreError> {
    let Some(row) = rows::first(connection, Entity::find_by_id(business.0)).await? else {
        return Ok((NotificationSettings::default(), 0));
    };
    let at = At { table: "notification_settings", row: &business };
    Ok((at.json("settings", row.settings)?, at.count("version", row.version)?))
}
