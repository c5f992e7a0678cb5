//! `GET`/`PUT /api/settings/whatsapp` and `POST /api/settings/whatsapp/test` (design §5).

use super::ApiError;
use super::error::ErrorResponse;
use super::extract::{ApiJson, ApiQuery, Fields, MayRead, MayWrite};
use crate::domain::connection::Badge;
use crate::domain::settings::{MASK, WhatsAppSettings};
use crate::server::operations::settings::{Saver, Seen, Terms, Unsaved, Update, put_settings, show_settings};
use crate::server::operations::test_settings::{Tested, test_settings};
use crate::server::session::Caller;
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{Object, ObjectBuilder};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Which connection: its id or its Phone Number ID. Needed when there are several.
    pub(super) connection: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Which connection: its id or its Phone Number ID. Needed when there are several.
    pub(super) connection: Option<String>,
    /// Saves although Meta refused the credentials or could not be asked. A token that Meta refused never takes the place of one
    /// that works.
    #[serde(default)]
    #[param(required = false, default = false)]
    pub(super) force: bool,
}

/// Headers that `terms` reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the shape is for the contract alone")]
pub(super) struct Sent {
    /// The ETag that was read, or `*` for any connection that exists. Refused with 412 when another has saved since.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// A connection's settings. When nothing is stored, `id` is null and `status` is `disconnected`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettingsResponse {
    #[schema(example = "01m7wdqk5rrm88rg9sxbtn4001")]
    id: Option<String>,
    #[schema(example = "Front desk")]
    name: Option<String>,
    #[schema(example = "106540352242922")]
    phone_number_id: Option<String>,
    /// The WABA ID.
    #[schema(example = "102290129340398")]
    business_account_id: Option<String>,
    /// Masked.
    #[schema(example = "••••wZDZ")]
    access_token: Option<String>,
    /// Masked whole.
    #[schema(example = "••••")]
    webhook_verify_token: String,
    /// Where Meta should send this connection's messages.
    #[schema(example = "https://chat.example.org/api/webhooks/whatsapp")]
    webhook_url: String,
    #[schema(example = "v25.0")]
    api_version: String,
    #[schema(example = "670843887433847")]
    app_id: Option<String>,
    /// Masked whole; null unless the connection is on a Meta app of its own whose secret is stored.
    #[schema(example = "••••")]
    app_secret: Option<String>,
    #[schema(format = DateTime, example = "2026-11-20T14:02:11Z")]
    updated_at: Option<String>,
    #[schema(schema_with = status_schema)]
    status: String,
    /// What was taken although it may not be meant so: an API version that Meta no longer serves.
    warnings: Vec<String>,
}

pub(super) fn status_schema() -> Object {
    let names = Badge::ALL.map(Badge::as_str);
    ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).enum_values(Some(names)).build()
}

/// What is absent or null stays as it is, and so does a secret that equals its mask. Without `phoneNumberId` and
/// `businessAccountId`, they are found by the token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SettingsUpdate {
    /// To tell connections apart by: one line. Empty takes it away.
    #[schema(max_length = 80, example = "Front desk")]
    name: Option<String>,
    /// Digits only. A connection keeps its number.
    #[schema(example = "106540352242922")]
    phone_number_id: Option<String>,
    /// The WABA ID: digits only.
    #[schema(example = "102290129340398")]
    business_account_id: Option<String>,
    /// Of a system user or a person; proven with Meta before it replaces the stored one.
    #[schema(value_type = Option<String>, format = Password, example = "EAAGm0PX4ZCpsBA")]
    access_token: Option<SecretString>,
    /// What Meta sends to prove itself at `webhookUrl`: at least 8 characters.
    #[schema(value_type = Option<String>, format = Password, min_length = 8)]
    webhook_verify_token: Option<SecretString>,
    /// Of the Graph API: `vN.0`. One that Meta no longer serves is taken with a warning.
    #[schema(example = "v25.0")]
    api_version: Option<String>,
    /// For a business on its own Meta app: digits only.
    #[schema(example = "670843887433847")]
    app_id: Option<String>,
    /// Of that app, so that what it sends can be told from forgeries; needs `appId` beside it.
    #[schema(value_type = Option<String>, format = Password)]
    app_secret: Option<SecretString>,
    /// As read; not looked at.
    #[serde(skip_deserializing)]
    #[expect(dead_code, reason = "never looked at")]
    id: serde_json::Value,
    /// As read; not looked at.
    #[serde(skip_deserializing)]
    #[expect(dead_code, reason = "never looked at")]
    webhook_url: serde_json::Value,
    /// As read; not looked at.
    #[serde(skip_deserializing)]
    #[expect(dead_code, reason = "never looked at")]
    updated_at: serde_json::Value,
    /// As read; not looked at.
    #[serde(skip_deserializing)]
    #[expect(dead_code, reason = "never looked at")]
    status: serde_json::Value,
    /// As read; not looked at.
    #[serde(skip_deserializing)]
    #[expect(dead_code, reason = "never looked at")]
    warnings: serde_json::Value,
}

impl Fields for SettingsUpdate {
    const TEXTS: &'static [&'static str] = &[
        "name",
        "phoneNumberId",
        "businessAccountId",
        "accessToken",
        "webhookVerifyToken",
        "apiVersion",
        "appId",
        "appSecret",
    ];
    const IGNORED: &'static [&'static str] = &["id", "webhookUrl", "updatedAt", "status", "warnings"];
}

impl From<SettingsUpdate> for Update {
    fn from(update: SettingsUpdate) -> Self {
        Self {
            name: update.name,
            phone_number_id: update.phone_number_id,
            waba: update.business_account_id,
            token: update.access_token,
            app_id: update.app_id,
            app_secret: update.app_secret,
            verify_token: update.webhook_verify_token,
            api_version: update.api_version,
        }
    }
}

impl SettingsResponse {
    fn nothing(app: &AppState) -> Self {
        let settings = &app.services.settings;
        Self {
            id: None,
            name: None,
            phone_number_id: None,
            business_account_id: None,
            access_token: None,
            webhook_verify_token: MASK.to_owned(),
            webhook_url: settings.shared_webhook_url(),
            api_version: settings.api_version.clone(),
            app_id: app.services.app().map(|app| app.id),
            app_secret: None,
            updated_at: None,
            status: Badge::Disconnected.as_str().to_owned(),
            warnings: Vec::new(),
        }
    }
}

impl From<WhatsAppSettings> for SettingsResponse {
    fn from(settings: WhatsAppSettings) -> Self {
        let warnings = settings.warnings();
        Self {
            id: Some(settings.id.into()),
            name: settings.name,
            phone_number_id: Some(settings.phone_number_id.into()),
            business_account_id: Some(settings.waba.into()),
            access_token: settings.token_mask,
            webhook_verify_token: MASK.to_owned(),
            webhook_url: settings.webhook_url,
            api_version: settings.api_version,
            app_id: settings.app_id,
            app_secret: settings.has_app_secret.then(|| MASK.to_owned()),
            updated_at: Some(settings.updated_at.rfc3339()),
            status: settings.status.as_str().to_owned(),
            warnings,
        }
    }
}

/// An answer with the tag of the settings in it.
pub(super) fn tagged(status: StatusCode, tag: &str, body: impl Serialize) -> Response {
    let mut answer = (status, Json(body)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

/// What the caller has seen. Proxies that compress mark tags as weak, so that is overlooked.
pub(super) fn terms(headers: &HeaderMap, force: bool) -> Terms {
    let lines: Vec<_> = headers.get_all(IF_MATCH).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    let tags = || lines.iter().flat_map(|line| line.split(',')).map(str::trim);
    let seen = if lines.is_empty() {
        Seen::NotSaid
    } else if tags().any(|tag| tag == "*") {
        Seen::Any
    } else {
        Seen::Tags(tags().map(|tag| tag.trim_start_matches("W/").trim_matches('"').to_owned()).collect())
    };
    Terms { seen, force }
}

pub(super) fn saver(who: &Caller) -> Saver<'_> {
    Saver { actor: &who.actor, user: who.user.as_ref().map(|user| &user.id) }
}

impl From<Unsaved> for ApiError {
    fn from(unsaved: Unsaved) -> Self {
        match unsaved {
            Unsaved::Rules(broken) => Self::broken_rules(broken),
            Unsaved::Unreachable(problem) => Self::unproven(problem),
            Unsaved::Failed(failure) => failure.into(),
        }
    }
}

/// The settings, secrets masked.
#[utoipa::path(
    get, path = "/api/settings/whatsapp", operation_id = "showSettings", tag = "Settings", params(Which),
    responses((status = 200, description = "The settings", body = SettingsResponse,
        headers(("ETag" = String, description = "For If-Match")))),
)]
pub(super) async fn show(
    MayRead(who): MayRead,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<Which>,
) -> Result<Response, ApiError> {
    let (found, tag) = show_settings(&app.services, who.workspace(), asked.connection.as_deref()).await?;
    let body = found.map_or_else(|| SettingsResponse::nothing(&app), SettingsResponse::from);
    Ok(tagged(StatusCode::OK, &tag, body))
}

/// Proves the credentials with Meta and saves them.
///
/// Creates the connection when there is none. A working token is never given up for one that does not work.
#[utoipa::path(
    put, path = "/api/settings/whatsapp", operation_id = "saveSettings", tag = "Settings",
    params(Asked, Sent), request_body = SettingsUpdate,
    responses(
        (status = 200, description = "Saved", body = SettingsResponse, headers(("ETag" = String, description = "For If-Match"))),
        (status = 201, description = "Saved as a new connection", body = SettingsResponse,
            headers(("ETag" = String, description = "For If-Match"))),
        (status = 503, description = "Meta could not be asked; nothing is saved", body = ErrorResponse),
    ),
)]
pub(super) async fn put(
    MayWrite(who): MayWrite,
    State(app): State<AppState>,
    headers: HeaderMap,
    ApiQuery(asked): ApiQuery<Asked>,
    ApiJson(update): ApiJson<SettingsUpdate>,
) -> Result<Response, ApiError> {
    let terms = terms(&headers, asked.force);
    let connection = asked.connection.as_deref();
    let (saved, created) = put_settings(&app.services, &saver(&who), connection, update.into(), &terms).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let tag = saved.tag.clone();
    Ok(tagged(status, &tag, SettingsResponse::from(saved)))
}

/// `message` when the credentials work, else `error`.
#[derive(Serialize, ToSchema)]
pub(super) struct TestResponse {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Connection successful. Phone number: +1 555 0123")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
    /// What works, but may not be meant so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// Asks Meta whether the credentials work, and saves nothing.
///
/// Fields that are absent are filled with what is stored; without a body, the stored credentials are tested.
#[utoipa::path(
    post, path = "/api/settings/whatsapp/test", operation_id = "testSettings", tag = "Settings",
    params(Which), request_body = Option<SettingsUpdate>,
    responses((status = 200, description = "How it went, well or not", body = TestResponse)),
)]
pub(super) async fn test(
    MayWrite(who): MayWrite,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<Which>,
    body: Option<ApiJson<SettingsUpdate>>,
) -> Result<Json<TestResponse>, ApiError> {
    let update = body.map(|ApiJson(update)| update.into()).unwrap_or_default();
    let Tested { outcome, warnings } =
        test_settings(&app.services, who.workspace(), asked.connection.as_deref(), update).await?;
    let success = outcome.is_ok();
    let (message, error) = match outcome {
        Ok(message) => (Some(message), None),
        Err(error) => (None, Some(error)),
    };
    Ok(Json(TestResponse { success, message, error, warnings }))
}
