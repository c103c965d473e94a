//! One turn of a conversation in writing, from what was said to what is answered: heard, looked up, worded, kept.
//!
//! The engine decides; a model, where there is one with money left, words it. Whatever goes wrong with the model, the words of
//! the rules are there already.

mod wording;

use crate::conversation::view::View;
use crate::conversation::{Conversation, Finding, Heard, Response};
use crate::desk::Desk;
use crate::entities::Entity;
use crate::intents::Guess;
use crate::lookup::Knowledge;
use crate::recording::Turn;
use crate::tools::ToolCall;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use studioconnect_connectors::openai::rest::{Limits, OpenAiRest};
use studioconnect_domain::conversation::Source;
use studioconnect_domain::lead::Lead;
use studioconnect_store::Store;
use wording::Worded;

/// A database that does not answer keeps nobody waiting longer.
const STORE_LIMIT: Duration = Duration::from_secs(2);
/// For somebody who looks at a chat: the rules have an answer ready.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    first: Duration::from_secs(4),
    idle: Duration::from_secs(3),
    total: Duration::from_secs(15),
};

/// A model that words replies.
#[derive(Clone, Debug)]
pub struct ChatModel {
    rest: OpenAiRest,
    name: Arc<str>,
}

impl ChatModel {
    /// `name` is asked for at the server.
    pub fn new(rest: OpenAiRest, name: &str) -> Self {
        Self { rest: rest.with_limits(LIMITS), name: name.into() }
    }
}

/// Answers in writing; cheap to clone.
#[derive(Clone, Debug)]
pub struct Receptionist {
    store: Store,
    knowledge: Knowledge,
    model: Option<ChatModel>,
}

/// A piece of a reply, as it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More words.
    Delta(String),
    /// What came until now is void; the whole reply says it anew.
    Reset,
}

/// Who found the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum By {
    /// A model.
    Model,
    /// The rules.
    Rules,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The words.
    pub text: String,
    /// Where the conversation stands.
    pub view: View,
    /// What the words rest on.
    pub sources: Vec<Source>,
    /// The lead, when there is one.
    pub lead: Option<Lead>,
    /// Who found the words.
    pub by: By,
    /// What was wanted.
    pub guess: Guess,
    /// Details that were given.
    pub entities: Vec<Entity>,
    /// They said goodbye.
    pub is_over: bool,
    /// They asked for a person.
    pub wants_person: bool,
    /// The turn as it can be run again ([`replay`](crate::recording::replay)).
    pub recorded: String,
}

impl Receptionist {
    /// Without a model the rules answer.
    pub fn new(store: Store, knowledge: Knowledge, model: Option<ChatModel>) -> Self {
        Self { store, knowledge, model }
    }

    /// Answers one turn. There is always an answer; `pieces` is given the words as they come, where they come in pieces.
    pub async fn turn(
        &self,
        desk: &Desk<'_>,
        conversation: &mut Conversation,
        text: &str,
        pieces: &mut (dyn FnMut(Piece) + Send),
    ) -> Reply {
        let mut turn = Turn::begin(conversation, text, desk);
        let heard = conversation.hear(text, desk);
        if heard.has_changed || conversation.alarm().is_some() {
            // Before anything that takes time: whoever goes away now has left this much.
            self.keep(conversation, desk).await;
        }
        let finding = match &heard.query {
            Some(query) => self.knowledge.look_up(desk, query).await,
            None => Finding::NotSought,
        };
        turn.finding = finding.clone();
        let before = conversation.lead().cloned();
        let spoken: Vec<_> = conversation.lines().cloned().collect();
        let response = conversation.respond(&heard, &finding, desk);
        if let Some(gap) = &response.gap {
            self.knowledge.note_gap(desk, gap).await;
        }
        let worded = match &self.model {
            Some(model) if !response.is_fixed => {
                let asked = (&*spoken, &finding, &response);
                let (calls, worded) = self.reword(model, desk, conversation, asked, pieces).await;
                turn.calls = calls;
                worded
            }
            _ => None,
        };
        turn.worded = worded.as_ref().map(|worded| worded.text.clone());
        if conversation.lead() != before.as_ref() {
            self.keep(conversation, desk).await;
        }
        let recorded = turn.end(conversation);
        Reply { recorded, ..answered(desk, conversation, heard, response, worded) }
    }

    async fn reword(
        &self,
        model: &ChatModel,
        desk: &Desk<'_>,
        conversation: &mut Conversation,
        turn: (&[crate::conversation::Line], &Finding, &Response),
        pieces: &mut (dyn FnMut(Piece) + Send),
    ) -> (Vec<ToolCall>, Option<Worded>) {
        if !self.has_budget(desk).await {
            return (Vec::new(), None);
        }
        let mut has_streamed = false;
        let mut given = |piece: Piece| {
            has_streamed |= matches!(piece, Piece::Delta(_));
            pieces(piece);
        };
        let (calls, worded) = wording::word(self, model, desk, conversation, turn, &mut given).await;
        let worded = match worded {
            Ok(worded) => Some(worded),
            Err(fault) => {
                tracing::info!(business = %desk.business.id, %fault, "the rules answer in the model's place");
                if has_streamed {
                    pieces(Piece::Reset);
                }
                None
            }
        };
        (calls, worded)
    }

    /// Whether the business may still spend on models today.
    async fn has_budget(&self, desk: &Desk<'_>) -> bool {
        let cap = u64::from(desk.config.chat_budget_cents) * 10_000;
        if cap == 0 {
            return true;
        }
        let spent =
            tokio::time::timeout(STORE_LIMIT, self.store.model_use(desk.business.id, desk.today())).await;
        // What cannot be counted is not spent.
        matches!(spent, Ok(Ok(spent)) if spent.cost_micros < cap)
    }

    /// Keeps the lead, and with it the incident that it tells of.
    async fn keep(&self, conversation: &Conversation, desk: &Desk<'_>) {
        let Some(lead) = conversation.lead() else { return };
        let keeps = async {
            match conversation.incident(desk) {
                Some(incident) => self.store.open_incident(&incident, Some(lead)).await.map(|_| ()),
                None => self.store.put_lead(lead).await.map(|_| ()),
            }
        };
        match tokio::time::timeout(STORE_LIMIT, keeps).await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => {
                tracing::error!(lead = %lead.id, %fault, "a chat's lead could not be kept; the next turn tries again");
            }
            Err(_) => {
                tracing::error!(lead = %lead.id, "the database did not keep a chat's lead in time; the next turn tries again");
            }
        }
    }
}

fn answered(
    desk: &Desk<'_>,
    conversation: &Conversation,
    heard: Heard,
    response: Response,
    worded: Option<Worded>,
) -> Reply {
    let (text, sources, by, has_ended) = match worded {
        Some(worded) => {
            let mut sources = response.sources;
            sources.extend(worded.sources);
            sources.dedup_by(|one, other| one.title == other.title && one.excerpt == other.excerpt);
            (worded.text, sources, By::Model, worded.has_ended)
        }
        None => (response.text, response.sources, By::Rules, false),
    };
    Reply {
        text,
        view: conversation.view(desk),
        sources,
        lead: conversation.lead().cloned(),
        by,
        guess: heard.guess,
        entities: heard.entities,
        is_over: response.is_over || has_ended,
        wants_person: response.wants_person,
        recorded: String::new(),
    }
}
