//! Forwards: made, changed, shown, switched, tested.

mod draft;
mod press;

use super::forward_events::keep_dead_days;
use super::{Failure, Services};
use crate::domain::forward::{
    BEHIND_MAX, Forward, ForwardFields, ForwardFormPage, ForwardLine, ForwardPage, ForwardState, ForwardsPage,
};
use crate::domain::ids::{ForwardId, WorkspaceId};
use crate::domain::messages::NumberOption;
use crate::domain::problem::Problem;
use crate::domain::user::{Role, User};
use crate::server::store::{StoredConnection, new_id};
pub use draft::{Draft, change_forward, make_forward};
pub use press::{remove_forward, replay_dead, rotate_secret, shake_hands_with, switch_forward, test_forward};

/// Attempts on a forward's page.
const SHOWN: i64 = 50;
/// Numbers to choose from in the form; others are entered through the API.
const OFFERED: i64 = 200;

pub async fn find_forward(services: &Services, workspace: &WorkspaceId, id: &str) -> Result<Forward, Failure> {
    let found = services.store.find_forward(workspace, &ForwardId::new(id)).await?;
    Ok(found.ok_or_else(Problem::not_found)?)
}

/// Oldest first.
pub async fn list_forwards(services: &Services, workspace: &WorkspaceId) -> Result<Vec<ForwardLine>, Failure> {
    let mut lines = Vec::new();
    for forward in services.store.list_forwards(workspace).await? {
        lines.push(line(services, forward).await?);
    }
    Ok(lines)
}

/// A forward and what waits for it.
pub async fn line(services: &Services, forward: Forward) -> Result<ForwardLine, Failure> {
    let counts = services.store.count_forward_items(&forward, BEHIND_MAX).await?;
    Ok(ForwardLine { forward, counts })
}

pub async fn show_forwards(services: &Services, workspace: &WorkspaceId) -> Result<ForwardsPage, Failure> {
    let lines = list_forwards(services, workspace).await?;
    Ok(ForwardsPage { now: services.clock.now(), lines, inside: inside(services) })
}

pub async fn show_forward(services: &Services, workspace: &WorkspaceId, id: &str) -> Result<ForwardPage, Failure> {
    let ForwardLine { forward, counts } = line(services, find_forward(services, workspace, id).await?).await?;
    let number = match &forward.connection {
        Some(connection) => services.store.find_connection(workspace, connection).await?.map(|stored| label(&stored)),
        None => None,
    };
    let attempts = services.store.list_forward_attempts(&forward.id, SHOWN).await?;
    let dead_days = keep_dead_days(services);
    Ok(ForwardPage { now: services.clock.now(), forward, counts, dead_days, number, attempts })
}

/// Names of those that Greentick has switched off, for an admin; nobody else could do anything about it.
pub async fn list_disabled(services: &Services, user: &User) -> Result<Vec<String>, Failure> {
    if user.role < Role::Admin {
        return Ok(Vec::new());
    }
    let all = services.store.list_forwards(&user.workspace).await?;
    let disabled = all.into_iter().filter(|forward| matches!(forward.state, ForwardState::Disabled { .. }));
    Ok(disabled.map(|forward| forward.name).collect())
}

/// The form: untouched when `id` is empty.
pub async fn show_form(services: &Services, workspace: &WorkspaceId, id: &str) -> Result<ForwardFormPage, Failure> {
    let forward = match id {
        "" => None,
        id => Some(find_forward(services, workspace, id).await?),
    };
    let found = services.store.search_connections(workspace, "", None, OFFERED).await?;
    let mut numbers: Vec<NumberOption> = found.rows.iter().map(option).collect();
    let chosen = forward.as_ref().and_then(|forward| forward.connection.as_ref());
    if let Some(chosen) = chosen.filter(|id| numbers.iter().all(|number| number.id != **id))
        && let Some(stored) = services.store.find_connection(workspace, chosen).await?
    {
        numbers.push(option(&stored));
    }
    let blank = || ForwardFields { id: new_id(services.clock.now()), ..ForwardFields::default() };
    let fields = forward.as_ref().map_or_else(blank, fields);
    Ok(ForwardFormPage { fields, forward: forward.map(|forward| forward.name), numbers, inside: inside(services) })
}

fn fields(forward: &Forward) -> ForwardFields {
    ForwardFields {
        id: forward.id.to_string(),
        name: forward.name.clone(),
        url: forward.url.clone(),
        format: forward.format.as_str().to_owned(),
        connection: forward.connection.as_ref().map(ToString::to_string).unwrap_or_default(),
        kinds: forward.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
        header_name: forward.header_name.clone().unwrap_or_default(),
        has_header: forward.header_name.is_some(),
        has_verify_token: forward.has_verify_token,
    }
}

fn option(stored: &StoredConnection) -> NumberOption {
    NumberOption { id: stored.connection.id.clone(), label: label(stored) }
}

fn label(stored: &StoredConnection) -> String {
    stored.connection.label()
}

fn inside(services: &Services) -> Vec<String> {
    services.forward_networks.iter().map(ToString::to_string).collect()
}
