//! Fetching TwiML and running it, verb by verb.

use std::sync::Arc;

use super::{Flow, Interrupt, Leg, Plan};
use crate::phone::event::PhoneEventKind;
use crate::phone::report::{EndReason, VerbRecord};
use crate::phone::twiml::{self, Callback, Document, Spelled, Verb};
use crate::phone::violation::{BAD_TWIML, CONTENT_TYPE, FETCH_FAILED};
use crate::phone::webhook::{Answer, Params};

/// Documents in a row that lead on without a second passing.
const MAX_HOPS: u32 = 50;

/// Verbs a report keeps.
const MAX_VERBS: usize = 5_000;

/// Twilio's own words when a document cannot be had, and the end of the call.
const APPLICATION_ERROR: &str = "We are sorry, an application error has occurred. Goodbye.";

impl Leg {
    /// Runs documents until the call has ended.
    pub(crate) async fn follow(&mut self, first: Plan) -> EndReason {
        let mut plan = first;
        let mut hops = 0;
        loop {
            let began = self.now_ms();
            let outcome = if hops < MAX_HOPS {
                self.document(plan).await
            } else {
                self.violation(BAD_TWIML, format!("{MAX_HOPS} redirects in a row"));
                self.application_error().await
            };
            hops = if self.now_ms() < began + 1_000 { hops + 1 } else { 0 };
            plan = match outcome {
                Ok(Flow::Goto(next)) | Err(Interrupt::Replaced(next)) => next,
                Ok(Flow::Next) => return EndReason::TwimlEnded,
                Ok(Flow::End(reason)) | Err(Interrupt::Ended(reason)) => return reason,
            };
        }
    }

    async fn document(&mut self, plan: Plan) -> Result<Flow, Interrupt> {
        let Some((document, source)) = self.obtain(plan).await? else {
            return self.application_error().await;
        };
        for warning in &document.warnings {
            self.violation(warning.code, warning.what.clone());
        }
        for spelled in &document.verbs {
            if !matches!(spelled.verb, Verb::Reject { .. }) {
                self.answer();
            }
            match self.verb(spelled, source.as_ref()).await? {
                Flow::Next => {}
                elsewhere => return Ok(elsewhere),
            }
        }
        self.answer();
        Ok(Flow::Next)
    }

    /// The document and where it came from; the fallback's when the first cannot be had.
    async fn obtain(&mut self, plan: Plan) -> Result<Option<(Document, Option<Callback>)>, Interrupt> {
        let (callback, extra) = match plan {
            Plan::Inline(text) => {
                let document = self.read(&text).ok();
                return Ok(document.map(|document| (document, None)));
            }
            Plan::Fetch { callback, extra } => (callback, extra),
        };
        let code = match self.fetch(&callback, extra).await? {
            Ok(document) => return Ok(Some((document, Some(callback)))),
            Err(code) => code,
        };
        let Some(fallback) = self.line.fallback.clone() else {
            return Ok(None);
        };
        let error = vec![
            ("ErrorCode".to_owned(), code.to_string()),
            ("ErrorUrl".to_owned(), callback.written.clone()),
        ];
        let document = self.fetch(&fallback, error).await?;
        Ok(document.ok().map(|document| (document, Some(fallback))))
    }

    /// Asks for a document; an error is Twilio's number for what went wrong.
    async fn fetch(
        &mut self,
        callback: &Callback,
        extra: Params,
    ) -> Result<Result<Document, u32>, Interrupt> {
        let mut params = self.present_params();
        params.extend(extra);
        let network = Arc::clone(&self.network);
        let wanted = callback.clone();
        let asked = self.during(async move { network.asker.ask(&wanted, &params).await }).await?;
        let Some(asked) = asked else {
            return Ok(Err(FETCH_FAILED));
        };
        self.emit(PhoneEventKind::Webhook {
            url: asked.record.url.clone(),
            status: asked.record.status,
            took_ms: asked.record.took_ms,
        });
        self.report.webhooks.push(asked.record);
        let url = &callback.written;
        match asked.answer {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(self.judge(url, &answer)),
            Ok(answer) => {
                self.alert(FETCH_FAILED, format!("{url} answered {}", answer.status));
                Ok(Err(FETCH_FAILED))
            }
            Err(error) => {
                self.alert(FETCH_FAILED, format!("{url}: {error}"));
                Ok(Err(FETCH_FAILED))
            }
        }
    }

    fn judge(&mut self, url: &str, answer: &Answer) -> Result<Document, u32> {
        let kind = answer.content_type.split(';').next().unwrap_or_default();
        if !matches!(kind.trim(), "text/xml" | "application/xml") {
            self.violation(CONTENT_TYPE, format!("{url} answered with type `{kind}`"));
            return Err(CONTENT_TYPE);
        }
        self.read(&answer.body)
    }

    fn read(&mut self, text: &str) -> Result<Document, u32> {
        twiml::read(text).map_err(|problem| {
            self.violation(problem.code, problem.what);
            problem.code
        })
    }

    async fn verb(&mut self, spelled: &Spelled, source: Option<&Callback>) -> Result<Flow, Interrupt> {
        self.note_verb(spelled);
        match &spelled.verb {
            Verb::Prompt(prompt) => self.prompt(prompt).await.map(|()| Flow::Next),
            Verb::Connect { stream, action } => {
                self.connect(stream).await?;
                Ok(onward(action.as_ref(), Params::new()))
            }
            Verb::Redirect(callback) => Ok(Flow::Goto(Plan::fetch(callback.clone()))),
            Verb::Hangup => Ok(Flow::End(EndReason::HangupVerb)),
            Verb::Reject { busy: true } => Ok(Flow::End(EndReason::Busy)),
            Verb::Reject { busy: false } => Ok(Flow::End(EndReason::Rejected)),
            Verb::Record(record) => self.record(record, source).await,
            Verb::Gather(gather) => self.gather(gather, source).await,
            Verb::Dial(dial) => self.dial(dial).await,
        }
    }

    pub(crate) fn note_verb(&mut self, spelled: &Spelled) {
        self.emit(PhoneEventKind::Verb { name: spelled.name.clone(), text: spelled.text.clone() });
        if self.report.verbs.len() < MAX_VERBS {
            let at_ms = self.now_ms();
            self.report.verbs.push(VerbRecord {
                at_ms,
                name: spelled.name.clone(),
                attributes: spelled.attributes.clone(),
                text: spelled.text.clone(),
            });
        }
    }

    async fn application_error(&mut self) -> Result<Flow, Interrupt> {
        self.answer();
        self.speak(APPLICATION_ERROR).await?;
        Ok(Flow::End(EndReason::ApplicationError))
    }

    /// Where the callback a verb ended with leads: to `action`, else to the document the verb stood
    /// in, which runs again.
    pub(crate) fn action(
        &mut self,
        action: Option<&Callback>,
        source: Option<&Callback>,
        extra: Params,
    ) -> Flow {
        let callback = action.or(source);
        if callback.is_none() {
            let what = "a verb without action in a document without URL";
            self.violation(BAD_TWIML, what);
        }
        onward(callback, extra)
    }
}

/// To `action` when there is one, else to the next verb.
pub(crate) fn onward(action: Option<&Callback>, extra: Params) -> Flow {
    match action {
        Some(callback) => Flow::Goto(Plan::Fetch { callback: callback.clone(), extra }),
        None => Flow::Next,
    }
}
