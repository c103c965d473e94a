use super::*;

fn question(format: AnswerFormat) -> Question {
    Question {
        id: QuestionId::new(),
        question_text: "Which service?".into(),
        expected_format: format,
        order: 0,
        is_required: true,
        maps_to_lead_field: None,
        is_essential_for_emergency: false,
        choices: Vec::new(),
        show_when: None,
    }
}

fn choosing(choices: &[&str]) -> Question {
    Question {
        choices: choices.iter().map(|&choice| choice.into()).collect(),
        ..question(AnswerFormat::Choice)
    }
}

fn after(other: &Question, equals: &[&str]) -> Question {
    let show_when =
        ShowWhen { question_id: other.id, equals: equals.iter().map(|&answer| answer.into()).collect() };
    Question { show_when: Some(show_when), ..question(AnswerFormat::Text) }
}

#[test]
fn a_question_is_asked_after_the_answers_it_waits_for_and_no_others() {
    let first = choosing(&["Repair", "Quote"]);
    let second = after(&first, &["repair"]);
    let all = [first.clone(), second.clone()];
    for (answer, is_asked) in [(None, false), (Some("Quote"), false), (Some("Repair"), true)] {
        let answer_to = |id| answer.filter(|_| id == first.id).map(str::to_owned);
        assert_eq!(second.applies(&all, answer_to), is_asked, "{answer:?}");
    }
    assert!(second.applies(&all[1..], |_| None), "what it waits for is gone");
}

#[test]
fn choices_and_conditions_that_make_no_sense_are_refused() {
    let repair = choosing(&["Repair", "Quote"]);
    let agreed = question(AnswerFormat::YesNo);
    let before = [repair.clone(), agreed.clone()];
    for (given, field) in [
        (choosing(&["Only one"]), Some("choices")),
        (choosing(&["One", "one"]), Some("choices")),
        (choosing(&["One", ""]), Some("choices")),
        (Question { choices: vec!["One".into()], ..question(AnswerFormat::Text) }, Some("choices")),
        (after(&repair, &["Sale"]), Some("showWhen")),
        (after(&repair, &[]), Some("showWhen")),
        (after(&agreed, &["maybe"]), Some("showWhen")),
        (after(&question(AnswerFormat::Text), &["x"]), Some("showWhen")),
        (after(&repair, &["quote"]), None),
        (after(&agreed, &["yes"]), None),
        (choosing(&["One", "Two"]), None),
    ] {
        let faults = given.faults(&before);
        assert_eq!(faults.first().map(|fault| fault.field.as_str()), field, "{given:?}");
    }
}
