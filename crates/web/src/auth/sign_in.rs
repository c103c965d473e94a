//! From a password to a session, and from a refresh token to the next.

use super::{RefreshToken, password, second_factor};
use crate::problem::Problem;
use crate::state::AppState;
use chrono::TimeDelta;
use studioconnect_domain::account::Session;
use studioconnect_domain::business::User;
use studioconnect_domain::ids::{BusinessId, SessionId, UserId};
use studioconnect_store::{Renewal, StoreError, normal_email};

/// Longest name of a browser that is kept.
const USER_AGENT: usize = 200;

/// What somebody holds who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// The access token.
    pub(crate) access: String,
    /// The refresh token; none when somebody else with the same cookies has just got it.
    pub(crate) refresh: Option<String>,
}

/// Somebody by mail address, password and, where they want one, a code.
pub(crate) async fn sign_in(
    state: &AppState,
    (email, password): (&str, &str),
    code: Option<&str>,
    address: &str,
) -> Result<User, Problem> {
    let user = check_password(state, email, password, address).await?;
    match (user.second_factor.is_some(), code) {
        (false, _) => {}
        (true, Some(code)) => second_factor::check_code(state, &user, code).await?,
        (true, None) => return Err(Problem::second_factor_required()),
    }
    Ok(user)
}

/// Looks at a mail address and a password, which is not yet a sign-in: see `sign_in`. Unknown mail and wrong password have the same answer after the same time; who is
/// wrong often waits, by account and by address.
pub(crate) async fn check_password(
    state: &AppState,
    email: &str,
    password: &str,
    address: &str,
) -> Result<User, Problem> {
    let now = state.clock.now();
    // In the form in which it is looked up, so that other spellings of one address are no other accounts.
    let email = normal_email(email);
    state.auth.throttle().attempt(&email, address, now).map_err(waits)?;
    let user = state.store.find_user_by_email(&email).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let is_right = password::is_right(password, stored).await;
    let Some(user) = user.filter(|_| is_right) else {
        tracing::info!("a sign-in was refused");
        return Err(Problem::wrong_credentials());
    };
    state.auth.throttle().was_right(&email, address, now);
    Ok(user)
}

/// Somebody has to wait before they are looked at.
pub(crate) fn waits(wait: TimeDelta) -> Problem {
    Problem::too_many_attempts(wait.num_seconds().saturating_add(1))
}

/// Opens a session for somebody who has shown who they are.
pub(crate) async fn start_session(
    state: &AppState,
    user: UserId,
    business: BusinessId,
    user_agent: &str,
    address: &str,
) -> Result<Signed, Problem> {
    let now = state.clock.now();
    let id = SessionId::new();
    let refresh = RefreshToken::new(id.0);
    let session = Session {
        id,
        user_id: user,
        created_at: now,
        seen_at: now,
        expires_at: now + Session::IDLE,
        user_agent: user_agent.chars().take(USER_AGENT).collect(),
        address: address.to_owned(),
    };
    state.store.open_session(&session, &refresh.hash()).await?;
    let access = state.auth.tokens.issue(user, business, id, now).ok_or_else(Problem::internal)?;
    Ok(Signed { access, refresh: Some(refresh.expose()) })
}

/// Renews a session. None when the token is not good, for which there may be bad reasons: a token that was used up long ago
/// has been copied, and its session is over for everybody.
pub(crate) async fn renew(
    state: &AppState,
    shown: &str,
    business: Option<BusinessId>,
    address: &str,
) -> Result<Option<Signed>, StoreError> {
    let Some(shown) = RefreshToken::parse(shown) else { return Ok(None) };
    let now = state.clock.now();
    let next = RefreshToken::new(shown.id);
    let renewal =
        state.store.renew_session(SessionId(shown.id), &shown.hash(), &next.hash(), address, now).await?;
    let (session, refresh) = match renewal {
        Renewal::Renewed(session) => (session, Some(next.expose())),
        Renewal::Shared(session) => (session, None),
        Renewal::Reused(session) => {
            tracing::warn!(user = %session.user_id, "a refresh token was used twice: its session was ended");
            return Ok(None);
        }
        Renewal::Unknown => return Ok(None),
    };
    // Where they went last, else what a browser's last token says.
    let business = state.store.business_of_session(session.id).await?.or(business);
    let Some(business) = business_for(state, session.user_id, business).await? else { return Ok(None) };
    let access = state.auth.tokens.issue(session.user_id, business, session.id, now);
    Ok(access.map(|access| Signed { access, refresh }))
}

/// The business somebody works in: the one they were in, else their own, else any they may enter.
pub(crate) async fn business_for(
    state: &AppState,
    user: UserId,
    wanted: Option<BusinessId>,
) -> Result<Option<BusinessId>, StoreError> {
    let memberships = state.store.memberships(user).await?;
    let may_enter = |id: &BusinessId| memberships.iter().any(|membership| membership.business_id == *id);
    if let Some(wanted) = wanted.filter(may_enter) {
        return Ok(Some(wanted));
    }
    let home = state.store.find_user(user).await?.map(|user| user.business_id);
    Ok(home.filter(may_enter).or_else(|| memberships.first().map(|first| first.business_id)))
}
