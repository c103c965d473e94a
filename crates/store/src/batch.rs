//! The write-behind path of live calls: what many calls have to say, in one transaction.

use crate::calls::{self, Finish};
use crate::error::StoreError;
use crate::inputs::put_inputs;
use crate::store::Store;
use crate::transaction::Transaction;
use crate::transcript::{put_events, put_turns};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use studioconnect_domain::ids::CallId;
use studioconnect_domain::transcript::{CallEvent, Turn};

/// One thing to write down about a live call.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Turns, new or changed.
    Turns {
        /// Of which call.
        call: CallId,
        /// The turns.
        turns: Vec<Turn>,
    },
    /// Events, new or changed.
    Events {
        /// Of which call.
        call: CallId,
        /// The events.
        events: Vec<CallEvent>,
    },
    /// Recorded inputs.
    Inputs {
        /// Of which call.
        call: CallId,
        /// Number of the batch within the call, from 0.
        batch: u32,
        /// Its lines.
        text: String,
    },
    /// The media stream has begun, see [`Store::mark_answered`].
    Answered {
        /// Of which call.
        call: CallId,
        /// When.
        at: DateTime<Utc>,
        /// Our end of it.
        connection_id: String,
    },
    /// The call is over, see [`Store::finish_call`].
    Finish {
        /// Which call.
        call: CallId,
        /// What we know of it.
        finish: Box<Finish>,
    },
}

impl Write {
    /// Which call it is about.
    pub fn call(&self) -> CallId {
        match self {
            Self::Turns { call, .. }
            | Self::Events { call, .. }
            | Self::Inputs { call, .. }
            | Self::Answered { call, .. }
            | Self::Finish { call, .. } => *call,
        }
    }

    /// Whether it changes the call's own row.
    fn is_progress(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::Finish { .. })
    }
}

impl Store {
    /// Writes all of it or, on an error, nothing. The same batch may be written again: it changes nothing more.
    ///
    /// The number of round trips does not grow with the number of calls, but for calls that begin or end. What is said
    /// about a call that was erased meanwhile is dropped, so that it does not hold up the others.
    pub async fn write_batch(&self, writes: &[Write]) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let transaction = self.begin().await?;
        let asked: BTreeSet<CallId> = writes.iter().map(Write::call).collect();
        let there = calls::lock_all(&transaction, asked.iter().copied()).await?;
        if there.len() < asked.len() {
            let gone = asked.len() - there.len();
            tracing::warn!(gone, "dropped what was written about calls that are gone");
        }
        let known: Vec<&Write> = writes.iter().filter(|write| there.contains(&write.call())).collect();
        put_turns(&*transaction, turns(&known)).await?;
        put_events(&*transaction, events(&known)).await?;
        put_inputs(&*transaction, inputs(&known)).await?;
        for id in there {
            progress(&transaction, id, &known).await?;
        }
        transaction.commit().await
    }
}

fn turns<'a>(writes: &[&'a Write]) -> Vec<(CallId, &'a Turn)> {
    let of = |write: &&'a Write| match write {
        Write::Turns { call, turns } => turns.iter().map(|turn| (*call, turn)).collect(),
        _ => Vec::new(),
    };
    writes.iter().flat_map(of).collect()
}

fn events<'a>(writes: &[&'a Write]) -> Vec<(CallId, &'a CallEvent)> {
    let of = |write: &&'a Write| match write {
        Write::Events { call, events } => events.iter().map(|event| (*call, event)).collect(),
        _ => Vec::new(),
    };
    writes.iter().flat_map(of).collect()
}

fn inputs<'a>(writes: &[&'a Write]) -> Vec<(CallId, u32, &'a str)> {
    let of = |write: &&'a Write| match write {
        Write::Inputs { call, batch, text } => Some((*call, *batch, text.as_str())),
        _ => None,
    };
    writes.iter().filter_map(of).collect()
}

/// Changes the row of one call by all that was told of it, in order.
///
/// A row that cannot be read is left to be mended by hand: it would stand in the way of every other call for ever.
async fn progress(transaction: &Transaction, id: CallId, writes: &[&Write]) -> Result<(), StoreError> {
    let steps: Vec<_> = writes.iter().filter(|write| write.call() == id && write.is_progress()).collect();
    if steps.is_empty() {
        return Ok(());
    }
    let changed = calls::change(transaction, calls::by_id(id), |tracked| {
        for step in steps {
            match step {
                Write::Answered { at, connection_id, .. } => tracked.answer(*at, connection_id),
                Write::Finish { finish, .. } => tracked.finish(finish),
                Write::Turns { .. } | Write::Events { .. } | Write::Inputs { .. } => {}
            }
        }
    });
    match changed.await {
        Err(corrupt @ StoreError::Corrupt { .. }) => {
            tracing::error!(call = %id, "cannot note how a call went on: {corrupt}");
            Ok(())
        }
        other => other.map(|_| ()),
    }
}
