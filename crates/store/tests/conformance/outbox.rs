use super::samples::{after, finish, noon, question, stored_call, stored_shop};
use super::site::on_each;
use std::collections::BTreeSet;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::lead::{Lead, LeadStatus};
use studioconnect_domain::notification::NotificationSettings;
use studioconnect_domain::outbox::{Lane, MessageKind, Outcome, Outgoing, OutgoingState};
use studioconnect_store::{Finish, Store, StoreError};

fn mail(key: &str, lane: Lane, due: i64) -> Outgoing {
    let mail = Outgoing::mail(MessageKind::Test, "dana@example.com", key.into(), noon());
    Outgoing { lane, due_at: after(due), ..mail }
}

async fn due_mails(store: &Store, business: BusinessId) -> Vec<(MessageKind, String, i64)> {
    let all = store.outgoing(business, 50, None).await.unwrap();
    let mut all: Vec<_> = all
        .into_iter()
        .map(|mail| (mail.kind, mail.recipient, (mail.due_at - noon()).num_seconds()))
        .collect();
    all.sort_by_key(|(kind, ..)| format!("{kind:?}"));
    all
}

#[tokio::test]
async fn a_message_goes_once_urgent_ones_from_a_line_of_their_own() {
    on_each(async |site| {
        let store = &site.store;
        assert!(store.put_outgoing(&mail("a", Lane::Normal, 5)).await.unwrap());
        assert!(
            !store.put_outgoing(&mail("a", Lane::Normal, 1)).await.unwrap(),
            "the same key is one message"
        );
        for (key, lane, due) in [("b", Lane::Normal, 1), ("c", Lane::Urgent, 4), ("d", Lane::Normal, 60)] {
            store.put_outgoing(&mail(key, lane, due)).await.unwrap();
        }
        let keys = |claimed: &[Outgoing]| claimed.iter().map(|mail| mail.key.clone()).collect::<Vec<_>>();
        let normal = store.claim_outgoing(Lane::Normal, 10, after(10), after(40)).await.unwrap();
        assert_eq!(keys(&normal), ["b", "a"], "what was due first goes first, and what is not due waits");
        let urgent = store.claim_outgoing(Lane::Urgent, 10, after(10), after(40)).await.unwrap();
        assert_eq!((keys(&urgent), urgent[0].attempts), (vec!["c".to_owned()], 1));
        assert_eq!(store.claim_outgoing(Lane::Normal, 10, after(10), after(40)).await.unwrap(), []);
        let sent = normal[0].after(&Outcome::Sent("250 ok".into()), after(11));
        assert!(store.settle_outgoing(&normal[0], &sent).await.unwrap());
        assert!(!store.settle_outgoing(&normal[0], &sent).await.unwrap(), "it is settled already");
        assert_eq!(store.count_outgoing(OutgoingState::Sent).await.unwrap(), 1);
    })
    .await;
}

/// Regression: a process that dies while it sends loses no message, and one that wakes up late settles nothing.
#[tokio::test]
async fn a_claim_that_ran_out_is_taken_again_and_whoever_had_it_has_no_say() {
    on_each(async |site| {
        let store = &site.store;
        store.put_outgoing(&mail("a", Lane::Normal, 0)).await.unwrap();
        let first = store.claim_outgoing(Lane::Normal, 1, after(1), after(31)).await.unwrap().remove(0);
        assert_eq!(store.reclaim_outgoing(after(30)).await.unwrap(), 0);
        assert_eq!(store.reclaim_outgoing(after(31)).await.unwrap(), 1);
        let second = store.claim_outgoing(Lane::Normal, 1, after(32), after(62)).await.unwrap().remove(0);
        assert_eq!((second.id, second.attempts), (first.id, 2));
        let late = first.after(&Outcome::Never("too late".into()), after(33));
        assert!(!store.settle_outgoing(&first, &late).await.unwrap());
        let later = second.after(&Outcome::NotNow("451".into()), after(34));
        assert!(store.settle_outgoing(&second, &later).await.unwrap());
        assert_eq!(store.claim_outgoing(Lane::Normal, 1, after(93), after(99)).await.unwrap(), []);
        let third = store.claim_outgoing(Lane::Normal, 1, after(94), after(99)).await.unwrap().remove(0);
        assert_eq!((third.attempts, third.words.as_deref()), (3, Some("451")));
        // What its senders die of every time is given up.
        for round in 1..=4_i64 {
            store.reclaim_outgoing(after(100 * round)).await.unwrap();
            let lease = after(100 * round + 90);
            store.claim_outgoing(Lane::Normal, 1, after(100 * round + 1), lease).await.unwrap();
        }
        assert_eq!(store.count_outgoing(OutgoingState::Dead).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn many_senders_at_once_never_have_the_same_message() {
    on_each(async |site| {
        let store = &site.store;
        for number in 0..60 {
            store.put_outgoing(&mail(&format!("m{number}"), Lane::Normal, 0)).await.unwrap();
        }
        let claims: Vec<_> = (0..8)
            .map(|_| {
                tokio::spawn({
                    let store = store.clone();
                    async move {
                        let mut mine = Vec::new();
                        loop {
                            let claimed =
                                store.claim_outgoing(Lane::Normal, 3, after(1), after(60)).await.unwrap();
                            if claimed.is_empty() {
                                return mine;
                            }
                            mine.extend(claimed.into_iter().map(|mail| mail.id));
                        }
                    }
                })
            })
            .collect();
        let mut all = Vec::new();
        for claim in claims {
            all.extend(claim.await.unwrap());
        }
        assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (60, 60));
    })
    .await;
}

/// Row 82, row 83. The messages are there as soon as the lead is, and go when nobody says anything any more.
#[tokio::test]
async fn who_is_told_of_a_lead_is_written_down_with_it_and_told_when_the_call_is_over() {
    on_each(async |site| {
        let store = &site.store;
        let shop = stored_shop(store, 100).await;
        let business = shop.business.id;
        let call = stored_call(store, business, "CA1").await.id;
        let mut lead = Lead::of_call(business, call, Some("+12065550142".to_owned()), noon());
        store.put_lead(&lead).await.unwrap();
        assert_eq!(due_mails(store, business).await, [(MessageKind::Lead, shop.owner.email.clone(), 600)]);
        lead.answer(&question(1), "dana at example".to_owned(), true);
        lead.updated_at = after(20);
        store.put_lead(&lead).await.unwrap();
        let waits = [(MessageKind::Lead, shop.owner.email.clone(), 620)];
        assert_eq!(due_mails(store, business).await, waits, "one message, and no confirmation to no address");
        lead.email = Some("dana@example.com".to_owned());
        lead.updated_at = after(30);
        store.put_lead(&lead).await.unwrap();
        let finish = Finish { ended_at: after(40), ..finish() };
        store.finish_call(call, &finish).await.unwrap();
        let due = [
            (MessageKind::Confirmation, "dana@example.com".to_owned(), 40),
            (MessageKind::Lead, shop.owner.email.clone(), 40),
        ];
        assert_eq!(due_mails(store, business).await, due);
        // What is being sent, or was, is not sent again for a late word.
        let claimed = store.claim_outgoing(Lane::Normal, 9, after(41), after(90)).await.unwrap();
        assert_eq!(claimed.len(), 2);
        lead.updated_at = after(50);
        store.put_lead(&lead).await.unwrap();
        assert_eq!(due_mails(store, business).await, due);
    })
    .await;
}

/// Row 75.
#[tokio::test]
async fn a_business_says_whom_and_spam_is_told_to_nobody() {
    on_each(async |site| {
        let store = &site.store;
        let business = stored_shop(store, 100).await.business.id;
        let settings = NotificationSettings {
            notification_email: Some("desk@example.com".to_owned()),
            confirms_to_customers: false,
            ..NotificationSettings::default()
        };
        assert_eq!(store.put_notification_settings(business, 0, &settings).await.unwrap(), 1);
        assert_eq!(store.notification_settings(business).await.unwrap(), (settings.clone(), 1));
        let late = store.put_notification_settings(business, 0, &settings).await;
        assert!(matches!(late, Err(StoreError::Overtaken { .. })), "{late:?}");
        let call = stored_call(store, business, "CA1").await.id;
        let mut lead = Lead::of_call(business, call, None, noon());
        lead.email = Some("dana@example.com".to_owned());
        store.put_lead(&lead).await.unwrap();
        assert_eq!(
            due_mails(store, business).await,
            [(MessageKind::Lead, "desk@example.com".to_owned(), 600)]
        );
        let other = stored_call(store, business, "CA2").await.id;
        let mut spam = Lead::of_call(business, other, None, noon());
        spam.handling.status = LeadStatus::Spam;
        store.put_lead(&spam).await.unwrap();
        assert_eq!(due_mails(store, business).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_was_given_up_is_sent_on_its_way_again_by_its_own_business_alone() {
    on_each(async |site| {
        let store = &site.store;
        let ours = stored_shop(store, 100).await.business.id;
        let rival = stored_shop(store, 101).await.business.id;
        let lost = Outgoing { business_id: Some(ours), ..mail("a", Lane::Normal, 0) };
        store.put_outgoing(&lost).await.unwrap();
        let claimed = store.claim_outgoing(Lane::Normal, 1, after(1), after(31)).await.unwrap().remove(0);
        let dead = claimed.after(&Outcome::Never("550 no such user".into()), after(2));
        store.settle_outgoing(&claimed, &dead).await.unwrap();
        assert!(!store.replay_outgoing(rival, lost.id, after(3)).await.unwrap());
        assert!(store.replay_outgoing(ours, lost.id, after(3)).await.unwrap());
        assert!(!store.replay_outgoing(ours, lost.id, after(3)).await.unwrap(), "it is on its way");
        let again = store.outgoing(ours, 5, None).await.unwrap().remove(0);
        assert_eq!((again.state, again.attempts, again.due_at), (OutgoingState::Queued, 0, after(3)));
        assert_eq!(store.outgoing(rival, 5, None).await.unwrap(), []);
    })
    .await;
}
