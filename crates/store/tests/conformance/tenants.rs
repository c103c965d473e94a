use super::samples::{event, stored_call, stored_shop, turn};
use super::site::on_each;
use studioconnect_domain::lead::Lead;
use studioconnect_store::StoreError;

#[tokio::test]
async fn ids_of_another_tenant_find_nothing() {
    on_each(async |site| {
        let store = &site.store;
        let theirs = stored_shop(store, 100).await.business.id;
        let ours = stored_shop(store, 101).await.business.id;
        let call = stored_call(store, theirs, "CA1").await;
        store.put_turns(call.id, &[turn(0, "Hello")]).await.unwrap();
        store.put_events(call.id, &[event(0, "started")]).await.unwrap();
        store.append_inputs(call.id, 0, "line\n").await.unwrap();
        let lead = Lead::of_call(theirs, call.id, None, call.started_at);
        store.put_lead(&lead).await.unwrap();

        assert_eq!(store.find_call(ours, call.id).await.unwrap(), None);
        assert_eq!(store.turns(ours, call.id).await.unwrap(), []);
        assert_eq!(store.events(ours, call.id).await.unwrap(), []);
        assert_eq!(store.inputs(ours, call.id).await.unwrap(), "");
        assert_eq!(store.find_lead_of_call(ours, call.id).await.unwrap(), None);
        assert_eq!(store.recent_calls(ours, 10, None).await.unwrap(), []);
        assert_eq!(store.recent_leads(ours, 10, None).await.unwrap(), []);
        assert_eq!(store.count_calls_since(ours, call.started_at).await.unwrap(), 0);
        let number = store.list_numbers(theirs).await.unwrap().remove(0);
        let taken = store.remove_number(ours, number.id).await;
        assert!(matches!(taken, Err(StoreError::Missing { .. })), "{taken:?}");

        assert_eq!(store.find_call(theirs, call.id).await.unwrap(), Some(call.clone()));
        assert_eq!(store.find_lead_of_call(theirs, call.id).await.unwrap(), Some(lead));
        assert_eq!(store.list_numbers(theirs).await.unwrap(), [number]);
    })
    .await;
}

#[tokio::test]
async fn a_lead_cannot_be_put_on_another_tenants_call_nor_over_its_lead() {
    on_each(async |site| {
        let store = &site.store;
        let theirs = stored_shop(store, 100).await.business.id;
        let ours = stored_shop(store, 101).await.business.id;
        let call = stored_call(store, theirs, "CA1").await;
        let lead = Lead::of_call(theirs, call.id, Some("+12065550142".to_owned()), call.started_at);
        store.put_lead(&lead).await.unwrap();

        let on_their_call = Lead { name: Some("Mallory".to_owned()), ..lead.clone() };
        let refused = store.put_lead(&Lead { business_id: ours, ..on_their_call.clone() }).await;
        assert!(matches!(refused, Err(StoreError::Missing { what: "call" })), "{refused:?}");
        let refused = store.put_lead(&Lead { business_id: ours, call_id: None, ..on_their_call }).await;
        assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
        assert_eq!(store.recent_leads(theirs, 10, None).await.unwrap(), [lead]);
        assert_eq!(store.recent_leads(ours, 10, None).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_a_business_goes_with_it() {
    on_each(async |site| {
        let store = &site.store;
        let gone = stored_shop(store, 100).await;
        let stays = stored_shop(store, 101).await;
        let call = stored_call(store, gone.business.id, "CA1").await;
        store.put_turns(call.id, &[turn(0, "Hello")]).await.unwrap();
        store.put_lead(&Lead::of_call(gone.business.id, call.id, None, call.started_at)).await.unwrap();
        site.execute(&format!("DELETE FROM businesses WHERE id = {}", site.sql_id(gone.business.id.0))).await;

        assert_eq!(store.find_call_by_sid("CA1").await.unwrap(), None);
        assert_eq!(store.find_user_by_email(&gone.owner.email).await.unwrap(), None);
        assert_eq!(store.list_questions(gone.business.id).await.unwrap(), []);
        let reached = store.find_business_by_number(&gone.numbers[0].number).await.unwrap();
        assert_eq!(reached, None);
        let late = store.put_turns(call.id, &[turn(1, "too late")]).await;
        assert!(matches!(late, Err(StoreError::Missing { .. })), "{late:?}");
        assert_eq!(store.list_businesses().await.unwrap(), [stays.business]);
    })
    .await;
}
