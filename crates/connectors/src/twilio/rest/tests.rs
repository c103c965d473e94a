use std::time::{Duration, Instant};

use super::*;
use crate::http::{Timeouts, client};
use crate::loopback::{Answer, Loopback};
use crate::twilio::status::CallStatus;
use crate::twilio::twiml::Twiml;

const CALL: &str = r#"{"sid":"CA01","status":"completed","direction":"inbound","from":"+12025550101",
    "to":"+12025550102","start_time":"Tue, 03 Nov 2026 10:00:00 +0000","end_time":"Tue, 03 Nov 2026 10:01:05 +0000",
    "duration":"65","price":"-0.0085","price_unit":"USD","answered_by":null,"parent_call_sid":null,"queue_time":"0"}"#;
const GONE: &str =
    r#"{"code":20404,"message":"The requested resource was not found","more_info":"x","status":404}"#;
const NOT_LIVE: &str = r#"{"code":21220,"message":"Call is not in-progress. Cannot redirect.","status":400}"#;
const LIMITED: &str = r#"{"code":20429,"message":"Too Many Requests","status":429}"#;

fn account(url: &str) -> TwilioRest {
    let timeouts = Timeouts { connect: Duration::from_millis(500), total: Duration::from_millis(500) };
    let quick = RetryPolicy {
        repeats: 2,
        first_pause: Duration::from_millis(20),
        longest_pause: Duration::from_secs(1),
    };
    let http = client(timeouts).unwrap();
    TwilioRest::new(http, url.parse().unwrap(), "AC01", Secret::new("the-token")).with_retry(quick)
}

async fn server(script: &[(u16, &str)]) -> Loopback {
    Loopback::answering(script.iter().map(|(status, body)| Answer::json(*status, body)).collect()).await
}

#[tokio::test]
async fn hangs_up_with_the_accounts_name_and_token() {
    let twilio = server(&[(200, CALL)]).await;
    let update = account(&twilio.url).end_call("CA01").await;
    assert_eq!(update, Ok(CallUpdate::Done));
    let seen = &twilio.seen()[0];
    assert_eq!(seen.line(), "POST /2010-04-01/Accounts/AC01/Calls/CA01.json HTTP/1.1");
    // "AC01:the-token" in base64.
    assert!(seen.head.contains("authorization: Basic QUMwMTp0aGUtdG9rZW4="), "{}", seen.head);
    assert_eq!(seen.body, "Status=completed");
}

#[tokio::test]
async fn redirects_to_a_document_or_a_url() {
    let twilio = server(&[(200, CALL)]).await;
    let account = account(&format!("{}/", twilio.url));
    let document = Twiml::new().hangup();
    account.redirect_call("CA01", &CallSource::Twiml(&document)).await.unwrap();
    account.redirect_call("CA01", &CallSource::Url("https://example.com/a?b=1")).await.unwrap();
    let seen = twilio.seen();
    let form: Vec<(String, String)> = serde_urlencoded::from_str(&seen[0].body).unwrap();
    assert_eq!(form, [("Twiml".to_owned(), document.render())]);
    assert_eq!(seen[1].body, "Url=https%3A%2F%2Fexample.com%2Fa%3Fb%3D1");
    assert_eq!(seen[1].line(), "POST /2010-04-01/Accounts/AC01/Calls/CA01.json HTTP/1.1");
}

#[tokio::test]
async fn a_call_that_has_ended_is_done_with() {
    for answer in [(404, GONE), (400, NOT_LIVE)] {
        let twilio = server(&[answer]).await;
        assert_eq!(account(&twilio.url).end_call("CA01").await, Ok(CallUpdate::AlreadyEnded));
        assert_eq!(twilio.seen().len(), 1);
    }
    let twilio = server(&[(404, GONE)]).await;
    assert_eq!(account(&twilio.url).fetch_call("CA01").await, Err(TwilioError::NotFound));
}

#[tokio::test]
async fn fetches_a_call() {
    let twilio = server(&[(200, CALL)]).await;
    let call = account(&twilio.url).fetch_call("CA01").await.unwrap();
    assert_eq!(twilio.seen()[0].line(), "GET /2010-04-01/Accounts/AC01/Calls/CA01.json HTTP/1.1");
    assert_eq!((call.status, call.duration_secs), (CallStatus::Completed, Some(65)));
    assert_eq!((&*call.from, &*call.to), ("+12025550101", "+12025550102"));
    assert_eq!(call.ended_at.unwrap() - call.started_at.unwrap(), chrono::TimeDelta::seconds(65));
    assert_eq!((call.price.as_deref(), call.answered_by), (Some("-0.0085"), None));
}

#[tokio::test]
async fn makes_a_call_with_every_wish() {
    let twilio = server(&[(201, CALL)]).await;
    let mut call = NewCall::new("+12025550103", "+12025550102", CallSource::Url("https://example.com/alert"));
    call.status_callback = Some("https://example.com/leg");
    call.timeout_secs = Some(25);
    call.machine_detection = Some(MachineDetection::Enable);
    assert_eq!(account(&twilio.url).create_call(&call).await.unwrap().sid, "CA01");
    let seen = &twilio.seen()[0];
    assert_eq!(seen.line(), "POST /2010-04-01/Accounts/AC01/Calls.json HTTP/1.1");
    let form: Vec<(String, String)> = serde_urlencoded::from_str(&seen.body).unwrap();
    let has = |name: &str, value: &str| form.contains(&(name.to_owned(), value.to_owned()));
    assert!(has("To", "+12025550103") && has("From", "+12025550102"));
    assert!(has("Url", "https://example.com/alert") && has("Timeout", "25"));
    assert!(has("MachineDetection", "Enable") && has("StatusCallback", "https://example.com/leg"));
    assert_eq!(form.iter().filter(|(name, _)| name == "StatusCallbackEvent").count(), 4);
}

#[tokio::test]
async fn lists_recent_calls() {
    let twilio = server(&[(200, &format!(r#"{{"calls":[{CALL},{CALL}],"page":0}}"#))]).await;
    assert_eq!(account(&twilio.url).recent_calls("+12025550102").await.unwrap().len(), 2);
    assert!(twilio.seen()[0].line().contains("/Calls.json?To=%2B12025550102&PageSize=50 "));
}

#[tokio::test]
async fn passing_failures_are_repeated_until_it_works() {
    let twilio = server(&[(500, "oops"), (429, LIMITED), (200, CALL)]).await;
    assert_eq!(account(&twilio.url).end_call("CA01").await, Ok(CallUpdate::Done));
    assert_eq!(twilio.seen().len(), 3);
}

#[tokio::test]
async fn and_given_up_in_the_end() {
    let twilio = server(&[(503, "")]).await;
    let outcome = account(&twilio.url).fetch_call("CA01").await;
    assert!(matches!(outcome, Err(TwilioError::Unreachable { .. })), "{outcome:?}");
    assert_eq!(twilio.seen().len(), 3);
}

#[tokio::test]
async fn making_a_call_is_never_repeated() {
    for (status, body) in [(500, "oops"), (429, LIMITED)] {
        let twilio = server(&[(status, body), (201, CALL)]).await;
        let call = NewCall::new("+12025550103", "+12025550102", CallSource::Url("https://example.com"));
        assert!(account(&twilio.url).create_call(&call).await.is_err());
        assert_eq!(twilio.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept_or_handed_on() {
    for (seconds, attempts) in [(1, 2), (3600, 1)] {
        let limited = Answer::Full(429, format!("retry-after: {seconds}\r\n"), LIMITED.into());
        let twilio = Loopback::answering(vec![limited, Answer::json(200, CALL)]).await;
        let start = Instant::now();
        let outcome = account(&twilio.url).fetch_call("CA01").await;
        assert_eq!(twilio.seen().len(), attempts);
        if attempts == 1 {
            let retry_after = Some(Duration::from_secs(seconds));
            assert_eq!(outcome, Err(TwilioError::RateLimited { retry_after }));
        } else {
            assert!(outcome.is_ok() && start.elapsed() >= Duration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn says_what_was_wrong() {
    let twilio = server(&[(401, r#"{"code":20003,"message":"Authenticate"}"#)]).await;
    assert_eq!(account(&twilio.url).end_call("CA01").await, Err(TwilioError::Unauthorized));
    let twilio =
        server(&[(400, r#"{"code":21217,"message":"Phone number does not appear to be valid"}"#)]).await;
    let call = NewCall::new("+1", "+12025550102", CallSource::Url("https://example.com"));
    let outcome = account(&twilio.url).create_call(&call).await;
    assert!(
        matches!(&outcome, Err(TwilioError::Rejected { code: 21_217, message }) if message.contains("valid"))
    );
    let twilio = server(&[(400, &format!("<html>{}", "x".repeat(9000)))]).await;
    let outcome = account(&twilio.url).end_call("CA01").await;
    assert_eq!(outcome, Err(TwilioError::Rejected { code: 0, message: "status 400".into() }));
}

#[tokio::test]
async fn tells_a_lost_request_from_a_lost_answer() {
    let nobody = "http://127.0.0.1:1";
    let outcome = account(nobody).end_call("CA01").await;
    assert!(matches!(outcome, Err(TwilioError::Unreachable { may_have_happened: false, .. })));
    for script in [Answer::HangUp, Answer::Silence, Answer::json(200, "not json")] {
        let twilio = Loopback::answering(vec![script]).await;
        let call = NewCall::new("+12025550103", "+12025550102", CallSource::Url("https://example.com"));
        let outcome = account(&twilio.url).create_call(&call).await;
        assert!(
            matches!(outcome, Err(TwilioError::Unreachable { may_have_happened: true, .. })),
            "{outcome:?}"
        );
        let shown = format!("{outcome:?} {}", outcome.as_ref().unwrap_err());
        assert!(!shown.contains("AC01") && !shown.contains("the-token"), "{shown}");
    }
}

#[tokio::test]
async fn what_twilio_would_refuse_is_not_sent() {
    let twilio = server(&[(200, CALL)]).await;
    let account = account(&twilio.url);
    for sid in ["", "..", "../../Messages", "CA01?x", "CA/01", &"C".repeat(65)] {
        let outcome = account.end_call(sid).await;
        assert!(matches!(outcome, Err(TwilioError::Rejected { code: 0, .. })), "{sid}");
    }
    let long = Twiml::new().redirect(&"x".repeat(4000));
    assert!(account.redirect_call("CA01", &CallSource::Twiml(&long)).await.is_err());
    assert!(twilio.seen().is_empty());
}

#[test]
fn debug_hides_the_token() {
    let shown = format!("{:?}", account("https://api.example.com"));
    assert!(!shown.contains("the-token"), "{shown}");
}

#[tokio::test]
async fn a_recording_is_fetched_from_this_account_whatever_url_it_came_with() {
    let twilio = server(&[(200, "sound"), (200, "sound"), (404, GONE)]).await;
    let account = account(&twilio.url);
    for recording in ["RE01", "https://example.com/2010-04-01/Accounts/AC99/Recordings/RE01"] {
        assert_eq!(account.fetch_recording(recording).await.unwrap(), b"sound");
    }
    assert_eq!(account.fetch_recording("RE02.wav").await, Err(TwilioError::NotFound));
    for seen in &twilio.seen()[..2] {
        assert_eq!(seen.line(), "GET /2010-04-01/Accounts/AC01/Recordings/RE01.wav HTTP/1.1");
    }
    for bad in ["", "https://example.com/", "RE%2F..", "RE 01", "..%2Fx"] {
        assert!(
            matches!(account.fetch_recording(bad).await, Err(TwilioError::Rejected { code: 0, .. })),
            "{bad}"
        );
    }
    assert_eq!(twilio.seen().len(), 3, "what is no id is not asked for");
}
