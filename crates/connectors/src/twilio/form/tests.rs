use proptest::prelude::*;

use super::{FormFault, MAX_BODY_BYTES, MAX_PARAMS, Params};
use crate::twilio::status::CallStatus;

#[test]
fn reads_an_inbound_webhook() {
    let body = b"CallSid=CA01&AccountSid=AC01&From=%2B12025550101&To=%2B12025550102\
        &CallStatus=ringing&Direction=inbound&ForwardedFrom=&NewThing=a+b%26c";
    let params = Params::parse(body).unwrap();
    assert_eq!(params.call_sid(), Some("CA01"));
    assert_eq!(params.account_sid(), Some("AC01"));
    assert_eq!(params.from(), Some("+12025550101"));
    assert_eq!(params.to(), Some("+12025550102"));
    assert_eq!(params.call_status(), Some(CallStatus::Ringing));
    assert_eq!(params.direction(), Some("inbound"));
    assert_eq!(params.get("NewThing"), Some("a b&c"));
    assert_eq!((params.get("ForwardedFrom"), params.forwarded_from()), (Some(""), None));
    assert_eq!(params.pairs().len(), 8);
}

#[test]
fn reads_what_actions_and_callbacks_add() {
    let body =
        b"Digits=12%23&SpeechResult=hello+there&Confidence=0.91&RecordingUrl=https%3A%2F%2Fexample.com%2FRE1\
        &RecordingDuration=17&CallDuration=61&SequenceNumber=0&DialCallStatus=no-answer&ErrorCode=11200\
        &CallStatus=teleported";
    let params = Params::parse(body).unwrap();
    assert_eq!(params.digits(), Some("12#"));
    assert_eq!(params.speech_result(), Some("hello there"));
    assert_eq!(params.confidence(), Some(0.91));
    assert_eq!(params.recording_url(), Some("https://example.com/RE1"));
    assert_eq!(params.recording_duration_secs(), Some(17));
    assert_eq!(params.call_duration_secs(), Some(61));
    assert_eq!(params.sequence_number(), Some(0));
    assert_eq!(params.dial_call_status(), Some(CallStatus::NoAnswer));
    assert_eq!(params.error_code(), Some(11_200));
    assert_eq!(params.call_status(), Some(CallStatus::Other("teleported".into())));
}

#[test]
fn a_value_of_the_wrong_kind_is_absent() {
    let params =
        Params::parse(b"CallDuration=-1&RecordingDuration=long&Confidence=NaN&SequenceNumber=99999999999")
            .unwrap();
    assert_eq!(params.call_duration_secs(), None);
    assert_eq!(params.recording_duration_secs(), None);
    assert_eq!(params.confidence(), None);
    assert_eq!(params.sequence_number(), None);
    assert_eq!(params.call_sid(), None);
}

#[test]
fn the_bounds_hold_exactly() {
    let full = "a=1&".repeat(MAX_PARAMS);
    assert_eq!(Params::parse(full.as_bytes()).unwrap().pairs().len(), MAX_PARAMS);
    assert_eq!(Params::parse(format!("{full}b=2").as_bytes()), Err(FormFault::TooMany));
    let long = vec![b'a'; MAX_BODY_BYTES];
    assert!(Params::parse(&long).is_ok());
    assert_eq!(Params::parse(&[long, vec![b'a']].concat()), Err(FormFault::TooLong));
}

#[test]
fn the_first_of_a_repeated_name_wins() {
    let params: Params = [("Digits", "1"), ("Digits", "2")].into_iter().collect();
    assert_eq!(params.digits(), Some("1"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in any::<Vec<u8>>()) {
        if let Ok(params) = Params::parse(&body) {
            let _ = (params.confidence(), params.call_status(), params.sequence_number());
        }
    }

    #[test]
    fn what_was_encoded_is_read_back(pairs in prop::collection::vec((".{1,8}", ".{0,20}"), 0..20)) {
        let body = serde_urlencoded::to_string(&pairs).unwrap();
        let params = Params::parse(body.as_bytes()).unwrap();
        prop_assert_eq!(params.pairs(), &pairs[..]);
    }
}
