//! A conversation in the website's chat as it is remembered: who said what, and who answers.

use crate::ids::{BusinessId, ConversationId, LeadId, MessageId, UserId};
use crate::lead::Channel;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A conversation in which nobody has said anything for this long is over; what the visitor left behind stays.
pub const IDLE: TimeDelta = TimeDelta::minutes(10);
/// A person who has taken a conversation over and leaves a visitor waiting for this long has left; the agent returns.
pub const AWAY: TimeDelta = TimeDelta::minutes(5);
/// Longest message, in characters.
pub const LONGEST_MESSAGE: usize = 2_000;

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Whoever visits the website.
    Visitor,
    /// Our agent.
    Agent,
    /// Somebody of the business.
    Human,
    /// Nobody: a line about the conversation itself.
    Notice,
}

/// What an answer rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// What it is called.
    pub title: String,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The words of it that answer.
    pub excerpt: String,
}

/// One line of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Place in the conversation, from 1, without gaps.
    pub seq: u32,
    /// Who said it.
    pub role: Role,
    /// What.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The name the visitor's side gave it, so that sending it again is no second message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<String>,
    /// What it rests on.
    pub sources: Vec<Source>,
    /// What the visitor wanted with it, as far as it was understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// How sure that is, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// Who answers a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConversationStatus {
    /// The agent.
    Open,
    /// Somebody of the business.
    Human,
    /// Nobody: it is over, until the visitor says something again.
    Ended,
}

impl ConversationStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Human, Self::Ended];
}

/// Where the agent's questions stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum FlowState {
    /// Nothing is asked.
    #[default]
    Open,
    /// A question waits for its answer.
    Asking,
    /// All that is asked is answered.
    Done,
    /// A person answers, and the agent asks nothing.
    Human,
}

/// How many questions are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Of those asked.
    pub answered: u32,
    /// How many there are.
    pub total: u32,
}

/// A question as the visitor's side shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskedQuestion {
    /// Its id.
    pub id: String,
    /// Its words.
    pub text: String,
    /// What an answer looks like, such as `EMAIL`.
    pub format: String,
    /// What can be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<String>>,
    /// Whether the agent insists.
    pub is_required: bool,
}

/// Where the agent's questions stand, as the visitor's side shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// In short.
    pub state: FlowState,
    /// How far.
    pub progress: Progress,
    /// What waits for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<AskedQuestion>,
}

/// Something a visitor can say with one touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuickReply {
    /// What the button says.
    pub text: String,
    /// What is sent, when it is something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// Its id; the visitor's session has the same.
    pub id: ConversationId,
    /// Whose.
    pub business_id: BusinessId,
    /// How it is held.
    pub channel: Channel,
    /// The origin of the page that it is held on; no other page's word counts.
    pub origin: String,
    /// The page.
    pub page_url: Option<String>,
    /// The visitor's language, ISO 639-1; empty is not known.
    pub language: String,
    /// The version of the consent text that the visitor agreed to.
    pub consent_version: Option<String>,
    /// Who answers.
    pub status: ConversationStatus,
    /// Which person does, when one does.
    pub taken_by: Option<UserId>,
    /// What became of it.
    pub lead_id: Option<LeadId>,
    /// What the visitor wanted, the first wish first.
    pub intents: Vec<String>,
    /// The beginning of what the visitor wrote; none as long as they wrote nothing.
    pub subject: Option<String>,
    /// How many messages there are, which is the last one's `seq`.
    pub message_count: u32,
    /// Where the agent's questions stand.
    pub flow: Flow,
    /// What can be said with one touch at this point.
    pub quick_replies: Vec<QuickReply>,
    /// Since when a visitor has waited for the person who took over.
    pub waits_since: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When somebody last said something.
    pub last_at: DateTime<Utc>,
    /// What the agent remembers of it, as JSON that only the agent reads.
    #[serde(skip)]
    pub state: Option<String>,
    /// Counts changes of who answers, so that an answer thought out before one is not given after it.
    pub version: u32,
}

impl Conversation {
    /// A conversation in which nothing was said.
    pub fn begun(business_id: BusinessId, origin: &str, language: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: ConversationId::new(),
            business_id,
            channel: Channel::Chat,
            origin: origin.to_owned(),
            page_url: None,
            language: language.to_owned(),
            consent_version: None,
            status: ConversationStatus::Open,
            taken_by: None,
            lead_id: None,
            intents: Vec::new(),
            subject: None,
            message_count: 0,
            flow: Flow::default(),
            quick_replies: Vec::new(),
            waits_since: None,
            started_at: now,
            last_at: now,
            state: None,
            version: 0,
        }
    }

    /// The flow as the visitor's side shows it: the agent asks nothing while a person answers.
    pub fn shown_flow(&self) -> Flow {
        match self.status {
            ConversationStatus::Human => {
                Flow { state: FlowState::Human, question: None, ..self.flow.clone() }
            }
            ConversationStatus::Open | ConversationStatus::Ended => self.flow.clone(),
        }
    }

    /// What can be said with one touch: nothing while a person answers.
    pub fn shown_replies(&self) -> &[QuickReply] {
        if self.status == ConversationStatus::Human { &[] } else { &self.quick_replies }
    }
}

/// What somebody wrote, as it is kept: without characters that control a screen, and without blanks around it.
///
/// Line breaks and tabs are kept, as people write them. Marks that turn the direction of writing around would show something
/// else than was sent, so they go.
pub fn plain_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = text.chars().filter(|letter| !is_hidden(*letter));
    kept.collect::<String>().trim().to_owned()
}

fn is_hidden(letter: char) -> bool {
    let is_control = letter.is_control() && !matches!(letter, '\n' | '\t');
    let turns = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_tag = matches!(letter, '\u{e0000}'..='\u{e007f}' | '\u{feff}' | '\u{200b}' | '\u{2060}');
    is_control || turns || is_tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_screen_would_not_show_is_not_kept() {
        for (given, kept) in [
            ("  hello\r\nthere \t", "hello\nthere"),
            ("a\0b\u{7}c\u{1b}[31m", "abc[31m"),
            ("pay \u{202e}moc.live\u{202c} now", "pay moc.live now"),
            ("x\u{e0069}\u{e0067}y\u{200b}z", "xyz"),
            ("\u{feff}\u{200b} \n", ""),
            ("¿Está abierto? 👩‍🔧", "¿Está abierto? 👩‍🔧"),
        ] {
            assert_eq!(plain_text(given), kept, "{given:?}");
        }
    }

    #[test]
    fn while_a_person_answers_nothing_is_asked() {
        let question = AskedQuestion {
            id: "q".into(),
            text: "Your name?".into(),
            format: "TEXT".into(),
            choices: None,
            is_required: true,
        };
        let mut talk =
            Conversation::begun(BusinessId::new(), "https://shop.example.com", "en", DateTime::UNIX_EPOCH);
        talk.flow = Flow {
            state: FlowState::Asking,
            progress: Progress { answered: 1, total: 3 },
            question: Some(question),
        };
        talk.quick_replies = vec![QuickReply { text: "Yes".into(), value: None }];
        assert_eq!((talk.shown_flow(), talk.shown_replies().len()), (talk.flow.clone(), 1));
        talk.status = ConversationStatus::Human;
        let shown = talk.shown_flow();
        assert_eq!((shown.state, shown.question, shown.progress.answered), (FlowState::Human, None, 1));
        assert!(talk.shown_replies().is_empty());
    }
}
