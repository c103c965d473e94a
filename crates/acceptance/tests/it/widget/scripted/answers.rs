//! What the scripted server answers: a few sentences, and two questions.

use serde_json::{Value, json};

/// Where the questions are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Step {
    #[default]
    Open,
    Mail,
    Service,
    Done,
}

/// An answer before it is told.
pub(super) struct Answer {
    pub(super) text: &'static str,
    pub(super) sources: Value,
    pub(super) step: Step,
    pub(super) lead: bool,
}

/// What is answered to a message.
pub(super) fn answer(step: Step, message: &str) -> Answer {
    let plain = |text, step| Answer { text, sources: json!([]), step, lead: false };
    match step {
        Step::Mail if message.contains('@') && message.contains('.') => {
            plain("Thank you. What is it about?", Step::Service)
        }
        Step::Mail => plain("That is no mail address. It looks like name@example.com.", Step::Mail),
        Step::Service => Answer {
            text: "Thank you. Somebody will call you back today.",
            sources: json!([]),
            step: Step::Done,
            lead: true,
        },
        _ if message.contains("Saturday") => Answer {
            text: "Yes. On Saturday we are open from 8 to 12. Please ring the bell at the back. More at https://www.example.com/hours.",
            sources: json!([{"title": "Opening hours", "url": "https://www.example.com/hours", "excerpt": "Saturday 8 to 12"},
                {"title": "Poisoned", "url": "javascript:alert(1)", "excerpt": "<img src=x onerror=alert(1)>"}]),
            step,
            lead: false,
        },
        _ if message.contains("call me") => plain("Gladly. What is your mail address?", Step::Mail),
        _ => plain("I do not know that. I can take a message for the team.", step),
    }
}

/// The state of the questions as it is sent.
pub(super) fn flow_of(step: Step, is_human: bool) -> Value {
    if is_human {
        return json!({"state": "HUMAN", "progress": {"answered": 0, "total": 2}});
    }
    match step {
        Step::Open => json!({"state": "OPEN", "progress": {"answered": 0, "total": 2}}),
        Step::Mail => json!({"state": "ASKING", "progress": {"answered": 0, "total": 2},
            "question": {"id": "q1", "text": "What is your mail address?", "format": "EMAIL", "isRequired": true}}),
        Step::Service => {
            json!({"state": "ASKING", "progress": {"answered": 1, "total": 2}, "question": {"id": "q2",
            "text": "What is it about?", "format": "CHOICE", "choices": ["A repair", "A new system"], "isRequired": false}})
        }
        Step::Done => json!({"state": "DONE", "progress": {"answered": 2, "total": 2}}),
    }
}
