//! Keys for programs, kept as hashes.

use super::{Result, Store, StoreError};
use crate::domain::api_key::{ApiKey, Scope};
use crate::domain::ids::{ApiKeyId, WorkspaceId, is_id};
use crate::domain::instant::{Instant, MINUTE};
use crate::server::digest::sha256;
use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;

/// A key's last use is written down at most this often: it is for people, and must not cost a write a call.
const NOTE_USE_EVERY: i64 = MINUTE;

#[derive(FromRow)]
struct ApiKeyRow {
    id: String,
    workspace_id: String,
    name: String,
    scope: String,
    last_four: String,
    created_by: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

macro_rules! api_keys {
    ($rest:literal) => {
        concat!(
            "select id, workspace_id, name, scope, last_four, created_by, created_at, expires_at, revoked_at, last_used_at from api_keys ",
            $rest
        )
    };
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StoreError;
    fn try_from(row: ApiKeyRow) -> Result<Self> {
        Ok(Self {
            id: ApiKeyId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            name: row.name,
            scope: row.scope.parse().map_err(StoreError::Damaged)?,
            last_four: row.last_four,
            created_by: row.created_by,
            created_at: Instant(row.created_at),
            expires_at: row.expires_at.map(Instant),
            revoked_at: row.revoked_at.map(Instant),
            last_used_at: row.last_used_at.map(Instant),
        })
    }
}

pub struct NewApiKey<'a> {
    pub id: &'a ApiKeyId,
    pub workspace: &'a WorkspaceId,
    pub name: &'a str,
    pub scope: Scope,
    pub created_by: &'a str,
    pub expires_at: Option<Instant>,
    pub key: &'a SecretString,
}

fn hash(key: &SecretString) -> String {
    sha256(key.expose_secret().as_bytes())
}

impl Store {
    /// `false` when there is one of this id already.
    pub async fn add_api_key(&self, new: NewApiKey<'_>) -> Result<bool> {
        let now = self.now();
        let key = new.key.expose_secret();
        let last_four = &key[key.len().saturating_sub(4)..];
        let added = change!(self, db => sqlx::query("insert into api_keys (id, workspace_id, name, scope, key_hash, last_four, created_by, created_at, expires_at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (id) do nothing")
            .bind(new.id.as_str()).bind(new.workspace.as_str()).bind(new.name).bind(new.scope.as_str()).bind(hash(new.key))
            .bind(last_four).bind(new.created_by).bind(now.0).bind(new.expires_at.map(|end| end.0))
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(added > 0)
    }

    /// Newest first, revoked and ended ones too.
    pub async fn list_api_keys(&self, workspace: &WorkspaceId) -> Result<Vec<ApiKey>> {
        let rows: Vec<ApiKeyRow> = read!(self, db => sqlx::query_as(api_keys!("where workspace_id = $1 order by created_at desc, id desc"))
            .bind(workspace.as_str()).fetch_all(db).await)?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    /// The record of a key that works now.
    pub async fn find_working_api_key(&self, key: &SecretString) -> Result<Option<ApiKey>> {
        let row: Option<ApiKeyRow> = read!(self, db => sqlx::query_as(api_keys!("where key_hash = $1")).bind(hash(key)).fetch_optional(db).await)?;
        let now = self.now();
        Ok(row.map(ApiKey::try_from).transpose()?.filter(|key| key.works_at(now)))
    }

    pub async fn is_api_key_working(&self, id: &ApiKeyId) -> Result<bool> {
        let row: Option<ApiKeyRow> =
            read!(self, db => sqlx::query_as(api_keys!("where id = $1")).bind(id.as_str()).fetch_optional(db).await)?;
        let now = self.now();
        Ok(row.map(ApiKey::try_from).transpose()?.is_some_and(|key| key.works_at(now)))
    }

    /// Writes down that a key was used, unless that was done a moment ago.
    pub async fn note_api_key_use(&self, key: &ApiKey) -> Result<()> {
        let now = self.now();
        if key.last_used_at.is_some_and(|last| now.since(last) < NOTE_USE_EVERY) {
            return Ok(());
        }
        change!(self, db => sqlx::query("update api_keys set last_used_at = $2 where id = $1").bind(key.id.as_str()).bind(now.0).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// `false` when this workspace has no such key, or it was revoked already.
    pub async fn revoke_api_key(&self, workspace: &WorkspaceId, id: &ApiKeyId) -> Result<bool> {
        if !is_id(id.as_str()) {
            return Ok(false);
        }
        let revoked = change!(self, db => sqlx::query("update api_keys set revoked_at = $3 where id = $1 and workspace_id = $2 and revoked_at is null")
            .bind(id.as_str()).bind(workspace.as_str()).bind(self.now().0).execute(db).await.map(|done| done.rows_affected()))?;
        Ok(revoked > 0)
    }
}
