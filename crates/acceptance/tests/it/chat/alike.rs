//! The same answers by phone and by chat.

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use serde_json::json;
use studioconnect_acceptance::TestApp;
use studioconnect_acceptance::steps::listen;
use studioconnect_domain::lead::{Channel, Lead};
use studioconnect_simulators::phone::{Dial, Step};
use studioconnect_simulators::realtime::{Brain, RealtimeSettings, RestFault, Route, Rule};

/// A line as it is said, with what a model makes of it: question and answer.
type Line = (&'static str, &'static str, &'static str);

/// Ten people, each in their own order and way.
const TALKS: [[Line; 4]; 10] = [
    [
        ("My kitchen tap is leaking", "q4", "My kitchen tap is leaking"),
        ("Dana Reyes", "q1", "Dana Reyes"),
        ("206 555 0142", "q2", "2065550142"),
        ("12 Harbor Street, Portland", "q3", "12 Harbor Street, Portland"),
    ],
    [
        ("The boiler is broken since Monday", "q4", "The boiler is broken since Monday"),
        ("My name is Sam Lee", "q1", "Sam Lee"),
        ("You can call (206) 555-0143", "q2", "206-555-0143"),
        ("7 Pine Road", "q3", "7 Pine Road"),
    ],
    [
        ("I need somebody to unblock a drain", "q4", "I need somebody to unblock a drain"),
        ("This is Ana Ruiz", "q1", "Ana Ruiz"),
        ("+1 503 555 0117", "q2", "+1 503 555 0117"),
        ("It's 99 Lake Avenue, Salem", "q3", "99 Lake Avenue, Salem"),
    ],
    [
        ("Please call me back about the heating", "q4", "Please call me back about the heating"),
        ("I'm Tom Baker", "q1", "Tom Baker"),
        ("My number is 503 555 0118.", "q2", "503 555 0118"),
        ("My address is 3 Mill Lane", "q3", "3 Mill Lane"),
    ],
    [
        ("Our toilet is clogged, can somebody come", "q4", "Our toilet is clogged, can somebody come"),
        ("The name is Ida Holm", "q1", "Ida Holm"),
        ("5035550119", "q2", "503 555 0119"),
        ("41 Fir Street, Apt 4", "q3", "41 Fir Street, Apt 4"),
    ],
    [
        (
            "I want to book an appointment for a new shower",
            "q4",
            "I want to book an appointment for a new shower",
        ),
        ("Omar Haddad", "q1", "Omar Haddad"),
        ("206.555.0144", "q2", "206.555.0144"),
        ("88 Bay Road, Seattle", "q3", "88 Bay Road, Seattle"),
    ],
    [
        ("There is water under the sink", "q4", "There is water under the sink"),
        ("my name is Eva Braun-Levy", "q1", "Eva Braun-Levy"),
        ("206 555 0145 please", "q2", "206 555 0145"),
        ("5 Hill Court", "q3", "5 Hill Court"),
    ],
    [
        (
            "I would like to complain about the last visit",
            "q4",
            "I would like to complain about the last visit",
        ),
        ("Call me Jo Park", "q1", "Jo Park"),
        ("Sure, 206 555 0146", "q2", "206 555 0146"),
        ("1200 Ocean Drive", "q3", "1200 Ocean Drive"),
    ],
    [
        (
            "Necesito un plomero para cambiar una tubería",
            "q4",
            "Necesito un plomero para cambiar una tubería",
        ),
        ("Me llamo Luis Vega", "q1", "Luis Vega"),
        ("Mi número es 206 555 0147", "q2", "206 555 0147"),
        ("Calle Mayor 12", "q3", "Calle Mayor 12"),
    ],
    [
        ("Can you reschedule my appointment to Friday", "q4", "Can you reschedule my appointment to Friday"),
        ("Mia Chen", "q1", "Mia Chen"),
        ("503-555-0120", "q2", "503 555 0120"),
        ("16 Garden Street, Portland", "q3", "16 Garden Street, Portland"),
    ],
];

fn brain() -> Brain {
    let saving = |(line, question, answer): &Line| {
        Rule::heard(line, "")
            .calling("save_answer", json!({"question": question, "answer": answer}))
            .then_say("Thank you.")
            .repeat()
    };
    Brain::Script(TALKS.iter().flatten().map(saving).collect())
}

/// What the two have in common: all but where it came from, and when.
fn content(lead: &Lead) -> impl PartialEq + std::fmt::Debug {
    let mut answers = lead.answers.clone();
    answers.sort_by_key(|answer| answer.question_id);
    let lead = lead.clone();
    (lead.name, lead.email, lead.phone, lead.address, lead.message, lead.completeness, answers)
}

/// Row 8. In the chat nobody but the rules reads the words; on the phone a model saves what it heard.
#[tokio::test]
async fn ten_people_who_call_and_write_the_same_leave_the_same_leads() -> Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.agent.voice_greeting_message = "Hello.".into();
        setup.realtime = RealtimeSettings::with_brain(brain());
        setup.realtime.rest.faults = vec![RestFault::failing(503).always().on(Route::Chat)];
    })
    .await?;
    TALKS.iter().flatten().for_each(|(line, ..)| app.stage.realtime.register_utterance(line));
    let call = async |at: usize, talk: &[Line; 4]| -> Result<Lead> {
        let lines = talk.iter().flat_map(|(line, ..)| [vec![Step::say(line)], listen()].concat());
        let steps: Vec<Step> = listen().into_iter().chain(lines).chain([Step::HangUp]).collect();
        let from = format!("+1360555010{at}");
        let ended = app.make(Dial { speed: 2.0, from, ..app.dial(steps)? }).await?;
        ended.lead.context("the call left no lead")
    };
    let chat = async |at: usize, talk: &[Line; 4]| -> Result<Lead> {
        let visitor = app.visitor().await?;
        let mut id = None;
        for (number, (line, ..)) in talk.iter().enumerate() {
            let answer = visitor.say(&format!("m{at}-{number}"), line).await?;
            id = answer["leadId"].as_str().map(str::parse).transpose()?.or(id);
        }
        let lead = app.stage.server.state.store.find_lead(app.business.business.id, id.context("no lead")?);
        lead.await?.context("the lead is gone")
    };
    for half in TALKS.iter().enumerate().collect::<Vec<_>>().chunks(5) {
        let calls = try_join_all(half.iter().map(|(at, talk)| call(*at, talk))).await?;
        for ((at, talk), called) in half.iter().zip(calls) {
            let written = chat(*at, talk).await?;
            assert_eq!((called.channel, written.channel), (Channel::Voice, Channel::Chat));
            assert_eq!(content(&written), content(&called), "{talk:?}");
        }
    }
    app.end().await
}
