//! A database of one test's own, on each engine.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use std::env;
use std::thread;
use studioconnect_store::{Backend, Settings, Store};
use tempfile::TempDir;
use uuid::Uuid;

/// A migrated database that goes away with the test.
pub(super) struct Site {
    pub(super) store: Store,
    pub(super) settings: Settings,
    _folder: Option<TempDir>,
    server: Option<String>,
}

/// Runs a test on SQLite, and on PostgreSQL when there is one.
pub(super) async fn on_each(test: impl AsyncFn(&Site)) {
    on_each_empty(async |site| {
        site.store.migrate().await.unwrap();
        test(site).await;
    })
    .await;
}

/// As [`on_each`], before migration.
pub(super) async fn on_each_empty(test: impl AsyncFn(&Site)) {
    let site = Site::sqlite().await;
    println!("on SQLite: {}", site.settings.url);
    test(&site).await;
    drop(site);
    match server() {
        Some(server) => {
            let site = Site::postgres(&server).await;
            println!("on PostgreSQL: {}", site.settings.url);
            test(&site).await;
        }
        None => eprintln!("PostgreSQL SKIPPED: TEST_DATABASE_URL is not set (see scripts/postgres)"),
    }
}

/// The server that tests may make databases on.
pub(super) fn server() -> Option<String> {
    env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}

impl Site {
    pub(super) async fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("data/store.db");
        let settings = Settings::new(format!("sqlite://{}", file.display()));
        let store = Store::open(&settings).await.unwrap();
        assert!(file.exists(), "the file and its folder are made");
        Self { store, settings, _folder: Some(folder), server: None }
    }

    pub(super) async fn postgres(server: &str) -> Self {
        let name = format!("t_{}", Uuid::new_v4().simple());
        let admin = Database::connect(server).await.unwrap();
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        admin.close().await.unwrap();
        let (place, parameters) = server.split_once('?').unwrap_or((server, ""));
        let (host, _) = place.rsplit_once('/').unwrap();
        let settings = Settings::new(format!("{host}/{name}?{parameters}"));
        let store = Store::open(&settings).await.unwrap();
        Self { store, settings, _folder: None, server: Some(server.to_owned()) }
    }

    /// Another hand on the same database.
    pub(super) async fn other_hand(&self) -> DatabaseConnection {
        Database::connect(&self.settings.url).await.unwrap()
    }

    /// Runs SQL behind the store's back.
    pub(super) async fn execute(&self, sql: &str) {
        let hand = self.other_hand().await;
        hand.execute_unprepared(sql).await.unwrap();
        hand.close().await.unwrap();
    }

    /// An id as it is written in SQL of this engine.
    pub(super) fn sql_id(&self, id: Uuid) -> String {
        match self.store.backend() {
            Backend::Sqlite => format!("x'{}'", id.simple()),
            Backend::Postgres => format!("'{id}'"),
        }
    }
}

/// A failed test leaves no database behind either.
impl Drop for Site {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else { return };
        let name = self.settings.url.rsplit_once('/').unwrap().1.split('?').next().unwrap().to_owned();
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let admin = Database::connect(server).await.unwrap();
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                admin.execute_unprepared(&sql).await.unwrap();
            });
        });
        if dropped.join().is_err() {
            eprintln!("a test's database was left behind: {}", self.settings.url);
        }
    }
}
