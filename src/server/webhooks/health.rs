//! `GET /api/webhooks/whatsapp/health`: open, for probes. States of parts, no counts and no secrets.

use crate::server::operations::show_work::{PartState, show_health};
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// 503 while deliveries cannot be kept.
pub(super) async fn show(State(app): State<AppState>) -> (StatusCode, Json<Value>) {
    let health = show_health(&app.services).await;
    let status = match health.worst() {
        PartState::Failing => StatusCode::SERVICE_UNAVAILABLE,
        PartState::Ok | PartState::Attention => StatusCode::OK,
    };
    let parts = json!({
        "signature": health.signature.as_str(), "intake": health.intake.as_str(),
        "database": health.database.as_str(), "interpreter": health.interpreter.as_str(),
        "effects": health.effects.as_str(), "backups": health.backups.as_str(),
    });
    (status, Json(json!({"status": health.worst().as_str(), "components": parts})))
}
