//! What the clock does: conversations end when nobody speaks any more, and the agent returns where a person has left.

use super::takeover::come_back;
use crate::problem::Problem;
use crate::state::AppState;
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use studioconnect_domain::conversation::{AWAY, IDLE};
use tokio_util::sync::CancellationToken;

/// Time between rounds.
const EVERY: Duration = Duration::from_secs(20);
/// What is kept of a conversation in which the visitor never said anything: nothing, once its token has run out.
const EMPTY: TimeDelta = TimeDelta::hours(25);

/// Does it again and again, until told to stop.
pub async fn keep_swept(state: AppState, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        if let Err(problem) = sweep(&state, state.clock.now()).await {
            tracing::warn!(code = problem.code, "conversations could not be looked after");
        }
    }
}

/// One round, as of a moment.
pub async fn sweep(state: &AppState, now: DateTime<Utc>) -> Result<(), Problem> {
    let away = now - AWAY;
    for left in state.store.conversations_left_waiting(away).await? {
        come_back(state, left, away).await?;
    }
    for (business, _) in state.store.end_idle_conversations(now - IDLE).await? {
        state.chat.hub.happened(business);
    }
    state.store.forget_empty_conversations(now - EMPTY).await?;
    state.chat.hub.tidy();
    Ok(())
}
