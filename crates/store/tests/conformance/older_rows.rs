use super::samples::{stored_call, stored_shop, turn};
use super::site::{Site, on_each};
use studioconnect_domain::agent::{AgentConfig, Vad};
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::plan::{Plan, PlanCode};
use studioconnect_store::{Backend, StoreError};

async fn set_settings(site: &Site, business: BusinessId, json: &str) {
    let id = site.sql_id(business.0);
    site.execute(&format!("UPDATE agent_configs SET settings = '{json}' WHERE business_id = {id}")).await;
}

/// The place that an error names.
fn place<T: std::fmt::Debug>(result: Result<T, StoreError>) -> (&'static str, String, String) {
    match result {
        Err(StoreError::Corrupt { table, column, row }) => (table, column, row),
        other => panic!("expected a corrupt row, got {other:?}"),
    }
}

#[tokio::test]
async fn settings_of_an_older_or_newer_version_still_serve() {
    on_each(async |site| {
        let store = &site.store;
        let new = stored_shop(store, 100).await;
        let id = new.business.id;
        set_settings(site, id, r#"{"agentName":"Ada","vad":{"threshold":0.25}}"#).await;
        let older = AgentConfig {
            agent_name: "Ada".to_owned(),
            vad: Vad { threshold: 0.25, ..Vad::default() },
            ..AgentConfig::default()
        };
        assert_eq!(store.agent_config(id).await.unwrap(), older);
        let newer =
            r#"{"agentName":"Ada","mood":"sunny","voice":7,"vad":{"threshold":0.25,"type":"telepathic"}}"#;
        set_settings(site, id, newer).await;
        assert_eq!(store.agent_config(id).await.unwrap(), older);
        let reception = store.find_business_by_number(&new.numbers[0].number).await.unwrap().unwrap();
        assert_eq!(reception.config, older);
    })
    .await;
}

#[tokio::test]
async fn settings_that_nothing_can_be_read_from_are_named() {
    on_each(async |site| {
        let new = stored_shop(&site.store, 100).await;
        let id = new.business.id;
        for json in ["[1,2]", r#""voice""#, r#"{"mood":"sunny"}"#, "null"] {
            set_settings(site, id, json).await;
            let expected = ("agent_configs", "settings".to_owned(), id.to_string());
            assert_eq!(place(site.store.agent_config(id).await), expected, "{json}");
            let reached = site.store.find_business_by_number(&new.numbers[0].number).await;
            assert_eq!(place(reached), expected, "{json}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_newer_versions_feature_of_a_plan_is_passed_over() {
    on_each(async |site| {
        site.execute(r#"UPDATE plans SET features = '["chat_widget","mind_reading"]' WHERE code = 'PRO'"#)
            .await;
        let plan = site.store.plan(PlanCode::Pro).await.unwrap();
        let widget = Plan::built_in(PlanCode::Pro).features.into_iter().next().unwrap();
        assert_eq!(plan.features.into_iter().collect::<Vec<_>>(), [widget]);
    })
    .await;
}

#[tokio::test]
async fn a_value_that_makes_no_sense_is_named_by_table_column_and_row() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        store.put_turns(call, &[turn(0, "Hello"), turn(1, "Hi")]).await.unwrap();

        site.execute("UPDATE transcript_turns SET speaker = 'ghost' WHERE seq = 1").await;
        let ghost = place(store.turns(business, call).await);
        assert_eq!(ghost, ("transcript_turns", "speaker".to_owned(), format!("{call}/1")));

        site.execute("UPDATE calls SET counted_seconds = -5").await;
        let negative = place(store.find_call(business, call).await);
        assert_eq!(negative, ("calls", "counted_seconds".to_owned(), call.to_string()));

        site.execute("UPDATE calls SET counted_seconds = NULL, analytics = '7'").await;
        let number = place(store.open_calls().await);
        assert_eq!(number, ("calls", "analytics".to_owned(), call.to_string()));

        site.execute("UPDATE lead_questions SET expected_format = 'MORSE' WHERE position = 3").await;
        let morse = place(store.list_questions(business).await);
        assert_eq!((morse.0, morse.1.as_str()), ("lead_questions", "expected_format"));
    })
    .await;
}

/// PostgreSQL does not let such values in; SQLite keeps whatever it is given.
#[tokio::test]
async fn a_value_of_the_wrong_type_is_named_too() {
    on_each(async |site| {
        if site.store.backend() != Backend::Sqlite {
            return;
        }
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        site.execute("UPDATE calls SET analytics = '{broken'").await;
        let broken = place(store.find_call_by_sid("CA1").await);
        assert_eq!(broken, ("calls", "analytics".to_owned(), call.to_string()));
        site.execute("UPDATE calls SET analytics = '{}', started_at = 'yesterday'").await;
        let yesterday = place(store.recent_calls(business, 5, None).await);
        assert_eq!(yesterday, ("calls", "started_at".to_owned(), call.to_string()));
        site.execute("UPDATE plans SET features = 'x'").await;
        let number = store.list_numbers(business).await.unwrap().remove(0).number;
        let plan = place(store.find_business_by_number(&number).await);
        assert_eq!(plan, ("plans", "features".to_owned(), "PRO".to_owned()));
    })
    .await;
}
