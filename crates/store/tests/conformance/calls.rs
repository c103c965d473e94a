use super::samples::{after, analytics, finish, noon, ringing, stored_call, stored_shop};
use super::site::on_each;
use studioconnect_domain::call::{Call, CallStatus, EndReason, Outcome};
use studioconnect_domain::ids::CallId;
use studioconnect_store::{Finish, StatusReport, Store, StoreError};

#[tokio::test]
async fn a_call_comes_back_as_it_was() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let bare = ringing(business, "CA1", 0);
        assert_eq!(store.insert_call(&bare).await.unwrap(), bare);
        assert_eq!(store.find_call(business, bare.id).await.unwrap(), Some(bare.clone()));
        let full = Call {
            status: CallStatus::NoAnswer,
            outcome: Some(Outcome::NoMessage),
            end_reason: Some(EndReason::NotAnswered),
            answered_at: Some(after(2)),
            ended_at: Some(after(63)),
            duration_seconds: Some(61),
            summary: Some("Nothing was said.".to_owned()),
            analytics: analytics(),
            from_number: "anonymous".to_owned(),
            ..ringing(business, "CA2", 1)
        };
        store.insert_call(&full).await.unwrap();
        assert_eq!(store.find_call_by_sid("CA2").await.unwrap(), Some(full));
        assert_eq!(store.find_call_by_sid("CA3").await.unwrap(), None);
        assert_eq!(store.open_calls().await.unwrap(), [bare]);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_webhook_gets_the_call_that_is_there() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let first = stored_call(store, business, "CA1").await;
        let answered = store.mark_answered(first.id, after(2), "conn-1").await.unwrap();
        let repeat = store.insert_call(&ringing(business, "CA1", 5)).await.unwrap();
        assert_eq!(repeat, answered);
        assert_eq!(store.recent_calls(business, 10, None).await.unwrap(), [answered]);
    })
    .await;
}

#[tokio::test]
async fn webhooks_that_come_together_make_one_call() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let store = store.clone();
            racing.spawn(async move { store.insert_call(&ringing(business, "CA1", 0)).await.unwrap().id });
        }
        let mut ids = racing.join_all().await;
        ids.dedup();
        assert_eq!(ids.len(), 1);
        assert_eq!(store.count_calls_since(business, noon()).await.unwrap(), 1);
    })
    .await;
}

#[derive(Clone, Copy, Debug)]
enum Told {
    Answered,
    Finished,
    Rings,
    Talks,
    Over,
}

async fn tell(store: &Store, call: &Call, told: Told) -> Call {
    let report = |status, duration_seconds| StatusReport { status, duration_seconds, at: after(64) };
    match told {
        Told::Answered => store.mark_answered(call.id, after(2), "conn-1").await.unwrap(),
        Told::Finished => store.finish_call(call.id, &finish()).await.unwrap(),
        Told::Rings => say(store, call, report(CallStatus::Ringing, None)).await,
        Told::Talks => say(store, call, report(CallStatus::InProgress, None)).await,
        Told::Over => say(store, call, report(CallStatus::Completed, Some(66))).await,
    }
}

async fn say(store: &Store, call: &Call, report: StatusReport) -> Call {
    store.apply_status(&call.provider_sid, &report).await.unwrap().unwrap()
}

#[tokio::test]
async fn in_whatever_order_the_end_is_told_the_row_is_the_same() {
    use Told::{Answered, Finished, Over, Rings, Talks};
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let orders: &[&[Told]] = &[
            &[Answered, Finished, Over],
            &[Answered, Over, Finished],
            &[Over, Answered, Finished],
            &[Rings, Answered, Talks, Over, Over, Finished, Finished],
            &[Answered, Finished, Talks, Rings, Over],
            &[Over, Finished, Answered, Rings, Answered],
        ];
        for (at, order) in orders.iter().enumerate() {
            let call = stored_call(store, business, &format!("CA{at}")).await;
            let mut told = call.clone();
            for event in *order {
                told = tell(store, &call, *event).await;
            }
            let expected = Call {
                status: CallStatus::Completed,
                outcome: Some(Outcome::Lead),
                end_reason: Some(EndReason::Goodbye),
                answered_at: Some(after(2)),
                ended_at: Some(after(63)),
                duration_seconds: Some(66),
                summary: finish().summary,
                analytics: analytics(),
                ..call
            };
            assert_eq!(told, expected, "{order:?}");
            assert_eq!(
                store.find_call_by_sid(&told.provider_sid).await.unwrap(),
                Some(expected),
                "{order:?}"
            );
        }
        assert_eq!(store.open_calls().await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_call_that_only_the_provider_ends_is_over_too() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await;
        let talked = Finish { status: CallStatus::InProgress, ..finish() };
        let open = store.finish_call(call.id, &talked).await.unwrap();
        assert_eq!((open.status, open.ended_at), (CallStatus::InProgress, None));
        assert_eq!(store.open_calls().await.unwrap(), [open]);
        let gone = StatusReport { status: CallStatus::Canceled, duration_seconds: None, at: after(70) };
        let over = store.apply_status("CA1", &gone).await.unwrap().unwrap();
        assert_eq!((over.status, over.ended_at), (CallStatus::Canceled, Some(after(70))));
        assert_eq!(over.duration_seconds, Some(63));
        assert_eq!(store.open_calls().await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn what_is_told_of_no_call_changes_nothing() {
    on_each(async |site| {
        let store = &site.store;
        let report = StatusReport { status: CallStatus::Completed, duration_seconds: Some(1), at: noon() };
        assert_eq!(store.apply_status("CA-unknown", &report).await.unwrap(), None);
        let unknown = CallId::new();
        let finished = store.finish_call(unknown, &finish()).await;
        assert!(matches!(finished, Err(StoreError::Missing { what: "call" })), "{finished:?}");
        let answered = store.mark_answered(unknown, noon(), "conn-1").await;
        assert!(matches!(answered, Err(StoreError::Missing { what: "call" })), "{answered:?}");
    })
    .await;
}

#[tokio::test]
async fn words_on_one_call_that_come_together_are_all_heard() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await;
        let mut racing = tokio::task::JoinSet::new();
        for told in [Told::Answered, Told::Over, Told::Finished, Told::Talks, Told::Over, Told::Rings] {
            let (store, call) = (store.clone(), call.clone());
            racing.spawn(async move { tell(&store, &call, told).await });
        }
        racing.join_all().await;
        let settled = store.find_call(business, call.id).await.unwrap().unwrap();
        assert_eq!((settled.status, settled.duration_seconds), (CallStatus::Completed, Some(66)));
        assert_eq!((settled.answered_at, settled.outcome), (Some(after(2)), Some(Outcome::Lead)));
    })
    .await;
}

#[tokio::test]
async fn the_list_is_paged_newest_first_even_within_one_instant() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        // Whole seconds, milliseconds and microseconds are written at different lengths in SQLite.
        let instants =
            [after(0), after(0), after(1), noon() - chrono::TimeDelta::microseconds(123_456), after(1)];
        let mut all = Vec::new();
        for (at, started_at) in instants.into_iter().enumerate() {
            let call = Call { started_at, ..ringing(business, &format!("CA{at}"), 0) };
            all.push(store.insert_call(&call).await.unwrap());
        }
        all.sort_by_key(|call| std::cmp::Reverse((call.started_at, call.id)));
        assert_eq!(store.recent_calls(business, 10, None).await.unwrap(), all);
        let mut paged = Vec::new();
        let mut before = None;
        loop {
            let page = store.recent_calls(business, 2, before).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some((last.started_at, last.id));
            paged.extend(page);
        }
        assert_eq!(paged, all);
        assert_eq!(store.count_calls_since(business, after(1)).await.unwrap(), 2);
        assert_eq!(store.count_calls_since(business, noon()).await.unwrap(), 4);
    })
    .await;
}
