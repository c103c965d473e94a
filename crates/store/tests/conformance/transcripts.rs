use super::samples::{event, stored_call, stored_shop, turn};
use super::site::on_each;
use serde_json::json;
use studioconnect_domain::transcript::{CallEvent, Turn};

#[tokio::test]
async fn turns_and_events_come_back_in_order_and_take_new_words() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        store.put_turns(call, &[turn(2, "And your name?"), turn(0, "Hello."), turn(1, "Hi.")]).await.unwrap();
        let cut = Turn { heard: Some("And".to_owned()), ended_ms: None, ..turn(2, "And your name, please?") };
        store.put_turns(call, &[turn(2, "And your name, pl"), cut.clone()]).await.unwrap();
        let expected = [turn(0, "Hello."), turn(1, "Hi."), cut];
        assert_eq!(store.turns(business, call).await.unwrap(), expected);

        store.put_events(call, &[event(1, "speech_started"), event(0, "started")]).await.unwrap();
        let late = CallEvent { detail: json!(null), ..event(1, "interruption_confirmed") };
        store.put_events(call, &[event(1, "interruption_judged"), late.clone()]).await.unwrap();
        assert_eq!(store.events(business, call).await.unwrap(), [event(0, "started"), late]);
        store.put_turns(call, &[]).await.unwrap();
        store.put_events(call, &[]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_long_call_is_written_in_one_go() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        let turns: Vec<_> = (0..2_500).map(|seq| turn(seq, "word")).collect();
        store.put_turns(call, &turns).await.unwrap();
        assert_eq!(store.turns(business, call).await.unwrap(), turns);
    })
    .await;
}

#[tokio::test]
async fn recorded_inputs_are_joined_in_the_order_of_their_batches() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        assert_eq!(store.inputs(business, call).await.unwrap(), "");
        for batch in [10, 2, 0] {
            store.append_inputs(call, batch, &format!("batch {batch}\n")).await.unwrap();
        }
        store.append_inputs(call, 2, "batch 2\n").await.unwrap();
        assert_eq!(store.inputs(business, call).await.unwrap(), "batch 0\nbatch 2\nbatch 10\n");
    })
    .await;
}

#[tokio::test]
async fn no_character_a_peer_can_send_stops_a_write() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        let odd = "a\0b \u{7} \u{feff} \u{202e} 🔥 ' \" \\ \\u0000 ; DROP TABLE calls --";
        store.put_turns(call, &[turn(0, odd)]).await.unwrap();
        let told = CallEvent { detail: json!({"k\0": [odd, {"x": odd}]}), ..event(0, odd) };
        store.put_events(call, &[told]).await.unwrap();
        store.append_inputs(call, 0, odd).await.unwrap();

        let kept = odd.replace('\0', "");
        assert_eq!(store.turns(business, call).await.unwrap()[0].text, kept);
        let event = store.events(business, call).await.unwrap().remove(0);
        assert_eq!(event.kind, kept);
        assert_eq!(event.detail, json!({"k": [kept, {"x": kept}]}));
        assert_eq!(store.inputs(business, call).await.unwrap(), kept);
    })
    .await;
}
