use super::samples::{after, noon, stored_shop};
use super::site::on_each;
use chrono::TimeDelta;
use serde_json::json;
use studioconnect_domain::conversation::{
    Conversation, ConversationStatus, Flow, FlowState, QuickReply, Role, Source,
};
use studioconnect_domain::ids::{BusinessId, ConversationId, LeadId};
use studioconnect_store::{ConversationFilter, Said, Store, StoreError, TurnEnd};

const ORIGIN: &str = "https://shop.example.com";

async fn begun(store: &Store, business: BusinessId) -> Conversation {
    let begun = Conversation::begun(business, ORIGIN, "en", noon());
    store.begin_conversation(&begun).await.unwrap();
    begun
}

fn visitor(name: &str, text: &str, seconds: i64) -> Said {
    Said { client_message_id: Some(name.to_owned()), ..Said::by(Role::Visitor, text, after(seconds)) }
}

fn end(asked: u32, version: u32, text: &str, seconds: i64) -> TurnEnd {
    TurnEnd {
        recorded: Some(format!("turn {asked}")),
        asked,
        version,
        reply: Said {
            sources: vec![Source { title: "Hours".into(), url: None, excerpt: "Open at 8.".into() }],
            ..Said::by(Role::Agent, text, after(seconds))
        },
        answer: json!({"reply": text, "by": "RULES"}),
        intent: Some(("ASK_HOURS".to_owned(), 0.75)),
        state: Some("{\"pointer\":1}".to_owned()),
        flow: Flow { state: FlowState::Asking, ..Flow::default() },
        quick_replies: vec![QuickReply { text: "Yes".into(), value: None }],
        lead: None,
    }
}

/// Row 107.
#[tokio::test]
async fn what_is_said_twice_under_one_name_stands_there_once_with_its_answer() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let talk = begun(store, business).await;
        let first = store.say(business, talk.id, &visitor("a", "Are you open\0?", 1)).await.unwrap();
        assert!(first.is_new);
        assert_eq!(
            (first.message.seq, first.message.text.as_str(), first.answer),
            (1, "Are you open?", None)
        );
        let again = store.say(business, talk.id, &visitor("a", "Are you open?", 2)).await.unwrap();
        assert_eq!((again.is_new, again.message.id, again.message.seq), (false, first.message.id, 1));
        let ended = store.end_turn(business, talk.id, &end(1, 0, "From 8.", 3)).await.unwrap();
        assert_eq!((ended.message.seq, ended.conversation.message_count), (2, 2));
        let answered = store.say(business, talk.id, &visitor("a", "Are you open?", 4)).await.unwrap();
        assert_eq!(answered.answer, Some(json!({"reply": "From 8.", "by": "RULES"})));
        let twice = store.end_turn(business, talk.id, &end(1, 0, "From 9.", 5)).await;
        assert!(matches!(twice, Err(StoreError::Overtaken { .. })), "{twice:?}");
        let lines = store.messages(business, talk.id, 0, 10).await.unwrap();
        assert_eq!(
            lines.iter().map(|line| (line.seq, line.role)).collect::<Vec<_>>(),
            [(1, Role::Visitor), (2, Role::Agent)]
        );
        assert_eq!((lines[0].intent.as_deref(), lines[0].confidence), (Some("ASK_HOURS"), Some(0.75)));
        assert_eq!(lines[1].sources.len(), 1);
        let kept = store.find_conversation(business, talk.id).await.unwrap().unwrap();
        assert_eq!((kept.flow.state, kept.intents), (FlowState::Asking, vec!["ASK_HOURS".to_owned()]));
        assert_eq!(
            (kept.state.as_deref(), kept.subject.as_deref()),
            (Some("{\"pointer\":1}"), Some("Are you open?"))
        );
        assert_eq!(store.messages(business, talk.id, 1, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn many_hands_that_speak_at_once_leave_an_order_without_gaps() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let talk = begun(store, business).await;
        let mut racing = tokio::task::JoinSet::new();
        for at in 0..24 {
            let store = store.clone();
            // Every name comes twice.
            let said = visitor(&format!("m{}", at / 2), "hello", at);
            racing.spawn(async move { store.say(business, talk.id, &said).await.unwrap().is_new });
        }
        let new = racing.join_all().await.into_iter().filter(|is_new| *is_new).count();
        let lines = store.messages(business, talk.id, 0, 100).await.unwrap();
        assert_eq!((new, lines.len()), (12, 12));
        assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn an_answer_thought_out_before_a_person_took_over_is_not_given() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let (business, user) = (shop.business.id, shop.owner.id);
        let talk = begun(store, business).await;
        let notice = |seconds| Said::by(Role::Notice, "Ana answers you now.", after(seconds));
        store.say(business, talk.id, &visitor("a", "Hello?", 1)).await.unwrap();
        let taken = store.take_over(business, talk.id, user, &notice(2)).await.unwrap().unwrap();
        assert_eq!(
            (taken.conversation.status, taken.conversation.taken_by),
            (ConversationStatus::Human, Some(user))
        );
        assert_eq!(store.take_over(business, talk.id, user, &notice(3)).await.unwrap(), None);
        let late = store.end_turn(business, talk.id, &end(1, 0, "Too late.", 4)).await;
        assert!(matches!(late, Err(StoreError::Overtaken { .. })), "{late:?}");
        assert_eq!(store.recorded_turns(business, talk.id).await.unwrap(), [""; 0]);

        let by_person = Said { author: Some(user), ..Said::by(Role::Human, "I am here.", after(5)) };
        store.say(business, talk.id, &by_person).await.unwrap();
        let stranger = Said { author: None, ..by_person.clone() };
        let refused = store.say(business, talk.id, &stranger).await;
        assert!(matches!(refused, Err(StoreError::Overtaken { .. })), "{refused:?}");
        let waits = store.say(business, talk.id, &visitor("b", "Still there?", 6)).await.unwrap();
        assert_eq!(waits.conversation.waits_since, Some(after(6)));
        let longer = store.say(business, talk.id, &visitor("c", "Hello?", 60)).await.unwrap();
        assert_eq!(longer.conversation.waits_since, Some(after(6)), "since the first word without an answer");

        assert_eq!(store.conversations_left_waiting(after(5)).await.unwrap(), []);
        assert_eq!(store.conversations_left_waiting(after(6)).await.unwrap(), [(business, talk.id)]);
        let early = store.give_back_if_waiting(business, talk.id, after(5), &notice(7)).await.unwrap();
        assert_eq!(early, None);
        let back =
            store.give_back_if_waiting(business, talk.id, after(6), &notice(400)).await.unwrap().unwrap();
        assert_eq!((back.conversation.status, back.conversation.taken_by), (ConversationStatus::Open, None));
        assert_eq!((back.conversation.waits_since, back.conversation.version), (None, 2));
        assert_eq!(store.give_back(business, talk.id, &notice(401)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn what_is_idle_ends_and_a_visitor_who_comes_back_opens_it() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let (idle, empty, fresh) =
            (begun(store, business).await, begun(store, business).await, begun(store, business).await);
        store.say(business, idle.id, &visitor("a", "Hello", 1)).await.unwrap();
        store.say(business, fresh.id, &visitor("a", "Hello", 700)).await.unwrap();
        let mut ended = store.end_idle_conversations(after(600)).await.unwrap();
        ended.sort_unstable_by_key(|(_, id)| *id);
        assert_eq!(ended, [(business, idle.id), (business, empty.id)]);
        assert_eq!(store.end_idle_conversations(after(600)).await.unwrap(), []);
        let again = store.say(business, idle.id, &visitor("b", "One more thing", 800)).await.unwrap();
        assert_eq!(again.conversation.status, ConversationStatus::Open);
        let listed =
            store.search_conversations(business, &ConversationFilter::default(), 10, None).await.unwrap();
        assert_eq!(listed.items.iter().map(|talk| talk.id).collect::<Vec<_>>(), [idle.id, fresh.id]);
        assert_eq!(store.forget_empty_conversations(after(90_000)).await.unwrap(), 1);
        assert_eq!(store.find_conversation(business, empty.id).await.unwrap(), None);
        assert!(store.find_conversation(business, fresh.id).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn conversations_are_found_by_words_status_lead_and_time_and_paged() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let rival = stored_shop(store, 101).await.business.id;
        let mut ids = Vec::new();
        for at in 0..5 {
            let talk = begun(store, business).await;
            let text = if at == 3 { "My boiler leaks 50%_off" } else { "Hello there" };
            store.say(business, talk.id, &visitor("a", text, at * 10)).await.unwrap();
            ids.insert(0, talk.id);
        }
        let theirs = begun(store, rival).await;
        store.say(rival, theirs.id, &visitor("a", "boiler", 1)).await.unwrap();
        let lead = LeadId::new();
        store
            .end_turn(business, ids[0], &TurnEnd { lead: Some(lead), ..end(1, 0, "Thanks.", 50) })
            .await
            .unwrap();
        let found = async |filter: ConversationFilter| -> Vec<ConversationId> {
            let found = store.search_conversations(business, &filter, 10, None).await.unwrap();
            found.items.into_iter().map(|talk| talk.id).collect()
        };
        let all = ConversationFilter::default();
        assert_eq!(found(all.clone()).await, ids);
        assert_eq!(found(ConversationFilter { text: Some("BOILER".into()), ..all.clone() }).await, [ids[1]]);
        assert_eq!(found(ConversationFilter { text: Some("50%_".into()), ..all.clone() }).await, [ids[1]]);
        assert_eq!(found(ConversationFilter { has_lead: Some(true), ..all.clone() }).await, [ids[0]]);
        assert_eq!(
            found(ConversationFilter { status: Some(ConversationStatus::Ended), ..all.clone() }).await,
            []
        );
        let since = ConversationFilter { since: Some(after(20)), until: Some(after(40)), ..all.clone() };
        assert_eq!(found(since).await, ids[1..3]);
        assert_eq!(store.conversations_of_lead(business, lead, 5).await.unwrap().len(), 1);
        assert_eq!(store.conversations_of_lead(rival, lead, 5).await.unwrap(), []);
        let page = store.search_conversations(business, &all, 2, None).await.unwrap().items;
        let before = Some((page[1].last_at, page[1].id));
        let next = store.search_conversations(business, &all, 10, before).await.unwrap().items;
        assert_eq!(next.iter().map(|talk| talk.id).collect::<Vec<_>>(), ids[2..]);
    })
    .await;
}

/// Row 1.
#[tokio::test]
async fn a_conversation_of_another_tenant_is_not_found_and_takes_no_word() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await;
        let rival = stored_shop(store, 101).await;
        let talk = begun(store, ours.business.id).await;
        store.say(ours.business.id, talk.id, &visitor("a", "secret words", 1)).await.unwrap();
        store.end_turn(ours.business.id, talk.id, &end(1, 0, "Yes.", 1)).await.unwrap();
        assert_eq!(store.recorded_turns(ours.business.id, talk.id).await.unwrap(), ["turn 1"]);
        assert_eq!(store.owner_of_conversation(talk.id).await.unwrap(), Some(ours.business.id));
        let them = rival.business.id;
        assert_eq!(store.recorded_turns(them, talk.id).await.unwrap(), [""; 0]);
        assert_eq!(store.find_conversation(them, talk.id).await.unwrap(), None);
        assert_eq!(store.messages(them, talk.id, 0, 10).await.unwrap(), []);
        assert_eq!(store.last_words(them, talk.id).await.unwrap(), None);
        assert_eq!(store.find_named_message(them, talk.id, "a").await.unwrap(), None);
        for refused in [
            store.say(them, talk.id, &visitor("b", "x", 2)).await.err(),
            store.end_turn(them, talk.id, &end(1, 0, "x", 2)).await.err(),
            store
                .take_over(them, talk.id, rival.owner.id, &Said::by(Role::Notice, "x", after(2)))
                .await
                .err(),
        ] {
            assert!(matches!(refused, Some(StoreError::Missing { .. })), "{refused:?}");
        }
        let kept = store.find_conversation(ours.business.id, talk.id).await.unwrap().unwrap();
        assert_eq!(
            (kept.message_count, kept.status, kept.last_at),
            (2, ConversationStatus::Open, noon() + TimeDelta::seconds(1))
        );
        assert_eq!(store.origin_of_conversation(talk.id).await.unwrap().as_deref(), Some(ORIGIN));
    })
    .await;
}
