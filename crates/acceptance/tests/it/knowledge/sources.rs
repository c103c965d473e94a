//! Documents that nobody writes here: files that are sent, and pages that are read.

use crate::commands::program;
use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use studioconnect_acceptance::files::{docx, locked_pdf, pdf};
use studioconnect_acceptance::{Answer, Person, TestApp};
use studioconnect_domain::knowledge::Document;
use studioconnect_domain::plan::PlanCode;
use studioconnect_simulators::realtime::{RestFault, Route};
use tokio::net::TcpListener;

const EDGE: &str = "an-edge-between-parts";
const MULTIPART: &str = "multipart/form-data; boundary=an-edge-between-parts";

/// A form with a file, as browsers write it.
fn form(name: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    [head.as_bytes(), file, format!("\r\n--{EDGE}--\r\n").as_bytes()].concat()
}

async fn send(person: &Person, name: &str, file: &[u8]) -> Result<Answer> {
    person.send_bytes("POST", "/api/kb/upload", &[("content-type", MULTIPART)], form(name, file)).await
}

fn read(answer: &Answer) -> Result<Value> {
    serde_json::from_str(&answer.body).with_context(|| format!("{answer:?}"))
}

/// A site of one page, which says what it is told to; the address it is at.
async fn site(says: Arc<Mutex<(StatusCode, String)>>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("127.0.0.1:{}", listener.local_addr()?.port());
    let page = move || {
        let (status, body) = says.lock().unwrap_or_else(PoisonError::into_inner).clone();
        async move { (status, [(header::CONTENT_TYPE, "text/html")], body).into_response() }
    };
    let inside = || async { (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/secret")]) };
    let router = Router::new().route("/prices", get(page)).route("/inside", get(inside));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Row 109, issue 4: a file of each kind is sent, and a visitor is answered from it with its name.
#[tokio::test]
async fn a_file_of_each_kind_answers_a_visitor_with_its_source() -> Result<()> {
    program().await?;
    let app = TestApp::start_with(|setup| {
        setup.realtime.rest.faults = vec![RestFault::failing(503).always().on(Route::Chat)];
    })
    .await?;
    let owner = app.owner().await?;
    let pdf = pdf(&[vec!["Gift vouchers are sold at the front desk for fifty dollars.".to_owned()]])?;
    let docx = docx("Warranty", &["Our warranty on soldered joints lasts seven years."])?;
    let html =
        b"<!doctype html><title>Parking</title><p>Trucks park behind the warehouse on Pine Street.</p>";
    let csv = b"Tool,Rental\nConcrete mixer,$70 a day\nTile cutter,$25 a day\nPressure washer,$40 a day\n";
    let md = b"# Dogs\n\nOur plumbers are allergic to parrots, so cage them before the visit.";
    let txt = b"Caf\xE9 customers get invoices by courier pigeon each Thursday.";
    for (name, file, title, question, answer) in [
        ("a.pdf", &pdf[..], "a", "Do you sell gift vouchers?", "fifty dollars"),
        ("b.docx", &docx, "Warranty", "How long is the warranty on soldered joints?", "seven years"),
        ("c.html", html, "Parking", "Where do trucks park?", "behind the warehouse"),
        ("tools.csv", csv, "tools", "What is the rental of a concrete mixer?", "$70 a day"),
        ("e.md", md, "Dogs", "Are your plumbers allergic to parrots?", "cage them"),
        // Its name lies: it is read as what it is.
        ("f.pdf", txt, "f", "Who gets invoices by courier pigeon?", "Café customers"),
    ] {
        let sent = send(&owner, name, file).await?;
        assert_eq!(sent.status, 201, "{name}: {sent:?}");
        let added = read(&sent)?;
        let told = (&added["kind"], &added["title"], &added["state"]);
        assert_eq!(told, (&json!("UPLOAD"), &json!(title), &json!("READY")), "{name}");
        let said = app.visitor().await?.say("q", question).await?;
        assert!(said["reply"].as_str().is_some_and(|reply| reply.contains(answer)), "{name}: {said}");
        assert_eq!(said["sources"][0]["title"], title, "{name}");
    }
    app.end().await
}

/// Issue 4, bad input: what cannot be read is refused with the reason, and nothing of it is kept.
#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_the_reason_and_not_kept() -> Result<()> {
    program().await?;
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let locked = locked_pdf()?;
    for (name, file, reason) in [
        ("empty.txt", &b""[..], "the file is empty"),
        ("photo.pdf", b"\x89PNG\r\n\x1a\n", "this is a picture"),
        ("locked.pdf", &locked, "protected by a password"),
    ] {
        let refused = send(&owner, name, file).await?;
        assert_eq!(
            (refused.status, refused.problem().as_deref()),
            (422, Some("invalid")),
            "{name}: {refused:?}"
        );
        assert_eq!(read(&refused)?["errors"][0]["field"], "file", "{name}");
        assert!(refused.body.contains(reason), "{name}: {refused:?}");
    }
    let large = send(&owner, "large.txt", &vec![b'a'; 10 * 1024 * 1024 + 1]).await?;
    assert_eq!((large.status, large.problem().as_deref()), (413, Some("too_large")), "{large:?}");
    let huge = send(&owner, "huge.txt", &vec![b'a'; 11 * 1024 * 1024]).await?;
    assert_eq!(huge.status, 413);
    let odd = owner.send("POST", "/api/kb/upload", Some(&json!({}))).await?;
    assert_eq!(odd.status, 400, "{odd:?}");
    let none =
        owner.send_bytes("POST", "/api/kb/upload", &[("content-type", MULTIPART)], format!("--{EDGE}--\r\n"));
    assert!(none.await?.body.contains("choose a file"));
    assert_eq!(owner.json("/api/kb").await?["items"], json!([]));
    Ok(())
}

/// Rows 63–65: files and pages are for plans with documents; a repeat with its key adds nothing.
#[tokio::test]
async fn files_and_pages_need_a_plan_with_documents_and_repeats_are_harmless() -> Result<()> {
    program().await?;
    let app = TestApp::start().await?;
    let owner = app.owner().await?;
    let store = &app.stage.server.state.store;
    let page = json!({"kind": "URL", "url": "https://www.example.com/prices"});
    store.set_plan(app.business.business.id, PlanCode::Free).await?;
    for refused in [send(&owner, "a.txt", b"Words.").await?, owner.post("/api/kb", &page).await?] {
        assert_eq!((refused.status, refused.problem().as_deref()), (403, Some("plan_upgrade_required")));
    }
    store.set_plan(app.business.business.id, PlanCode::Basic).await?;
    let headers = [("content-type", MULTIPART), ("idempotency-key", "one")];
    let send =
        async |file: &[u8]| owner.send_bytes("POST", "/api/kb/upload", &headers, form("a.txt", file)).await;
    let (first, second) = (send(b"Words of one kind.").await?, send(b"Words of one kind.").await?);
    assert_eq!((first.status, &first.body), (201, &second.body));
    assert_eq!(send(b"Other words.").await?.problem().as_deref(), Some("key_reused"));
    assert_eq!(owner.json("/api/kb").await?["items"].as_array().map(Vec::len), Some(1));
    Ok(())
}

/// Row 109, issue 4: a page is read, answered from with its address, and read anew; while it cannot be, it says what it said.
#[tokio::test]
async fn a_page_is_read_and_read_anew_and_keeps_its_words_while_it_cannot_be() -> Result<()> {
    program().await?;
    let says = Arc::new(Mutex::new((
        StatusCode::OK,
        "<title>Our prices</title><p>Descaling a kettle costs eleven dollars.</p>".to_owned(),
    )));
    let address = site(Arc::clone(&says)).await?;
    let app = TestApp::start_with(|setup| {
        setup.variables.push(("ALLOW_PRIVATE_TARGETS", address.clone()));
        setup.realtime.rest.faults = vec![RestFault::failing(503).always().on(Route::Chat)];
    })
    .await?;
    let owner = app.owner().await?;
    let url = format!("http://{address}/prices");
    let sent = owner.post("/api/kb", &json!({"kind": "URL", "url": url})).await?;
    assert_eq!(sent.status, 201, "{sent:?}");
    let added = read(&sent)?;
    assert_eq!((&added["state"], &added["title"]), (&json!("READY"), &json!("Our prices")), "{added}");
    assert!(added["fetchedAt"].is_string() && added["sourceUrl"] == json!(url));
    let ask = async || app.visitor().await?.say("q", "How much is descaling a kettle?").await;
    let said = ask().await?;
    assert!(said["reply"].as_str().is_some_and(|reply| reply.contains("eleven dollars")), "{said}");
    assert_eq!(said["sources"][0]["url"], json!(url));

    let path = format!("/api/kb/{}", added["id"].as_str().context("no id")?);
    let tell =
        |status, body: &str| *says.lock().unwrap_or_else(PoisonError::into_inner) = (status, body.to_owned());
    let refresh = async || read(&owner.send("POST", &format!("{path}/refresh"), None).await?);
    tell(StatusCode::INTERNAL_SERVER_ERROR, "");
    let kept = refresh().await?;
    assert_eq!((&kept["state"], &kept["body"]), (&json!("READY"), &added["body"]));
    assert_eq!(kept["stateReason"], "the server answered with 500 Internal Server Error");
    assert!(ask().await?["reply"].as_str().is_some_and(|reply| reply.contains("eleven dollars")));
    tell(StatusCode::OK, "<title>Our prices</title><p>Descaling a kettle costs twelve dollars.</p>");
    let renewed = refresh().await?;
    assert_eq!((&renewed["stateReason"], &renewed["version"]), (&Value::Null, &json!(3)), "{renewed}");
    assert!(ask().await?["reply"].as_str().is_some_and(|reply| reply.contains("twelve dollars")));
    assert_eq!(refresh().await?["version"], json!(3), "what says the same is not cut up again");

    let renamed = json!({"title": "Kettles", "body": "", "version": 3});
    let renamed = read(&owner.put(&path, &renamed).await?)?;
    assert_eq!((&renamed["title"], &renamed["body"]), (&json!("Kettles"), &renewed["body"]));
    assert_eq!(refresh().await?["title"], "Kettles", "a name that somebody gave stays");
    let text = read(&owner.post("/api/kb", &json!({"title": "T", "body": "Words."})).await?)?;
    let text = format!("/api/kb/{}/refresh", text["id"].as_str().context("no id")?);
    assert_eq!(owner.send("POST", &text, None).await?.status, 422);
    app.end().await
}

/// A page that was stored by a server which died before it read it is read by the next one.
#[tokio::test]
async fn a_page_that_nobody_has_read_is_read_after_a_restart() -> Result<()> {
    program().await?;
    let says = (StatusCode::OK, "<title>Hours</title><p>Open from nine to five.</p>".to_owned());
    let address = site(Arc::new(Mutex::new(says))).await?;
    let app =
        TestApp::start_with(|setup| setup.variables.push(("ALLOW_PRIVATE_TARGETS", address.clone()))).await?;
    let state = &app.stage.server.state;
    let url = format!("http://{address}/prices");
    let page = Document::of_page(app.business.business.id, &url, &url, state.clock.now());
    state.store.add_document(&page, &[], None).await?;
    let app = app.restart().await?;
    let owner = app.owner().await?;
    let path = format!("/api/kb/{}", page.id);
    app.until("the page is read", async || Ok(owner.json(&path).await?["state"] == json!("READY"))).await?;
    assert_eq!(owner.json(&path).await?["title"], "Hours");
    app.end().await
}

/// Issue 4, bad input: an address that leads inside is refused, and one that redirects there is not followed.
#[tokio::test]
async fn a_page_of_a_private_address_is_refused_and_a_redirect_to_one_is_not_followed() -> Result<()> {
    program().await?;
    let address = site(Arc::new(Mutex::new((StatusCode::OK, String::new())))).await?;
    let app =
        TestApp::start_with(|setup| setup.variables.push(("ALLOW_PRIVATE_TARGETS", address.clone()))).await?;
    let owner = app.owner().await?;
    let own = app.stage.url("/health")?.to_string();
    for (url, reason) in [
        (own.as_str(), "private network"),
        ("http://169.254.169.254/latest/meta-data/", "private network"),
        ("http://[::1]/", "private network"),
        ("file:///etc/passwd", "http://"),
        ("https://me:secret@example.com/", "password"),
        ("prices", "whole address"),
    ] {
        let refused = owner.post("/api/kb", &json!({"kind": "URL", "url": url})).await?;
        assert_eq!(refused.status, 422, "{url}: {refused:?}");
        assert_eq!(read(&refused)?["errors"][0]["field"], "url", "{url}");
        assert!(refused.body.contains(reason), "{url}: {refused:?}");
    }
    for (url, reason) in [
        (format!("http://{address}/inside"), "private network"),
        ("http://localhost/".to_owned(), "private network"),
        (format!("http://{address}/missing"), "404 Not Found"),
    ] {
        let added = read(&owner.post("/api/kb", &json!({"kind": "URL", "url": url})).await?)?;
        assert_eq!((&added["state"], &added["chunks"]), (&json!("FAILED"), &json!(0)), "{added}");
        assert!(added["stateReason"].as_str().is_some_and(|told| told.contains(reason)), "{added}");
    }
    assert_eq!(owner.post("/api/kb", &json!({"title": "T", "body": "Words."})).await?.status, 201);
    app.end().await
}

/// The page works without script: a file is sent, a page named, and what is wrong stands beside its field.
#[tokio::test]
async fn files_and_pages_are_added_on_the_page_without_script() -> Result<()> {
    program().await?;
    let app = TestApp::start().await?;
    let browser = app.browser_of("owner@example.com").await?;
    let here = "/admin/knowledge-base";
    let upload = format!("{here}/upload");
    let sent =
        browser.send_file(&upload, "prices.csv", b"Work,Price\nDrain,$120\nTap,$40\nBoiler,$89\n").await?;
    assert_eq!((sent.status, sent.at.as_str()), (200, "/admin/knowledge-base?done=added"));
    assert!(sent.body.contains("prices") && sent.body.contains("Upload"), "{}", sent.body);
    let refused = browser.send_file(&upload, "photo.png", b"\x89PNG").await?;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("this is a picture") && refused.body.contains("file-fault"));
    let refused = browser.submit(&format!("{here}/pages"), &[("url", "http://10.0.0.1/")]).await?;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("private network") && refused.body.contains("value=\"http://10.0.0.1/\""));
    let unread = browser.submit(&format!("{here}/pages"), &[("url", "http://localhost:1/")]).await?;
    assert_eq!((unread.status, unread.at.as_str()), (200, "/admin/knowledge-base?done=unread"));
    assert!(unread.body.contains("Web page") && unread.body.contains("Not read: the address leads"));
    let large = browser.send_file(&upload, "large.txt", &vec![b'a'; 10 * 1024 * 1024 + 1]).await?;
    assert_eq!(large.status, 413);
    app.end().await
}
