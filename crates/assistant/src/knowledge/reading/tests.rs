use super::*;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Instant;
use tempfile::TempDir;

/// A reader that does something else than reading.
fn program(folder: &TempDir, name: &str, does: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

async fn told(path: &Path, limit: Duration) -> String {
    let reader = DocumentReader { limit, ..DocumentReader::new(path) };
    match reader.read(b"words", None).await {
        Err(NotRead::Unreadable(reason)) => reason.0,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reader_that_never_ends_is_ended_and_its_place_is_free_again() {
    let folder = TempDir::new().unwrap();
    let endless = program(&folder, "endless", "while :; do :; done");
    let reader = DocumentReader { limit: Duration::from_millis(300), ..DocumentReader::new(&endless) };
    let began = Instant::now();
    for _ in 0..3 {
        let outcome = reader.read(b"words", None).await;
        assert_eq!(outcome.unwrap_err().to_string(), "it takes too long to read");
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!((reader.places.available_permits(), reader.queue.available_permits()), (2, 10));
}

#[tokio::test]
async fn however_a_reader_ends_whoever_sent_the_file_is_told_something() {
    let folder = TempDir::new().unwrap();
    let long = Duration::from_secs(20);
    for (name, does, reason) in [
        ("aborted", "kill -ABRT $$", "it unpacks to more than can be read, or it is broken"),
        ("crashed", "kill -SEGV $$", "it unpacks to more than can be read, or it is broken"),
        ("stopped", "kill -XCPU $$", "it takes too long to read"),
        ("failed", "exit 101", "it is broken and cannot be read"),
        ("silent", "exit 0", "it is broken and cannot be read"),
        ("babbling", "echo '{\"read\":{\"kind\":\"PDF\"}}'", "it is broken and cannot be read"),
        ("half", "echo '{\"refused\":\"no\"}'; exit 1", "it is broken and cannot be read"),
        ("curt", "echo '{\"refused\":\"there is nothing in it\"}'", "there is nothing in it"),
    ] {
        assert_eq!(told(&program(&folder, name, does), long).await, reason, "{name}");
    }
}

#[tokio::test]
async fn a_reader_knows_nothing_of_where_it_was_started() {
    let folder = TempDir::new().unwrap();
    let does =
        "echo \"{\\\"refused\\\":\\\"$1 $HOME $DATABASE_URL $(pwd) $MIMALLOC_ARENA_EAGER_COMMIT\\\"}\"";
    let path = program(&folder, "nosy", does);
    assert_eq!(told(&path, Duration::from_secs(20)).await, "read-document   / 0");
}
