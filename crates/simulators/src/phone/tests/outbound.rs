use super::*;

const ON_CALL: &str = "+12125550150";

/// Has the office ring the on-call person; returns the call's SID.
async fn ring(network: &PhoneNetwork, office: &Office) -> String {
    let (alert, status) = (office.url("/alert"), office.url("/status"));
    let form = [
        ("To", ON_CALL),
        ("From", OFFICE),
        ("Url", alert.as_str()),
        ("StatusCallback", status.as_str()),
        ("StatusCallbackEvent", "initiated"),
        ("StatusCallbackEvent", "ringing"),
        ("StatusCallbackEvent", "answered"),
        ("StatusCallbackEvent", "completed"),
        ("Timeout", "20"),
        ("MachineDetection", "Enable"),
    ];
    let (status, call) = rest(network, "/Calls.json", &form).await;
    assert_eq!((status, &call["direction"]), (201, &serde_json::json!("outbound-api")), "{call}");
    call["sid"].as_str().unwrap().to_owned()
}

async fn ended(network: &PhoneNetwork, count: usize) -> Arc<CallReport> {
    let reports = network.reports_of_calls_to(ON_CALL, count, Duration::from_secs(10)).await;
    assert_eq!(reports.len(), count);
    Arc::clone(reports.last().unwrap())
}

async fn office() -> Office {
    let office = Office::open("").await;
    office.answers(
        "/alert",
        "<Gather numDigits='1' timeout='3' action='BASE/choice'><Say>An emergency. Press one to accept.</Say></Gather>",
    );
    office.answers("/choice", "<Say>Thank you.</Say>");
    office
}

#[tokio::test]
async fn somebody_answers_and_presses_one() {
    let (office, network) = (office().await, network().await);
    network.answer_with(ON_CALL, Answerer::PressDigit('1'));
    let sid = ring(&network, &office).await;
    let report = ended(&network, 1).await;
    assert_eq!((&report.call_sid, report.direction), (&sid, Direction::OutboundApi));
    assert_eq!(office.seen("/choice")[0].param("Digits"), Some("1"));
    let alert = &office.seen("/alert")[0];
    assert_eq!(alert.param("CallStatus"), Some("in-progress"));
    assert_eq!(alert.param("AnsweredBy"), Some("human"));
    let told: Vec<(String, String)> = office
        .seen("/status")
        .iter()
        .map(|seen| ["CallStatus", "SequenceNumber"].map(|name| seen.param(name).unwrap().to_owned()).into())
        .collect();
    let expected = [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")];
    assert_eq!(told, expected.map(|(status, number)| (status.to_owned(), number.to_owned())));
    let (status, call) = rest(&network, &format!("/Calls/{sid}.json"), &[]).await;
    assert_eq!((status, &call["status"]), (200, &serde_json::json!("completed")));
    assert!(call["duration"].is_string());
    assert_eq!(network.violations(), []);
}

#[tokio::test]
async fn busy_silence_and_machines_accept_nothing() {
    let (office, network) = (office().await, network().await);
    network.answer_in_turn(ON_CALL, [Answerer::Busy, Answerer::NoAnswer, Answerer::Voicemail]);
    for (count, status) in [(1, "busy"), (2, "no-answer"), (3, "completed")] {
        ring(&network, &office).await;
        assert_eq!(ended(&network, count).await.status, status);
    }
    assert_eq!(office.seen("/choice").len(), 0);
    assert_eq!(office.seen("/alert")[0].param("AnsweredBy"), Some("machine_start"));
}

#[tokio::test]
async fn rest_ends_and_redirects_live_calls() {
    let office = Office::open("<Pause length='60'/>").await;
    let network = network().await;
    let live = network.dial(dial(&office, vec![]));
    let path = format!("/Calls/{}.json", live.sid());
    let in_progress = || network.live_calls().iter().any(|call| call.status == "in-progress");
    eventually("answered", in_progress).await;
    let twiml = "<Response><Say>You are being moved.</Say><Pause length='60'/></Response>";
    assert_eq!(rest(&network, &path, &[("Twiml", twiml)]).await.0, 200);
    eventually("moved", || network.violations().is_empty() && office.seen("/voice").len() == 1).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(rest(&network, &path, &[("Status", "completed")]).await.0, 200);
    let report = live.finish().await;
    assert_eq!(report.words_heard(), ["You are being moved."]);
    assert_eq!(report.end, EndReason::ServerHungUp);
    let (status, body) = rest(&network, &path, &[("Status", "completed")]).await;
    assert_eq!((status, &body["code"]), (400, &serde_json::json!(21_220)));
    let (status, body) = rest(&network, "/Calls/CA0.json", &[]).await;
    assert_eq!((status, &body["code"]), (404, &serde_json::json!(20_404)));
    assert_eq!(network.violations(), []);
}

#[tokio::test]
async fn redirecting_a_call_with_a_stream_stops_the_stream() {
    let office = Office::open("<Connect><Stream url='WS/stream'/></Connect><Say>Never.</Say>").await;
    let (sender, mut stopped) = tokio::sync::mpsc::channel(1);
    office.takes("/stream", move |mut stream| {
        let sender = sender.clone();
        async move {
            stream.wait("start").await;
            let _ = sender.send(stream.wait("stop").await.is_some()).await;
        }
    });
    let network = network().await;
    let live = network.dial(dial(&office, vec![]));
    eventually("streaming", || !office.seen("/stream").is_empty()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let path = format!("/Calls/{}.json", live.sid());
    rest(&network, &path, &[("Twiml", "<Response><Say>Elsewhere.</Say></Response>")]).await;
    assert_eq!(stopped.recv().await, Some(true));
    let report = live.finish().await;
    assert_eq!(report.words_heard(), ["Elsewhere."]);
    assert_eq!(report.streams[0].by, ClosedBy::Network);
}

#[tokio::test]
async fn wrong_requests_are_refused_in_twilios_words() {
    let (office, network) = (office().await, network().await);
    let url = office.url("/alert");
    let url = url.as_str();
    for (form, status, code) in [
        (vec![("From", OFFICE), ("Url", url)], 400, 21_201),
        (vec![("To", "12"), ("From", OFFICE), ("Url", url)], 400, 21_211),
        (vec![("To", ON_CALL), ("Url", url)], 400, 21_213),
        (vec![("To", ON_CALL), ("From", "me"), ("Url", url)], 400, 21_212),
        (vec![("To", ON_CALL), ("From", OFFICE)], 400, 21_205),
        (vec![("To", ON_CALL), ("From", OFFICE), ("Url", "/alert")], 400, 21_205),
        (vec![("To", ON_CALL), ("From", OFFICE), ("Url", url), ("Timeout", "900")], 400, 20_001),
    ] {
        let (answered, body) = rest(&network, "/Calls.json", &form).await;
        assert_eq!((answered, &body["code"]), (status, &serde_json::json!(code)), "{form:?}");
        assert_eq!(body["status"], status);
        assert!(body["more_info"].as_str().unwrap().ends_with(&code.to_string()));
    }
    assert_eq!(network.violations().len(), 7);
    let form = [("To", ON_CALL), ("From", OFFICE), ("Url", url), ("Colour", "red")];
    assert_eq!(rest(&network, "/Calls.json", &form).await.0, 201);
    assert!(network.violations()[7].what.contains("unknown parameter `Colour`"));
    let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/Calls.json", network.rest_url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.post(url).basic_auth(ACCOUNT, Some("wrong")).send().await.unwrap();
    assert_eq!(response.status(), 401);
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["code"], 20_003);
    let statuses: Vec<u16> = network.rest_requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [400, 400, 400, 400, 400, 400, 400, 201, 401]);
}

#[tokio::test]
async fn shutting_down_ends_every_call() {
    let office = Office::open("<Pause length='600'/>").await;
    let network = network().await;
    let live = network.dial(Dial { hang_up_after: None, ..dial(&office, vec![]) });
    eventually("live", || network.live_calls().len() == 1).await;
    network.shutdown().await;
    assert_eq!(live.finish().await.end, EndReason::NetworkDown);
    assert!(network.live_calls().is_empty());
}
