//! `POST`: proven on the raw bytes, kept, answered. What they mean is found out later.

use super::refusal::Refusal;
use super::signature::{Claim, SignedBody};
use crate::domain::ids::ConnectionId;
use crate::server::boundary::Boundary;
use crate::server::operations::pulse::Refused;
use crate::server::operations::receive_delivery::{BodyRoom, find_door, room};
use crate::server::state::AppState;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What Meta sends at most (fact base §5.2).
const MOST: usize = 3 * 1024 * 1024;
/// A body may pause that long, and take this long in all.
const PAUSE: Duration = Duration::from_secs(5);
const IN_ALL: Duration = Duration::from_secs(20);
/// Space that is taken before anything has come, however long the body claims to be.
const AT_FIRST: usize = 16 * 1024;

pub(super) async fn shared(State(app): State<AppState>, request: Request) -> Response {
    answer(&app, None, request).await
}

pub(super) async fn own(
    State(app): State<AppState>,
    Path(connection): Path<ConnectionId>,
    request: Request,
) -> Response {
    answer(&app, Some(&connection), request).await
}

async fn answer(app: &AppState, connection: Option<&ConnectionId>, request: Request) -> Response {
    match receive(app, connection, request).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(why) => Refusal::new(&app.services.pulse, why).into_response(),
    }
}

async fn receive(app: &AppState, connection: Option<&ConnectionId>, request: Request) -> Result<(), Refused> {
    let services = &app.services;
    let door = find_door(services, connection).await.map_err(|failure| {
        // Logged there; who signs is not known, so nothing can be said but "come again".
        drop(Boundary::from(failure));
        Refused::NotKept
    })?;
    let door = door.ok_or(Refused::UnknownAddress)?;
    let claim = Claim::of(request.headers()).ok_or(Refused::Signature)?;
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let mut room = room(services);
    let body = read(request.into_body(), length, &mut room).await?;
    let Some(signed) = SignedBody::prove(door, claim, body) else {
        if !claim.is_trial() {
            services.pulse.note_missigned(connection, services.clock.now());
        }
        return Err(Refused::Signature);
    };
    services.pulse.forget_missigned(connection);
    signed.keep(services, room).await
}

/// All of the body, as long as it comes steadily and stays within its limits.
async fn read(body: Body, length: Option<usize>, room: &mut BodyRoom) -> Result<Vec<u8>, Refused> {
    if length.is_some_and(|length| length > MOST) {
        return Err(Refused::TooLarge);
    }
    let mut bytes = Vec::with_capacity(length.unwrap_or_default().min(AT_FIRST));
    let mut pieces = body.into_data_stream();
    let end = Instant::now() + IN_ALL;
    loop {
        let piece = timeout_at(end.min(Instant::now() + PAUSE), pieces.next()).await.map_err(|_| Refused::Slow)?;
        let Some(piece) = piece else { return Ok(bytes) };
        let piece = piece.map_err(|_| Refused::Incomplete)?;
        if bytes.len() + piece.len() > MOST {
            return Err(Refused::TooLarge);
        }
        room.grow(piece.len())?;
        bytes.extend_from_slice(&piece);
        if length == Some(bytes.len()) {
            return Ok(bytes);
        }
    }
}
