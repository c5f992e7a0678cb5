//! What came of each attempt to send something on: kept for a week, and the newest of each forward only.

use super::{Result, Store};
use crate::domain::forward::{Attempt, AttemptWhat};
use crate::domain::ids::ForwardId;
use crate::domain::instant::{DAY, Instant};
use sqlx::FromRow;

/// Attempts of one forward that are kept.
const KEPT: i64 = 1_000;
const KEPT_FOR: i64 = 7 * DAY;
/// Rows removed at once.
const AT_ONCE: i64 = 500;

#[derive(FromRow)]
struct AttemptRow {
    what: String,
    first_seq: Option<i64>,
    number: i64,
    at: i64,
    duration: i64,
    status: Option<i64>,
    failure: Option<String>,
    answer: Option<String>,
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Self {
            what: AttemptWhat::parse(&row.what),
            first_seq: row.first_seq,
            number: row.number,
            at: Instant(row.at),
            duration: row.duration,
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            failure: row.failure,
            answer: row.answer,
        }
    }
}

/// Writes one down, within whatever else is written.
macro_rules! insert_attempt {
    ($db:expr, $forward:expr, $attempt:expr) => {
        sqlx::query(
            "insert into forward_attempts (id, forward_id, what, first_seq, number, at, duration, status, failure, answer) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind($crate::server::store::new_id($attempt.at))
        .bind($forward.as_str())
        .bind($attempt.what.as_str())
        .bind($attempt.first_seq)
        .bind($attempt.number)
        .bind($attempt.at.0)
        .bind($attempt.duration)
        .bind($attempt.status.map(i64::from))
        .bind(&$attempt.failure)
        .bind(&$attempt.answer)
        .execute($db)
        .await
    };
}
pub(super) use insert_attempt;

impl Store {
    /// Of the test button and of the handshake.
    pub async fn add_forward_attempt(&self, forward: &ForwardId, attempt: &Attempt) -> Result<()> {
        change!(self, db => insert_attempt!(db, forward, attempt).map(|_| ()))?;
        Ok(())
    }

    /// Newest first.
    pub async fn list_forward_attempts(&self, forward: &ForwardId, limit: i64) -> Result<Vec<Attempt>> {
        let rows: Vec<AttemptRow> = read!(self, db => sqlx::query_as("select what, first_seq, number, at, duration, status, failure, answer \
            from forward_attempts where forward_id = $1 order by id desc limit $2")
            .bind(forward.as_str()).bind(limit).fetch_all(db).await)?;
        Ok(rows.into_iter().map(Attempt::from).collect())
    }

    /// When an event was last tried to be sent.
    pub async fn last_forward_attempt(&self, forward: &ForwardId) -> Result<Option<Instant>> {
        let at: Option<i64> = read!(self, db => sqlx::query_scalar("select at from forward_attempts where forward_id = $1 and what = $2 \
            order by id desc limit 1")
            .bind(forward.as_str()).bind(AttemptWhat::Event.as_str()).fetch_optional(db).await)?;
        Ok(at.map(Instant))
    }

    /// Removes what stands behind the newest of a forward.
    pub async fn trim_forward_log(&self, forward: &ForwardId) -> Result<()> {
        change!(self, db => sqlx::query("delete from forward_attempts where id in (select id from forward_attempts \
            where forward_id = $1 order by id desc limit $2 offset $3)")
            .bind(forward.as_str()).bind(AT_ONCE).bind(KEPT).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Removes old attempts, and what was given up so long ago that its events are no longer kept either.
    pub async fn purge_forward_log(&self, dead_before: Instant) -> Result<()> {
        let before = self.now().plus(-KEPT_FOR);
        change!(self, db => sqlx::query("delete from forward_attempts where id in (select id from forward_attempts where at < $1 limit $2)")
            .bind(before.0).bind(AT_ONCE).execute(db).await.map(|_| ()))?;
        change!(self, db => sqlx::query("delete from forward_items where id in (select id from forward_items where died_at < $1 limit $2)")
            .bind(dead_before.0).bind(AT_ONCE).execute(db).await.map(|_| ()))?;
        Ok(())
    }
}
