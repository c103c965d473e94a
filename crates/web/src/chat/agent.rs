//! The receptionist as who answers visitors.

use super::turn::{Answerer, Asked, By, Piece, Thought};
use crate::api::lead_questions::limit_of;
use std::sync::Arc;
use studioconnect_assistant::conversation::Conversation;
use studioconnect_assistant::desk::Desk;
use studioconnect_assistant::receptionist::{self, Receptionist};
use studioconnect_domain::priority::History;

/// Visitors are answered by the receptionist.
pub fn answered_by(receptionist: &Receptionist) -> Answerer {
    let receptionist = receptionist.clone();
    Arc::new(move |asked| {
        let receptionist = receptionist.clone();
        Box::pin(async move { think(&receptionist, asked).await })
    })
}

async fn think(receptionist: &Receptionist, asked: Asked) -> Thought {
    let Asked {
        business,
        plan,
        config,
        mut questions,
        alarm,
        now,
        conversation: id,
        language,
        state,
        text,
        mut pieces,
    } = asked;
    if let Some(limit) = limit_of(&plan) {
        questions.truncate(limit as usize);
    }
    let desk = Desk {
        business: &business,
        plan: &plan,
        config: &config,
        questions: &questions,
        alarm: &alarm,
        history: History::default(),
        now,
    };
    let language = Some(language.as_str()).filter(|language| !language.is_empty());
    let mut conversation = state
        .as_deref()
        .and_then(|state| remembered(state, id))
        .unwrap_or_else(|| Conversation::of_chat(&desk, id, language));
    let mut pass_on = |piece| {
        pieces(match piece {
            receptionist::Piece::Delta(words) => Piece::Delta(words),
            receptionist::Piece::Reset => Piece::Reset,
        });
    };
    let reply = receptionist.turn(&desk, &mut conversation, &text, &mut pass_on).await;
    Thought {
        text: reply.text,
        flow: reply.view.flow,
        quick_replies: reply.view.quick_replies,
        sources: reply.sources,
        lead: reply.lead.map(|lead| lead.id),
        by: match reply.by {
            receptionist::By::Model => By::Model,
            receptionist::By::Rules => By::Rules,
        },
        intent: Some((reply.guess.intent.code(), reply.guess.confidence)),
        state: serde_json::to_string(&conversation).ok(),
        recorded: Some(reply.recorded),
    }
}

/// What another version wrote may not be readable; then the conversation begins anew, with its lead in the store.
fn remembered(state: &str, id: studioconnect_domain::ids::ConversationId) -> Option<Conversation> {
    serde_json::from_str(state)
        .inspect_err(
            |fault| tracing::error!(conversation = %id, %fault, "a conversation's state cannot be read"),
        )
        .ok()
}
