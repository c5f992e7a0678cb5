//! `POST /connect/facebook/{signup}/hint`: what the page heard from Meta's window. It proves nothing and is used only
//! to spare a question, and to tell support which session of Meta's it was.

use crate::domain::ids::{BusinessId, PhoneNumberId, WabaId};
use crate::domain::signup::Hint;
use crate::server::boundary::Boundary;
use crate::server::operations::continue_signup::note_hint;
use crate::server::session::{Admin, OwnedSignup};
use crate::server::state::AppState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;

/// Meta's envelope (fact base §3.4), or what of it the page passes on.
#[derive(Deserialize)]
pub struct Heard {
    #[serde(default)]
    event: String,
    #[serde(default)]
    data: HeardData,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HeardData {
    phone_number_id: Option<String>,
    waba_id: Option<String>,
    business_id: Option<String>,
    current_step: Option<String>,
    error_code: Option<String>,
    error_message: Option<String>,
    session_id: Option<String>,
    timestamp: Option<String>,
}

/// Longest text kept of any field: it comes from a browser.
const LONGEST: usize = 100;

fn kept(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty() && text.len() <= LONGEST)
}

pub async fn hint(
    who: Admin,
    State(app): State<AppState>,
    Path(signup): Path<String>,
    Json(heard): Json<Heard>,
) -> Result<StatusCode, Boundary> {
    let OwnedSignup(signup) = OwnedSignup::to_change(&app.services.store, &who, &signup).await?;
    let data = heard.data;
    let hint = Hint {
        event: kept(Some(heard.event)).unwrap_or_default(),
        waba: kept(data.waba_id).map(WabaId::new),
        number: kept(data.phone_number_id).map(PhoneNumberId::new),
        business: kept(data.business_id).map(BusinessId::new),
        current_step: kept(data.current_step),
        error_code: kept(data.error_code),
        error_message: kept(data.error_message),
        session_id: kept(data.session_id),
        timestamp: kept(data.timestamp),
    };
    note_hint(&app.services, &signup, &hint).await?;
    Ok(StatusCode::NO_CONTENT)
}
