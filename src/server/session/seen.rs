//! What reaches us of a request: what a proxy in front tells, and what it keeps to itself.

use super::Address;
use super::address::{sender, was_forwarded};
use crate::server::state::AppState;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{CONNECTION, UPGRADE};
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

/// For whoever wants to know how their own request arrives.
pub struct Seen {
    /// From where it comes, as far as we believe it.
    pub address: Address,
    /// That address is itself among `GREENTICK_TRUSTED_PROXIES`: it is no visitor's.
    pub inside: bool,
    /// A proxy has touched it.
    pub forwarded: bool,
    /// The one that we speak with is among `GREENTICK_TRUSTED_PROXIES`.
    pub trusted: bool,
    /// Its wish to leave http behind came along.
    pub upgrade: bool,
}

impl FromRequestParts<AppState> for Seen {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        // A request without a peer comes from a test that calls the router directly.
        let peer = peer.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let headers = &parts.headers;
        let wishes = headers.get(CONNECTION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let upgrade = wishes.split(',').any(|wish| wish.trim().eq_ignore_ascii_case("upgrade"));
        let is_trusted = |address| app.trusted_proxies.iter().any(|network| network.contains(address));
        let address = sender(peer, headers, &app.trusted_proxies);
        Ok(Self {
            inside: is_trusted(address.0),
            address,
            forwarded: was_forwarded(headers),
            trusted: is_trusted(peer.ip().to_canonical()),
            upgrade: upgrade && headers.contains_key(UPGRADE),
        })
    }
}
