use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Error;

use super::client::{Client, Frame, phone_session, server};
use crate::realtime::{Dialect, Model};

fn status_of(outcome: Result<Client, Error>) -> u16 {
    match outcome {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
        Ok(_) => 101,
    }
}

#[tokio::test]
async fn a_ga_session_begins_with_its_defaults() {
    let server = server(|_| {}).await;
    let mut client = Client::try_connect(&server, "?model=gpt-realtime-2.1", &[]).await.unwrap();
    let created = client.event().await;
    assert_eq!(created["type"], "session.created");
    assert!(created["event_id"].is_string());
    let session = &created["session"];
    assert_eq!(session["type"], "realtime");
    assert_eq!(session["model"], "gpt-realtime-2.1");
    assert_eq!(session["audio"]["input"]["format"], json!({"type": "audio/pcm", "rate": 24000}));
    assert_eq!(session["audio"]["input"]["turn_detection"]["silence_duration_ms"], 200);
    assert_eq!(session["audio"]["input"]["transcription"], Value::Null);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let left = session["expires_at"].as_u64().unwrap() - now;
    assert!((3_590..=3_601).contains(&left), "{left}");
    assert_eq!(server.live_sessions(), 1);
    assert_eq!(server.sessions()[0].id, session["id"].as_str().unwrap());
    assert_eq!(server.violations(), []);
}

#[tokio::test]
async fn the_beta_header_ends_a_ga_session_and_begins_a_beta_one() {
    let ga = server(|_| {}).await;
    let header = [("OpenAI-Beta", "realtime=v1")];
    let mut client = Client::try_connect(&ga, "?model=gpt-realtime-2.1", &header).await.unwrap();
    assert_eq!(client.event().await["error"]["code"], "beta_api_shape_disabled");
    assert!(matches!(client.frame().await, Frame::Closed(4000, _)));
    assert_eq!(ga.violations()[0].code, "beta_api_shape_disabled");

    let beta = server(|settings| settings.dialect = Dialect::Beta).await;
    let mut client = Client::try_connect(&beta, "?model=some-local-model", &header).await.unwrap();
    let created = client.event().await;
    assert_eq!(created["session"]["input_audio_format"], "pcm16");
    assert!(created["session"].get("type").is_none());
    let mut client = Client::try_connect(&beta, "?model=some-local-model", &[]).await.unwrap();
    assert_eq!(client.event().await["error"]["code"], "missing_beta_header");
    assert!(matches!(client.frame().await, Frame::Closed(4000, _)));
}

#[tokio::test]
async fn the_key_and_the_model_are_checked() {
    let server = server(|settings| settings.api_key = Some("sk-test".to_owned())).await;
    let query = "?model=gpt-realtime-2.1";
    let connect = async |query: &str, headers: &[(&'static str, &str)]| {
        status_of(Client::try_connect(&server, query, headers).await)
    };
    assert_eq!(connect(query, &[]).await, 401);
    assert_eq!(connect(query, &[("Authorization", "Bearer sk-other")]).await, 401);
    assert_eq!(connect(query, &[("Authorization", "Bearer sk-test")]).await, 101);
    assert_eq!(connect("", &[("Authorization", "Bearer sk-test")]).await, 400);
    let key = [("Authorization", "Bearer sk-test")];
    let mut client = Client::try_connect(&server, "?model=gpt-9", &key).await.unwrap();
    assert_eq!(client.event().await["error"]["code"], "model_not_found");
    assert!(matches!(client.frame().await, Frame::Closed(4000, _)));
    let codes: Vec<String> = server.violations().into_iter().map(|violation| violation.code).collect();
    assert_eq!(
        codes,
        ["invalid_api_key", "invalid_api_key", "missing_required_parameter", "model_not_found"]
    );
}

#[tokio::test]
async fn models_are_listed_with_their_last_day() {
    let server = server(|settings| settings.models = vec![Model::until("gpt-realtime", "2027-01-20")]).await;
    server.set_models(vec![Model::until("gpt-realtime", "2026-12-01"), Model::lasting("gpt-realtime-2.1")]);
    let url = format!("{}/models", server.base_url());
    let list: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(list["data"][0]["id"], "gpt-realtime");
    assert_eq!(list["data"][0]["shutdown_date"], "2026-12-01");
    assert_eq!(list["data"][1]["shutdown_date"], Value::Null);
}

#[tokio::test]
async fn an_update_fills_in_what_it_leaves_out() {
    let server = server(|_| {}).await;
    let mut client = Client::connect(&server).await;
    client.send(&json!({"type": "session.update", "session": phone_session(&json!({}))})).await;
    let updated = client.event().await;
    let input = &updated["session"]["audio"]["input"];
    assert_eq!(input["format"], json!({"type": "audio/pcmu"}));
    assert_eq!(input["turn_detection"]["prefix_padding_ms"], 300);
    assert_eq!(input["turn_detection"]["silence_duration_ms"], 500);
    assert_eq!(updated["session"]["output_modalities"], json!(["audio"]));
    client.update(&json!({"type": "realtime", "audio": {"output": {"voice": "cedar"}}})).await;
    let report = &server.sessions()[0];
    assert_eq!(report.updates, 2);
    assert_eq!(report.config["audio"]["input"]["format"]["type"], "audio/pcmu");
    assert_eq!(report.config["audio"]["output"]["voice"], "cedar");
}

#[tokio::test]
async fn a_server_that_shuts_down_says_so() {
    let server = server(|_| {}).await;
    let mut client = Client::connect(&server).await;
    let closing = tokio::spawn(server.shutdown());
    assert!(matches!(client.frame().await, Frame::Closed(1001, _)));
    drop(client);
    closing.await.unwrap();
}
