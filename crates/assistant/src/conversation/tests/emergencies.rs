//! Emergencies: what is said, what is kept, what is asked.

use super::{Shop, Visit, question};
use crate::conversation::Choice;
use studioconnect_domain::escalation::EscalationContact;
use studioconnect_domain::ids::EscalationContactId;
use studioconnect_domain::lead::Completeness;
use studioconnect_domain::phone::PhoneNumber;
use studioconnect_domain::plan::{Plan, PlanCode};
use studioconnect_domain::priority::Priority;
use studioconnect_domain::question::{AnswerFormat, LeadField, Question};

const FLOOD: &str = "Water is pouring through my ceiling!";

fn questions() -> Vec<Question> {
    let essential = |question: Question| Question { is_essential_for_emergency: true, ..question };
    vec![
        question("What can we do for you?", AnswerFormat::Text, Some(LeadField::Message)),
        essential(question("What is your name?", AnswerFormat::Text, Some(LeadField::Name))),
        question("What is your mail address?", AnswerFormat::Email, Some(LeadField::Email)),
        essential(question("What number can we call?", AnswerFormat::Phone, Some(LeadField::Phone))),
        essential(question("Where is it?", AnswerFormat::Address, Some(LeadField::Address))),
    ]
}

/// A business that rings Ana.
fn on_call(questions: Vec<Question>) -> Shop {
    let mut shop = Shop::asking(questions);
    shop.alarm.contacts.push(EscalationContact {
        id: EscalationContactId::new(),
        name: "Ana".into(),
        phone: PhoneNumber::read("+12065550171", "US").unwrap(),
        email: None,
        quiet_hours: None,
        tries: 1,
        is_active: true,
    });
    shop
}

#[test]
fn who_cries_for_help_leaves_an_urgent_lead_and_an_incident_with_the_first_words() {
    let shop = on_call(questions());
    let mut visit = Visit::to(&shop);
    visit.says("Hello");
    assert!(visit.talk.incident(&shop.desk()).is_none());
    let reply = visit.says(FLOOD);
    assert!(reply.is_fixed && reply.text.contains("rung right now"), "{}", reply.text);
    let lead = visit.lead();
    assert_eq!((lead.priority, lead.message.as_deref()), (Priority::Urgent, Some(FLOOD)));
    let incident = visit.talk.incident(&shop.desk()).unwrap();
    assert_eq!((incident.words.as_str(), Some(incident.severity)), (FLOOD, visit.lead().emergency));
    assert_eq!((incident.lead_id, incident.conversation_id), (Some(lead.id), lead.conversation_id));
}

/// Row 127: from severity 8 on, once, within one turn.
#[test]
fn the_offer_is_made_once_and_not_for_what_is_less_grave() {
    let shop = on_call(questions());
    let mut visit = Visit::to(&shop);
    let first = visit.says(FLOOD);
    assert!(first.text.contains("Shall I connect you"), "{}", first.text);
    assert_eq!(visit.talk.view(&shop.desk()).quick_replies.len(), 2);
    let again = visit.says("Please hurry, water is pouring through the ceiling and it is rising fast!");
    assert!(!again.text.contains("Shall I connect you"), "{}", again.text);

    let mut shop = on_call(questions());
    shop.alarm.offer_threshold = 10;
    let mut visit = Visit::to(&shop);
    let reply = visit.says(FLOOD);
    assert!(
        !reply.text.contains("Shall I connect you") && reply.text.contains("What is your name?"),
        "{}",
        reply.text
    );
}

/// Row 129: essential questions only, read back, complete.
#[test]
fn only_what_matters_is_asked_and_it_is_read_back() {
    let shop = on_call(questions());
    let mut visit = Visit::to(&shop);
    visit.says(FLOOD);
    let asks = visit.says("Take my details");
    assert_eq!(visit.talk.alarm().unwrap().choice(), Some(Choice::Questions));
    assert!(asks.text.ends_with("What is your name?"), "{}", asks.text);
    assert!(visit.says("Sam Reyes").text.ends_with("What number can we call?"));
    assert!(visit.says("206 555 0142").text.ends_with("Where is it?"));
    let done = visit.says("12 Elm Street, Seattle");
    for said in ["Sam Reyes", "12 Elm Street", "Our people are being called"] {
        assert!(done.text.contains(said), "{said}: {}", done.text);
    }
    assert!(!done.text.contains("mail address"), "{}", done.text);
    let incident = visit.talk.incident(&shop.desk()).unwrap();
    assert_eq!(incident.caller_name.as_deref(), Some("Sam Reyes"));
    assert_eq!(incident.caller_phone.as_deref(), Some("+12065550142"));
    assert!(incident.address.unwrap().contains("12 Elm Street"));
    assert_eq!(visit.lead().completeness, Completeness::Partial, "the mail address was not asked for");
}

/// Row 134.
#[test]
fn a_question_that_is_ticked_is_asked_in_the_next_emergency() {
    let mut questions = questions();
    questions.push(Question {
        is_essential_for_emergency: true,
        ..question("Is the main valve closed?", AnswerFormat::YesNo, None)
    });
    let shop = on_call(questions);
    let mut visit = Visit::to(&shop);
    for line in [FLOOD, "2", "Sam Reyes", "206 555 0142"] {
        visit.says(line);
    }
    assert!(visit.says("12 Elm Street, Seattle").text.ends_with("Is the main valve closed?"));
}

#[test]
fn where_nothing_is_ticked_and_no_number_is_asked_for_it_is_asked_all_the_same() {
    let only_mail = vec![question("What is your mail address?", AnswerFormat::Email, Some(LeadField::Email))];
    let shop = on_call(only_mail);
    let mut visit = Visit::to(&shop);
    visit.says(FLOOD);
    assert!(visit.says("just take the details").text.contains("What number can we call you on?"));
    let done = visit.says("206 555 0142");
    assert!(done.text.contains("Our people are being called"), "{}", done.text);
    assert_eq!(visit.lead().phone.as_deref(), Some("+12065550142"));
}

#[test]
fn danger_to_life_is_first_told_to_ring_the_local_number() {
    for (region, number) in [("US", "911"), ("GB", "999"), ("ES", "112")] {
        let mut shop = on_call(questions());
        shop.business.region = region.into();
        let mut visit = Visit::to(&shop);
        let reply = visit.says("My husband collapsed and he is not breathing!");
        let first = reply.text.split("\n\n").next().unwrap_or_default();
        assert!(first.contains(number), "{region}: {}", reply.text);
        let later = visit.says("He is not breathing, please!");
        assert!(!later.text.contains(number), "said once: {}", later.text);
    }
}

/// Row 69 and design 5: without the plan, or without anybody to ring, nobody is offered what would not come.
#[test]
fn who_cannot_be_connected_is_not_offered_it() {
    let mut basic = on_call(questions());
    basic.plan = Plan::built_in(PlanCode::Basic);
    for shop in [basic, Shop::asking(questions())] {
        let mut visit = Visit::to(&shop);
        let reply = visit.says(FLOOD);
        assert!(!reply.text.contains("Shall I connect"), "{}", reply.text);
        assert!(reply.text.contains("alerting our people"), "{}", reply.text);
        assert!(reply.text.ends_with("What is your name?"), "{}", reply.text);
    }
}

#[test]
fn the_offer_is_answered_as_people_answer() {
    for (said, choice) in [
        ("connect me now", Some(Choice::Connect)),
        ("yes", Some(Choice::Connect)),
        ("Call me please", Some(Choice::Connect)),
        ("please connect me, no questions", Some(Choice::Connect)),
        ("no, don't call, just take the details", Some(Choice::Questions)),
        ("2", Some(Choice::Questions)),
        ("sí", Some(Choice::Connect)),
        ("anote mis datos", Some(Choice::Questions)),
        ("I live at 12 Elm Street and there is so much of it everywhere", None),
    ] {
        let shop = on_call(questions());
        let mut visit = Visit::to(&shop);
        visit.says(FLOOD);
        visit.says(said);
        assert_eq!(visit.talk.alarm().unwrap().choice(), choice, "{said}");
    }
}

#[test]
fn two_halves_of_a_cry_are_one() {
    let shop = on_call(questions());
    let mut visit = Visit::to(&shop);
    visit.says("There is a lot of water");
    visit.says("it is pouring through the ceiling");
    assert!(visit.talk.alarm().is_some());
}

#[test]
fn what_is_no_emergency_rings_nobody() {
    let shop = on_call(questions());
    for line in ["Do you offer emergency services?", "We had a burst pipe last year.", "There is no leak."] {
        let mut visit = Visit::to(&shop);
        visit.says(line);
        assert!(visit.talk.alarm().is_none(), "{line}");
    }
}

#[test]
fn who_complains_is_looked_at_before_the_others() {
    let shop = on_call(questions());
    let mut visit = Visit::to(&shop);
    visit.says("I want to complain, your plumber never came and nobody calls me back.");
    assert_eq!(visit.lead().priority, Priority::High);
}
