//! Who a visitor is: a token that is good, shown by a page of the origin it was made for, on a business whose chat is on.

use super::front::Front;
use super::origin;
use super::token::TokenFault;
use crate::auth::{Address, bearer};
use crate::problem::Problem;
use crate::state::AppState;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use std::collections::HashMap;
use studioconnect_domain::conversation::Conversation;
use studioconnect_domain::ids::ConversationId;

/// A visitor, in their own conversation.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(super) conversation: Conversation,
    /// Where they ask from.
    pub(super) address: String,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found())?;
        let asked: Option<ConversationId> = path.get("id").and_then(|id| id.parse().ok());
        let claims =
            match bearer(&parts.headers).map(|token| state.chat.tokens.read(token, state.clock.now())) {
                Some(Ok(claims)) => claims,
                Some(Err(TokenFault::Expired(_))) => return Err(Problem::session_expired()),
                Some(Err(TokenFault::Invalid)) | None => return Err(Problem::token_refused()),
            };
        // Another conversation's token says nothing about this one, not even whether it is there.
        if asked != Some(claims.cid) {
            return Err(Problem::token_refused());
        }
        let is_page = match origin::named(&parts.headers) {
            Some(origin) => origin == claims.org,
            // Browsers name no origin when a page reads from where it came from itself.
            None => claims.org == state.public.origin(),
        };
        if !is_page {
            return Err(Problem::origin_refused());
        }
        let Ok(Address(address)) = Address::from_request_parts(parts, state).await;
        state.chat.limits().ask(&address, state.clock.now())?;
        let business = state.store.find_business(claims.bid).await?.ok_or_else(Problem::session_expired)?;
        let front = Front::of(state, business).await?;
        if !front.is_on() {
            return Err(Problem::chat_off());
        }
        if !front.allows(state, &claims.org) {
            return Err(Problem::origin_refused());
        }
        let conversation = state.store.find_conversation(claims.bid, claims.cid).await?;
        let conversation = conversation.ok_or_else(Problem::session_expired)?;
        Ok(Self { conversation, address })
    }
}
