use super::super::{Detector, Sensitivity};
use super::*;

fn both(text: &str, severity: u8) -> Finding {
    let model = ModelJudgement { severity, reason: "it sounds so".to_owned() };
    combine(&Detector::default().detect(text), Some(&model), Sensitivity::Normal)
}

/// Row 125: a model is joined with the rules, and never replaces them.
#[test]
fn rules_and_model_are_joined_and_the_reason_says_who_said_what() {
    let rules = Detector::default().detect("I smell gas");
    assert_eq!(combine(&rules, None, Sensitivity::Normal), rules, "without a model the rules stand");
    let talked_down = both("I smell gas", 1);
    assert!(talked_down.is_emergency && talked_down.endangers_life);
    assert_eq!(talked_down.severity, rules.severity);
    assert!(talked_down.reason.starts_with("Rules (9)"), "{}", talked_down.reason);
    assert!(talked_down.reason.ends_with("Model (1): it sounds so"), "{}", talked_down.reason);
    let raised = both("the thing in the corner does what it did to my late uncle", 9);
    assert!(raised.is_emergency && raised.severity == 9, "{raised:?}");
    let doubted = both("water is pouring through the ceiling", 2);
    assert_eq!(doubted.severity, 7, "a doubt is taken away, not a sign");
    assert_eq!(both("hello", 200).severity, 10);
}

#[test]
fn the_emergency_number_is_the_country_s() {
    let numbers = [("US", "911"), ("us", "911"), ("GB", "999"), ("DE", "112"), ("AU", "000"), ("??", "112")];
    for (country, number) in numbers {
        assert_eq!(local_emergency_number(country), number, "{country}");
    }
}
