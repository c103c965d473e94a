use super::*;
use chrono::TimeDelta;
use proptest::prelude::*;
use studioconnect_domain::ids::BusinessId;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn after(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

fn ringing() -> Tracked {
    Call::ringing(BusinessId::new(), "CA1", "+12065550142", "+12065550100", start()).into()
}

fn finish(status: CallStatus) -> Finish {
    Finish {
        status,
        outcome: None,
        end_reason: None,
        ended_at: after(60),
        duration_seconds: Some(58),
        summary: None,
        analytics: None,
    }
}

fn report(status: CallStatus, duration_seconds: Option<u32>) -> StatusReport {
    StatusReport { status, duration_seconds, at: after(61) }
}

#[test]
fn the_provider_counts_the_seconds_whoever_speaks_first() {
    let (ours, theirs) = (finish(CallStatus::Completed), report(CallStatus::Completed, Some(61)));
    let mut one = ringing();
    one.finish(&ours);
    assert_eq!(one.call.duration_seconds, Some(58));
    one.report(&theirs);
    let mut other = ringing();
    other.call.id = one.call.id;
    other.call.business_id = one.call.business_id;
    other.report(&theirs);
    other.finish(&ours);
    assert_eq!(one, other);
    assert_eq!(one.call.duration_seconds, Some(61));
    assert_eq!(one.call.ended_at, Some(after(60)));
}

#[test]
fn the_provider_knows_better_how_a_call_ended_and_says_so_once() {
    let mut call = ringing();
    call.finish(&finish(CallStatus::Failed));
    assert_eq!(call.call.status, CallStatus::Failed);
    call.report(&report(CallStatus::Completed, Some(61)));
    assert_eq!(call.call.status, CallStatus::Completed);
    call.report(&report(CallStatus::NoAnswer, None));
    assert_eq!((call.call.status, call.call.duration_seconds), (CallStatus::Completed, Some(61)));
}

#[test]
fn a_finish_that_is_not_final_leaves_the_call_open() {
    let mut call = ringing();
    call.finish(&Finish { outcome: Some(Outcome::Talked), ..finish(CallStatus::InProgress) });
    assert_eq!((call.call.status, call.call.ended_at), (CallStatus::InProgress, None));
    assert_eq!(call.call.outcome, Some(Outcome::Talked));
}

#[test]
fn the_better_outcome_and_the_first_reason_stay() {
    let mut call = ringing();
    let told = |outcome, end_reason| Finish {
        outcome: Some(outcome),
        end_reason: Some(end_reason),
        ..finish(CallStatus::Completed)
    };
    call.finish(&told(Outcome::NoMessage, EndReason::ModelUnavailable));
    call.finish(&told(Outcome::Voicemail, EndReason::CallerHungUp));
    call.finish(&told(Outcome::NoMessage, EndReason::StreamLost));
    assert_eq!(call.call.outcome, Some(Outcome::Voicemail));
    assert_eq!(call.call.end_reason, Some(EndReason::ModelUnavailable));
}

#[test]
fn an_answer_that_is_written_late_does_not_open_a_call_again() {
    let mut call = ringing();
    call.finish(&finish(CallStatus::Completed));
    call.answer(after(2), "conn-1");
    assert_eq!((call.call.status, call.call.answered_at), (CallStatus::Completed, Some(after(2))));
    assert_eq!(call.call.analytics.connection_id.as_deref(), Some("conn-1"));
    call.answer(after(9), "conn-2");
    assert_eq!(call.call.answered_at, Some(after(2)));
    assert_eq!(call.call.analytics.connection_id.as_deref(), Some("conn-1"));
}

#[derive(Clone, Debug)]
enum Told {
    Answered(i64),
    Finished(Box<Finish>),
    Reported(StatusReport),
}

impl Told {
    fn tell(&self, call: &mut Tracked) {
        match self {
            Self::Answered(seconds) => call.answer(after(*seconds), "conn-1"),
            Self::Finished(finish) => call.finish(finish),
            Self::Reported(report) => call.report(report),
        }
    }
}

fn told() -> impl Strategy<Value = Told> {
    let statuses = prop::sample::select(vec![
        CallStatus::Ringing,
        CallStatus::InProgress,
        CallStatus::Completed,
        CallStatus::Busy,
        CallStatus::Failed,
        CallStatus::NoAnswer,
        CallStatus::Canceled,
    ]);
    prop_oneof![
        (1_i64..50).prop_map(Told::Answered),
        statuses.clone().prop_map(|status| Told::Finished(Box::new(finish(status)))),
        (statuses, prop::option::of(1_u32..900))
            .prop_map(|(status, seconds)| Told::Reported(report(status, seconds))),
    ]
}

proptest! {
    #[test]
    fn in_any_order_a_call_that_is_over_stays_over_and_a_repeat_changes_nothing(
        story in prop::collection::vec(told(), 1..12)
    ) {
        let mut call = ringing();
        for event in &story {
            let before = call.clone();
            event.tell(&mut call);
            prop_assert!(!before.call.status.is_final() || call.call.status.is_final());
            prop_assert!(!before.provider_has_ended || call.call.status == before.call.status);
            prop_assert_eq!(call.call.ended_at.is_some(), call.call.status.is_final());
            prop_assert_eq!(call.call.duration_seconds, call.provider_seconds.or(call.counted_seconds));
            let once = call.clone();
            event.tell(&mut call);
            prop_assert_eq!(&call, &once);
        }
    }
}
