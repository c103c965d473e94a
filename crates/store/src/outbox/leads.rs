//! Who is told of a lead: written in the transaction that keeps it.
//!
//! A lead grows while somebody talks. Its messages wait until the call is over, or nothing was said for a while, and are written
//! from the lead as it is then.

use crate::cell::word_of;
use crate::entity::{call, lead, membership, outgoing, user};
use crate::error::StoreError;
use crate::notification;
use crate::rows;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, LockType, OnConflict, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use studioconnect_domain::answer;
use studioconnect_domain::business::Role;
use studioconnect_domain::ids::{BusinessId, CallId};
use studioconnect_domain::lead::{Completeness, Lead, LeadStatus};
use studioconnect_domain::outbox::{MessageKind, Outgoing, OutgoingState};
use studioconnect_domain::question::AnswerFormat;

/// Silence after which a lead is told of that misses something.
const SILENCE: TimeDelta = TimeDelta::minutes(10);
/// The same for one that misses nothing: people correct themselves within a minute.
const COMPLETE_SILENCE: TimeDelta = TimeDelta::minutes(1);

/// Writes down who is to be told of a lead as it is now. What was not sent yet waits for the lead's latest state.
pub(crate) async fn tell_of(connection: &impl ConnectionTrait, lead: &Lead) -> Result<(), StoreError> {
    use outgoing::Column;
    if lead.handling.status == LeadStatus::Spam {
        return forget_untold(connection, lead).await;
    }
    let settings = notification::of(connection, lead.business_id).await?.0;
    let due_at = due_at(connection, lead).await?;
    let of = |kind: MessageKind, recipient: &str, name: &str| Outgoing {
        business_id: Some(lead.business_id),
        subject: Some(lead.id.0),
        due_at,
        ..Outgoing::mail(kind, recipient, format!("{name}:{}", lead.id), lead.updated_at)
    };
    let mut messages = Vec::new();
    if settings.mails_leads {
        let recipient = match settings.notification_email {
            Some(email) => Some(email),
            None => owner_of(connection, lead.business_id).await?,
        };
        messages.extend(recipient.map(|recipient| of(MessageKind::Lead, &recipient, "lead")));
    }
    if settings.confirms_to_customers {
        // What was kept as said although it is no address leads to nobody.
        let email = lead.email.as_deref().and_then(|said| answer::read(AnswerFormat::Email, said, "").ok());
        messages.extend(email.map(|email| of(MessageKind::Confirmation, &email, "confirmation")));
    }
    if messages.is_empty() {
        return Ok(());
    }
    let waits = Expr::col((outgoing::Entity, Column::State)).eq(word_of(&OutgoingState::Queued)?);
    let untried = Expr::col((outgoing::Entity, Column::Attempts)).eq(0);
    let later = OnConflict::column(Column::Key)
        .update_columns([Column::DueAt, Column::Recipient])
        .action_and_where(waits.and(untried))
        .to_owned();
    let row = |message: &Outgoing| Ok(outgoing::Model::of(message)?.into_active_model());
    let new = messages.iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
    rows::put_all::<outgoing::Entity>(connection, new, &later).await
}

/// A call is over: what is to be told of its lead goes out now.
pub(crate) async fn release(
    connection: &impl ConnectionTrait,
    call: CallId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use outgoing::Column;
    let leads = Query::select()
        .column(lead::Column::Id)
        .from(lead::Entity)
        .and_where(lead::Column::CallId.eq(call.0))
        .to_owned();
    outgoing::Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(now))
        .filter(Column::Subject.in_subquery(leads))
        .filter(Column::State.eq(word_of(&OutgoingState::Queued)?))
        .filter(Column::Attempts.eq(0))
        .filter(Column::DueAt.gt(now))
        .exec(connection)
        .await?;
    Ok(())
}

/// When it is told of, if nothing more is said.
async fn due_at(connection: &impl ConnectionTrait, lead: &Lead) -> Result<DateTime<Utc>, StoreError> {
    let silence = match lead.completeness {
        Completeness::Complete => COMPLETE_SILENCE,
        Completeness::Partial => SILENCE,
    };
    let Some(id) = lead.call_id else { return Ok(lead.updated_at + silence) };
    // Whoever ends the call meanwhile waits, and then finds what is to be told.
    let call = call::Entity::find_by_id(id.0).lock(LockType::Share);
    let call = rows::first(connection, call).await?;
    let is_over = call.is_some_and(|call| call.ended_at.is_some());
    Ok(if is_over { lead.updated_at } else { lead.updated_at + SILENCE })
}

async fn forget_untold(connection: &impl ConnectionTrait, lead: &Lead) -> Result<(), StoreError> {
    outgoing::Entity::delete_many()
        .filter(outgoing::Column::Subject.eq(lead.id.0))
        .filter(outgoing::Column::State.eq(word_of(&OutgoingState::Queued)?))
        .exec(connection)
        .await?;
    Ok(())
}

/// The address of whoever has owned a business longest.
async fn owner_of(
    connection: &impl ConnectionTrait,
    business: BusinessId,
) -> Result<Option<String>, StoreError> {
    let owner = membership::Entity::find()
        .filter(membership::Column::BusinessId.eq(business.0))
        .filter(membership::Column::Role.eq(word_of(&Role::Owner)?))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::UserId);
    let Some(owner) = rows::first(connection, owner).await? else { return Ok(None) };
    let user = rows::first(connection, user::Entity::find_by_id(owner.user_id)).await?;
    Ok(user.map(|user| user.email))
}
