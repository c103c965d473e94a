//! Links that were mailed to somebody: good once, and only for what they were made for.

use crate::cell::{At, word_of};
use crate::entity::link;
use crate::entity::user::normal_email;
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use studioconnect_domain::account::Purpose;
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::{BusinessId, LinkId, UserId};

/// A link as it is remembered. Its secret is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id, the first half of what stands in the mail.
    pub id: LinkId,
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose password it resets.
    pub user: Option<UserId>,
    /// Which business it leads into.
    pub business: Option<BusinessId>,
    /// Where it was sent.
    pub email: String,
    /// What the invited may do.
    pub role: Option<Role>,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

impl Store {
    /// Remembers a link whose secret hashes to `secret_hash`. Others for the same purpose and address stop working.
    pub async fn add_link(&self, link: &Link, secret_hash: &str) -> Result<(), StoreError> {
        let email = normal_email(&link.email);
        let row = link::Model {
            id: link.id.0,
            purpose: word_of(&link.purpose)?,
            secret_hash: secret_hash.to_owned(),
            user_id: link.user.map(|user| user.0),
            business_id: link.business.map(|business| business.0),
            email: email.clone(),
            role: link.role.as_ref().map(word_of).transpose()?,
            created_at: link.created_at,
            expires_at: link.expires_at,
            used_at: None,
        };
        let transaction = self.begin().await?;
        let mut earlier = link::Entity::delete_many()
            .filter(link::Column::Purpose.eq(row.purpose.clone()))
            .filter(link::Column::Email.eq(email));
        if let Some(business) = link.business {
            earlier = earlier.filter(link::Column::BusinessId.eq(business.0));
        }
        earlier.exec(&*transaction).await?;
        link::Entity::insert(row.into_active_model()).exec_without_returning(&*transaction).await?;
        transaction.commit().await
    }

    /// A link that still works, without using it up.
    pub async fn find_link(
        &self,
        id: LinkId,
        secret_hash: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Link>, StoreError> {
        let found = rows::first(&self.database, working(id, secret_hash, now)).await?;
        found.map(read).transpose()
    }

    /// Uses a link up; none when it does not work any more. Of two that come at once, one gets it.
    pub async fn use_link(
        &self,
        id: LinkId,
        secret_hash: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Link>, StoreError> {
        let transaction = self.begin().await?;
        let select = working(id, secret_hash, now).lock(LockType::Update);
        let Some(row) = rows::first(&*transaction, select).await? else { return Ok(None) };
        link::Entity::update_many()
            .col_expr(link::Column::UsedAt, Expr::value(now))
            .filter(link::Column::Id.eq(id.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        read(row).map(Some)
    }

    /// Forgets links that have run out, of everybody. One that was used is kept until then.
    pub async fn forget_old_links(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let done =
            link::Entity::delete_many().filter(link::Column::ExpiresAt.lte(now)).exec(&*transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected)
    }

    /// Invitations into a business that nobody has taken up yet, newest first.
    pub async fn open_invitations(
        &self,
        business: BusinessId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Link>, StoreError> {
        let select = link::Entity::find()
            .filter(link::Column::BusinessId.eq(business.0))
            .filter(link::Column::Purpose.eq(word_of(&Purpose::Invitation)?))
            .filter(link::Column::UsedAt.is_null())
            .filter(link::Column::ExpiresAt.gt(now))
            .order_by_desc(link::Column::CreatedAt)
            .order_by_desc(link::Column::Id);
        rows::all(&self.database, select).await?.into_iter().map(read).collect()
    }

    /// Takes an invitation back. False when there is none.
    pub async fn withdraw_invitation(&self, business: BusinessId, id: LinkId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let done = link::Entity::delete_many()
            .filter(link::Column::Id.eq(id.0))
            .filter(link::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }
}

fn working(id: LinkId, secret_hash: &str, now: DateTime<Utc>) -> sea_orm::Select<link::Entity> {
    link::Entity::find_by_id(id.0)
        .filter(link::Column::SecretHash.eq(secret_hash))
        .filter(link::Column::UsedAt.is_null())
        .filter(link::Column::ExpiresAt.gt(now))
}

fn read(row: link::Model) -> Result<Link, StoreError> {
    let at = At { table: "links", row: &row.id };
    Ok(Link {
        id: LinkId(row.id),
        purpose: at.word("purpose", row.purpose)?,
        user: row.user_id.map(UserId),
        business: row.business_id.map(BusinessId),
        email: row.email,
        role: at.word_if_any("role", row.role)?,
        created_at: row.created_at,
        expires_at: row.expires_at,
    })
}
