//! The last moments of a call.

use super::super::model_leg::FromModel;
use super::super::wrap_up::WrapUp;
use super::{CallTask, LATE_WORDS};
use crate::flow::Line;
use std::time::Duration;
use studioconnect_connectors::openai::realtime::ServerEvent;
use tokio_tungstenite::tungstenite::Message;

/// A caller on the way to the fallback waits this long for a slow database.
const STORE_LIMIT: Duration = Duration::from_millis(250);

impl CallTask {
    /// The words of somebody who hangs up right behind them are still on their way.
    pub(super) async fn wait_for_words(&mut self) {
        let until = tokio::time::Instant::now() + LATE_WORDS;
        while self.flow.awaits_words() {
            let Ok(FromModel::Read(Some(Ok(read)))) = tokio::time::timeout_at(until, self.model.next()).await
            else {
                break;
            };
            let Message::Text(text) = read else { continue };
            let late = match ServerEvent::parse(&text) {
                Ok(ServerEvent::Transcript { item_id, text }) => self.flow.late_words(&item_id, &text),
                Ok(ServerEvent::TranscriptFailed { item_id }) => self.flow.late_words(&item_id, ""),
                _ => None,
            };
            self.turns.extend(late);
        }
        self.write_behind();
    }

    pub(super) async fn finish(mut self) {
        let Some(leave) = self.leave else { return };
        if leave.line == Line::Gone {
            self.wait_for_words().await;
        }
        self.model.hang_up();
        let mut analytics = self.flow.analytics().clone();
        analytics.faulty_frames = self.faulty_frames;
        analytics.connection_id = self.connection_id.take();
        let wrap_up = WrapUp {
            shared: self.shared.clone(),
            call: self.ticket.call.clone(),
            leave,
            analytics,
            turns: self.flow.turns().cloned().collect(),
            lead: self.conversation.lead().cloned(),
            reception: self.ticket.reception.clone(),
            conversation: self.conversation,
            lasted: self.zero.elapsed(),
            last_fault: self.last_fault.take(),
        };
        if leave.line == Line::Fallback {
            // What is stored decides what the caller is told next; but until the stream is closed they hear nothing.
            let mut stored = self.shared.office.spawn(wrap_up.run());
            let in_time = tokio::time::timeout(STORE_LIMIT, &mut stored).await;
            self.phone.close().await;
            if in_time.is_err() {
                let _ = stored.await;
            }
            return;
        }
        // Slow work is done where it stands in nobody's way; this call's line waits for it, no other's.
        let office = self.shared.office.clone();
        let done = office.spawn(wrap_up.run());
        if done.await.unwrap_or(false) {
            self.phone.await_close().await;
        }
        self.phone.close().await;
        drop(self.seat);
    }
}
