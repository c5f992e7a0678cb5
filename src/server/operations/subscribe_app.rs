//! Asks Meta once more to send a number's messages here.

use super::check_connection::{begin, conclude, read_and_keep};
use super::{Failure, Progress, Services};
use crate::domain::connection::{Action, Lifecycle, Outcome};
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
use crate::server::store::{Actor, JobKind, StoredConnection};
use serde_json::json;

pub async fn request_subscription(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
) -> Result<(), Failure> {
    if stored.connection.lifecycle == Lifecycle::Disconnected {
        return Err(Problem::disconnected().into());
    }
    services.store.add_audit(actor, "messages_switched_on", Some(&stored.connection.id), None, None).await?;
    begin(services, &stored.connection, Action::Subscribe, JobKind::SubscribeApp, json!({})).await
}

/// The job.
pub async fn subscribe_app(services: &Services, id: &ConnectionId, last_try: bool) -> Result<Progress, Failure> {
    let Some(stored) = services.store.find_any_connection(id).await? else { return Ok(Progress::Settled) };
    let connection = &stored.connection;
    if connection.lifecycle == Lifecycle::Disconnected {
        return Ok(Progress::Settled);
    }
    let token = services.open_token(&connection.credential).await?;
    let key = services.key(&token, connection.app_id.as_deref());
    let outcome = match services.graph.subscribe(key, &connection.waba).await {
        Ok(()) => {
            read_and_keep(services, id).await?;
            Outcome::Done { said: "Meta sends this number's messages here.".to_owned(), refused: Vec::new() }
        }
        Err(error) if error.is_meta_unwell() && !last_try => return Ok(Progress::later(&error)),
        Err(error) => Outcome::Failed { problem: error.problem() },
    };
    conclude(services, id, Action::Subscribe, outcome).await?;
    Ok(Progress::Settled)
}
