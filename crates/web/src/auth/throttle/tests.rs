use super::*;

const ANA: &str = "ana@example.com";
const HOME: &str = "203.0.113.9";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

#[test]
fn the_wait_doubles_after_a_few_slips_and_ends_with_the_right_password() {
    let mut throttle = Throttle::default();
    for _ in 0..USUAL.free {
        assert_eq!(throttle.wait("a", at(0)), None);
        throttle.failed("a", at(0));
    }
    assert_eq!(throttle.wait("a", at(0)), None);
    for wait in [1, 2, 4, 8, 16] {
        throttle.failed("a", at(0));
        assert_eq!(throttle.wait("a", at(0)), Some(TimeDelta::seconds(wait)));
    }
    assert_eq!(throttle.wait("b", at(0)), None);
    assert_eq!(throttle.wait("a", at(16)), None);
    for _ in 0..40 {
        throttle.failed("a", at(16));
    }
    assert_eq!(throttle.wait("a", at(16)), Some(USUAL.longest));
    throttle.succeeded("a");
    assert_eq!(throttle.wait("a", at(16)), None);
}

#[test]
fn an_hour_of_quiet_is_forgiven() {
    let mut throttle = Throttle::default();
    for _ in 0..10 {
        throttle.failed("a", at(0));
    }
    throttle.failed("a", at(3_601));
    assert_eq!(throttle.wait("a", at(3_601)), None);
}

/// Attempts, each as soon as it is looked at; the time after them.
fn attempts(throttle: &mut Throttle, count: u32, from: i64, who: impl Fn(u32) -> (String, String)) -> i64 {
    let mut now = from;
    for number in 0..count {
        let (email, address) = who(number);
        while let Err(wait) = throttle.attempt(&email, &address, at(now)) {
            now += wait.num_seconds().max(1);
        }
    }
    now
}

#[test]
fn a_stranger_who_keeps_being_wrong_keeps_nobody_out_for_long() {
    let mut throttle = Throttle::default();
    assert_eq!(throttle.attempt(ANA, HOME, at(0)), Ok(()));
    throttle.was_right(ANA, HOME, at(0));
    let strangers = |number: u32| (ANA.to_owned(), format!("198.51.100.{}", number % 200));
    let now = attempts(&mut throttle, 100, 10, strangers);
    let elsewhere = throttle.attempt(ANA, "192.0.2.1", at(now)).unwrap_err();
    assert!(elsewhere <= ACCOUNT.longest, "{elsewhere}");
    assert_eq!(throttle.attempt(ANA, HOME, at(now)), Ok(()), "where she was right before she does not wait");
    assert!(now > 10 + 80 * 60, "a hundred guesses from a hundred addresses took {now} s");
}

#[test]
fn one_address_waits_whatever_accounts_it_tries_and_does_not_wipe_its_slate() {
    let mut throttle = Throttle::default();
    let mut now = 0;
    for round in 0..30 {
        now = attempts(&mut throttle, 3, now, |number| {
            (format!("{round}.{number}@example.com"), HOME.to_owned())
        });
        while throttle.attempt("own@example.com", HOME, at(now)).is_err() {
            now += 1;
        }
        throttle.was_right("own@example.com", HOME, at(now));
    }
    assert!(now > 60 * 60, "ninety guesses took {now} s");
    let mut throttle = Throttle::default();
    let network = |number: u32| (format!("{number}@example.com"), format!("2001:db8::{number:x}"));
    assert!(attempts(&mut throttle, 60, 0, network) > 60 * 60, "a network is one address");
}

#[test]
fn one_account_from_one_address_waits_longest() {
    let mut throttle = Throttle::default();
    let took = attempts(&mut throttle, 30, 0, |_| (ANA.to_owned(), HOME.to_owned()));
    assert!(took > 3 * 60 * 60, "{took} s");
    assert!(throttle.attempt(ANA, HOME, at(took)).unwrap_err() > ACCOUNT.longest);
}

#[test]
fn strangers_neither_make_it_grow_without_end_nor_make_it_forget_who_was_wrong_often() {
    let mut throttle = Throttle::default();
    for _ in 0..12 {
        throttle.failed("guessed", at(0));
    }
    for number in 0..MOST + 1_000 {
        throttle.failed(&number.to_string(), at(600));
    }
    assert!(throttle.known.len() <= MOST);
    throttle.failed("guessed", at(600));
    assert!(throttle.wait("guessed", at(600)).is_some(), "its count went on");
    let long = "x".repeat(1_000_000);
    throttle.failed(&long, at(600));
    assert!(throttle.known.contains_key(&id_of(&long)), "kept, whatever its length, in 32 bytes");
}
