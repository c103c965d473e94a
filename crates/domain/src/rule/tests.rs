use super::*;

#[test]
fn a_text_is_refused_with_the_sentence_of_the_first_check_that_fails() {
    let rule = Text::of(1, 5).called("a note").on_one_line();
    for (text, says) in [
        ("", Some("write a note of at most 5 characters")),
        ("   ", Some("write a note of at most 5 characters")),
        ("abcdef", Some("write a note of at most 5 characters")),
        ("äöü🙂x", None),
        ("a\tb", Some("must stand on one line")),
    ] {
        assert_eq!(rule.fault(text).as_deref(), says, "{text:?}");
    }
    let secret = Text::of(8, 256).secret();
    assert_eq!(secret.fault("       ").as_deref(), Some("the password needs at least 8 characters"));
    assert_eq!(secret.fault("        "), None, "a blank counts");
    assert_eq!(EMAIL_OR_NONE.fault(" "), None);
    assert!(EMAIL.fault("").is_some());
}

#[test]
fn mail_addresses_are_told_from_what_is_none() {
    for right in ["dana@example.com", "Dana Reyes @ example . co.uk", "o'neil+x@büro.example", "a@b.c"] {
        assert_eq!(EMAIL.fault(right), None, "{right}");
    }
    for wrong in ["dana", "dana@example", "da@na@example.com", "@example.com", "a@.com", "a@b..c", "a@b.c,"] {
        assert!(EMAIL.fault(wrong).is_some(), "{wrong}");
    }
    assert!(EMAIL.fault(&format!("{}@example.com", "a".repeat(254))).is_some());
}

#[test]
fn a_number_is_refused_out_of_bounds_in_halves_and_as_a_text() {
    let rule = Number::whole(100, 600).or(0.0, "0 or 100 to 600");
    for (value, is_right) in [
        ("0", true),
        ("100", true),
        ("600", true),
        ("50", false),
        ("100.5", false),
        ("\"100\"", false),
        ("null", false),
    ] {
        assert_eq!(rule.fault_of(&serde_json::from_str(value).unwrap()).is_none(), is_right, "{value}");
    }
    let rule = Number::any(0.0, 1.0);
    assert_eq!(rule.fault(0.25), None);
    assert_eq!(rule.fault(1.5).as_deref(), Some("must be a number from 0 to 1"));
}

#[test]
fn the_page_is_given_what_the_validator_looks_at() {
    let given: Value = serde_json::from_str(&Text::of(0, 80).on_one_line().as_json()).unwrap();
    let checks = serde_json::json!([
        {"test": "most", "bound": 80, "says": "write at most 80 characters"},
        {"test": "oneLine", "says": "must stand on one line"},
    ]);
    assert_eq!(given, serde_json::json!({"optional": false, "checks": checks}));
    assert!(Number::whole(1, 9).as_json().contains(r#""whole":true"#));
}
