//! The REST API: for programs with a key, and for people with a session.

mod config;
mod connections;
mod error;
mod json;
mod settings;
mod workers;

use crate::server::state::AppState;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::routing::{get, post};
pub use error::ApiError;

/// Bodies are settings, not files.
const BODY_BYTES: usize = 256 * 1024;

pub fn routes() -> Router<AppState> {
    let settings = get(settings::show).put(settings::put);
    let config = get(config::show).post(config::put);
    Router::new()
        .route("/api/settings/whatsapp", settings.fallback(wrong_method))
        .route("/api/settings/whatsapp/test", post(settings::test).fallback(wrong_method))
        .route("/api/config/whatsapp", config.fallback(wrong_method))
        .route("/api/v1/connections", get(connections::list_all).fallback(wrong_method))
        .route("/api/v1/connections/{connection}", get(connections::show).fallback(wrong_method))
        .route("/api/v1/connections/{connection}/refresh", post(connections::refresh).fallback(wrong_method))
        .route("/api/workers/whatsapp", get(workers::show).fallback(wrong_method))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}

async fn wrong_method(request: Request) -> ApiError {
    ApiError::wrong_method(request.method())
}
