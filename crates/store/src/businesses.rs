//! Businesses.

use crate::agent;
use crate::entity::{business, phone_number, user};
use crate::error::StoreError;
use crate::members;
use crate::questions::insert_questions;
use crate::rows;
use crate::store::Store;
use crate::text::clean;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use studioconnect_domain::Fault;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::business::{Business, BusinessNumber, User};
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::question::Question;

/// All that a business begins with.
#[derive(Clone, Debug)]
pub struct NewBusiness {
    /// The business itself.
    pub business: Business,
    /// Its first user.
    pub owner: User,
    /// The numbers it is reached on.
    pub numbers: Vec<BusinessNumber>,
    /// How its agent sounds.
    pub config: AgentConfig,
    /// What its agent asks, in order; `order` is numbered anew.
    pub questions: Vec<Question>,
}

impl NewBusiness {
    fn faults(&self) -> Vec<Fault> {
        let id = self.business.id;
        let mut faults = self.business.faults();
        faults.extend(self.config.faults());
        if self.owner.business_id != id {
            faults.push(Fault::new("owner", "must belong to the business"));
        }
        if self.numbers.iter().any(|number| number.business_id != id) {
            faults.push(Fault::new("numbers", "must belong to the business"));
        }
        faults
    }
}

impl Store {
    /// Adds a business with everything it begins with, or nothing of it.
    pub async fn create_business(&self, new: &NewBusiness) -> Result<(), StoreError> {
        StoreError::refuse(new.faults())?;
        let transaction = self.begin().await?;
        insert(&*transaction, new).await?;
        transaction.commit().await
    }

    /// A business by its id.
    pub async fn find_business(&self, id: BusinessId) -> Result<Option<Business>, StoreError> {
        let found = rows::first(&self.database, business::Entity::find_by_id(id.0)).await?;
        found.map(business::Model::read).transpose()
    }

    /// Whose chat has this key. The key is public by nature: it says which business is meant, and opens nothing.
    pub async fn find_business_by_widget_key(&self, key: &str) -> Result<Option<Business>, StoreError> {
        let select = business::Entity::find().filter(business::Column::WidgetKey.eq(clean(key)));
        rows::first(&self.database, select).await?.map(business::Model::read).transpose()
    }

    /// Changes a business that is still at the version in `business`; the stored one has the next. Plan, widget key and
    /// numbers are changed elsewhere.
    pub async fn change_business(&self, business: &Business) -> Result<Business, StoreError> {
        StoreError::refuse(business.faults())?;
        let transaction = self.begin().await?;
        let select = business::Entity::find_by_id(business.id.0).lock(LockType::NoKeyUpdate);
        let row =
            rows::first(&*transaction, select).await?.ok_or(StoreError::Missing { what: "business" })?;
        let stored = row.read()?;
        if stored.version != business.version {
            return Err(StoreError::Overtaken { what: "business" });
        }
        let changed = Business {
            version: business.version + 1,
            plan: stored.plan,
            widget_key: stored.widget_key,
            created_at: stored.created_at,
            ..business.clone()
        };
        let row = business::Model::of(&changed)?.reset_all();
        business::Entity::update(row).validate()?.exec_without_returning(&*transaction).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Every business of the installation, oldest first: for the operator and for jobs, never for a tenant.
    pub async fn list_businesses(&self) -> Result<Vec<Business>, StoreError> {
        let select = business::Entity::find()
            .order_by_asc(business::Column::CreatedAt)
            .order_by_asc(business::Column::Id);
        let found = rows::all(&self.database, select).await?;
        found.into_iter().map(business::Model::read).collect()
    }
}

async fn insert(connection: &impl ConnectionTrait, new: &NewBusiness) -> Result<(), StoreError> {
    let id = new.business.id;
    business::Entity::insert(business::Model::of(&new.business)?).exec_without_returning(connection).await?;
    user::Entity::insert(user::Model::of(&new.owner)?).exec_without_returning(connection).await?;
    members::put(connection, id, new.owner.id, new.owner.role, new.owner.created_at).await?;
    phone_number::Entity::insert_many(new.numbers.iter().map(phone_number::Model::of))
        .exec_without_returning(connection)
        .await?;
    agent::put(connection, id, &new.config).await?;
    insert_questions(connection, id, &new.questions).await
}
