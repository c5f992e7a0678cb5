//! Opening either database.

use super::Result;
use crate::server::config::DatabaseUrl;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

const POSTGRES_CONNECTIONS: u32 = 16;
const SQLITE_READERS: u32 = 8;
/// How long a request waits for a free connection, and SQLite for another process's write.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(super) enum Database {
    /// SQLite takes one writer at a time; a pool of one makes the others wait in line here instead of failing there.
    Sqlite {
        writer: SqlitePool,
        reader: SqlitePool,
    },
    Postgres(PgPool),
}

impl Database {
    pub(super) async fn open(url: &DatabaseUrl) -> Result<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path).await,
            DatabaseUrl::Postgres(url) => {
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(PATIENCE)
                    .connect(url)
                    .await?;
                sqlx::migrate!("migrations/postgres").run(&pool).await?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// Whether anything has been sealed: the installation's own secrets are the first.
    pub(super) async fn has_sealed(&self) -> Result<bool> {
        const SEALED: &str = "select count(*) from installation where sealed is not null";
        let count: i64 = match self {
            Self::Sqlite { reader, .. } => sqlx::query_scalar(SEALED).fetch_one(reader).await?,
            Self::Postgres(pool) => sqlx::query_scalar(SEALED).fetch_one(pool).await?,
        };
        Ok(count > 0)
    }

    async fn open_sqlite(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE);
        let writer =
            SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect_with(options.clone()).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(PATIENCE)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await?;
        Ok(Self::Sqlite { writer, reader })
    }
}
