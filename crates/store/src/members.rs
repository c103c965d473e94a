//! Who may enter which business, and what they may do there.

use crate::cell::{At, word_of};
use crate::entity::{business, lead, membership, plan, user};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use studioconnect_domain::account::{Membership, Standing};
use studioconnect_domain::business::{Role, User};
use studioconnect_domain::ids::{BusinessId, SessionId, UserId};
use uuid::Uuid;

impl Store {
    /// Somebody's place in a business as it is now: their session still open, their role, the business and its plan.
    /// None when any of it is gone, so that a sign-out or a removal works from the next request on.
    pub async fn standing(
        &self,
        user: UserId,
        business: BusinessId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Standing>, StoreError> {
        if !self.is_session_open(user, session, now).await? {
            return Ok(None);
        }
        let connection = &self.database;
        let Some(membership) =
            rows::first(connection, membership::Entity::find_by_id((user.0, business.0))).await?
        else {
            return Ok(None);
        };
        let (user, business) = tokio::try_join!(
            rows::first(connection, user::Entity::find_by_id(user.0)),
            rows::first(connection, business::Entity::find_by_id(business.0)),
        )?;
        let (Some(user), Some(business)) = (user, business) else { return Ok(None) };
        let role = role_of(&membership)?;
        let found = rows::first(connection, plan::Entity::find_by_id(business.plan.clone())).await?;
        let plan = found.ok_or(StoreError::Missing { what: "plan" })?.read()?;
        Ok(Some(Standing { user: user.read()?, business: business.read()?, role, plan, session }))
    }

    /// Every business that somebody may enter, by name.
    pub async fn memberships(&self, user: UserId) -> Result<Vec<Membership>, StoreError> {
        let select = membership::Entity::find().filter(membership::Column::UserId.eq(user.0));
        let found = rows::all(&self.database, select).await?;
        let ids: Vec<_> = found.iter().map(|membership| membership.business_id).collect();
        let businesses = business::Entity::find()
            .filter(business::Column::Id.is_in(ids))
            .order_by_asc(business::Column::Name)
            .order_by_asc(business::Column::Id);
        let mut memberships = Vec::new();
        for business in rows::all(&self.database, businesses).await? {
            let Some(own) = found.iter().find(|own| own.business_id == business.id) else { continue };
            memberships.push(Membership {
                business_id: BusinessId(business.id),
                business_name: business.name,
                role: role_of(own)?,
            });
        }
        Ok(memberships)
    }

    /// Everybody who may enter a business, with what they may do in it; who came first stands first.
    pub async fn members(&self, business: BusinessId) -> Result<Vec<User>, StoreError> {
        let select = membership::Entity::find()
            .filter(membership::Column::BusinessId.eq(business.0))
            .order_by_asc(membership::Column::CreatedAt)
            .order_by_asc(membership::Column::UserId);
        let found = rows::all(&self.database, select).await?;
        let ids: Vec<_> = found.iter().map(|membership| membership.user_id).collect();
        let mut people =
            rows::all(&self.database, user::Entity::find().filter(user::Column::Id.is_in(ids))).await?;
        let mut members = Vec::with_capacity(people.len());
        for membership in &found {
            let Some(at) = people.iter().position(|person| person.id == membership.user_id) else { continue };
            members.push(User { role: role_of(membership)?, ..people.swap_remove(at).read()? });
        }
        Ok(members)
    }

    /// Somebody of a business.
    pub async fn find_member(&self, business: BusinessId, user: UserId) -> Result<Option<User>, StoreError> {
        let select = membership::Entity::find_by_id((user.0, business.0));
        let Some(membership) = rows::first(&self.database, select).await? else { return Ok(None) };
        let Some(person) = rows::first(&self.database, user::Entity::find_by_id(user.0)).await? else {
            return Ok(None);
        };
        Ok(Some(User { role: role_of(&membership)?, ..person.read()? }))
    }

    /// Lets somebody who is known already enter another business, or changes what they may do in it.
    pub async fn put_membership(
        &self,
        business: BusinessId,
        user: UserId,
        role: Role,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let owners = owners(&*transaction, business).await?;
        if role != Role::Owner && owners == [user] {
            return Err(last_owner());
        }
        put(&*transaction, business, user, role, now).await?;
        transaction.commit().await
    }

    /// Changes what somebody of a business may do in it. False when they are nobody of it.
    pub async fn change_role(
        &self,
        business: BusinessId,
        user: UserId,
        role: Role,
    ) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let owners = owners(&*transaction, business).await?;
        if role != Role::Owner && owners == [user] {
            return Err(last_owner());
        }
        let done = membership::Entity::update_many()
            .col_expr(membership::Column::Role, Expr::value(word_of(&role)?))
            .filter(membership::Column::UserId.eq(user.0))
            .filter(membership::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// Lets somebody no longer enter a business; their leads in it wait for somebody else. False when they could not anyway.
    pub async fn remove_member(&self, business: BusinessId, user: UserId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        if owners(&*transaction, business).await? == [user] {
            return Err(last_owner());
        }
        let done = membership::Entity::delete_by_id((user.0, business.0)).exec(&*transaction).await?;
        lead::Entity::update_many()
            .col_expr(lead::Column::AssignedTo, Expr::value(None::<Uuid>))
            .filter(lead::Column::BusinessId.eq(business.0))
            .filter(lead::Column::AssignedTo.eq(user.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// How many people may enter a business.
    pub async fn count_members(&self, business: BusinessId) -> Result<u64, StoreError> {
        let select = membership::Entity::find().filter(membership::Column::BusinessId.eq(business.0));
        Ok(select.count(&self.database).await?)
    }
}

pub(crate) async fn put(
    connection: &impl ConnectionTrait,
    business: BusinessId,
    user: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let row = membership::Model {
        user_id: user.0,
        business_id: business.0,
        role: word_of(&role)?,
        created_at: now,
    };
    let changed =
        sea_orm::sea_query::OnConflict::columns([membership::Column::UserId, membership::Column::BusinessId])
            .update_column(membership::Column::Role)
            .to_owned();
    membership::Entity::insert(row.into_active_model())
        .on_conflict(changed)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

fn role_of(membership: &membership::Model) -> Result<Role, StoreError> {
    At { table: "memberships", row: &membership.user_id }.word("role", membership.role.clone())
}

/// The owners of a business; nobody changes them until the transaction ends.
async fn owners(connection: &impl ConnectionTrait, business: BusinessId) -> Result<Vec<UserId>, StoreError> {
    // The business's own row is the lock, so that two owners cannot remove each other at once.
    rows::first(connection, business::Entity::find_by_id(business.0).lock(LockType::NoKeyUpdate)).await?;
    let select = membership::Entity::find()
        .filter(membership::Column::BusinessId.eq(business.0))
        .filter(membership::Column::Role.eq(word_of(&Role::Owner)?));
    Ok(rows::all(connection, select).await?.into_iter().map(|owner| UserId(owner.user_id)).collect())
}

fn last_owner() -> StoreError {
    StoreError::invalid("role", "a business needs an owner: make somebody else the owner first")
}
