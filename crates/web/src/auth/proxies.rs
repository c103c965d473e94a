//! Where requests come from when proxies stand before us.

use axum::http::HeaderMap;
use std::net::IpAddr;
use std::str::FromStr;
use thiserror::Error;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Proxies whose word about addresses is believed. Of what `X-Forwarded-For` holds, only what they have written counts: the
/// rest was there when the request reached them, so anybody may have made it up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

/// A text that is no list of addresses and networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be addresses or networks, such as 10.0.0.1,10.1.0.0/16")]
pub struct ProxiesFault;

impl FromStr for Proxies {
    type Err = ProxiesFault;

    fn from_str(text: &str) -> Result<Self, ProxiesFault> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Network::read).collect::<Option<_>>().map(Self).ok_or(ProxiesFault)
    }
}

impl Network {
    fn read(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(start, bits)| (start, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
        (bits <= most).then_some(Self { address, bits })
    }

    fn holds(self, address: IpAddr) -> bool {
        let same = |one: u128, other: u128, width: u32| {
            (one ^ other).checked_shr(width - u32::from(self.bits)).unwrap_or(0) == 0
        };
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => same(own.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => same(own.to_bits(), other.to_bits(), 128),
            _ => false,
        }
    }
}

impl Proxies {
    fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// Who sent a request that reached us from `peer`: the nearest address that is no proxy of ours.
    pub(crate) fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut nearest = peer.to_canonical();
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = lines.flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
        for hop in hops {
            if !self.hold(nearest) {
                break;
            }
            // What cannot be read was not written by a proxy of ours.
            let Some(before) = hop_of(hop) else { break };
            nearest = before;
        }
        nearest
    }

    /// Whether a request reached the proxy before us by https; none when no proxy of ours tells. Of several words the last
    /// is the one that proxy has written.
    pub(crate) fn came_by_https(&self, peer: IpAddr, headers: &HeaderMap) -> Option<bool> {
        if !self.hold(peer.to_canonical()) {
            return None;
        }
        let last = headers.get_all(FORWARDED_PROTO).iter().next_back()?.to_str().ok()?;
        match last.rsplit(',').next()?.trim().to_ascii_lowercase().as_str() {
            "https" | "wss" => Some(true),
            "http" | "ws" => Some(false),
            _ => None,
        }
    }
}

/// An address as proxies write it, some with a port.
fn hop_of(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(address, _)| address);
    let address = bare.unwrap_or(text).parse().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|at| at.ip());
    address.or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn sender(proxies: &str, peer: &str, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let proxies: Proxies = proxies.parse().unwrap();
        proxies.sender(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_sender_is_the_nearest_address_that_is_no_proxy_of_ours() {
        let (one, two) = ("10.0.0.1", "10.0.0.1, 10.1.0.0/16, fd00::/8");
        for (proxies, peer, lines, wanted) in [
            ("", "10.0.0.1", &["203.0.113.9"][..], "10.0.0.1"),
            (one, "10.0.0.2", &["203.0.113.9"], "10.0.0.2"),
            (one, "10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            (one, "::ffff:10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            (one, "10.0.0.1", &["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
            (one, "10.0.0.1", &["198.51.100.7", "203.0.113.9"], "203.0.113.9"),
            (one, "10.0.0.1", &[], "10.0.0.1"),
            (one, "10.0.0.1", &["203.0.113.9, unknown"], "10.0.0.1"),
            (two, "fd00::1", &["198.51.100.7, 203.0.113.9:4711, 10.1.2.3"], "203.0.113.9"),
            (two, "fd00::1", &["[2001:db8::9]:4711, 10.1.2.3"], "2001:db8::9"),
            (two, "10.1.0.1", &["10.1.0.2, 10.1.0.3"], "10.1.0.2"),
            ("0.0.0.0/0", "192.0.2.1", &["203.0.113.9"], "203.0.113.9"),
        ] {
            assert_eq!(sender(proxies, peer, lines), wanted, "{proxies} {peer} {lines:?}");
        }
    }

    #[test]
    fn only_a_proxy_of_ours_tells_how_a_request_came() {
        for (proxies, peer, lines, wanted) in [
            ("", "10.0.0.1", &["https"][..], None),
            ("10.0.0.1", "10.0.0.2", &["https"], None),
            ("10.0.0.1", "10.0.0.1", &[], None),
            ("10.0.0.1", "10.0.0.1", &["HTTPS"], Some(true)),
            ("10.0.0.1", "::ffff:10.0.0.1", &["wss"], Some(true)),
            ("10.0.0.1", "10.0.0.1", &["http"], Some(false)),
            ("10.0.0.1", "10.0.0.1", &["https, http"], Some(false)),
            ("10.0.0.1", "10.0.0.1", &["https", "http"], Some(false)),
            ("10.0.0.1", "10.0.0.1", &["gopher"], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_PROTO, HeaderValue::from_static(line));
            }
            let proxies: Proxies = proxies.parse().unwrap();
            assert_eq!(proxies.came_by_https(peer.parse().unwrap(), &headers), wanted, "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_is_no_address_or_network_is_refused() {
        for wrong in ["everyone", "10.0.0.1/33", "10.0.0.0/x", "::/129", "10.0.0.1 10.0.0.2", "10.0.0.0/-1"] {
            assert_eq!(wrong.parse::<Proxies>(), Err(ProxiesFault), "{wrong}");
        }
        assert_eq!(" , ".parse::<Proxies>(), Ok(Proxies::default()));
    }
}
