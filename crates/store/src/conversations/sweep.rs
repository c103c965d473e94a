//! What the clock does to conversations, of all businesses.

use crate::cell::word_of;
use crate::entity::conversation;
use crate::error::StoreError;
use crate::store::Store;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use studioconnect_domain::conversation::ConversationStatus;
use studioconnect_domain::ids::{BusinessId, ConversationId};
use uuid::Uuid;

/// Conversations that one round looks after; the next round goes on.
const AT_ONCE: u64 = 500;

impl Store {
    /// Ends conversations in which nobody has said anything since `before`; says which.
    pub async fn end_idle_conversations(
        &self,
        before: DateTime<Utc>,
    ) -> Result<Vec<(BusinessId, ConversationId)>, StoreError> {
        let transaction = self.begin().await?;
        let going = [word_of(&ConversationStatus::Open)?, word_of(&ConversationStatus::Human)?];
        let select = conversation::Entity::find()
            .select_only()
            .columns([conversation::Column::BusinessId, conversation::Column::Id])
            .filter(conversation::Column::Status.is_in(going.clone()))
            .filter(conversation::Column::LastAt.lt(before))
            .limit(AT_ONCE);
        let idle: Vec<(Uuid, Uuid)> = select.into_tuple().all(&*transaction).await?;
        conversation::Entity::update_many()
            .col_expr(conversation::Column::Status, Expr::value(word_of(&ConversationStatus::Ended)?))
            .col_expr(conversation::Column::TakenBy, Expr::value(Option::<Uuid>::None))
            .col_expr(conversation::Column::WaitsSince, Expr::value(Option::<DateTime<Utc>>::None))
            .col_expr(conversation::Column::Version, Expr::col(conversation::Column::Version).add(1))
            .filter(conversation::Column::Id.is_in(idle.iter().map(|(_, id)| *id)))
            .filter(conversation::Column::Status.is_in(going))
            // Somebody may have spoken while this was looked for.
            .filter(conversation::Column::LastAt.lt(before))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(idle.into_iter().map(|(business, id)| (BusinessId(business), ConversationId(id))).collect())
    }

    /// Conversations in which a visitor has waited for a person since `before` or longer, longest first.
    pub async fn conversations_left_waiting(
        &self,
        before: DateTime<Utc>,
    ) -> Result<Vec<(BusinessId, ConversationId)>, StoreError> {
        let select = conversation::Entity::find()
            .select_only()
            .columns([conversation::Column::BusinessId, conversation::Column::Id])
            .filter(conversation::Column::Status.eq(word_of(&ConversationStatus::Human)?))
            .filter(conversation::Column::WaitsSince.lte(before))
            .order_by_asc(conversation::Column::WaitsSince)
            .limit(AT_ONCE);
        let waiting: Vec<(Uuid, Uuid)> = select.into_tuple().all(&self.database).await?;
        Ok(waiting.into_iter().map(|(business, id)| (BusinessId(business), ConversationId(id))).collect())
    }

    /// Forgets conversations that are over and in which the visitor never said anything, begun before `before`. How many.
    pub async fn forget_empty_conversations(&self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let transaction = self.begin().await?;
        let select = conversation::Entity::find()
            .select_only()
            .column(conversation::Column::Id)
            .filter(conversation::Column::Status.eq(word_of(&ConversationStatus::Ended)?))
            .filter(conversation::Column::LastAt.lt(before))
            .filter(conversation::Column::ListedAt.is_null())
            .limit(AT_ONCE);
        let empty: Vec<Uuid> = select.into_tuple().all(&*transaction).await?;
        let gone = conversation::Entity::delete_many()
            .filter(conversation::Column::Id.is_in(empty))
            .filter(conversation::Column::ListedAt.is_null())
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        Ok(gone.rows_affected)
    }
}
