//! A thread that carries calls: a single-threaded runtime and nothing else on it.

use super::Shared;
use super::call::CallTask;
use super::model_leg::Dialling;
use crate::admission::{Seat, Ticket};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use studioconnect_domain::ids::CallId;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// A model's socket that nobody came for is closed after this.
const PARKED: Duration = Duration::from_secs(10);

/// Something for a lane to do.
pub(crate) enum Order {
    /// Open a model's socket for a call whose stream is on its way.
    Park(CallId),
    /// Carry this call.
    Carry {
        /// The caller's socket, from another thread.
        stream: std::net::TcpStream,
        /// What was read of it there.
        ahead: Vec<u8>,
        /// The call.
        ticket: Box<Ticket>,
        /// Its place.
        seat: Seat,
    },
}

/// The way to a lane.
pub(crate) struct Lane {
    orders: mpsc::UnboundedSender<Order>,
}

impl Lane {
    /// Starts a lane. It ends when its way is dropped and its last call is over.
    pub(crate) fn start(index: usize, shared: Arc<Shared>) -> std::io::Result<Self> {
        let (orders, inbox) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name(format!("lane-{index}")).spawn(move || {
            let local = LocalSet::new();
            local.spawn_local(serve(inbox, shared));
            // Calls that are still carried when the way is dropped are carried to their end.
            runtime.block_on(local);
        })?;
        Ok(Self { orders })
    }

    pub(crate) fn send(&self, order: Order) {
        // A lane ends only after this sender is gone.
        let _ = self.orders.send(order);
    }
}

type Parked = Rc<RefCell<HashMap<CallId, Dialling>>>;

async fn serve(mut inbox: mpsc::UnboundedReceiver<Order>, shared: Arc<Shared>) {
    let parked = Parked::default();
    while let Some(order) = inbox.recv().await {
        match order {
            Order::Park(call) => park(&parked, &shared, call),
            Order::Carry { stream, ahead, ticket, seat } => {
                let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                let Ok(stream) =
                    stream.inspect_err(|fault| tracing::error!(%fault, "a stream was lost on its way"))
                else {
                    continue;
                };
                let dialling =
                    parked.borrow_mut().remove(&ticket.call.id).unwrap_or_else(|| Dialling::start(&shared));
                let shared = shared.clone();
                tokio::task::spawn_local(async move {
                    Box::pin(CallTask::open(shared, *ticket, seat, stream, ahead, dialling).await.run())
                        .await;
                });
            }
        }
    }
}

fn park(parked: &Parked, shared: &Arc<Shared>, call: CallId) {
    parked.borrow_mut().insert(call, Dialling::start(shared));
    let parked = parked.clone();
    tokio::task::spawn_local(async move {
        tokio::time::sleep(PARKED).await;
        let forgotten = parked.borrow_mut().remove(&call);
        if let Some(forgotten) = forgotten {
            forgotten.close().await;
        }
    });
}
