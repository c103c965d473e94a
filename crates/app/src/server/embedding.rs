//! Makes vectors of documents in the background.

use std::time::Duration;
use studioconnect_assistant::knowledge::Embedder;
use studioconnect_domain::Clock;
use studioconnect_store::Store;
use tokio_util::sync::CancellationToken;

/// Time between looks for documents that wait.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Embeds what waits, one document after the other, until the server stops.
pub(super) async fn keep_embedded(embedder: Embedder, store: Store, clock: Clock, stop: CancellationToken) {
    let work = async {
        // Where there is no room for vectors, nothing is paid for.
        match store.has_vectors().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(fault) => tracing::warn!(%fault, "it is not known whether vectors can be kept"),
        }
        match store.embed_with(embedder.model(), clock.now()).await {
            Ok(0) => {}
            Ok(again) => tracing::info!(again, "documents are embedded anew, as the model is another one"),
            Err(fault) => tracing::warn!(%fault, "documents of another model could not be found"),
        }
        loop {
            match embedder.embed_next(&store, &clock).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, "documents that wait for vectors could not be read"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let _ = stop.run_until_cancelled(work).await;
}
