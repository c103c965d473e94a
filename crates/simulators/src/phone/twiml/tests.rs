use proptest::prelude::*;

use super::*;
use crate::phone::violation::LONG_SAY;

fn problem(inner: &str) -> Problem {
    match read(&format!("<Response>{inner}</Response>")) {
        Ok(document) => panic!("taken: {inner} as {document:?}"),
        Err(problem) => problem,
    }
}

#[test]
fn what_twilio_refuses_is_refused() {
    for (inner, what) in [
        ("<Sing/>", "<Sing> is no verb here"),
        ("hello", "may not hold the text `hello`"),
        ("<Say shout='1'>a</Say>", "has no attribute `shout`"),
        ("<Say voice='bob'>a</Say>", "has no voice `bob`"),
        ("<Say>a <break/></Say>", "may not hold <break>"),
        ("<Say voice='alice'>a <emphasis>b</emphasis></Say>", "may not hold <emphasis>"),
        ("<Say voice='Polly.Joanna'>a <blink/></Say>", "may not hold <blink>"),
        ("<Say loop='-1'>a</Say>", "takes 0 to 1000 as `loop`"),
        ("<Pause length='x'/>", "takes 0 to 86400 as `length`"),
        ("<Pause>1</Pause>", "may not hold the text `1`"),
        ("<Redirect>/next</Redirect>", "needs an absolute http or https URL, not `/next`"),
        ("<Redirect method='PUT'>http://a.example.com/</Redirect>", "takes one of"),
        ("<Redirect/>", "needs an absolute http or https URL, not ``"),
        ("<Play>beep.mp3</Play>", "needs an absolute http"),
        ("<Hangup reason='x'/>", "has no attribute `reason`"),
        ("<Say>a</Say><Reject/>", "works only as the first verb"),
        ("<Reject reason='tired'/>", "takes one of"),
        ("<Connect/>", "holds one <Stream>"),
        ("<Connect><Room>a</Room></Connect>", "cannot connect <Room>"),
        ("<Connect><Stream/></Connect>", "needs a url"),
        ("<Connect><Stream url='https://a.example.com/s'/></Connect>", "ws or wss URL"),
        ("<Connect><Stream url='/s'/></Connect>", "ws or wss URL"),
        ("<Connect><Stream url='wss://a.example.com/s' track='both_tracks'/></Connect>", "`track`"),
        (
            "<Connect><Stream url='wss://a.example.com/s'><Parameter name='a'/></Stream></Connect>",
            "needs a name and a value",
        ),
        ("<Connect><Stream url='wss://a.example.com/s'><Extra/></Stream></Connect>", "may not hold <Extra>"),
        ("<Start><Stream url='wss://a.example.com/s'/></Start>", "not supported"),
        ("<Enqueue>line</Enqueue>", "not supported"),
        ("<Gather input='fax'/>", "takes some of"),
        ("<Gather><Dial>+12125550100</Dial></Gather>", "may not hold <Dial>"),
        ("<Gather finishOnKey='x'/>", "cannot finish on `x`"),
        ("<Gather numDigits='0'/>", "takes 1 to 100"),
        ("<Gather action='/digits'/>", "needs an absolute http"),
        ("<Record maxLength='0'/>", "takes 1 to 14400"),
        ("<Record recordingStatusCallbackEvent='done'/>", "takes some of"),
        ("<Dial>555 0100</Dial>", "needs a number in E.164"),
        ("<Dial callerId='me'>+12125550100</Dial>", "needs E.164 as callerId"),
        ("<Dial><Sip>a</Sip></Dial>", "cannot call <Sip> here"),
        ("<Dial><Conference/></Dial>", "needs a name"),
        ("<Dial record='record-from-answer'>+12125550100</Dial>", "cannot record"),
        ("<Say>a</Say", "cannot be parsed"),
        ("<Say>a & b</Say>", "cannot be parsed"),
        ("<Say>&nbsp;</Say>", "unknown entity"),
        ("<Say voice='man' voice='man'>a</Say>", "cannot be parsed"),
        ("</Response><Response>", "an element follows"),
    ] {
        let problem = problem(inner);
        assert!(problem.what.contains(what), "{inner}: {}", problem.what);
        assert_eq!(problem.code, BAD_TWIML, "{inner}");
    }
}

#[test]
fn a_document_is_one_response() {
    for (text, what) in [
        ("", "empty"),
        ("   ", "empty"),
        ("{\"a\":1}", "text outside"),
        ("<Answer/>", "the root element is <Answer>"),
        ("<Response>", "ends inside"),
        ("<Response version='1'/>", "has no attribute"),
        ("<Response/>more", "text outside"),
        ("<!DOCTYPE x><Response/>", "document type"),
    ] {
        let problem = read(text).unwrap_err();
        assert!(problem.what.contains(what), "{text}: {}", problem.what);
    }
    assert!(read("<?xml version=\"1.0\"?>\n<!-- hi -->\n<Response/>\n").is_ok());
}

#[test]
fn a_stream_keeps_its_parameters_in_order() {
    let document = read(
        "<Response><Connect action='https://a.example.com/done'>\
         <Stream url='wss://a.example.com/s' name='n'><Parameter name='token' value='a&amp;b'/>\
         <Parameter name='x' value=''/></Stream></Connect></Response>",
    )
    .unwrap();
    let Verb::Connect { stream, action } = &document.verbs[0].verb else {
        panic!("{document:?}");
    };
    assert_eq!(stream.url, "wss://a.example.com/s");
    let expected = [("token", "a&b"), ("x", "")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    assert_eq!(stream.parameters, expected);
    assert_eq!(action.as_ref().unwrap().method, Method::Post);
}

#[test]
fn parameters_end_below_500_characters() {
    let with = |length: usize| {
        let value = "v".repeat(length);
        read(&format!(
            "<Response><Connect><Stream url='wss://a.example.com/s'>\
             <Parameter name='p' value='{value}'/></Stream></Connect></Response>"
        ))
    };
    assert!(with(498).is_ok());
    assert!(with(499).is_err());
}

#[test]
fn say_takes_ssml_and_length_by_its_voice() {
    let with =
        |voice: &str, text: &str| read(&format!("<Response><Say voice='{voice}'>{text}</Say></Response>"));
    let ssml = "One <emphasis level='strong'>leak<break time='1s'/></emphasis> now";
    let document = with("Polly.Joanna-Neural", ssml).unwrap();
    assert_eq!(document.verbs[0].text.as_deref(), Some("One leak now"));
    assert!(with("Google.en-US-Chirp3-HD-Aoede", ssml).is_ok());
    for (voice, limit) in [("woman", 4_096), ("Polly.Amy", 3_000), ("Google.en-GB-Neural2-A", 5_000)] {
        assert!(with(voice, &"a".repeat(limit)).is_ok());
        let problem = with(voice, &"a".repeat(limit + 1)).unwrap_err();
        assert_eq!(problem.code, LONG_SAY, "{voice}");
    }
    assert_eq!(with("man", " ").unwrap().warnings.len(), 1);
}

#[test]
fn defaults_are_those_of_the_page() {
    let document = read("<Response><Gather/><Record/><Dial>+12125550100</Dial><Pause/></Response>").unwrap();
    let verbs: Vec<&Verb> = document.verbs.iter().map(|spelled| &spelled.verb).collect();
    let Verb::Gather(gather) = verbs[0] else { panic!() };
    assert_eq!((gather.dtmf, gather.speech, gather.timeout_ms), (true, false, 5_000));
    assert_eq!((gather.finish_key, gather.on_empty, gather.barge_in), (Some('#'), false, true));
    let Verb::Record(record) = verbs[1] else { panic!() };
    assert_eq!((record.timeout_ms, record.max_length_ms, record.beep), (5_000, 3_600_000, true));
    let Verb::Dial(dial) = verbs[2] else { panic!() };
    assert_eq!((dial.timeout_ms, dial.time_limit_ms), (30_000, 14_400_000));
    assert_eq!(verbs[3], &Verb::Prompt(Prompt::Pause { ms: 1_000 }));
}

proptest! {
    #[test]
    fn no_text_panics(text in "(?s)(<|>|/|&|Response|Say|Dial|'|=|.){0,40}") {
        let _ = read(&text);
    }
}
