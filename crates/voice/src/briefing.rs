//! What a call's flow is told, made from the business's settings and the installation's.

use crate::admission::Ticket;
use crate::flow::FlowSettings;
use crate::settings::Settings;
use studioconnect_assistant::{prompt, tools};
use studioconnect_connectors::openai::realtime::{Detection, Noise, SessionSettings, Tool};
use studioconnect_domain::agent::{AgentConfig, Eagerness, NoiseReduction, VadKind};
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::price::{Price, is_of_family};

/// The hard stop of a reply is this many times its aim: the aim is told in words, the stop only guards the budget.
const STOP_FACTOR: u32 = 8;
const LEAST_STOP: u32 = 1_200;
const MOST_TOKENS: u32 = 4_096;
/// Models of this family reason; others refuse the whole update for the field (protocols/openai-realtime.md, section 2).
const REASONS: &str = "gpt-realtime-2";
const MICROS_PER_CENT: u64 = 10_000;

pub(crate) fn flow_settings(ticket: &Ticket, settings: &Settings) -> FlowSettings {
    let reception = &ticket.reception;
    let config = &reception.config;
    let name = &reception.business.name;
    FlowSettings {
        session: session(ticket, settings),
        greeting: config.greeting(name),
        interruption_delay_ms: u64::from(config.interruption_delay_ms),
        silence_nudge_ms: u64::from(config.silence_nudge_ms),
        max_call_ms: u64::from(config.max_call_seconds) * 1_000,
        spend_cap_micros: (config.spend_cap_cents > 0)
            .then(|| u64::from(config.spend_cap_cents) * MICROS_PER_CENT),
        price: Price::of(&settings.endpoint.model),
    }
}

fn session(ticket: &Ticket, settings: &Settings) -> SessionSettings {
    let reception = &ticket.reception;
    let config = &reception.config;
    let caller = PhoneNumber::read(&ticket.call.from_number, &reception.business.region).ok();
    let caller = caller.filter(PhoneNumber::is_somebodys);
    let briefing = prompt::Briefing {
        business: &reception.business,
        now: ticket.call.started_at,
        config,
        questions: &reception.questions,
        caller: caller.as_ref().map(PhoneNumber::as_str),
        medium: prompt::Medium::Phone,
    };
    SessionSettings {
        instructions: prompt::instructions(&briefing),
        voice: config.voice.clone(),
        language: (!config.language.is_empty()).then(|| config.language.clone()),
        transcription_model: settings.transcription_model.clone(),
        detection: detection(config),
        noise: match config.noise_reduction {
            NoiseReduction::Off => None,
            NoiseReduction::NearField => Some(Noise::NearField),
            NoiseReduction::FarField => Some(Noise::FarField),
        },
        tools: tools::specs(&reception.questions).into_iter().map(offered).collect(),
        max_output_tokens: (config.max_response_tokens * STOP_FACTOR).clamp(LEAST_STOP, MOST_TOKENS),
        temperature: config.temperature,
        reasoning: is_of_family(&settings.endpoint.model, REASONS).then(|| "low".to_owned()),
        audio: settings.audio,
    }
}

fn offered(spec: tools::ToolSpec) -> Tool {
    Tool { name: spec.name, description: spec.description, parameters: spec.parameters }
}

fn detection(config: &AgentConfig) -> Detection {
    let vad = &config.vad;
    match vad.kind {
        VadKind::ServerVad => Detection::Server {
            threshold: vad.threshold,
            prefix_padding_ms: vad.prefix_padding_ms,
            silence_duration_ms: vad.silence_duration_ms,
        },
        VadKind::SemanticVad => {
            let eagerness = match vad.eagerness {
                Eagerness::Low => "low",
                Eagerness::Medium => "medium",
                Eagerness::High => "high",
                Eagerness::Auto => "auto",
            };
            Detection::Semantic { eagerness: eagerness.to_owned() }
        }
    }
}
