use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use super::client::{Client, Frame, audio_in, find, kinds, server};
use crate::realtime::{Ending, Fault, FaultPlan, PlannedFault, RealtimeServer, SessionEnd, Strangeness};

const MODEL: &str = "?model=gpt-realtime-2.1";

async fn faulty(faults: impl IntoIterator<Item = PlannedFault>) -> RealtimeServer {
    let plan = FaultPlan { strangeness: Strangeness::NONE, ..FaultPlan::of(faults) };
    server(|settings| settings.faults = plan).await
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[tokio::test]
async fn upgrades_are_refused_only_where_planned() {
    let server =
        faulty([Fault::RefuseUpgrade(503).in_session(1), Fault::RefuseUpgrade(401).in_session(3)]).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(match Client::try_connect(&server, MODEL, &[]).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
            Ok(_) => 101,
        });
    }
    assert_eq!(seen, [503, 101, 401, 101]);
    assert_eq!(server.violations(), []);
}

#[tokio::test]
async fn a_silent_server_says_nothing() {
    let server = faulty([Fault::Silent.always()]).await;
    let mut client = Client::try_connect(&server, MODEL, &[]).await.unwrap();
    client.send(&json!({"type": "session.update", "session": {"type": "realtime"}})).await;
    assert!(tokio::time::timeout(ms(200), client.frame()).await.is_err());
    assert_eq!(server.live_sessions(), 1);
}

#[tokio::test]
async fn an_update_can_be_refused_without_blame() {
    let server = faulty([Fault::RefuseUpdate { code: "server_error".to_owned() }.always()]).await;
    let mut client = Client::connect(&server).await;
    let error = client.refused(&json!({"type": "session.update", "session": {"type": "realtime"}})).await;
    assert_eq!(error["code"], "server_error");
    assert_eq!(server.violations(), []);
    server.set_faults(FaultPlan::default());
    tokio::time::sleep(ms(20)).await;
    client.update(&json!({"type": "realtime"})).await;
}

#[tokio::test]
async fn sessions_end_in_every_way() {
    let close = |how| Fault::Close { after: ms(30), how };
    let server = faulty([
        close(Ending::Drop).in_session(1),
        close(Ending::Close(1011)).in_session(2),
        close(Ending::Close(4000)).in_session(3),
        Fault::Expire { after: ms(30) }.in_session(4),
    ])
    .await;
    let mut client = Client::connect(&server).await;
    assert!(matches!(client.frame().await, Frame::Gone));
    for code in [1011, 4000] {
        let mut client = Client::connect(&server).await;
        let frame = client.frame().await;
        assert!(matches!(frame, Frame::Closed(seen, _) if seen == code), "{frame:?}");
    }
    let mut client = Client::connect(&server).await;
    assert_eq!(client.event().await["error"]["code"], "session_expired");
    let Frame::Closed(1001, reason) = client.frame().await else { panic!("no close 1001") };
    assert!(reason.contains("60 minutes"));
    drop(client);
    for _ in 0..200 {
        if server.live_sessions() == 0 {
            break;
        }
        tokio::time::sleep(ms(10)).await;
    }
    let ends: Vec<Option<SessionEnd>> = server.sessions().iter().map(|report| report.ended).collect();
    let by_server = |code| Some(SessionEnd::ByServer(code));
    assert_eq!(ends, [Some(SessionEnd::Dropped), by_server(1011), by_server(4000), by_server(1001)]);
    assert_eq!(server.live_sessions(), 0);
}

#[tokio::test]
async fn an_error_comes_out_of_the_blue_and_faults_change_in_mid_call() {
    let server = faulty([]).await;
    let mut client = Client::connect(&server).await;
    let error = |code: &str| {
        let fault =
            Fault::ErrorEvent { after: ms(1), kind: "server_error".to_owned(), code: code.to_owned() };
        FaultPlan { strangeness: Strangeness::NONE, ..FaultPlan::of([fault.always()]) }
    };
    for code in ["overloaded", "insufficient_quota"] {
        server.set_faults(error(code));
        let event = client.event().await;
        assert_eq!(
            (&event["error"]["code"], &event["error"]["type"]),
            (&json!(code), &json!("server_error"))
        );
    }
    client.update(&json!({"type": "realtime"})).await;
}

#[tokio::test]
async fn responses_fail_stall_and_stay_incomplete() {
    let fail =
        Fault::FailResponse { kind: "server_error".to_owned(), code: "rate_limit_exceeded".to_owned() };
    let server = faulty([
        fail.always().at_response(1),
        Fault::IncompleteResponse.always().at_response(2),
        Fault::StallResponse.always().at_response(3),
    ])
    .await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    let failed = client.ask_for("Good day.").await;
    assert_eq!(kinds(&failed), ["response.created", "rate_limits.updated", "response.done"]);
    let response = &failed[2]["response"];
    assert_eq!(response["status"], "failed");
    assert_eq!(
        response["status_details"]["error"],
        json!({"type": "server_error", "code": "rate_limit_exceeded"})
    );

    let incomplete = client.ask_for("We will be with you shortly.").await;
    assert_eq!(incomplete.last().unwrap()["response"]["status_details"]["reason"], "max_output_tokens");
    assert_eq!(
        audio_in(&incomplete).len(),
        crate::speech::sound_of("We will be with you shortly.").len() / 2
    );

    client.send(&json!({"type": "response.create"})).await;
    client.until("rate_limits.updated").await;
    assert!(tokio::time::timeout(ms(200), client.frame()).await.is_err());
    client.send(&json!({"type": "response.cancel"})).await;
    assert_eq!(client.event().await["response"]["status"], "cancelled");
    assert_eq!(client.ask_for("Sorry.").await.last().unwrap()["response"]["status"], "completed");
}

#[tokio::test]
async fn slow_deltas_take_their_time() {
    let server = faulty([Fault::SlowDeltas(0.5).always()]).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    let started = Instant::now();
    let events = client.ask_for("Hm.").await;
    let played = audio_in(&events).len() as u64 / 8;
    let took = started.elapsed().as_millis() as u64;
    assert!(took > played, "{played} ms of audio in {took} ms");
}

#[tokio::test]
async fn a_patient_client_survives_constant_strangeness() {
    let plan = FaultPlan { strangeness: Strangeness::CONSTANT, ..FaultPlan::default() };
    let server = server(|settings| settings.faults = plan).await;
    let mut client = Client::on_the_phone(&server, &json!({})).await;
    client.say("When are you open?").await;
    let events = client.until("response.done").await;
    assert!(events.iter().all(|event| event["service_notes"].is_object()));
    assert!(find(&events, "response.created")["response"]["service_notes"].is_object());
}

#[tokio::test]
async fn the_end_of_a_session_can_be_set() {
    let server = server(|settings| settings.session_life = ms(80)).await;
    let mut client = Client::connect(&server).await;
    let events = client.until("error").await;
    assert_eq!(events.last().unwrap()["error"]["code"], "session_expired");
}
