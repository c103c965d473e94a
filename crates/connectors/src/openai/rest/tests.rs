use serde_json::json;

use super::chat::{ChatEvent, ChatRequest, Finish, Message, Tool};
use super::*;
use crate::loopback::{Answer, Loopback};

const HELLO: &str = r#"{"choices":[{"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":10,"completion_tokens":2}}"#;
const BAD_GATEWAY: &str = "<html>bad gateway</html>";

/// A cent for each token, whatever the model; none for models that are not "known".
fn prices(used: &Used) -> Option<u64> {
    used.model.starts_with("known").then(|| (used.input_tokens + used.output_tokens) * 10_000)
}

fn server(url: &str) -> OpenAiRest {
    let limits = Limits {
        connect: Duration::from_secs(1),
        first: Duration::from_millis(300),
        idle: Duration::from_millis(300),
        total: Duration::from_secs(3),
    };
    let first_pause = Duration::from_millis(10);
    let retry = RetryPolicy { first_pause, longest_asked: Duration::from_secs(1), ..RetryPolicy::default() };
    let rest = OpenAiRest::new(&url.parse().unwrap(), Some(Secret::new("sk-test")), prices).unwrap();
    rest.with_limits(limits).with_retry(retry)
}

fn question() -> ChatRequest {
    let messages = vec![Message::System("Be brief.".into()), Message::User("Hello?".into())];
    ChatRequest { model: "known-1".into(), messages, ..ChatRequest::default() }
}

fn stream(events: &[&str]) -> Answer {
    let body = format!("data: {}\n\n", events.join("\n\ndata: "));
    Answer::Full(200, "content-type: text/event-stream\r\n".into(), body)
}

#[test]
fn an_address_with_or_without_its_version_leads_to_the_same_place() {
    let cases = [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ("https://api.example.com/v1/", "https://api.example.com/v1"),
        ("https://api.example.com/openai/v1/", "https://api.example.com/openai/v1"),
    ];
    for (given, wanted) in cases {
        assert_eq!(base_url(&given.parse().unwrap()).as_str(), wanted);
    }
}

/// Row 118.
#[tokio::test]
async fn an_answer_comes_with_its_cost_and_the_sums_grow_by_it() {
    let loopback = Loopback::answering(vec![Answer::json(200, HELLO)]).await;
    let rest = server(&loopback.url);
    let answer = rest.chat(&question()).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.finish), ("Hello.", Finish::Stop));
    assert_eq!(answer.used.cost_micros, Some(120_000));
    let other = ChatRequest { model: "home-grown".into(), ..question() };
    assert_eq!(rest.chat(&other).await.unwrap().used.cost_micros, None);
    let count = rest.clone().counters().of(Kind::Chat);
    let wanted = Count {
        requests: 2,
        input_tokens: 20,
        output_tokens: 4,
        cost_micros: 120_000,
        unpriced: 1,
        ..Count::default()
    };
    assert_eq!(count, wanted);
    let seen = &loopback.seen()[0];
    assert_eq!(seen.line(), "POST /v1/chat/completions HTTP/1.1");
    assert!(seen.head.to_lowercase().contains("authorization: bearer sk-test"), "{}", seen.head);
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    let messages = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]);
    assert_eq!(body, json!({"model": "known-1", "messages": messages}), "only what was set is sent");
}

#[tokio::test]
async fn without_a_key_no_authorization_is_sent() {
    let loopback =
        Loopback::answering(vec![Answer::json(200, r#"{"data":[{"id":"m","owned_by":"me"}]}"#)]).await;
    let rest = OpenAiRest::new(&loopback.url.parse().unwrap(), None, prices).unwrap();
    assert_eq!(rest.models().await.unwrap()[0].id, "m");
    assert!(!loopback.seen()[0].head.to_lowercase().contains("authorization"));
}

/// Row 118.
#[tokio::test]
async fn passing_troubles_are_tried_again_and_lasting_ones_are_not() {
    let loopback =
        Loopback::answering(vec![Answer::HangUp, Answer::json(502, BAD_GATEWAY), Answer::json(200, HELLO)])
            .await;
    let rest = server(&loopback.url);
    assert_eq!(rest.chat(&question()).await.unwrap().text, "Hello.");
    assert_eq!(rest.counters().of(Kind::Chat).repeats, 2);

    let quota = r#"{"error":{"message":"no money","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    for (status, body, wanted) in [
        (429, quota, OpenAiError::QuotaGone),
        (401, "{}", OpenAiError::Unauthorized),
        (413, "{}", OpenAiError::TooLong),
    ] {
        let loopback = Loopback::answering(vec![Answer::json(status, body)]).await;
        let rest = server(&loopback.url);
        assert_eq!(rest.chat(&question()).await, Err(wanted));
        assert_eq!((loopback.seen().len(), rest.counters().of(Kind::Chat).failures), (1, 1));
    }
}

/// Row 118.
#[tokio::test]
async fn a_server_that_asks_for_a_pause_gets_it_and_one_that_asks_for_a_long_one_is_given_up() {
    let limited = |seconds: &str| Answer::Full(429, format!("retry-after: {seconds}\r\n"), "{}".into());
    let loopback = Loopback::answering(vec![limited("0.4"), Answer::json(200, HELLO)]).await;
    let began = Instant::now();
    server(&loopback.url).chat(&question()).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());

    let loopback = Loopback::answering(vec![limited("40")]).await;
    let refused = server(&loopback.url).chat(&question()).await;
    assert_eq!(refused, Err(OpenAiError::Busy { retry_after: Some(Duration::from_secs(40)) }));
    assert_eq!(loopback.seen().len(), 1);
}

/// Row 118. A parameter is left out for a server that refuses it, from the first refusal on.
#[tokio::test]
async fn a_refused_parameter_is_left_out_from_then_on() {
    let refusal = |param: &str| {
        let error = json!({"error": {"message": "no", "type": "invalid_request_error", "param": param, "code": "unsupported_parameter"}});
        Answer::json(400, &error.to_string())
    };
    let script = vec![refusal("temperature"), refusal("max_completion_tokens"), Answer::json(200, HELLO)];
    let loopback = Loopback::answering(script).await;
    let rest = server(&loopback.url);
    let warm = ChatRequest { temperature: Some(0.7), max_tokens: Some(50), ..question() };
    rest.chat(&warm).await.unwrap();
    rest.chat(&warm).await.unwrap();
    let seen = loopback.seen();
    assert_eq!(seen.len(), 4);
    assert!(seen[0].body.contains(r#""temperature":0.7"#) && seen[0].body.contains("max_completion_tokens"));
    for later in &seen[2..] {
        assert!(
            !later.body.contains("temperature") && later.body.contains(r#""max_tokens":50"#),
            "{}",
            later.body
        );
    }
    let loopback = Loopback::answering(vec![refusal("model")]).await;
    let refused = server(&loopback.url).chat(&warm).await;
    assert!(matches!(refused, Err(OpenAiError::Rejected { .. })), "{refused:?}");
    assert_eq!(loopback.seen().len(), 1, "nothing can be left out");
}

#[tokio::test]
async fn with_tools_a_model_is_told_not_to_reason() {
    let loopback = Loopback::answering(vec![Answer::json(200, HELLO)]).await;
    let tool =
        Tool { name: "end".into(), description: "Ends it.".into(), parameters: json!({"type": "object"}) };
    server(&loopback.url).chat(&ChatRequest { tools: vec![tool], ..question() }).await.unwrap();
    let body: serde_json::Value = serde_json::from_str(&loopback.seen()[0].body).unwrap();
    assert_eq!(body["reasoning_effort"], "none");
    assert_eq!(body["tools"][0]["function"]["name"], "end");
}

/// Row 118. Before the first token all is repeated, after it nothing.
#[tokio::test]
async fn a_stream_is_tried_again_only_until_its_first_token() {
    let role = r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#;
    let word = r#"{"choices":[{"delta":{"content":"Hel"}}]}"#;
    let broken = r#"{"error":{"message":"oops","type":"server_error"}}"#;
    let end = r#"{"choices":[{"delta":{"content":"lo"},"finish_reason":"stop"}]}"#;
    let script = vec![stream(&[role, broken]), stream(&[role]), stream(&[role, word, end, "[DONE]"])];
    let loopback = Loopback::answering(script).await;
    let rest = server(&loopback.url);
    let mut answer = rest.stream_chat(&question()).await.unwrap();
    assert_eq!(answer.next().await, Some(Ok(ChatEvent::Words("Hel".into()))));
    assert_eq!(answer.next().await, Some(Ok(ChatEvent::Words("lo".into()))));
    let Some(Ok(ChatEvent::Done(chat))) = answer.next().await else { panic!("no end") };
    assert_eq!((chat.text.as_str(), chat.used.is_estimate), ("Hello", true));
    assert_eq!(answer.next().await, None);
    assert_eq!(loopback.seen().len(), 3);

    for ending in [broken, "no JSON"] {
        let loopback = Loopback::answering(vec![stream(&[role, word, ending])]).await;
        let mut answer = server(&loopback.url).stream_chat(&question()).await.unwrap();
        assert!(matches!(answer.next().await, Some(Ok(ChatEvent::Words(_)))));
        assert!(matches!(answer.next().await, Some(Err(OpenAiError::BrokenOff { .. }))));
        assert_eq!(answer.next().await, None);
        assert_eq!(loopback.seen().len(), 1);
    }
}

/// Row 118.
#[tokio::test]
async fn silence_ends_after_the_wait_for_the_first_token() {
    let loopback = Loopback::answering(vec![Answer::Silence]).await;
    let rest = server(&loopback.url);
    let began = Instant::now();
    let refused = rest.stream_chat(&question()).await.map(|_| ());
    assert_eq!(refused, Err(OpenAiError::away("no first word in time")));
    assert!(began.elapsed() < Duration::from_secs(2) && loopback.seen().len() == 1);
}

/// Row 118. What was used before a reader went away is counted by a guess.
#[tokio::test]
async fn an_answer_nobody_reads_to_its_end_is_counted_all_the_same() {
    let word = r#"{"choices":[{"delta":{"content":"Hello there"}}]}"#;
    let loopback = Loopback::answering(vec![stream(&[word])]).await;
    let rest = server(&loopback.url);
    drop(rest.stream_chat(&question()).await.unwrap());
    let count = rest.counters().of(Kind::Chat);
    assert_eq!((count.input_tokens, count.output_tokens), (4, 3));
    assert!(count.cost_micros > 0);
}

/// Row 118. A server that is down is left alone: nothing is sent to it any more.
#[tokio::test]
async fn after_five_troubles_in_a_row_nothing_is_sent() {
    let loopback = Loopback::answering(vec![Answer::json(500, "{}")]).await;
    let rest = server(&loopback.url);
    for _ in 0..4 {
        assert!(matches!(rest.chat(&question()).await, Err(OpenAiError::Away { .. })));
    }
    assert_eq!(loopback.seen().len(), 5);
    assert!(matches!(rest.breaker(Kind::Chat), Breaker::Open { .. }));
    assert!(rest.counters().of(Kind::Chat).held_back > 0);
    assert_eq!(rest.breaker(Kind::Speech), Breaker::default(), "other work goes on");
}

/// Row 118.
#[tokio::test]
async fn vectors_come_in_the_texts_order_and_of_length_one() {
    let body = r#"{"data":[{"index":1,"embedding":[0,2]},{"index":0,"embedding":[3,4]}],"usage":{"prompt_tokens":5}}"#;
    let loopback = Loopback::answering(vec![Answer::json(200, body)]).await;
    let texts = ["one".to_owned(), "two".to_owned()];
    let found = server(&loopback.url).embed("known-e", &texts, None).await.unwrap();
    assert_eq!(found.vectors, [[0.6, 0.8], [0.0, 1.0]]);
    assert_eq!((found.used.input_tokens, found.used.cost_micros), (5, Some(50_000)));
    for wrong in [
        r#"{"data":[]}"#,
        r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
        r#"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[0]}]}"#,
    ] {
        let loopback = Loopback::answering(vec![Answer::json(200, wrong)]).await;
        let found = server(&loopback.url).embed("known-e", &texts, None).await;
        assert_eq!(found, Err(OpenAiError::not_understood()), "{wrong}");
    }
    let empty = server(&loopback.url).embed("known-e", &[" ".to_owned()], None).await;
    assert!(matches!(empty, Err(OpenAiError::Rejected { .. })));
}
