use super::*;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::business::Business;
use studioconnect_domain::clock::Clock;
use studioconnect_domain::plan::{Plan, PlanCode};

fn ticket(sid: &str) -> Ticket {
    let now = Clock::System.now();
    let business = Business::new(BusinessId::new(), "Acme", PlanCode::Pro, "key".into(), now);
    let call = Call::ringing(business.id, sid, "+12065550142", "+12065550100", now);
    let reception = Reception {
        business,
        plan: Plan::built_in(PlanCode::Pro),
        config: AgentConfig::default(),
        questions: vec![],
    };
    Ticket { call, reception, lane: 0 }
}

fn since() -> DateTime<Utc> {
    Clock::System.now()
}

#[test]
fn a_token_opens_the_door_once_for_its_own_call_and_in_time() {
    let admission = Admission::new(10);
    let now = Instant::now();
    let refused = |token: &str, sid: &str, at: Instant| admission.redeem(token, sid, at, since()).err();
    let token = admission.admit(ticket("CA1"), now).unwrap();
    assert_eq!(token.len(), 64);
    assert_eq!(refused(&token, "CA1", now), None);
    assert_eq!(refused(&token, "CA1", now), Some(Refusal::Unknown));

    let token = admission.admit(ticket("CA2"), now).unwrap();
    assert_eq!(refused(&token, "CA3", now), Some(Refusal::WrongCall));
    assert_eq!(refused(&token, "CA2", now), Some(Refusal::Unknown), "a foreign use spends it");

    let token = admission.admit(ticket("CA4"), now).unwrap();
    assert_eq!(refused(&token, "CA4", now + TOKEN_LIFE), Some(Refusal::Expired));
}

#[test]
fn places_count_calls_that_stream_and_calls_on_their_way() {
    let admission = Admission::new(2);
    let now = Instant::now();
    let token = admission.admit(ticket("CA1"), now).unwrap();
    let (_, seat) = admission.redeem(&token, "CA1", now, since()).ok().unwrap();
    let second = ticket("CA2");
    admission.admit(second.clone(), now).unwrap();
    admission.admit(second, now).unwrap();
    assert_eq!(admission.admit(ticket("CA3"), now).unwrap_err(), Full(2));
    drop(seat);
    assert!(admission.admit(ticket("CA3"), now).is_ok());
    assert!(admission.admit(ticket("CA4"), now + TOKEN_LIFE).is_ok(), "expired places are free again");
}

#[test]
fn a_live_call_is_ended_by_its_own_business_only() {
    let admission = Admission::new(2);
    let now = Instant::now();
    let token = admission.admit(ticket("CA1"), now).unwrap();
    let (ticket, mut seat) = admission.redeem(&token, "CA1", now, since()).ok().unwrap();
    assert!(!admission.end(BusinessId::new(), ticket.call.id));
    assert!(admission.end(ticket.reception.business.id, ticket.call.id));
    assert_eq!(seat.commands.try_recv().unwrap(), Command::End);
}

#[test]
fn a_caller_who_hangs_up_before_the_stream_frees_the_place() {
    let admission = Admission::new(1);
    let first = ticket("CA1");
    admission.admit(first.clone(), Instant::now()).unwrap();
    admission.line_ended(first.call.id);
    assert!(admission.admit(ticket("CA2"), Instant::now()).is_ok());
}
