//! A database as it is found, before anything in it is changed.

use super::catalogue::MIGRATIONS;
use super::place::not_vacant;
use super::{DatabaseKind, Snapshot};
use crate::domain::instant::Instant;
use crate::server::clock::Clock;
use crate::server::config::{DatabaseUrl, KeySource};
use crate::server::store::database::{Database, newest_schema, tables_made};
use crate::server::store::{Result, Store, StoreError};
use serde::{Deserialize, Serialize};

pub(super) const VERSION: &str = "version";
/// The names of the tables that the version which migrated last has made: an older one, which does not know them all, has to
/// put them aside.
pub(super) const TABLES: &str = "tables";
const MOVED: &str = "moved";
/// The backup from before an upgrade that has begun.
const UPGRADING: &str = "upgrading";
/// The id of a move of all data: from when it begins until the data is used again.
const MOVE: &str = "move";
/// What people would miss.
const DEAR: [&str; 3] = ["users", "connections", "deliveries"];

/// How the schema of a database stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// Nothing is kept in it yet.
    New,
    Current,
    /// Migrations are to be applied behind this one.
    Behind(i64),
    /// A newer Greentick has used it: which one, where it is known.
    Ahead(Option<String>),
}

/// Where the data went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub at: Instant,
    /// Without a password.
    pub to: String,
}

/// Its schema may be of any version. Cheap to clone.
#[derive(Clone)]
pub struct FoundData {
    pub(super) db: Database,
}

impl FoundData {
    /// An SQLite file that is not there is made.
    pub async fn open(url: &DatabaseUrl) -> Result<Self> {
        Ok(Self { db: Database::open(url).await? })
    }

    /// The newest migration that this program has.
    pub fn newest_schema() -> i64 {
        newest_schema()
    }

    pub fn kind(&self) -> DatabaseKind {
        match &self.db {
            Database::Sqlite { .. } => DatabaseKind::Sqlite,
            Database::Postgres(_) => DatabaseKind::Postgres,
        }
    }

    pub(super) async fn has_table(&self, name: &str) -> Result<bool> {
        let count: i64 = match &self.db {
            Database::Sqlite { writer, .. } => {
                sqlx::query_scalar("select count(*) from sqlite_master where type = 'table' and name = $1")
                    .bind(name)
                    .fetch_one(writer.pool())
                    .await?
            }
            Database::Postgres(pool) => {
                sqlx::query_scalar(
                    "select count(*) from information_schema.tables where table_schema = current_schema() and table_name = $1",
                )
                .bind(name)
                .fetch_one(pool)
                .await?
            }
        };
        Ok(count > 0)
    }

    pub async fn schema(&self) -> Result<Schema> {
        if !self.has_table(MIGRATIONS).await? || !self.has_table("installation").await? {
            return Ok(Schema::New);
        }
        let applied: Vec<i64> = read!(self, db => sqlx::query_scalar("select version from _sqlx_migrations where success order by version")
            .fetch_all(db).await)?;
        let known = self.db.known_schemas();
        let last = applied.last().copied().unwrap_or(0);
        if applied.iter().any(|version| !known.contains(version)) {
            return Ok(Schema::Ahead(self.find_fact(VERSION).await?));
        }
        let kept: i64 = read!(self, db => sqlx::query_scalar("select count(*) from installation").fetch_one(db).await)?;
        Ok(match () {
            () if kept == 0 => Schema::New,
            () if applied.len() < known.len() => Schema::Behind(last),
            () => Schema::Current,
        })
    }

    /// A fact about the installation as a whole.
    pub async fn find_fact(&self, name: &str) -> Result<Option<String>> {
        Ok(read!(self, db => sqlx::query_scalar("select value from installation where name = $1 and value is not null")
            .bind(name).fetch_optional(db).await)?)
    }

    pub(in crate::server::store) async fn put_fact(&self, name: &str, value: &str) -> Result<()> {
        change!(self, db => sqlx::query("insert into installation (name, value) values ($1, $2) \
            on conflict (name) do update set value = excluded.value")
            .bind(name).bind(value).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    async fn remove_fact(&self, name: &str) -> Result<()> {
        change!(self, db => sqlx::query("delete from installation where name = $1").bind(name).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Set once all data went elsewhere: then nobody should go on here.
    pub async fn find_moved(&self) -> Result<Option<Moved>> {
        if !self.has_table("installation").await? {
            return Ok(None);
        }
        Ok(self.find_fact(MOVED).await?.map(|told| serde_json::from_str(&told)).transpose()?)
    }

    /// `None` takes the mark away.
    pub async fn mark_moved(&self, moved: Option<&Moved>) -> Result<()> {
        if let Some(moved) = moved {
            return self.put_fact(MOVED, &serde_json::to_string(moved)?).await;
        }
        self.remove_fact(MOVED).await
    }

    /// Whether nobody would miss anything: no people, no numbers, nothing received. What a newer version keeps cannot be told.
    pub async fn is_vacant(&self) -> Result<bool> {
        if matches!(self.schema().await?, Schema::Ahead(_)) {
            return Ok(false);
        }
        for table in DEAR {
            if !self.has_table(table).await? {
                continue;
            }
            let count: i64 = read!(self, db => sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from (select 1 from {table} limit 1) t")))
                .fetch_one(db).await)?;
            if count > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Refuses where data would be in the way. Makes no file.
    pub async fn check_vacant(url: &DatabaseUrl) -> Result<()> {
        if let DatabaseUrl::Sqlite(path) = url
            && !path.exists()
        {
            return Ok(());
        }
        let there = Self::open(url).await?;
        let is_vacant = there.is_vacant().await;
        there.db.close().await;
        if is_vacant? { Ok(()) } else { Err(not_vacant(&Self::name_of(url))) }
    }

    /// The move that has begun here, or that this data came by: where it is the same in two databases, both hold the same data.
    pub async fn find_move(&self) -> Result<Option<String>> {
        if !self.has_table("installation").await? {
            return Ok(None);
        }
        self.find_fact(MOVE).await
    }

    /// Goes along with the data.
    pub async fn begin_move(&self, id: &str) -> Result<()> {
        self.put_fact(MOVE, id).await
    }

    /// Before anything else may change here: what another database holds may not be the same from now on.
    pub async fn forget_move(&self) -> Result<()> {
        match self.find_move().await? {
            Some(_) => self.remove_fact(MOVE).await,
            None => Ok(()),
        }
    }

    /// Everything as it is at this moment, whoever goes on writing.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        Snapshot::take(&self.db).await
    }

    /// The backup that an upgrade began with which has not come to its end.
    pub async fn find_begun_upgrade(&self) -> Result<Option<String>> {
        self.find_fact(UPGRADING).await
    }

    /// From now on migrations may be applied: the way back is there.
    pub async fn begin_upgrade(&self, backup: &str) -> Result<()> {
        self.put_fact(UPGRADING, backup).await
    }

    /// Applies what is missing, and notes who did, and which tables are ours.
    pub async fn migrate(&self) -> Result<()> {
        self.db.migrate().await?;
        if self.find_fact(UPGRADING).await?.is_some() {
            self.remove_fact(UPGRADING).await?;
        }
        for (name, value) in [(VERSION, env!("CARGO_PKG_VERSION")), (TABLES, &noted_tables())] {
            if self.find_fact(name).await?.as_deref() != Some(value) {
                self.put_fact(name, value).await?;
            }
        }
        Ok(())
    }

    /// Checks that the key opens what is sealed in it. The schema must be current.
    pub async fn into_store(self, key: &KeySource, clock: Clock) -> Result<Store> {
        Store::of(self.db, key, clock).await
    }
}

impl Store {
    /// The same database, to be read as a whole.
    pub fn data(&self) -> FoundData {
        FoundData { db: self.db.clone() }
    }
}

/// As the fact `TABLES` has them.
pub(super) fn noted_tables() -> String {
    tables_made().into_iter().collect::<Vec<_>>().join(" ")
}

/// Why a backup or a database with this schema cannot be used here, if it cannot.
pub(super) fn refuse_newer(schema: i64, used_by: Option<&str>) -> Result<()> {
    if schema <= newest_schema() {
        return Ok(());
    }
    Err(StoreError::newer(used_by))
}
