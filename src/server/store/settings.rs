//! Who may change a connection's settings, when several have seen the same.

use super::{Result, Store};
use crate::domain::ids::{ConnectionId, WorkspaceId};

impl Store {
    /// Makes what anybody has seen of the settings old. `false` when they are not at this version any more.
    pub async fn claim_settings(&self, id: &ConnectionId, version: Option<i64>) -> Result<bool> {
        let claimed = change!(self, db => sqlx::query("update connections set settings_version = settings_version + 1 \
            where id = $1 and settings_version = coalesce($2, settings_version)")
            .bind(id.as_str()).bind(version).execute(db).await.map(|done| done.rows_affected()))?;
        Ok(claimed > 0)
    }

    /// The same for a workspace that has no connection.
    pub async fn claim_empty_settings(&self, workspace: &WorkspaceId, version: Option<i64>) -> Result<bool> {
        let claimed = change!(self, db => sqlx::query("update workspaces set settings_version = settings_version + 1 \
            where id = $1 and settings_version = coalesce($2, settings_version)")
            .bind(workspace.as_str()).bind(version).execute(db).await.map(|done| done.rows_affected()))?;
        Ok(claimed > 0)
    }

    /// How often settings were saved where no connection was.
    pub async fn empty_settings_version(&self, workspace: &WorkspaceId) -> Result<i64> {
        Ok(read!(self, db => sqlx::query_scalar("select settings_version from workspaces where id = $1")
            .bind(workspace.as_str()).fetch_one(db).await)?)
    }
}
