//! Numbers in forms that no look-up finds.

use crate::entity::{business, phone_number};
use crate::error::StoreError;
use crate::rows;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, HashMap};
use studioconnect_domain::phone::PhoneNumber;
use uuid::Uuid;

/// What became of numbers that were not in E.164 form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// Brought to E.164.
    pub mended: u32,
    /// Taken out: the business has the same number in E.164 already.
    pub doubled: u32,
    /// Left as they are: no number can be read from them, or it is another business's. Calls do not find them.
    pub left: u32,
}

/// Mends what can be mended. Which of two businesses a number belongs to is for a person to say, not for us.
pub(crate) async fn repair(connection: &impl ConnectionTrait) -> Result<Repair, StoreError> {
    let select = phone_number::Entity::find().order_by_asc(phone_number::Column::Id);
    let (sound, odd): (Vec<_>, Vec<_>) = rows::all(connection, select)
        .await?
        .into_iter()
        .partition(|row| PhoneNumber::try_from(row.number.clone()).is_ok());
    let mut done = Repair::default();
    if odd.is_empty() {
        return Ok(done);
    }
    let regions = regions(connection).await?;
    let mut owners: HashMap<String, Uuid> =
        sound.into_iter().map(|row| (row.number, row.business_id)).collect();
    for row in odd {
        let region = regions.get(&row.business_id).map_or("", String::as_str);
        let Ok(number) = PhoneNumber::read(&row.number, region) else {
            tracing::warn!(phone_number = %row.id, "this row holds no phone number; calls will not find it");
            done.left += 1;
            continue;
        };
        match owners.get(number.as_str()) {
            None => {
                set_number(connection, row.id, &number).await?;
                owners.insert(number.into(), row.business_id);
                done.mended += 1;
            }
            Some(owner) if *owner == row.business_id => {
                phone_number::Entity::delete_by_id(row.id).exec(connection).await?;
                done.doubled += 1;
            }
            Some(_) => {
                tracing::warn!(phone_number = %row.id, "two businesses have this number; calls reach the other one");
                done.left += 1;
            }
        }
    }
    Ok(done)
}

async fn regions(connection: &impl ConnectionTrait) -> Result<BTreeMap<Uuid, String>, StoreError> {
    let found = rows::all(connection, business::Entity::find()).await?;
    Ok(found.into_iter().map(|row| (row.id, row.region)).collect())
}

async fn set_number(
    connection: &impl ConnectionTrait,
    id: Uuid,
    number: &PhoneNumber,
) -> Result<(), StoreError> {
    phone_number::Entity::update_many()
        .col_expr(phone_number::Column::Number, Expr::value(number.as_str()))
        .filter(phone_number::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}
