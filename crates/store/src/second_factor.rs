//! The second factor of people. Secrets come sealed and codes hashed; nothing here can read them.

use crate::entity::{recovery_code, user};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use studioconnect_domain::ids::UserId;

impl Store {
    /// Switches somebody's second factor on; `step` is that of the code which showed that it works, and is used up. False
    /// when it was on already.
    pub async fn turn_on_second_factor(
        &self,
        user: UserId,
        sealed: &str,
        step: i64,
        recovery_hashes: &[String],
    ) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let done = user::Entity::update_many()
            .col_expr(user::Column::SecondFactor, Expr::value(sealed))
            .col_expr(user::Column::SecondFactorStep, Expr::value(step))
            .filter(user::Column::Id.eq(user.0))
            .filter(user::Column::SecondFactor.is_null())
            .exec(&*transaction)
            .await?;
        if done.rows_affected == 0 {
            return Ok(false);
        }
        replace_codes(&*transaction, user, recovery_hashes).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives somebody other recovery codes; those they had are good no more. False when they have no second factor.
    pub async fn renew_recovery_codes(
        &self,
        user: UserId,
        recovery_hashes: &[String],
    ) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let is_on = user::Entity::find_by_id(user.0).filter(user::Column::SecondFactor.is_not_null());
        if rows::first(&*transaction, is_on.lock(LockType::NoKeyUpdate)).await?.is_none() {
            return Ok(false);
        }
        replace_codes(&*transaction, user, recovery_hashes).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Switches it off; codes that are left are forgotten. False when it was off.
    pub async fn turn_off_second_factor(&self, user: UserId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let done = user::Entity::update_many()
            .col_expr(user::Column::SecondFactor, Expr::value(Option::<String>::None))
            .col_expr(user::Column::SecondFactorStep, Expr::value(Option::<i64>::None))
            .filter(user::Column::Id.eq(user.0))
            .filter(user::Column::SecondFactor.is_not_null())
            .exec(&*transaction)
            .await?;
        forget_codes(&*transaction, user).await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// Uses up a step of time and all before it. False when it was used: a code is good once, and of two requests that
    /// bring the same one at once, one gets in.
    pub async fn use_second_factor_step(&self, user: UserId, step: i64) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let is_later = Condition::any()
            .add(user::Column::SecondFactorStep.is_null())
            .add(user::Column::SecondFactorStep.lt(step));
        let done = user::Entity::update_many()
            .col_expr(user::Column::SecondFactorStep, Expr::value(step))
            .filter(user::Column::Id.eq(user.0))
            .filter(user::Column::SecondFactor.is_not_null())
            .filter(is_later)
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// Uses up a recovery code. False when there is none that hashes so.
    pub async fn use_recovery_code(&self, user: UserId, hash: &str) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let done = recovery_code::Entity::delete_many()
            .filter(recovery_code::Column::UserId.eq(user.0))
            .filter(recovery_code::Column::CodeHash.eq(hash))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }

    /// How many recovery codes somebody has left.
    pub async fn count_recovery_codes(&self, user: UserId) -> Result<u64, StoreError> {
        let select = recovery_code::Entity::find().filter(recovery_code::Column::UserId.eq(user.0));
        Ok(select.count(&self.database).await?)
    }
}

async fn replace_codes(
    connection: &impl ConnectionTrait,
    user: UserId,
    hashes: &[String],
) -> Result<(), StoreError> {
    forget_codes(connection, user).await?;
    let rows = hashes
        .iter()
        .map(|hash| recovery_code::Model { user_id: user.0, code_hash: hash.clone() }.into_active_model());
    recovery_code::Entity::insert_many(rows).exec_without_returning(connection).await?;
    Ok(())
}

async fn forget_codes(connection: &impl ConnectionTrait, user: UserId) -> Result<(), StoreError> {
    recovery_code::Entity::delete_many()
        .filter(recovery_code::Column::UserId.eq(user.0))
        .exec(connection)
        .await?;
    Ok(())
}
