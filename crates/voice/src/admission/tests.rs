use super::promises::PROMISES;

#[test]
fn every_promise_of_the_book_of_calls_is_kept() {
    for promise in PROMISES {
        assert_eq!((promise.check)(), Ok(()), "{}", promise.says);
    }
}
