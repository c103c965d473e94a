//! What comes in, made into inputs of the flow.

use super::super::model_leg::ModelLeg;
use super::super::phone_leg::FromPhone;
use super::CallTask;
use crate::audio::level::frame_level_dbfs;
use crate::flow::{Audio, Input};
use std::borrow::Cow;
use std::sync::atomic::Ordering;
use studioconnect_connectors::openai::realtime::{
    AudioKind, ConnectFault, ModelSocket, ServerEvent, close_of,
};
use studioconnect_connectors::twilio::media::{Frame, Media, parse};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

impl CallTask {
    pub(super) async fn phone_sent(&mut self, read: FromPhone) {
        // Whoever sends anything is there, with a pong or without.
        self.pings.phone_due = None;
        match read {
            Some(Ok(Message::Text(text))) => {
                self.shared.counters.messages.fetch_add(1, Ordering::Relaxed);
                self.frame(&text).await;
            }
            Some(Ok(Message::Pong(_) | Message::Ping(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Binary(_))) => self.faulty_frame(),
            Some(Err(WsError::Capacity(_))) => {
                self.phone.is_too_big = true;
                self.give(Input::StreamLost).await;
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => self.give(Input::StreamLost).await,
        }
    }

    pub(super) async fn frame(&mut self, text: &str) {
        let started = !self.phone.stream_sid.is_empty();
        match parse(text) {
            Ok(Frame::Media(media)) if started => self.media(media).await,
            Ok(Frame::Mark { name }) if started => self.give(Input::Mark(name)).await,
            Ok(Frame::Dtmf { digit }) if started => match digit.chars().next() {
                Some(key @ ('0'..='9' | '*' | '#' | 'A'..='D')) => self.give(Input::Digit(key)).await,
                _ => self.faulty_frame(),
            },
            Ok(Frame::Start(start)) if !started => {
                self.phone.stream_sid = start.stream_sid.into_owned();
                self.answered();
                self.give(Input::StreamStarted).await;
            }
            Ok(Frame::Stop) if started => self.give(Input::StreamStopped).await,
            Ok(Frame::Connected | Frame::Unknown { .. }) => {}
            Ok(_) | Err(_) => self.faulty_frame(),
        }
    }

    pub(super) async fn media(&mut self, media: Media<'_>) {
        if media.stream_sid != self.phone.stream_sid {
            self.faulty_frame();
            return;
        }
        let level = if self.flow.wants_level() { frame_level_dbfs(&media.payload) } else { None };
        match self.sound.caller_sound(&media.payload) {
            Some(payload) => {
                let audio = Audio::new(payload);
                self.give(Input::CallerAudio { position_ms: media.timestamp_ms, audio, level }).await;
            }
            None => self.faulty_frame(),
        }
    }

    /// A frame against the protocol is counted and answered with nothing: it is no reason to hang up on a person.
    pub(super) fn faulty_frame(&mut self) {
        self.faulty_frames = self.faulty_frames.saturating_add(1);
        self.shared.counters.faulty_frames.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) async fn model_sent(&mut self, read: Option<Result<Message, WsError>>) {
        self.pings.model_due = None;
        if let Some(close) = close_of(read.as_ref()) {
            self.model.hang_up();
            let detail = close
                .code
                .map_or_else(|| "connection broke".to_owned(), |code| format!("closed with {code}"));
            self.last_fault = Some(detail.clone());
            self.give(Input::ModelClosed { verdict: close.verdict, detail }).await;
            return;
        }
        let Some(Ok(Message::Text(text))) = read else { return };
        self.shared.counters.messages.fetch_add(1, Ordering::Relaxed);
        match ServerEvent::parse(&text) {
            Ok(event) => self.model_event(event).await,
            Err(_) => self.faulty_frame(),
        }
    }

    pub(super) async fn model_event(&mut self, event: ServerEvent<'_>) {
        match event {
            ServerEvent::Audio { response_id, item_id, content_index, delta } => {
                let Some(payload) = self.sound.model_sound(delta) else {
                    self.faulty_frame();
                    return;
                };
                if self.shared.settings.audio == AudioKind::Pcm24k {
                    self.last_sound =
                        Some((response_id.clone().into_owned(), item_id.clone().into_owned(), content_index));
                }
                let audio = Audio::new(payload);
                self.give(Input::ModelAudio { response_id, item_id, content_index, audio }).await;
            }
            ServerEvent::ResponseDone { .. } => {
                self.end_of_sound().await;
                self.give(Input::Model(event)).await;
            }
            ServerEvent::Error { ref code, .. } => {
                self.last_fault = Some(code.clone());
                self.give(Input::Model(event)).await;
            }
            event => self.give(Input::Model(event)).await,
        }
    }

    /// The converter's last few samples belong to the reply that ends.
    pub(super) async fn end_of_sound(&mut self) {
        let Some((response_id, item_id, content_index)) = self.last_sound.take() else { return };
        let rest = self.sound.rest_of_model();
        if !rest.is_empty() {
            let audio = Audio::new(rest);
            let (response_id, item_id) = (Cow::Owned(response_id), Cow::Owned(item_id));
            self.give(Input::ModelAudio { response_id, item_id, content_index, audio }).await;
        }
    }

    pub(super) async fn dialled(&mut self, dialled: Result<Box<ModelSocket>, ConnectFault>) {
        match dialled {
            Ok(socket) => {
                self.model = ModelLeg::Open(socket);
                self.pings.model_due = None;
                self.give(Input::ModelConnected).await;
            }
            Err(fault) => {
                self.model = ModelLeg::Closed;
                self.last_fault = Some(fault.to_string());
                self.give(Input::ModelClosed { verdict: fault.verdict(), detail: fault.to_string() }).await;
            }
        }
    }
}
