//! Conversations in the website's chat: each line once, in an order without gaps, and one word on who answers.

mod handover;
mod search;
mod sweep;

pub use search::ConversationFilter;

use crate::cell::{json_of, word_of};
use crate::entity::{conversation, conversation_message};
use crate::error::StoreError;
use crate::rows;
use crate::store::Store;
use crate::text::{clean, clean_json};
use crate::transaction::Transaction;
use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::{LockType, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde_json::Value;
use studioconnect_domain::conversation::{
    Conversation, ConversationStatus, Flow, Message, QuickReply, Role, Source,
};
use studioconnect_domain::ids::{BusinessId, ConversationId, LeadId, MessageId, UserId};

/// Characters of what a visitor wrote that can be searched.
const SEARCHED: usize = 4_000;

/// Something that is said in a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Its id.
    pub id: MessageId,
    /// By whom.
    pub role: Role,
    /// What.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The name the visitor's side gave it.
    pub client_message_id: Option<String>,
    /// What it rests on.
    pub sources: Vec<Source>,
    /// Which person said it, when a person did.
    pub author: Option<UserId>,
}

impl Said {
    /// Words of somebody, with nothing else known of them.
    pub fn by(role: Role, text: &str, at: DateTime<Utc>) -> Self {
        Self {
            id: MessageId::new(),
            role,
            text: text.to_owned(),
            at,
            client_message_id: None,
            sources: Vec::new(),
            author: None,
        }
    }
}

/// A line as it stands in its conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Appended {
    /// The line.
    pub message: Message,
    /// Whether it was not there before.
    pub is_new: bool,
    /// What it was answered with, once it was.
    pub answer: Option<Value>,
    /// The conversation with it.
    pub conversation: Conversation,
}

/// What a turn of the agent leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnEnd {
    /// Which line is answered.
    pub asked: u32,
    /// The conversation's version when the turn began.
    pub version: u32,
    /// What the agent says.
    pub reply: Said,
    /// The answer as the visitor's side gets it, also when it asks again.
    pub answer: Value,
    /// What the visitor wanted, as it was understood, and how sure that is.
    pub intent: Option<(String, f32)>,
    /// What the agent remembers.
    pub state: Option<String>,
    /// Where its questions stand.
    pub flow: Flow,
    /// What can be said with one touch.
    pub quick_replies: Vec<QuickReply>,
    /// The lead, when there is one.
    pub lead: Option<LeadId>,
    /// The turn as it can be run again, one line.
    pub recorded: Option<String>,
}

impl Store {
    /// Keeps a conversation in which nobody has said anything yet.
    pub async fn begin_conversation(&self, begun: &Conversation) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        conversation::Entity::insert(conversation::Model::of(begun)?)
            .exec_without_returning(&*transaction)
            .await?;
        transaction.commit().await
    }

    /// A conversation of a business.
    pub async fn find_conversation(
        &self,
        business: BusinessId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        let found = rows::first(&self.database, of(business, id)).await?;
        found.map(conversation::Model::read).transpose()
    }

    /// The origin of the page that a conversation is held on, whosever it is: for browsers that ask, before they know more,
    /// whether that page may speak with us.
    pub async fn origin_of_conversation(&self, id: ConversationId) -> Result<Option<String>, StoreError> {
        let found = rows::first(&self.database, conversation::Entity::find_by_id(id.0)).await?;
        Ok(found.map(|row| row.origin))
    }

    /// Says something in a conversation. What came with the same name before is not said again.
    ///
    /// A visitor who speaks opens a conversation that was over. A person's words are refused unless it is they who answer.
    pub async fn say(
        &self,
        business: BusinessId,
        id: ConversationId,
        said: &Said,
    ) -> Result<Appended, StoreError> {
        let transaction = self.begin().await?;
        let row = locked(&transaction, business, id).await?;
        if let Some(name) = &said.client_message_id
            && let Some(known) = named(&*transaction, id, name).await?
        {
            let (answer, message) = (known.answer.clone(), known.read()?);
            return Ok(Appended { message, is_new: false, answer, conversation: row.read()? });
        }
        let status = row.clone().read()?.status;
        if said.role == Role::Human
            && (status != ConversationStatus::Human || row.taken_by != said.author.map(|a| a.0))
        {
            return Err(StoreError::Overtaken { what: "conversation" });
        }
        let mut changes = changes(&row, said)?;
        match (said.role, status) {
            (Role::Visitor, ConversationStatus::Ended) => {
                changes.status = Set(word_of(&ConversationStatus::Open)?);
                changes.version = Set(row.version + 1);
            }
            (Role::Visitor, ConversationStatus::Human) => {
                changes.waits_since = Set(Some(row.waits_since.unwrap_or(said.at)));
            }
            (Role::Human, _) => changes.waits_since = Set(None),
            _ => {}
        }
        let appended = append(&transaction, row, said, changes).await?;
        transaction.commit().await?;
        Ok(appended)
    }

    /// Ends a turn: what the agent says, and all it has learned, at once or not at all. Refused as overtaken when somebody
    /// else began or ended answering meanwhile, or the line was answered already.
    pub async fn end_turn(
        &self,
        business: BusinessId,
        id: ConversationId,
        end: &TurnEnd,
    ) -> Result<Appended, StoreError> {
        let transaction = self.begin().await?;
        let row = locked(&transaction, business, id).await?;
        let asked = conversation_message::Entity::find_by_id((id.0, i64::from(end.asked)));
        let asked =
            rows::first(&*transaction, asked).await?.ok_or(StoreError::Missing { what: "message" })?;
        if row.version != i64::from(end.version) || asked.answer.is_some() {
            return Err(StoreError::Overtaken { what: "conversation" });
        }
        let answered = conversation_message::ActiveModel {
            conversation_id: Unchanged(id.0),
            seq: Unchanged(asked.seq),
            answer: Set(Some(clean_json(end.answer.clone()))),
            intent: Set(end.intent.as_ref().map(|(intent, _)| clean(intent))),
            confidence: Set(end.intent.as_ref().map(|(_, sure)| f64::from(*sure))),
            recorded: Set(end.recorded.as_deref().map(clean)),
            ..Default::default()
        };
        conversation_message::Entity::update(answered)
            .validate()?
            .exec_without_returning(&*transaction)
            .await?;
        let mut intents = row.clone().read()?.intents;
        if let Some((intent, _)) = end.intent.as_ref().filter(|(intent, _)| !intents.contains(intent)) {
            intents.push(intent.clone());
        }
        let mut changes = changes(&row, &end.reply)?;
        changes.intents = Set(json_of(&intents)?);
        changes.flow = Set(json_of(&end.flow)?);
        changes.quick_replies = Set(json_of(&end.quick_replies)?);
        changes.state = Set(end.state.as_deref().map(clean));
        if let Some(lead) = end.lead {
            changes.lead_id = Set(Some(lead.0));
        }
        let appended = append(&transaction, row, &end.reply, changes).await?;
        transaction.commit().await?;
        Ok(appended)
    }

    /// Lines of a conversation of this business behind `after`, in order.
    pub async fn messages(
        &self,
        business: BusinessId,
        id: ConversationId,
        after: u32,
        limit: u64,
    ) -> Result<Vec<Message>, StoreError> {
        let select = lines(business, id)
            .filter(conversation_message::Column::Seq.gt(i64::from(after)))
            .order_by_asc(conversation_message::Column::Seq)
            .limit(limit);
        rows::all(&self.database, select).await?.into_iter().map(conversation_message::Model::read).collect()
    }

    /// Whose conversation this is. For who runs the installation: nobody else may ask without a business.
    pub async fn owner_of_conversation(&self, id: ConversationId) -> Result<Option<BusinessId>, StoreError> {
        let found = rows::first(&self.database, conversation::Entity::find_by_id(id.0)).await?;
        Ok(found.map(|row| BusinessId(row.business_id)))
    }

    /// Turns of a conversation of this business as they can be run again, in order.
    pub async fn recorded_turns(
        &self,
        business: BusinessId,
        id: ConversationId,
    ) -> Result<Vec<String>, StoreError> {
        let select = lines(business, id)
            .filter(conversation_message::Column::Recorded.is_not_null())
            .order_by_asc(conversation_message::Column::Seq);
        let found = rows::all(&self.database, select).await?;
        Ok(found.into_iter().filter_map(|row| row.recorded).collect())
    }

    /// The last line that anybody said in a conversation of this business, with what it was answered with.
    pub async fn last_words(
        &self,
        business: BusinessId,
        id: ConversationId,
    ) -> Result<Option<(Message, Option<Value>)>, StoreError> {
        let select = lines(business, id)
            .filter(conversation_message::Column::Role.ne(word_of(&Role::Notice)?))
            .order_by_desc(conversation_message::Column::Seq)
            .limit(1);
        let found = rows::first(&self.database, select).await?;
        found.map(|row| Ok((row.clone().read()?, row.answer))).transpose()
    }

    /// The line that the visitor's side named so, with what it was answered with.
    pub async fn find_named_message(
        &self,
        business: BusinessId,
        id: ConversationId,
        name: &str,
    ) -> Result<Option<(Message, Option<Value>)>, StoreError> {
        let select =
            lines(business, id).filter(conversation_message::Column::ClientMessageId.eq(clean(name)));
        let found = rows::first(&self.database, select).await?;
        found.map(|row| Ok((row.clone().read()?, row.answer))).transpose()
    }

    /// Conversations of this business that a lead came of, oldest first.
    pub async fn conversations_of_lead(
        &self,
        business: BusinessId,
        lead: LeadId,
        limit: u64,
    ) -> Result<Vec<Conversation>, StoreError> {
        let select = conversation::Entity::find()
            .filter(conversation::Column::LeadId.eq(lead.0))
            .filter(conversation::Column::BusinessId.eq(business.0))
            .order_by_asc(conversation::Column::StartedAt)
            .limit(limit);
        rows::all(&self.database, select).await?.into_iter().map(conversation::Model::read).collect()
    }
}

fn of(business: BusinessId, id: ConversationId) -> Select<conversation::Entity> {
    conversation::Entity::find_by_id(id.0).filter(conversation::Column::BusinessId.eq(business.0))
}

/// Lines of a conversation, when it is this business's.
fn lines(business: BusinessId, id: ConversationId) -> Select<conversation_message::Entity> {
    let own = Query::select()
        .column(conversation::Column::Id)
        .from(conversation::Entity)
        .and_where(conversation::Column::Id.eq(id.0))
        .and_where(conversation::Column::BusinessId.eq(business.0))
        .to_owned();
    conversation_message::Entity::find()
        .filter(conversation_message::Column::ConversationId.eq(id.0))
        .filter(conversation_message::Column::ConversationId.in_subquery(own))
}

/// Reads a conversation such that nobody changes it until the transaction ends.
async fn locked(
    transaction: &Transaction,
    business: BusinessId,
    id: ConversationId,
) -> Result<conversation::Model, StoreError> {
    let found = rows::first(&**transaction, of(business, id).lock(LockType::NoKeyUpdate)).await?;
    found.ok_or(StoreError::Missing { what: "conversation" })
}

async fn named(
    connection: &impl ConnectionTrait,
    id: ConversationId,
    name: &str,
) -> Result<Option<conversation_message::Model>, StoreError> {
    let select = conversation_message::Entity::find()
        .filter(conversation_message::Column::ConversationId.eq(id.0))
        .filter(conversation_message::Column::ClientMessageId.eq(clean(name)));
    rows::first(connection, select).await
}

/// What a new line changes about its conversation, whoever says it.
fn changes(row: &conversation::Model, said: &Said) -> Result<conversation::ActiveModel, StoreError> {
    let mut changed = conversation::ActiveModel {
        id: Unchanged(row.id),
        message_count: Set(row.message_count + 1),
        last_at: Set(row.last_at.max(said.at)),
        ..Default::default()
    };
    if said.role == Role::Visitor {
        let said = match &row.said {
            Some(before) => format!("{before}\n{}", clean(&said.text)),
            None => clean(&said.text),
        };
        changed.said = Set(Some(said.chars().take(SEARCHED).collect()));
    }
    if said.role == Role::Visitor || row.listed_at.is_some() {
        changed.listed_at = Set(Some(row.last_at.max(said.at)));
    }
    // The count is what comes next only as long as it can be read.
    u32::try_from(row.message_count).map(|_| changed).map_err(|_| StoreError::Corrupt {
        table: "conversations",
        column: "message_count".to_owned(),
        row: row.id.to_string(),
    })
}

/// Writes a line and what it changes, and reads both as they stand.
async fn append(
    transaction: &Transaction,
    row: conversation::Model,
    said: &Said,
    changes: conversation::ActiveModel,
) -> Result<Appended, StoreError> {
    let line = conversation_message::Model {
        conversation_id: row.id,
        seq: row.message_count + 1,
        id: said.id.0,
        role: word_of(&said.role)?,
        text: clean(&said.text),
        at: said.at,
        client_message_id: said.client_message_id.as_deref().map(clean),
        sources: json_of(&said.sources)?,
        intent: None,
        confidence: None,
        author: said.author.map(|author| author.0),
        answer: None,
        recorded: None,
    };
    conversation_message::Entity::insert(line.clone().into_active_model())
        .exec_without_returning(&**transaction)
        .await?;
    conversation::Entity::update(changes).validate()?.exec_without_returning(&**transaction).await?;
    let changed = rows::first(&**transaction, conversation::Entity::find_by_id(row.id)).await?;
    let conversation = changed.ok_or(StoreError::Missing { what: "conversation" })?.read()?;
    Ok(Appended { message: line.read()?, is_new: true, answer: None, conversation })
}
