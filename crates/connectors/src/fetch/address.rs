//! Which addresses belong to the public internet, and which of the others an installation lets people name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use url::Url;

/// Whether anybody on the internet could reach it. What is not known to be public is not.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// RFC 6890 and the registry of special-purpose addresses that grew from it.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, fourth] = address.octets();
    match (first, second, third) {
        // This network, private use, loopback; multicast, reserved and broadcast from 224 on.
        (0 | 10 | 127 | 224..=255, _, _)
        // Shared by the customers of a carrier (RFC 6598).
        | (100, 64..=127, _)
        // Link-local, where clouds tell credentials (RFC 3927).
        | (169, 254, _)
        | (172, 16..=31, _)
        // Documentation (RFC 5737), 6to4 relays, private use, benchmarks.
        | (192, 0, 2)
        | (192, 88, 99)
        | (192, 168, _)
        | (198, 18..=19, _)
        | (198, 51, 100)
        | (203, 0, 113) => false,
        // Protocol assignments (RFC 6890), of which two are anycast for everybody.
        (192, 0, 0) => matches!(fourth, 9 | 10),
        // The address that Azure's machines ask about themselves, and Alibaba's lies in 100.64.0.0/10 above.
        (168, 63, 129) => fourth != 16,
        _ => true,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is given out; loopback, mapped, translated (64:ff9b::), local, link-local and multicast lie outside.
    if first & 0xE000 != 0x2000 {
        return false;
    }
    match (first, second) {
        // Teredo, benchmarks, ORCHID and what else is no place; documentation (RFC 3849, RFC 9637); 6to4, which leads to an
        // IPv4 address.
        (0x2001, 0..=0x01FF | 0x0DB8) | (0x3FFF, 0..=0x0FFF) | (0x2002, _) => false,
        _ => true,
    }
}

/// Hosts with their ports that may be reached although they are not public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivateTargets(Vec<(String, u16)>);

/// A list that is no list of `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be host:port, several separated by commas")]
pub struct NoTargets;

impl FromStr for PrivateTargets {
    type Err = NoTargets;

    fn from_str(text: &str) -> Result<Self, NoTargets> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let targets = entries.map(|entry| {
            let (host, port) = entry.rsplit_once(':').ok_or(NoTargets)?;
            let port: u16 = port.parse().map_err(|_| NoTargets)?;
            // Written as a URL would write it, so that both can be compared.
            let url = Url::parse(&format!("http://{host}:1/")).map_err(|_| NoTargets)?;
            let is_bare = url.path() == "/" && url.username().is_empty() && url.port() == Some(1);
            let host = url.host_str().filter(|_| is_bare && port != 0).ok_or(NoTargets)?;
            Ok((plain(host), port))
        });
        targets.collect::<Result<_, _>>().map(Self)
    }
}

impl PrivateTargets {
    /// Whether a URL leads to one of them.
    pub fn include(&self, url: &Url) -> bool {
        let host = url.host_str().map(plain);
        let port = url.port_or_known_default();
        self.0.iter().any(|(known, at)| host.as_deref() == Some(known) && port == Some(*at))
    }
}

/// A name with a dot at its end is the same name.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issue 4, bad input: no address of a private network, however it is written.
    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "ffff::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "128.0.0.1",
            "168.63.129.15",
            "169.253.1.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.0.9",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2600::1",
            "2001:4860:4860::8888",
            "2a00:1450::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn exceptions_are_hosts_with_ports_and_nothing_near_them() {
        let targets: PrivateTargets = "127.0.0.1:8080, Jira.example.com:443,[::1]:9000,".parse().unwrap();
        for (url, is_included) in [
            ("http://127.0.0.1:8080/x", true),
            ("http://127.1:8080/x", true),
            ("http://127.0.0.1:8081/", false),
            ("http://127.0.0.1/", false),
            ("https://jira.example.com/", true),
            ("https://JIRA.example.com./", true),
            ("http://jira.example.com/", false),
            ("https://x.jira.example.com/", false),
            ("http://[::1]:9000/", true),
            ("http://[::2]:9000/", false),
        ] {
            assert_eq!(targets.include(&Url::parse(url).unwrap()), is_included, "{url}");
        }
        for wrong in ["host", "host:", ":80", "host:0", "host:99999", "a b:80", "user@host:80", "host/x:80"] {
            assert_eq!(wrong.parse::<PrivateTargets>(), Err(NoTargets), "{wrong}");
        }
        assert_eq!("".parse(), Ok(PrivateTargets::default()));
    }
}
