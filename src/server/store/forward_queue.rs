//! The queue of each forward: filled from the events behind its cursor, emptied by whoever holds its lease.

use super::events::EventRow;
use super::forward_log::insert_attempt;
use super::forwards::{ForwardRow, ForwardSecrets};
use super::read_events::EVENTS;
use super::{Result, Store, new_id};
use crate::domain::event::{Event, EventKind};
use crate::domain::forward::{Attempt, DisabledWhy, Forward};
use crate::domain::ids::{ConnectionId, ForwardId};
use crate::domain::instant::{Instant, SECOND};
use sqlx::{AssertSqlSafe, FromRow, QueryBuilder};

/// A turn is over long before; a node that has been silent for so long has lost it.
const LEASE: i64 = 60 * SECOND;
/// Requests in one queue that were never tried. While it is full, events wait where they are. Those that failed do not count:
/// they wait for days.
pub(super) const QUEUE_MAX: i64 = 1_000;
/// Rows in one statement.
const ROWS: usize = 40;
/// Rows changed in one transaction: deliveries wait no longer than for that.
pub(super) const CHANGED_AT_ONCE: u64 = 500;

/// Each way to the events along an index of its own: a forward for one quiet number must not walk over all others' events.
pub(super) const DUE_FORWARDS: &str = "select f.id from forwards f \
    where f.state = 'on' and f.rest_until <= $1 and coalesce(f.leased_until, 0) <= $1 \
    and (exists (select 1 from forward_items i where i.forward_id = f.id and i.state = 'waiting' and i.due_at <= $1) \
    or (case when f.connection_id is null \
    then exists (select 1 from events e where e.workspace_id = f.workspace_id and e.seq > f.cursor_seq) \
    else exists (select 1 from events e where e.connection_id = f.connection_id and e.seq > f.cursor_seq) end \
    and (select count(*) from forward_items q where q.forward_id = f.id and q.state = 'waiting' and q.attempts = 0) < $2)) \
    order by f.rest_until, f.id limit $3";

/// A forward that one worker sends for, until the lease ends.
pub struct ForwardLease {
    pub forward: Forward,
    pub secrets: ForwardSecrets,
    /// Events up to this one have been queued or passed over.
    pub cursor: i64,
    /// On end.
    pub failures: i64,
    worker: String,
    /// When a person last had a hand in it.
    updated_at: i64,
}

/// An event as it passes by the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    pub seq: i64,
    pub connection: ConnectionId,
    pub delivery: i64,
    pub kind: EventKind,
    /// Its delivery is still being understood: there may be more of it in a moment.
    pub unfinished: bool,
}

/// One request to be: the events of a delivery and connection between two, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewItem {
    pub connection: ConnectionId,
    pub delivery: i64,
    pub first_seq: i64,
    pub last_seq: i64,
}

/// How many requests wait in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueSize {
    /// That were never tried.
    pub untried: i64,
    /// That wait for another attempt.
    pub failed: i64,
}

impl QueueSize {
    /// How many more requests it takes.
    pub fn room(self) -> i64 {
        (QUEUE_MAX - self.untried).max(0)
    }
}

/// One request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardItem {
    pub id: String,
    pub connection: ConnectionId,
    pub delivery: i64,
    pub first_seq: i64,
    pub last_seq: i64,
    /// That failed; 1 again when somebody had it sent anew.
    pub attempts: i64,
    /// When its three days began.
    pub tried_since: Option<Instant>,
}

#[derive(FromRow)]
struct ItemRow {
    id: String,
    connection_id: String,
    delivery_id: i64,
    first_seq: i64,
    last_seq: i64,
    attempts: i64,
    created_at: i64,
}

/// What has become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemEnd {
    /// Received, or there is nothing left to say.
    Done,
    Again {
        due_at: Instant,
    },
    /// Given up.
    Dead,
}

/// How the forward stands after a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnEnd {
    pub failures: i64,
    pub failing_since: Option<Instant>,
    pub last_success_at: Option<Instant>,
    pub rest_until: Instant,
    pub disabled: Option<DisabledWhy>,
    /// The endpoint is back: what waits for another attempt need not wait any longer.
    pub recovered: bool,
}

/// Of one connection, which is known to be of the forward's workspace, or of all of a workspace: each along its own index.
pub(super) fn passing(of_connection: bool) -> String {
    let of = if of_connection { "e.connection_id = $4 and $1 <> ''" } else { "e.workspace_id = $1 and $4 = ''" };
    // A delivery that failed once may stay unfinished for hours: its events are not held back.
    format!(
        "select e.seq, e.connection_id, e.delivery_id, e.kind, \
        coalesce((select d.state = 'waiting' and d.attempts = 0 from deliveries d where d.id = e.delivery_id), $5) \
        from events e where {of} and e.seq > $2 order by e.seq limit $3"
    )
}

impl Store {
    /// Forwards that have something to do and that nobody works for, longest waiting first.
    pub async fn list_due_forwards(&self, limit: i64) -> Result<Vec<ForwardId>> {
        let now = self.now().0;
        let ids: Vec<String> = read!(self, db => sqlx::query_scalar(DUE_FORWARDS)
            .bind(now).bind(QUEUE_MAX).bind(limit).fetch_all(db).await)?;
        Ok(ids.into_iter().map(ForwardId::new).collect())
    }

    /// `None` when another has it, or it is no longer on.
    pub async fn lease_forward(&self, id: &ForwardId, worker: &str) -> Result<Option<ForwardLease>> {
        let now = self.now();
        let row: Option<ForwardRow> = change!(self, db => sqlx::query_as("update forwards set leased_by = $2, leased_until = $3 \
            where id = $1 and state = 'on' and coalesce(leased_until, 0) <= $4 returning *")
            .bind(id.as_str()).bind(worker).bind(now.plus(LEASE).0).bind(now.0).fetch_optional(db).await)?;
        let lease = row.map(|row| {
            Ok(ForwardLease {
                forward: Forward::try_from(&row)?,
                secrets: row.open(&self.vault, now)?,
                cursor: row.cursor_seq,
                failures: row.failures,
                worker: worker.to_owned(),
                updated_at: row.updated_at,
            })
        });
        lease.transpose()
    }

    /// Gives a lease back with nothing done, not to be taken again for a while.
    pub async fn release_forward(&self, id: &ForwardId, worker: &str, rest_until: Instant) -> Result<()> {
        change!(self, db => sqlx::query("update forwards set leased_by = null, leased_until = null, rest_until = $3 where id = $1 and leased_by = $2")
            .bind(id.as_str()).bind(worker).bind(rest_until.0).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Events of a forward's workspace or connection behind its cursor, whatever their kind, oldest first.
    pub async fn list_passing(&self, lease: &ForwardLease, limit: i64) -> Result<Vec<Passing>> {
        let forward = &lease.forward;
        let select = passing(forward.connection.is_some());
        type Row = (i64, String, i64, String, bool);
        let rows: Vec<Row> = read!(self, db => sqlx::query_as(AssertSqlSafe(select))
            .bind(forward.workspace.as_str()).bind(lease.cursor).bind(limit)
            .bind(forward.connection.as_ref().map_or("", ConnectionId::as_str)).bind(false).fetch_all(db).await)?;
        let passing = |(seq, connection, delivery, kind, unfinished): Row| Passing {
            seq,
            connection: ConnectionId::new(connection),
            delivery,
            kind: EventKind::parse(&kind),
            unfinished,
        };
        Ok(rows.into_iter().map(passing).collect())
    }

    pub async fn count_forward_queue(&self, id: &ForwardId) -> Result<QueueSize> {
        let (waiting, untried): (i64, i64) = read!(self, db => sqlx::query_as("select count(*), count(case when attempts = 0 then 1 end) \
            from forward_items where forward_id = $1 and state = 'waiting'")
            .bind(id.as_str()).fetch_one(db).await)?;
        Ok(QueueSize { untried, failed: waiting - untried })
    }

    /// Queues requests and moves the cursor on, both or neither. `false` when the lease was lost meanwhile.
    pub async fn queue_forward_items(&self, lease: &ForwardLease, items: &[NewItem], cursor: i64) -> Result<bool> {
        let now = self.now();
        let id = lease.forward.id.as_str();
        let moved = transaction!(self, tx => {
            let moved = sqlx::query("update forwards set cursor_seq = $4 where id = $1 and leased_by = $2 and cursor_seq = $3")
                .bind(id).bind(&lease.worker).bind(lease.cursor).bind(cursor)
                .execute(&mut *tx).await?.rows_affected() > 0;
            for rows in items.chunks(ROWS).filter(|_| moved) {
                QueryBuilder::new("insert into forward_items (id, forward_id, connection_id, delivery_id, first_seq, last_seq, due_at, created_at) ")
                    .push_values(rows, |mut row, item| {
                        row.push_bind(new_id(now)).push_bind(id).push_bind(item.connection.as_str()).push_bind(item.delivery)
                            .push_bind(item.first_seq).push_bind(item.last_seq).push_bind(now.0).push_bind(now.0);
                    })
                    .build().execute(&mut *tx).await?;
            }
            moved
        });
        Ok(moved)
    }

    /// Requests whose time has come: those that were never tried before those that have failed, each in the order of events.
    pub async fn list_due_forward_items(&self, id: &ForwardId, limit: i64) -> Result<Vec<ForwardItem>> {
        let rows: Vec<ItemRow> = read!(self, db => sqlx::query_as("select id, connection_id, delivery_id, first_seq, last_seq, attempts, created_at \
            from forward_items where forward_id = $1 and state = 'waiting' and due_at <= $2 order by attempts > 0, first_seq limit $3")
            .bind(id.as_str()).bind(self.now().0).bind(limit).fetch_all(db).await)?;
        let item = |row: ItemRow| ForwardItem {
            id: row.id,
            connection: ConnectionId::new(row.connection_id),
            delivery: row.delivery_id,
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            attempts: row.attempts,
            tried_since: (row.attempts > 0).then_some(Instant(row.created_at)),
        };
        Ok(rows.into_iter().map(item).collect())
    }

    /// The events that a request is about, as far as they are still kept.
    pub async fn list_forward_item_events(&self, item: &ForwardItem) -> Result<Vec<Event>> {
        let select = format!(
            "{EVENTS} where e.connection_id = $1 and e.seq >= $2 and e.seq <= $3 and e.delivery_id = $4 order by e.seq"
        );
        let rows: Vec<EventRow> = read!(self, db => sqlx::query_as(AssertSqlSafe(select))
            .bind(item.connection.as_str()).bind(item.first_seq).bind(item.last_seq).bind(item.delivery).fetch_all(db).await)?;
        rows.into_iter().map(Event::try_from).collect()
    }

    /// A delivery's bytes, while they are kept.
    pub async fn find_delivery_body(&self, delivery: i64) -> Result<Option<Vec<u8>>> {
        Ok(
            read!(self, db => sqlx::query_scalar("select body from deliveries where id = $1").bind(delivery).fetch_optional(db).await)?,
        )
    }

    /// Writes down what came of a turn, and ends the lease. `false` when the forward was changed, switched or hurried meanwhile:
    /// failures then tell of what was before, and what failed is due as that has left it.
    pub async fn end_forward_turn(
        &self,
        lease: &ForwardLease,
        ends: &[(String, ItemEnd)],
        attempts: &[Attempt],
        end: &TurnEnd,
    ) -> Result<bool> {
        let (now, forward) = (self.now(), &lease.forward.id);
        let stands = transaction!(self, tx => {
            let stands = sqlx::query("update forwards set failures = $3, failing_since = $4, last_success_at = $5, rest_until = $6, \
                disabled_at = case when state = 'on' and $7 is not null then $8 else disabled_at end, \
                disabled_why = case when state = 'on' and $7 is not null then $7 else disabled_why end, \
                state = case when state = 'on' and $7 is not null then 'disabled' else state end, \
                leased_by = null, leased_until = null where id = $1 and leased_by = $2 and updated_at = $9")
                .bind(forward.as_str()).bind(&lease.worker).bind(end.failures).bind(end.failing_since.map(|at| at.0))
                .bind(end.last_success_at.map(|at| at.0)).bind(end.rest_until.0)
                .bind(end.disabled.map(DisabledWhy::as_str)).bind(now.0).bind(lease.updated_at)
                .execute(&mut *tx).await?.rows_affected() > 0;
            let held = stands || sqlx::query("update forwards set last_success_at = $3, leased_by = null, leased_until = null \
                where id = $1 and leased_by = $2")
                .bind(forward.as_str()).bind(&lease.worker).bind(end.last_success_at.map(|at| at.0))
                .execute(&mut *tx).await?.rows_affected() > 0;
            let past = held && !stands;
            for (item, end) in ends.iter().filter(|(_, end)| !past || matches!(end, ItemEnd::Done)) {
                let query = match end {
                    ItemEnd::Done => sqlx::query("delete from forward_items where id = $1").bind(item),
                    // From here on `created_at` is when its three days began.
                    ItemEnd::Again { due_at } => sqlx::query("update forward_items set attempts = attempts + 1, due_at = $2, \
                        created_at = case when attempts = 0 then $3 else created_at end where id = $1")
                        .bind(item).bind(due_at.0).bind(now.0),
                    ItemEnd::Dead => sqlx::query("update forward_items set attempts = attempts + 1, state = 'dead', died_at = $2 where id = $1")
                        .bind(item).bind(now.0),
                };
                query.execute(&mut *tx).await?;
            }
            // Removed meanwhile, it has no log any more.
            for attempt in attempts.iter().filter(|_| held) {
                insert_attempt!(&mut *tx, forward, attempt)?;
            }
            stands
        });
        if stands && end.recovered {
            self.change_forward_items(forward, "due_at = $2", "state = 'waiting' and due_at > $2").await?;
        }
        Ok(stands)
    }

    /// Of a forward's requests, those that `are` so, a few hundred at a time; how many. Both may name the time, `$2`; none of
    /// them is so afterwards.
    pub(super) async fn change_forward_items(&self, id: &ForwardId, set: &str, are: &str) -> Result<u64> {
        let statement = format!(
            "update forward_items set {set} where id in (select id from forward_items where forward_id = $1 and {are} limit {CHANGED_AT_ONCE})"
        );
        let (now, mut all) = (self.now(), 0);
        loop {
            let statement = AssertSqlSafe(statement.clone());
            let changed = change!(self, db => sqlx::query(statement).bind(id.as_str()).bind(now.0).execute(db).await
                .map(|done| done.rows_affected()))?;
            all += changed;
            if changed < CHANGED_AT_ONCE {
                return Ok(all);
            }
        }
    }

    /// Removes what was given up and of whose events none is kept any more; how many that was.
    pub async fn drop_empty_dead_forward_items(&self, id: &ForwardId) -> Result<u64> {
        let delete = format!(
            "delete from forward_items where id in (select i.id from forward_items i where i.forward_id = $1 and i.state = 'dead' \
            and not exists (select 1 from events e where e.connection_id = i.connection_id and e.seq >= i.first_seq and e.seq <= i.last_seq \
            and e.delivery_id = i.delivery_id) limit {CHANGED_AT_ONCE})"
        );
        let mut all = 0;
        loop {
            let delete = AssertSqlSafe(delete.clone());
            let gone = change!(self, db => sqlx::query(delete).bind(id.as_str()).execute(db).await.map(|done| done.rows_affected()))?;
            all += gone;
            if gone < CHANGED_AT_ONCE {
                return Ok(all);
            }
        }
    }

    /// Everything that was given up is sent again, behind what was never tried, and its three days begin anew. How many that is.
    pub async fn replay_dead_forward_items(&self, id: &ForwardId) -> Result<u64> {
        let set = "state = 'waiting', attempts = 1, created_at = $2, due_at = $2, died_at = null";
        let replayed = self.change_forward_items(id, set, "state = 'dead'").await?;
        self.wake_forward(id).await?;
        Ok(replayed)
    }
}
