//! `GET`: Meta asks whether this address is ours, and we show that we know the token (fact base §5.1).

use super::refusal::Refusal;
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
use crate::server::boundary::Boundary;
use crate::server::operations::pulse::Refused;
use crate::server::operations::receive_delivery::find_door;
use crate::server::operations::verify_webhook::knows_verify_token;
use crate::server::state::AppState;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// Meta's challenge is a number of ten digits.
const CHALLENGE_MAX: usize = 256;
/// No browser shall guess a page in a challenge, nor anybody keep it.
const AS_IT_IS: [(HeaderName, &str); 2] = [(X_CONTENT_TYPE_OPTIONS, "nosniff"), (CACHE_CONTROL, "no-store")];

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.challenge")]
    challenge: String,
    #[serde(rename = "hub.verify_token")]
    token: String,
}

/// `Err` when something is missing or there twice.
type Question = Result<Query<Asked>, axum::extract::rejection::QueryRejection>;

pub(super) async fn shared(State(app): State<AppState>, question: Question) -> Response {
    answer(&app, None, question).await
}

pub(super) async fn own(
    State(app): State<AppState>,
    Path(connection): Path<ConnectionId>,
    question: Question,
) -> Response {
    match find_door(&app.services, Some(&connection)).await {
        Ok(Some(_)) => answer(&app, Some(&connection), question).await,
        Ok(None) => Refusal::new(&app.services.pulse, Refused::UnknownAddress).into_response(),
        Err(failure) => Boundary::from(failure).into_response(),
    }
}

async fn answer(app: &AppState, connection: Option<&ConnectionId>, question: Question) -> Response {
    let Ok(Query(asked)) = question else {
        return malformed("hub.mode, hub.challenge and hub.verify_token are needed, once each");
    };
    if asked.challenge.is_empty() || asked.challenge.len() > CHALLENGE_MAX {
        return malformed("hub.challenge is empty or too long");
    }
    let known = knows_verify_token(&app.services, connection, &asked.token).await;
    match known {
        Ok(true) if asked.mode == "subscribe" => (AS_IT_IS, asked.challenge).into_response(),
        Ok(_) => (StatusCode::FORBIDDEN, Json(wrong_token())).into_response(),
        Err(failure) => Boundary::from(failure).into_response(),
    }
}

fn malformed(rule: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(Problem::invalid("query", rule))).into_response()
}

fn wrong_token() -> Problem {
    Problem::new(
        "wrong_verify_token",
        "The verify token is another one.",
        "It is not the one that belongs to this address.",
        "Copy webhook URL and verify token from the same connection's page.",
    )
}
