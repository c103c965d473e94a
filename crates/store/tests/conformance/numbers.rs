use super::samples::{number, phone, shop, stored_shop};
use super::site::{Site, on_each};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::ids::{BusinessId, PhoneNumberId};
use studioconnect_domain::plan::{Plan, PlanCode};
use studioconnect_store::{Reception, Repair};

#[tokio::test]
async fn a_number_leads_to_all_that_answering_needs() {
    on_each(async |site| {
        let store = &site.store;
        let new = stored_shop(store, 100).await;
        stored_shop(store, 101).await;
        let called = &new.numbers[0].number;
        let expected = Reception {
            business: new.business.clone(),
            plan: Plan::built_in(PlanCode::Pro),
            config: new.config.clone(),
            questions: new.questions.clone(),
            alarm: AlarmSettings::default(),
        };
        assert_eq!(store.find_business_by_number(called).await.unwrap(), Some(expected));
        assert_eq!(store.find_business_by_number(&phone("+12065550199")).await.unwrap(), None);

        store.set_plan(new.business.id, PlanCode::Free).await.unwrap();
        let reception = store.find_business_by_number(called).await.unwrap().unwrap();
        assert_eq!(reception.plan, Plan::built_in(PlanCode::Free));
        assert_eq!(reception.questions, new.questions[..5]);
        assert_eq!(store.list_questions(new.business.id).await.unwrap(), new.questions);
    })
    .await;
}

#[tokio::test]
async fn a_business_without_settings_answers_with_the_defaults() {
    on_each(async |site| {
        let new = stored_shop(&site.store, 100).await;
        site.execute("DELETE FROM agent_configs").await;
        let reception = site.store.find_business_by_number(&new.numbers[0].number).await.unwrap().unwrap();
        assert_eq!(reception.config, AgentConfig::default());
    })
    .await;
}

async fn store_as_written(site: &Site, business: BusinessId, written: &str) -> PhoneNumberId {
    let id = PhoneNumberId::new();
    let (row, owner) = (site.sql_id(id.0), site.sql_id(business.0));
    let sql =
        format!("INSERT INTO phone_numbers (id, business_id, number) VALUES ({row}, {owner}, '{written}')");
    site.execute(&sql).await;
    id
}

#[tokio::test]
async fn numbers_in_every_older_form_are_found_after_the_next_start() {
    on_each(async |site| {
        let store = &site.store;
        let forms = [
            ("US", "(206) 555-0150", "+12065550150"),
            ("US", "206.555.0151", "+12065550151"),
            ("US", "1-206-555-0152", "+12065550152"),
            ("US", "2065550153", "+12065550153"),
            ("US", "tel:+1-206-555-0154", "+12065550154"),
            ("US", "001 206 555 0155", "+12065550155"),
            ("US", " +1 206 555 0156 ", "+12065550156"),
            ("DE", "030 123456", "+4930123456"),
        ];
        for (line, (region, written, _)) in forms.iter().enumerate() {
            let mut new = shop("Shop", line as u32);
            (*region).clone_into(&mut new.business.region);
            store.create_business(&new).await.unwrap();
            store_as_written(site, new.business.id, written).await;
        }
        store.migrate().await.unwrap();
        for (line, (_, written, e164)) in forms.iter().enumerate() {
            let reached = store.find_business_by_number(&phone(e164)).await.unwrap();
            let owner = store.find_user_by_email(&format!("owner{line}@example.com")).await.unwrap().unwrap();
            assert_eq!(reached.map(|reached| reached.business.id), Some(owner.business_id), "{written}");
        }
        assert_eq!(store.normalise_numbers().await.unwrap(), Repair::default());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_mended_is_left_for_a_person() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        let theirs = stored_shop(store, 101).await.business.id;
        store_as_written(site, ours, "(206) 555-0100").await;
        let disputed = store_as_written(site, theirs, "206 555 0100").await;
        let unreadable = store_as_written(site, theirs, "call us!").await;
        let done = store.normalise_numbers().await.unwrap();
        assert_eq!(done, Repair { mended: 0, doubled: 1, left: 2 });
        let reached = store.find_business_by_number(&phone("+12065550100")).await.unwrap().unwrap();
        assert_eq!(reached.business.id, ours);
        assert_eq!(store.list_numbers(ours).await.unwrap().len(), 1);
        for left in [disputed, unreadable] {
            store.remove_number(theirs, left).await.unwrap();
        }
        store.add_number(&number(theirs, "+12065550160")).await.unwrap();
        assert_eq!(store.list_numbers(theirs).await.unwrap().len(), 2);
    })
    .await;
}
