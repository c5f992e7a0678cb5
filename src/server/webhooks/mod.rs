//! Where Meta calls: the shared address, and one for each connection on an app of its own. No session, no cookie, no
//! page of ours has a part in it.

mod health;
mod receive;
mod refusal;
mod signature;
mod verify;

use crate::server::state::AppState;
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;

pub fn routes() -> Router<AppState> {
    // The challenge comes back as the caller sent it: no browser shall guess a page in it.
    let plain = SetResponseHeaderLayer::overriding(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Router::new()
        .route("/api/webhooks/whatsapp", get(verify::shared).post(receive::shared))
        .route("/api/webhooks/whatsapp/{connection}", get(verify::own).post(receive::own))
        .layer(plain)
}

/// For probes: its answer is the same in good and in bad times, but for the status.
pub fn probe() -> Router<AppState> {
    Router::new().route("/api/webhooks/whatsapp/health", get(health::show))
}
