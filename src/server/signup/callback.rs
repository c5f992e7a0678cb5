//! `GET /connect/facebook/callback`: the one request that waits for Meta.

use crate::server::boundary::Boundary;
use crate::server::operations::receive_callback::{Callback, receive_callback};
use crate::server::session::{Admin, SessionHash};
use crate::server::state::AppState;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Returned {
    state: Option<String>,
    code: Option<SecretString>,
    error: Option<String>,
    error_code: Option<String>,
    error_description: Option<String>,
}

pub async fn callback(
    who: Admin,
    State(app): State<AppState>,
    Extension(SessionHash(session)): Extension<SessionHash>,
    Query(returned): Query<Returned>,
) -> Result<Response, Boundary> {
    let callback = Callback {
        state: returned.state,
        code: returned.code,
        error: returned.error,
        error_code: returned.error_code.and_then(|code| code.parse().ok()),
        error_description: returned.error_description,
    };
    // On its own task: a browser that goes away must not stop the exchange between two steps.
    let services = app.services.clone();
    let received =
        tokio::spawn(async move { receive_callback(&services, &who.actor(), &session, callback).await }).await;
    let signup = received.map_err(Boundary::unexpected)??;
    let found = app.services.store.find_any_signup(&signup).await?;
    let popup = if found.is_some_and(|signup| signup.popup) { "?popup=1" } else { "" };
    Ok(Redirect::to(&format!("/connect/facebook/{signup}{popup}")).into_response())
}
