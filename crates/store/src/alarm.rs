//! How a business is woken in an emergency.

use crate::cell::{At, json_of};
use crate::entity::{alarm_settings, business};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::Value;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::phone::PhoneNumber;

impl Store {
    /// A business's emergency settings, and how often they were changed.
    pub async fn alarm_settings(&self, business: BusinessId) -> Result<(AlarmSettings, u32), StoreError> {
        stored(&self.database, business).await
    }

    /// Changes settings that are still at `version`; returns the next one. `own` are the numbers the business is reached on.
    pub async fn put_alarm_settings(
        &self,
        business: BusinessId,
        version: u32,
        settings: &AlarmSettings,
        own: &[PhoneNumber],
    ) -> Result<u32, StoreError> {
        StoreError::refuse(settings.faults(own))?;
        let transaction = self.begin().await?;
        // The business's row is there from the beginning, so two first changes wait for each other.
        let owner = business::Entity::find_by_id(business.0).lock(LockType::NoKeyUpdate);
        rows::first(&*transaction, owner).await?.ok_or(StoreError::Missing { what: "business" })?;
        let (_, current) = stored(&*transaction, business).await?;
        if current != version {
            return Err(StoreError::Overtaken { what: "emergency settings" });
        }
        let row = alarm_settings::Model {
            business_id: business.0,
            settings: json_of(settings)?,
            version: i64::from(version) + 1,
        };
        let changed = OnConflict::column(alarm_settings::Column::BusinessId)
            .update_columns([alarm_settings::Column::Settings, alarm_settings::Column::Version])
            .to_owned();
        alarm_settings::Entity::insert(row.into_active_model())
            .on_conflict(changed)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(version + 1)
    }
}

async fn stored(
    connection: &impl ConnectionTrait,
    business: BusinessId,
) -> Result<(AlarmSettings, u32), StoreError> {
    let found = rows::first(connection, alarm_settings::Entity::find_by_id(business.0)).await?;
    let Some(row) = found else { return Ok((AlarmSettings::default(), 0)) };
    let at = At { table: "alarm_settings", row: &business };
    let version = at.count("version", row.version)?;
    Ok((read(business, Some(row.settings))?, version))
}

/// A business that has changed nothing has no row.
pub(crate) fn read(business: BusinessId, settings: Option<Value>) -> Result<AlarmSettings, StoreError> {
    let at = At { table: "alarm_settings", row: &business };
    settings.map_or_else(|| Ok(AlarmSettings::default()), |settings| at.json("settings", settings))
}
