use super::*;

type Lines<'a> = &'a [(&'static str, &'a str)];

/// Attempt, status, headers, jitter, what is done.
type Case<'a> = (u32, u16, Lines<'a>, f64, Next);

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    lines.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
}

fn wait(ms: u64) -> Next {
    Next::Wait(Duration::from_millis(ms))
}

/// Row 118.
#[test]
fn what_is_done_after_an_error_is_a_table() {
    let give_up = Next::GiveUp;
    #[rustfmt::skip]
    let cases: &[Case] = &[
        // Passing troubles: 0.5·2ⁿ, between half and the whole of it.
        (0, 500, &[], 0.0, wait(500)),
        (0, 500, &[], 1.0, wait(250)),
        (1, 503, &[], 0.0, wait(1_000)),
        (1, 429, &[], 0.5, wait(750)),
        (0, 408, &[], 0.0, wait(500)),
        (0, 409, &[], 0.0, wait(500)),
        (2, 500, &[], 0.0, give_up),
        // A jitter that is none.
        (0, 500, &[], -3.0, wait(500)),
        (0, 500, &[], 7.0, wait(250)),
        // Our mistakes stay mistakes.
        (0, 400, &[], 0.0, give_up),
        (0, 401, &[], 0.0, give_up),
        (0, 403, &[], 0.0, give_up),
        (0, 404, &[], 0.0, give_up),
        (0, 413, &[], 0.0, give_up),
        (0, 422, &[], 0.0, give_up),
        // The server knows better.
        (0, 400, &[("x-should-retry", "true")], 0.0, wait(500)),
        (0, 503, &[("x-should-retry", "false")], 0.0, give_up),
        (0, 503, &[("x-should-retry", "maybe")], 0.0, wait(500)),
        // It says when: never earlier, and a little apart.
        (0, 429, &[("retry-after", "2")], 0.0, wait(2_000)),
        (0, 429, &[("retry-after", "2")], 1.0, wait(2_200)),
        (1, 503, &[("retry-after", "0.25")], 0.0, wait(250)),
        (0, 429, &[("retry-after-ms", "40"), ("retry-after", "9")], 0.0, wait(40)),
        (0, 429, &[("retry-after", "Mon, 23 Nov 2026 10:00:07 GMT"), ("date", "Mon, 23 Nov 2026 10:00:00 GMT")], 0.0, wait(7_000)),
        // Up to a bound.
        (0, 429, &[("retry-after", "20")], 0.0, wait(20_000)),
        (0, 429, &[("retry-after", "21")], 0.0, give_up),
        (0, 429, &[("retry-after", "1e300")], 0.0, wait(500)),
        // Nonsense is as good as nothing.
        (0, 429, &[("retry-after", "soon")], 0.0, wait(500)),
        (0, 429, &[("retry-after", "-5")], 0.0, wait(500)),
        (0, 429, &[("retry-after", "NaN")], 0.0, wait(500)),
        (0, 429, &[("retry-after", "Mon, 23 Nov 2026 10:00:07 GMT")], 0.0, wait(500)),
    ];
    for (attempt, status, lines, jitter, next) in cases {
        let headers = headers(lines);
        let failed = Failed::Answered { status: *status, headers: &headers, is_quota: false };
        let decided = RetryPolicy::default().after(*attempt, failed, *jitter);
        assert_eq!(decided, *next, "attempt {attempt}, {status} {lines:?}, jitter {jitter}");
    }
}

/// Row 118.
#[test]
fn used_up_money_is_never_tried_again_whatever_the_headers_say() {
    let headers = headers(&[("retry-after", "1"), ("x-should-retry", "true")]);
    let failed = Failed::Answered { status: 429, headers: &headers, is_quota: true };
    assert_eq!(RetryPolicy::default().after(0, failed, 0.0), Next::GiveUp);
}

/// Row 118.
#[test]
fn a_lost_connection_is_tried_again_and_an_answer_that_began_is_not() {
    let policy = RetryPolicy::default();
    assert_eq!(policy.after(0, Failed::NotReached, 0.0), wait(500));
    assert_eq!(policy.after(1, Failed::NotReached, 0.0), wait(1_000));
    assert_eq!(policy.after(2, Failed::NotReached, 0.0), Next::GiveUp);
    assert_eq!(policy.after(0, Failed::TimedOut, 0.0), Next::GiveUp);
    assert_eq!(policy.after(0, Failed::Begun, 0.0), Next::GiveUp);
}

#[test]
fn pauses_stop_growing() {
    let many = RetryPolicy { repeats: 100, ..RetryPolicy::default() };
    assert_eq!(many.after(4, Failed::NotReached, 0.0), wait(8_000));
    assert_eq!(many.after(99, Failed::NotReached, 0.0), wait(8_000));
}
