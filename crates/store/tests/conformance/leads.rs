use super::samples::{after, noon, question, stored_call, stored_shop};
use super::site::on_each;
use chrono::TimeDelta;
use studioconnect_domain::ids::{ConversationId, LeadId};
use studioconnect_domain::lead::{Channel, Completeness, Handling, Lead, LeadStatus};
use studioconnect_store::LeadFilter;

#[tokio::test]
async fn a_lead_comes_back_as_it_was_and_as_it_became() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        let mut lead = Lead::of_call(business, call, Some("+12065550142".to_owned()), noon());
        assert_eq!(store.put_lead(&lead).await.unwrap(), lead);
        lead.answer(&question(0), "Dana Reyes".to_owned(), false);
        lead.answer(&question(1), "dana at example".to_owned(), true);
        lead.completeness = Completeness::Complete;
        lead.recording_url = Some("https://recordings.example.com/RE1".to_owned());
        lead.updated_at = after(30);
        assert_eq!(store.put_lead(&lead).await.unwrap(), lead);
        assert_eq!(store.put_lead(&lead).await.unwrap(), lead);
        assert_eq!(store.find_lead_of_call(business, call).await.unwrap(), Some(lead.clone()));
        assert_eq!(store.recent_leads(business, 10, None).await.unwrap(), [lead]);
    })
    .await;
}

#[tokio::test]
async fn a_call_has_one_lead_whoever_writes_it() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        let first = Lead::of_call(business, call, None, noon());
        store.put_lead(&first).await.unwrap();
        let second = Lead { name: Some("Dana".to_owned()), ..Lead::of_call(business, call, None, after(9)) };
        let kept = store.put_lead(&second).await.unwrap();
        assert_eq!(kept, Lead { name: Some("Dana".to_owned()), updated_at: after(9), ..first });
        assert_eq!(store.recent_leads(business, 10, None).await.unwrap(), [kept]);
    })
    .await;
}

#[tokio::test]
async fn leads_of_the_chat_have_no_call_and_are_paged_newest_first() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        let mut all = Vec::new();
        for seconds in [0, 0, 5, 3] {
            let lead = Lead {
                id: LeadId::new(),
                call_id: None,
                channel: Channel::Chat,
                ..Lead::of_call(business, call, None, after(seconds))
            };
            all.push(store.put_lead(&lead).await.unwrap());
        }
        all.sort_by_key(|lead| std::cmp::Reverse((lead.created_at, lead.id)));
        let first = store.recent_leads(business, 3, None).await.unwrap();
        let rest = store.recent_leads(business, 3, Some((first[2].created_at, first[2].id))).await.unwrap();
        assert_eq!([first, rest].concat(), all);
    })
    .await;
}

/// Row 8. A call and a chat of one person are one request.
#[tokio::test]
async fn who_asks_again_within_a_day_adds_to_the_open_request() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let other = stored_shop(store, 101).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        let phone = Some("+12065550142".to_owned());
        let mail = Some("dana@example.com".to_owned());
        let first = Lead { email: mail.clone(), ..Lead::of_call(business, call, phone.clone(), noon()) };
        let first = store.put_lead(&first).await.unwrap();
        let chat =
            |hours: i64, of| Lead::of_chat(of, ConversationId::new(), noon() + TimeDelta::hours(hours));
        // Nothing is known of them yet.
        let mut second = store.put_lead(&chat(2, business)).await.unwrap();
        assert_eq!(second.joined_to, None);
        second.email = mail.clone();
        assert_eq!(store.put_lead(&second).await.unwrap().joined_to, Some(first.id));
        let third = store.put_lead(&Lead { phone: phone.clone(), ..chat(23, business) }).await.unwrap();
        assert_eq!(third.joined_to, Some(first.id), "to the first, not to what was joined to it");
        let next_day = store.put_lead(&Lead { phone: phone.clone(), ..chat(25, business) }).await.unwrap();
        let elsewhere = store.put_lead(&Lead { phone: phone.clone(), ..chat(1, other) }).await.unwrap();
        assert_eq!((next_day.joined_to, elsewhere.joined_to), (None, None));

        let listed: Vec<LeadId> =
            store.recent_leads(business, 10, None).await.unwrap().iter().map(|lead| lead.id).collect();
        assert_eq!(listed, [next_day.id, first.id]);
        assert_eq!(store.count_leads(business, &LeadFilter::default()).await.unwrap(), 2);
        let joined: Vec<LeadId> =
            store.joined_leads(business, first.id).await.unwrap().iter().map(|lead| lead.id).collect();
        assert_eq!(joined, [second.id, third.id]);
        assert_eq!(store.joined_leads(other, first.id).await.unwrap(), []);
        let of_chat =
            store.find_lead_of_conversation(business, third.conversation_id.unwrap()).await.unwrap();
        assert_eq!(of_chat.map(|lead| lead.id), Some(third.id));
    })
    .await;
}

#[tokio::test]
async fn a_request_that_was_dealt_with_takes_nothing_more() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let of = |minutes: i64| Lead {
            phone: Some("+12065550142".to_owned()),
            ..Lead::of_chat(business, ConversationId::new(), noon() + TimeDelta::minutes(minutes))
        };
        let done = store.put_lead(&of(0)).await.unwrap();
        let won = Handling { status: LeadStatus::Won, ..Handling::default() };
        store.handle_lead(business, done.id, &won).await.unwrap();
        let again = store.put_lead(&of(5)).await.unwrap();
        assert_eq!(again.joined_to, None);
        let spam = Handling { status: LeadStatus::Spam, ..Handling::default() };
        let advertised = store.put_lead(&Lead { handling: spam, ..of(6) }).await.unwrap();
        assert_eq!(advertised.joined_to, None, "an advertisement is no part of a request");
        // What came first stays first, also when it is written last.
        let earlier = store.put_lead(&of(4)).await.unwrap();
        assert_eq!(earlier.joined_to, None);
    })
    .await;
}
