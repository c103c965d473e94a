//! Changes noted for the owner. A note that cannot be written loses no change: it is logged.

use crate::state::AppState;
use serde_json::Value;
use studioconnect_domain::account::Standing;
use studioconnect_store::AuditEntry;
use uuid::Uuid;

/// Notes what people change.
pub(crate) trait Changes {
    /// Somebody did something; `detail` never holds a secret, nor what a caller said.
    async fn note_change(&self, by: &Standing, action: &str, detail: Value);
}

impl Changes for AppState {
    async fn note_change(&self, by: &Standing, action: &str, detail: Value) {
        let entry = AuditEntry {
            id: Uuid::now_v7(),
            user: Some(by.user.id),
            at: self.clock.now(),
            action: action.to_owned(),
            detail,
        };
        if let Err(fault) = self.store.note_change(by.tenant(), &entry).await {
            tracing::error!(%fault, action, "a change was made, and could not be noted");
        }
    }
}
