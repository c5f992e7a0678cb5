//! From which address a request comes: the peer's, or what a proxy that we trust says.

use crate::server::config::Network;
use axum::http::HeaderMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Headers by which a proxy shows itself.
const FORWARDING: [&str; 7] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via", "cf-connecting-ip"];

/// The address of whoever sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub IpAddr);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Whether any proxy has touched the request, trusted or not.
pub(super) fn was_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(*name))
}

/// Walks `X-Forwarded-For` from its end: the first address that is not one of our proxies is the sender's.
pub(super) fn sender(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> Address {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut sender = peer.ip().to_canonical();
    let named = headers.get_all("x-forwarded-for").iter().rev().filter_map(|value| value.to_str().ok());
    for hop in named.flat_map(|line| line.rsplit(',')) {
        match hop.trim().parse::<IpAddr>() {
            Ok(address) if is_trusted(sender) => sender = address.to_canonical(),
            _ => break,
        }
    }
    Address(sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        sender(format!("{peer}:1").parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn believes_only_proxies_it_trusts() {
        assert_eq!(asked("10.1.2.3", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(asked("203.0.113.9", &["203.0.113.7"]), "203.0.113.9");
        assert_eq!(asked("10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn what_the_sender_claimed_about_itself_is_not_believed() {
        assert_eq!(asked("10.1.2.3", &["198.51.100.1, 203.0.113.7, 10.9.9.9"]), "203.0.113.7");
        assert_eq!(asked("10.1.2.3", &["198.51.100.1", "203.0.113.7"]), "203.0.113.7");
        assert_eq!(asked("10.1.2.3", &["nonsense"]), "10.1.2.3");
    }
}
