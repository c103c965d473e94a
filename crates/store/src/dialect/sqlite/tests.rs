use crate::{NewBusiness, Settings, Store, StoreError};
use chrono::DateTime;
use sea_orm::{ConnectionTrait, TransactionTrait};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::business::{Business, Role, User};
use studioconnect_domain::ids::{BusinessId, UserId};
use studioconnect_domain::plan::PlanCode;

/// SQLite counts pages for each connection, so each of the two is told.
async fn limit_pages(store: &Store, pages: u32) {
    let one = store.database.begin().await.unwrap();
    let other = store.database.begin().await.unwrap();
    for connection in [&one, &other] {
        connection.execute_unprepared(&format!("PRAGMA max_page_count = {pages}")).await.unwrap();
    }
    one.rollback().await.unwrap();
    other.rollback().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_nothing_else_until_there_is_room_again() {
    let folder = tempfile::TempDir::new().unwrap();
    let url = format!("sqlite://{}", folder.path().join("store.db").display());
    let store = Store::open(&Settings { max_connections: 2, ..Settings::new(url) }).await.unwrap();
    store.migrate().await.unwrap();
    let business = shop();
    store.create_business(&business).await.unwrap();
    let id = business.business.id;

    let long = AgentConfig { persona_prompt: "x".repeat(8_000), ..AgentConfig::default() };
    for _ in 0..4 {
        // A limit below the file's size counts as the file's size: it cannot grow any more.
        limit_pages(&store, 1).await;
        let refused = store.set_agent_config(id, &long).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
    assert_eq!(store.agent_config(id).await.unwrap(), business.config);

    limit_pages(&store, 1_000_000).await;
    for _ in 0..4 {
        let known = store.create_business(&business).await;
        assert!(matches!(known, Err(StoreError::Conflict { .. })), "{known:?}");
    }
    store.set_agent_config(id, &long).await.unwrap();
    assert_eq!(store.agent_config(id).await.unwrap(), long);
}

fn shop() -> NewBusiness {
    let id = BusinessId::new();
    let created_at = DateTime::from_timestamp(1_795_003_200, 0).unwrap();
    let business = Business::new(id, "Northwind Plumbing", PlanCode::Pro, format!("wk_{id}"), created_at);
    let owner = User {
        id: UserId::new(),
        business_id: id,
        email: "owner@example.com".into(),
        name: String::new(),
        password_hash: "hash".into(),
        role: Role::Owner,
        second_factor: None,
        created_at,
    };
    let config = AgentConfig::default();
    NewBusiness { business, owner, numbers: Vec::new(), config, questions: Vec::new() }
}
