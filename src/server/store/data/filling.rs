//! Writes all data into a database that holds none. Until the very end nothing of it shows: on Postgres it is one
//! transaction, on SQLite a file beside. Broken off at any moment, it leaves what was there before.

use super::catalogue::{MIGRATIONS, postgres_tables, quoted, sqlite_tables};
use super::found::{VERSION, refuse_newer};
use super::value::{Row, bind_value};
use super::{Batch, FoundData, Inventory, Table, Value};
use crate::domain::instant::Instant;
use crate::server::config::DatabaseUrl;
use crate::server::store::database::{ON_POSTGRES, ON_SQLITE, PAGE};
use crate::server::store::{Result, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, Postgres, QueryBuilder, SqliteConnection,
    Transaction,
};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Values in one statement: SQLite takes 32 766, Postgres 65 535.
const VALUES: usize = 20_000;

/// Whoever has just looked into a file may take a moment to close it.
const CLOSING_TRIES: u32 = 20;
const CLOSING_PAUSE: Duration = Duration::from_millis(250);

/// A database that is being filled.
pub struct Filling {
    target: Target,
    inventory: Inventory,
}

enum Target {
    Sqlite { db: Box<SqliteConnection>, place: Place },
    Postgres { tx: Transaction<'static, Postgres>, pool: PgPool, kept: Option<String> },
}

/// A file that is to take another's place.
struct Place {
    path: PathBuf,
    beside: PathBuf,
    /// There is something that people would miss.
    keep_old: bool,
}

/// How it ended.
#[derive(Debug)]
pub struct Filled {
    /// Where the data lies that was there before.
    pub kept: Option<String>,
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    |error| StoreError::File(path, error)
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::File(path.to_owned(), error)),
        _ => Ok(()),
    }
}

macro_rules! put_facts {
    ($db:expr, $facts:expr) => {
        for (name, value) in $facts {
            match value {
                Some(value) => {
                    sqlx::query("insert into installation (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value")
                        .bind(*name)
                        .bind(value)
                        .execute($db)
                        .await?;
                }
                None => {
                    sqlx::query("delete from installation where name = $1").bind(*name).execute($db).await?;
                }
            }
        }
    };
}

impl Filling {
    /// Makes the tables that the inventory speaks of. Data that people would miss is in the way unless it may be replaced;
    /// then it is kept beside. Whoever calls this holds the target alone.
    pub async fn begin(target: &DatabaseUrl, inventory: &Inventory, replace: bool, now: Instant) -> Result<Self> {
        refuse_newer(inventory.schema, inventory.used_by.as_deref())?;
        let mut target = match target {
            DatabaseUrl::Sqlite(path) => begin_sqlite(path, replace).await?,
            DatabaseUrl::Postgres(url) => begin_postgres(url, replace, now).await?,
        };
        let tables = match &mut target {
            Target::Sqlite { db, .. } => {
                ON_SQLITE.run_to(inventory.schema, &mut **db).await?;
                sqlite_tables(db).await?
            }
            Target::Postgres { tx, .. } => {
                ON_POSTGRES.run_to(inventory.schema, &mut **tx).await?;
                postgres_tables(tx).await?
            }
        };
        check_shape(inventory, &tables)?;
        // What migrations have put in comes from the other side as well.
        for table in tables.iter().rev() {
            let clear = format!("delete from {}", quoted(&table.name));
            match &mut target {
                Target::Sqlite { db, .. } => {
                    sqlx::query(AssertSqlSafe(clear)).execute(&mut **db).await?;
                }
                Target::Postgres { tx, .. } => {
                    sqlx::query(AssertSqlSafe(clear)).execute(&mut **tx).await?;
                }
            }
        }
        Ok(Self { target, inventory: inventory.clone() })
    }

    pub async fn put(&mut self, batch: Batch) -> Result<()> {
        let Some(held) = self.inventory.tables.get(batch.table) else {
            return Err(StoreError::Damaged("rows of a table that was not announced".to_owned()));
        };
        let at_once = (VALUES / held.table.columns.len().max(1)).max(1);
        let mut rows = batch.rows;
        while !rows.is_empty() {
            let rest = rows.split_off(rows.len().min(at_once));
            match &mut self.target {
                Target::Sqlite { db, .. } => insert_sqlite(db, &held.table, rows).await?,
                Target::Postgres { tx, .. } => insert_postgres(tx, &held.table, rows).await?,
            }
            rows = rest;
        }
        Ok(())
    }

    /// Counts what has arrived, brings the schema up to date, changes these facts about the installation (`None` takes one
    /// away), and puts everything in its place at once.
    pub async fn finish(self, facts: &[(&str, Option<String>)], now: Instant) -> Result<Filled> {
        let Self { target, inventory } = self;
        let version = (VERSION, Some(env!("CARGO_PKG_VERSION").to_owned()));
        let facts: Vec<_> = facts.iter().cloned().chain([version]).collect();
        match target {
            Target::Sqlite { mut db, place } => {
                count_and_number_sqlite(&mut db, &inventory).await?;
                ON_SQLITE.run(&mut *db).await?;
                put_facts!(&mut *db, &facts);
                check_sqlite(&mut db).await?;
                db.close().await?;
                let kept = put_in_place(&place, now).await?;
                Ok(Filled { kept: kept.map(|path| path.display().to_string()) })
            }
            Target::Postgres { mut tx, pool, kept } => {
                count_and_number_postgres(&mut tx, &inventory).await?;
                ON_POSTGRES.run(&mut *tx).await?;
                put_facts!(&mut *tx, &facts);
                tx.commit().await?;
                pool.close().await;
                Ok(Filled { kept: kept.map(|schema| format!("the schema {schema} of the same database")) })
            }
        }
    }
}

async fn begin_sqlite(path: &Path, replace: bool) -> Result<Target> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(file_error(folder))?;
    }
    let mut keep_old = false;
    if path.exists() {
        let there = FoundData::open(&DatabaseUrl::Sqlite(path.to_owned())).await?;
        keep_old = !there.is_vacant().await?;
        there.db.close().await;
        if keep_old && !replace {
            return Err(not_vacant(&path.display().to_string()));
        }
    }
    // An earlier try may have been cut short.
    let beside = with(path, ".unfinished");
    for ending in ["", "-journal", "-wal", "-shm"] {
        remove_if_there(&with(&beside, ending))?;
    }
    let options = SqliteConnectOptions::new()
        .create_if_missing(true)
        .page_size(PAGE)
        .foreign_keys(true)
        // Nothing counts before the end, when it is brought to the disk as a whole.
        .journal_mode(SqliteJournalMode::Memory)
        .synchronous(SqliteSynchronous::Off);
    let place = Place { path: path.to_owned(), beside, keep_old };
    let options = options.filename(&place.beside);
    Ok(Target::Sqlite { db: Box::new(options.connect().await?), place })
}

async fn begin_postgres(url: &str, replace: bool, now: Instant) -> Result<Target> {
    let there = FoundData::open(&DatabaseUrl::Postgres(url.to_owned())).await?;
    let (tables, ours, vacant) =
        (there.tables().await?, there.has_table("installation").await?, there.is_vacant().await?);
    there.db.close().await;
    let name = FoundData::name_of(&DatabaseUrl::Postgres(url.to_owned()));
    if (!tables.is_empty() && !ours) || has_others(&tables) {
        return Err(StoreError::Refused(format!(
            "{name} holds tables that are not Greentick's. Give Greentick a database of its own. Nothing was changed."
        )));
    }
    if !vacant && !replace {
        return Err(not_vacant(&name));
    }
    let pool = PgPool::connect(url).await?;
    let mut tx = pool.begin().await?;
    let mut kept = None;
    if ours {
        let aside = format!("before_{}", stamp(now));
        let names = tables.iter().map(|table| table.name.as_str()).chain([MIGRATIONS]);
        if vacant {
            for name in names {
                sqlx::query(AssertSqlSafe(format!("drop table if exists {} cascade", quoted(name))))
                    .execute(&mut *tx)
                    .await?;
            }
        } else {
            sqlx::query(AssertSqlSafe(format!("create schema {}", quoted(&aside)))).execute(&mut *tx).await?;
            for name in names {
                let away = format!("alter table if exists {} set schema {}", quoted(name), quoted(&aside));
                sqlx::query(AssertSqlSafe(away)).execute(&mut *tx).await?;
            }
            kept = Some(aside);
        }
    }
    Ok(Target::Postgres { tx, pool, kept })
}

/// Tables that no migration of ours makes.
fn has_others(tables: &[Table]) -> bool {
    let made = |name: &str| {
        let begin = format!("create table {name} (");
        ON_POSTGRES.iter().any(|migration| migration.sql.as_str().contains(&begin))
    };
    !tables.iter().all(|table| made(&table.name))
}

fn not_vacant(name: &str) -> StoreError {
    StoreError::Refused(format!(
        "{name} holds data already, and nothing of it was changed. With --replace it is put aside and kept."
    ))
}

/// `20261120t184512z`
fn stamp(now: Instant) -> String {
    now.rfc3339().chars().filter(|letter| letter.is_ascii_alphanumeric()).collect::<String>().to_lowercase()
}

/// The tables of a schema are the same wherever it was made.
fn check_shape(inventory: &Inventory, tables: &[Table]) -> Result<()> {
    let shape = |table: &Table| {
        let mut columns: Vec<String> =
            table.columns.iter().map(|column| format!("{} {:?}", column.name, column.kind)).collect();
        columns.sort();
        format!("{} ({})", table.name, columns.join(", "))
    };
    let mut theirs: Vec<String> = inventory.tables.iter().map(|held| shape(&held.table)).collect();
    let mut ours: Vec<String> = tables.iter().map(shape).collect();
    theirs.sort();
    ours.sort();
    match theirs
        .iter()
        .find(|table| !ours.contains(table))
        .or_else(|| ours.iter().find(|table| !theirs.contains(table)))
    {
        Some(table) => Err(StoreError::Damaged(format!(
            "the schema {} has another shape here than there: {table}",
            inventory.schema
        ))),
        None => Ok(()),
    }
}

macro_rules! insert {
    ($db:expr, $table:expr, $rows:expr, $overriding:literal, $changed:expr) => {{
        let start = format!(concat!("insert into {} ({}) ", $overriding), quoted(&$table.name), $table.names());
        let mut insert = QueryBuilder::new(start);
        insert.push_values($rows, |mut places, row| {
            for (value, column) in row.into_iter().zip(&$table.columns) {
                bind_value!(places, $changed(value), column.kind);
            }
        });
        insert.build().persistent(false).execute($db).await?;
    }};
}

async fn insert_sqlite(db: &mut SqliteConnection, table: &Table, rows: Vec<Row>) -> Result<()> {
    insert!(&mut *db, table, rows, "", |value| value);
    Ok(())
}

async fn insert_postgres(db: &mut PgConnection, table: &Table, rows: Vec<Row>) -> Result<()> {
    insert!(&mut *db, table, rows, "overriding system value ", without_nul);
    Ok(())
}

/// Postgres keeps no NUL in a text; SQLite does.
fn without_nul(value: Value) -> Value {
    match value {
        Value::Text(text) if text.contains('\0') => Value::Text(text.replace('\0', "\u{fffd}")),
        value => value,
    }
}

fn check_count(held: &super::Held, arrived: i64) -> Result<()> {
    if u64::try_from(arrived).is_ok_and(|arrived| arrived == held.rows) {
        return Ok(());
    }
    Err(StoreError::Damaged(format!("of {} rows of {} only {arrived} have arrived", held.rows, held.table.name)))
}

async fn count_and_number_sqlite(db: &mut SqliteConnection, inventory: &Inventory) -> Result<()> {
    for held in &inventory.tables {
        let count = format!("select count(*) from {}", quoted(&held.table.name));
        check_count(held, sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut *db).await?)?;
        if let Some(last) = held.last_number {
            // The table is SQLite's own: it has no key to conflict with.
            sqlx::query("delete from sqlite_sequence where name = $1").bind(&held.table.name).execute(&mut *db).await?;
            sqlx::query("insert into sqlite_sequence (name, seq) values ($1, $2)")
                .bind(&held.table.name)
                .bind(last)
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(())
}

async fn count_and_number_postgres(db: &mut PgConnection, inventory: &Inventory) -> Result<()> {
    for held in &inventory.tables {
        let count = format!("select count(*) from {}", quoted(&held.table.name));
        check_count(held, sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut *db).await?)?;
        if let Some((last, column)) = held.last_number.zip(held.table.numbered.as_deref()) {
            sqlx::query("select setval(pg_get_serial_sequence(quote_ident($1), $2), $3, false)")
                .bind(&held.table.name)
                .bind(column)
                .bind(last + 1)
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(())
}

/// Postgres has looked at each row as it came.
async fn check_sqlite(db: &mut SqliteConnection) -> Result<()> {
    let broken: Vec<(String, Option<i64>, String, i64)> =
        sqlx::query_as("pragma foreign_key_check").fetch_all(&mut *db).await?;
    match broken.first() {
        Some((table, _, parent, _)) => {
            Err(StoreError::Damaged(format!("a row of {table} refers to one of {parent} that is not there")))
        }
        None => Ok(()),
    }
}

/// Its log goes into the file, and away: it would not fit the new one. Not while anybody has the file open.
async fn close_log(path: &Path) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Delete);
    for _ in 0..CLOSING_TRIES {
        if let Ok(connection) = options.connect().await {
            return Ok(connection.close().await?);
        }
        tokio::time::sleep(CLOSING_PAUSE).await;
    }
    Ok(options.connect().await?.close().await?)
}

/// From one moment to the next the new file bears the name. The old one has another name before.
async fn put_in_place(Place { path, beside, keep_old }: &Place, now: Instant) -> Result<Option<PathBuf>> {
    std::fs::File::open(beside).and_then(|file| file.sync_all()).map_err(file_error(beside))?;
    let mut kept = None;
    if path.exists() {
        close_log(path).await?;
    }
    if *keep_old {
        let aside = with(path, &format!(".before-{}", stamp(now)));
        if std::fs::hard_link(path, &aside).is_err() {
            std::fs::copy(path, &aside).map_err(file_error(&aside))?;
        }
        kept = Some(aside);
    }
    std::fs::rename(beside, path).map_err(file_error(path))?;
    // The new name has to outlive a power cut as well.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        std::fs::File::open(folder).and_then(|file| file.sync_all()).map_err(file_error(folder))?;
    }
    Ok(kept)
}
