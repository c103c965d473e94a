//! What the phone network asks, and what it is told.

mod messages;
mod statuses;

use studioconnect_acceptance::{TestApp, token_in};
use studioconnect_app::onboarding::{Opened, Opening, open_business};
use studioconnect_app::stage::{BUSINESS_NUMBER, CALLER_NUMBER, TOKEN};
use studioconnect_domain::agent::AgentConfig;
use studioconnect_domain::call::{Call, CallStatus, Outcome};
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::phone::{Dial, EndReason as LineEnd, Step, sign_form};

const SID: &str = "CA0000000000000000000000000000e001";
const INBOUND: &str = "/api/voice/inbound";
const STATUS: &str = "/api/voice/status";
const RESUME: &str = "/api/voice/resume";
const HOSTILE: &str = r#"</Say><Hangup/><Say>&amp; "Bob's" <![CDATA[x]]> Plumbing & Söhne"#;

/// What a caller does who is asked for a message.
fn leave_message() -> Vec<Step> {
    vec![
        Step::wait_for_agent(300),
        Step::WaitQuiet { ms: 600, timeout_ms: 60_000 },
        Step::SayClip("caller-leak".into()),
        Step::WaitHangup { timeout_ms: 30_000 },
    ]
}

async fn calls_of(app: &TestApp) -> anyhow::Result<Vec<Call>> {
    Ok(app.stage.server.state.store.recent_calls(app.business.business.id, 100, None).await?)
}

async fn call_of(app: &TestApp, sid: &str) -> anyhow::Result<Call> {
    app.stage.server.state.phone.as_ref().unwrap().scribe.flush().await;
    Ok(app.stage.server.state.store.find_call_by_sid(sid).await?.unwrap())
}

async fn open(app: &TestApp, name: &str, plan: PlanCode, numbers: &[&str]) -> anyhow::Result<Opened> {
    let state = &app.stage.server.state;
    let config = AgentConfig::default();
    let opening =
        Opening { name, plan, numbers, email: "second@example.com", password: "demo-password", config };
    Ok(open_business(&state.store, &state.clock, opening).await?)
}

/// Rows 12, 113.
#[tokio::test]
async fn a_signed_webhook_gets_twiml_with_a_stream_and_what_follows_it() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let base = app.stage.config.public.of("");
    for (path, sid) in [(INBOUND, SID), ("/api/voice/incoming", "CA0000000000000000000000000000e002")] {
        let answer = app.post(path, &app.form(sid, &[])).await?;
        assert_eq!((answer.status, answer.kind.as_str()), (200, "text/xml; charset=utf-8"));
        let token = token_in(&answer.body).unwrap();
        let expected = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Connect><Stream url=\"{}\">\
             <Parameter name=\"token\" value=\"{token}\"/></Stream></Connect>\
             <Redirect>{base}/api/voice/resume</Redirect></Response>",
            app.stream_url()
        );
        assert_eq!(answer.body, expected);
        let call = call_of(&app, sid).await?;
        assert_eq!((call.status, call.outcome), (CallStatus::Ringing, None));
        assert_eq!((call.from_number.as_str(), call.to_number.as_str()), (CALLER_NUMBER, BUSINESS_NUMBER));
    }
    app.end_dirty().await
}

/// Row 113. Regression 15.
#[tokio::test]
async fn a_webhook_that_twilio_did_not_sign_gets_403_and_leaves_nothing() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let form = app.form(SID, &[]);
    let url = app.stage.url(INBOUND)?;
    let changed = app.form(SID, &[("From", "+12065550199")]);
    let more = app.form(SID, &[("Extra", "1")]);
    let of_others = sign_form("another account's token", url.as_str(), &form);
    let right = sign_form(TOKEN, url.as_str(), &form);
    for path in
        [INBOUND, "/api/voice/incoming", STATUS, RESUME, "/api/voice/voicemail", "/api/voice/recorded"]
    {
        let unsigned = app.post_signed(path, &form, None).await?;
        assert_eq!(
            (unsigned.status, unsigned.problem().as_deref()),
            (403, Some("signature_refused")),
            "{path}"
        );
        assert_eq!(app.post_signed(path, &form, Some(&of_others)).await?.status, 403, "{path}");
        assert_eq!(app.post_signed(path, &form, Some("")).await?.status, 403, "{path}");
    }
    for forged in [changed, more] {
        assert_eq!(app.post_signed(INBOUND, &forged, Some(&right)).await?.status, 403);
    }
    // A signature over one address holds for no other.
    assert_eq!(app.post_signed(STATUS, &form, Some(&right)).await?.status, 403);
    assert_eq!(calls_of(&app).await?, []);
    assert_eq!(app.stage.realtime.sessions().len(), 0);
    assert_eq!(app.post_signed(INBOUND, &form, Some(&right)).await?.status, 200);
    app.end_dirty().await
}

/// Row 49.
#[tokio::test]
async fn an_unknown_number_hears_a_neutral_sentence_and_nothing_is_stored() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    for to in ["+12065550199", "", "sip:front@example.com", "0"] {
        let answer = app.post(INBOUND, &app.form(SID, &[("To", to)])).await?;
        assert_eq!(answer.status, 200);
        assert!(
            answer.body.contains("not in service") && answer.body.contains("<Hangup/>"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("Harbor"), "the sentence tells of another business");
    }
    let dial = app.dial(vec![Step::WaitHangup { timeout_ms: 20_000 }])?;
    let dial = Dial { to: "+12065550199".into(), speed: 4.0, ..dial };
    let report = app.stage.network.dial(dial).finish().await;
    assert_eq!(report.verb_names(), ["Say", "Hangup"]);
    assert_eq!(report.end, LineEnd::HangupVerb);
    assert_eq!((calls_of(&app).await?, app.stage.realtime.sessions().len()), (vec![], 0));
    app.end().await
}

/// Row 49.
#[tokio::test]
async fn a_number_finds_its_one_business_however_it_was_written() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let forms = ["(206) 555-0103", "206.555.0104", "1-206-555-0105", "+1 206 555 0106", "001 206 555 0107"];
    let other = open(&app, "Second Street Bakery", PlanCode::Pro, &forms).await?;
    let mut at = 0;
    for last in 3..=7 {
        for to in [format!("+1206555010{last}"), format!("206555010{last}"), format!("1206555010{last}")] {
            at += 1;
            let sid = format!("CA{at:032}");
            let answer = app.post(INBOUND, &app.form(&sid, &[("To", &to)])).await?;
            assert!(token_in(&answer.body).is_some(), "{to}: {}", answer.body);
            assert_eq!(call_of(&app, &sid).await?.business_id, other.business.id, "{to}");
        }
    }
    assert_eq!(calls_of(&app).await?, []);
    app.end_dirty().await
}

/// Row 113.
#[tokio::test]
async fn a_webhook_that_repeats_makes_one_call_and_takes_one_place() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    for _ in 0..4 {
        app.ring(SID).await?;
    }
    assert_eq!(calls_of(&app).await?.len(), 1);
    assert_eq!(app.stage.server.state.phone.as_ref().unwrap().switchboard.count(), (0, 1));
    let mut stream = app.start_stream(SID).await?;
    stream.wait_for("media").await?;
    assert_eq!(calls_of(&app).await?.len(), 1);
    assert_eq!(app.stage.server.state.phone.as_ref().unwrap().switchboard.count(), (1, 0));
    stream.stop(SID).await?;
    app.empty().await?;
    app.end().await
}

/// Row 113.
#[tokio::test]
async fn callers_without_a_number_are_answered_too() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    for (at, from) in
        ["anonymous", "", "unknown", "sip:desk@example.com", "client:mia"].into_iter().enumerate()
    {
        let sid = format!("CA{at:032}");
        let answer = app.post(INBOUND, &app.form(&sid, &[("From", from)])).await?;
        assert!(token_in(&answer.body).is_some(), "{from}: {}", answer.body);
        let expected = if from.is_empty() { "unknown" } else { from };
        assert_eq!(call_of(&app, &sid).await?.from_number, expected);
    }
    let dial = app.dial(vec![
        Step::wait_for_agent(300),
        Step::wait_quiet(400),
        Step::SayClip("caller-leak".into()),
        Step::wait_for_agent(300),
        Step::HangUp,
    ])?;
    let ended = app.make(Dial { from: "anonymous".into(), speed: 3.0, ..dial }).await?;
    let lead = ended.lead.unwrap();
    assert_eq!((lead.phone, lead.message.as_deref()), (None, Some("The kitchen tap is leaking")));
    app.end_dirty().await
}

/// Row 113.
#[tokio::test]
async fn requests_that_cannot_be_understood_get_problems_with_stable_codes() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    let nameless: Vec<_> = app.form(SID, &[]).into_iter().filter(|(name, _)| name != "CallSid").collect();
    for path in [INBOUND, STATUS, RESUME] {
        let answer = app.post(path, &nameless).await?;
        assert_eq!((answer.status, answer.problem().as_deref()), (400, Some("bad_request")), "{path}");
        let answer = app.request("GET", path).await?;
        assert_eq!((answer.status, answer.problem().as_deref()), (405, Some("method_not_allowed")), "{path}");
    }
    for path in ["/nowhere", "/api/voice", "/api/voice/nowhere", "/api/voice/inbound/"] {
        let answer = app.request("GET", path).await?;
        assert_eq!((answer.status, answer.problem().as_deref()), (404, Some("not_found")), "{path}");
    }
    let many: Vec<_> = (0..300).map(|at| (format!("P{at}"), "1".to_owned())).collect();
    assert_eq!(app.post(INBOUND, &many).await?.status, 400);
    let large = app.form(SID, &[("SpeechResult", &"x".repeat(70 * 1024))]);
    let answer = app.post(INBOUND, &large).await?;
    assert_eq!((answer.status, answer.problem().as_deref()), (413, Some("too_large")));
    assert_eq!(calls_of(&app).await?, []);
    app.end().await
}

/// Row 113.
#[tokio::test]
async fn webhooks_are_refused_while_the_phone_is_off() -> anyhow::Result<()> {
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("TWILIO_ACCOUNT_SID", String::new()));
        setup.variables.push(("TWILIO_AUTH_TOKEN", String::new()));
    })
    .await?;
    for path in [INBOUND, STATUS, RESUME, "/api/voice/voicemail"] {
        let answer = app.post(path, &app.form(SID, &[])).await?;
        assert_eq!((answer.status, answer.problem().as_deref()), (403, Some("phone_off")), "{path}");
    }
    let stream = app.request("GET", "/api/voice/stream").await?;
    assert_eq!((stream.status, stream.problem().as_deref()), (403, Some("phone_off")));
    assert_eq!(calls_of(&app).await?, []);
    app.end_dirty().await
}

/// Row 113. What an owner types can neither add an element nor spoil the document.
#[tokio::test]
async fn hostile_words_of_a_business_stay_words() -> anyhow::Result<()> {
    let app = TestApp::start().await?;
    open(&app, HOSTILE, PlanCode::Free, &["+12065550103"]).await?;
    let dial = app.dial(leave_message())?;
    let ended = app.make(Dial { to: "+12065550103".into(), speed: 4.0, ..dial }).await?;
    assert_eq!(ended.report.verb_names(), ["Say", "Record", "Say", "Hangup"]);
    let heard = ended.report.words_heard()[0].to_owned();
    assert!(heard.contains(HOSTILE), "{heard}");
    assert_eq!(ended.call.outcome, Some(Outcome::Voicemail));
    app.end().await
}
