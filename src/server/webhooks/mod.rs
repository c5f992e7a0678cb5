//! Where Meta calls: the shared address, and one for each connection on an app of its own. No session, no cookie, no
//! page of ours has a part in it.

mod health;
mod receive;
mod refusal;
mod signature;
mod verify;

use crate::server::attend::address;
use crate::server::state::AppState;
use axum::Router;
use axum::routing::get;

pub fn routes() -> Router<AppState> {
    address("/api/webhooks/whatsapp", verify::shared, receive::shared).merge(address(
        "/api/webhooks/whatsapp/{connection}",
        verify::own,
        receive::own,
    ))
}

/// For probes: its answer is the same in good and in bad times, but for the status.
pub fn probe() -> Router<AppState> {
    Router::new().route("/api/webhooks/whatsapp/health", get(health::show))
}
