//! Writes all data into a database that holds none. Until the very end nothing of it shows: on Postgres it is one
//! transaction, on SQLite a file beside. Broken off at any moment, it leaves what was there before.

use super::aside::{Cleared, clear};
use super::catalogue::{postgres_tables, quoted, sqlite_tables};
use super::found::{TABLES, VERSION, noted_tables, refuse_newer};
use super::place::Place;
use super::value::{Row, bind_value};
use super::{Batch, Inventory, Table, Value};
use crate::domain::instant::Instant;
use crate::server::config::DatabaseUrl;
use crate::server::store::database::{ON_POSTGRES, ON_SQLITE};
use crate::server::store::{Result, StoreError};
use sqlx::{AssertSqlSafe, Connection, PgConnection, QueryBuilder, SqliteConnection};

/// Values in one statement: SQLite takes 32 766, Postgres 65 535.
const VALUES: usize = 20_000;

/// A database that is being filled.
pub struct Filling {
    target: Target,
    inventory: Inventory,
}

enum Target {
    Sqlite { db: Box<SqliteConnection>, place: Place },
    Postgres(Cleared),
}

/// How it ended.
#[derive(Debug)]
pub struct Filled {
    /// Where the data lies that was there before.
    pub kept: Option<String>,
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
            DatabaseUrl::Sqlite(path) => {
                let (place, db) = Place::begin(path, replace).await?;
                Target::Sqlite { db: Box::new(db), place }
            }
            DatabaseUrl::Postgres(url) => Target::Postgres(clear(url, replace, now).await?),
        };
        let tables = match &mut target {
            Target::Sqlite { db, .. } => {
                ON_SQLITE.run_to(inventory.schema, &mut **db).await?;
                sqlite_tables(db).await?
            }
            Target::Postgres(Cleared { tx, .. }) => {
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
                Target::Postgres(Cleared { tx, .. }) => {
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
                Target::Postgres(Cleared { tx, .. }) => insert_postgres(tx, &held.table, rows).await?,
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
        let tables = (TABLES, Some(noted_tables()));
        let facts: Vec<_> = facts.iter().cloned().chain([version, tables]).collect();
        match target {
            Target::Sqlite { mut db, place } => {
                count_and_number_sqlite(&mut db, &inventory).await?;
                ON_SQLITE.run(&mut *db).await?;
                put_facts!(&mut *db, &facts);
                check_sqlite(&mut db).await?;
                db.close().await?;
                let kept = place.take(now).await?;
                Ok(Filled { kept: kept.map(|path| path.display().to_string()) })
            }
            Target::Postgres(Cleared { mut tx, pool, kept }) => {
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
