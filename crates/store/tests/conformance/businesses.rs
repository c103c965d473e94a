use super::samples::{owner, question, shop, stored_shop};
use super::site::on_each;
use studioconnect_domain::agent::{AgentConfig, Vad};
use studioconnect_domain::business::Business;
use studioconnect_domain::ids::{BusinessId, UserId};
use studioconnect_domain::plan::{Plan, PlanCode};
use studioconnect_store::{Backend, StoreError};

#[tokio::test]
async fn a_business_comes_back_as_it_was_with_all_it_began_with() {
    on_each(async |site| {
        let store = &site.store;
        let new = stored_shop(store, 100).await;
        let id = new.business.id;
        assert_eq!(store.find_business(id).await.unwrap(), Some(new.business.clone()));
        assert_eq!(store.list_businesses().await.unwrap(), [new.business]);
        assert_eq!(store.find_user_by_email("Owner100@Example.com ").await.unwrap(), Some(new.owner));
        assert_eq!(store.list_numbers(id).await.unwrap(), new.numbers);
        assert_eq!(store.agent_config(id).await.unwrap(), new.config);
        assert_eq!(store.list_questions(id).await.unwrap(), new.questions);
    })
    .await;
}

#[tokio::test]
async fn a_business_is_added_whole_or_not_at_all() {
    on_each(async |site| {
        let store = &site.store;
        let first = stored_shop(store, 100).await;
        let mut second = shop("Second", 101);
        second.numbers.push(first.numbers[0].clone());
        second.numbers[1].business_id = second.business.id;
        second.numbers[1].id = second.numbers[0].id;
        let refused = store.create_business(&second).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        assert_eq!(store.find_business(second.business.id).await.unwrap(), None);
        assert_eq!(store.find_user_by_email(&second.owner.email).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_field_by_field() {
    on_each(async |site| {
        let mut new = shop("", 100);
        new.business.timezone = "Mars/Olympus".to_owned();
        new.config.voice = "darth".to_owned();
        new.owner.business_id = BusinessId::new();
        let Err(StoreError::Invalid(faults)) = site.store.create_business(&new).await else {
            panic!("accepted");
        };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["name", "timezone", "voice", "owner"]);
    })
    .await;
}

#[tokio::test]
async fn agent_settings_are_changed_or_refused() {
    on_each(async |site| {
        let store = &site.store;
        let id = stored_shop(store, 100).await.business.id;
        let config = AgentConfig {
            temperature: 0.1,
            vad: Vad { threshold: 0.35, ..Vad::default() },
            ..AgentConfig::default()
        };
        store.set_agent_config(id, &config).await.unwrap();
        assert_eq!(store.agent_config(id).await.unwrap(), config);
        let faulty = AgentConfig { interruption_delay_ms: 50, ..config.clone() };
        assert!(matches!(store.set_agent_config(id, &faulty).await, Err(StoreError::Invalid(_))));
        assert_eq!(store.agent_config(id).await.unwrap(), config);
        let nobody = store.set_agent_config(BusinessId::new(), &config).await;
        assert!(matches!(nobody, Err(StoreError::Missing { .. })), "{nobody:?}");
    })
    .await;
}

#[tokio::test]
async fn a_list_of_questions_is_replaced_and_numbered_without_gaps() {
    on_each(async |site| {
        let store = &site.store;
        let new = stored_shop(store, 100).await;
        let mut list = vec![new.questions[4].clone(), question(90), new.questions[1].clone()];
        store.replace_questions(new.business.id, &list).await.unwrap();
        for (order, question) in list.iter_mut().enumerate() {
            question.order = order as u32;
        }
        assert_eq!(store.list_questions(new.business.id).await.unwrap(), list);
        store.replace_questions(new.business.id, &[]).await.unwrap();
        assert_eq!(store.list_questions(new.business.id).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn users_are_added_and_get_new_passwords() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let user = owner(business, "Second.User@Example.com");
        store.add_user(&user).await.unwrap();
        let stored = store.find_user_by_email("second.user@example.com").await.unwrap().unwrap();
        assert_eq!((stored.id, stored.email.as_str()), (user.id, "second.user@example.com"));
        store.set_password(business, user.id, "$argon2id$new").await.unwrap();
        let stored = store.find_user_by_email("second.user@example.com").await.unwrap().unwrap();
        assert_eq!(stored.password_hash, "$argon2id$new");
        assert_eq!(store.find_user_by_email("nobody@example.com").await.unwrap(), None);
        for (business, user) in [(BusinessId::new(), user.id), (business, UserId::new())] {
            let refused = store.set_password(business, user, "$argon2id$stolen").await;
            assert!(matches!(refused, Err(StoreError::Missing { what: "user" })), "{refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_business_moves_between_plans_and_a_plan_can_be_changed() {
    on_each(async |site| {
        let store = &site.store;
        for code in PlanCode::ALL {
            assert_eq!(store.plan(code).await.unwrap(), Plan::built_in(code));
        }
        let business = stored_shop(store, 100).await.business;
        store.set_plan(business.id, PlanCode::Free).await.unwrap();
        let moved = store.find_business(business.id).await.unwrap();
        assert_eq!(moved, Some(Business { plan: PlanCode::Free, ..business }));
        let generous = Plan { question_limit: Some(6), ..Plan::built_in(PlanCode::Free) };
        store.put_plan(&generous).await.unwrap();
        assert_eq!(store.plan(PlanCode::Free).await.unwrap(), generous);
        let nobody = store.set_plan(BusinessId::new(), PlanCode::Pro).await;
        assert!(matches!(nobody, Err(StoreError::Missing { what: "business" })), "{nobody:?}");
    })
    .await;
}

#[tokio::test]
async fn the_store_answers_and_knows_its_engine() {
    on_each(async |site| {
        site.store.ping().await.unwrap();
        let by_url =
            if site.settings.url.starts_with("sqlite") { Backend::Sqlite } else { Backend::Postgres };
        assert_eq!(site.store.clone().backend(), by_url);
        assert_eq!(site.store.find_business(BusinessId::new()).await.unwrap(), None);
    })
    .await;
}
