use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn broken_at(seconds: u64) -> Breaker {
    let mut breaker = Breaker::default();
    for _ in 0..TROUBLES {
        breaker.learn(Outcome::Trouble, at(seconds));
    }
    breaker
}

/// Row 118.
#[test]
fn five_troubles_in_a_row_open_it_and_a_success_between_them_does_not() {
    let mut breaker = Breaker::default();
    for second in 0..20 {
        assert!(breaker.lets_through(at(second)));
        breaker.learn(if second % 5 == 4 { Outcome::There } else { Outcome::Trouble }, at(second));
    }
    assert_eq!(breaker, Breaker::Closed { troubles: 0 });
    let mut breaker = broken_at(100);
    assert!(!breaker.lets_through(at(100)) && !breaker.lets_through(at(109)));
}

/// Row 118.
#[test]
fn after_the_rest_one_request_is_let_through_and_its_success_closes_it() {
    let mut breaker = broken_at(0);
    assert!(breaker.lets_through(at(10)), "the probe");
    assert!(!breaker.lets_through(at(10)), "nobody else");
    breaker.learn(Outcome::There, at(11));
    assert!(breaker.lets_through(at(11)));
    assert_eq!(breaker, Breaker::default());
}

/// Row 118.
#[test]
fn a_probe_that_fails_makes_the_rest_longer_up_to_a_bound() {
    let mut breaker = broken_at(0);
    let mut now = 10;
    for rest in [20, 40, 80, 120, 120] {
        assert!(breaker.lets_through(at(now)));
        breaker.learn(Outcome::Trouble, at(now));
        assert!(!breaker.lets_through(at(now + rest - 1)), "a rest of {rest} s");
        now += rest;
    }
    assert!(breaker.lets_through(at(now)));
    breaker.learn(Outcome::There, at(now));
    for _ in 0..TROUBLES {
        breaker.learn(Outcome::Trouble, at(now));
    }
    assert!(breaker.lets_through(at(now + 10)), "it starts anew with the short rest");
}

#[test]
fn a_probe_that_is_never_heard_of_again_does_not_shut_it_for_ever() {
    let mut breaker = broken_at(0);
    assert!(breaker.lets_through(at(10)));
    assert!(!breaker.lets_through(at(69)));
    assert!(breaker.lets_through(at(70)));
}

#[test]
fn a_busy_server_neither_opens_nor_closes_it() {
    let mut breaker = Breaker::default();
    for _ in 0..100 {
        breaker.learn(Outcome::Busy, at(0));
    }
    assert!(breaker.lets_through(at(0)));
    let mut breaker = broken_at(0);
    assert!(breaker.lets_through(at(10)));
    breaker.learn(Outcome::Busy, at(10));
    assert!(!breaker.lets_through(at(19)) && breaker.lets_through(at(20)));
}

proptest! {
    /// Row 118. Whatever happened, at most so long afterwards somebody is let through.
    #[test]
    fn it_never_stays_shut(story in prop::collection::vec((0_u8..4, 0_u64..200), 0..60)) {
        let (mut breaker, mut now) = (Breaker::default(), 0);
        for (what, pause) in story {
            now += pause;
            match what {
                0 => breaker.learn(Outcome::There, at(now)),
                1 => breaker.learn(Outcome::Trouble, at(now)),
                2 => breaker.learn(Outcome::Busy, at(now)),
                _ => drop(breaker.lets_through(at(now))),
            }
        }
        prop_assert!(breaker.lets_through(at(now) + LONGEST_REST));
    }
}
