//! All rows as they were at one moment, while others go on writing.

use super::catalogue::{Table, postgres_tables, quoted, sqlite_tables};
use super::found::VERSION;
use super::value::{ReadValue, Row, Value, values};
use super::{ColumnKind, Held, Inventory};
use crate::server::digest::hex;
use crate::server::store::database::Database;
use crate::server::store::{Result, StoreError};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};
use std::collections::BTreeSet;
use tokio::sync::mpsc::Sender;

/// Rows travel together up to about this many bytes; a longer row travels alone.
const BATCH_BYTES: usize = 256 * 1024;
const BATCH_ROWS: usize = 1_000;
/// What SQLite reads before it is asked for.
const ROWS_AHEAD: usize = 8;
/// How many bytes of a sealed value name its key.
const KEY_ID: usize = 4;

/// Some rows of one table.
#[derive(Debug)]
pub struct Batch {
    /// Its place in the inventory.
    pub table: usize,
    pub rows: Vec<Row>,
}

/// A transaction that only reads: SQLite's in its log, Postgres's as `repeatable read`.
pub struct Snapshot {
    line: Line,
    inventory: Inventory,
}

enum Line {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Snapshot {
    pub(super) async fn take(db: &Database) -> Result<Self> {
        let (line, inventory) = match db {
            Database::Sqlite { reader, .. } => {
                // Rows may be megabytes long, and reading them all takes its time.
                let options = SqliteConnectOptions::clone(&reader.connect_options());
                let options = options.row_buffer_size(ROWS_AHEAD).disable_statement_logging();
                let mut tx = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?.begin().await?;
                // The first read fixes the moment.
                let inventory = of_sqlite(&mut tx).await?;
                (Line::Sqlite(tx), inventory)
            }
            Database::Postgres(pool) => {
                let options = PgConnectOptions::clone(&pool.connect_options()).disable_statement_logging();
                let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
                let mut tx = pool.begin_with("begin isolation level repeatable read read only").await?;
                let inventory = of_postgres(&mut tx).await?;
                (Line::Postgres(tx), inventory)
            }
        };
        Ok(Self { line, inventory })
    }

    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Sends all rows in the order of the inventory. Ends early when nobody wants more; a failure is sent as the last thing.
    pub async fn send(self, to: Sender<Result<Batch>>) {
        if let Err(error) = self.send_all(&to).await {
            // Whoever stopped listening knows why.
            let _ = to.send(Err(error)).await;
        }
    }

    async fn send_all(self, to: &Sender<Result<Batch>>) -> Result<()> {
        let Self { line, inventory } = self;
        match line {
            Line::Sqlite(mut tx) => {
                for (place, held) in inventory.tables.iter().enumerate() {
                    let rows = sqlx::query(AssertSqlSafe(select(&held.table))).persistent(false).fetch(&mut *tx);
                    send_rows::<SqliteRow>(rows, place, &held.table, to).await?;
                }
            }
            Line::Postgres(mut tx) => {
                for (place, held) in inventory.tables.iter().enumerate() {
                    let rows = sqlx::query(AssertSqlSafe(select(&held.table))).persistent(false).fetch(&mut *tx);
                    send_rows::<PgRow>(rows, place, &held.table, to).await?;
                }
            }
        }
        Ok(())
    }
}

fn select(table: &Table) -> String {
    let order = table.numbered.as_deref().map(|column| format!(" order by {}", quoted(column))).unwrap_or_default();
    format!("select {} from {}{order}", table.names(), quoted(&table.name))
}

async fn send_rows<R: ReadValue>(
    mut rows: impl futures_util::Stream<Item = sqlx::Result<R>> + Unpin,
    table: usize,
    described: &Table,
    to: &Sender<Result<Batch>>,
) -> Result<()> {
    let kinds: Vec<ColumnKind> = described.kinds();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let row = values(&row, &kinds)?;
        bytes += row.iter().map(Value::size).sum::<usize>();
        batch.push(row);
        if bytes >= BATCH_BYTES || batch.len() >= BATCH_ROWS {
            bytes = 0;
            if to.send(Ok(Batch { table, rows: std::mem::take(&mut batch) })).await.is_err() {
                return Ok(());
            }
        }
    }
    if !batch.is_empty() {
        let _ = to.send(Ok(Batch { table, rows: batch })).await;
    }
    Ok(())
}

/// Counts everything; on both databases in the same words.
macro_rules! inventory {
    ($db:expr, $tables:expr, $last_number:path) => {{
        let db = $db;
        let applied: Option<i64> =
            sqlx::query_scalar("select max(version) from _sqlx_migrations where success").fetch_one(&mut *db).await?;
        let used_by: Option<Option<String>> = sqlx::query_scalar("select value from installation where name = $1")
            .bind(VERSION)
            .fetch_optional(&mut *db)
            .await?;
        let (mut tables, mut keys) = (Vec::new(), BTreeSet::new());
        for table in $tables {
            let from = quoted(&table.name);
            let rows: i64 =
                sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {from}"))).fetch_one(&mut *db).await?;
            for column in table.sealed() {
                let column = quoted(&column.name);
                let found: Vec<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(format!(
                    "select distinct substr({column}, 1, {KEY_ID}) from {from} where {column} is not null"
                )))
                .fetch_all(&mut *db)
                .await?;
                keys.extend(found.iter().map(|id| hex(id)));
            }
            let last_number = match &table.numbered {
                Some(column) => Some($last_number(&mut *db, &table.name, column).await?),
                None => None,
            };
            let rows = u64::try_from(rows).map_err(|_| StoreError::Damaged(format!("{from} counts below nothing")))?;
            tables.push(Held { table, rows, last_number });
        }
        Inventory { schema: applied.unwrap_or(0), used_by: used_by.flatten(), tables, keys: keys.into_iter().collect() }
    }};
}

async fn of_sqlite(db: &mut SqliteConnection) -> Result<Inventory> {
    let tables = sqlite_tables(db).await?;
    Ok(inventory!(db, tables, sqlite_last_number))
}

async fn of_postgres(db: &mut PgConnection) -> Result<Inventory> {
    let tables = postgres_tables(db).await?;
    Ok(inventory!(db, tables, postgres_last_number))
}

async fn sqlite_last_number(db: &mut SqliteConnection, table: &str, _: &str) -> Result<i64> {
    let last: Option<i64> =
        sqlx::query_scalar("select seq from sqlite_sequence where name = $1").bind(table).fetch_optional(db).await?;
    Ok(last.unwrap_or(0))
}

/// May be of a moment later than the rest, since sequences stand outside of transactions: then numbers are left out.
async fn postgres_last_number(db: &mut PgConnection, table: &str, column: &str) -> Result<i64> {
    let sequence: String = sqlx::query_scalar("select pg_get_serial_sequence(quote_ident($1), $2)")
        .bind(table)
        .bind(column)
        .fetch_one(&mut *db)
        .await?;
    let (last, called): (i64, bool) =
        sqlx::query_as(AssertSqlSafe(format!("select last_value, is_called from {sequence}")))
            .fetch_one(&mut *db)
            .await?;
    Ok(if called { last } else { last - 1 })
}
