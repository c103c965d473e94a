//! The second factor: a code after the password, where somebody wants it.

use super::totp::{TotpKey, base32};
use crate::problem::Problem;
use crate::state::AppState;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use studioconnect_connectors::seal::SealFault;
use studioconnect_domain::business::User;
use studioconnect_domain::ids::UserId;

/// What keys are sealed for in the database.
const KEY: &str = "second factor";
/// What keys are sealed for in the form that confirms them.
const OFFER: &str = "second factor offered";
/// What tickets are sealed for.
const TICKET: &str = "second factor ticket";
/// How long a page that asks for a code works.
const PAGE_LASTS: TimeDelta = TimeDelta::minutes(10);
/// How many recovery codes somebody gets.
const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: 80 bits, so that a plain hash is enough.
const RECOVERY_BYTES: usize = 10;

/// Takes a code of somebody whose password was right: of their app, or a recovery code. Both are used up.
///
/// Wrong codes cost time like wrong passwords, counted by person and apart from these: whoever knows the password would
/// otherwise be forgiven by it between two guesses.
pub(crate) async fn check_code(state: &AppState, user: &User, given: &str) -> Result<(), Problem> {
    let (key, now) = (format!("c:{}", user.id), state.clock.now());
    {
        let mut throttle = state.auth.throttle();
        if let Some(wait) = throttle.wait(&key, now) {
            return Err(Problem::too_many_attempts(wait.num_seconds().max(1)));
        }
        throttle.failed(&key, now);
    }
    let plain = plain(given);
    // A recovery code needs no key, so it works even when the installation's has been lost.
    let is_good = if is_of_app(&plain) {
        match stored_key(state, user)?.step_of(&plain, now) {
            Some(step) => state.store.use_second_factor_step(user.id, step).await?,
            None => false,
        }
    } else {
        state.store.use_recovery_code(user.id, &recovery_hash(user.id, &plain)).await?
    };
    if !is_good {
        tracing::info!("a second factor was refused");
        return Err(Problem::wrong_second_factor());
    }
    state.auth.throttle().succeeded(&key);
    Ok(())
}

/// Without what people type to read it better.
fn plain(given: &str) -> String {
    given
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .take(64)
        .collect::<String>()
        .to_uppercase()
}

fn is_of_app(plain: &str) -> bool {
    plain.len() == 6 && plain.bytes().all(|byte| byte.is_ascii_digit())
}

fn stored_key(state: &AppState, user: &User) -> Result<TotpKey, Problem> {
    let sealed = user.second_factor.as_deref().ok_or_else(Problem::wrong_second_factor)?;
    let opened = state.sealer.open(KEY, &user.id.to_string(), sealed);
    opened.map(TotpKey::of).map_err(ours)
}

fn ours(fault: SealFault) -> Problem {
    tracing::error!(%fault, "a second factor cannot be read");
    Problem::internal()
}

/// A key that somebody is offered, sealed for the form in which they confirm it.
#[derive(Serialize, Deserialize)]
struct Offer {
    key: String,
    until: i64,
}

/// Seals an offered key.
pub(crate) fn offer(state: &AppState, user: UserId, key: &TotpKey) -> Result<String, Problem> {
    let offer = Offer { key: URL_SAFE_NO_PAD.encode(key.expose()), until: until(state.clock.now()) };
    sealed(state, OFFER, &user.to_string(), &offer)
}

/// The key of an offer; none when it is not ours, not theirs or too old.
pub(crate) fn offered(state: &AppState, user: UserId, shown: &str) -> Option<TotpKey> {
    let offer: Offer = opened(state, OFFER, &user.to_string(), shown)?;
    let is_good = offer.until > state.clock.now().timestamp();
    URL_SAFE_NO_PAD.decode(offer.key).ok().filter(|_| is_good).map(TotpKey::of)
}

/// Switches the second factor on, once a code has shown that the app has the key. Returns the recovery codes, which nobody
/// sees again.
pub(crate) async fn turn_on(
    state: &AppState,
    user: &User,
    key: &TotpKey,
    given: &str,
) -> Result<Vec<String>, Problem> {
    let step = key.step_of(&plain(given), state.clock.now()).ok_or_else(Problem::wrong_second_factor)?;
    let sealed = state.sealer.seal(KEY, &user.id.to_string(), key.expose());
    let sealed = sealed.map_err(ours)?;
    let (codes, hashes) = recovery_codes(user.id);
    if !state.store.turn_on_second_factor(user.id, &sealed, step, &hashes).await? {
        return Err(Problem::overtaken("account"));
    }
    Ok(codes)
}

/// Gives somebody other recovery codes in place of those they have.
pub(crate) async fn renew_codes(state: &AppState, user: &User) -> Result<Vec<String>, Problem> {
    let (codes, hashes) = recovery_codes(user.id);
    if !state.store.renew_recovery_codes(user.id, &hashes).await? {
        return Err(Problem::overtaken("account"));
    }
    Ok(codes)
}

/// Codes for somebody, and their hashes.
fn recovery_codes(user: UserId) -> (Vec<String>, Vec<String>) {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes = codes.iter().map(|code| recovery_hash(user, &plain(code))).collect();
    (codes, hashes)
}

/// Four groups of four letters.
fn recovery_code() -> String {
    let mut bytes = [0_u8; RECOVERY_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let letters: Vec<char> = base32(&bytes).to_lowercase().chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn recovery_hash(user: UserId, plain: &str) -> String {
    let hash = Sha256::new().chain_update(user.0.as_bytes()).chain_update(plain.as_bytes()).finalize();
    URL_SAFE_NO_PAD.encode(hash)
}

/// Who has shown a password and owes a code. It stands in the page that asks for the code, in place of the password.
#[derive(Serialize, Deserialize)]
struct Ticket {
    user: UserId,
    /// Hash of the password's hash: a ticket dies with the password it was given for.
    password: String,
    until: i64,
}

/// A ticket for somebody whose password was right.
pub(crate) fn ticket(state: &AppState, user: &User) -> Result<String, Problem> {
    let until = until(state.clock.now());
    sealed(state, TICKET, "", &Ticket { user: user.id, password: mark(user), until })
}

/// Whose ticket it is; none when it is not ours, too old, or for a password that was changed since.
pub(crate) async fn holder(state: &AppState, shown: &str) -> Result<Option<User>, Problem> {
    let Some(ticket) = opened::<Ticket>(state, TICKET, "", shown) else { return Ok(None) };
    if ticket.until <= state.clock.now().timestamp() {
        return Ok(None);
    }
    Ok(state.store.find_user(ticket.user).await?.filter(|user| mark(user) == ticket.password))
}

fn mark(user: &User) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(user.password_hash.as_bytes()))
}

fn until(now: DateTime<Utc>) -> i64 {
    (now + PAGE_LASTS).timestamp()
}

fn sealed(
    state: &AppState,
    purpose: &'static str,
    row: &str,
    value: &impl Serialize,
) -> Result<String, Problem> {
    let plain = serde_json::to_vec(value).map_err(|_| Problem::internal())?;
    state.sealer.seal(purpose, row, &plain).map_err(ours)
}

fn opened<T: for<'a> Deserialize<'a>>(
    state: &AppState,
    purpose: &'static str,
    row: &str,
    shown: &str,
) -> Option<T> {
    let plain = state.sealer.open(purpose, row, shown).ok()?;
    serde_json::from_slice(&plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_write_them() {
        assert_eq!(plain(" 123 456 "), "123456");
        assert!(is_of_app(&plain("123-456")) && !is_of_app("12345a") && !is_of_app("٣٥٩"));
        let code = recovery_code();
        assert_eq!((code.len(), code.matches('-').count()), (19, 3), "{code}");
        let user = UserId::new();
        let typed = code.to_uppercase().replace('-', " ");
        assert_eq!(recovery_hash(user, &plain(&code)), recovery_hash(user, &plain(&typed)));
        assert_ne!(recovery_hash(user, &plain(&code)), recovery_hash(UserId::new(), &plain(&code)));
    }
}
