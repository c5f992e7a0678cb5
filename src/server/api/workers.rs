//! `GET /api/workers/whatsapp`

use super::ApiError;
use super::extract::MayRead;
use crate::server::operations::show_work::show_work;
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How what Meta sends is being understood. Counts of one moment: of the whole installation, except where it says "of this
/// process". On Postgres with several nodes each node answers with its own there, and one node at a time understands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkResponse {
    /// Deliveries that are kept and not understood yet.
    queued: i64,
    /// For how long the oldest of them has waited.
    oldest_seconds: i64,
    /// Deliveries that were understood in the last 60 seconds, of this process alone: 0 on a node whose turn it is not.
    per_minute: u64,
    /// Of the queued ones, those that have been tried before.
    failed: i64,
    /// Laid aside, because nobody can read them.
    dead: i64,
    /// Deliveries that were kept, of this process since its start.
    received: u64,
    /// Requests that were not kept, of this process since its start, by reason.
    #[schema(example = json!({"signature": 2, "tooLarge": 0}))]
    refused: BTreeMap<&'static str, u64>,
}

/// How receiving and understanding go.
#[utoipa::path(
    get, path = "/api/workers/whatsapp", operation_id = "showWork", tag = "Webhooks",
    responses((status = 200, description = "Counts of this moment", body = WorkResponse)),
)]
pub(super) async fn show(_: MayRead, State(app): State<AppState>) -> Result<Json<WorkResponse>, ApiError> {
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
