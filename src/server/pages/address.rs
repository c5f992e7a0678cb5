//! The setup guide's button: whether our own address answers as Meta wants.

use super::page_request;
use crate::server::boundary::{Boundary, status};
use crate::server::operations::ask_address::ask_shared_address;
use crate::server::session::Support;
use crate::server::state::AppState;
use axum::extract::State;
use axum::http::{Extensions, StatusCode};
use axum::response::Response;
use leptos::prelude::provide_context;

/// `POST /core/whatsapp-api/setup-guide/address`
pub async fn page_with_address(
    _: Support,
    State(app): State<AppState>,
    asked: Extensions,
) -> Result<Response, Boundary> {
    let answer = ask_shared_address(&app.services).await?;
    let status = answer.problem.as_ref().map_or(StatusCode::OK, status);
    let page = page_request("/core/whatsapp-api/setup-guide", asked);
    Ok(app.render(status, page, move || provide_context(answer.clone())).await)
}
