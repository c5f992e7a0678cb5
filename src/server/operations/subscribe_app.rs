//! Tells Meta once more where to deliver a number's messages, at a person's wish.

use super::check_connection::{begin, conclude, read_and_keep};
use super::route_messages::{Claim, route_messages};
use super::{Failure, Progress, Services};
use crate::domain::connection::{Action, Lifecycle, Outcome};
use crate::domain::health::Snapshot;
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
use crate::domain::routing::routing_finding;
use crate::server::store::{Actor, JobKind, StoredConnection};
use serde_json::json;

/// `replace`: also in place of addresses that others have set, which the person has confirmed.
pub async fn request_subscription(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    replace: bool,
) -> Result<(), Failure> {
    let connection = &stored.connection;
    if connection.lifecycle == Lifecycle::Disconnected {
        return Err(Problem::disconnected().into());
    }
    let action = if replace { "address_taken_over" } else { "messages_switched_on" };
    let seen = stored.snapshot.as_ref().and_then(Snapshot::callback).map(|address| json!({"address": address}));
    let after = json!({"address": services.webhook_url(connection)});
    services.store.add_audit(actor, action, Some(&connection.id), seen, Some(after)).await?;
    let payload = json!({"actor": actor.name, "address": actor.address, "replace": replace});
    begin(services, connection, Action::Subscribe, JobKind::SubscribeApp, payload).await
}

/// The job.
pub async fn subscribe_app(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    replace: bool,
    last_try: bool,
) -> Result<Progress, Failure> {
    let id = &stored.connection.id;
    if stored.connection.lifecycle == Lifecycle::Disconnected {
        return Ok(Progress::Settled);
    }
    let access = services.access(stored).await?;
    let claim = if replace { Claim::Replace } else { Claim::Repair };
    let routed = route_messages(services, actor, stored, &access, claim).await?;
    if let Some(problem) = routed.unwell.clone().filter(|_| !last_try) {
        return Ok(Progress::Later(Box::new(problem)));
    }
    // What was done shows in what Meta says now; so does what was left alone.
    read_and_keep(services, id).await?;
    let outcome = match routed.refused.into_iter().chain(routed.unwell).next() {
        Some(problem) => Outcome::Failed { problem },
        None => Outcome::Done { said: standing_words(services, id).await?, refused: Vec::new() },
    };
    conclude(services, id, Action::Subscribe, outcome).await?;
    Ok(Progress::Settled)
}

async fn standing_words(services: &Services, id: &ConnectionId) -> Result<String, Failure> {
    let here = "Meta sends this number's messages here.".to_owned();
    let Some(stored) = services.store.find_any_connection(id).await? else { return Ok(here) };
    let found = routing_finding(&services.standing(&stored));
    Ok(found.map_or(here, |finding| finding.what))
}
