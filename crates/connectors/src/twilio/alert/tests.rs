use super::*;
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

const HOSTILE: &str = "</Say><Hangup/><Dial>+12065550199</Dial> & \"<break time='9s'/>\" ]]> {caller}";

fn alert<'a>(words: &'a str, business: &'a str) -> Alert<'a> {
    Alert {
        business,
        words,
        caller: Some("+12065550142"),
        instructions: "Shut the main valve.",
        is_drill: false,
        tone: Some("https://voice.example.com/api/voice/alert/tone.wav"),
        action: "https://voice.example.com/api/voice/alert/key?attempt=1",
    }
}

/// The names of the elements in order, and all text within the first `<Say>`.
fn read(document: &Twiml) -> (Vec<String>, String) {
    let xml = document.render();
    let mut reader = Reader::from_str(&xml);
    let (mut names, mut spoken, mut says) = (Vec::new(), String::new(), 0);
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                says += u32::from(name == "Say");
                names.push(name);
            }
            Event::Text(text) if says == 1 => spoken.push_str(&text.decode().unwrap()),
            Event::GeneralRef(reference) if says == 1 => {
                let known = reference.resolve_char_ref().unwrap().map(String::from);
                let named =
                    |name: &str| quick_xml::escape::resolve_predefined_entity(name).unwrap().to_owned();
                spoken.push_str(&known.unwrap_or_else(|| named(&reference.decode().unwrap())));
            }
            Event::End(tag) if tag.name().as_ref() == b"Say" => says += 1,
            Event::Eof => return (names, spoken),
            _ => {}
        }
    }
}

/// Rows 81 and 131: a tone, the caller's words as they were said, three rounds, and a hang-up that accepts nothing.
#[test]
fn an_alert_is_spoken_three_times_and_hostile_words_are_only_words() {
    let document = document(&alert(HOSTILE, "Alpha & Sons"), "en-US", &voice("", "en-US"));
    let round =
        ["Gather", "Play", "Say", "emphasis", "emphasis", "break", "break", "say-as", "break", "break"];
    let mut expected = vec!["Response"];
    expected.extend([round; 3].concat());
    expected.extend(["Say", "Hangup"]);
    let (names, spoken) = read(&document);
    assert_eq!(names, expected);
    assert!(spoken.contains(HOSTILE) && spoken.contains("Alpha & Sons"), "{spoken}");
    assert!(spoken.contains("Press 1 to accept."), "{spoken}");
    assert!(document.render().contains(r#"numDigits="1" finishOnKey="""#));
}

/// Row 81: the business's own voice and language, and a drill that says it is one.
#[test]
fn the_voice_and_language_are_the_business_s_and_a_drill_says_so() {
    let drill = Alert { is_drill: true, tone: None, ..alert("agua", "Alfa") };
    for (language, own, key, trial) in [
        ("es-US", "Polly.Penelope", "Pulse 1 para aceptar.", "simulacro"),
        ("fr-FR", "Polly.Celine", "Appuyez sur 1 pour accepter.", "exercice"),
        ("en-GB", "Polly.Amy", "Press 1 to accept.", "drill"),
    ] {
        let document = document(&drill, language, &voice("", language)).render();
        for part in [own, key, trial, &format!("language=\"{language}\"")] {
            assert!(document.contains(part), "{part} in {document}");
        }
    }
    let own = document(&drill, "en-US", &voice("Google.en-US-Chirp3-HD-Aoede", "en-US")).render();
    assert!(own.contains("Google.en-US-Chirp3-HD-Aoede"));
    assert!(reply(Reply::Accepted, "es-US", &voice("", "es-US")).render().ends_with("<Hangup/></Response>"));
}

proptest! {
    /// Row 81: whatever was said, the document has the same elements, and reading it back gives the exact words.
    #[test]
    fn no_words_add_an_element(words in "[\\PC<>&\"'\\]{}/]{1,200}", business in "[\\PC<>&\"']{1,40}") {
        let english = voice("", "en-US");
        let plain = read(&document(&alert("x", "y"), "en-US", &english)).0;
        let (names, spoken) = read(&document(&alert(&words, &business), "en-US", &english));
        prop_assert_eq!(names, plain);
        let legal: String = words.chars().filter(|one| !matches!(one, '\u{FFFE}' | '\u{FFFF}')).collect();
        prop_assert!(spoken.contains(&legal), "{}", spoken);
    }
}
