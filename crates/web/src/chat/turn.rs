//! One turn of the agent: it runs by itself, whoever listens; there is one at a time in a conversation, and what comes of it
//! is stored and told at once or not at all.

use super::hub::{Log, Outcome, Room, Running, What};
use super::message::AnswerView;
use crate::problem::Problem;
use crate::state::AppState;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::business::Business;
use studioconnect_domain::conversation::{
    Conversation, ConversationStatus, Flow, Message, QuickReply, Role, Source,
};
use studioconnect_domain::ids::{BusinessId, ConversationId, LeadId};
use studioconnect_domain::plan::Plan;
use studioconnect_domain::question::Question;
use studioconnect_store::{Said, StoreError, TurnEnd};
use utoipa::ToSchema;

/// No turn takes longer; whoever answers keeps to a shorter time by itself.
const LONGEST: Duration = Duration::from_secs(30);

/// Who answers a visitor: a question goes in, an answer comes out, with its words as they are found.
pub type Answerer = Arc<dyn Fn(Asked) -> BoxFuture<'static, Thought> + Send + Sync>;

/// A visitor's message, with all that is known where it is answered.
pub struct Asked {
    /// Whose visitor.
    pub business: Business,
    /// What the business's plan includes.
    pub plan: Plan,
    /// How its agent speaks.
    pub config: AgentConfig,
    /// What it wants to know.
    pub questions: Vec<Question>,
    /// What is done in an emergency.
    pub alarm: AlarmSettings,
    /// The time.
    pub now: DateTime<Utc>,
    /// Which conversation.
    pub conversation: ConversationId,
    /// The visitor's language, ISO 639-1; empty is not known.
    pub language: String,
    /// What was remembered after the turn before; none in the first.
    pub state: Option<String>,
    /// The message.
    pub text: String,
    /// Takes words as they are found.
    pub pieces: Box<dyn FnMut(Piece) + Send>,
}

/// Words of an answer that is not complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More words.
    Delta(String),
    /// The words so far are void.
    Reset,
}

/// Who made an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum By {
    /// The model.
    Model,
    /// Rules.
    Rules,
    /// A person will.
    Human,
    /// Nobody.
    None,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Thought {
    /// What the visitor is told.
    pub text: String,
    /// Where the questions stand.
    pub flow: Flow,
    /// What can be said with one touch.
    pub quick_replies: Vec<QuickReply>,
    /// What it rests on.
    pub sources: Vec<Source>,
    /// The lead, when there is one.
    pub lead: Option<LeadId>,
    /// Who made it.
    pub by: By,
    /// What the visitor wanted, and how sure that is.
    pub intent: Option<(String, f32)>,
    /// What is to be remembered.
    pub state: Option<String>,
    /// The turn as it can be run again.
    pub recorded: Option<String>,
}

/// Sees to it that a message is answered: by the turn that is under way, else by a new one.
pub(super) fn answered(
    state: &AppState,
    room: &Arc<Room>,
    business: BusinessId,
    conversation: ConversationId,
    message: &Message,
) -> Result<Running, Problem> {
    let (running, sender) = room.queue(message.seq)?;
    if let Some(sender) = sender {
        let turn = Turn {
            state: state.clone(),
            room: Arc::clone(room),
            business,
            conversation,
            message: message.clone(),
            running: running.clone(),
        };
        tokio::spawn(turn.run(sender));
    }
    Ok(running)
}

/// A message that nobody answers although the agent should, as after a restart: it is answered now.
pub(super) async fn take_up(state: &AppState, room: &Arc<Room>, talk: &Conversation) -> Result<(), Problem> {
    if talk.status != ConversationStatus::Open {
        return Ok(());
    }
    let last = state.store.last_words(talk.business_id, talk.id).await?;
    if let Some((message, None)) = last.filter(|(message, _)| message.role == Role::Visitor) {
        answered(state, room, talk.business_id, talk.id, &message)?;
    }
    Ok(())
}

struct Turn {
    state: AppState,
    room: Arc<Room>,
    business: BusinessId,
    conversation: ConversationId,
    message: Message,
    running: Running,
}

/// Makes room for the next turn, whatever became of this one.
struct Left<'a>(&'a Turn);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        let (room, seq) = (&self.0.room, self.0.message.seq);
        room.tell(|log| {
            log.reset(seq);
            log.fall_silent(seq);
        });
        room.leave(seq);
    }
}

impl Turn {
    async fn run(self, outcome: Outcome) {
        let _one = self.room.turn.lock().await;
        let left = Left(&self);
        match self.answer().await {
            Ok(answer) => {
                // The message is told as answered before its turn is gone.
                outcome.send_replace(Some(answer));
            }
            Err(problem) => tracing::error!(code = problem.code, "a visitor's message could not be answered"),
        }
        drop(left);
    }

    async fn answer(&self) -> Result<Arc<Value>, Problem> {
        let store = &self.state.store;
        let talk = store
            .find_conversation(self.business, self.conversation)
            .await?
            .ok_or_else(Problem::not_found)?;
        if self.running.cancel.is_cancelled() || talk.status == ConversationStatus::Human {
            return Ok(self.by_human(&talk));
        }
        let (business, config, questions, (alarm, _)) = tokio::try_join!(
            store.find_business(self.business),
            store.agent_config(self.business),
            store.list_questions(self.business),
            store.alarm_settings(self.business),
        )?;
        let business = business.ok_or_else(Problem::not_found)?;
        let plan = store.plan(business.plan).await?;
        let seq = self.message.seq;
        self.room.tell(|log| log.speak(seq));
        let room = Arc::clone(&self.room);
        let asked = Asked {
            business,
            plan,
            config,
            questions,
            alarm,
            now: self.state.clock.now(),
            conversation: self.conversation,
            language: talk.language.clone(),
            state: talk.state.clone(),
            text: self.message.text.clone(),
            pieces: Box::new(move |piece| match piece {
                Piece::Delta(text) => room.tell(|log| log.delta(seq, &text)),
                Piece::Reset => room.tell(|log| log.reset(seq)),
            }),
        };
        let answerer = self.state.chat.answerer();
        let thought = tokio::select! {
            thought = tokio::time::timeout(LONGEST, answerer(asked)) => thought.map_err(|_| Problem::timed_out())?,
            () = self.running.cancel.cancelled() => return Ok(self.by_human(&talk)),
        };
        self.keep(&talk, thought).await
    }

    /// Stores and tells what came of it.
    async fn keep(&self, talk: &Conversation, thought: Thought) -> Result<Arc<Value>, Problem> {
        let reply = Said {
            sources: thought.sources.clone(),
            ..Said::by(Role::Agent, &thought.text, self.state.clock.now())
        };
        let answer = AnswerView::of(&self.message, &reply, &thought).value();
        let end = TurnEnd {
            asked: self.message.seq,
            version: talk.version,
            reply,
            answer: answer.clone(),
            intent: thought.intent,
            state: thought.state,
            flow: thought.flow,
            quick_replies: thought.quick_replies,
            lead: thought.lead,
            recorded: thought.recorded,
        };
        let writing = self.room.writing.lock().await;
        let kept = self.state.store.end_turn(self.business, self.conversation, &end).await;
        let answer = match kept {
            Ok(appended) => {
                let answer = Arc::new(answer);
                let told = Arc::clone(&answer);
                self.room.tell(|log: &mut Log| {
                    log.fall_silent(self.message.seq);
                    log.complete(appended.message.seq, Some(self.message.seq), What::Done(told));
                });
                answer
            }
            // Somebody else answers now, or has answered.
            Err(StoreError::Overtaken { .. }) => self.by_human(talk),
            Err(fault) => return Err(fault.into()),
        };
        drop(writing);
        self.state.chat.hub.happened(self.business);
        Ok(answer)
    }

    /// What a visitor is told whose message a person will answer.
    fn by_human(&self, talk: &Conversation) -> Arc<Value> {
        Arc::new(AnswerView::by_human(&self.message, talk).value())
    }
}
