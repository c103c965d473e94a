//! Clients.

use crate::calls::Position;
use crate::entity::client;
use crate::entity::user::normal_email;
use crate::error::StoreError;
use crate::rows;
use crate::search::{Found, Listing, WINDOW, contains};
use crate::store::Store;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, Select};
use studioconnect_domain::client::Client;
use studioconnect_domain::ids::{BusinessId, ClientId};
use studioconnect_domain::phone::PhoneNumber;

impl Store {
    /// Adds a client; phone and mail must be new to the business.
    pub async fn add_client(&self, client: &Client) -> Result<(), StoreError> {
        StoreError::refuse(client.faults())?;
        let transaction = self.begin().await?;
        client::Entity::insert(client::Model::of(client)).exec_without_returning(&*transaction).await?;
        transaction.commit().await
    }

    /// A client of a business.
    pub async fn find_client(
        &self,
        business: BusinessId,
        id: ClientId,
    ) -> Result<Option<Client>, StoreError> {
        let select = of_business(business).filter(client::Column::Id.eq(id.0));
        rows::first(&self.database, select).await?.map(client::Model::read).transpose()
    }

    /// The client of a business whose number this is.
    pub async fn find_client_by_phone(
        &self,
        business: BusinessId,
        phone: &PhoneNumber,
    ) -> Result<Option<Client>, StoreError> {
        let select = of_business(business).filter(client::Column::Phone.eq(phone.as_str()));
        rows::first(&self.database, select).await?.map(client::Model::read).transpose()
    }

    /// The client of a business whose mail address this is.
    pub async fn find_client_by_email(
        &self,
        business: BusinessId,
        email: &str,
    ) -> Result<Option<Client>, StoreError> {
        let select = of_business(business).filter(client::Column::Email.eq(normal_email(email)));
        rows::first(&self.database, select).await?.map(client::Model::read).transpose()
    }

    /// Clients of a business, newest first; those that hold `text` in name, company, mail or phone when it is given. They are
    /// looked for in a part of the list, which ends where the answer says.
    pub async fn clients(
        &self,
        business: BusinessId,
        text: Option<&str>,
        limit: u64,
        before: Option<Position<ClientId>>,
    ) -> Result<Found<Client>, StoreError> {
        self.clients_within(WINDOW, business, text, (limit, before)).await
    }

    /// As [`clients`](Self::clients), with a part of the list of so many rows.
    pub(crate) async fn clients_within(
        &self,
        window: u64,
        business: BusinessId,
        text: Option<&str>,
        (limit, before): (u64, Option<Position<ClientId>>),
    ) -> Result<Found<Client>, StoreError> {
        use client::Column;
        let all = of_business(business);
        let named = [Column::Name, Column::Company, Column::Email, Column::Phone];
        let wanted = text.map_or_else(|| all.clone(), |text| all.clone().filter(contains(named, text)));
        let window = text.map(|_| window);
        let listing = Listing { all, wanted, order: (Column::CreatedAt, Column::Id), window };
        let before = before.map(|(at, id)| (at, id.0));
        listing.after(&self.database, (limit, before), client::Model::read).await
    }

    /// Changes a client that is still at the version in `client`; the stored one has the next.
    pub async fn change_client(&self, client: &Client) -> Result<Client, StoreError> {
        StoreError::refuse(client.faults())?;
        let transaction = self.begin().await?;
        let select = of_business(client.business_id)
            .filter(client::Column::Id.eq(client.id.0))
            .lock(LockType::NoKeyUpdate);
        let stored = rows::first(&*transaction, select).await?;
        let stored = stored.ok_or(StoreError::Missing { what: "client" })?.read()?;
        if stored.version != client.version {
            return Err(StoreError::Overtaken { what: "client" });
        }
        let changed = Client { version: client.version + 1, created_at: stored.created_at, ..client.clone() };
        let row = client::Model::of(&changed).reset_all();
        client::Entity::update(row).validate()?.exec_without_returning(&*transaction).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    /// Removes a client. False when there was none.
    pub async fn remove_client(&self, business: BusinessId, id: ClientId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let done = client::Entity::delete_many()
            .filter(client::Column::Id.eq(id.0))
            .filter(client::Column::BusinessId.eq(business.0))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected > 0)
    }
}

fn of_business(business: BusinessId) -> Select<client::Entity> {
    client::Entity::find().filter(Condition::all().add(client::Column::BusinessId.eq(business.0)))
}
