use super::samples::{after, analytics, event, finish, ringing, stored_call, stored_shop, turn};
use super::site::on_each;
use studioconnect_domain::call::{CallStatus, Outcome};
use studioconnect_domain::ids::{BusinessId, CallId};
use studioconnect_domain::transcript::{CallEvent, Turn};
use studioconnect_store::{Store, Write};

/// All that is written of a call that lasts one batch.
fn story(call: CallId) -> Vec<Write> {
    vec![
        Write::Answered { call, at: after(2), connection_id: "conn-1".to_owned() },
        Write::Turns { call, turns: vec![turn(0, "Hello."), turn(1, "My tap")] },
        Write::Events { call, events: vec![event(0, "started"), event(1, "speech_started")] },
        Write::Inputs { call, batch: 0, text: "first\n".to_owned() },
        Write::Turns { call, turns: vec![turn(1, "My tap leaks."), turn(2, "Goodbye.")] },
        Write::Inputs { call, batch: 1, text: "second\n".to_owned() },
        Write::Finish { call, finish: Box::new(finish()) },
    ]
}

type Written = (Option<studioconnect_domain::call::Call>, Vec<Turn>, Vec<CallEvent>, String);

async fn written(store: &Store, business: BusinessId, call: CallId) -> Written {
    (
        store.find_call(business, call).await.unwrap(),
        store.turns(business, call).await.unwrap(),
        store.events(business, call).await.unwrap(),
        store.inputs(business, call).await.unwrap(),
    )
}

#[tokio::test]
async fn a_batch_is_written_whole_and_again_without_a_change() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let calls = [stored_call(store, business, "CA1").await, stored_call(store, business, "CA2").await];
        let batch: Vec<_> = calls.iter().flat_map(|call| story(call.id)).collect();
        store.write_batch(&batch).await.unwrap();
        for call in &calls {
            let once = written(store, business, call.id).await;
            let stored = once.0.clone().unwrap();
            assert_eq!((stored.status, stored.outcome), (CallStatus::Completed, Some(Outcome::Lead)));
            assert_eq!((stored.answered_at, stored.analytics), (Some(after(2)), analytics()));
            assert_eq!(once.1, [turn(0, "Hello."), turn(1, "My tap leaks."), turn(2, "Goodbye.")]);
            assert_eq!(once.2, [event(0, "started"), event(1, "speech_started")]);
            assert_eq!(once.3, "first\nsecond\n");
            store.write_batch(&batch).await.unwrap();
            assert_eq!(written(store, business, call.id).await, once);
        }
        store.write_batch(&[]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_call_that_is_gone_does_not_hold_up_the_others() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        let batch = [story(CallId::new()), story(call), story(CallId::new())].concat();
        store.write_batch(&batch).await.unwrap();
        assert_eq!(written(store, business, call).await.1.len(), 3);
        store.write_batch(&story(CallId::new())).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_hold_up_the_others() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let odd = stored_call(store, business, "CA1").await.id;
        let sound = stored_call(store, business, "CA2").await.id;
        site.execute("UPDATE calls SET status = 'on the moon' WHERE provider_sid = 'CA1'").await;
        store.write_batch(&[story(odd), story(sound)].concat()).await.unwrap();
        assert_eq!(store.turns(business, odd).await.unwrap().len(), 3);
        let stored = store.find_call(business, sound).await.unwrap().unwrap();
        assert_eq!(stored.status, CallStatus::Completed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_writers_lose_nothing_and_are_never_told_to_wait() {
    const WRITERS: u32 = 8;
    const BATCHES: u32 = 50;
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let shared = stored_call(store, business, "CA-shared").await.id;
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            writers.spawn(async move {
                let own = store.insert_call(&ringing(business, &format!("CA{writer}"), 0)).await.unwrap().id;
                for batch in 0..BATCHES {
                    let common = writer * BATCHES + batch;
                    // The two calls stand in both orders, so that writers meet on them from both sides.
                    let mut writes = vec![
                        Write::Turns { call: own, turns: vec![turn(batch, "word")] },
                        Write::Inputs { call: shared, batch: common, text: "x".to_owned() },
                        Write::Events { call: shared, events: vec![event(common, "beat")] },
                        Write::Answered { call: shared, at: after(2), connection_id: "conn-1".to_owned() },
                    ];
                    if writer % 2 == 0 {
                        writes.reverse();
                    }
                    store.write_batch(&writes).await.unwrap();
                }
                own
            });
        }
        for own in writers.join_all().await {
            assert_eq!(store.turns(business, own).await.unwrap().len(), BATCHES as usize);
        }
        let everything = (WRITERS * BATCHES) as usize;
        assert_eq!(store.events(business, shared).await.unwrap().len(), everything);
        assert_eq!(store.inputs(business, shared).await.unwrap().len(), everything);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_database_do_not_lose_a_write_either() {
    on_each(async |site| {
        let business = stored_shop(&site.store, 100).await.business.id;
        let mut writers = tokio::task::JoinSet::new();
        for process in 0..2_u32 {
            let store = Store::open(&site.settings).await.unwrap();
            writers.spawn(async move {
                for at in 0..40 {
                    let call = stored_call(&store, business, &format!("CA{process}-{at}")).await.id;
                    store.write_batch(&story(call)).await.unwrap();
                }
                store.close().await.unwrap();
            });
        }
        writers.join_all().await;
        let calls = site.store.recent_calls(business, 100, None).await.unwrap();
        assert_eq!(calls.len(), 80);
        assert!(calls.iter().all(|call| call.status == CallStatus::Completed));
    })
    .await;
}
