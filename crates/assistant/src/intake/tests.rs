use super::*;
use chrono::TimeZone;
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::question::LeadField;

fn question(
    order: u32,
    text: &str,
    format: AnswerFormat,
    field: Option<LeadField>,
    required: bool,
) -> Question {
    Question {
        id: QuestionId::new(),
        question_text: text.into(),
        expected_format: format,
        order,
        is_required: required,
        maps_to_lead_field: field,
        is_essential_for_emergency: false,
        choices: Vec::new(),
        show_when: None,
    }
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap()
}

fn intake() -> Intake {
    let questions = vec![
        question(0, "Your name?", AnswerFormat::Text, Some(LeadField::Name), true),
        question(1, "Your number?", AnswerFormat::Phone, Some(LeadField::Phone), true),
        question(2, "Your pet's name?", AnswerFormat::Text, None, false),
    ];
    Intake::new(BusinessId::new(), CallId::new(), "US", questions, Some("anonymous"), now())
}

fn save(intake: &mut Intake, question: &str, answer: &str) -> Value {
    intake.apply(&ToolCall::SaveAnswer { question: question.into(), answer: answer.into() }, now()).output
}

#[test]
fn answers_in_any_order_make_a_complete_lead() {
    let mut intake = intake();
    assert!(intake.lead().is_none());
    let output = save(&mut intake, "q2", "206 555 0142");
    assert_eq!(output["readBack"], "2 0 6, 5 5 5, 0 1 4 2");
    assert_eq!(output["next"]["key"], "q1");
    assert_eq!(intake.lead().unwrap().completeness, Completeness::Partial);
    save(&mut intake, "q1", "Dana");
    save(&mut intake, "q1", "Dana Reyes");
    let lead = intake.lead().unwrap();
    assert_eq!((lead.name.as_deref(), lead.phone.as_deref()), (Some("Dana Reyes"), Some("+12065550142")));
    assert_eq!((lead.completeness, lead.answers.len()), (Completeness::Complete, 2));
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_twice_and_then_kept_as_said() {
    let mut intake = intake();
    for _ in 0..2 {
        let output = save(&mut intake, "q2", "five five five");
        assert_eq!(output["saved"], false);
        assert!(output["problem"].as_str().unwrap().contains("area code"));
    }
    assert_eq!(save(&mut intake, "q2", "five five five")["saved"], true);
    let answer = &intake.lead().unwrap().answers[0];
    assert_eq!((answer.value.as_str(), answer.needs_check), ("five five five", true));
}

#[test]
fn a_message_keeps_the_number_that_called_when_no_other_is_given() {
    let mut intake = Intake::new(BusinessId::new(), CallId::new(), "US", vec![], Some("+12065550142"), now());
    let call = ToolCall::TakeMessage { message: "Call me".into(), name: Some("Sam".into()), phone: None };
    assert!(intake.apply(&call, now()).changed);
    let lead = intake.lead().unwrap();
    assert_eq!((lead.name.as_deref(), lead.phone.as_deref()), (Some("Sam"), Some("+12065550142")));
    assert_eq!(lead.completeness, Completeness::Complete);
}

#[test]
fn an_unknown_key_changes_nothing() {
    let mut intake = intake();
    assert_eq!(save(&mut intake, "q9", "x")["saved"], false);
    assert!(intake.lead().is_none());
}
