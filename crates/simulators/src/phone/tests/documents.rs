use super::*;
use crate::{speech, ulaw, wav};

#[tokio::test]
async fn the_webhook_is_what_the_page_describes() {
    let office = Office::open("<Say>Good morning.</Say><Pause length='1'/><Hangup/><Say>Never.</Say>").await;
    let network = network().await;
    let settings = Dial {
        params: vec![("StirVerstat".to_owned(), "TN-Validation-Passed-A".to_owned())],
        ..dial(&office, vec![])
    };
    let mut call = network.dial(settings);
    let mut events = call.events().unwrap();
    let report = call.finish().await;

    let voice = &office.seen("/voice")[0];
    assert!(voice.is_signed);
    assert_eq!(voice.agent, "TwilioProxy/1.1");
    for (name, value) in [
        ("CallSid", report.call_sid.as_str()),
        ("AccountSid", ACCOUNT),
        ("From", CALLER),
        ("To", OFFICE),
        ("Caller", CALLER),
        ("Called", OFFICE),
        ("CallStatus", "ringing"),
        ("ApiVersion", "2010-04-01"),
        ("Direction", "inbound"),
        ("FromCity", ""),
        ("StirVerstat", "TN-Validation-Passed-A"),
    ] {
        assert_eq!(voice.param(name), Some(value), "{name}");
    }
    assert_eq!(report.call_sid.len(), 34);
    assert_eq!(report.verb_names(), ["Say", "Pause", "Hangup"]);
    assert_eq!(report.end, EndReason::HangupVerb);
    let said = speech::sound_of("Good morning.");
    let span = report.heard_spans[0];
    assert_eq!(report.heard[span.start as usize..span.end as usize], *said);
    assert_eq!(report.heard.len(), report.said.len());

    let status = &office.seen("/status")[0];
    assert!(status.is_signed);
    assert_eq!(status.param("CallStatus"), Some("completed"));
    assert_eq!(status.param("SequenceNumber"), Some("0"));
    assert_eq!(status.param("CallbackSource"), Some("call-progress-events"));
    assert_eq!(status.param("SipResponseCode"), Some("200"));
    let seconds: u64 = status.param("CallDuration").unwrap().parse().unwrap();
    assert_eq!(seconds, (report.duration_ms + 500) / 1_000);
    assert_eq!(status.param("Duration"), Some("1"));
    assert!(status.param("Timestamp").unwrap().ends_with(" +0000"));

    let mut kinds = Vec::new();
    while let Ok(event) = events.try_recv() {
        kinds.push(event.kind);
    }
    assert!(matches!(kinds.first(), Some(PhoneEventKind::Ringing)));
    assert!(kinds.iter().any(|kind| matches!(kind, PhoneEventKind::AgentSpeaks { .. })));
    let ended = PhoneEventKind::Ended { reason: EndReason::HangupVerb };
    assert_eq!(format!("{:?}", kinds.last().unwrap()), format!("{ended:?}"));
}

#[tokio::test]
async fn the_status_callback_can_come_twice_or_never() {
    let office = Office::open("<Hangup/>").await;
    let network = network().await;
    for (delivery, expected) in [(Delivery::Never, 0), (Delivery::Twice, 2)] {
        let settings = Dial { status_delivery: delivery, ..dial(&office, vec![]) };
        network.dial(settings).finish().await;
        assert_eq!(office.seen("/status").len(), expected);
    }
}

#[tokio::test]
async fn bad_answers_go_to_the_fallback_and_else_end_the_call() {
    let long = format!("<Response><!--{}--></Response>", "x".repeat(64 * 1_024));
    for (status, kind, text, code, is_violation) in [
        (500, "text/xml", "<Response/>", "11200", false),
        (200, "application/json", "<Response/>", "12300", true),
        (200, "text/xml; charset=utf-8", "<Response><Sing/></Response>", "12100", true),
        (200, "text/xml", long.as_str(), "11200", false),
    ] {
        let office = Office::open("").await;
        office.answers_with("/bad", (status, kind, text.to_owned()));
        office.answers("/fallback", "<Say>One moment.</Say>");
        let network = network().await;
        let bad = Dial { webhook: office.url("/bad"), ..dial(&office, vec![]) };
        let report =
            network.dial(Dial { fallback: Some(office.url("/fallback")), ..bad.clone() }).finish().await;
        assert_eq!(report.words_heard(), ["One moment."], "{kind}");
        let asked = &office.seen("/fallback")[0];
        assert_eq!(asked.param("ErrorCode"), Some(code));
        assert_eq!(asked.param("ErrorUrl"), Some(office.url("/bad").as_str()));
        assert_eq!(report.violations.len(), usize::from(is_violation), "{:?}", report.violations);

        let report = network.dial(bad).finish().await;
        assert_eq!(report.end, EndReason::ApplicationError);
        assert!(!report.heard_spans.is_empty(), "the caller hears of it");
    }
}

#[tokio::test]
async fn redirects_are_followed_but_not_for_ever() {
    let office = Office::open("<Redirect>BASE/next</Redirect>").await;
    office.answers("/next", "<Redirect method='GET'>BASE/last</Redirect>");
    office.answers("/last", "<Say>Here.</Say>");
    let network = network().await;
    let report = call(&network, &office, vec![]).await;
    assert_eq!(report.words_heard(), ["Here."]);

    let office = Office::open("<Redirect>BASE/voice</Redirect>").await;
    let patience = vec![Step::wait_for_agent(20), Step::HangUp];
    let report = network.dial(Dial { speed: 1.0, ..dial(&office, patience) }).finish().await;
    assert_eq!(report.violations[0].what, "50 redirects in a row");
    assert_eq!(report.end, EndReason::CallerHungUp, "the caller has heard of it");
    assert_eq!(office.seen("/voice").len(), 50);
}

#[tokio::test]
async fn rejected_calls_are_never_answered() {
    let office = Office::open("<Reject reason='busy'/>").await;
    let network = network().await;
    let report = call(&network, &office, vec![]).await;
    assert_eq!((report.answered_ms, report.status.as_str()), (None, "busy"));
    assert_eq!(office.seen("/status")[0].param("CallDuration"), Some("0"));
}

#[tokio::test]
async fn keys_and_words_are_gathered() {
    let gather = "<Gather input='dtmf speech' numDigits='2' timeout='2' speechTimeout='1' action='BASE/got'>\
                  <Say>Press one or tell me what is wrong, slowly and in many words.</Say></Gather><Say>Nothing.</Say>";
    let office = Office::open(gather).await;
    office.answers("/got", "<Hangup/>");
    let network = network().await;

    let report = call(&network, &office, vec![Step::wait_for_agent(200), Step::Press("42".to_owned())]).await;
    assert_eq!(office.seen("/got")[0].param("Digits"), Some("42"));
    let prompt = speech::sound_of("Press one or tell me what is wrong, slowly and in many words.");
    assert!(report.heard_spans[0].bytes() < prompt.len() as u64, "a key stops the prompt");
    assert_eq!(report.digits, "42");

    let words = "There is water in my cellar.";
    call(&network, &office, vec![Step::wait_quiet(200), Step::say(words)]).await;
    assert_eq!(office.seen("/got")[1].param("SpeechResult"), Some(words));
    assert!(office.seen("/got")[1].param("Confidence").is_some());

    let report = call(&network, &office, vec![Step::Press("4".to_owned())]).await;
    assert_eq!(office.seen("/got")[2].param("Digits"), Some("4"), "{report:?}");
    let report = call(&network, &office, vec![]).await;
    assert_eq!(office.seen("/got").len(), 3);
    assert_eq!(report.words_heard()[1..], ["Nothing."]);
}

#[tokio::test]
async fn a_message_is_recorded_and_served_behind_a_password() {
    let record = "<Record action='BASE/recorded' timeout='2' finishOnKey='#' \
                  recordingStatusCallback='BASE/recording'/><Say>Nothing was said.</Say>";
    let office = Office::open(record).await;
    office.answers("/recorded", "<Hangup/>");
    let network = network().await;
    let words = "Please call me back about the boiler.";
    let leave = |last: Step| vec![Step::wait_for_agent(400), Step::wait_quiet(200), Step::say(words), last];

    let report = call(&network, &office, leave(Step::Press("#".to_owned()))).await;
    let action = &office.seen("/recorded")[0];
    assert_eq!(action.param("Digits"), Some("#"));
    let url = action.param("RecordingUrl").unwrap().to_owned();
    assert!(url.ends_with(&report.recordings[0]) && url.starts_with(&network.rest_url()));
    eventually("the recording is told of", || office.seen("/recording").len() == 1).await;
    let status = &office.seen("/recording")[0];
    assert_eq!(status.param("RecordingStatus"), Some("completed"));
    assert_eq!(status.param("RecordingUrl"), Some(url.as_str()));

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 401);
    let file = client.get(format!("{url}.wav")).basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
    let sound = wav::to_ulaw(&file.bytes().await.unwrap()).unwrap();
    let spoken = speech::sound_of(words);
    let spoken = &spoken[..=spoken.iter().rposition(|&code| ear::is_loud(code)).unwrap()];
    // Both codes of zero read back from linear samples as one.
    let linear = |codes: &[u8]| codes.iter().map(|&code| ulaw::decode(code)).collect::<Vec<_>>();
    assert!(linear(&sound).ends_with(&linear(spoken)));

    let report = call(&network, &office, leave(Step::HangUp)).await;
    assert_eq!(report.end, EndReason::CallerHungUp);
    assert_eq!(office.seen("/recorded")[1].param("Digits"), Some("hangup"));
    eventually("the second recording is told of", || office.seen("/recording").len() == 2).await;

    let report = call(&network, &office, vec![]).await;
    assert_eq!(report.words_heard(), ["Nothing was said."]);
    assert_eq!((office.seen("/recorded").len(), network.violations()), (2, vec![]));
}

#[tokio::test]
async fn hanging_up_before_the_answer_cancels_the_call() {
    let office = Office::open("<Say>Too late.</Say>").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let deaf = format!("http://{}/voice", listener.local_addr().unwrap());
    let network = network().await;
    let settings = Dial {
        webhook: deaf.parse().unwrap(),
        hang_up_after: Some(Duration::from_secs(2)),
        ..dial(&office, vec![])
    };
    let report = network.dial(settings).finish().await;
    assert_eq!((report.status.as_str(), report.end), ("canceled", EndReason::CallerHungUp));
    assert_eq!(office.seen("/status")[0].param("CallStatus"), Some("canceled"));
}

#[tokio::test]
async fn tracks_are_left_as_files() {
    let office = Office::open("<Say>For the record.</Say>").await;
    let folder = tempfile::tempdir().unwrap();
    let settings = NetworkSettings {
        recordings_dir: Some(folder.path().to_owned()),
        ..NetworkSettings::new(ACCOUNT, TOKEN)
    };
    let network = PhoneNetwork::start(settings).await.unwrap();
    let report = call(&network, &office, vec![Step::say("Thanks.")]).await;
    let file = std::fs::read(folder.path().join(format!("{}-heard.wav", report.call_sid))).unwrap();
    assert_eq!(wav::to_ulaw(&file).unwrap().len(), report.heard.len());
    assert!(folder.path().join(format!("{}-said.wav", report.call_sid)).exists());
}
