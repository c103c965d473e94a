//! Somebody who calls or writes again within a day adds to their open request; nobody is called back twice for one thing.

use super::of_business;
use crate::cell::word_of;
use crate::entity::lead;
use crate::error::StoreError;
use crate::rows;
use chrono::TimeDelta;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use studioconnect_domain::ids::LeadId;
use studioconnect_domain::lead::{Lead, LeadStatus};

/// How long a request takes in what the same person adds.
const DAY: TimeDelta = TimeDelta::hours(24);

/// Joins a stored lead to an open request of the same phone or mail, if there is one, and says which. A lead that was joined
/// stays so, whatever is said later.
pub(super) async fn join(
    connection: &impl ConnectionTrait,
    lead: &Lead,
) -> Result<Option<LeadId>, StoreError> {
    use lead::Column;
    if lead.joined_to.is_some() || !lead.handling.status.is_open() {
        return Ok(lead.joined_to);
    }
    let mut same = Condition::any();
    if let Some(phone) = &lead.phone {
        same = same.add(Column::Phone.eq(phone.as_str()));
    }
    if let Some(email) = &lead.email {
        same = same.add(Column::Email.eq(email.as_str()));
    }
    if same.is_empty() {
        return Ok(None);
    }
    let open = LeadStatus::ALL.into_iter().filter(|status| status.is_open());
    let open = open.map(|status| word_of(&status)).collect::<Result<Vec<_>, _>>()?;
    let before = of_business(lead.business_id)
        .filter(same)
        .filter(Column::Id.ne(lead.id.0))
        .filter(Column::JoinedTo.is_null())
        .filter(Column::Status.is_in(open))
        .filter(Column::CreatedAt.gte(lead.created_at - DAY))
        // Only ever to an earlier one, so two that are kept at once cannot be joined to each other.
        .filter(Column::CreatedAt.lt(lead.created_at))
        .order_by_asc(Column::CreatedAt)
        .limit(1);
    let Some(before) = rows::first(connection, before).await? else { return Ok(None) };
    let joined = Condition::any().add(Column::Id.eq(lead.id.0)).add(Column::JoinedTo.eq(lead.id.0));
    lead::Entity::update_many()
        .col_expr(Column::JoinedTo, Expr::value(before.id))
        .filter(Column::BusinessId.eq(lead.business_id.0))
        .filter(joined)
        .exec(connection)
        .await?;
    Ok(Some(LeadId(before.id)))
}
