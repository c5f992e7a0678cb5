//! `GET /api/workers/whatsapp`

use super::ApiError;
use crate::server::boundary::Boundary;
use crate::server::operations::show_work::show_work;
use crate::server::session::Reader;
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkResponse {
    /// Deliveries that are kept and not understood yet.
    queued: i64,
    oldest_seconds: i64,
    /// Deliveries understood in the last 60 seconds.
    per_minute: u64,
    /// Of the queued ones, those that have been tried before.
    failed: i64,
    /// Laid aside, because nobody can read them.
    dead: i64,
    /// Since the start of this process.
    received: u64,
    refused: BTreeMap<&'static str, u64>,
}

pub(super) async fn show(
    who: Result<Reader, Boundary>,
    State(app): State<AppState>,
) -> Result<Json<WorkResponse>, ApiError> {
    who?;
    let work = show_work(&app.services).await?;
    Ok(Json(WorkResponse {
        queued: work.queued,
        oldest_seconds: work.oldest_seconds,
        per_minute: work.per_minute,
        failed: work.failed,
        dead: work.dead,
        received: work.received,
        refused: work.refused.into_iter().map(|(why, count)| (why.as_str(), count)).collect(),
    }))
}
