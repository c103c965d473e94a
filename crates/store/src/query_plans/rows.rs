//! Tables with some thousands of rows of two businesses. What a filter looks for is rare and old, so that a plan that reads
//! the newest rows and drops them would be seen.

use super::samples;
use crate::calls::Tracked;
use crate::entity::{
    audit_entry, business, call, call_event, client, lead, lead_note, link, membership, session, turn, user,
};
use crate::{Backend, Store};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use studioconnect_domain::business::{Business, User};
use studioconnect_domain::call::{Call, CallStatus, Outcome};
use studioconnect_domain::client::Client;
use studioconnect_domain::ids::{BusinessId, CallId, ClientId, LeadId, SessionId, UserId};
use studioconnect_domain::lead::{Handling, Lead, LeadStatus};
use uuid::Uuid;

/// Leads, calls, clients and changes of each business.
const EACH: i64 = 2_500;
/// Of those, the oldest that a filter looks for.
pub(super) const RARE: usize = 12;
/// People in each of the two businesses.
const PEOPLE: i64 = 20;
/// Sessions of each of them.
pub(super) const SESSIONS_EACH: usize = 20;
/// Businesses that have nothing but an owner.
const OTHERS: i64 = 1_500;

/// What was filled in, as the questions name it.
pub(super) struct Filled {
    pub(super) business: BusinessId,
    pub(super) user: UserId,
    pub(super) session: SessionId,
    pub(super) lead: LeadId,
    pub(super) call: CallId,
    pub(super) client: ClientId,
    pub(super) change: Uuid,
    /// After it nearly nothing came in.
    pub(super) lately: DateTime<Utc>,
    /// Before it nearly nothing came in.
    pub(super) long_ago: DateTime<Utc>,
}

impl Filled {
    pub(super) async fn new(store: &Store) -> Self {
        let shops = [samples::stored_shop(store, 100).await, samples::stored_shop(store, 101).await];
        others(store, &shops[0].business, &shops[0].owner).await;
        let mut named = None;
        for shop in &shops {
            let business = shop.business.id;
            people(store, &shop.owner).await;
            let calls = calls(store, business).await;
            let leads = leads(store, business, shop.owner.id).await;
            notes(store, &leads).await;
            let clients = clients(store, business).await;
            let changes = changes(store, business).await;
            links(store, business).await;
            let session = sessions(store, shop.owner.id).await;
            named.get_or_insert(Self {
                business,
                user: shop.owner.id,
                session,
                lead: leads[20],
                call: calls[20],
                client: clients[20],
                change: changes[20],
                lately: at(EACH - 5),
                long_ago: at(20),
            });
        }
        // PostgreSQL learns of its tables by itself, a while later. SQLite is never told.
        if store.backend() == Backend::Postgres {
            store.database.execute_unprepared("VACUUM ANALYZE").await.unwrap();
        }
        named.unwrap()
    }
}

fn at(minute: i64) -> DateTime<Utc> {
    samples::noon() + TimeDelta::minutes(minute)
}

async fn put<E: EntityTrait>(store: &Store, rows: Vec<E::ActiveModel>) {
    for some in rows.chunks(500) {
        E::insert_many(some.to_vec()).exec_without_returning(&store.database).await.unwrap();
    }
}

async fn others(store: &Store, business: &Business, owner: &User) {
    let businesses: Vec<_> = (0..OTHERS)
        .map(|number| Business {
            id: BusinessId::new(),
            widget_key: format!("wk_other_{number}"),
            ..business.clone()
        })
        .collect();
    let rows = businesses.iter().map(|business| business::Model::of(business).unwrap());
    put::<business::Entity>(store, rows.collect()).await;
    join(store, businesses.iter().map(|business| business.id), owner).await;
}

async fn people(store: &Store, owner: &User) {
    for person in join(store, (0..PEOPLE).map(|_| owner.business_id), owner).await {
        sessions(store, person).await;
    }
}

/// Adds somebody to each of these businesses.
async fn join(store: &Store, businesses: impl Iterator<Item = BusinessId>, like: &User) -> Vec<UserId> {
    let people: Vec<_> = businesses
        .map(|business_id| {
            let id = UserId::new();
            User { id, business_id, email: format!("{id}@example.com"), ..like.clone() }
        })
        .collect();
    put::<user::Entity>(store, people.iter().map(|user| user::Model::of(user).unwrap()).collect()).await;
    let memberships = people.iter().map(|user| membership::Model {
        user_id: user.id.0,
        business_id: user.business_id.0,
        role: "MEMBER".to_owned(),
        created_at: at(0),
    });
    put::<membership::Entity>(store, memberships.map(IntoActiveModel::into_active_model).collect()).await;
    people.iter().map(|user| user.id).collect()
}

async fn sessions(store: &Store, user: UserId) -> SessionId {
    let rows: Vec<_> = (0..SESSIONS_EACH as i64)
        .map(|number| session::Model {
            id: SessionId::new().0,
            user_id: user.0,
            business_id: None,
            secret_hash: "hash".to_owned(),
            previous_hash: None,
            created_at: at(0),
            seen_at: at(number),
            expires_at: at(2 * EACH),
            user_agent: "browser".to_owned(),
            address: "127.0.0.1".to_owned(),
        })
        .collect();
    let first = SessionId(rows[0].id);
    put::<session::Entity>(store, rows.into_iter().map(IntoActiveModel::into_active_model).collect()).await;
    first
}

async fn calls(store: &Store, business: BusinessId) -> Vec<CallId> {
    let calls: Vec<_> = (0..EACH)
        .map(|minute| Call {
            status: if minute < RARE as i64 { CallStatus::Failed } else { CallStatus::Completed },
            outcome: Some(if minute < RARE as i64 { Outcome::Voicemail } else { Outcome::Lead }),
            started_at: at(minute),
            ..samples::ringing(business, &format!("CA{minute}.{business}"), 0)
        })
        .collect();
    let rows = calls.iter().map(|call| call::Model::of(&Tracked::from(call.clone())).unwrap());
    put::<call::Entity>(store, rows.collect()).await;
    let some = || calls.iter().step_by(2).flat_map(|call| (0..4).map(|seq| (call.id, seq)));
    let turns = some().map(|(call, seq)| turn::Model::of(call, &samples::turn(seq, "yes")).unwrap());
    put::<turn::Entity>(store, turns.collect()).await;
    let events = some().map(|(call, seq)| call_event::Model::of(call, &samples::event(seq, "turn")).unwrap());
    put::<call_event::Entity>(store, events.collect()).await;
    calls.iter().map(|call| call.id).collect()
}

async fn leads(store: &Store, business: BusinessId, user: UserId) -> Vec<LeadId> {
    let leads: Vec<_> = (0..EACH)
        .map(|minute| Lead {
            message: Some("The kitchen tap is leaking.".to_owned()),
            handling: Handling {
                status: if minute < RARE as i64 { LeadStatus::Won } else { LeadStatus::New },
                assigned_to: Some(user).filter(|_| minute < RARE as i64),
                version: 0,
            },
            ..samples::lead(business, minute, "Dana Reyes")
        })
        .collect();
    put::<lead::Entity>(store, leads.iter().map(|lead| lead::Model::of(lead).unwrap()).collect()).await;
    leads.iter().map(|lead| lead.id).collect()
}

async fn notes(store: &Store, leads: &[LeadId]) {
    let notes = leads.iter().map(|lead| lead_note::Model {
        id: Uuid::now_v7(),
        lead_id: lead.0,
        author: None,
        at: at(0),
        text: "called back".to_owned(),
    });
    put::<lead_note::Entity>(store, notes.map(IntoActiveModel::into_active_model).collect()).await;
}

async fn clients(store: &Store, business: BusinessId) -> Vec<ClientId> {
    let clients: Vec<_> = (0..EACH)
        .map(|minute| Client { created_at: at(minute), ..samples::client(business, "Dana Reyes") })
        .collect();
    put::<client::Entity>(store, clients.iter().map(client::Model::of).collect()).await;
    clients.iter().map(|client| client.id).collect()
}

async fn changes(store: &Store, business: BusinessId) -> Vec<Uuid> {
    let rows: Vec<_> = (0..EACH)
        .map(|minute| audit_entry::Model {
            id: Uuid::now_v7(),
            business_id: business.0,
            user_id: None,
            at: at(minute),
            action: "lead.changed".to_owned(),
            detail: serde_json::json!({}),
            address: None,
            subject: Some(Uuid::now_v7()),
        })
        .collect();
    let ids = rows.iter().map(|row| row.id).collect();
    put::<audit_entry::Entity>(store, rows.into_iter().map(IntoActiveModel::into_active_model).collect())
        .await;
    ids
}

/// Invitations, all taken up but one.
async fn links(store: &Store, business: BusinessId) {
    let rows = (0..EACH).map(|minute| link::Model {
        id: Uuid::now_v7(),
        purpose: "invitation".to_owned(),
        secret_hash: "hash".to_owned(),
        user_id: None,
        business_id: Some(business.0),
        email: format!("guest{minute}@example.com"),
        role: Some("MEMBER".to_owned()),
        created_at: at(minute),
        expires_at: at(2 * EACH),
        used_at: Some(at(minute)).filter(|_| minute > 0),
    });
    put::<link::Entity>(store, rows.map(IntoActiveModel::into_active_model).collect()).await;
}
