//! How the chat on a business's website is set up.

use crate::cell::{At, json_of};
use crate::entity::{agent_config, business, plan, widget};
use crate::error::StoreError;
use crate::store::Store;
use crate::text::clean;
use crate::{agent, rows};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryResult,
    QuerySelect, QueryTrait, RelationTrait,
};
use serde_json::Value;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::business::Business;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::plan::Plan;
use studioconnect_domain::widget::WidgetConfig;

/// What a page with a business's chat on it leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct WidgetOfKey {
    /// Whose chat it is.
    pub business: Business,
    /// What its plan includes.
    pub plan: Plan,
    /// How its agent speaks.
    pub agent: AgentConfig,
    /// How the chat is set up.
    pub widget: WidgetConfig,
    /// How often that was changed.
    pub version: u32,
}

const AGENT: &str = "C_settings";
const SETTINGS: &str = "D_settings";
const VERSION: &str = "D_version";

impl Store {
    /// Whose chat has this key. The key is public by nature: it says which business is meant, and opens nothing.
    pub async fn widget_of_key(&self, key: &str) -> Result<Option<WidgetOfKey>, StoreError> {
        let select = business::Entity::find()
            .select_also(plan::Entity)
            .join(JoinType::InnerJoin, business::Relation::Plan.def())
            .join_rev(JoinType::LeftJoin, agent_config::Relation::Business.def())
            .join_rev(JoinType::LeftJoin, widget::Relation::Business.def())
            .column_as(agent_config::Column::Settings, AGENT)
            .column_as(widget::Column::Settings, SETTINGS)
            .column_as(widget::Column::Version, VERSION)
            .filter(business::Column::WidgetKey.eq(clean(key)));
        let statement = select.build(self.database.get_database_backend());
        let Some(row) = self.database.query_one_raw(statement).await? else { return Ok(None) };
        let business = rows::decode::<business::Entity>(&row, "A_")?.read()?;
        let plan = rows::decode::<plan::Entity>(&row, "B_")?.read()?;
        let agent = agent::read(business.id, cell(&row, AGENT, business.id)?)?;
        let version = cell::<i64>(&row, VERSION, business.id)?;
        let (widget, version) = read(business.id, cell(&row, SETTINGS, business.id)?, version)?;
        Ok(Some(WidgetOfKey { business, plan, agent, widget, version }))
    }

    /// How a business's chat is set up, and how often that was changed.
    pub async fn widget(&self, business: BusinessId) -> Result<(WidgetConfig, u32), StoreError> {
        let found = rows::first(&self.database, widget::Entity::find_by_id(business.0)).await?;
        let (settings, version) = found.map(|row| (row.settings, row.version)).unzip();
        read(business, settings, version)
    }

    /// Changes settings that are still at `version`; returns them as they are kept, with the next one.
    pub async fn put_widget(
        &self,
        business: BusinessId,
        version: u32,
        config: &WidgetConfig,
    ) -> Result<(WidgetConfig, u32), StoreError> {
        StoreError::refuse(config.faults())?;
        let transaction = self.begin().await?;
        // The business's row is there from the beginning, so two first changes wait for each other.
        let owner = business::Entity::find_by_id(business.0).lock(LockType::NoKeyUpdate);
        rows::first(&*transaction, owner).await?.ok_or(StoreError::Missing { what: "business" })?;
        let stored = rows::first(&*transaction, widget::Entity::find_by_id(business.0)).await?;
        let (settings, stored) = stored.map(|row| (row.settings, row.version)).unzip();
        let (before, current) = read(business, settings, stored)?;
        if current != version {
            return Err(StoreError::Overtaken { what: "widget" });
        }
        let kept = config.clone().following(&before);
        let row = widget::Model {
            business_id: business.0,
            settings: json_of(&kept)?,
            version: i64::from(version) + 1,
        };
        let changed = OnConflict::column(widget::Column::BusinessId)
            .update_columns([widget::Column::Settings, widget::Column::Version])
            .to_owned();
        widget::Entity::insert(row.into_active_model())
            .on_conflict(changed)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok((kept, version + 1))
    }
}

/// A business that has changed nothing has no row.
fn read(
    business: BusinessId,
    settings: Option<Value>,
    version: Option<i64>,
) -> Result<(WidgetConfig, u32), StoreError> {
    let at = At { table: "widgets", row: &business };
    let config = settings.map(|settings| at.json("settings", settings)).transpose()?.unwrap_or_default();
    Ok((config, at.count("version", version.unwrap_or(0))?))
}

fn cell<T: sea_orm::TryGetable>(
    row: &QueryResult,
    name: &str,
    business: BusinessId,
) -> Result<Option<T>, StoreError> {
    let table = if name == AGENT { "agent_configs" } else { "widgets" };
    let column = name.split_once('_').map_or(name, |(_, column)| column);
    row.try_get("", name).map_err(|_| At { table, row: &business }.corrupt(column))
}
