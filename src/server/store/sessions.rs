//! Browser sessions. Only a hash of the cookie's id is kept, so a copy of the database opens no session.

use super::Store;
use crate::domain::instant::DAY;
use crate::server::digest::sha256;
use async_trait::async_trait;
use std::collections::HashMap;
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{SessionStore, session_store};

/// Key in a session's data under which the person's id is kept.
pub const USER_KEY: &str = "user";

/// A session ends this long after it was last written.
pub const SESSION_LIFETIME: i64 = 30 * DAY;

/// The store as tower-sessions wants it.
#[derive(Clone)]
pub struct DatabaseSessions(pub Store);

impl std::fmt::Debug for DatabaseSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseSessions")
    }
}

/// What is stored in place of a session's id.
pub fn session_hash(id: &Id) -> String {
    sha256(id.to_string().as_bytes())
}

fn backend(error: impl std::fmt::Display) -> Error {
    session_store::Error::Backend(error.to_string())
}

impl DatabaseSessions {
    async fn write(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_string(&record.data).map_err(backend)?;
        // By our clock, the same that ends it.
        let expires_at = self.0.now().plus(SESSION_LIFETIME);
        let user = record.data.get(USER_KEY).and_then(|value| value.as_str());
        let kept = async {
            change!(self.0, db => sqlx::query("insert into sessions (id_hash, user_id, data, expires_at) values ($1, $2, $3, $4) \
            on conflict (id_hash) do update set user_id = excluded.user_id, data = excluded.data, expires_at = excluded.expires_at")
            .bind(session_hash(&record.id)).bind(user).bind(data).bind(expires_at.0)
            .execute(db).await.map(|_| ()))
        };
        kept.await.map_err(backend)
    }
}

impl Store {
    /// Whether a session of this hash still lasts.
    pub async fn has_session(&self, hash: &str) -> super::Result<bool> {
        let found: Option<String> = read!(self, db => sqlx::query_scalar("select id_hash from sessions where id_hash = $1 and expires_at > $2")
            .bind(hash).bind(self.now().0).fetch_optional(db).await)?;
        Ok(found.is_some())
    }
}

#[async_trait]
impl SessionStore for DatabaseSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.write(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.write(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row: Option<(String, i64)> = read!(self.0, db => sqlx::query_as("select data, expires_at from sessions where id_hash = $1 and expires_at > $2")
            .bind(session_hash(id)).bind(self.0.now().0).fetch_optional(db).await).map_err(backend)?;
        let Some((data, expires_at)) = row else { return Ok(None) };
        let data: HashMap<String, serde_json::Value> = serde_json::from_str(&data).map_err(backend)?;
        let expiry_date =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_at) * 1_000_000).map_err(backend)?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let removed = async {
            change!(self.0, db => sqlx::query("delete from sessions where id_hash = $1").bind(session_hash(id)).execute(db).await.map(|_| ()))
        };
        removed.await.map_err(backend)
    }
}
