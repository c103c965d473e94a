//! What happens at the same moment, is broken off, or is beyond what an engine keeps.

use super::samples::{client, lead, noon, owner, stored_shop};
use super::site::on_each;
use chrono::{DateTime, TimeDelta, Utc};
use studioconnect_domain::account::{Purpose, Session};
use studioconnect_domain::business::{Business, Role};
use studioconnect_domain::ids::{BusinessId, CallId, LinkId, SessionId, UserId};
use studioconnect_domain::lead::{Handling, Lead, LeadStatus};
use studioconnect_store::{CallFilter, LeadFilter, Link, Store, StoreError, normal_email};

async fn stored_lead(store: &Store, business: BusinessId) -> Lead {
    let lead = lead(business, 0, "Dana Reyes");
    store.put_lead(&lead).await.unwrap();
    lead
}

async fn stored_session(store: &Store, user: UserId, minutes: i64) -> SessionId {
    let at = noon() + TimeDelta::minutes(minutes);
    let session = Session {
        id: SessionId::new(),
        user_id: user,
        created_at: at,
        seen_at: at,
        expires_at: at + Session::IDLE,
        user_agent: "\0".to_owned(),
        address: "::1".to_owned(),
    };
    store.open_session(&session, "hash").await.unwrap();
    session.id
}

fn one_is_overtaken<T>(outcomes: &[Result<T, StoreError>; 2]) -> bool {
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let lost = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Overtaken { .. }))).count();
    (won, lost) == (1, 1)
}

#[tokio::test]
async fn of_two_edits_at_once_one_is_told() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let business = shop.business.id;
        let lead = stored_lead(store, business).await;
        let client = client(business, "Dana");
        store.add_client(&client).await.unwrap();
        let status = |status| Handling { status, ..Handling::default() };
        let (contacted, won) = (status(LeadStatus::Contacted), status(LeadStatus::Won));
        let (one, other) = tokio::join!(
            store.handle_lead(business, lead.id, &contacted),
            store.handle_lead(business, lead.id, &won),
        );
        assert!(one_is_overtaken(&[one, other]), "leads");
        let (one, other) = tokio::join!(store.change_client(&client), store.change_client(&client));
        assert!(one_is_overtaken(&[one, other]), "clients");
        let renamed = Business { name: "Two".into(), ..shop.business.clone() };
        let (one, other) =
            tokio::join!(store.change_business(&shop.business), store.change_business(&renamed));
        assert!(one_is_overtaken(&[one, other]), "businesses");
        let (config, version) = store.versioned_agent_config(business).await.unwrap();
        let (one, other) = tokio::join!(
            store.change_agent_config(business, version, &config),
            store.change_agent_config(business, version, &config),
        );
        assert!(one_is_overtaken(&[one, other]), "agents");
    })
    .await;
}

#[tokio::test]
async fn of_many_who_take_a_key_at_once_one_gets_it_and_a_broken_off_one_does_not_keep_it() {
    on_each(async |site| {
        let store = &site.store;
        let id = stored_shop(store, 100).await.business.id;
        let take = async |at| store.take_key(id, "k", "hash", at).await.unwrap();
        let (one, two, three) = tokio::join!(take(noon()), take(noon()), take(noon()));
        let got = [&one, &two, &three].iter().filter(|taken| taken.is_none()).count();
        assert_eq!(got, 1, "{one:?} {two:?} {three:?}");
        for taken in [one, two, three].into_iter().flatten() {
            assert_eq!((taken.status, taken.request_hash.as_str()), (None, "hash"));
        }
        assert!(take(noon() + TimeDelta::seconds(30)).await.is_some(), "it may still be answered");
        let later = noon() + TimeDelta::minutes(2);
        assert_eq!(take(later).await, None, "whoever took it is not coming back");
        store.keep_answer(id, "k", 201, "{}").await.unwrap();
        store.release_key(id, "k").await.unwrap();
        let kept = take(later + TimeDelta::hours(1)).await.unwrap();
        assert_eq!(kept.status, Some(201), "an answer is neither given back nor abandoned");
    })
    .await;
}

#[tokio::test]
async fn nobody_has_sessions_without_end() {
    on_each(async |site| {
        let store = &site.store;
        let (user, other) = (stored_shop(store, 100).await.owner.id, stored_shop(store, 200).await.owner.id);
        stored_session(store, other, 0).await;
        let mut opened = Vec::new();
        for minutes in 0..55 {
            opened.push(stored_session(store, user, minutes).await);
        }
        let open = store.sessions(user, noon()).await.unwrap();
        assert_eq!(open.len(), 50);
        assert!(open.iter().all(|session| opened[5..].contains(&session.id)), "the oldest ended");
        assert_eq!(store.sessions(other, noon()).await.unwrap().len(), 1, "and nobody else's");
    })
    .await;
}

#[tokio::test]
async fn a_session_knows_where_it_went_for_its_own_person_alone() {
    on_each(async |site| {
        let store = &site.store;
        let (shop, other) = (stored_shop(store, 100).await, stored_shop(store, 200).await);
        let id = stored_session(store, shop.owner.id, 0).await;
        assert_eq!(store.business_of_session(id).await.unwrap(), None);
        store.enter_business(other.owner.id, id, other.business.id).await.unwrap();
        assert_eq!(store.business_of_session(id).await.unwrap(), None, "not their session");
        store.enter_business(shop.owner.id, id, other.business.id).await.unwrap();
        assert_eq!(store.business_of_session(id).await.unwrap(), Some(other.business.id));
    })
    .await;
}

#[tokio::test]
async fn leads_of_somebody_who_was_removed_wait_for_somebody_else() {
    on_each(async |site| {
        let store = &site.store;
        let (shop, other) = (stored_shop(store, 100).await, stored_shop(store, 200).await);
        let business = shop.business.id;
        let (lead, theirs) =
            (stored_lead(store, business).await, stored_lead(store, other.business.id).await);
        let sam = owner(business, "sam@example.com");
        store.add_user(&sam).await.unwrap();
        store.put_membership(other.business.id, sam.id, Role::Member, noon()).await.unwrap();
        let to_sam = Handling { assigned_to: Some(sam.id), ..Handling::default() };
        store.handle_lead(business, lead.id, &to_sam).await.unwrap();
        store.handle_lead(other.business.id, theirs.id, &to_sam).await.unwrap();
        assert!(store.remove_member(business, sam.id).await.unwrap());
        let left = store.find_lead(business, lead.id).await.unwrap().unwrap();
        assert_eq!((left.handling.assigned_to, left.handling.version), (None, 1));
        let elsewhere = store.find_lead(other.business.id, theirs.id).await.unwrap().unwrap();
        assert_eq!(elsewhere.handling.assigned_to, Some(sam.id), "there they still work");
        let again = Handling { assigned_to: Some(sam.id), version: 1, ..Handling::default() };
        let refused = store.handle_lead(business, lead.id, &again).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
        assert!(
            !store.change_role(business, sam.id, Role::Owner).await.unwrap(),
            "nobody comes back by a role"
        );
        assert_eq!(store.find_member(business, sam.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn links_end_with_a_new_password_and_with_time() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let link = |purpose: Purpose, email: &str| Link {
            id: LinkId::new(),
            purpose,
            user: (purpose == Purpose::PasswordReset).then_some(shop.owner.id),
            business: (purpose == Purpose::Invitation).then_some(shop.business.id),
            email: email.to_owned(),
            role: None,
            created_at: noon(),
            expires_at: noon() + purpose.lasts(),
        };
        let reset = link(Purpose::PasswordReset, &shop.owner.email);
        let invitation = link(Purpose::Invitation, "sam@example.com");
        store.add_link(&reset, "hash").await.unwrap();
        store.add_link(&invitation, "hash").await.unwrap();
        store.set_password(shop.business.id, shop.owner.id, "$argon2id$").await.unwrap();
        assert_eq!(store.find_link(reset.id, "hash", noon()).await.unwrap(), None);
        assert!(store.find_link(invitation.id, "hash", noon()).await.unwrap().is_some());
        assert_eq!(store.forget_old_links(noon()).await.unwrap(), 0);
        assert_eq!(store.forget_old_links(noon() + TimeDelta::days(8)).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn times_and_texts_beyond_an_engine_find_nothing_and_break_nothing() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let lead = stored_lead(store, business).await;
        for (at, leads) in [(DateTime::<Utc>::MIN_UTC, 0), (DateTime::<Utc>::MAX_UTC, 1)] {
            let found = store.leads(business, &LeadFilter::default(), 5, Some((at, lead.id))).await.unwrap();
            assert_eq!(found.len(), leads, "{at}");
            let until = LeadFilter { until: Some(at), ..LeadFilter::default() };
            assert_eq!(store.count_leads(business, &until).await.unwrap(), leads as u64);
            let calls = CallFilter { since: Some(at), ..CallFilter::default() };
            assert_eq!(store.calls(business, &calls, 5, Some((at, CallId::new()))).await.unwrap(), []);
        }
        let long = "%_\\\0".repeat(30_000);
        let text = LeadFilter { text: Some(long.clone()), ..LeadFilter::default() };
        assert_eq!(store.leads(business, &text, 5, None).await.unwrap(), []);
        assert_eq!(store.clients(business, Some(&long), 5, None).await.unwrap().items, []);
        assert_eq!(
            store.find_user_by_email("\0 Owner100@Example.com\0").await.unwrap().map(|user| user.email),
            Some(normal_email("owner100@example.com"))
        );
        assert_eq!(store.find_user_by_email(&long).await.unwrap(), None);
    })
    .await;
}
