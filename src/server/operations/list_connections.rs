//! Connections as programs see them.

use super::{Failure, Services};
use crate::domain::connection::{Badge, Connection};
use crate::domain::ids::{ConnectionId, WorkspaceId};
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::server::store::{ConnectionCursor, StoredConnection};

pub struct Listed {
    pub connection: Connection,
    pub badge: Badge,
    pub webhook_url: String,
    pub token_ends_at: Option<Instant>,
}

fn listed(services: &Services, stored: StoredConnection) -> Listed {
    let standing = services.standing(&stored);
    let (badge, webhook_url) = (Badge::of(&standing), standing.webhook_url);
    Listed { badge, webhook_url, token_ends_at: stored.credential.facts.expires_at, connection: stored.connection }
}

/// Oldest first, with the cursor of the next page when there is one.
pub async fn list(
    services: &Services,
    workspace: &WorkspaceId,
    after: Option<&str>,
    limit: i64,
) -> Result<(Vec<Listed>, Option<String>), Failure> {
    let cursor = match after {
        Some(text) => Some(ConnectionCursor::parse(text).ok_or_else(|| Problem::invalid("after", "a cursor of ours"))?),
        None => None,
    };
    let found = services.store.search_connections(workspace, "", cursor.as_ref(), limit).await?;
    let rows = found.rows.into_iter().map(|stored| listed(services, stored)).collect();
    Ok((rows, found.next.map(|cursor| cursor.to_string())))
}

pub async fn find_listed(services: &Services, workspace: &WorkspaceId, id: &str) -> Result<Listed, Failure> {
    let found = services.store.find_connection(workspace, &ConnectionId::new(id)).await?;
    Ok(listed(services, found.ok_or_else(Problem::not_found)?))
}
