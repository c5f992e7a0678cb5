//! `/api/v1/connections`

use super::ApiError;
use super::error::ErrorResponse;
use super::extract::{ApiPath, ApiQuery, MayRead, MayWrite};
use super::settings::status_schema;
use crate::domain::problem::Problem;
use crate::server::operations::list_connections::{Listed, find_listed, list};
use crate::server::operations::refresh_token::request_refresh_of;
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Lists give this many where nothing is asked for, and never more than the most.
const USUAL: i64 = 100;
const MOST: i64 = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageAsked {
    /// How many, 100 if not said.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<i64>,
    /// Where the page before ended: its `paging.after`.
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ListResponse {
    data: Vec<ConnectionResponse>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    paging: Option<Paging>,
}

#[derive(Serialize, ToSchema)]
struct Paging {
    /// For `?after=`.
    after: String,
}

/// One WhatsApp number and how it stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionResponse {
    #[schema(example = "01m7wdqk5rrm88rg9sxbtn4001")]
    id: String,
    #[schema(example = "Front desk")]
    name: Option<String>,
    #[schema(example = "106540352242922")]
    phone_number_id: String,
    /// The WABA ID.
    #[schema(example = "102290129340398")]
    business_account_id: String,
    /// The business portfolio's ID.
    #[schema(example = "506914307656634")]
    business_id: Option<String>,
    #[schema(example = "670843887433847")]
    app_id: Option<String>,
    #[schema(example = "+1 555 0123")]
    phone_number: String,
    #[schema(example = "Padaria Sol")]
    verified_name: Option<String>,
    #[schema(schema_with = status_schema)]
    status: &'static str,
    /// Null when it does not end, or the end is not known.
    #[schema(format = DateTime, example = "2027-01-19T14:02:11Z")]
    token_ends_at: Option<String>,
    #[schema(format = DateTime, example = "2026-11-20T14:02:11Z")]
    checked_at: Option<String>,
    /// Where Meta should send this connection's messages.
    #[schema(example = "https://chat.example.org/api/webhooks/whatsapp")]
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

/// The workspace's connections, oldest first.
#[utoipa::path(
    get, path = "/api/v1/connections", operation_id = "listConnections", tag = "Connections", params(PageAsked),
    responses(
        (status = 200, description = "One page", body = ListResponse),
        (status = 422, description = "`limit` or `after` is out of bounds", body = ErrorResponse),
    ),
)]
pub(super) async fn list_all(
    MayRead(who): MayRead,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<PageAsked>,
) -> Result<Json<ListResponse>, ApiError> {
    let limit = asked.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::invalid("limit", &format!("1 to {MOST}")).into());
    }
    let (data, after) = list(&app.services, who.workspace(), asked.after.as_deref(), limit).await?;
    let data = data.into_iter().map(Into::into).collect();
    Ok(Json(ListResponse { data, paging: after.map(|after| Paging { after }) }))
}

/// One connection.
#[utoipa::path(
    get, path = "/api/v1/connections/{connection}", operation_id = "showConnection", tag = "Connections",
    params(("connection" = String, Path, description = "Its id", example = "01m7wdqk5rrm88rg9sxbtn4001")),
    responses((status = 200, description = "The connection", body = ConnectionResponse)),
)]
pub(super) async fn show(
    MayRead(who): MayRead,
    State(app): State<AppState>,
    ApiPath(id): ApiPath,
) -> Result<Json<ConnectionResponse>, ApiError> {
    Ok(Json(find_listed(&app.services, who.workspace(), &id).await?.into()))
}

/// Gets a later end for the token, or has Meta confirm one that does not end.
///
/// It goes on in the background; the present token stays in use until a new one is proven.
#[utoipa::path(
    post, path = "/api/v1/connections/{connection}/refresh", operation_id = "refreshConnection", tag = "Connections",
    params(("connection" = String, Path, description = "Its id", example = "01m7wdqk5rrm88rg9sxbtn4001")),
    responses(
        (status = 202, description = "Begun; the connection as it stands", body = ConnectionResponse),
        (status = 422, description = "The number is disconnected", body = ErrorResponse),
    ),
)]
pub(super) async fn refresh(
    MayWrite(who): MayWrite,
    State(app): State<AppState>,
    ApiPath(id): ApiPath,
) -> Result<(StatusCode, Json<ConnectionResponse>), ApiError> {
    request_refresh_of(&app.services, &who.actor, &id).await?;
    Ok((StatusCode::ACCEPTED, Json(find_listed(&app.services, who.workspace(), &id).await?.into())))
}
