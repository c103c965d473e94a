use super::samples::{noon, owner, stored_shop};
use super::site::on_each;
use chrono::TimeDelta;
use studioconnect_domain::account::{Purpose, Session};
use studioconnect_domain::business::{Role, User};
use studioconnect_domain::ids::{LinkId, SessionId, UserId};
use studioconnect_domain::plan::PlanCode;
use studioconnect_store::{Link, Renewal, Store, StoreError};

fn session(user: UserId) -> Session {
    Session {
        id: SessionId::new(),
        user_id: user,
        created_at: noon(),
        seen_at: noon(),
        expires_at: noon() + Session::IDLE,
        user_agent: "Firefox".to_owned(),
        address: "127.0.0.1".to_owned(),
    }
}

async fn stored_session(store: &Store, user: UserId) -> Session {
    let session = session(user);
    store.open_session(&session, "first").await.unwrap();
    session
}

#[tokio::test]
async fn a_refresh_token_leads_to_the_next_and_an_old_one_ends_the_session() {
    on_each(async |site| {
        let store = &site.store;
        let user = stored_shop(store, 100).await.owner.id;
        let id = stored_session(store, user).await.id;
        let at = |seconds| noon() + TimeDelta::seconds(seconds);
        let renew = async |shown, next, seconds| store.renew_session(id, shown, next, "::1", at(seconds)).await.unwrap();
        assert!(matches!(renew("first", "second", 60).await, Renewal::Renewed(session) if session.seen_at == at(60)));
        assert!(matches!(renew("first", "x", 65).await, Renewal::Shared(_)), "a tab of the same browser");
        assert!(matches!(renew("second", "third", 100).await, Renewal::Renewed(_)));
        assert_eq!(store.sessions(user, at(100)).await.unwrap()[0].address, "::1");
        assert!(matches!(renew("second", "x", 200).await, Renewal::Reused(_)), "too late for a tab");
        assert!(matches!(renew("third", "x", 201).await, Renewal::Unknown));
        assert_eq!(store.sessions(user, at(201)).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_was_never_a_session_s_leaves_it_alone_and_any_former_one_ends_it() {
    on_each(async |site| {
        let store = &site.store;
        let user = stored_shop(store, 100).await.owner.id;
        let id = stored_session(store, user).await.id;
        let at = |days| noon() + TimeDelta::days(days);
        let renew =
            async |shown, next, days| store.renew_session(id, shown, next, "", at(days)).await.unwrap();
        for (shown, next, day) in [("first", "second", 1), ("second", "third", 29), ("third", "fourth", 32)] {
            assert_eq!(renew("made up", "x", day).await, Renewal::Unknown);
            assert!(matches!(renew(shown, next, day).await, Renewal::Renewed(_)));
        }
        assert_eq!(renew("first", "x", 33).await, Renewal::Unknown, "it would have run out anyway");
        assert_eq!(store.sessions(user, at(33)).await.unwrap().len(), 1);
        assert!(
            matches!(renew("second", "x", 33).await, Renewal::Reused(_)),
            "a copy of long before the last"
        );
        assert_eq!(renew("fourth", "x", 33).await, Renewal::Unknown);
    })
    .await;
}

#[tokio::test]
async fn of_two_renewals_at_once_one_gets_the_next_token() {
    on_each(async |site| {
        let store = &site.store;
        let user = stored_shop(store, 100).await.owner.id;
        let id = stored_session(store, user).await.id;
        let (one, other) = tokio::join!(
            store.renew_session(id, "first", "a", "", noon()),
            store.renew_session(id, "first", "b", "", noon()),
        );
        let outcomes = [one.unwrap(), other.unwrap()];
        let count = |wanted: fn(&Renewal) -> bool| outcomes.iter().filter(|renewal| wanted(renewal)).count();
        assert_eq!(count(|renewal| matches!(renewal, Renewal::Renewed(_))), 1, "{outcomes:?}");
        assert_eq!(count(|renewal| matches!(renewal, Renewal::Shared(_))), 1, "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn standing_follows_session_membership_and_plan_at_once() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let (user, business) = (shop.owner.id, shop.business.id);
        let session = stored_session(store, user).await;
        let standing = async || store.standing(user, business, session.id, noon()).await.unwrap();
        let found = standing().await.unwrap();
        assert_eq!((found.role, found.plan.code, found.tenant()), (Role::Owner, PlanCode::Pro, business));
        store.set_plan(business, PlanCode::Free).await.unwrap();
        assert_eq!(standing().await.unwrap().plan.code, PlanCode::Free);

        let other = stored_shop(store, 200).await;
        let elsewhere = store.standing(user, other.business.id, session.id, noon()).await.unwrap();
        assert!(elsewhere.is_none(), "not a member there");
        let as_other = store.standing(other.owner.id, other.business.id, session.id, noon()).await.unwrap();
        assert!(as_other.is_none(), "the session is somebody else's");
        let later = noon() + Session::IDLE;
        assert!(store.standing(user, business, session.id, later).await.unwrap().is_none(), "run out");
        assert!(store.end_session(user, session.id).await.unwrap());
        assert!(standing().await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_business_keeps_an_owner_even_when_two_go_at_once() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let (first, business) = (shop.owner.id, shop.business.id);
        let alone = store.remove_member(business, first).await;
        assert!(matches!(alone, Err(StoreError::Invalid(_))), "{alone:?}");
        let second = owner(business, "second@example.com");
        store.add_user(&second).await.unwrap();
        let (one, other) =
            tokio::join!(store.remove_member(business, first), store.remove_member(business, second.id));
        assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|done| **done).count(), 1, "{one:?} {other:?}");
        assert_eq!(store.members(business).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_person_of_two_businesses_has_a_role_in_each() {
    on_each(async |site| {
        let store = &site.store;
        let (home, other) = (stored_shop(store, 100).await, stored_shop(store, 200).await);
        let (user, there) = (home.owner.id, other.business.id);
        store.put_membership(there, user, Role::Viewer, noon() + TimeDelta::seconds(1)).await.unwrap();
        let roles: Vec<_> = store.memberships(user).await.unwrap().iter().map(|own| own.role).collect();
        assert!(
            roles.len() == 2 && roles.contains(&Role::Owner) && roles.contains(&Role::Viewer),
            "{roles:?}"
        );
        let people = store.members(there).await.unwrap();
        assert_eq!(
            people.iter().map(|person: &User| person.role).collect::<Vec<_>>(),
            [Role::Owner, Role::Viewer]
        );
        assert!(store.remove_member(there, user).await.unwrap());
        assert_eq!(store.find_member(there, user).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_link_works_once_for_its_purpose_and_until_it_runs_out() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let link = |id| Link {
            id,
            purpose: Purpose::Invitation,
            user: None,
            business: Some(shop.business.id),
            email: "sam@example.com".to_owned(),
            role: Some(Role::Member),
            created_at: noon(),
            expires_at: noon() + Purpose::Invitation.lasts(),
        };
        let (first, second) = (link(LinkId::new()), link(LinkId::new()));
        store.add_link(&first, "hash").await.unwrap();
        assert_eq!(store.find_link(first.id, "hash", noon()).await.unwrap().as_ref(), Some(&first));
        assert_eq!(store.find_link(first.id, "other", noon()).await.unwrap(), None);
        assert_eq!(store.find_link(first.id, "hash", first.expires_at).await.unwrap(), None);
        store.add_link(&second, "hash2").await.unwrap();
        assert_eq!(
            store.find_link(first.id, "hash", noon()).await.unwrap(),
            None,
            "the newer one took its place"
        );
        assert_eq!(
            store.open_invitations(shop.business.id, noon()).await.unwrap(),
            std::slice::from_ref(&second)
        );
        let (one, other) = tokio::join!(
            store.use_link(second.id, "hash2", noon()),
            store.use_link(second.id, "hash2", noon()),
        );
        assert!(one.unwrap().is_some() != other.unwrap().is_some(), "one of two gets it");
        assert_eq!(store.open_invitations(shop.business.id, noon()).await.unwrap(), []);
    })
    .await;
}
