//! The one way to an address that a person gave us: a page to read, a tool of theirs to ask, a hook to call.
//!
//! Only the public internet is reached, and what the installation has named besides. That is decided where a connection is made
//! and for each redirect anew. No proxy of the environment is used: it would look names up by itself.

mod address;
mod names;

use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::dns::Resolve;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use tokio::time::Instant;
use url::{Host, Url};

pub use address::{NoTargets, PrivateTargets, is_public};
use names::{LeadsInside, PublicNames, SystemNames};

use crate::http::{HttpError, install_tls_provider, read_bounded};

/// Longest URL.
const LONGEST_URL: usize = 2_000;

/// What one visit may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// For everything, redirects and the body included.
    pub total: Duration,
    /// Bytes of the body.
    pub body: usize,
    /// Redirects that are followed.
    pub redirects: usize,
}

impl Default for FetchLimits {
    /// For a page or a file of somebody's knowledge base.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(20),
            body: 10 * 1024 * 1024,
            redirects: 5,
        }
    }
}

/// What was found at an address.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where it was found in the end.
    pub url: Url,
    /// What it was answered with.
    pub status: StatusCode,
    /// Its kind, as the server has it.
    pub content_type: Option<String>,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Why something could not be fetched, in words for whoever gave the address.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address itself is of no use.
    #[error("{0}")]
    Refused(&'static str),
    /// It leads to where only the installation itself may go.
    #[error("the address leads into a private network, which is not visited")]
    Private,
    /// It redirects without end.
    #[error("it redirects more than {0} times")]
    Redirects(usize),
    /// The server said no.
    #[error("the server answered with {0}")]
    Status(StatusCode),
    /// It is larger than what is read.
    #[error("it is larger than {} MB", .0 >> 20)]
    TooLong(usize),
    /// It took too long.
    #[error("the server took longer than {} s", .0.as_secs())]
    TimedOut(Duration),
    /// No connection came about, or it broke.
    #[error("the server cannot be reached")]
    Unreachable(#[source] reqwest::Error),
}

/// Visits addresses that people give; cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    /// Reaches what is public.
    public: Client,
    /// Reaches anything; used for the exceptions alone.
    any: Client,
    exceptions: Arc<PrivateTargets>,
    limits: FetchLimits,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("exceptions", &self.exceptions)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    /// One that reaches the public internet, and `exceptions` wherever they are.
    pub fn new(exceptions: PrivateTargets) -> Result<Self, HttpError> {
        Self::with_names(exceptions, Arc::new(SystemNames))
    }

    /// The same, with names looked up in another way.
    fn with_names(exceptions: PrivateTargets, names: Arc<dyn Resolve>) -> Result<Self, HttpError> {
        install_tls_provider();
        let limits = FetchLimits::default();
        let client = |names: Arc<dyn Resolve>| {
            Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .connect_timeout(limits.connect)
                .dns_resolver(names)
                .user_agent(concat!("StudioConnect/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(HttpError::Setup)
        };
        let public = client(Arc::new(PublicNames(Arc::clone(&names))))?;
        Ok(Self { public, any: client(names)?, exceptions: Arc::new(exceptions), limits })
    }

    /// Changes what a visit may take, but for the connection.
    #[must_use]
    pub fn with_limits(mut self, limits: FetchLimits) -> Self {
        self.limits = FetchLimits { connect: self.limits.connect, ..limits };
        self
    }

    /// Whether an address could be visited at all; names are not looked up for it.
    pub fn check(&self, url: &Url) -> Result<(), FetchError> {
        self.client_for(url).map(|_| ())
    }

    /// Reads what is there, redirects followed; anything but success is an error.
    pub async fn get(&self, url: &Url) -> Result<Fetched, FetchError> {
        let until = Instant::now() + self.limits.total;
        let mut url = url.clone();
        url.set_fragment(None);
        for _ in 0..=self.limits.redirects {
            let response = self.visit(Method::GET, &url, HeaderMap::new(), Vec::new(), until).await?;
            let Some(next) = redirect_of(&response, &url)? else {
                let fetched = self.read(response, url, until).await?;
                return if fetched.status.is_success() {
                    Ok(fetched)
                } else {
                    Err(FetchError::Status(fetched.status))
                };
            };
            url = next;
        }
        Err(FetchError::Redirects(self.limits.redirects))
    }

    /// Sends something and reads the answer, whatever its status. No redirect is followed: what is sent is for whom it was
    /// addressed to.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Fetched, FetchError> {
        let until = Instant::now() + self.limits.total;
        let response = self.visit(method, url, headers, body, until).await?;
        self.read(response, url.clone(), until).await
    }

    async fn visit(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Vec<u8>,
        until: Instant,
    ) -> Result<Response, FetchError> {
        let request = self.client_for(url)?.request(method, url.clone()).headers(headers).body(body);
        match tokio::time::timeout_at(until, request.send()).await {
            Ok(sent) => sent.map_err(|fault| self.fault_of(fault)),
            Err(_) => Err(FetchError::TimedOut(self.limits.total)),
        }
    }

    async fn read(&self, response: Response, url: Url, until: Instant) -> Result<Fetched, FetchError> {
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let content_type = kind.map(str::to_owned);
        let body = match tokio::time::timeout_at(until, read_bounded(response, self.limits.body)).await {
            Ok(Ok(body)) => body,
            Ok(Err(HttpError::Setup(fault) | HttpError::BrokenOff(fault))) => {
                return Err(self.fault_of(fault));
            }
            Ok(Err(_)) => return Err(FetchError::TooLong(self.limits.body)),
            Err(_) => return Err(FetchError::TimedOut(self.limits.total)),
        };
        Ok(Fetched { url, status, content_type, body })
    }

    /// Who may go there; a number is looked at here, as nobody looks it up.
    fn client_for(&self, url: &Url) -> Result<&Client, FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Refused("the address must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Refused("the address must not carry a name or a password"));
        }
        if url.as_str().len() > LONGEST_URL {
            return Err(FetchError::Refused("the address is too long"));
        }
        if self.exceptions.include(url) {
            return Ok(&self.any);
        }
        let is_open = match url.host() {
            Some(Host::Ipv4(address)) => is_public(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => is_public(IpAddr::V6(address)),
            Some(Host::Domain(_)) => true,
            None => return Err(FetchError::Refused("the address has no host")),
        };
        if is_open { Ok(&self.public) } else { Err(FetchError::Private) }
    }

    fn fault_of(&self, fault: reqwest::Error) -> FetchError {
        let mut cause = fault.source();
        while let Some(deeper) = cause {
            if deeper.is::<LeadsInside>() {
                return FetchError::Private;
            }
            cause = deeper.source();
        }
        if fault.is_timeout() {
            return FetchError::TimedOut(if fault.is_connect() {
                self.limits.connect
            } else {
                self.limits.total
            });
        }
        FetchError::Unreachable(fault.without_url())
    }
}

/// Where an answer sends us on to.
fn redirect_of(response: &Response, from: &Url) -> Result<Option<Url>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(to) = response.headers().get(LOCATION) else { return Ok(None) };
    let to = to.to_str().ok().and_then(|to| from.join(to).ok());
    let mut to = to.ok_or(FetchError::Refused("it redirects to something that is no address"))?;
    to.set_fragment(None);
    Ok(Some(to))
}

#[cfg(test)]
mod tests;
