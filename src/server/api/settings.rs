//! `GET`/`PUT /api/settings/whatsapp` and `POST /api/settings/whatsapp/test` (design §5).

use super::ApiError;
use super::json::{ApiJson, ApiQuery};
use crate::domain::settings::WhatsAppSettings;
use crate::server::boundary::Boundary;
use crate::server::operations::settings::{Saver, Terms, Unsaved, Update, put_settings, show_settings, test_settings};
use crate::server::session::{Reader, Writer};
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

pub(super) const MASK: &str = "••••";

#[derive(Deserialize)]
pub(super) struct Asked {
    /// A connection's id or its Phone Number ID.
    pub(super) connection: Option<String>,
    /// Saves although the proof failed.
    #[serde(default)]
    pub(super) force: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SettingsResponse {
    id: Option<String>,
    name: Option<String>,
    phone_number_id: Option<String>,
    business_account_id: Option<String>,
    access_token: Option<String>,
    webhook_verify_token: String,
    webhook_url: String,
    api_version: String,
    app_id: Option<String>,
    app_secret: Option<String>,
    updated_at: Option<String>,
    status: String,
}

/// Secrets that are absent or equal to their mask are kept. What `GET` adds may be sent back and is ignored.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct SettingsUpdate {
    name: Option<String>,
    phone_number_id: Option<String>,
    business_account_id: Option<String>,
    access_token: Option<SecretString>,
    webhook_verify_token: Option<SecretString>,
    api_version: Option<String>,
    app_id: Option<String>,
    app_secret: Option<SecretString>,
    #[serde(rename = "id")]
    _id: IgnoredAny,
    #[serde(rename = "webhookUrl")]
    _webhook_url: IgnoredAny,
    #[serde(rename = "updatedAt")]
    _updated_at: IgnoredAny,
    #[serde(rename = "status")]
    _status: IgnoredAny,
}

/// A secret as sent; its own mask means "keep it".
pub(super) fn sent(secret: Option<SecretString>) -> Option<SecretString> {
    secret.filter(|secret| !secret.expose_secret().starts_with(MASK))
}

impl From<SettingsUpdate> for Update {
    fn from(update: SettingsUpdate) -> Self {
        Self {
            name: update.name,
            phone_number_id: update.phone_number_id,
            waba: update.business_account_id,
            token: sent(update.access_token),
            app_id: update.app_id,
            app_secret: sent(update.app_secret),
            verify_token: sent(update.webhook_verify_token),
            api_version: update.api_version,
        }
    }
}

pub(super) fn masked(last_four: &str) -> Option<String> {
    (!last_four.is_empty()).then(|| format!("{MASK}{last_four}"))
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
            webhook_url: settings.webhook_url(),
            api_version: settings.api_version.clone(),
            app_id: app.services.app().map(|app| app.id),
            app_secret: None,
            updated_at: None,
            status: "disconnected".to_owned(),
        }
    }
}

impl From<WhatsAppSettings> for SettingsResponse {
    fn from(settings: WhatsAppSettings) -> Self {
        Self {
            id: Some(settings.id.into()),
            name: settings.name,
            phone_number_id: Some(settings.phone_number_id.into()),
            business_account_id: Some(settings.waba.into()),
            access_token: masked(&settings.token_last_four),
            webhook_verify_token: MASK.to_owned(),
            webhook_url: settings.webhook_url,
            api_version: settings.api_version,
            app_id: settings.app_id,
            app_secret: settings.has_app_secret.then(|| MASK.to_owned()),
            updated_at: Some(settings.updated_at.rfc3339()),
            status: settings.status.as_str().to_owned(),
        }
    }
}

fn with_etag(status: StatusCode, settings: WhatsAppSettings) -> Response {
    let etag = HeaderValue::from_str(&format!("\"{}\"", settings.version));
    let mut answer = (status, Json(SettingsResponse::from(settings))).into_response();
    if let Ok(etag) = etag {
        answer.headers_mut().insert(ETAG, etag);
    }
    answer
}

/// The version that the caller has seen. A tag that is not ours matches nothing.
pub(super) fn terms(headers: &HeaderMap, force: bool) -> Terms {
    let tag = headers.get(IF_MATCH).map(|tag| tag.to_str().unwrap_or_default().trim().trim_start_matches("W/"));
    let seen = tag.filter(|tag| *tag != "*").map(|tag| tag.trim_matches('"').parse().unwrap_or(-1));
    Terms { seen, force }
}

impl From<Unsaved> for ApiError {
    fn from(unsaved: Unsaved) -> Self {
        match unsaved {
            Unsaved::Rules(broken) => Self::broken_rules(broken),
            Unsaved::Failed(failure) => failure.into(),
        }
    }
}

pub(super) async fn show(
    who: Result<Reader, Boundary>,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Response, ApiError> {
    let who = who?;
    let found = show_settings(&app.services, who.workspace(), asked.connection.as_deref()).await?;
    Ok(match found {
        Some(settings) => with_etag(StatusCode::OK, settings),
        None => Json(SettingsResponse::nothing(&app)).into_response(),
    })
}

pub(super) async fn put(
    who: Result<Writer, Boundary>,
    State(app): State<AppState>,
    headers: HeaderMap,
    ApiQuery(asked): ApiQuery<Asked>,
    ApiJson(update): ApiJson<SettingsUpdate>,
) -> Result<Response, ApiError> {
    let who = who?;
    let saver = Saver { actor: &who.actor, user: who.user.as_ref().map(|user| &user.id) };
    let terms = terms(&headers, asked.force);
    let (saved, created) =
        put_settings(&app.services, &saver, asked.connection.as_deref(), update.into(), &terms).await?;
    Ok(with_etag(if created { StatusCode::CREATED } else { StatusCode::OK }, saved))
}

#[derive(Serialize)]
pub(super) struct TestResponse {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Without a body the stored credentials are tested.
pub(super) async fn test(
    who: Result<Writer, Boundary>,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<Asked>,
    body: Option<ApiJson<SettingsUpdate>>,
) -> Result<Json<TestResponse>, ApiError> {
    let who = who?;
    let update = body.map(|ApiJson(update)| update.into()).unwrap_or_default();
    let tested = test_settings(&app.services, who.workspace(), asked.connection.as_deref(), update).await?;
    Ok(Json(match tested {
        Ok(message) => TestResponse { success: true, message: Some(message), error: None },
        Err(error) => TestResponse { success: false, message: None, error: Some(error) },
    }))
}
