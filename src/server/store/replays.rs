//! Deliveries that are understood once more: which, and how far that has come.

use super::deliveries::ReadDeliveries;
use super::jobs::insert_job;
use super::{JobKind, NewJob, Result, Store, WaitingDelivery, new_id};
use crate::domain::ids::{WorkspaceId, is_id};
use crate::domain::instant::Instant;
use crate::domain::messages::{LaidAside, Replay};
use serde_json::json;
use sqlx::{AssertSqlSafe, FromRow};

/// Which deliveries, by their ids, both included.
pub struct NewReplay<'a> {
    pub workspace: &'a WorkspaceId,
    pub actor: &'a str,
    pub deliveries: (i64, i64),
    /// When they came, where a time was asked for.
    pub range: Option<(Instant, Instant)>,
    /// Those alone that came for no connection here.
    pub only_foreign: bool,
}

#[derive(FromRow)]
struct ReplayRow {
    id: String,
    workspace_id: String,
    actor: String,
    first_id: i64,
    last_id: i64,
    next_id: i64,
    from_at: Option<i64>,
    to_at: Option<i64>,
    only_foreign: bool,
    deliveries: i64,
    found: i64,
    created_at: i64,
    finished_at: Option<i64>,
    broken_off: bool,
}

/// Whose deliveries: a workspace's own, and for the first one also what came to the address that all share.
#[derive(Clone, Copy)]
pub struct Whose<'a> {
    pub workspace: &'a WorkspaceId,
    pub shared: bool,
}

/// In the very words of its index's condition: SQLite knows it by these.
const LAID_ASIDE: &str = "state in ('failed', 'foreign') and state = 'failed' \
    and (workspace_id = $1 or (workspace_id is null and $2))";
/// Shown of a body, in bytes.
const BEGINNING: i64 = 2_000;

impl From<ReplayRow> for Replay {
    fn from(row: ReplayRow) -> Self {
        let (all, done) = (row.last_id - row.first_id + 1, row.next_id - row.first_id);
        Self {
            id: row.id,
            actor: row.actor,
            only_foreign: row.only_foreign,
            range: row.from_at.map(Instant).zip(row.to_at.map(Instant)),
            deliveries: row.deliveries,
            found: row.found,
            percent: if row.finished_at.is_some() || all <= 0 { 100 } else { (done * 100 / all).clamp(0, 99) },
            created_at: Instant(row.created_at),
            finished_at: row.finished_at.map(Instant),
            broken_off: row.broken_off,
        }
    }
}

impl Store {
    /// Kept together with the job that does it; its id.
    pub async fn add_replay(&self, new: NewReplay<'_>) -> Result<String> {
        let now = self.now();
        let id = new_id(now);
        let (first, last) = new.deliveries;
        transaction!(self, tx => {
            sqlx::query("insert into replays (id, workspace_id, actor, first_id, last_id, next_id, from_at, to_at, created_at, only_foreign) \
                values ($1, $2, $3, $4, $5, $4, $6, $7, $8, $9)")
                .bind(&id).bind(new.workspace.as_str()).bind(new.actor).bind(first).bind(last)
                .bind(new.range.map(|(from, _)| from.0)).bind(new.range.map(|(_, to)| to.0)).bind(now.0).bind(new.only_foreign)
                .execute(&mut *tx).await?;
            let job = NewJob { kind: JobKind::ReplayDeliveries, subject: &id, payload: json!({}) };
            insert_job!(&mut *tx, job, now)?;
        });
        self.note_job();
        Ok(id)
    }

    pub async fn find_replay(&self, workspace: &WorkspaceId, id: &str) -> Result<Option<Replay>> {
        if !is_id(id) {
            return Ok(None);
        }
        let row: Option<ReplayRow> = read!(self, db => sqlx::query_as("select * from replays where id = $1 and workspace_id = $2")
            .bind(id).bind(workspace.as_str()).fetch_optional(db).await)?;
        Ok(row.map(Replay::from))
    }

    /// Newest first.
    pub async fn list_replays(&self, workspace: &WorkspaceId, limit: i64) -> Result<Vec<Replay>> {
        let rows: Vec<ReplayRow> = read!(self, db => sqlx::query_as("select * from replays where workspace_id = $1 order by created_at desc, id desc limit $2")
            .bind(workspace.as_str()).bind(limit).fetch_all(db).await)?;
        Ok(rows.into_iter().map(Replay::from).collect())
    }

    /// What a replay has to read next, oldest first: what came for its workspace alone, and what came for all. `None` when
    /// there is no such replay; an empty list at its end.
    pub async fn list_deliveries_to_replay(
        &self,
        id: &str,
        limit: i64,
    ) -> Result<Option<(WorkspaceId, Vec<WaitingDelivery>)>> {
        let replay: Option<ReplayRow> = read!(self, db => sqlx::query_as("select * from replays where id = $1")
            .bind(id).fetch_optional(db).await)?;
        let Some(replay) = replay else { return Ok(None) };
        let workspace = WorkspaceId::new(replay.workspace_id);
        let only_foreign = replay.only_foreign;
        let range =
            ReadDeliveries { from: replay.next_id, to: replay.last_id, workspace: &workspace, only_foreign, limit };
        let deliveries = self.read_deliveries(range).await?;
        Ok(Some((workspace, deliveries)))
    }

    /// Notes how far it has come: deliveries up to `last` have been read.
    pub async fn advance_replay(&self, id: &str, last: i64, deliveries: usize, found: usize) -> Result<()> {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        change!(self, db => sqlx::query("update replays set next_id = $2, deliveries = deliveries + $3, found = found + $4 where id = $1")
            .bind(id).bind(last + 1).bind(count(deliveries)).bind(count(found)).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    pub async fn finish_replay(&self, id: &str, broken_off: bool) -> Result<()> {
        let now = self.now();
        change!(self, db => sqlx::query("update replays set finished_at = $2, broken_off = $3 where id = $1 and finished_at is null")
            .bind(id).bind(now.0).bind(broken_off).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Deliveries that nobody can read, newest first.
    pub async fn list_laid_aside(&self, whose: Whose<'_>, limit: i64) -> Result<Vec<LaidAside>> {
        type Row = (i64, i64, i64, Option<String>, Vec<u8>);
        let list = format!(
            "select id, received_at, cast(length(body) as bigint), last_error, substr(body, 1, {BEGINNING}) \
            from deliveries where {LAID_ASIDE} order by id desc limit $3"
        );
        let rows: Vec<Row> = read!(self, db => sqlx::query_as(AssertSqlSafe(list))
            .bind(whose.workspace.as_str()).bind(whose.shared).bind(limit).fetch_all(db).await)?;
        let shown = |(id, received_at, bytes, why, beginning): Row| LaidAside {
            id,
            received_at: Instant(received_at),
            bytes,
            why: why.unwrap_or_default(),
            beginning: String::from_utf8_lossy(&beginning).into_owned(),
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    pub async fn is_laid_aside(&self, whose: Whose<'_>, id: i64) -> Result<bool> {
        let count = format!("select count(*) from deliveries where {LAID_ASIDE} and id = $3");
        let found: i64 = read!(self, db => sqlx::query_scalar(AssertSqlSafe(count))
            .bind(whose.workspace.as_str()).bind(whose.shared).bind(id).fetch_one(db).await)?;
        Ok(found > 0)
    }

    /// The ids of the first and last delivery that came within these times, both included; `None` when there is none.
    pub async fn find_deliveries_between(&self, from: Instant, to: Instant) -> Result<Option<(i64, i64)>> {
        let newest: Option<i64> =
            read!(self, db => sqlx::query_scalar("select max(id) from deliveries").fetch_one(db).await)?;
        let Some(newest) = newest else { return Ok(None) };
        let first = self.first_delivery_since(from, newest).await?;
        let last = self.first_delivery_since(to.plus(1), newest).await? - 1;
        Ok((first <= last).then_some((first, last)))
    }

    /// Deliveries have no index by time, which would slow receiving down; their ids grow with it, so that halving the
    /// range again and again finds the place.
    async fn first_delivery_since(&self, at: Instant, newest: i64) -> Result<i64> {
        let (mut low, mut high) = (1, newest + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let came: Option<(i64, i64)> = read!(self, db => sqlx::query_as("select id, received_at from deliveries where id >= $1 order by id limit 1")
                .bind(middle).fetch_optional(db).await)?;
            match came {
                Some((id, received_at)) if received_at < at.0 => low = id + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }
}
