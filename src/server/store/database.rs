//! Opening either database.

use super::Result;
use super::checkpoint::copy_log;
use crate::server::config::DatabaseUrl;
use crate::server::vault::create_private_file;
use futures_util::future::try_join_all;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Encode, QueryBuilder, Type};
use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

const POSTGRES_CONNECTIONS: u32 = 16;
const SQLITE_READERS: u32 = 8;
/// How long a request waits for a free connection, and SQLite for another process's write.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the writer keeps of the file in memory, in KiB (negative: not in pages). With SQLite's own 2 MB, a large transaction
/// over a grown store is written in parts, and each part of it more than once.
const WRITERS_CACHE: &str = "-16384";
/// Deliveries are inserted many at a time, in a statement for each number of them.
const STATEMENTS_KEPT: usize = 256;
/// SQLite copies its log into the file by itself, inside somebody's commit, only when it has become this long: 64 MB.
const PAGES_AT_LAST: &str = "8192";
/// Bytes in a page of a new file; one that is there keeps its own. Deliveries and events are a kilobyte and more: with
/// SQLite's own 4 KB, a commit is twice as many writes.
pub(super) const PAGE: u32 = 8_192;

pub(super) static ON_SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub(super) static ON_POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The newest migration; both databases have the same.
pub(super) fn newest_schema() -> i64 {
    ON_SQLITE.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The names of all tables that migrations make, also of those that a later one takes away. Both databases have the same.
pub(super) fn tables_made() -> BTreeSet<String> {
    let named = |start: &str| -> Vec<String> {
        let sqls = ON_POSTGRES.iter().map(|migration| migration.sql.as_str());
        let rests = sqls.flat_map(|sql| sql.split(start).skip(1));
        rests.filter_map(|rest| rest.split([' ', '(', ';', '\n']).next()).map(str::to_owned).collect()
    };
    ["create table ", " rename to "].into_iter().flat_map(named).collect()
}

/// `… in (1, 2, 3)`
pub(super) fn among<DB: sqlx::Database>(start: &str, ids: &[i64]) -> QueryBuilder<DB>
where
    DB::Arguments: Default,
    i64: for<'q> Encode<'q, DB> + Type<DB>,
{
    let mut query = QueryBuilder::new(format!("{start} in ("));
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(*id);
    }
    query.push(")");
    query
}

#[derive(Clone)]
pub(super) enum Database {
    Sqlite { writer: Writer, reader: SqlitePool },
    Postgres(PgPool),
}

/// SQLite takes one writer at a time; a pool of one makes the others wait here instead of failing there. Before it is a
/// line of which only the first asks for the connection: deliveries pass the line by, so that they wait for one
/// transaction at most, and the line for one group of deliveries.
#[derive(Clone)]
pub(super) struct Writer {
    pool: SqlitePool,
    line: Arc<Mutex<()>>,
    /// For copying the log.
    beside: SqlitePool,
    demand: Arc<Demand>,
}

/// How much the writer's connection is wanted.
#[derive(Default)]
pub(super) struct Demand {
    uses: AtomicU64,
    asking: AtomicUsize,
}

impl Demand {
    /// How often it was used. Grows.
    pub(super) fn uses(&self) -> u64 {
        self.uses.load(Ordering::Relaxed)
    }

    /// Until it is dropped, deliveries do not keep the connection from one group to the next.
    pub(super) fn ask(self: &Arc<Self>) -> Asking {
        self.asking.fetch_add(1, Ordering::Relaxed);
        Asking(self.clone())
    }
}

pub(super) struct Asking(Arc<Demand>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Writer {
    /// The connection for whoever stands in line.
    pub(super) async fn turn(&self) -> sqlx::Result<Turn<'_>> {
        let asking = self.demand.ask();
        let line = timeout(PATIENCE, self.line.clone().lock_owned()).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        self.note_use();
        Ok(Turn { pool: self.pool(), _line: line, _asking: asking })
    }

    /// The connection past the line: for deliveries, and for what runs before there are any.
    pub(super) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    pub(super) fn note_use(&self) {
        self.demand.uses.fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody waits for the connection, or has it.
    pub(super) fn is_asked_for(&self) -> bool {
        self.demand.asking.load(Ordering::Relaxed) > 0
    }
}

/// The next in line may come once this is dropped.
pub(super) struct Turn<'a> {
    pool: &'a SqlitePool,
    _line: OwnedMutexGuard<()>,
    _asking: Asking,
}

impl Deref for Turn<'_> {
    type Target = SqlitePool;
    fn deref(&self) -> &SqlitePool {
        self.pool
    }
}

impl Database {
    /// Changes nothing in it; an SQLite file that is not there is made.
    pub(super) async fn open(url: &DatabaseUrl) -> Result<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path).await,
            DatabaseUrl::Postgres(url) => {
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(PATIENCE)
                    .connect(url)
                    .await?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// Until nobody has it open any more.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { writer, reader } => {
                reader.close().await;
                writer.beside.close().await;
                // Last: whoever closes last puts all into the file and removes the log.
                writer.pool.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Applies the migrations that are missing.
    pub(super) async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite { writer, .. } => ON_SQLITE.run(writer.pool()).await?,
            Self::Postgres(pool) => ON_POSTGRES.run(pool).await?,
        }
        Ok(())
    }

    /// The migrations that this program has, oldest first.
    pub(super) fn known_schemas(&self) -> Vec<i64> {
        let known = match self {
            Self::Sqlite { .. } => &ON_SQLITE,
            Self::Postgres(_) => &ON_POSTGRES,
        };
        known.iter().map(|migration| migration.version).collect()
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
        if !path.exists() {
            // What SQLite puts beside it has the same mode. Why a file cannot be made, SQLite says as well.
            let _ = create_private_file(path);
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .page_size(PAGE)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .statement_cache_capacity(STATEMENTS_KEPT)
            .busy_timeout(PATIENCE);
        let options = options.pragma("wal_autocheckpoint", PAGES_AT_LAST);
        // A file does not go away as a server does. And a connection is a thread, which may use the cores that its maker
        // may: all are made here, where nobody keeps to one of them, and stay.
        let pool_of = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(PATIENCE)
                .test_before_acquire(false)
        };
        let pool = pool_of(1).after_release(|db, _| Box::pin(is_settled(db)));
        let pool = pool.connect_with(options.clone().pragma("cache_size", WRITERS_CACHE)).await?;
        let beside = pool_of(1).connect_with(options.clone()).await?;
        let writer = Writer { pool, line: Arc::default(), beside, demand: Arc::default() };
        tokio::spawn(copy_log(writer.beside.clone(), writer.pool.clone(), Arc::downgrade(&writer.demand)));
        let reader = pool_of(SQLITE_READERS).connect_with(options.read_only(true).create_if_missing(false)).await?;
        try_join_all((0..SQLITE_READERS).map(|_| reader.acquire())).await?;
        Ok(Self::Sqlite { writer, reader })
    }
}

/// Whether a connection can be used again. SQLite ends a transaction by itself where the disk has no room; to roll it back
/// is refused then, and sqlx would count it as open for ever, and refuse all others.
async fn is_settled(db: &mut SqliteConnection) -> sqlx::Result<bool> {
    if db.is_in_transaction() {
        // A rollback may still be on its way.
        db.ping().await?;
    }
    Ok(!db.is_in_transaction())
}
