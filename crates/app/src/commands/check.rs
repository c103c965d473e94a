//! `check`: settings and reachability, each finding with its mend.

use super::print::Printer;
use crate::config::variables::VARIABLES;
use crate::config::{Config, ModelConfig, TwilioConfig};
use crate::server::model_state;
use anyhow::Result;
use std::time::Duration;
use studioconnect_connectors::http::{Timeouts, client, install_tls_provider};
use studioconnect_connectors::openai::models::ModelState;
use studioconnect_connectors::openai::realtime;
use studioconnect_connectors::openai::rest::{Limits, OpenAiRest};
use studioconnect_store::Store;

/// Time for each thing that is reached for.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn run(printer: &mut Printer) -> Result<bool> {
    install_tls_provider();
    printer.line("Settings:");
    for variable in VARIABLES {
        let given = std::env::var(variable.name).ok().filter(|value| !value.trim().is_empty());
        let shown = match given {
            Some(_) if variable.is_secret => "(set)".to_owned(),
            Some(value) => value,
            None => format!("- ({})", variable.default),
        };
        printer.line(&format!("  {:<28} {:<42} {}", variable.name, shown, variable.meaning));
    }
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(faults) => {
            printer.line("These cannot be used:");
            for fault in &faults {
                printer.line(&format!("  {}: {}", fault.field, fault.message));
            }
            return Ok(false);
        }
    };
    printer.line("Reachability:");
    let mut findings = Findings { printer, all_well: true };
    database(&config, &mut findings).await;
    model(&config.model, &mut findings).await;
    phone(&config, &mut findings).await;
    Ok(findings.all_well)
}

struct Findings<'a> {
    printer: &'a mut Printer,
    all_well: bool,
}

impl Findings<'_> {
    fn well(&mut self, what: &str) {
        self.printer.line(&format!("  ok    {what}"));
    }

    fn note(&mut self, what: &str, mend: &str) {
        self.printer.line(&format!("  note  {what}\n        {mend}"));
    }

    fn wrong(&mut self, what: &str, mend: &str) {
        self.all_well = false;
        self.printer.line(&format!("  WRONG {what}\n        {mend}"));
    }
}

async fn database(config: &Config, findings: &mut Findings<'_>) {
    let opened = async {
        let store = Store::open(&config.store).await?;
        let pending = store.pending_migrations().await?;
        store.close().await?;
        Ok::<_, studioconnect_store::StoreError>(pending.len())
    };
    match tokio::time::timeout(LIMIT, opened).await {
        Ok(Ok(0)) => findings.well("the database answers and is up to date"),
        Ok(Ok(count)) => findings.note(
            &format!("the database answers; {count} migrations are pending"),
            "they are applied when the server starts, or by `studioconnect migrate`",
        ),
        Ok(Err(fault)) => findings
            .wrong(&format!("the database cannot be used: {fault}"), "look at DATABASE_URL and DATA_DIR"),
        Err(_) => findings.wrong("the database does not answer", "look at DATABASE_URL"),
    }
}

async fn model(model: &ModelConfig, findings: &mut Findings<'_>) {
    if !model.is_usable {
        findings.note(
            "there is no model: callers leave a message",
            "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own",
        );
        return;
    }
    match model_state(model).await {
        Ok(ModelState::Listed(None)) => findings.well("the model's server lists the model"),
        Ok(ModelState::Listed(Some(date))) => findings.note(
            &format!("{} is shut down on {date}", model.endpoint.model),
            "set OPENAI_REALTIME_MODEL to its successor",
        ),
        Ok(ModelState::Missing) => findings.wrong(
            &format!("the model's server does not list {}", model.endpoint.model),
            "look at OPENAI_REALTIME_MODEL",
        ),
        Err(fault) => findings.note(
            &format!("the list of models cannot be read: {fault}"),
            "look at OPENAI_BASE_URL and OPENAI_API_KEY",
        ),
    }
    text_models(model, findings).await;
    match realtime::connect(&model.endpoint, LIMIT).await {
        Ok(_) => findings.well("the Realtime socket opens"),
        Err(fault) => findings.wrong(
            &fault.to_string(),
            "look at OPENAI_REALTIME_URL, OPENAI_REALTIME_MODEL and OPENAI_API_KEY",
        ),
    }
}

/// Models of the REST side that the server does not list, or not for long. Calls do without them.
async fn text_models(model: &ModelConfig, findings: &mut Findings<'_>) {
    let limits = Limits { total: LIMIT, ..Limits::default() };
    let rest = OpenAiRest::new(&model.base_url, model.endpoint.api_key.clone(), |_| None);
    // That the list cannot be read has been told already.
    let Ok(rest) = rest else { return };
    let Ok(listed) = rest.with_limits(limits).models().await else { return };
    for (name, variable) in [
        (&model.chat_model, "OPENAI_CHAT_MODEL"),
        (&model.embedding_model, "OPENAI_EMBEDDING_MODEL"),
        (&model.speech_model, "OPENAI_SPEECH_MODEL"),
        (&model.transcription_model, "OPENAI_TRANSCRIPTION_MODEL"),
    ] {
        let mend = format!("look at {variable}");
        match listed.iter().find(|row| row.id == *name) {
            None => findings.note(&format!("the model's server does not list {name}"), &mend),
            Some(row) => {
                if let Some(date) = &row.shutdown_date {
                    findings.note(&format!("{name} is shut down on {date}"), &mend);
                }
            }
        }
    }
}

async fn phone(config: &Config, findings: &mut Findings<'_>) {
    let Some(twilio) = &config.twilio else {
        findings.note("the phone is off", "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN");
        return;
    };
    if config.public.is_secure() {
        findings.well("the public URL is https");
    } else {
        findings.note(
            "TWILIO_WEBHOOK_BASE_URL is not https: only the simulator takes it",
            "put a TLS proxy in front and set TWILIO_WEBHOOK_BASE_URL to its https address",
        );
    }
    match account(twilio).await {
        Ok(200) => findings.well("Twilio knows the account"),
        Ok(401) => {
            findings.wrong("Twilio refuses the account", "look at TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN");
        }
        Ok(status) => findings.note(&format!("Twilio answers {status}"), "look at TWILIO_API_BASE_URL"),
        Err(fault) => findings.wrong(
            &format!("Twilio cannot be reached: {fault}"),
            "look at TWILIO_API_BASE_URL and the network",
        ),
    }
}

async fn account(twilio: &TwilioConfig) -> Result<u16> {
    let base = twilio.api_base_url.as_str().trim_end_matches('/');
    let url = format!("{base}/2010-04-01/Accounts/{}/Calls.json?PageSize=1", twilio.account_sid);
    let request = client(Timeouts::default())?
        .get(url)
        .basic_auth(&twilio.account_sid, Some(twilio.auth_token.expose()));
    Ok(request.send().await?.status().as_u16())
}
