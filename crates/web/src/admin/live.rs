//! `/admin/calls/live`: tells a page that the calls on the line have changed. The page then fetches itself anew, so there is
//! one way in which a call is shown.

use crate::auth::Viewer;
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;
use studioconnect_domain::account::Standing;
use studioconnect_domain::ids::CallId;

/// How often is looked.
const EVERY: Duration = Duration::from_millis(500);
/// Looks before the browser has to ask again, and with it whether whoever asks still may.
const LOOKS: u32 = 1_200;
/// Looks after a change that tell of it again: what is known of a call is written down a moment after it happened, and
/// what came of it when it has been thought over.
const ECHOES: u32 = 8;

/// What is told next depends on what was told last.
struct Watch {
    state: AppState,
    standing: Standing,
    known: Option<Vec<CallId>>,
    left: u32,
    echoes: u32,
}

pub(super) async fn live(
    State(state): State<AppState>,
    viewer: Viewer,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let watch = Watch { state, standing: viewer.0, known: None, left: LOOKS, echoes: 0 };
    let changes = futures_util::stream::unfold(watch, async |mut watch| {
        watch.next_change().await.then(|| (Ok(Event::default().event("changed").data("calls")), watch))
    });
    Ok(Sse::new(changes).keep_alive(KeepAlive::default()))
}

impl Watch {
    /// Waits for a change; false at the end.
    async fn next_change(&mut self) -> bool {
        while self.left > 0 && !self.state.environment.draining.load(Ordering::Relaxed) {
            // The page that asks has just been made.
            if self.known.is_some() {
                tokio::time::sleep(EVERY).await;
            }
            self.left -= 1;
            let now = self.on_the_line();
            let is_first = self.known.is_none();
            if self.known.as_ref() != Some(&now) {
                self.echoes = if is_first && now.is_empty() { 0 } else { ECHOES };
                self.known = Some(now);
                if !is_first {
                    return true;
                }
            } else if self.echoes > 0 {
                self.echoes -= 1;
                return true;
            }
        }
        false
    }

    fn on_the_line(&self) -> Vec<CallId> {
        let Some(phone) = &self.state.phone else { return Vec::new() };
        let calls = phone.switchboard.live_calls().into_iter();
        let mut own: Vec<_> =
            calls.filter(|call| call.business == self.standing.tenant()).map(|call| call.id).collect();
        own.sort_unstable();
        own
    }
}
