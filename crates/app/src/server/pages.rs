//! Reads pages that are asked for and that nobody has read: where whoever took one has died over it.

use std::time::Duration;
use studioconnect_web::AppState;
use tokio_util::sync::CancellationToken;

/// Time between looks for pages that wait.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Reads what waits, one page after the other, until the server stops.
pub(super) async fn keep_read(state: AppState, stop: CancellationToken) {
    let work = async {
        loop {
            match state.sources.read_next(&state.store, &state.clock).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, "pages that wait to be read could not be looked for"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let _ = stop.run_until_cancelled(work).await;
}
