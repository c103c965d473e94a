use super::samples::{client, lead, noon, stored_shop};
use super::site::on_each;
use chrono::TimeDelta;
use studioconnect_domain::Fault;
use studioconnect_domain::client::Client;
use studioconnect_domain::ids::{NoteId, UserId};
use studioconnect_domain::lead::{Handling, LeadStatus, Note};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_store::{LeadFilter, StoreError};

#[tokio::test]
async fn leads_are_found_by_where_they_stand_who_has_them_and_what_they_hold() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let business = shop.business.id;
        for (minutes, name) in [(0, "Dana Reyes"), (1, "100%_Sure"), (2, "Émile Zola"), (3, "dana scully")] {
            store.put_lead(&lead(business, minutes, name)).await.unwrap();
        }
        let names = async |filter: &LeadFilter| {
            let found = store.leads(business, filter, 10, None).await.unwrap();
            assert_eq!(store.count_leads(business, filter).await.unwrap(), found.len() as u64);
            found.into_iter().filter_map(|lead| lead.name).collect::<Vec<_>>()
        };
        let text = |text: &str| LeadFilter { text: Some(text.to_owned()), ..LeadFilter::default() };
        assert_eq!(names(&text("DANA")).await, ["dana scully", "Dana Reyes"]);
        assert_eq!(names(&text("%_")).await, ["100%_Sure"], "what people type is no pattern");
        assert_eq!(names(&text("nobody")).await, [""; 0]);
        let first = store.leads(business, &text("reyes"), 1, None).await.unwrap().remove(0);
        let wanted = Handling { status: LeadStatus::Won, assigned_to: Some(shop.owner.id), version: 0 };
        store.handle_lead(business, first.id, &wanted).await.unwrap();
        let won = LeadFilter { status: Some(LeadStatus::Won), ..LeadFilter::default() };
        let mine = LeadFilter { assigned_to: Some(shop.owner.id), ..LeadFilter::default() };
        assert_eq!(
            (names(&won).await, names(&mine).await),
            (vec!["Dana Reyes".to_owned()], vec!["Dana Reyes".to_owned()])
        );
        let late = LeadFilter { since: Some(noon() + TimeDelta::minutes(2)), ..LeadFilter::default() };
        assert_eq!(names(&late).await, ["dana scully", "Émile Zola"]);
        let page = store.leads(business, &LeadFilter::default(), 2, None).await.unwrap();
        let place = page.last().map(|lead| (lead.created_at, lead.id));
        let rest = store.leads(business, &LeadFilter::default(), 10, place).await.unwrap();
        assert_eq!(rest.len(), 2, "a page goes on where the last one ended");
    })
    .await;
}

#[tokio::test]
async fn what_people_decide_survives_what_the_conversation_still_writes() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let business = shop.business.id;
        let mut new = lead(business, 0, "Dana");
        store.put_lead(&new).await.unwrap();
        let wanted = Handling { status: LeadStatus::Contacted, ..Handling::default() };
        let handled = store.handle_lead(business, new.id, &wanted).await.unwrap();
        assert_eq!(handled.handling.version, 1);
        new.message = Some("The tap is leaking".to_owned());
        new.updated_at += TimeDelta::minutes(1);
        let stored = store.put_lead(&new).await.unwrap();
        assert_eq!((stored.handling, stored.message), (handled.handling, new.message));
        let second = store.handle_lead(business, new.id, &wanted).await;
        assert!(matches!(second, Err(StoreError::Overtaken { what: "lead" })), "{second:?}");
        let stranger = Handling { assigned_to: Some(UserId::new()), version: 1, ..Handling::default() };
        let refused = store.handle_lead(business, new.id, &stranger).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
        let other = stored_shop(store, 200).await.business.id;
        let elsewhere = store.handle_lead(other, new.id, &wanted).await;
        assert!(matches!(elsewhere, Err(StoreError::Missing { what: "lead" })), "{elsewhere:?}");
    })
    .await;
}

#[tokio::test]
async fn notes_stand_beside_the_leads_of_their_own_business_alone() {
    on_each(async |site| {
        let store = &site.store;
        let (shop, other) = (stored_shop(store, 100).await, stored_shop(store, 200).await);
        let new = lead(shop.business.id, 0, "Dana");
        store.put_lead(&new).await.unwrap();
        let note =
            Note { id: NoteId::new(), author: Some(shop.owner.id), at: noon(), text: "called\0 back".into() };
        store.add_note(shop.business.id, new.id, &note).await.unwrap();
        let notes = store.notes(shop.business.id, new.id).await.unwrap();
        assert_eq!((notes.len(), notes[0].text.as_str()), (1, "called back"), "no engine keeps a NUL");
        assert_eq!(store.notes(other.business.id, new.id).await.unwrap(), []);
        let refused = store.add_note(other.business.id, new.id, &Note { id: NoteId::new(), ..note }).await;
        assert!(matches!(refused, Err(StoreError::Missing { what: "lead" })), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn two_clients_of_a_business_share_no_number_and_no_address() {
    on_each(async |site| {
        let store = &site.store;
        let (shop, other) = (stored_shop(store, 100).await, stored_shop(store, 200).await);
        let dana = Client {
            phone: Some("+12065550142".to_owned()),
            email: Some("Dana@Example.com".to_owned()),
            ..client(shop.business.id, "Dana")
        };
        store.add_client(&dana).await.unwrap();
        for same in [
            Client { phone: dana.phone.clone(), ..client(shop.business.id, "Twin") },
            Client { email: Some("dana@example.com".to_owned()), ..client(shop.business.id, "Twin") },
        ] {
            let refused = store.add_client(&same).await;
            assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        }
        store.add_client(&client(shop.business.id, "Nobody")).await.unwrap();
        store.add_client(&client(shop.business.id, "Somebody")).await.unwrap();
        store
            .add_client(&Client { phone: dana.phone.clone(), ..client(other.business.id, "Theirs") })
            .await
            .unwrap();
        let number = PhoneNumber::read("(206) 555-0142", "US").unwrap();
        let found = store.find_client_by_phone(shop.business.id, &number).await.unwrap().unwrap();
        assert_eq!((found.id, found.email.as_deref()), (dana.id, Some("dana@example.com")));

        let changed =
            store.change_client(&Client { notes: "prefers mornings".into(), ..found.clone() }).await.unwrap();
        assert_eq!(changed.version, 1);
        let late = store.change_client(&Client { notes: "prefers evenings".into(), ..found }).await;
        assert!(matches!(late, Err(StoreError::Overtaken { what: "client" })), "{late:?}");
        assert!(!store.remove_client(other.business.id, dana.id).await.unwrap(), "another's client");
        assert!(store.remove_client(shop.business.id, dana.id).await.unwrap());
    })
    .await;
}

/// Row 111.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_stay_in_order_without_gaps_under_concurrent_edits() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let mut edits = tokio::task::JoinSet::new();
        for edit in 0..8_usize {
            let store = store.clone();
            edits.spawn(async move {
                store
                    .change_questions(business, |questions| {
                        let moved = questions.remove(edit % questions.len());
                        questions.insert(0, moved);
                        Ok(())
                    })
                    .await
            });
        }
        for done in edits.join_all().await {
            done.unwrap();
        }
        let questions = store.list_questions(business).await.unwrap();
        assert_eq!(
            questions.iter().map(|question| question.order).collect::<Vec<_>>(),
            (0..7).collect::<Vec<_>>()
        );
        let refused: Result<(), _> = store
            .change_questions(business, |questions| {
                questions.clear();
                Err(StoreError::Invalid(vec![Fault::new("x", "y")]))
            })
            .await;
        assert!(refused.is_err());
        assert_eq!(
            store.list_questions(business).await.unwrap(),
            questions,
            "a change that fails changes nothing"
        );
    })
    .await;
}

#[tokio::test]
async fn settings_that_somebody_else_has_changed_are_not_written_over() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let id = shop.business.id;
        let (config, version) = store.versioned_agent_config(id).await.unwrap();
        assert_eq!(store.change_agent_config(id, version, &config).await.unwrap(), version + 1);
        let late = store.change_agent_config(id, version, &config).await;
        assert!(matches!(late, Err(StoreError::Overtaken { what: "agent" })), "{late:?}");
        assert_eq!(store.versioned_agent_config(id).await.unwrap().1, version + 1);
        let renamed = store
            .change_business(&studioconnect_domain::business::Business {
                name: "Two".into(),
                ..shop.business.clone()
            })
            .await;
        assert_eq!(renamed.unwrap().version, 1);
        let late = store.change_business(&shop.business).await;
        assert!(matches!(late, Err(StoreError::Overtaken { what: "business" })), "{late:?}");
    })
    .await;
}

#[tokio::test]
async fn a_key_belongs_to_one_request_and_is_given_back_when_it_fails() {
    on_each(async |site| {
        let store = &site.store;
        let (shop, other) = (stored_shop(store, 100).await, stored_shop(store, 200).await);
        let id = shop.business.id;
        assert_eq!(store.take_key(id, "k", "hash", noon()).await.unwrap(), None);
        let taken = store.take_key(id, "k", "hash", noon()).await.unwrap().unwrap();
        assert_eq!(taken.status, None, "still being answered");
        store.keep_answer(id, "k", 201, "{}").await.unwrap();
        let kept = store.take_key(id, "k", "hash", noon()).await.unwrap().unwrap();
        assert_eq!((kept.status, kept.body.as_str()), (Some(201), "{}"));
        assert_eq!(store.take_key(other.business.id, "k", "hash", noon()).await.unwrap(), None);
        store.release_key(other.business.id, "k").await.unwrap();
        assert_eq!(store.take_key(other.business.id, "k", "hash", noon()).await.unwrap(), None);
        assert_eq!(store.forget_old_answers(noon() + TimeDelta::days(2)).await.unwrap(), 2);
    })
    .await;
}
