//! `GET /api/events/ws`: events over a WebSocket, as they come.

use super::ApiError;
use super::extract::{ApiQuery, MayRead};
use super::live_socket::{PACE, Teller, talk};
use crate::server::boundary::Boundary;
use crate::server::operations::list_events::EventStream;
use crate::server::operations::live_events::Place;
use crate::server::session::{FromOwnPage, Reader};
use crate::server::state::AppState;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use serde::Deserialize;

/// Nobody has to tell us anything.
const MESSAGE_BYTES: usize = 4 * 1024;

#[derive(Deserialize)]
pub(super) struct FollowAsked {
    connection: Option<String>,
    kind: Option<String>,
    /// The `seq` of the last event that the caller has.
    after: Option<i64>,
}

pub(super) async fn follow(
    MayRead(who): MayRead,
    own_page: Result<FromOwnPage, Boundary>,
    State(app): State<AppState>,
    ApiQuery(asked): ApiQuery<FollowAsked>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    own_page?;
    let FollowAsked { connection, kind, after } = asked;
    let services = &app.services;
    let stream = EventStream::find(services, who.workspace(), connection.as_deref(), kind.as_deref()).await?;
    let place = Place::find(services, stream, after).await?;
    let mut line = services.feed.open(who.holder()).ok_or_else(ApiError::too_many_lines)?;
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES).max_frame_size(MESSAGE_BYTES);
    Ok(upgrade.on_upgrade(async move |socket| talk(socket, PACE, Events { app, who, place }, line.closing()).await))
}

struct Events {
    app: AppState,
    who: Reader,
    place: Place,
}

impl Teller for Events {
    async fn next(&mut self) -> Option<Vec<String>> {
        // Logged where it becomes an answer, though nobody gets this one.
        self.place.next().await.map_err(Boundary::from).ok()
    }

    async fn is_welcome(&self) -> bool {
        // What cannot be found out now is found out with the next ping.
        self.who.may_still_read(&self.app).await.unwrap_or(true)
    }
}
