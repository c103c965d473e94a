use super::samples::{after, noon, question, stored_call, stored_shop};
use super::site::on_each;
use studioconnect_domain::ids::LeadId;
use studioconnect_domain::lead::{Channel, Completeness, Lead};

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
