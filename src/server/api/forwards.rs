//! `/api/v1/forwards`

use super::ApiError;
use super::error::ErrorResponse;
use super::extract::{ApiJson, ApiPath, Fields, MayRead, MayWrite};
use crate::domain::event::EventKind;
use crate::domain::forward::{ForwardFormat, ForwardLine};
use crate::domain::problem::Problem;
use crate::server::operations::forwards::{
    Draft, change_forward, find_forward, line, list_forwards, make_forward, remove_forward, switch_forward,
};
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, Type};

/// The workspace has 100 at most, so one page holds them all.
#[derive(Serialize, ToSchema)]
pub(super) struct ForwardsResponse {
    data: Vec<ForwardResponse>,
}

/// An endpoint of yours, and how sending to it goes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForwardResponse {
    #[schema(example = "01m7wdqk5rrm88rg9sxbtn4002")]
    id: String,
    #[schema(example = "Booking system")]
    name: String,
    #[schema(example = "https://booking.example.org/whatsapp")]
    url: String,
    #[schema(schema_with = format_schema)]
    format: &'static str,
    /// Of this connection alone; null for all.
    #[schema(example = "01m7wdqk5rrm88rg9sxbtn4001")]
    connection: Option<String>,
    /// Empty for all.
    #[schema(schema_with = kinds_schema)]
    kinds: Vec<&'static str>,
    /// The extra header; its value is write-only.
    #[schema(example = "X-Api-Key")]
    header_name: Option<String>,
    /// `on`; `off`, by a person; `disabled`, after five days of failures or an answer 410. Unless it is on, events wait.
    #[schema(schema_with = state_schema)]
    state: &'static str,
    /// Requests that wait, and events that are not queued yet: of the next 5000, those that are wanted.
    #[schema(example = 0)]
    queued: i64,
    /// Given up after three days, or refused while 10 000 wait for another attempt. An admin can have them sent again.
    #[schema(example = 0)]
    dead: i64,
    /// Since when every attempt has failed.
    #[schema(format = DateTime, example = "2026-11-20T14:02:11Z")]
    failing_since: Option<String>,
    #[schema(format = DateTime, example = "2026-11-20T14:02:11Z")]
    last_success_at: Option<String>,
    #[schema(format = DateTime, example = "2026-11-20T14:02:11Z")]
    created_at: String,
    /// What requests are signed with: only in the answer that made it.
    #[schema(nullable = false, example = "whsec_…")]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

fn one_of(names: Vec<&'static str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

fn format_schema() -> Object {
    one_of(ForwardFormat::ALL.map(ForwardFormat::as_str).to_vec())
}

fn state_schema() -> Object {
    one_of(vec!["off", "disabled", "on"])
}

fn kinds_schema() -> Array {
    ArrayBuilder::new().items(one_of(EventKind::ALL.map(EventKind::as_str).to_vec())).build()
}

impl From<ForwardLine> for ForwardResponse {
    fn from(ForwardLine { forward, counts }: ForwardLine) -> Self {
        Self {
            id: forward.id.into(),
            name: forward.name,
            url: forward.url,
            format: forward.format.as_str(),
            connection: forward.connection.map(Into::into),
            kinds: forward.kinds.into_iter().map(EventKind::as_str).collect(),
            header_name: forward.header_name,
            state: forward.state.as_str(),
            queued: counts.waiting(),
            dead: counts.dead,
            failing_since: forward.failing_since.map(|at| at.rfc3339()),
            last_success_at: forward.last_success_at.map(|at| at.rfc3339()),
            created_at: forward.created_at.rfc3339(),
            secret: None,
        }
    }
}

/// A new forward: `name`, `url` and `format` are needed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ForwardMake {
    /// 1 to 80 characters in one line.
    #[schema(example = "Booking system")]
    name: Option<String>,
    /// https; http only within GREENTICK_FORWARD_NETWORKS.
    #[schema(example = "https://booking.example.org/whatsapp")]
    url: Option<String>,
    /// `greentick`: one event, Standard Webhooks. `meta`: Meta's envelope, signed as Meta signs.
    #[schema(example = "greentick")]
    format: Option<String>,
    /// Of this connection alone; absent, null or empty for all.
    #[schema(example = "")]
    connection: Option<String>,
    /// Absent, null or empty for all.
    #[schema(example = json!(["message.received"]))]
    kinds: Option<Vec<String>>,
    /// A header that each request carries besides.
    #[schema(example = "X-Api-Key")]
    header_name: Option<String>,
    #[schema(value_type = Option<String>, format = Password, example = "sesame")]
    header_value: Option<SecretString>,
    /// What Meta's handshake asks the endpoint for, with the format `meta`.
    #[schema(value_type = Option<String>, format = Password, example = "knock-knock")]
    verify_token: Option<SecretString>,
}

impl Fields for ForwardMake {
    const TEXTS: &'static [&'static str] =
        &["name", "url", "format", "connection", "headerName", "headerValue", "verifyToken"];
    const LISTS: &'static [&'static str] = &["kinds"];
    const IGNORED: &'static [&'static str] = &[];
}

/// What is absent or null stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ForwardChange {
    #[schema(example = "Booking system")]
    name: Option<String>,
    #[schema(example = "https://booking.example.org/whatsapp")]
    url: Option<String>,
    /// Empty for all.
    #[schema(example = "")]
    connection: Option<String>,
    /// Empty for all.
    #[schema(example = json!(["message.received"]))]
    kinds: Option<Vec<String>>,
    /// Empty to send no such header any more.
    #[schema(example = "X-Api-Key")]
    header_name: Option<String>,
    #[schema(value_type = Option<String>, format = Password, example = "sesame")]
    header_value: Option<SecretString>,
    /// Empty to forget it.
    #[schema(value_type = Option<String>, format = Password, example = "knock-knock")]
    verify_token: Option<SecretString>,
    /// `on` or `off`.
    #[schema(example = "on")]
    state: Option<String>,
}

impl Fields for ForwardChange {
    const TEXTS: &'static [&'static str] =
        &["name", "url", "connection", "headerName", "headerValue", "verifyToken", "state"];
    const LISTS: &'static [&'static str] = &["kinds"];
    const IGNORED: &'static [&'static str] = &[];
}

/// The workspace's forwards, oldest first.
#[utoipa::path(
    get, path = "/api/v1/forwards", operation_id = "listForwards", tag = "Forwards",
    responses((status = 200, description = "All of them", body = ForwardsResponse)),
)]
pub(super) async fn list_all(
    MayRead(who): MayRead,
    State(app): State<AppState>,
) -> Result<Json<ForwardsResponse>, ApiError> {
    let lines = list_forwards(&app.services, who.workspace()).await?;
    Ok(Json(ForwardsResponse { data: lines.into_iter().map(Into::into).collect() }))
}

/// Sends on what comes from now on.
///
/// The answer holds the secret that requests are signed with, this once.
#[utoipa::path(
    post, path = "/api/v1/forwards", operation_id = "makeForward", tag = "Forwards", request_body = ForwardMake,
    responses(
        (status = 201, description = "Made; with its secret", body = ForwardResponse),
        (status = 422, description = "A field breaks a rule", body = ErrorResponse),
    ),
)]
pub(super) async fn make(
    MayWrite(who): MayWrite,
    State(app): State<AppState>,
    ApiJson(wish): ApiJson<ForwardMake>,
) -> Result<(StatusCode, Json<ForwardResponse>), ApiError> {
    let draft = Draft {
        id: None,
        name: wish.name,
        url: wish.url,
        format: wish.format,
        connection: wish.connection,
        kinds: wish.kinds,
        header_name: wish.header_name,
        header_value: wish.header_value,
        verify_token: wish.verify_token.filter(|token| !token.expose_secret().is_empty()),
    };
    let (id, secret) = make_forward(&app.services, &who.actor, draft).await?;
    let made = find_forward(&app.services, who.workspace(), id.as_str()).await?;
    let made: ForwardResponse = line(&app.services, made).await?.into();
    let secret = secret.map(|secret| secret.expose_secret().to_owned());
    Ok((StatusCode::CREATED, Json(ForwardResponse { secret, ..made })))
}

/// One forward.
#[utoipa::path(
    get, path = "/api/v1/forwards/{forward}", operation_id = "showForward", tag = "Forwards",
    params(("forward" = String, Path, description = "Its id", example = "01m7wdqk5rrm88rg9sxbtn4002")),
    responses(
        (status = 200, description = "The forward", body = ForwardResponse),
        (status = 404, description = "There is no such forward", body = ErrorResponse),
    ),
)]
pub(super) async fn show(
    MayRead(who): MayRead,
    State(app): State<AppState>,
    ApiPath(id): ApiPath,
) -> Result<Json<ForwardResponse>, ApiError> {
    let forward = find_forward(&app.services, who.workspace(), &id).await?;
    Ok(Json(line(&app.services, forward).await?.into()))
}

/// Changes a forward, or switches it on or off.
///
/// What waits is sent once it is on again.
#[utoipa::path(
    patch, path = "/api/v1/forwards/{forward}", operation_id = "changeForward", tag = "Forwards", request_body = ForwardChange,
    params(("forward" = String, Path, description = "Its id", example = "01m7wdqk5rrm88rg9sxbtn4002")),
    responses(
        (status = 200, description = "As it is now", body = ForwardResponse),
        (status = 404, description = "There is no such forward", body = ErrorResponse),
        (status = 412, description = "Many others change it at this moment; nothing is changed", body = ErrorResponse),
        (status = 422, description = "A field breaks a rule; nothing is changed", body = ErrorResponse),
    ),
)]
pub(super) async fn change(
    MayWrite(who): MayWrite,
    State(app): State<AppState>,
    ApiPath(id): ApiPath,
    ApiJson(wish): ApiJson<ForwardChange>,
) -> Result<Json<ForwardResponse>, ApiError> {
    let services = &app.services;
    let known = find_forward(services, who.workspace(), &id).await?;
    let on = match wish.state.as_deref() {
        None => None,
        Some("on") => Some(true),
        Some("off") => Some(false),
        // As it was answered: no wish.
        Some(state) if state == known.state.as_str() => None,
        Some(_) => return Err(Problem::invalid("state", "on or off").into()),
    };
    let draft = Draft {
        id: None,
        name: wish.name,
        url: wish.url,
        format: None,
        connection: wish.connection,
        kinds: wish.kinds,
        header_name: wish.header_name,
        header_value: wish.header_value,
        verify_token: wish.verify_token,
    };
    change_forward(services, &who.actor, &known, draft).await?;
    if let Some(on) = on {
        switch_forward(services, &who.actor, &known, on).await?;
    }
    let changed = find_forward(services, who.workspace(), &id).await?;
    Ok(Json(line(services, changed).await?.into()))
}

/// Removes a forward with all that waits for it.
#[utoipa::path(
    delete, path = "/api/v1/forwards/{forward}", operation_id = "removeForward", tag = "Forwards",
    params(("forward" = String, Path, description = "Its id", example = "01m7wdqk5rrm88rg9sxbtn4002")),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "There is no such forward", body = ErrorResponse),
    ),
)]
pub(super) async fn remove(
    MayWrite(who): MayWrite,
    State(app): State<AppState>,
    ApiPath(id): ApiPath,
) -> Result<StatusCode, ApiError> {
    let forward = find_forward(&app.services, who.workspace(), &id).await?;
    remove_forward(&app.services, &who.actor, &forward).await?;
    Ok(StatusCode::NO_CONTENT)
}
