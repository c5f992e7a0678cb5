//! Disconnects a number: at once here, then at Meta. It always completes; what Meta refused is listed.

use super::access::Access;
use super::check_connection::{begun, conclude};
use super::{Failure, Progress, Services, wait};
use crate::domain::connection::{Action, Lifecycle, Outcome};
use crate::domain::credential::Origin;
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
use crate::server::meta::{GraphError, Kind};
use crate::server::store::{Actor, JobKind, NewJob, StoredConnection};
use serde_json::json;

/// From this moment nothing is sent for the number any more; Meta is told in the background.
pub async fn disconnect_number(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    deregister: bool,
) -> Result<(), Failure> {
    let id = &stored.connection.id;
    let after = json!({"deregister": deregister});
    let job = NewJob { kind: JobKind::ReleaseNumber, subject: id.as_str(), payload: after.clone() };
    if !services.store.disconnect(id, &begun(services, Action::Disconnect), job).await? {
        return Ok(());
    }
    services.store.add_audit(actor, "number_disconnected", Some(id), None, Some(after)).await?;
    wait::for_action(services, id).await
}

/// The job. On its last try it completes whatever Meta says.
pub async fn release_number(
    services: &Services,
    id: &ConnectionId,
    deregister: bool,
    last_try: bool,
) -> Result<Progress, Failure> {
    let Some(stored) = services.store.find_any_connection(id).await? else { return Ok(Progress::Settled) };
    // Reconnected meanwhile: then Meta must not be told that it is over.
    if stored.connection.lifecycle != Lifecycle::Disconnected {
        return Ok(Progress::Settled);
    }
    // What a run has begun may reach Meta after what is said here, and undo it. It ends before its next step.
    if !last_try && services.store.is_being_connected(id).await? {
        return Ok(Progress::Later(Box::new(Problem::disconnected())));
    }
    let mut refused = Vec::new();
    if let Some(access) = services.find_access(&stored).await? {
        for told in tell_meta(services, &stored, &access, deregister).await? {
            match told {
                Err(error) if error.is_meta_unwell() && !last_try => return Ok(Progress::later(&error)),
                // Gone already is what we want.
                Err(error) if is_gone(&error) => {}
                Err(error) => refused.push(error.problem()),
                Ok(()) => {}
            }
        }
    }
    services.store.erase_token(&stored.connection.credential).await?;
    let outcome = Outcome::Done { said: said(&refused), refused };
    conclude(services, id, Action::Disconnect, outcome).await?;
    Ok(Progress::Settled)
}

fn is_gone(error: &GraphError) -> bool {
    [Kind::NotFound, Kind::TokenDead, Kind::NotRegistered].into_iter().any(|kind| error.is(kind))
}

fn said(refused: &[Problem]) -> String {
    let end = "Messages have stopped in both directions. The number stays yours at Meta; the history stays here.";
    if refused.is_empty() { end.to_owned() } else { format!("{end} Meta refused part of it.") }
}

/// In this order: revoking first would leave no token for the rest.
async fn tell_meta(
    services: &Services,
    stored: &StoredConnection,
    access: &Access,
    deregister: bool,
) -> Result<Vec<Result<(), GraphError>>, Failure> {
    let connection = &stored.connection;
    let (graph, key) = (&access.graph, access.key());
    let mut told = Vec::new();
    if deregister {
        told.push(graph.deregister(key, &connection.phone_number_id).await);
    }
    if !services.store.has_siblings(&connection.id, &connection.waba).await? {
        told.push(graph.unsubscribe(key, &connection.waba).await);
    }
    let unwell = told.iter().filter_map(|told| told.as_ref().err()).any(GraphError::is_meta_unwell);
    if !unwell
        && may_revoke(services, stored).await?
        && let Some(app) = &access.app
    {
        told.push(graph.revoke_token(app, &access.token).await);
    }
    Ok(told)
}

/// Only what a signup gave us, and only when nobody else here holds it. By-hand tokens are erased, not revoked.
async fn may_revoke(services: &Services, stored: &StoredConnection) -> Result<bool, Failure> {
    let credential = &stored.credential.id;
    Ok(stored.credential.origin == Origin::Signup
        && services.store.count_users_of(credential).await? == 0
        && !services.store.is_token_shared(credential).await?)
}
