use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolving};

use super::*;
use crate::loopback::{Answer, Loopback};

/// Answers each look-up with the next list; the last one is repeated.
struct Scripted {
    lists: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn names(lists: &[&[&str]]) -> Arc<Self> {
        let lists =
            lists.iter().map(|list| list.iter().map(|text| text.parse().unwrap()).collect()).collect();
        Arc::new(Self { lists: Mutex::new(lists), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Resolve for Scripted {
    fn resolve(&self, name: Name) -> Resolving {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(name.as_str().to_owned());
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let list = if lists.len() > 1 { lists.pop_front() } else { lists.front().cloned() };
        let found: Vec<_> = list.unwrap_or_default().into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
        Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
    }
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn port_of(server: &Loopback) -> u16 {
    url(&server.url).port().unwrap()
}

/// A fetcher that may visit this server, by this name of it.
fn fetcher(name: &str, server: &Loopback, names: Arc<Scripted>) -> Fetcher {
    let exceptions = format!("{name}:{}", port_of(server)).parse().unwrap();
    Fetcher::with_names(exceptions, names).unwrap()
}

fn html(body: &str) -> Answer {
    Answer::Full(200, "content-type: text/html\r\n".into(), body.into())
}

fn redirect(to: &str) -> Answer {
    Answer::Full(302, format!("location: {to}\r\n"), String::new())
}

#[test]
fn addresses_that_are_of_no_use_are_refused_before_anything_is_asked() {
    let fetcher = Fetcher::new(PrivateTargets::default()).unwrap();
    for (address, told) in [
        ("ftp://example.com/", "http"),
        ("file:///etc/passwd", "http"),
        ("gopher://example.com/", "http"),
        ("https://me@example.com/", "password"),
        ("https://me:secret@example.com/", "password"),
        ("http://127.0.0.1/", "private"),
        ("http://127.1/", "private"),
        ("http://2130706433/", "private"),
        ("http://0x7f.0.0.1/", "private"),
        ("http://0177.0.0.1/", "private"),
        ("http://169.254.169.254/latest/meta-data/", "private"),
        ("http://[::1]/", "private"),
        ("http://[::ffff:10.0.0.1]/", "private"),
        ("http://[fd00:ec2::254]/", "private"),
    ] {
        let fault = fetcher.check(&url(address)).unwrap_err().to_string();
        assert!(fault.contains(told), "{address}: {fault}");
    }
    assert!(fetcher.check(&url(&format!("https://example.com/{}", "x".repeat(2_000)))).is_err());
    assert!(fetcher.check(&url("https://example.com/prices")).is_ok());
}

#[tokio::test]
async fn a_page_is_read_with_its_kind_through_its_redirects() {
    let server = Loopback::answering(vec![redirect("/moved#part"), html("<p>Nine to five.</p>")]).await;
    let fetcher = fetcher("127.0.0.1", &server, Scripted::names(&[]));
    let fetched = fetcher.get(&url(&format!("{}/hours#top", server.url))).await.unwrap();
    assert_eq!(fetched.body, b"<p>Nine to five.</p>");
    assert_eq!(fetched.content_type.as_deref(), Some("text/html"));
    assert_eq!(fetched.url.as_str(), format!("{}/moved", server.url));
    let seen = server.seen();
    assert_eq!((seen[0].line(), seen[1].line()), ("GET /hours HTTP/1.1", "GET /moved HTTP/1.1"));
}

/// Issue 4, bad input: a name of a private address.
#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
    let server = Loopback::answering(vec![html("secret")]).await;
    for inside in [&["127.0.0.1"][..], &["10.0.0.1", "::1"], &["169.254.169.254"], &["::ffff:127.0.0.1"]] {
        let names = Scripted::names(&[inside]);
        let fetcher = Fetcher::with_names(PrivateTargets::default(), names.clone()).unwrap();
        let address = url(&format!("http://inside.example.com:{}/", port_of(&server)));
        let fault = fetcher.get(&address).await.unwrap_err();
        assert!(matches!(fault, FetchError::Private), "{inside:?}: {fault}");
        assert_eq!(names.asked(), ["inside.example.com"]);
    }
    assert!(server.seen().is_empty());
}

/// The answer that is looked at is the one that is used: a second one is never asked for, and would be looked at as well.
#[tokio::test]
async fn a_name_that_is_public_first_and_private_then_gains_nothing() {
    let names = Scripted::names(&[&["8.8.8.8", "127.0.0.1"], &["127.0.0.1"]]);
    let guarded = PublicNames(names.clone());
    let ask = async || guarded.resolve("rebound.example.com".parse().unwrap()).await;
    let first: Vec<_> = ask().await.unwrap().map(|address| address.ip().to_string()).collect();
    assert_eq!(first, ["8.8.8.8"], "of a mixed answer only what is public is connected to");
    assert!(ask().await.err().unwrap().is::<LeadsInside>());

    // The same in one visit: each redirect is looked up and looked at anew.
    let inner = Loopback::answering(vec![html("secret")]).await;
    let outer =
        Loopback::answering(vec![redirect(&format!("http://shop.example.com:{}/admin", port_of(&inner)))])
            .await;
    let names = Scripted::names(&[&["127.0.0.1"]]);
    let fetcher = fetcher("shop.example.com", &outer, names.clone());
    let address = url(&format!("http://shop.example.com:{}/", port_of(&outer)));
    assert!(matches!(fetcher.get(&address).await.unwrap_err(), FetchError::Private));
    assert_eq!((outer.seen().len(), inner.seen().len(), names.asked().len()), (1, 0, 2));
}

/// Issue 4, bad input: an URL that redirects to a private address.
#[tokio::test]
async fn a_redirect_to_a_private_address_or_another_scheme_is_not_followed() {
    let inner = Loopback::answering(vec![html("secret")]).await;
    for (to, told) in [
        (inner.url.as_str(), "private"),
        ("http://[::1]:8080/", "private"),
        ("//169.254.169.254/latest", "private"),
        ("file:///etc/passwd", "http"),
        ("https://me:secret@example.com/", "password"),
        ("http://", "no address"),
    ] {
        let outer = Loopback::answering(vec![redirect(to)]).await;
        let fetcher = fetcher("127.0.0.1", &outer, Scripted::names(&[]));
        let fault = fetcher.get(&url(&outer.url)).await.unwrap_err().to_string();
        assert!(fault.contains(told), "{to}: {fault}");
    }
    assert!(inner.seen().is_empty());
}

#[tokio::test]
async fn redirects_sizes_times_and_failures_have_bounds_and_reasons() {
    let round = Loopback::answering(vec![redirect("/again")]).await;
    let visit = async |server: &Loopback, limits: FetchLimits| {
        let fetcher = fetcher("127.0.0.1", server, Scripted::names(&[])).with_limits(limits);
        fetcher.get(&url(&server.url)).await.unwrap_err().to_string()
    };
    let limits = FetchLimits::default();
    assert_eq!(visit(&round, limits).await, "it redirects more than 5 times");
    assert_eq!(round.seen().len(), 6);
    let large = Loopback::answering(vec![html(&"x".repeat((1 << 20) + 1))]).await;
    assert_eq!(visit(&large, FetchLimits { body: 1 << 20, ..limits }).await, "it is larger than 1 MB");
    let missing = Loopback::answering(vec![Answer::Full(404, String::new(), "no".into())]).await;
    assert_eq!(visit(&missing, limits).await, "the server answered with 404 Not Found");
    let silent = Loopback::answering(vec![Answer::Silence]).await;
    let total = Duration::from_millis(50);
    assert!(visit(&silent, FetchLimits { total, ..limits }).await.contains("took longer"));
    let gone = Loopback::answering(vec![Answer::HangUp]).await;
    assert_eq!(visit(&gone, limits).await, "the server cannot be reached");
}

#[tokio::test]
async fn what_is_sent_goes_to_whom_it_is_addressed_and_nowhere_else() {
    let server = Loopback::answering(vec![redirect("/elsewhere")]).await;
    let fetcher = fetcher("127.0.0.1", &server, Scripted::names(&[]));
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, "application/json".parse().unwrap())]);
    let sent = fetcher.send(Method::POST, &url(&server.url), headers, b"{}".to_vec()).await.unwrap();
    assert_eq!((sent.status, server.seen().len()), (StatusCode::FOUND, 1));
    assert_eq!(server.seen()[0].body, "{}");
}
