//! `test realtime`: the contract run against the configured Realtime server.
//!
//! Each step says what it found. Against OpenAI itself it costs a few cents: one session, one short reply.

use super::print::Printer;
use crate::config::Config;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use futures_util::{SinkExt as _, StreamExt as _};
use std::time::{Duration, Instant};
use studioconnect_assistant::{phrases, tools};
use studioconnect_connectors::http::install_tls_provider;
use studioconnect_connectors::openai::realtime::{
    ClientEvent, Detection, ModelSocket, ResponseStatus, ServerEvent, SessionSettings, Tool, connect,
};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::price::is_of_family;
use tokio_tungstenite::tungstenite::Message;

#[derive(Debug, Args)]
pub(super) struct RealtimeArguments {
    /// Time for each step, in seconds.
    #[arg(long, default_value_t = 15)]
    limit: u64,
}

pub(super) async fn run(
    arguments: &RealtimeArguments,
    config: &Config,
    printer: &mut Printer,
) -> Result<bool> {
    install_tls_provider();
    ensure!(config.model.is_usable, "there is no model: set OPENAI_API_KEY or OPENAI_BASE_URL");
    let limit = Duration::from_secs(arguments.limit);
    let mut run = Run::open(config, limit, printer).await?;
    run.step("the server speaks first", |event| {
        matches!(event, ServerEvent::SessionCreated { .. }).then_some(())
    })
    .await?;
    run.tell(&ClientEvent::SessionUpdate(Box::new(settings(config)))).await?;
    run.step("the session is accepted", |event| matches!(event, ServerEvent::SessionUpdated).then_some(()))
        .await?;
    run.tell(&ClientEvent::CreateResponse { instructions: Some(phrases::say_exactly("This is a test.")) })
        .await?;
    run.step("a reply begins", |event| matches!(event, ServerEvent::ResponseCreated { .. }).then_some(()))
        .await?;
    let item = run
        .step("it sounds", |event| match event {
            ServerEvent::Audio { item_id, delta, .. } if !delta.is_empty() => {
                Some(item_id.clone().into_owned())
            }
            _ => None,
        })
        .await?;
    let status = run
        .step("it ends", |event| {
            if let ServerEvent::ResponseDone { status, .. } = event { Some(*status) } else { None }
        })
        .await?;
    ensure!(status == ResponseStatus::Completed, "the reply ended as {status:?}");
    run.tell(&ClientEvent::Truncate { item_id: item, content_index: 0, audio_end_ms: 100 }).await?;
    run.step("what was not heard can be cut", |event| match event {
        ServerEvent::Other { kind } if kind == "conversation.item.truncated" => Some(()),
        _ => None,
    })
    .await?;
    run.socket.close(None).await?;
    printer.line("The server keeps the contract.");
    Ok(true)
}

fn settings(config: &Config) -> SessionSettings {
    let agent = AgentConfig::default();
    SessionSettings {
        instructions: "You are being tested. Say what you are asked to say.".into(),
        voice: agent.voice,
        language: Some(agent.language),
        transcription_model: config.model.transcription_model.clone(),
        detection: Detection::Server {
            threshold: agent.vad.threshold,
            prefix_padding_ms: agent.vad.prefix_padding_ms,
            silence_duration_ms: agent.vad.silence_duration_ms,
        },
        noise: None,
        tools: tools::specs(&[])
            .into_iter()
            .map(|spec| Tool { name: spec.name, description: spec.description, parameters: spec.parameters })
            .collect(),
        max_output_tokens: 1_200,
        temperature: agent.temperature,
        reasoning: is_of_family(&config.model.endpoint.model, "gpt-realtime-2").then(|| "low".to_owned()),
        audio: config.model.audio,
    }
}

struct Run<'a> {
    socket: ModelSocket,
    config: &'a Config,
    limit: Duration,
    printer: &'a mut Printer,
    sent: u32,
}

impl<'a> Run<'a> {
    async fn open(config: &'a Config, limit: Duration, printer: &'a mut Printer) -> Result<Self> {
        let began = Instant::now();
        let socket = connect(&config.model.endpoint, limit).await?;
        printer.line(&format!("ok  {:<34} {:>6} ms", "the socket opens", began.elapsed().as_millis()));
        Ok(Self { socket, config, limit, printer, sent: 0 })
    }

    async fn tell(&mut self, event: &ClientEvent) -> Result<()> {
        self.sent += 1;
        let text = event.write(self.config.model.endpoint.dialect, &format!("test-{}", self.sent));
        Ok(self.socket.send(Message::text(text)).await?)
    }

    async fn step<T>(&mut self, what: &str, wanted: impl Fn(&ServerEvent) -> Option<T>) -> Result<T> {
        let began = Instant::now();
        let found = tokio::time::timeout(self.limit, self.wait(&wanted)).await;
        let found = found.with_context(|| format!("{what}: not within {} s", self.limit.as_secs()))??;
        self.printer.line(&format!("ok  {what:<34} {:>6} ms", began.elapsed().as_millis()));
        Ok(found)
    }

    async fn wait<T>(&mut self, wanted: &impl Fn(&ServerEvent) -> Option<T>) -> Result<T> {
        while let Some(read) = self.socket.next().await {
            match read? {
                Message::Text(text) => {
                    let event = ServerEvent::parse(&text)?;
                    if let ServerEvent::Error { code, message, param, .. } = &event {
                        bail!("the server refused: {code} {param:?} {message}");
                    }
                    if let Some(found) = wanted(&event) {
                        return Ok(found);
                    }
                }
                Message::Close(frame) => bail!("the server closed: {frame:?}"),
                _ => {}
            }
        }
        bail!("the connection broke")
    }
}
