//! People who sign in.

use crate::cell::word_of;
use crate::entity::{link, user};
use crate::error::StoreError;
use crate::members;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use studioconnect_domain::account::Purpose;
use studioconnect_domain::business::User;
use studioconnect_domain::ids::{BusinessId, UserId};

impl Store {
    /// Adds somebody; the mail address is brought to lower case and must be new to the installation.
    pub async fn add_user(&self, user: &User) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        user::Entity::insert(user::Model::of(user)?).exec_without_returning(&*transaction).await?;
        members::put(&*transaction, user.business_id, user.id, user.role, user.created_at).await?;
        transaction.commit().await
    }

    /// Somebody by mail address, in whatever case it is written. Signing in begins here, so no tenant is asked for.
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        let select = user::Entity::find().filter(user::Column::Email.eq(user::normal_email(email)));
        rows::first(&self.database, select).await?.map(user::Model::read).transpose()
    }

    /// Somebody by id: for whoever has shown that they are this somebody.
    pub async fn find_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let found = rows::first(&self.database, user::Entity::find_by_id(id.0)).await?;
        found.map(user::Model::read).transpose()
    }

    /// Changes what colleagues call somebody.
    pub async fn rename_user(&self, id: UserId, name: &str) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        user::Entity::update_many()
            .col_expr(user::Column::Name, Expr::value(crate::text::clean(name.trim())))
            .filter(user::Column::Id.eq(id.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// Gives somebody of this business a new password, already hashed. Links to choose another stop working.
    pub async fn set_password(
        &self,
        business: BusinessId,
        user: UserId,
        password_hash: &str,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let done = user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::value(password_hash))
            .filter(user::Column::Id.eq(user.0))
            .filter(user::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        if done.rows_affected == 0 {
            return Err(StoreError::Missing { what: "user" });
        }
        // Whoever can read somebody's old mail has no other way in.
        link::Entity::delete_many()
            .filter(link::Column::UserId.eq(user.0))
            .filter(link::Column::Purpose.eq(word_of(&Purpose::PasswordReset)?))
            .exec(&*transaction)
            .await?;
        transaction.commit().await
    }
}
