//! `/api/v1/connections`

use super::ApiError;
use super::json::ApiQuery;
use crate::domain::problem::Problem;
use crate::server::boundary::Boundary;
use crate::server::operations::list_connections::{Listed, find_listed, list};
use crate::server::operations::refresh_token::request_refresh_of;
use crate::server::session::{Reader, Writer};
use crate::server::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// Lists give this many where nothing is asked for, and never more than the most.
const USUAL: i64 = 100;
const MOST: i64 = 500;

#[derive(Deserialize)]
pub(super) struct PageAsked {
    limit: Option<i64>,
    after: Option<String>,
}

#[derive(Serialize)]
pub(super) struct ListResponse<T> {
    data: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

#[derive(Serialize)]
struct Paging {
    after: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionResponse {
    id: String,
    name: Option<String>,
    phone_number_id: String,
    business_account_id: String,
    business_id: Option<String>,
    app_id: Option<String>,
    phone_number: String,
    verified_name: Option<String>,
    status: &'static str,
    token_ends_at: Option<String>,
    checked_at: Option<String>,
    webhook_url: String,
}

impl From<Listed> for ConnectionResponse {
    fn from(listed: Listed) -> Self {
        let connection = listed.connection;
        Self {
            id: connection.id.into(),
            name: connection.name,
            phone_number_id: connection.phone_number_id.into(),
            business_account_id: connection.waba.into(),
            business_id: connection.business.map(Into::into),
            app_id: connection.app_id,
            phone_number: connection.display_number,
            verified_name: connection.verified_name,
            status: listed.badge.as_str(),
            token_ends_at: listed.token_ends_at.map(|end| end.rfc3339()),
            checked_at: connection.checked_at.map(|at| at.rfc3339()),
            webhook_url: listed.webhook_url,
        }
    }
}

pub(super) async fn list_all(
    who: Result<Reader, Boundary>,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<PageAsked>,
) -> Result<Json<ListResponse<ConnectionResponse>>, ApiError> {
    let who = who?;
    let limit = asked.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::invalid("limit", &format!("1 to {MOST}")).into());
    }
    let (data, after) = list(&app.services, who.workspace(), asked.after.as_deref(), limit).await?;
    let data = data.into_iter().map(Into::into).collect();
    Ok(Json(ListResponse { data, paging: after.map(|after| Paging { after }) }))
}

pub(super) async fn show(
    who: Result<Reader, Boundary>,
    State(app): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ConnectionResponse>, ApiError> {
    let who = who?;
    Ok(Json(find_listed(&app.services, who.workspace(), &id).await?.into()))
}

/// 202: the refresh goes on in the background; the connection tells how it went.
pub(super) async fn refresh(
    who: Result<Writer, Boundary>,
    State(app): State<AppState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<ConnectionResponse>), ApiError> {
    let who = who?;
    request_refresh_of(&app.services, &who.actor, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(find_listed(&app.services, who.workspace(), &id).await?.into())))
}
