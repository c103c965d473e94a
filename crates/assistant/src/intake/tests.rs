use super::*;
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::alarm::AlarmSettings;
use studioconnect_domain::business::Business;
use studioconnect_domain::ids::BusinessId;
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::plan::{Plan, PlanCode};
use studioconnect_domain::priority::History;
use studioconnect_domain::question::{LeadField, ShowWhen};

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

fn questions() -> Vec<Question> {
    vec![
        question(0, "Your name?", AnswerFormat::Text, Some(LeadField::Name), true),
        question(1, "Your number?", AnswerFormat::Phone, Some(LeadField::Phone), true),
        question(2, "Your pet's name?", AnswerFormat::Text, None, false),
    ]
}

fn with_desk<T>(questions: &[Question], act: impl FnOnce(&Desk<'_>) -> T) -> T {
    let now = chrono::DateTime::from_timestamp(1_795_442_400, 0).unwrap();
    let business = Business::new(BusinessId::new(), "Acme", PlanCode::Pro, "wk".into(), now);
    let (plan, config) = (Plan::built_in(PlanCode::Pro), AgentConfig::default());
    act(&Desk {
        business: &business,
        plan: &plan,
        config: &config,
        questions,
        alarm: &AlarmSettings::default(),
        history: History::default(),
        now,
    })
}

fn save(intake: &mut Intake, desk: &Desk<'_>, question: &str, answer: &str) -> Value {
    intake.apply(&ToolCall::SaveAnswer { question: question.into(), answer: answer.into() }, desk).output
}

#[test]
fn answers_in_any_order_make_a_complete_lead() {
    with_desk(&questions(), |desk| {
        let mut intake = Intake::of_call(desk, CallId::new(), "anonymous");
        assert!(intake.lead().is_none());
        let output = save(&mut intake, desk, "q2", "206 555 0142");
        assert_eq!(output["readBack"], "2 0 6, 5 5 5, 0 1 4 2");
        assert_eq!(output["next"]["key"], "q1");
        assert_eq!(intake.lead().unwrap().completeness, Completeness::Partial);
        save(&mut intake, desk, "q1", "Dana");
        save(&mut intake, desk, "q1", "Dana Reyes");
        let lead = intake.lead().unwrap();
        assert_eq!((lead.name.as_deref(), lead.phone.as_deref()), (Some("Dana Reyes"), Some("+12065550142")));
        assert_eq!((lead.completeness, lead.answers.len()), (Completeness::Complete, 2));
        assert_eq!(intake.progress(desk.questions), (2, 3));
    });
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_twice_and_then_kept_as_said() {
    with_desk(&questions(), |desk| {
        let mut intake = Intake::of_call(desk, CallId::new(), "anonymous");
        for _ in 0..2 {
            let output = save(&mut intake, desk, "q2", "five five five");
            assert_eq!(output["saved"], false);
            assert!(output["problem"].as_str().unwrap().contains("area code"));
        }
        assert_eq!(save(&mut intake, desk, "q2", "five five five")["saved"], true);
        let answer = &intake.lead().unwrap().answers[0];
        assert_eq!((answer.value.as_str(), answer.needs_check), ("five five five", true));
    });
}

#[test]
fn a_message_keeps_the_number_that_called_when_no_other_is_given() {
    with_desk(&[], |desk| {
        let mut intake = Intake::of_call(desk, CallId::new(), "+12065550142");
        let call = ToolCall::TakeMessage { message: "Call me".into(), name: Some("Sam".into()), phone: None };
        assert!(intake.apply(&call, desk).changed);
        let lead = intake.lead().unwrap();
        assert_eq!((lead.name.as_deref(), lead.phone.as_deref()), (Some("Sam"), Some("+12065550142")));
        assert_eq!(lead.completeness, Completeness::Complete);
    });
}

#[test]
fn an_unknown_key_changes_nothing() {
    with_desk(&questions(), |desk| {
        let mut intake = Intake::of_call(desk, CallId::new(), "anonymous");
        assert_eq!(save(&mut intake, desk, "q9", "x")["saved"], false);
        assert!(intake.lead().is_none());
    });
}

#[test]
fn a_question_waits_for_the_answer_that_leads_to_it() {
    let mut questions = questions();
    questions[2].show_when = Some(ShowWhen { question_id: questions[0].id, equals: vec!["Dana".into()] });
    questions[2].is_required = true;
    with_desk(&questions, |desk| {
        let mut intake = Intake::of_call(desk, CallId::new(), "anonymous");
        assert_eq!(intake.progress(desk.questions), (0, 2));
        save(&mut intake, desk, "q2", "206 555 0142");
        save(&mut intake, desk, "q1", "Sam");
        assert_eq!(intake.lead().unwrap().completeness, Completeness::Complete);
        assert_eq!(save(&mut intake, desk, "q1", "Dana")["next"]["key"], "q3");
        assert_eq!(intake.lead().unwrap().completeness, Completeness::Partial);
    });
}
