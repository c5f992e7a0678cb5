//! The REST API: for programs with a key, and for people with a session.

mod config;
mod connections;
mod contract;
mod deploy;
mod error;
mod events;
mod extract;
mod forwards;
mod live;
mod live_socket;
mod people;
mod settings;
mod workers;

use crate::server::boundary::Boundary;
use crate::server::request_id::X_REQUEST_ID;
use crate::server::state::AppState;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
pub use contract::contract;
pub use error::ApiError;
use serde_json::Value;

/// The one page among the addresses of the API.
const DOCS: &str = "/api/docs";
/// Largest answer that is read back to be put into the API's shape.
const ANSWER_BYTES: usize = 64 * 1024;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/settings/whatsapp", get(settings::show).put(settings::put).fallback(wrong_method))
        .route("/api/settings/whatsapp/test", post(settings::test).fallback(wrong_method))
        .route("/api/config/whatsapp", get(config::show).post(config::put).fallback(wrong_method))
        .route("/api/v1/connections", get(connections::list_all).fallback(wrong_method))
        .route("/api/v1/connections/{connection}", get(connections::show).fallback(wrong_method))
        .route("/api/v1/connections/{connection}/refresh", post(connections::refresh).fallback(wrong_method))
        .route("/api/v1/forwards", get(forwards::list_all).post(forwards::make).fallback(wrong_method))
        .route(
            "/api/v1/forwards/{forward}",
            get(forwards::show).patch(forwards::change).delete(forwards::remove).fallback(wrong_method),
        )
        .route("/api/v1/events", get(events::list_all).fallback(wrong_method))
        .route("/api/v1/events/export", get(events::export).fallback(wrong_method))
        .route("/api/v1/people", delete(people::erase).fallback(wrong_method))
        .route("/api/events/ws", get(live::follow).fallback(wrong_method))
        .route("/api/workers/whatsapp", get(workers::show).fallback(wrong_method))
        .route("/api/deploy", get(deploy::show).fallback(wrong_method))
        .route("/api/openapi.json", get(openapi).fallback(wrong_method))
}

/// Whether programs call this address: then every answer is in the API's shape.
pub fn is_for_programs(path: &str) -> bool {
    (path == "/api" || path.starts_with("/api/")) && path != DOCS
}

async fn openapi(State(app): State<AppState>) -> Json<Value> {
    Json(Value::clone(&app.contract))
}

pub async fn wrong_method(request: Request) -> ApiError {
    ApiError::wrong_method(request.method())
}

/// Around everything else: whoever refused a call of the API, the refusal leaves in the API's shape, and names the
/// request as the log does.
pub async fn answer_in_shape(request: Request, next: Next) -> Response {
    if !is_for_programs(request.uri().path()) {
        return next.run(request).await;
    }
    let id = request.headers().get(X_REQUEST_ID).cloned();
    let answer = next.run(request).await;
    in_shape(answer, id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default()).await
}

/// An answer for programs, to the request of this id.
pub async fn in_shape(mut answer: Response, id: &str) -> Response {
    if answer.status().as_u16() >= 400 {
        answer = reshaped(answer, id).await;
    }
    answer.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

async fn reshaped(mut answer: Response, id: &str) -> Response {
    let status = answer.status();
    let error = match answer.extensions_mut().remove::<ApiError>() {
        Some(error) => error,
        None => {
            let (parts, body) = answer.into_parts();
            let told = to_bytes(body, ANSWER_BYTES).await.unwrap_or_default();
            answer = Response::from_parts(parts, axum::body::Body::empty());
            error_of(status, &told)
        }
    };
    let (mut shaped, body) = error.with_reference(id).into_response().into_parts();
    let (kept, _) = answer.into_parts();
    for (name, value) in &kept.headers {
        if ![CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING].contains(name) && !shaped.headers.contains_key(name) {
            shaped.headers.append(name, value.clone());
        }
    }
    Response::from_parts(shaped, body)
}

/// What another room of the house refused: as a problem, or in plain text.
fn error_of(status: StatusCode, told: &[u8]) -> ApiError {
    if let Ok(problem) = serde_json::from_slice(told) {
        return ApiError::new(status, problem);
    }
    match status {
        StatusCode::INTERNAL_SERVER_ERROR => Boundary::unexpected("a call of the API broke off").into(),
        StatusCode::SERVICE_UNAVAILABLE => ApiError::out_of_order(),
        StatusCode::NOT_FOUND => ApiError::unknown_address(),
        other => ApiError::refused(other),
    }
}
