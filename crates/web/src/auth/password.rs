//! Passwords: hashed with Argon2id, slowly on purpose, away from the threads that serve.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use std::sync::{LazyLock, OnceLock};
use studioconnect_domain::rule::Text;
use thiserror::Error;
use tokio::sync::Semaphore;

/// Longest password, in characters; a longer one would only make us hash more.
pub const MOST: usize = 256;
/// What may be chosen.
pub(crate) static RULE: Text = Text::of(8, MOST).secret();

/// Each hash takes 19 MiB for as long as it runs.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(4));

/// Why a password cannot be taken.
#[derive(Debug, Error)]
pub enum PasswordFault {
    /// Too short or too long.
    #[error("{0}")]
    Refused(String),
    /// Our fault.
    #[error("the password could not be hashed")]
    Failed,
}

/// Whether a password may be chosen.
pub fn check(password: &str) -> Result<(), PasswordFault> {
    RULE.fault(password).map_or(Ok(()), |says| Err(PasswordFault::Refused(says)))
}

/// Hashes a password that may be chosen; the result is a PHC string.
pub async fn hash(password: &str) -> Result<String, PasswordFault> {
    check(password)?;
    let password = password.to_owned();
    away(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).ok())
        .await
        .flatten()
        .ok_or(PasswordFault::Failed)
}

/// Whether a password is the one that was hashed. Without a hash it takes as long and says no, so that nobody learns from
/// the time whether an account exists.
pub(crate) async fn is_right(password: &str, stored: Option<String>) -> bool {
    if password.chars().count() > MOST {
        return false;
    }
    let password = password.to_owned();
    let checked = away(move || {
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| nobodys().to_owned());
        let matches = PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        known && matches
    });
    checked.await.unwrap_or(false)
}

/// Hash of a password that nobody has.
fn nobodys() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        Argon2::default().hash_password(b"nobody's password").map(|hash| hash.to_string()).unwrap_or_default()
    })
}

async fn away<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let place = AT_ONCE.acquire().await.ok()?;
    // The place goes along: whoever asks may be gone before the work is done, and it takes its memory all the same.
    let work = move || {
        let _place = place;
        work()
    };
    tokio::task::spawn_blocking(work).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other() {
        let stored = hash("correct horse").await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(is_right("correct horse", Some(stored.clone())).await);
        assert!(!is_right("correct hors", Some(stored)).await);
        assert!(!is_right("nobody's password", None).await, "no hash is nobody's password");
        assert!(!is_right("correct horse", Some("damaged".into())).await);
    }

    #[tokio::test]
    async fn requests_that_are_broken_off_leave_no_more_hashes_running_than_have_a_place() {
        let running = std::sync::Arc::new(std::sync::Mutex::new((0, 0)));
        let (let_go, wait) = std::sync::mpsc::channel::<()>();
        let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
        for _ in 0..12 {
            let (running, wait) = (running.clone(), wait.clone());
            let work = away(move || {
                let now = {
                    let mut running = running.lock().unwrap();
                    running.0 += 1;
                    running.1 = running.0.max(running.1);
                    running.0
                };
                assert!(now <= 4, "{now} at once");
                let _ = wait.lock().unwrap().recv();
                running.lock().unwrap().0 -= 1;
            });
            // Whoever asked goes away at once.
            let _ = tokio::time::timeout(std::time::Duration::from_millis(20), work).await;
        }
        let most = running.lock().unwrap().1;
        drop(let_go);
        assert!((1..=4).contains(&most), "{most} at once");
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(check("ääääääää").is_ok());
        for wrong in ["1234567", &"x".repeat(257)] {
            assert!(matches!(check(wrong), Err(PasswordFault::Refused(_))), "{wrong}");
        }
    }
}
