//! What is not kept any longer is removed here, a little at a time: whatever comes in waits for one such step at most.

use super::database::among;
use super::{Result, Store};
use crate::domain::instant::{DAY, Instant};
use sqlx::AssertSqlSafe;

/// Rows in one transaction.
const ROWS: i64 = 250;
/// Bytes of bodies in one transaction, unless one alone is longer.
const BYTES: i64 = 4 * 1024 * 1024;
/// Finished replays, signups that are over and jobs that were given up stay so long for whoever looks into something.
const KEEP_TRACES: i64 = 90 * DAY;
/// Meta counts registrations over 72 hours.
const KEEP_REGISTER_TRIES: i64 = 4 * DAY;
/// Meta sends again what it could not deliver for seven days.
pub(super) const MARKS_LAST: i64 = 8 * DAY;

impl Store {
    /// Removes some deliveries behind the id `seen` that came before `before`; those that wait to be understood stay.
    /// The last one that was looked at; `None` when no more are that old.
    pub async fn purge_deliveries(&self, before: Instant, seen: i64) -> Result<Option<i64>> {
        let rows: Vec<(i64, i64, i64, String)> = read!(self, db => sqlx::query_as("select id, received_at, cast(length(body) as bigint), state \
            from deliveries where id > $1 order by id limit $2").bind(seen).bind(ROWS).fetch_all(db).await)?;
        let (mut old, mut last, mut sum) = (Vec::new(), None, 0);
        for (id, received_at, size, state) in rows {
            sum += size;
            if received_at >= before.0 || (sum > BYTES && last.is_some()) {
                break;
            }
            last = Some(id);
            if state != "waiting" {
                old.push(id);
            }
        }
        if !old.is_empty() {
            // A replay may have had one wait again meanwhile.
            change!(self, db => among("delete from deliveries where state <> 'waiting' and id", &old)
                .build().execute(db).await.map(|_| ()))?;
        }
        Ok(last)
    }

    /// Removes some events that came before `before`; whether there may be more.
    pub async fn purge_events(&self, before: Instant) -> Result<bool> {
        let old: Vec<i64> = read!(self, db => sqlx::query_scalar("select seq from events where received_at < $1 order by received_at limit $2")
            .bind(before.0).bind(ROWS).fetch_all(db).await)?;
        if old.is_empty() {
            return Ok(false);
        }
        change!(self, db => among("delete from events where seq", &old).build().execute(db).await.map(|_| ()))?;
        Ok(i64::try_from(old.len()).unwrap_or(ROWS) == ROWS)
    }

    /// Removes some of what the product's own work has left behind; whether there may be more.
    pub async fn purge_traces(&self) -> Result<bool> {
        let now = self.now();
        let traces = [
            ("replays", "id", "finished_at < $1", KEEP_TRACES),
            ("jobs", "id", "state = 'dead' and finished_at < $1", KEEP_TRACES),
            ("signups", "id", "stage in ('done', 'failed', 'cancelled', 'abandoned') and updated_at < $1", KEEP_TRACES),
            ("register_tries", "tried_at", "tried_at < $1", KEEP_REGISTER_TRIES),
            ("erased_people", "mark", "erased_at < $1", MARKS_LAST),
        ];
        let mut more = false;
        for (table, key, over, kept) in traces {
            let delete =
                format!("delete from {table} where {key} in (select {key} from {table} where {over} limit {ROWS})");
            let gone = change!(self, db => sqlx::query(AssertSqlSafe(delete)).bind(now.plus(-kept).0)
                .execute(db).await.map(|done| done.rows_affected()))?;
            more |= gone >= ROWS.unsigned_abs();
        }
        Ok(more)
    }
}
