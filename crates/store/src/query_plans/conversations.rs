//! The same for conversations: some thousands of two businesses, nearly all of them over.

use super::rows::{Filled, RARE};
use super::{PAGE, PART, explain, samples, site};
use crate::entity::{conversation, conversation_message};
use crate::{Backend, ConversationFilter, Store};
use chrono::TimeDelta;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, IntoActiveModel};
use serde_json::json;
use studioconnect_domain::conversation::{Conversation, ConversationStatus};
use studioconnect_domain::ids::{BusinessId, ConversationId, LeadId};
use uuid::Uuid;

/// Conversations of each business.
const EACH: usize = 2_500;

async fn talks(store: &Store, business: BusinessId, lead: LeadId) -> Vec<ConversationId> {
    let (mut talks, mut rows, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for minute in 0..EACH {
        let at = samples::noon() + TimeDelta::minutes(minute as i64);
        let is_rare = minute < RARE;
        let begun = Conversation {
            status: if is_rare { ConversationStatus::Human } else { ConversationStatus::Ended },
            waits_since: is_rare.then_some(at),
            lead_id: is_rare.then_some(lead),
            ..Conversation::begun(business, "https://shop.example.com", "en", at)
        };
        talks.push(begun.id);
        lines.extend((1..5).map(|seq| line(&begun, seq)));
        let mut row = conversation::Model::of(&begun).unwrap();
        (row.said, row.listed_at, row.message_count) =
            (Set(Some("Hello there".into())), Set(Some(at)), Set(4));
        rows.push(row);
    }
    for some in rows.chunks(500) {
        conversation::Entity::insert_many(some.to_vec())
            .exec_without_returning(&store.database)
            .await
            .unwrap();
    }
    for some in lines.chunks(500) {
        conversation_message::Entity::insert_many(some.to_vec())
            .exec_without_returning(&store.database)
            .await
            .unwrap();
    }
    talks
}

fn line(talk: &Conversation, seq: i64) -> conversation_message::ActiveModel {
    let row = conversation_message::Model {
        conversation_id: talk.id.0,
        seq,
        id: Uuid::now_v7(),
        role: "VISITOR".to_owned(),
        text: "Hello there".to_owned(),
        at: talk.started_at,
        client_message_id: Some(format!("m{seq}")),
        sources: json!([]),
        intent: None,
        confidence: None,
        author: None,
        answer: None,
        recorded: None,
    };
    row.into_active_model()
}

#[tokio::test]
async fn no_list_of_conversations_grows_with_the_table() {
    site::on_each(async |site| {
        let (store, filled) = (&site.store, Filled::new(&site.store).await);
        let business = filled.business;
        let rival = samples::stored_shop(store, 300).await.business.id;
        talks(store, rival, filled.lead).await;
        let own = talks(store, business, filled.lead).await;
        if store.backend() == Backend::Postgres {
            store.database.execute_unprepared("VACUUM ANALYZE").await.unwrap();
        }
        let all = ConversationFilter::default();
        let human = ConversationFilter { status: Some(ConversationStatus::Human), ..all.clone() };
        let since = ConversationFilter { since: Some(filled.lately), ..all.clone() };
        let words = ConversationFilter { text: Some("nobody says so".into()), ..all.clone() };
        let with_lead = ConversationFilter { has_lead: Some(true), ..all.clone() };
        for (filter, index) in [
            (&all, "conversations_recent"),
            (&human, "conversations_status"),
            (&since, "conversations_recent"),
            (&words, "conversations_recent"),
            (&with_lead, "conversations_recent"),
        ] {
            for before in [None, Some((filled.long_ago, own[20]))] {
                explain(store, &format!("search_conversations, {filter:?}"), &[index], async |s| {
                    s.search_conversations_within(PART, business, filter, (PAGE, before)).await
                })
                .await;
            }
        }
        let talk = own[20];
        explain(store, "messages", &[], async |s| s.messages(business, talk, 1, PAGE).await).await;
        explain(store, "last_words", &[], async |s| s.last_words(business, talk).await).await;
        explain(store, "find_named_message", &["conversation_messages_client"], async |s| {
            let found = s.find_named_message(business, talk, "m3").await;
            assert!(found.as_ref().is_ok_and(Option::is_some), "{found:?}");
            found
        })
        .await;
        explain(store, "conversations_of_lead", &["conversations_lead"], async |s| {
            s.conversations_of_lead(business, filled.lead, PAGE).await
        })
        .await;
        explain(store, "conversations_left_waiting", &["conversations_waiting"], async |s| {
            s.conversations_left_waiting(filled.long_ago).await
        })
        .await;
        explain(store, "end_idle_conversations", &["conversations_idle"], async |s| {
            let ended = s.end_idle_conversations(filled.long_ago).await;
            assert_eq!(ended.as_ref().unwrap().len(), 2 * RARE);
            ended
        })
        .await;
    })
    .await;
}
