//! Copies what SQLite's log holds into its file, out of the way of those who commit: left to itself, SQLite does it inside
//! the commit that finds the log long, and whoever waits for that commit waits for the copying as well.

use super::database::Demand;
use sqlx::SqlitePool;
use std::sync::{Arc, Weak};
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(250);
/// A log of this many pages, 8 MB, is worth beginning anew.
const LONG: i64 = 1_024;
/// Waits for nobody. While a reader looks at an old state, the log grows.
const COPY: &str = "pragma wal_checkpoint(passive)";

/// Until nobody uses the writer any more.
pub(super) async fn copy_log(beside: SqlitePool, writer: SqlitePool, demand: Weak<Demand>) {
    let mut seen = 0;
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(demand) = demand.upgrade().filter(|_| !beside.is_closed()) else { return };
        let now = demand.uses();
        if now == seen {
            continue;
        }
        seen = now;
        if let Err(error) = copy_once(&beside, &writer, &demand).await {
            tracing::warn!(%error, "the database's log could not be copied into its file; SQLite will do it by itself");
        }
    }
}

/// The long part while others write; then, with the writer in hand, what they have written meanwhile: only a log that is
/// copied whole begins anew.
async fn copy_once(beside: &SqlitePool, writer: &SqlitePool, demand: &Arc<Demand>) -> sqlx::Result<()> {
    let (_, in_log, _): (i64, i64, i64) = sqlx::query_as(COPY).fetch_one(beside).await?;
    if in_log >= LONG {
        let _asking = demand.ask();
        sqlx::query(COPY).execute(writer).await?;
    }
    Ok(())
}
