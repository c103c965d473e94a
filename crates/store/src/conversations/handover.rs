//! Who answers: the agent, a person of the business, or nobody any more.

use super::{Appended, Said, append, changes, locked};
use crate::cell::word_of;
use crate::error::StoreError;
use crate::store::Store;
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use studioconnect_domain::conversation::ConversationStatus;
use studioconnect_domain::ids::{BusinessId, ConversationId, UserId};

impl Store {
    /// A person answers from now on. None when they do already; when somebody else does, they take it from them.
    ///
    /// A turn that the agent is in the middle of ends in nothing: see [`Store::end_turn`].
    pub async fn take_over(
        &self,
        business: BusinessId,
        id: ConversationId,
        user: UserId,
        notice: &Said,
    ) -> Result<Option<Appended>, StoreError> {
        self.hand_over(business, id, (ConversationStatus::Human, Some(user)), None, notice).await
    }

    /// The agent answers again. None when no person did.
    pub async fn give_back(
        &self,
        business: BusinessId,
        id: ConversationId,
        notice: &Said,
    ) -> Result<Option<Appended>, StoreError> {
        self.hand_over(business, id, (ConversationStatus::Open, None), None, notice).await
    }

    /// The agent answers again because the visitor has waited for the person since `before` or longer. None when that is
    /// not so, or not any longer.
    pub async fn give_back_if_waiting(
        &self,
        business: BusinessId,
        id: ConversationId,
        before: DateTime<Utc>,
        notice: &Said,
    ) -> Result<Option<Appended>, StoreError> {
        self.hand_over(business, id, (ConversationStatus::Open, None), Some(before), notice).await
    }

    /// The conversation is over. None when it was.
    pub async fn end_conversation(
        &self,
        business: BusinessId,
        id: ConversationId,
        notice: &Said,
    ) -> Result<Option<Appended>, StoreError> {
        self.hand_over(business, id, (ConversationStatus::Ended, None), None, notice).await
    }

    async fn hand_over(
        &self,
        business: BusinessId,
        id: ConversationId,
        (status, person): (ConversationStatus, Option<UserId>),
        waiting_before: Option<DateTime<Utc>>,
        notice: &Said,
    ) -> Result<Option<Appended>, StoreError> {
        let transaction = self.begin().await?;
        let row = locked(&transaction, business, id).await?;
        let stands = row.clone().read()?;
        let is_so = (stands.status, stands.taken_by) == (status, person);
        // A conversation that is over has no agent to give it back to.
        let is_over = stands.status != ConversationStatus::Human && status == ConversationStatus::Open;
        let waits =
            waiting_before.is_none_or(|before| stands.waits_since.is_some_and(|since| since <= before));
        if is_so || is_over || !waits {
            return Ok(None);
        }
        let mut changes = changes(&row, notice)?;
        changes.status = Set(word_of(&status)?);
        changes.taken_by = Set(person.map(|user| user.0));
        changes.version = Set(row.version + 1);
        let waits = status == ConversationStatus::Human && stands.waits_since.is_some();
        changes.waits_since = Set(waits.then_some(notice.at));
        let appended = append(&transaction, row, notice, changes).await?;
        transaction.commit().await?;
        Ok(Some(appended))
    }
}
