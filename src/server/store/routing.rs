//! Where Meta was told to deliver, and why it would not be told.

use super::{Result, Store};
use crate::domain::ids::{ConnectionId, WorkspaceId};
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;

fn told(app_id: &str) -> String {
    format!("app_told/{app_id}")
}

impl Store {
    /// Kept before Meta hears it, so that whatever becomes of the call, the address is known as ours.
    pub async fn add_own_callback(&self, url: &str) -> Result<()> {
        if self.is_own_callback(url).await? {
            return Ok(());
        }
        let now = self.now().0;
        change!(self, db => sqlx::query("insert into own_callbacks (url, first_set_at) values ($1, $2) on conflict (url) do nothing")
            .bind(url).bind(now).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    pub async fn is_own_callback(&self, url: &str) -> Result<bool> {
        let known: i64 = read!(self, db => sqlx::query_scalar("select count(*) from own_callbacks where url = $1")
            .bind(url).fetch_one(db).await)?;
        Ok(known > 0)
    }

    /// Connections in use on an app of the business's own.
    pub async fn list_on_own_app(&self, workspace: &WorkspaceId, app_id: &str) -> Result<Vec<ConnectionId>> {
        let ids: Vec<String> = read!(self, db => sqlx::query_scalar("select id from connections where workspace_id = $1 and app_id = $2 and own_app and lifecycle <> 'disconnected'")
            .bind(workspace.as_str()).bind(app_id).fetch_all(db).await)?;
        Ok(ids.into_iter().map(ConnectionId::new).collect())
    }

    /// Meta has been told something new for an app: what was read of it before, on any node, is old.
    pub async fn note_app_told(&self, app_id: &str) -> Result<()> {
        change!(self, db => sqlx::query("insert into installation (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value")
            .bind(told(app_id)).bind(self.now().0.to_string()).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// When that was last.
    pub async fn app_told_at(&self, app_id: &str) -> Result<Option<Instant>> {
        let at: Option<String> = read!(self, db => sqlx::query_scalar("select value from installation where name = $1")
            .bind(told(app_id)).fetch_optional(db).await)?;
        Ok(at.and_then(|at| at.parse().ok()).map(Instant))
    }

    pub async fn update_routing_problem(&self, id: &ConnectionId, problem: Option<&Problem>) -> Result<()> {
        let problem = problem.map(serde_json::to_string).transpose()?;
        change!(self, db => sqlx::query("update connections set routing_problem = $2, version = version + 1 where id = $1")
            .bind(id.as_str()).bind(problem).execute(db).await.map(|_| ()))?;
        Ok(())
    }
}
