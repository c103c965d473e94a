//! A page of somebody else's, at another origin, with everything on it that breaks careless widgets.

use anyhow::Result;
use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// Nothing of the page's own is left standing by it, and nothing else's either that does not defend itself.
const STYLES: &str = "* { all: unset !important; } studioconnect-chat, button, div { display: none !important; opacity: 0 !important; } \
    :root { font-size: 3px; line-height: 5; letter-spacing: 1em; } body { display: block !important; transform: none; color: red; }";
/// What other scripts do to what everybody shares.
const SCRIPT: &str = "Array.prototype.last = function () { return this[this.length - 1]; };
Array.prototype.remove = () => { throw new Error('not yours'); };
String.prototype.format = () => 'formatted';
const plain = window.fetch;
window.asked = [];
window.fetch = function (...given) { window.asked.push(String(given[0]?.url ?? given[0])); return plain.apply(this, given); };
window.addEventListener('error', (event) => { window.broken = String(event.message); });
window.addEventListener('unhandledrejection', (event) => { window.broken = String(event.reason); });
document.addEventListener('keydown', (event) => { window.shortcuts = (window.shortcuts ?? '') + event.key; });";

pub(super) struct Host {
    address: SocketAddr,
    serving: AbortHandle,
}

impl Host {
    /// A page with the tag on it that leads to `server`. Its policy is what our documentation tells businesses to allow.
    pub(super) fn open(listener: TcpListener, server: &str, key: &str) -> Result<Self> {
        let address = listener.local_addr()?;
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src data:; script-src 'self' {server}; connect-src {server}; base-uri 'none'"
        );
        let page = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>A shop</title>\
            <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"icon\" href=\"data:,\">\
            <link rel=\"stylesheet\" href=\"/host.css\"><script src=\"/host.js\"></script>\
            <script async src=\"{server}/widget.js\" data-key=\"{key}\"></script></head>\
            <body><main><h1>A shop</h1><p>Where everything is different.</p><a href=\"#\">A link of the page</a></main></body></html>"
        );
        let html = move || {
            let (policy, page) = (policy.clone(), page.clone());
            async move {
                let kind = "text/html; charset=utf-8".to_owned();
                ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], page)
                    .into_response()
            }
        };
        let routes = Router::new()
            .route("/", get(html))
            .route("/host.css", get(async || ([(header::CONTENT_TYPE, "text/css")], STYLES)))
            .route("/host.js", get(async || ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT)));
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await }).abort_handle();
        Ok(Self { address, serving })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
