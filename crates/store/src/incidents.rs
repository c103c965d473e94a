//! Emergencies: opening them with their lead, their history, and whose turn it is to look at them.

use crate::calls::Position;
use crate::entity::{escalation_attempt, incident, incident_event};
use crate::error::StoreError;
use crate::search::after;
use crate::settings::Backend;
use crate::store::Store;
use crate::{leads, rows};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use studioconnect_domain::ids::{AttemptId, BusinessId, IncidentId};
use studioconnect_domain::incident::{Entry, EntryKind, Incident};
use studioconnect_domain::lead::Lead;

/// Whoever took an incident and died over it has lost it after so long.
const LEASE: TimeDelta = TimeDelta::seconds(15);
/// Lines of a history that are read; the calls of one incident are bounded, so are its lines.
const MOST_ENTRIES: u64 = 1_000;

impl Store {
    /// Keeps an incident and its lead in one transaction, so that both stand before anybody is told. A call or chat has one
    /// incident: when there is one already it is told what is known by now ([`Incident::learn`]), and returned as it stands.
    pub async fn open_incident(&self, new: &Incident, lead: Option<&Lead>) -> Result<Incident, StoreError> {
        let transaction = self.begin().await?;
        let lead = match lead {
            Some(lead) => Some(leads::keep(&*transaction, lead).await?.id),
            None => None,
        };
        let known = rows::first(&*transaction, same_as(new).lock(LockType::NoKeyUpdate)).await?;
        let opened = if let Some(known) = known {
            let mut known = known.read()?;
            let Some(learnt) = known.learn(new) else {
                transaction.commit().await?;
                return Ok(known);
            };
            let saved = Incident { version: known.version + 1, ..known };
            incident::Entity::update_many()
                .set(incident::Model::of(&saved)?.reset_all())
                .filter(incident::Column::Id.eq(saved.id.0))
                .exec(&*transaction)
                .await?;
            write_down(&*transaction, saved.id, &learnt).await?;
            saved
        } else {
            let opened = Incident { lead_id: lead.or(new.lead_id), ..new.clone() };
            let row = incident::Model::of(&opened)?;
            incident::Entity::insert(row).exec_without_returning(&*transaction).await?;
            let entry = Entry { at: opened.created_at, kind: EntryKind::Opened, who: None, detail: None };
            write_down(&*transaction, opened.id, &[entry]).await?;
            opened
        };
        transaction.commit().await?;
        self.wake_senders();
        self.wake_ringers();
        Ok(opened)
    }

    /// Keeps what became of an incident that is still at the version it was read at, and the lines of its history that tell
    /// of it. Whoever comes second is told, and looks again: each step is made once.
    pub async fn save_incident(&self, changed: &Incident, entries: &[Entry]) -> Result<Incident, StoreError> {
        use incident::Column;
        let saved = Incident { version: changed.version + 1, ..changed.clone() };
        let transaction = self.begin().await?;
        let done = incident::Entity::update_many()
            .set(incident::Model::of(&saved)?.reset_all())
            .filter(Column::Id.eq(saved.id.0))
            .filter(Column::BusinessId.eq(saved.business_id.0))
            .filter(Column::Version.eq(i64::from(changed.version)))
            .exec(&*transaction)
            .await?;
        if done.rows_affected == 0 {
            return Err(StoreError::Overtaken { what: "incident" });
        }
        write_down(&*transaction, saved.id, entries).await?;
        put_attempt(&*transaction, &saved).await?;
        transaction.commit().await?;
        Ok(saved)
    }

    /// An incident of this business.
    pub async fn find_incident(
        &self,
        business: BusinessId,
        id: IncidentId,
    ) -> Result<Option<Incident>, StoreError> {
        let select = of_business(business).filter(incident::Column::Id.eq(id.0));
        rows::first(&self.database, select).await?.map(incident::Model::read).transpose()
    }

    /// The incident a call was made for, of whatever business: the network names the call alone.
    pub async fn incident_of_attempt(&self, attempt: AttemptId) -> Result<Option<Incident>, StoreError> {
        let made = escalation_attempt::Entity::find_by_id(attempt.0);
        let Some(made) = rows::first(&self.database, made).await? else { return Ok(None) };
        let select = incident::Entity::find_by_id(made.incident_id);
        rows::first(&self.database, select).await?.map(incident::Model::read).transpose()
    }

    /// The latest incidents of a business, newest first, those after `before` in the list when it is given.
    pub async fn recent_incidents(
        &self,
        business: BusinessId,
        limit: u64,
        before: Option<Position<IncidentId>>,
    ) -> Result<Vec<Incident>, StoreError> {
        let mut select = of_business(business);
        if let Some((at, id)) = before {
            select = select.filter(after((incident::Column::CreatedAt, incident::Column::Id), (at, id.0)));
        }
        let newest_first = select
            .order_by_desc(incident::Column::CreatedAt)
            .order_by_desc(incident::Column::Id)
            .limit(limit);
        let found = rows::all(&self.database, newest_first).await?;
        found.into_iter().map(incident::Model::read).collect()
    }

    /// An incident's history, oldest first.
    pub async fn incident_entries(
        &self,
        business: BusinessId,
        id: IncidentId,
    ) -> Result<Vec<Entry>, StoreError> {
        if self.find_incident(business, id).await?.is_none() {
            return Ok(Vec::new());
        }
        let select = incident_event::Entity::find()
            .filter(incident_event::Column::IncidentId.eq(id.0))
            .order_by_asc(incident_event::Column::Seq)
            .limit(MOST_ENTRIES);
        let found = rows::all(&self.database, select).await?;
        found.into_iter().map(incident_event::Model::read).collect()
    }

    /// Takes incidents, of whatever business, that are to be looked at. Nobody else gets them for a while. One whose moment
    /// was chosen later than now was met by a clock that was put back: it is looked at, too.
    pub async fn take_due_incidents(
        &self,
        now: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<Incident>, StoreError> {
        use incident::Column;
        let transaction = self.begin().await?;
        let is_due = Condition::any().add(Column::WakeAt.lte(now)).add(Column::ArmedAt.gt(now));
        // A lease that reaches further than any lease was given before the clock was put back.
        let is_free = Condition::any()
            .add(Column::LeaseUntil.is_null())
            .add(Column::LeaseUntil.lte(now))
            .add(Column::LeaseUntil.gt(now + LEASE));
        let mut select = incident::Entity::find()
            .filter(Column::WakeAt.is_not_null())
            .filter(is_due)
            .filter(is_free)
            .order_by_asc(Column::WakeAt)
            .limit(limit);
        if self.backend() == Backend::Postgres {
            select = select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let due = rows::all(&*transaction, select).await?;
        incident::Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
            .filter(Column::Id.is_in(due.iter().map(|row| row.id)))
            .exec(&*transaction)
            .await?;
        transaction.commit().await?;
        due.into_iter().map(incident::Model::read).collect()
    }
}

fn of_business(business: BusinessId) -> Select<incident::Entity> {
    incident::Entity::find().filter(incident::Column::BusinessId.eq(business.0))
}

/// The incident of the same call or chat; one without either is known by its id.
fn same_as(new: &Incident) -> Select<incident::Entity> {
    let select = of_business(new.business_id);
    match (new.call_id, new.conversation_id) {
        (Some(call), _) => select.filter(incident::Column::CallId.eq(call.0)),
        (None, Some(chat)) => select.filter(incident::Column::ConversationId.eq(chat.0)),
        (None, None) => select.filter(incident::Column::Id.eq(new.id.0)),
    }
}

/// Adds lines to a history whose incident this transaction has just written, so nobody else adds any meanwhile.
async fn write_down(
    connection: &impl ConnectionTrait,
    incident: IncidentId,
    entries: &[Entry],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let select = incident_event::Entity::find()
        .filter(incident_event::Column::IncidentId.eq(incident.0))
        .order_by_desc(incident_event::Column::Seq)
        .limit(1);
    let last = rows::first(connection, select).await?.map_or(0, |row| row.seq);
    let lines = (last + 1..).zip(entries);
    let lines: Result<Vec<_>, _> =
        lines.map(|(seq, entry)| incident_event::Model::of(incident, seq, entry)).collect();
    incident_event::Entity::insert_many(lines?).exec_without_returning(connection).await?;
    Ok(())
}

/// The call at hand, so that the network's word about it finds its incident.
async fn put_attempt(connection: &impl ConnectionTrait, of: &Incident) -> Result<(), StoreError> {
    let Some(current) = of.escalation.current() else { return Ok(()) };
    let row = escalation_attempt::Model {
        id: current.id.0,
        incident_id: of.id.0,
        contact_id: current.contact.0,
        try_number: of.escalation.try_of_current() as i64,
        provider_sid: current.sid.clone(),
        placed_at: current.since,
    };
    let changed = OnConflict::column(escalation_attempt::Column::Id)
        .update_column(escalation_attempt::Column::ProviderSid)
        .to_owned();
    escalation_attempt::Entity::insert(row.into_active_model())
        .on_conflict(changed)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}
