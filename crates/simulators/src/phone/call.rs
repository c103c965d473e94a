//! The handle of a call somebody makes.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use super::event::PhoneEvent;
use super::network::{Control, Network};
use super::report::CallReport;

/// A call somebody makes to one of the account's numbers.
pub struct Call {
    sid: Arc<str>,
    network: Arc<Network>,
    events: Option<broadcast::Receiver<PhoneEvent>>,
    task: JoinHandle<Arc<CallReport>>,
}

impl Call {
    pub(crate) fn new(
        sid: Arc<str>,
        network: Arc<Network>,
        events: broadcast::Receiver<PhoneEvent>,
        task: JoinHandle<Arc<CallReport>>,
    ) -> Self {
        Self { sid, network, events: Some(events), task }
    }

    /// `CA…`.
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// What happens in this call, from its first moment. Can be taken once.
    pub fn events(&mut self) -> Option<broadcast::Receiver<PhoneEvent>> {
        self.events.take()
    }

    /// The person hangs up now, whatever the script says.
    pub fn hang_up(&self) {
        self.network.tell_call(&self.sid, Control::PersonLeaves);
    }

    /// Waits until the call is over and its status callback delivered.
    pub async fn finish(self) -> Arc<CallReport> {
        drop(self.events);
        match self.task.await {
            Ok(report) => report,
            Err(error) => {
                tracing::error!(%error, "simulated phone: a call failed");
                Arc::new(CallReport {
                    call_sid: self.sid.to_string(),
                    script_failures: vec![format!("the simulated call failed: {error}")],
                    ..CallReport::default()
                })
            }
        }
    }
}
