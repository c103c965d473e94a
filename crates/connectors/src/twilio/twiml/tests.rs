use std::time::Duration;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::Event;

use super::*;

/// What a parser sees: `<name a=b`, `=text` and `>` lines, in order. Fails on what is not XML.
fn parsed(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut seen: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        let event = reader.read_event().expect("well-formed");
        match &event {
            Event::Text(piece) => text.push_str(&piece.decode().unwrap()),
            Event::GeneralRef(reference) => text.push_str(&resolved(reference)),
            _ if !text.is_empty() => seen.push(format!("={}", std::mem::take(&mut text))),
            _ => {}
        }
        match event {
            Event::Start(tag) => seen.push(described(&tag)),
            Event::Empty(tag) => seen.extend([described(&tag), ">".to_owned()]),
            Event::End(_) => seen.push(">".into()),
            Event::Eof => return seen,
            Event::Text(_) | Event::GeneralRef(_) | Event::Decl(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> String {
    if let Some(character) = reference.resolve_char_ref().unwrap() {
        return character.to_string();
    }
    let name = reference.decode().unwrap();
    quick_xml::escape::resolve_predefined_entity(&name).expect("a known entity").to_owned()
}

fn described(tag: &quick_xml::events::BytesStart<'_>) -> String {
    let mut line = format!("<{}", String::from_utf8_lossy(tag.name().as_ref()));
    for attribute in tag.attributes() {
        let attribute = attribute.unwrap();
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).unwrap();
        let _ = write!(line, " {}={value}", String::from_utf8_lossy(attribute.key.as_ref()));
    }
    line
}

fn verbs(document: &Twiml) -> Vec<String> {
    let seen = parsed(&document.render());
    assert_eq!((seen.first().unwrap().as_str(), seen.last().unwrap().as_str()), ("<Response", ">"));
    seen[1..seen.len() - 1].to_vec()
}

fn joanna() -> Voice {
    Voice::new("Polly.Joanna", "en-US")
}

#[test]
fn connects_a_stream_and_leaves_a_fall_back() {
    let url = StreamUrl::parse("wss://voice.example.com/api/voice/stream").unwrap();
    let document = Twiml::new()
        .connect_watched_stream(&url, &[("token", "a\"<b>&")], Some("https://example.com/s?a=1&b=2"))
        .unwrap()
        .redirect("https://example.com/resume?call=1&n=2");
    assert_eq!(
        verbs(&document),
        [
            "<Connect",
            "<Stream url=wss://voice.example.com/api/voice/stream statusCallback=https://example.com/s?a=1&b=2",
            "<Parameter name=token value=a\"<b>&",
            ">",
            ">",
            ">",
            "<Redirect",
            "=https://example.com/resume?call=1&n=2",
            ">",
        ]
    );
}

#[test]
fn a_stream_parameter_stays_below_500_characters() {
    let url = StreamUrl::parse("wss://example.com/s").unwrap();
    let longest = "é".repeat(494);
    assert!(Twiml::new().connect_stream(&url, &[("token", &longest)]).is_ok());
    assert_eq!(
        Twiml::new().connect_stream(&url, &[("tokens", &longest)]),
        Err(TwimlFault::ParameterTooLong { name: "tokens".into(), characters: 500 })
    );
    let many = vec![("a", "b"); 100];
    assert_eq!(Twiml::new().connect_stream(&url, &many), Err(TwimlFault::TooManyParameters(100)));
}

#[test]
fn a_stream_url_is_absolute_and_without_a_query() {
    for good in ["wss://example.com/s", "ws://127.0.0.1:3000/api/voice/stream"] {
        assert_eq!(StreamUrl::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "/s",
        "https://example.com/s",
        "wss://example.com/s?a=1",
        "wss://example.com/#a",
        "",
        "wss://example.com/a b",
    ] {
        assert!(matches!(StreamUrl::parse(bad), Err(TwimlFault::NotAStreamUrl(_))), "{bad}");
    }
}

#[test]
fn writes_the_simple_verbs() {
    let document = Twiml::new()
        .play("https://example.com/tone.wav")
        .pause(2)
        .record(&Record {
            action: "https://example.com/a",
            max_length_secs: Some(120),
            play_beep: Some(true),
            recording_status_callback: Some("https://example.com/r"),
            ..Record::default()
        })
        .hangup();
    assert_eq!(
        verbs(&document),
        [
            "<Play",
            "=https://example.com/tone.wav",
            ">",
            "<Pause length=2",
            ">",
            "<Record action=https://example.com/a maxLength=120 playBeep=true recordingStatusCallback=https://example.com/r recordingStatusCallbackEvent=completed absent",
            ">",
            "<Hangup",
            ">",
        ]
    );
    assert_eq!(verbs(&Twiml::new().reject(RejectReason::Busy)), ["<Reject reason=busy", ">"]);
    assert!(verbs(&Twiml::new()).is_empty());
}

#[test]
fn gathers_with_a_prompt_inside() {
    let gather = Gather {
        input: GatherInput::Both,
        action: "https://example.com/menu",
        timeout_secs: Some(12),
        speech_timeout: Some(SpeechTimeout::Auto),
        num_digits: Some(1),
        finish_on_key: Some(""),
        language: Some("en-GB"),
        action_on_empty_result: true,
        ..Gather::default()
    };
    let prompt = Prompt::new().say(&joanna(), "Press 1").pause(1);
    assert_eq!(
        verbs(&Twiml::new().gather(&gather, &prompt)),
        [
            "<Gather input=dtmf speech action=https://example.com/menu timeout=12 speechTimeout=auto numDigits=1 finishOnKey= language=en-GB actionOnEmptyResult=true",
            "<Say voice=Polly.Joanna language=en-US",
            "=Press 1",
            ">",
            "<Pause length=1",
            ">",
            ">",
        ]
    );
}

#[test]
fn dials_numbers_and_a_conference() {
    let number = DialTarget::Number(Number {
        number: "+12025550101",
        whisper_url: Some("https://example.com/accept"),
        status_callback: Some("https://example.com/leg"),
        ..Number::default()
    });
    let ring = Dial {
        caller_id: Some("+12025550102"),
        timeout_secs: Some(25),
        answer_on_bridge: true,
        ..Dial::default()
    };
    assert_eq!(
        verbs(&Twiml::new().dial(&ring, &[number])),
        [
            "<Dial callerId=+12025550102 timeout=25 answerOnBridge=true",
            "<Number url=https://example.com/accept statusCallback=https://example.com/leg statusCallbackEvent=initiated ringing answered completed",
            "=+12025550101",
            ">",
            ">",
        ]
    );
    let room = DialTarget::Conference(Conference {
        name: "call-7",
        end_on_exit: Some(true),
        beep: Some(false),
        wait_url: Some(""),
        ..Conference::default()
    });
    assert_eq!(
        verbs(&Twiml::new().dial(&Dial::default(), &[room])),
        ["<Dial", "<Conference endConferenceOnExit=true beep=false waitUrl=", "=call-7", ">", ">"]
    );
}

#[test]
fn speech_marks_are_elements_and_words_never_are() {
    let parts = [
        Speech::Plain("Urgent. "),
        Speech::Strong("<break/>fire & smoke"),
        Speech::Break(Duration::from_millis(400)),
        Speech::Digits("2025550101"),
    ];
    assert_eq!(
        verbs(&Twiml::new().speak(&joanna(), &parts)),
        [
            "<Say voice=Polly.Joanna language=en-US",
            "=Urgent. ",
            "<emphasis level=strong",
            "=<break/>fire & smoke",
            ">",
            "<break time=400ms",
            ">",
            "<say-as interpret-as=telephone",
            "=2025550101",
            ">",
            ">",
        ]
    );
}

#[test]
fn a_basic_voice_gets_pauses_instead_of_marks() {
    let parts = [Speech::Strong("Fire"), Speech::Break(Duration::from_millis(400)), Speech::Digits("12")];
    assert_eq!(
        verbs(&Twiml::new().speak(&Voice::new("woman", "en-US"), &parts)),
        [
            "<Say voice=woman language=en-US",
            "=Fire",
            ">",
            "<Pause length=1",
            ">",
            "<Say voice=woman language=en-US",
            "=1 2",
            ">",
        ]
    );
}

#[test]
fn a_newer_voice_gets_breaks_instead_of_emphasis() {
    let voice = Voice::new("Polly.Joanna-Neural", "en-US");
    let xml = Twiml::new().speak(&voice, &[Speech::Strong("Fire")]).render();
    assert!(!xml.contains("emphasis") && xml.contains("<break"), "{xml}");
}

#[test]
fn text_is_cut_to_the_voices_limit_between_characters() {
    let long = "é<".repeat(4000);
    for (name, limit) in [("alice", 4096), ("Polly.Joanna", 3000), ("Google.en-US-Standard-A", 5000)] {
        let seen = verbs(&Twiml::new().say(&Voice::new(name, "en-US"), &long));
        assert_eq!(seen[1].chars().count() - 1, limit, "{name}");
        assert!(long.starts_with(&seen[1][1..]));
    }
}

#[test]
fn tags_count_for_google_only() {
    let parts: Vec<_> = (0..400).map(|_| Speech::Strong("abcde")).collect();
    let inside = |name: &str| {
        let xml = Twiml::new().speak(&Voice::new(name, "en-US"), &parts).render();
        let from = xml.find("en-US\">").unwrap() + 7;
        xml[from..xml.find("</Say>").unwrap()].to_owned()
    };
    assert!(inside("Google.en-US-Standard-A").len() <= 5000);
    assert_eq!(inside("Polly.Joanna").matches("abcde").count(), 400);
}

/// Text that, unlike proptest's own strings, also holds control characters and what XML cannot hold.
fn anything() -> impl Strategy<Value = String> {
    let hostile = vec![
        '\0', '\u{b}', '\u{1f}', '\t', '\r', '\n', '<', '>', '&', '"', '\'', ']', '\u{85}', '\u{FFFE}',
        '\u{FFFF}',
    ];
    prop::collection::vec(prop_oneof![any::<char>(), prop::sample::select(hostile)], 0..40)
        .prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn hostile_text_reads_back_and_adds_nothing(text in anything(), name in anything()) {
        let url = StreamUrl::parse("wss://example.com/s").unwrap();
        let voice = Voice::new(&name, &text);
        let number = DialTarget::Number(Number { number: &text, whisper_url: Some(&text), ..Number::default() });
        let gather = Gather { action: &text, hints: Some(&name), ..Gather::default() };
        let document = Twiml::new()
            .connect_stream(&url, &[(&name, &text)]).unwrap()
            .redirect(&text)
            .dial(&Dial { action: Some(&text), ..Dial::default() }, &[number])
            .gather(&gather, &Prompt::new().play(&text))
            .speak(&voice, &[Speech::Plain("x"), Speech::Plain(&text)]);
        let seen = verbs(&document);
        let tags: Vec<_> = seen.iter().filter(|line| line.starts_with('<')).map(|line| line.split(' ').next().unwrap()).collect();
        prop_assert_eq!(
            tags,
            ["<Connect", "<Stream", "<Parameter", "<Redirect", "<Dial", "<Number", "<Gather", "<Play", "<Say"]
        );
        let legal: String = text.chars().filter(|one| markup::is_legal(*one)).collect();
        let legal_name: String = name.chars().filter(|one| markup::is_legal(*one)).collect();
        prop_assert_eq!(&seen[2], &format!("<Parameter name={legal_name} value={legal}"));
        if !legal.is_empty() {
            let line = format!("={legal}");
            prop_assert!(seen.contains(&line));
        }
        let said = format!("=x{legal}");
        prop_assert!(seen.contains(&said));
    }
}
