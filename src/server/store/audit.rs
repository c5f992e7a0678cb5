//! Who did what to which connection, from where, with before and after. Never a secret.

use super::{Result, Store, new_id};
use crate::domain::ids::{ConnectionId, UserId, WorkspaceId};
use crate::domain::instant::Instant;
use serde_json::Value;
use sqlx::FromRow;

/// Whoever acts: a person in a browser, or the product itself.
#[derive(Debug, Clone)]
pub struct Actor {
    pub workspace: WorkspaceId,
    pub user: Option<UserId>,
    /// A name to show: the person's, or `Greentick`.
    pub name: String,
    pub address: Option<String>,
}

#[derive(Debug, Clone, FromRow)]
pub struct AuditEntry {
    pub actor: String,
    pub action: String,
    pub before: Option<String>,
    pub after: Option<String>,
    at: i64,
}

impl AuditEntry {
    pub fn at(&self) -> Instant {
        Instant(self.at)
    }
}

impl Store {
    pub async fn add_audit(
        &self,
        actor: &Actor,
        action: &str,
        connection: Option<&ConnectionId>,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<()> {
        let now = self.now();
        change!(self, db => sqlx::query("insert into audit (id, workspace_id, user_id, actor, address, action, connection_id, before, after, at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
            .bind(new_id(now)).bind(actor.workspace.as_str()).bind(actor.user.as_ref().map(UserId::as_str))
            .bind(&actor.name).bind(actor.address.as_deref()).bind(action).bind(connection.map(ConnectionId::as_str))
            .bind(before.map(|value| value.to_string())).bind(after.map(|value| value.to_string())).bind(now.0)
            .execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Newest first.
    pub async fn list_audit(&self, connection: &ConnectionId, limit: i64) -> Result<Vec<AuditEntry>> {
        Ok(
            read!(self, db => sqlx::query_as("select actor, action, before, after, at from audit where connection_id = $1 order by at desc, id desc limit $2")
            .bind(connection.as_str()).bind(limit).fetch_all(db).await)?,
        )
    }
}
