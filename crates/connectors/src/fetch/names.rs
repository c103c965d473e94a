//! Names are looked up here and nowhere else, and only what is public comes out: the addresses that were looked at are those
//! that are connected to, so a name that answers differently the second time gains nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// A name that leads to no public address.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private address")]
pub(super) struct LeadsInside;

/// Looks names up as the machine does.
#[derive(Debug)]
pub(super) struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Keeps of what another one finds only what is public.
pub(super) struct PublicNames(pub(super) Arc<dyn Resolve>);

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.0.resolve(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.filter(|address| is_public(address.ip())).collect();
            if found.is_empty() {
                return Err(LeadsInside.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
