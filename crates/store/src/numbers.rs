//! The numbers businesses are reached on, and the look-up that every call begins with.

mod repair;

pub use repair::Repair;
pub(crate) use repair::repair;

use crate::entity::{agent_config, alarm_settings, business, phone_number, plan};
use crate::error::StoreError;
use crate::questions::first_questions;
use crate::store::Store;
use crate::{agent, alarm, rows};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    QueryTrait, RelationTrait,
};
use serde_json::Value;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::business::{Business, BusinessNumber};
use studioconnect_domain::ids::{BusinessId, PhoneNumberId};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::Plan;
use studioconnect_domain::question::Question;

/// What is needed to answer a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Reception {
    /// Who was called.
    pub business: Business,
    /// What its plan includes.
    pub plan: Plan,
    /// How its agent sounds.
    pub config: AgentConfig,
    /// What its agent asks, in order, no more than the plan allows.
    pub questions: Vec<Question>,
    /// What is done in an emergency.
    pub alarm: AlarmSettings,
}

impl Store {
    /// Who is reached on a number; two round trips, as it stands in the way of a caller's first ring.
    pub async fn find_business_by_number(
        &self,
        number: &PhoneNumber,
    ) -> Result<Option<Reception>, StoreError> {
        let select = business::Entity::find()
            .select_also(plan::Entity)
            .join(JoinType::InnerJoin, business::Relation::Plan.def())
            .join_rev(JoinType::InnerJoin, phone_number::Relation::Business.def())
            .join_rev(JoinType::LeftJoin, agent_config::Relation::Business.def())
            .join_rev(JoinType::LeftJoin, alarm_settings::Relation::Business.def())
            .column_as(agent_config::Column::Settings, SETTINGS)
            .column_as(alarm_settings::Column::Settings, ALARM)
            .filter(phone_number::Column::Number.eq(number.as_str()));
        let statement = select.build(self.database.get_database_backend());
        let Some(row) = self.database.query_one_raw(statement).await? else { return Ok(None) };
        let business = rows::decode::<business::Entity>(&row, "A_")?.read()?;
        let plan = rows::decode::<plan::Entity>(&row, "B_")?.read()?;
        let config = agent::read(business.id, json(&row, (SETTINGS, "agent_configs"), business.id)?)?;
        let alarm = alarm::read(business.id, json(&row, (ALARM, "alarm_settings"), business.id)?)?;
        let questions = first_questions(&self.database, business.id, plan.question_limit).await?;
        Ok(Some(Reception { business, plan, config, questions, alarm }))
    }

    /// The numbers of a business.
    pub async fn list_numbers(&self, business: BusinessId) -> Result<Vec<BusinessNumber>, StoreError> {
        let select = phone_number::Entity::find()
            .filter(phone_number::Column::BusinessId.eq(business.0))
            .order_by_asc(phone_number::Column::Number);
        let found = rows::all(&self.database, select).await?;
        found.into_iter().map(phone_number::Model::read).collect()
    }

    /// Adds a number; each belongs to one business of the installation.
    pub async fn add_number(&self, number: &BusinessNumber) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        phone_number::Entity::insert(phone_number::Model::of(number))
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Takes a number from this business.
    pub async fn remove_number(&self, business: BusinessId, number: PhoneNumberId) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let done = phone_number::Entity::delete_many()
            .filter(phone_number::Column::Id.eq(number.0))
            .filter(phone_number::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        if done.rows_affected == 0 {
            return Err(StoreError::Missing { what: "phone number" });
        }
        transaction.commit().await
    }

    /// Brings numbers that an older version or a hand wrote in another form to E.164. Migration does this too.
    pub async fn normalise_numbers(&self) -> Result<Repair, StoreError> {
        let transaction = self.begin().await?;
        let done = repair(&*transaction).await?;
        transaction.commit().await?;
        Ok(done)
    }
}

const SETTINGS: &str = "C_settings";
const ALARM: &str = "D_settings";

fn json(
    row: &QueryResult,
    (column, table): (&str, &'static str),
    business: BusinessId,
) -> Result<Option<Value>, StoreError> {
    row.try_get("", column).map_err(|_| StoreError::Corrupt {
        table,
        column: "settings".to_owned(),
        row: business.to_string(),
    })
}
