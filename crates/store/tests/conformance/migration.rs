use super::samples::stored_shop;
use super::site::{on_each, on_each_empty};
use studioconnect_domain::plan::{Plan, PlanCode};
use studioconnect_store::{Settings, Store, StoreError};

#[tokio::test]
async fn an_empty_database_is_migrated_once_and_a_second_time_changes_nothing() {
    on_each_empty(async |site| {
        let store = &site.store;
        let pending = store.pending_migrations().await.unwrap();
        assert!(pending.len() >= 3 && pending.is_sorted(), "{pending:?}");
        assert!(matches!(store.list_businesses().await, Err(StoreError::Unavailable(_))));
        store.migrate().await.unwrap();
        assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
        let business = stored_shop(store, 100).await.business;
        store.migrate().await.unwrap();
        assert_eq!(store.list_businesses().await.unwrap(), [business]);
    })
    .await;
}

#[tokio::test]
async fn asking_what_is_pending_creates_nothing() {
    on_each_empty(async |site| {
        let first = site.store.pending_migrations().await.unwrap();
        let hand = site.other_hand().await;
        let manager = sea_orm_migration::SchemaManager::new(&hand);
        assert!(!manager.has_table("seaql_migrations").await.unwrap());
        assert_eq!(site.store.pending_migrations().await.unwrap(), first);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_migrate_one_after_the_other() {
    on_each_empty(async |site| {
        let mut replicas = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let settings = Settings { max_connections: 2, ..site.settings.clone() };
            replicas.spawn(async move {
                let store = Store::open(&settings).await.unwrap();
                store.migrate().await.unwrap();
                store.close().await.unwrap();
            });
        }
        replicas.join_all().await;
        assert_eq!(site.store.pending_migrations().await.unwrap(), [""; 0]);
        stored_shop(&site.store, 100).await;
    })
    .await;
}

#[tokio::test]
async fn plans_that_were_changed_stay_and_missing_ones_come_back() {
    on_each(async |site| {
        let store = &site.store;
        let generous = Plan { question_limit: Some(9), ..Plan::built_in(PlanCode::Free) };
        store.put_plan(&generous).await.unwrap();
        site.execute("DELETE FROM plans WHERE code = 'BASIC'").await;
        assert!(matches!(store.plan(PlanCode::Basic).await, Err(StoreError::Missing { what: "plan" })));
        store.migrate().await.unwrap();
        assert_eq!(store.plan(PlanCode::Free).await.unwrap(), generous);
        assert_eq!(store.plan(PlanCode::Basic).await.unwrap(), Plan::built_in(PlanCode::Basic));
    })
    .await;
}

#[tokio::test]
async fn a_database_that_a_newer_version_migrated_still_serves() {
    on_each(async |site| {
        let store = &site.store;
        site.execute(
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_later', 0)",
        )
        .await;
        assert_eq!(store.pending_migrations().await.unwrap(), [""; 0]);
        store.migrate().await.unwrap();
        stored_shop(store, 100).await;
    })
    .await;
}

#[tokio::test]
async fn migrations_can_go_another_way_than_queries() {
    on_each_empty(async |site| {
        let settings = Settings { migration_url: Some(site.settings.url.clone()), ..site.settings.clone() };
        let store = Store::open(&settings).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(site.store.pending_migrations().await.unwrap(), [""; 0]);
        let elsewhere = Settings { migration_url: Some("mysql://db.example.com".to_owned()), ..settings };
        let refused = Store::open(&elsewhere).await.unwrap().migrate().await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    })
    .await;
}
