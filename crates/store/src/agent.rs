//! How a business's agent sounds and behaves.

mod lenient;

use crate::cell::{At, json_of};
use crate::entity::agent_config;
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::Value;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::ids::BusinessId;

impl Store {
    /// The settings of a business's agent; the defaults when it has none.
    pub async fn agent_config(&self, business: BusinessId) -> Result<AgentConfig, StoreError> {
        let found = rows::first(&self.database, agent_config::Entity::find_by_id(business.0)).await?;
        read(business, found.map(|row| row.settings))
    }

    /// The settings with the number of times they were changed.
    pub async fn versioned_agent_config(
        &self,
        business: BusinessId,
    ) -> Result<(AgentConfig, u32), StoreError> {
        let found = rows::first(&self.database, agent_config::Entity::find_by_id(business.0)).await?;
        let version = found.as_ref().map_or(0, |row| row.version);
        let at = At { table: "agent_configs", row: &business };
        Ok((read(business, found.map(|row| row.settings))?, at.count("version", version)?))
    }

    /// Changes settings that are still at `version`; returns the next one.
    pub async fn change_agent_config(
        &self,
        business: BusinessId,
        version: u32,
        config: &AgentConfig,
    ) -> Result<u32, StoreError> {
        StoreError::refuse(config.faults())?;
        let transaction = self.begin().await?;
        let select = agent_config::Entity::find_by_id(business.0).lock(LockType::NoKeyUpdate);
        let stored = rows::first(&*transaction, select).await?.map_or(0, |row| row.version);
        if stored != i64::from(version) {
            return Err(StoreError::Overtaken { what: "agent" });
        }
        put(&*transaction, business, config).await?;
        transaction.commit().await?;
        Ok(version + 1)
    }

    /// Changes them; settings with faults are refused.
    pub async fn set_agent_config(
        &self,
        business: BusinessId,
        config: &AgentConfig,
    ) -> Result<(), StoreError> {
        StoreError::refuse(config.faults())?;
        let transaction = self.begin().await?;
        put(&*transaction, business, config).await?;
        transaction.commit().await
    }
}

/// The settings as they are stored, whatever version wrote them.
pub(crate) fn read(business: BusinessId, stored: Option<Value>) -> Result<AgentConfig, StoreError> {
    let at = At { table: "agent_configs", row: &business };
    match stored {
        Some(stored) => lenient::config(stored).ok_or_else(|| at.corrupt("settings")),
        None => Ok(AgentConfig::default()),
    }
}

pub(crate) async fn put(
    connection: &impl ConnectionTrait,
    business: BusinessId,
    config: &AgentConfig,
) -> Result<(), StoreError> {
    let row = agent_config::Model { business_id: business.0, settings: json_of(config)?, version: 0 };
    let next = Expr::col((agent_config::Entity, agent_config::Column::Version)).add(1);
    let changed = OnConflict::column(agent_config::Column::BusinessId)
        .update_column(agent_config::Column::Settings)
        .value(agent_config::Column::Version, next)
        .to_owned();
    agent_config::Entity::insert(row.into_active_model())
        .on_conflict(changed)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}
