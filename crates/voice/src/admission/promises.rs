//! What the book of calls promises, each promise with a check: unit tests run them, and `test voice-sessions` runs them on
//! the machine that is to carry the calls.

use super::{Admission, Command, Full, Refusal, TOKEN_LIFE, Ticket};
use std::thread;
use std::time::Instant;
use studioconnect_domain::Clock;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::business::Business;
use studioconnect_domain::call::Call;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::plan::{Plan, PlanCode};
use studioconnect_store::Reception;

/// Tokens that are fought for in [`is_fair`], and by how many at once.
const TOKENS: usize = 200;
const RIVALS: usize = 4;

/// A promise that was not kept: what was to be.
pub type Broken = &'static str;

/// One promise.
#[derive(Clone, Copy)]
pub struct Promise {
    /// What it says.
    pub says: &'static str,
    /// Whether it is kept.
    pub check: fn() -> Result<(), Broken>,
}

/// All of them.
pub const PROMISES: [Promise; 6] = [
    Promise { says: "a token opens the door once", check: opens_once },
    Promise {
        says: "a token opens it for its own call, within a minute",
        check: is_personal_and_short_lived,
    },
    Promise { says: "places count calls that stream and calls on their way", check: counts_places },
    Promise { says: "a live call is ended by its own business only", check: keeps_businesses_apart },
    Promise { says: "who hangs up before the stream frees the place", check: forgets_who_hung_up },
    Promise { says: "of many who show one token at once, one gets in", check: is_fair },
];

fn ticket(sid: &str) -> Ticket {
    let now = Clock::System.now();
    let business = Business::new(BusinessId::new(), "Acme", PlanCode::Pro, "key".into(), now);
    let call = Call::ringing(business.id, sid, "+12065550142", "+12065550100", now);
    let reception = Reception {
        business,
        plan: Plan::built_in(PlanCode::Pro),
        config: AgentConfig::default(),
        questions: vec![],
        alarm: AlarmSettings::default(),
    };
    Ticket { call, reception, lane: 0 }
}

fn holds(is_kept: bool, what: Broken) -> Result<(), Broken> {
    is_kept.then_some(()).ok_or(what)
}

fn admit(admission: &Admission, sid: &str, now: Instant) -> Result<String, Broken> {
    admission.admit(ticket(sid), now).map_err(|_| "a free place is given")
}

fn refusal(admission: &Admission, token: &str, sid: &str, now: Instant) -> Option<Refusal> {
    admission.redeem(token, sid, now, Clock::System.now()).err()
}

fn opens_once() -> Result<(), Broken> {
    let (admission, now) = (Admission::new(10), Instant::now());
    let token = admit(&admission, "CA1", now)?;
    holds(token.len() == 64, "a token has 256 bits")?;
    holds(refusal(&admission, &token, "CA1", now).is_none(), "its first use opens")?;
    holds(refusal(&admission, &token, "CA1", now) == Some(Refusal::Unknown), "its second use does not")?;
    holds(refusal(&admission, "", "CA1", now) == Some(Refusal::Unknown), "nothing opens without one")
}

fn is_personal_and_short_lived() -> Result<(), Broken> {
    let (admission, now) = (Admission::new(10), Instant::now());
    let token = admit(&admission, "CA2", now)?;
    let foreign = refusal(&admission, &token, "CA3", now);
    holds(foreign == Some(Refusal::WrongCall), "another call does not get in")?;
    holds(refusal(&admission, &token, "CA2", now) == Some(Refusal::Unknown), "a foreign use spends it")?;
    let token = admit(&admission, "CA4", now)?;
    holds(refusal(&admission, &token, "CA4", now + TOKEN_LIFE) == Some(Refusal::Expired), "it expires")
}

fn counts_places() -> Result<(), Broken> {
    let (admission, now) = (Admission::new(2), Instant::now());
    let token = admit(&admission, "CA1", now)?;
    let entered = admission.redeem(&token, "CA1", now, Clock::System.now());
    let (_, seat) = entered.map_err(|_| "its first use opens")?;
    let second = ticket("CA2");
    for _ in 0..2 {
        let again = admission.admit(second.clone(), now);
        again.map_err(|_| "a webhook that comes twice takes one place")?;
    }
    holds(admission.admit(ticket("CA3"), now) == Err(Full(2)), "no third call gets one of two places")?;
    drop(seat);
    admit(&admission, "CA3", now).map_err(|_| "a call that ended frees its place")?;
    admit(&admission, "CA4", now + TOKEN_LIFE).map(|_| ()).map_err(|_| "expired places are free again")
}

fn keeps_businesses_apart() -> Result<(), Broken> {
    let (admission, now) = (Admission::new(2), Instant::now());
    let ticket = ticket("CA1");
    let (business, call) = (ticket.reception.business.id, ticket.call.id);
    let token = admission.admit(ticket, now).map_err(|_| "a free place is given")?;
    let entered = admission.redeem(&token, "CA1", now, Clock::System.now());
    let (_, mut seat) = entered.map_err(|_| "its first use opens")?;
    holds(!admission.end(BusinessId::new(), call), "another business ends nothing")?;
    holds(admission.end(business, call), "its own business ends it")?;
    holds(seat.commands.try_recv() == Ok(Command::End), "the call is told")
}

fn forgets_who_hung_up() -> Result<(), Broken> {
    let (admission, now) = (Admission::new(1), Instant::now());
    let first = ticket("CA1");
    let call = first.call.id;
    admission.admit(first, now).map_err(|_| "a free place is given")?;
    admission.line_ended(call);
    admit(&admission, "CA2", now).map(|_| ()).map_err(|_| "the place is free again")
}

fn is_fair() -> Result<(), Broken> {
    let (admission, now) = (Admission::new(TOKENS), Instant::now());
    let mut seats = Vec::new();
    for index in 0..TOKENS {
        let sid = format!("CA{index}");
        let token = admit(&admission, &sid, now)?;
        let enter = || admission.redeem(&token, &sid, now, Clock::System.now()).ok();
        let entered: Vec<_> = thread::scope(|scope| {
            let rivals: Vec<_> = (0..RIVALS).map(|_| scope.spawn(enter)).collect();
            rivals.into_iter().filter_map(|rival| rival.join().ok().flatten()).collect()
        });
        holds(entered.len() == 1, "one of them gets in, and no more")?;
        seats.extend(entered);
    }
    holds(admission.count() == (TOKENS, 0), "each has its place")?;
    drop(seats);
    holds(admission.count() == (0, 0), "and frees it")
}
