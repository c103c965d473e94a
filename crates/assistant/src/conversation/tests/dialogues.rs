use super::*;

/// Says each line and looks for a part of the reply; an empty part looks for nothing, one that begins with `!` must not be
/// there.
fn holds(visit: &mut Visit<'_>, lines: &[(&str, &str)]) {
    for (line, part) in lines {
        let reply = visit.says(line).text;
        let is_so = part.strip_prefix('!').map_or(reply.contains(part), |part| !reply.contains(part));
        assert!(is_so, "{line:?} was answered {reply:?}, where {part:?} was looked for");
    }
}

#[test]
fn answers_that_come_at_once_are_not_asked_for_again() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    holds(
        &mut visit,
        &[
            (
                "Hello, my kitchen sink is leaking and I need a plumber. My name is Sam Lee, 206 555 0143.",
                "What is your mail address?",
            ),
            ("sam@example.com", "I have everything I need"),
        ],
    );
    let lead = visit.lead();
    assert_eq!(lead.name.as_deref(), Some("Sam Lee"));
    assert_eq!(lead.phone.as_deref(), Some("+12065550143"));
    assert_eq!(lead.email.as_deref(), Some("sam@example.com"));
    assert_eq!(lead.message.as_deref(), Some("Hello, my kitchen sink is leaking and I need a plumber."));
    assert_eq!(lead.completeness, Completeness::Complete);
}

#[test]
fn what_does_not_fit_is_asked_for_twice_with_what_is_wrong_and_then_kept_as_said() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    holds(
        &mut visit,
        &[
            ("I would like to book an appointment for Tuesday", "What is your name?"),
            ("Dana Reyes", "Which number"),
            ("555", "Which number"),
            ("five five five", "does not quite fit"),
            ("555", "noted it the way you wrote it"),
        ],
    );
    let answer = visit.lead().answers.iter().find(|answer| answer.needs_check).unwrap();
    assert_eq!(
        (answer.question_text.as_str(), answer.value.as_str()),
        ("Which number can we reach you on?", "555")
    );
}

#[test]
fn a_question_in_between_is_answered_and_the_pointer_stays() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop).knowing("boiler", "We mend boilers of all makes.");
    holds(
        &mut visit,
        &[
            ("Please call me back about a quote", "What is your name?"),
            ("Do you mend boilers?", "boilers of all makes"),
            ("Sure, I am Dana", "Which number"),
            ("why do you need my number?", "Which number"),
            ("are you a robot?", "automated assistant of Acme Plumbing"),
        ],
    );
    assert_eq!(visit.lead().name.as_deref(), Some("Dana"));
}

#[test]
fn corrections_change_what_was_said_and_nothing_else() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    holds(
        &mut visit,
        &[
            ("Our tap is broken, please send somebody", "What is your name?"),
            ("Dana Reyes", "Which number"),
            ("206 555 0142", "mail address"),
            ("actually my number is 206 555 0144", "changed that to +12065550144"),
            ("dana@example.com", "I have everything"),
            ("sorry, I meant dana.reyes@example.com", "changed that to dana.reyes@example.com"),
            ("it's Reis, not Reyes", "changed that to Reis"),
        ],
    );
    let lead = visit.lead();
    assert_eq!(lead.phone.as_deref(), Some("+12065550144"));
    assert_eq!(lead.email.as_deref(), Some("dana.reyes@example.com"));
    assert_eq!(lead.name.as_deref(), Some("Reis"));
    assert_eq!(lead.message.as_deref(), Some("Our tap is broken, please send somebody"));
}

#[test]
fn who_would_rather_not_say_is_asked_once_more_if_it_matters_and_then_left_alone() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    holds(
        &mut visit,
        &[
            ("I want to complain about the last repair", "sorry to hear"),
            ("I'd rather not say", "What is your name?"),
            ("no", "Which number"),
            ("206 555 0142", "mail address"),
            ("skip", "I have everything"),
        ],
    );
    assert_eq!(visit.lead().completeness, Completeness::Partial, "a required question has no answer");
}

#[test]
fn a_question_is_never_put_for_ever() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop).knowing("hours", "From nine to five.");
    holds(&mut visit, &[("Please call me back", "What is your name?")]);
    let mut times = 1;
    for _ in 0..10 {
        times +=
            usize::from(visit.says("what are your hours on weekends?").text.contains("What is your name?"));
    }
    assert_eq!(times, usize::from(ASKS));
}

#[test]
fn hours_and_address_come_from_the_settings_with_their_source() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    for (line, part, title) in [
        ("are you open right now?", "open now, until 17:00", "Opening hours"),
        ("Are you open on Saturday?", "09:00 to 12:00", "Opening hours"),
        ("are you open on Sunday?", "On Sunday, 29 November we are closed", "Opening hours"),
        ("where are you located?", "12 Harbor Street", "Address"),
        ("¿Están abiertos el sábado?", "El sábado 28 de noviembre abrimos de 09:00 a 12:00", "Horario"),
    ] {
        let response = visit.says(line);
        assert!(response.text.contains(part), "{line}: {}", response.text);
        assert_eq!(response.sources.first().map(|source| source.title.as_str()), Some(title), "{line}");
    }
    let night = Shop::asking(usual()).at_night();
    let reply = Visit::to(&night).says("are you open now?").text;
    assert!(reply.contains("closed right now. We open again on Tuesday, 24 November at 08:00"), "{reply}");
}

#[test]
fn what_nobody_wrote_down_is_said_to_be_unknown_and_kept_as_a_gap() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    let response = visit.says("How much is a new water heater?");
    assert!(response.text.contains("would rather not guess") && response.text.contains("Shall I take down"));
    assert_eq!(response.gap.as_deref(), Some("How much is a new water heater?"));
    assert!(!response.text.contains('$'));
    holds(&mut visit, &[("yes please", "What is your name?")]);
    assert_eq!(visit.lead().message.as_deref(), Some("How much is a new water heater?"));

    let mut visit = Visit::to(&shop);
    visit.says("How much is a new water heater?");
    holds(&mut visit, &[("no thanks", "anything else")]);
    assert!(visit.talk.lead().is_none(), "who declines leaves nothing");
}

#[test]
fn small_talk_thanks_and_goodbye_make_no_lead() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    holds(&mut visit, &[("Hi there!", "What can I do for you"), ("thanks a lot", "You are welcome")]);
    let response = visit.says("ok bye");
    assert!(response.is_over && response.text.contains("Goodbye"), "{response:?}");
    assert!(visit.talk.lead().is_none());
    assert!(visit.talk.topic().is_none());
}

#[test]
fn choices_days_numbers_addresses_and_yes_or_no_are_read_as_people_say_them() {
    let repair = Question {
        choices: ["Repair", "New installation", "Quote"].map(String::from).into(),
        ..question("What do you need?", AnswerFormat::Choice, None)
    };
    let urgent = question("Is it urgent?", AnswerFormat::YesNo, None);
    let day = Question {
        show_when: Some(ShowWhen { question_id: urgent.id, equals: vec!["no".into()] }),
        ..question("Which day suits you?", AnswerFormat::Date, None)
    };
    let rooms = question("How many rooms are there?", AnswerFormat::Number, None);
    let place = question("What is the address?", AnswerFormat::Address, Some(LeadField::Address));
    let shop = Shop::asking(vec![repair, urgent, day, rooms, place]);
    let mut visit = Visit::to(&shop);
    let offered = |visit: &Visit<'_>| visit.talk.view(&shop.desk()).quick_replies;
    holds(&mut visit, &[("I'd like somebody to call me back", "What do you need?")]);
    assert_eq!(
        offered(&visit).iter().map(|reply| reply.text.as_str()).collect::<Vec<_>>(),
        ["Repair", "New installation", "Quote"]
    );
    holds(&mut visit, &[("a bicycle", "Please choose one of these"), ("the second one", "Is it urgent?")]);
    assert_eq!(offered(&visit)[1].value.as_deref(), Some("no"));
    holds(
        &mut visit,
        &[
            ("not really, no", "Which day"),
            ("next Thursday", "How many rooms"),
            ("about four", "What is the address?"),
            ("It's 12 Harbor Street, Seattle", "I have everything"),
        ],
    );
    let values: Vec<&str> = visit.lead().answers.iter().map(|answer| answer.value.as_str()).collect();
    assert_eq!(values[..2], ["New installation", "no"]);
    assert!(values[2].starts_with("2026-1"), "{values:?}");
    assert_eq!(values[3..], ["4", "12 Harbor Street, Seattle"]);
    assert_eq!(visit.lead().address.as_deref(), Some("12 Harbor Street, Seattle"));
}

#[test]
fn a_question_whose_condition_is_not_met_is_not_asked() {
    let urgent = question("Is it urgent?", AnswerFormat::YesNo, None);
    let day = Question {
        show_when: Some(ShowWhen { question_id: urgent.id, equals: vec!["no".into()] }),
        ..question("Which day suits you?", AnswerFormat::Date, None)
    };
    let shop = Shop::asking(vec![urgent, day]);
    let mut visit = Visit::to(&shop);
    holds(&mut visit, &[("please call me back", "Is it urgent?"), ("yes", "I have everything")]);
    assert_eq!(visit.lead().completeness, Completeness::Complete);
}

#[test]
fn spanish_is_answered_in_spanish() {
    let shop = Shop::asking(vec![
        question("¿Cómo se llama?", AnswerFormat::Text, Some(LeadField::Name)),
        question("¿Su teléfono?", AnswerFormat::Phone, Some(LeadField::Phone)),
    ]);
    let mut visit = Visit::to(&shop);
    holds(
        &mut visit,
        &[
            ("Hola, quiero cambiar una tubería vieja y necesito un plomero", "¿Cómo se llama?"),
            ("Me llamo Ana Ruiz", "¿Su teléfono?"),
            ("206", "no parece un número"),
            ("206 555 0142", "tengo todo lo que necesito"),
            ("gracias, adiós", "Hasta luego"),
        ],
    );
    assert_eq!(visit.lead().name.as_deref(), Some("Ana Ruiz"));
    assert!(visit.lead().message.as_deref().unwrap().contains("tubería"));
}

#[test]
fn a_person_is_asked_for_and_the_request_is_taken_down() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    let response = visit.says("Can I talk to a real person please?");
    assert!(response.wants_person && response.text.contains("automated assistant"), "{response:?}");
    assert!(response.text.contains("What is your name?"));
}

#[test]
fn who_sells_something_is_filed_as_spam() {
    let shop = Shop::asking(usual());
    let mut visit = Visit::to(&shop);
    let response = visit
        .says("We are an SEO agency and can get your website to the top of Google, interested in our offer?");
    assert!(response.text.contains("do not take offers"), "{response:?}");
    visit.says("My email is seo@example.com");
    assert_eq!(visit.lead().handling.status, LeadStatus::Spam);
}

#[test]
fn a_matter_that_comes_after_the_summary_is_added_to_the_request() {
    let shop = Shop::asking(vec![question(
        "Which number can we reach you on?",
        AnswerFormat::Phone,
        Some(LeadField::Phone),
    )]);
    let mut visit = Visit::to(&shop);
    holds(
        &mut visit,
        &[
            ("My heater is broken", "Which number"),
            ("206 555 0142", "I have everything"),
            ("The bathroom tap is broken too", "added that to your request"),
        ],
    );
    assert_eq!(visit.lead().message.as_deref(), Some("My heater is broken\nThe bathroom tap is broken too"));
}

#[test]
fn a_tool_of_a_model_and_a_line_of_a_visitor_lead_to_the_same_lead() {
    let shop = Shop::asking(usual());
    let desk = shop.desk();
    let mut visit = Visit::to(&shop);
    for line in ["My heater is broken", "Dana Reyes", "206 555 0142", "dana@example.com"] {
        visit.says(line);
    }
    let mut call = Conversation::of_call(&desk, CallId::new(), "anonymous");
    for (key, answer) in [
        ("q4", "My heater is broken"),
        ("q1", "Dana Reyes"),
        ("q2", "(206) 555-0142"),
        ("q3", "Dana@Example.com"),
    ] {
        let tool = ToolCall::SaveAnswer { question: key.into(), answer: answer.into() };
        assert!(call.apply(&tool, &desk).changed);
    }
    let (chat, phone) = (visit.lead().clone(), call.lead().unwrap().clone());
    assert_eq!(
        (chat.name, chat.phone, chat.email, chat.message),
        (phone.name, phone.phone, phone.email, phone.message)
    );
    assert_eq!((chat.answers, chat.completeness), (phone.answers, phone.completeness));
    assert_eq!(call.stage(), Stage::Done);
}

#[test]
fn what_stands_in_a_pasted_link_was_not_said() {
    let shop = Shop::asking(usual());
    holds(&mut Visit::to(&shop), &[("https://www.example.com/talk.to-somebody-now", "!person")]);
}
