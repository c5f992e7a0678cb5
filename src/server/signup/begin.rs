//! `GET /connect/facebook/start`

use crate::domain::ids::ConnectionId;
use crate::server::boundary::Boundary;
use crate::server::operations::begin_signup::{Wish, begin_signup};
use crate::server::session::{Admin, SessionHash};
use crate::server::state::AppState;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Asked {
    connection: Option<ConnectionId>,
    coexistence: Option<String>,
    display: Option<String>,
}

pub async fn start(
    who: Admin,
    State(app): State<AppState>,
    Extension(SessionHash(session)): Extension<SessionHash>,
    Query(asked): Query<Asked>,
) -> Result<Response, Boundary> {
    let wish = Wish {
        connection: asked.connection,
        coexistence: asked.coexistence.as_deref() == Some("1"),
        popup: asked.display.as_deref() == Some("popup"),
    };
    let url = begin_signup(&app.services, &who.actor(), &who.user.id, &session, &wish).await?;
    Ok(Redirect::to(&url).into_response())
}
