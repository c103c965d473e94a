//! People a call may be connected to.

use crate::entity::{business, transfer_contact};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use studioconnect_domain::contact::Contact;
use studioconnect_domain::ids::BusinessId;

impl Store {
    /// Everybody of a business in the order in which they are rung, those who are not active too.
    pub async fn transfer_contacts(&self, business: BusinessId) -> Result<Vec<Contact>, StoreError> {
        contacts(&self.database, business).await
    }

    /// Changes the list: nobody else changes it meanwhile, and `order` is numbered anew from 0, without gaps. A change
    /// that fails changes nothing.
    pub async fn change_transfer_contacts<T>(
        &self,
        business: BusinessId,
        change: impl FnOnce(&mut Vec<Contact>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.begin().await?;
        // The business's own row is the lock: a list that is empty has no row to lock.
        let own = business::Entity::find_by_id(business.0).lock(LockType::NoKeyUpdate);
        rows::first(&*transaction, own).await?.ok_or(StoreError::Missing { what: "business" })?;
        let mut list = contacts(&*transaction, business).await?;
        let outcome = change(&mut list)?;
        transfer_contact::Entity::delete_many()
            .filter(transfer_contact::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        let numbered = list.iter().enumerate();
        let added: Vec<_> = numbered
            .map(|(position, contact)| transfer_contact::Model::of(business, position, contact))
            .collect();
        for some in added.chunks(rows::ROWS_AT_ONCE) {
            transfer_contact::Entity::insert_many(some.to_vec())
                .exec_without_returning(&*transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(outcome)
    }
}

async fn contacts(
    connection: &impl ConnectionTrait,
    business: BusinessId,
) -> Result<Vec<Contact>, StoreError> {
    let select = transfer_contact::Entity::find()
        .filter(transfer_contact::Column::BusinessId.eq(business.0))
        .order_by_asc(transfer_contact::Column::Position);
    let found = rows::all(connection, select).await?;
    found.into_iter().map(transfer_contact::Model::read).collect()
}
