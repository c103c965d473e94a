use super::samples::{ringing, stored_shop, turn};
use super::site::{Site, server};
use sea_orm::{ConnectionTrait, Database};
use std::time::{Duration, Instant};
use studioconnect_store::{Settings, Store, StoreError, Write};

#[tokio::test]
async fn a_locked_file_holds_writes_up_but_not_reads_and_is_not_for_ever() {
    let site = Site::sqlite().await;
    site.store.migrate().await.unwrap();
    let business = stored_shop(&site.store, 100).await.business.id;
    let call = site.store.insert_call(&ringing(business, "CA1", 0)).await.unwrap();

    let hand = site.other_hand().await;
    hand.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let began = Instant::now();
    let batch = [Write::Turns { call: call.id, turns: vec![turn(0, "Hello")] }];
    let refused = site.store.write_batch(&batch).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let waited = began.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(9)).contains(&waited), "{waited:?}");
    assert_eq!(site.store.find_call(business, call.id).await.unwrap(), Some(call.clone()));

    hand.execute_unprepared("ROLLBACK").await.unwrap();
    site.store.write_batch(&batch).await.unwrap();
    assert_eq!(site.store.turns(business, call.id).await.unwrap(), [turn(0, "Hello")]);
}

#[tokio::test]
async fn a_short_lock_is_waited_out() {
    let site = Site::sqlite().await;
    site.store.migrate().await.unwrap();
    let business = stored_shop(&site.store, 100).await.business.id;
    let hand = site.other_hand().await;
    hand.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let release = async {
        tokio::time::sleep(Duration::from_millis(600)).await;
        hand.execute_unprepared("ROLLBACK").await.unwrap();
    };
    let call = ringing(business, "CA1", 0);
    let (stored, ()) = tokio::join!(site.store.insert_call(&call), release);
    assert_eq!(stored.unwrap(), call);
}

#[tokio::test]
async fn a_writer_that_gives_up_half_way_leaves_the_line_open() {
    let site = Site::sqlite().await;
    site.store.migrate().await.unwrap();
    let business = stored_shop(&site.store, 100).await.business.id;
    for at in 0..40_u64 {
        let store = site.store.clone();
        let writing = tokio::spawn(async move {
            store.insert_call(&ringing(business, &format!("CA{at}"), 0)).await.map(|_| ())
        });
        tokio::time::sleep(Duration::from_micros(at * 50)).await;
        writing.abort();
    }
    let call = ringing(business, "CA-last", 0);
    assert_eq!(site.store.insert_call(&call).await.unwrap(), call);
}

#[tokio::test]
async fn a_file_that_is_no_database_or_cannot_be_made_is_unavailable() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("letters.db");
    std::fs::write(&file, "Dear Sir or Madam, ".repeat(500)).unwrap();
    let below = file.join("store.db");
    for path in [&file, &below] {
        let opened = Store::open(&Settings::new(format!("sqlite://{}", path.display()))).await;
        assert!(matches!(opened, Err(StoreError::Unavailable(_))), "{opened:?}");
    }
    for url in
        ["sqlite::memory:", "sqlite://x?mode=memory", "sqlite://x?colour=blue", "mysql://db.example.com"]
    {
        let opened = Store::open(&Settings::new(url)).await;
        assert!(matches!(opened, Err(StoreError::Invalid(_))), "{opened:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_its_password_untold() {
    let settings = Settings::new("postgres://app:open-sesame@127.0.0.1:9/app");
    let began = Instant::now();
    let opened = Store::open(&settings).await;
    let Err(StoreError::Unavailable(cause)) = opened else { panic!("{opened:?}") };
    assert!(!format!("{cause} {cause:?}").contains("sesame"), "{cause:?}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn connections_that_the_server_cuts_are_made_again() {
    let Some(server) = server() else {
        eprintln!("PostgreSQL SKIPPED: TEST_DATABASE_URL is not set (see scripts/postgres)");
        return;
    };
    let site = Site::postgres(&server).await;
    site.store.migrate().await.unwrap();
    let business = stored_shop(&site.store, 100).await.business.id;
    let admin = Database::connect(&server).await.unwrap();
    let name = site.settings.url.rsplit_once('/').unwrap().1.split('?').next().unwrap();
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin.execute_unprepared(&cut).await.unwrap();
    let mut failures = 0;
    for at in 0..20 {
        match site.store.insert_call(&ringing(business, &format!("CA{at}"), 0)).await {
            Ok(_) => {}
            Err(StoreError::Unavailable(_)) => failures += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(failures <= 10, "no more than one for each connection that was open: {failures}");
    site.store.insert_call(&ringing(business, "CA-last", 0)).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_dropped_is_unavailable() {
    let Some(server) = server() else {
        eprintln!("PostgreSQL SKIPPED: TEST_DATABASE_URL is not set (see scripts/postgres)");
        return;
    };
    let site = Site::postgres(&server).await;
    site.store.migrate().await.unwrap();
    let business = stored_shop(&site.store, 100).await.business.id;
    let admin = Database::connect(&server).await.unwrap();
    let name = site.settings.url.rsplit_once('/').unwrap().1.split('?').next().unwrap();
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    for _ in 0..3 {
        let refused = site.store.insert_call(&ringing(business, "CA1", 0)).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
    assert!(site.store.ping().await.is_err());
}
