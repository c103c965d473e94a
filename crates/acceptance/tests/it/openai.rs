//! The model's REST side: our client against the strict server, at the limits that a person at a chat would meet.

use anyhow::{Context as _, Result};
use serde_json::json;
use std::time::{Duration, Instant};
use studioconnect_connectors::openai::rest::audio::{Recording, Speech};
use studioconnect_connectors::openai::rest::breaker::Breaker;
use studioconnect_connectors::openai::rest::chat::{
    Chat, ChatEvent, ChatRequest, ChatStream, Finish, Message, Schema, Tool,
};
use studioconnect_connectors::openai::rest::retry::RetryPolicy;
use studioconnect_connectors::openai::rest::{Blame, Kind, Limits, OpenAiError, OpenAiRest, Used};
use studioconnect_connectors::secret::Secret;
use studioconnect_domain::price::{Work, work_micros};
use studioconnect_simulators::realtime::{RealtimeServer, RealtimeSettings, RestFault, Route};
use studioconnect_simulators::speech::{clip, sound_of};
use studioconnect_simulators::wav;

const KEY: &str = "sk-right";

/// By the same table as the program.
fn prices(used: &Used) -> Option<u64> {
    let work = Work {
        input_tokens: used.input_tokens,
        cached_tokens: used.cached_tokens,
        output_tokens: used.output_tokens,
        characters: used.characters,
        audio_ms: used.audio_ms,
    };
    work_micros(&used.model, &work)
}

async fn server(faults: Vec<studioconnect_simulators::realtime::PlannedRestFault>) -> Result<RealtimeServer> {
    let mut settings = RealtimeSettings { api_key: Some(KEY.into()), ..RealtimeSettings::default() };
    settings.rest.faults = faults;
    Ok(RealtimeServer::start(settings).await?)
}

fn client(server: &RealtimeServer) -> Result<OpenAiRest> {
    let limits = Limits {
        connect: Duration::from_secs(1),
        first: Duration::from_millis(600),
        idle: Duration::from_millis(500),
        total: Duration::from_secs(5),
    };
    let retry = RetryPolicy {
        first_pause: Duration::from_millis(40),
        longest_asked: Duration::from_secs(2),
        ..RetryPolicy::default()
    };
    let rest = OpenAiRest::new(&server.base_url().parse()?, Some(Secret::new(KEY)), prices)?;
    Ok(rest.with_limits(limits).with_retry(retry))
}

fn ask(words: &str) -> ChatRequest {
    let messages = vec![Message::System("You are the receptionist.".into()), Message::User(words.into())];
    ChatRequest { model: "gpt-6-luna".into(), messages, max_tokens: Some(300), ..ChatRequest::default() }
}

fn save_answer() -> Tool {
    let text = json!({"type": "string"});
    let parameters = json!({"type": "object", "additionalProperties": false, "required": ["question", "answer"],
        "properties": {"question": text, "answer": text}});
    Tool { name: "save_answer".into(), description: "Saves what somebody said.".into(), parameters }
}

/// Everything a stream says: its words, and how it ends.
async fn read(mut stream: ChatStream) -> (String, Result<Chat, OpenAiError>) {
    let mut words = String::new();
    loop {
        match stream.next().await {
            Some(Ok(ChatEvent::Words(more))) => words.push_str(&more),
            Some(Ok(ChatEvent::Done(chat))) => return (words, Ok(chat)),
            Some(Err(fault)) => return (words, Err(fault)),
            None => return (words, Err(OpenAiError::QuotaGone)),
        }
    }
}

/// Row 118. Words, tools and the way back, streamed and whole, and each answer with its cost.
#[tokio::test]
async fn a_chat_calls_a_tool_goes_on_with_its_answer_and_tells_what_it_cost() -> Result<()> {
    let server = server(vec![]).await?;
    let rest = client(&server)?;
    let leak = ChatRequest { tools: vec![save_answer()], ..ask("My kitchen tap is leaking") };
    let whole = rest.chat(&leak).await?;
    let (_, streamed) = read(rest.stream_chat(&leak).await?).await;
    let streamed = streamed?;
    assert_eq!((whole.finish, &whole.calls), (Finish::Calls, &streamed.calls));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&whole.calls[0].arguments)?["question"], "q4");
    assert_eq!((streamed.used.is_estimate, whole.used.cost_micros), (false, streamed.used.cost_micros));
    assert!(whole.used.cost_micros.is_some_and(|micros| micros > 0));

    let mut messages = leak.messages.clone();
    messages.push(Message::Assistant { text: None, calls: whole.calls.clone() });
    messages.push(Message::Output { call_id: whole.calls[0].id.clone(), output: "saved".into() });
    let (words, answer) = read(rest.stream_chat(&ChatRequest { messages, ..leak }).await?).await;
    let answer = answer?;
    assert_eq!((answer.finish, answer.text.as_str()), (Finish::Stop, clip("agent-name").unwrap().text));
    assert_eq!(words, answer.text);

    let count = rest.counters().of(Kind::Chat);
    let sum: u64 = [&whole, &streamed, &answer].iter().filter_map(|chat| chat.used.cost_micros).sum();
    assert_eq!((count.requests, count.failures, count.cost_micros, count.unpriced), (3, 0, sum, 0));
    assert_eq!(server.rest_violations(), []);
    Ok(())
}

/// Row 118.
#[tokio::test]
async fn other_servers_habits_are_understood() -> Result<()> {
    let server = server(vec![RestFault::Homemade.always()]).await?;
    let rest = client(&server)?;
    let leak = ChatRequest { tools: vec![save_answer()], ..ask("My kitchen tap is leaking") };
    let (_, answer) = read(rest.stream_chat(&leak).await?).await;
    let answer = answer?;
    assert_eq!((answer.finish, answer.calls[0].name.as_str()), (Finish::Calls, "save_answer"));
    assert!(answer.used.is_estimate && answer.used.input_tokens > 10, "{:?}", answer.used);
    server.change_rest(|rest| {
        rest.brain = studioconnect_simulators::realtime::Brain::Script(vec![
            studioconnect_simulators::realtime::Rule::otherwise("Größe: 3 m², gleich da 🚰"),
        ]);
        rest.faults = vec![RestFault::SingleBytes.always()];
    });
    let (words, _) = read(rest.stream_chat(&ask("Wie groß?")).await?).await;
    assert_eq!(words, "Größe: 3 m², gleich da 🚰", "characters came cut in two");
    assert_eq!(server.rest_violations(), []);
    Ok(())
}

/// Row 118. An answer in a shape; what is not a shape of the strict subset is told as our own mistake.
#[tokio::test]
async fn an_answer_comes_in_the_shape_that_was_asked_for() -> Result<()> {
    let server = server(vec![]).await?;
    let rest = client(&server)?;
    let good = json!({"type": "object", "additionalProperties": false, "required": ["severity"],
        "properties": {"severity": {"type": "integer"}}});
    let shaped =
        |schema| ChatRequest { schema: Some(Schema { name: "judged".into(), schema }), ..ask("Hello") };
    let answer = rest.chat(&shaped(good)).await?;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&answer.text)?, json!({"severity": 0}));
    let loose = json!({"type": "object", "properties": {"severity": {"type": "integer"}}});
    let refused = rest.chat(&shaped(loose)).await.unwrap_err();
    assert_eq!(refused.blame(), Blame::Request, "{refused}");
    assert_eq!(server.rest_requests().len(), 2, "a mistake of ours is not repeated");
    Ok(())
}

/// Row 118.
#[tokio::test]
async fn a_model_that_says_nothing_times_out_before_its_first_token_and_between_two() -> Result<()> {
    for (fault, limit) in [(RestFault::Silence, 600), (RestFault::StallBeforeFirst, 600)] {
        let server = server(vec![fault.clone().always()]).await?;
        let began = Instant::now();
        let refused = client(&server)?.stream_chat(&ask("Hello")).await.map(|_| ()).unwrap_err();
        let took = began.elapsed();
        assert!(matches!(refused, OpenAiError::Away { .. }), "{fault:?}: {refused}");
        assert!((limit..3_000).contains(&(took.as_millis() as u64)), "{fault:?}: {took:?}");
        assert_eq!(server.rest_requests().len(), 1, "a time-out is not repeated");
    }
    let server = server(vec![RestFault::StallMidStream.always()]).await?;
    let stream = client(&server)?.stream_chat(&ask("When are you open?")).await?;
    let began = Instant::now();
    let (words, end) = read(stream).await;
    assert!(words.starts_with("We are open"), "{words}");
    assert!(matches!(end, Err(OpenAiError::BrokenOff { .. })), "{end:?}");
    assert!((500..3_000).contains(&(began.elapsed().as_millis() as u64)), "{:?}", began.elapsed());
    // Whole answers have the total alone.
    server.change_rest(|rest| rest.faults = vec![RestFault::Silence.always()]);
    let short = Limits { total: Duration::from_millis(400), ..Limits::default() };
    let began = Instant::now();
    let refused = client(&server)?.with_limits(short).chat(&ask("Hello")).await.unwrap_err();
    assert_eq!(refused.blame(), Blame::Provider);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    Ok(())
}

/// Row 118. Uneven, growing pauses; a success after them.
#[tokio::test]
async fn passing_troubles_are_retried_with_growing_uneven_pauses() -> Result<()> {
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let server = server(vec![RestFault::failing(503).first(2)]).await?;
        let answer = client(&server)?.chat(&ask("When are you open?")).await?;
        assert!(answer.text.starts_with("We are open"));
        let at: Vec<Duration> = server.rest_requests().iter().map(|request| request.at).collect();
        assert_eq!(at.len(), 3);
        // Half to the whole of 40 and of 80 ms; a busy machine makes it longer, never shorter.
        let (first, second) = (at[1].saturating_sub(at[0]), at[2].saturating_sub(at[1]));
        assert!(first >= Duration::from_millis(20) && second >= Duration::from_millis(40), "{at:?}");
        pauses.push(first);
    }
    pauses.sort();
    pauses.dedup();
    assert!(pauses.len() > 1, "every pause was the same: {pauses:?}");
    Ok(())
}

/// Row 118. The server's violations would say that somebody came back too early.
#[tokio::test]
async fn a_server_that_says_when_is_obeyed_up_to_a_bound() -> Result<()> {
    let server = server(vec![RestFault::rate_limited("0.7").first(1)]).await?;
    let rest = client(&server)?;
    rest.chat(&ask("Hello")).await?;
    let at: Vec<Duration> = server.rest_requests().iter().map(|request| request.at).collect();
    assert!(at[1].saturating_sub(at[0]) >= Duration::from_millis(700), "{at:?}");
    assert_eq!(server.rest_violations(), []);

    server.change_rest(|rest| rest.faults = vec![RestFault::rate_limited("30").always()]);
    let began = Instant::now();
    let refused = rest.chat(&ask("Hello")).await;
    assert_eq!(refused, Err(OpenAiError::Busy { retry_after: Some(Duration::from_secs(30)) }));
    assert!(began.elapsed() < Duration::from_secs(2), "somebody is waiting at the chat");
    assert_eq!(server.rest_requests().len(), 3);
    Ok(())
}

/// Row 118.
#[tokio::test]
async fn used_up_money_and_a_wrong_key_are_never_retried() -> Result<()> {
    let server = server(vec![RestFault::quota_gone().always()]).await?;
    let rest = client(&server)?;
    assert_eq!(rest.chat(&ask("Hello")).await, Err(OpenAiError::QuotaGone));
    assert_eq!(rest.stream_chat(&ask("Hello")).await.map(|_| ()), Err(OpenAiError::QuotaGone));
    assert_eq!(server.rest_requests().len(), 2);
    server.change_rest(|rest| rest.faults.clear());
    let stranger = OpenAiRest::new(&server.base_url().parse()?, Some(Secret::new("sk-wrong")), prices)?;
    let refused = stranger.chat(&ask("Hello")).await.unwrap_err();
    assert_eq!((&refused, refused.blame()), (&OpenAiError::Unauthorized, Blame::Operator));
    assert_eq!(server.rest_requests().len(), 3);
    assert_eq!(stranger.models().await, Err(OpenAiError::Unauthorized));
    assert!(rest.models().await?.iter().any(|model| model.id == "gpt-6-luna"));
    Ok(())
}

/// Row 118. Somebody has seen part of the answer: it is not begun anew.
#[tokio::test]
async fn after_the_first_token_nothing_is_retried() -> Result<()> {
    for fault in [RestFault::ErrorMidStream, RestFault::CutMidStream, RestFault::NoEnd] {
        let server = server(vec![fault.clone().always()]).await?;
        let rest = client(&server)?;
        let (words, end) = read(rest.stream_chat(&ask("When are you open?")).await?).await;
        assert!(words.starts_with("We are open"), "{fault:?}: {words}");
        assert!(matches!(end, Err(OpenAiError::BrokenOff { .. })), "{fault:?}: {end:?}");
        assert_eq!(server.rest_requests().len(), 1, "{fault:?}");
        let count = rest.counters().of(Kind::Chat);
        assert!(count.failures == 1 && count.cost_micros > 0, "{fault:?}: what came was paid for: {count:?}");
    }
    Ok(())
}

/// Row 118. A server that is down is left alone, one kind of work at a time, and asked again when it has had its rest.
#[tokio::test]
async fn the_breaker_opens_after_troubles_leaves_other_work_alone_and_closes_again() -> Result<()> {
    let server = server(vec![RestFault::failing(500).always().on(Route::Chat)]).await?;
    let rest = client(&server)?;
    for _ in 0..3 {
        assert!(rest.chat(&ask("Hello")).await.is_err());
    }
    assert!(matches!(rest.breaker(Kind::Chat), Breaker::Open { .. }), "{:?}", rest.breaker(Kind::Chat));
    let sent = server.rest_requests().len();
    assert_eq!(sent, 5);
    let began = Instant::now();
    assert!(matches!(rest.clone().chat(&ask("Hello")).await, Err(OpenAiError::Away { .. })));
    assert!(began.elapsed() < Duration::from_millis(500), "it fails at once");
    assert_eq!(server.rest_requests().len(), sent, "nothing was sent");
    let vectors = rest.embed("text-embedding-3-small", &["hours".to_owned()], None).await?;
    assert_eq!(vectors.vectors[0].len(), 1536);
    assert_eq!(rest.breaker(Kind::Embeddings), Breaker::default());

    // The server is back; the first request after the rest finds it out, and all goes on.
    server.change_rest(|rest| rest.faults.clear());
    let sent = server.rest_requests().len();
    let answer = loop {
        if let Ok(answer) = rest.chat(&ask("When are you open?")).await {
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it never closed");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    assert!(answer.text.starts_with("We are open"));
    assert!(began.elapsed() > Duration::from_secs(8), "it had its rest: {:?}", began.elapsed());
    assert_eq!((rest.breaker(Kind::Chat), server.rest_requests().len()), (Breaker::default(), sent + 1));
    Ok(())
}

/// Row 118. Each kind of work is counted by its own measure and priced by the one table.
#[tokio::test]
async fn vectors_transcripts_and_speech_are_counted_and_priced() -> Result<()> {
    let server = server(vec![]).await?;
    let rest = client(&server)?;
    let texts = [
        "When are you open?".to_owned(),
        "opening hours: when are you open".to_owned(),
        "a red rose".to_owned(),
    ];
    let found = rest.embed("text-embedding-3-small", &texts, Some(256)).await?;
    let likeness = |a: usize, b: usize| -> f32 {
        found.vectors[a].iter().zip(&found.vectors[b]).map(|(a, b)| a * b).sum()
    };
    assert!(likeness(0, 1) > likeness(0, 2) + 0.2);
    assert_eq!(found.used.input_tokens, 5 + 8 + 3);

    let said = clip("caller-leak").context("no such clip")?;
    let recording = Recording {
        model: "gpt-transcribe".into(),
        sound: wav::from_ulaw(said.ulaw),
        file_name: "message.wav".into(),
        language: Some("en".into()),
        length: Duration::ZERO,
    };
    let heard = rest.transcribe(&recording).await?;
    assert_eq!(heard.text, said.text);
    assert_eq!(
        (heard.used.audio_ms, heard.used.cost_micros),
        (said.duration_ms().div_ceil(1_000) * 1_000, None)
    );
    assert_eq!(rest.counters().of(Kind::Transcription).unpriced, 1, "a model without a price is not free");
    let older = Recording { model: "whisper-1".into(), ..recording };
    let cost = rest.transcribe(&older).await?.used.cost_micros.context("whisper-1 has a price")?;
    assert_eq!(cost, heard.used.audio_ms / 10, "0.006 dollars a minute");

    let speech = Speech {
        model: "gpt-4o-mini-tts".into(),
        text: "Hello there.".into(),
        voice: "marin".into(),
        instructions: None,
    };
    let sound = rest.speak(&speech).await?;
    let wanted = sound_of("Hello there.");
    assert!(sound.wav == wav::from_ulaw(&wanted), "the words sound otherwise");
    assert_eq!((sound.used.characters, sound.used.audio_ms), (12, wanted.len() as u64 / 8));
    assert!(sound.used.cost_micros.is_some_and(|micros| micros > 0));
    let stranger = Speech { voice: "sarah".into(), ..speech };
    assert_eq!(rest.speak(&stranger).await.unwrap_err().blame(), Blame::Request);
    let violations: Vec<_> = server.rest_violations().into_iter().map(|violation| violation.param).collect();
    assert_eq!(violations, [Some("voice".to_owned())], "nothing else was wrong");
    Ok(())
}
