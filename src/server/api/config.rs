//! `GET`/`POST /api/config/whatsapp`: the short form of the settings.

use super::ApiError;
use super::error::ErrorResponse;
use super::extract::{ApiJson, ApiQuery, Fields, MayRead, MayWrite};
use super::settings::{Asked, Sent, Which, saver, tagged, terms};
use crate::domain::settings::WhatsAppSettings;
use crate::server::operations::settings::{Update, put_settings, show_settings};
use crate::server::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A connection's settings in short; all null when nothing is stored.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct ShortResponse {
    #[schema(example = "106540352242922")]
    phone_number_id: Option<String>,
    #[schema(example = "102290129340398")]
    business_account_id: Option<String>,
    /// Masked.
    #[schema(example = "••••wZDZ")]
    access_token: Option<String>,
}

impl From<WhatsAppSettings> for ShortResponse {
    fn from(settings: WhatsAppSettings) -> Self {
        Self {
            phone_number_id: Some(settings.phone_number_id.into()),
            business_account_id: Some(settings.waba.into()),
            access_token: settings.token_mask,
        }
    }
}

/// What is absent, null or equal to its mask stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShortUpdate {
    /// Digits only.
    #[schema(example = "106540352242922")]
    phone_number_id: Option<String>,
    /// The WABA ID: digits only.
    #[schema(example = "102290129340398")]
    business_account_id: Option<String>,
    /// Of a system user or a person; proven with Meta before it replaces the stored one.
    #[schema(value_type = Option<String>, format = Password, example = "EAAGm0PX4ZCpsBA")]
    access_token: Option<SecretString>,
}

impl Fields for ShortUpdate {
    const TEXTS: &'static [&'static str] = &["phone_number_id", "business_account_id", "access_token"];
    const IGNORED: &'static [&'static str] = &[];
}

/// The settings in short.
#[utoipa::path(
    get, path = "/api/config/whatsapp", operation_id = "showConfig", tag = "Settings", params(Which),
    responses((status = 200, description = "The settings; all null when nothing is stored", body = ShortResponse,
        headers(("ETag" = String, description = "For If-Match")))),
)]
pub(super) async fn show(
    MayRead(who): MayRead,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<Which>,
) -> Result<Response, ApiError> {
    let (found, tag) = show_settings(&app.services, who.workspace(), asked.connection.as_deref()).await?;
    Ok(tagged(StatusCode::OK, &tag, found.map(ShortResponse::from).unwrap_or_default()))
}

/// Proves the credentials with Meta and saves them.
#[utoipa::path(
    post, path = "/api/config/whatsapp", operation_id = "saveConfig", tag = "Settings",
    params(Asked, Sent), request_body = ShortUpdate,
    responses(
        (status = 200, description = "Saved", body = ShortResponse, headers(("ETag" = String, description = "For If-Match"))),
        (status = 201, description = "Saved as a new connection", body = ShortResponse,
            headers(("ETag" = String, description = "For If-Match"))),
        (status = 503, description = "Meta could not be asked; nothing is saved", body = ErrorResponse),
    ),
)]
pub(super) async fn put(
    MayWrite(who): MayWrite,
    State(app): State<AppState>,
    headers: HeaderMap,
    ApiQuery(asked): ApiQuery<Asked>,
    ApiJson(update): ApiJson<ShortUpdate>,
) -> Result<Response, ApiError> {
    let update = Update {
        phone_number_id: update.phone_number_id,
        waba: update.business_account_id,
        token: update.access_token,
        ..Update::default()
    };
    let terms = terms(&headers, asked.force);
    let connection = asked.connection.as_deref();
    let (saved, created) = put_settings(&app.services, &saver(&who), connection, update, &terms).await?;
    let tag = saved.tag.clone();
    Ok(tagged(if created { StatusCode::CREATED } else { StatusCode::OK }, &tag, ShortResponse::from(saved)))
}
