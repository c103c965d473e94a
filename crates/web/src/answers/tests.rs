use super::*;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::from_fn;
use axum::routing::get;
use serde_json::Value;
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

/// Handlers and layers that fail as those of others do.
fn failing() -> Router {
    let plain = |status: StatusCode| get(async move || (status, "in plain words"));
    let mut router = Router::new();
    for root in ["/api", "/admin"] {
        router = router
            .route(&format!("{root}/slow"), get(std::future::pending::<()>))
            .route(&format!("{root}/panic"), get(async || -> () { panic!("as handlers should not") }))
            .route(&format!("{root}/unsupported"), plain(StatusCode::UNSUPPORTED_MEDIA_TYPE))
            .route(&format!("{root}/headers"), plain(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE))
            .route(&format!("{root}/bare"), get(async || StatusCode::REQUEST_TIMEOUT))
            .route(&format!("{root}/fine"), get(async || "fine"))
            .route(&format!("{root}/ours"), get(async || Problem::too_many_attempts(7)));
    }
    router
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response_parts()))
        .layer(from_fn(async |request: Request, next: Next| {
            shaped_within(Duration::from_millis(20), request, next).await
        }))
}

async fn ask(method: &str, path: &str) -> (u16, HeaderMap, String) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let (parts, body) = failing().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

const CASES: [(&str, &str, u16, &str); 8] = [
    ("GET", "/slow", 504, "timed_out"),
    ("GET", "/panic", 500, "internal"),
    ("GET", "/unsupported", 415, "unsupported_media_type"),
    ("GET", "/headers", 431, "headers_too_large"),
    ("GET", "/bare", 408, "timed_out"),
    ("GET", "/ours", 429, "too_many_attempts"),
    ("GET", "/nowhere", 404, "not_found"),
    ("POST", "/fine", 405, "method_not_allowed"),
];

#[tokio::test]
async fn programs_are_told_every_refusal_as_a_problem() {
    for (method, path, status, code) in CASES {
        let (answered, headers, body) = ask(method, &format!("/api{path}")).await;
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
        assert_eq!(
            (answered, problem["code"].as_str(), problem["status"].as_u64()),
            (status, Some(code), Some(status.into()))
        );
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
    assert_eq!(ask("GET", "/api/ours").await.1[header::RETRY_AFTER], "7");
    assert_eq!(ask("POST", "/api/fine").await.1[header::ALLOW], "GET,HEAD");
}

#[tokio::test]
async fn people_are_told_every_refusal_as_a_page() {
    for (method, path, status, _) in CASES {
        let (answered, headers, body) = ask(method, &format!("/admin{path}")).await;
        assert_eq!(
            (answered, &headers[header::CONTENT_TYPE]),
            (status, &HeaderValue::from_static("text/html; charset=utf-8")),
            "{path}"
        );
        assert!(body.contains("<h1>") && !body.contains("plain words"), "{path}: {body}");
        assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY));
    }
    assert_eq!(ask("GET", "/admin/ours").await.1[header::RETRY_AFTER], "7");
    assert_eq!(
        ask("GET", "/admin/fine").await,
        ask("GET", "/api/fine").await,
        "what went well is left alone"
    );
}

#[test]
fn an_unknown_address_is_told_as_who_asks_can_read_it() {
    let browser = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"))]);
    let program = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("*/*"))]);
    for (path, of_browser, of_program) in [
        ("/", Reader::Person, Reader::Person),
        ("/admin", Reader::Person, Reader::Person),
        ("/administration", Reader::Person, Reader::Program),
        ("/nowhere", Reader::Person, Reader::Program),
        ("/api/nowhere", Reader::Program, Reader::Program),
    ] {
        assert_eq!(
            (Reader::of(path, &browser), Reader::of(path, &program)),
            (of_browser, of_program),
            "{path}"
        );
    }
}
