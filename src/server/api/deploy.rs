//! `GET /api/deploy`: for `greentick check --deploy` alone, and no part of the contract.

use crate::server::session::Seen;
use axum::Json;
use serde::Serialize;

/// How the caller's own request arrived here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeenResponse {
    /// From where it comes, as far as the proxies in front are trusted.
    address: String,
    /// That address is itself among `GREENTICK_TRUSTED_PROXIES`.
    inside: bool,
    /// A proxy has touched it.
    forwarded: bool,
    /// The proxy that speaks with Greentick is among `GREENTICK_TRUSTED_PROXIES`.
    trusted: bool,
    /// Its `Upgrade` came along, as live events need it.
    upgrade: bool,
}

pub(super) async fn show(seen: Seen) -> Json<SeenResponse> {
    Json(SeenResponse {
        address: seen.address.to_string(),
        inside: seen.inside,
        forwarded: seen.forwarded,
        trusted: seen.trusted,
        upgrade: seen.upgrade,
    })
}
