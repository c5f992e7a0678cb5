//! `GET`/`POST /api/config/whatsapp`: the short form of the settings.

use super::ApiError;
use super::json::{ApiJson, ApiQuery};
use super::settings::{Asked, masked, sent, terms};
use crate::domain::settings::WhatsAppSettings;
use crate::server::boundary::Boundary;
use crate::server::operations::settings::{Saver, Update, put_settings, show_settings};
use crate::server::session::{Reader, Writer};
use crate::server::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize)]
pub(super) struct ShortResponse {
    phone_number_id: Option<String>,
    business_account_id: Option<String>,
    access_token: Option<String>,
}

impl From<WhatsAppSettings> for ShortResponse {
    fn from(settings: WhatsAppSettings) -> Self {
        Self {
            phone_number_id: Some(settings.phone_number_id.into()),
            business_account_id: Some(settings.waba.into()),
            access_token: masked(&settings.token_last_four),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShortUpdate {
    phone_number_id: Option<String>,
    business_account_id: Option<String>,
    access_token: Option<SecretString>,
}

pub(super) async fn show(
    who: Result<Reader, Boundary>,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Json<ShortResponse>, ApiError> {
    let who = who?;
    let found = show_settings(&app.services, who.workspace(), asked.connection.as_deref()).await?;
    Ok(Json(found.map(Into::into).unwrap_or_default()))
}

pub(super) async fn put(
    who: Result<Writer, Boundary>,
    State(app): State<AppState>,
    headers: HeaderMap,
    ApiQuery(asked): ApiQuery<Asked>,
    ApiJson(update): ApiJson<ShortUpdate>,
) -> Result<(StatusCode, Json<ShortResponse>), ApiError> {
    let who = who?;
    let saver = Saver { actor: &who.actor, user: who.user.as_ref().map(|user| &user.id) };
    let update = Update {
        phone_number_id: update.phone_number_id,
        waba: update.business_account_id,
        token: sent(update.access_token),
        ..Update::default()
    };
    let terms = terms(&headers, asked.force);
    let (saved, created) = put_settings(&app.services, &saver, asked.connection.as_deref(), update, &terms).await?;
    Ok((if created { StatusCode::CREATED } else { StatusCode::OK }, Json(saved.into())))
}
