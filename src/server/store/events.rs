//! Deliveries become events here: taken, kept in the order of their commits, marked as understood.

use super::database::among;
use super::erasures::{ERASE_DELIVERY, MARKS, Marks};
use super::history::{history, summary};
use super::jobs::insert_job;
use super::other_nodes::CHANNEL;
use super::retention::MARKS_LAST;
use super::{JobKind, NewJob, Result, Signer, Store, new_id};
use crate::domain::envelope::Address;
use crate::domain::event::{Event, EventKind, EventUser};
use crate::domain::heard::{Aspect, Heard, Saying};
use crate::domain::ids::{ConnectionId, PhoneNumberId, WorkspaceId};
use crate::domain::instant::{Instant, SECOND};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, FromRow, Postgres, QueryBuilder, Sqlite, Transaction};
use std::collections::{BTreeMap, HashSet};

/// The lock under which events are kept on Postgres, so that `seq` follows the commits: an arbitrary number of ours.
const KEEPING: i64 = 0x6772_6e74_6576_6e74;
/// Rows in one statement.
const ROWS: usize = 40;
/// A delivery may be emptied for a deletion while it is being understood: so it stays.
const UNLESS_ERASED: &str = " and state <> 'erased'";
/// A page that is open need not be told of every single message.
const TOLD_AGAIN_AFTER: i64 = 30 * SECOND;

/// A delivery that waits to be understood.
pub struct WaitingDelivery {
    pub id: i64,
    pub received_at: Instant,
    pub signer: Signer,
    pub attempts: i64,
    pub body: Vec<u8>,
}

/// What has become of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryEnd {
    Done,
    /// Something in it is for no connection here.
    Foreign,
    /// Nobody can read it.
    Unreadable {
        why: String,
    },
    /// A fault of ours: not before `again_at`, or never when that is `None`.
    Failed {
        why: String,
        again_at: Option<Instant>,
    },
}

/// A connection that an item is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    pub workspace: WorkspaceId,
    pub connection: ConnectionId,
    pub phone_number_id: PhoneNumberId,
    /// When it was disconnected: what comes later is not for it, until it is connected again.
    pub until: Option<Instant>,
}

#[derive(Clone)]
pub struct NewEvent {
    pub id: String,
    pub to: Recipient,
    pub delivery: i64,
    pub kind: EventKind,
    pub field: String,
    pub at: Instant,
    pub received_at: Instant,
    pub user: EventUser,
    pub message_id: Option<String>,
    pub meta: Value,
    pub said: Option<(Aspect, Saying)>,
    /// Have the connection read again.
    pub unsettles: bool,
}

/// What has come of keeping events.
#[derive(Debug, Default)]
pub struct Kept {
    /// The ids of those that were not there yet.
    pub fresh: HashSet<String>,
    /// Deliveries that name somebody whose data was erased.
    pub erased: HashSet<i64>,
}

#[derive(FromRow)]
pub(super) struct EventRow {
    seq: i64,
    id: String,
    connection_id: String,
    phone_number_id: String,
    kind: String,
    field: String,
    at: i64,
    received_at: i64,
    user_phone: Option<String>,
    user_id: Option<String>,
    user_name: Option<String>,
    message_id: Option<String>,
    meta: String,
}

impl TryFrom<EventRow> for Event {
    type Error = super::StoreError;
    fn try_from(row: EventRow) -> Result<Self> {
        Ok(Self {
            id: row.id,
            seq: row.seq,
            connection: ConnectionId::new(row.connection_id),
            phone_number_id: PhoneNumberId::new(row.phone_number_id),
            kind: EventKind::parse(&row.kind),
            field: row.field,
            at: Instant(row.at),
            received_at: Instant(row.received_at),
            user: EventUser { phone: row.user_phone, user_id: row.user_id, name: row.user_name },
            message_id: row.message_id,
            meta: serde_json::from_str(&row.meta)?,
        })
    }
}

/// What keeping events asks of a transaction.
pub(super) trait KeepsEvents {
    /// Has one transaction after the other keep events. SQLite does so anyway.
    async fn in_order(&mut self) -> sqlx::Result<()>;

    /// Lets other nodes know, once it is committed. On SQLite there are none.
    async fn tell_others(&mut self, node: &str) -> sqlx::Result<()>;
}

impl KeepsEvents for Transaction<'_, Sqlite> {
    async fn in_order(&mut self) -> sqlx::Result<()> {
        Ok(())
    }

    async fn tell_others(&mut self, _: &str) -> sqlx::Result<()> {
        Ok(())
    }
}

impl KeepsEvents for Transaction<'_, Postgres> {
    async fn in_order(&mut self) -> sqlx::Result<()> {
        sqlx::query("select pg_advisory_xact_lock($1)").bind(KEEPING).execute(&mut **self).await.map(|_| ())
    }

    async fn tell_others(&mut self, node: &str) -> sqlx::Result<()> {
        sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(node).execute(&mut **self).await.map(|_| ())
    }
}

/// What new events change about one connection.
#[derive(Default)]
struct Changes {
    last_event_at: i64,
    said: Vec<(Aspect, Saying)>,
    unsettled: bool,
}

// The steps of `keep_events`, for either database's transaction.

/// The ids of those that were not there yet.
macro_rules! insert_events {
    ($tx:ident, $rows:expr) => {{
        let mut insert = QueryBuilder::new(
            "insert into events (id, workspace_id, connection_id, delivery_id, kind, field, at, received_at, \
            user_phone, user_id, user_name, message_id, meta) ",
        );
        insert.push_values($rows, |mut row, event| {
            row.push_bind(&event.id)
                .push_bind(event.to.workspace.as_str())
                .push_bind(event.to.connection.as_str())
                .push_bind(event.delivery)
                .push_bind(event.kind.as_str())
                .push_bind(&event.field)
                .push_bind(event.at.0)
                .push_bind(event.received_at.0)
                .push_bind(&event.user.phone)
                .push_bind(&event.user.user_id)
                .push_bind(&event.user.name)
                .push_bind(&event.message_id)
                .push_bind(event.meta.to_string());
        });
        insert.push(" on conflict (id) do nothing returning id");
        insert.build_query_scalar::<String>().fetch_all(&mut *$tx).await?
    }};
}

macro_rules! change_connection {
    ($tx:ident, $connection:expr, $changes:expr, $now:expr) => {{
        let known: String = sqlx::query_scalar("select sayings from connections where id = $1")
            .bind(&$connection).fetch_one(&mut *$tx).await?;
        let mut heard = Heard { last_event_at: None, sayings: serde_json::from_str(&known)? };
        $changes.said.into_iter().for_each(|(aspect, saying)| heard.note(aspect, saying));
        let sayings = serde_json::to_string(&heard.sayings)?;
        sqlx::query("update connections set sayings = $2, \
            version = version + case when $2 <> sayings or $4 or coalesce(last_event_at, 0) < $3 - $5 then 1 else 0 end, \
            last_event_at = case when coalesce(last_event_at, 0) < $3 then $3 else last_event_at end where id = $1")
            .bind(&$connection).bind(&sayings).bind($changes.last_event_at).bind($changes.unsettled).bind(TOLD_AGAIN_AFTER)
            .execute(&mut *$tx).await?;
        if $changes.unsettled {
            let job = NewJob { kind: JobKind::CheckConnection, subject: &$connection, payload: json!({}) };
            insert_job!(&mut *$tx, job, $now)?;
        }
    }};
}

macro_rules! insert_line {
    ($tx:ident, $event:expr) => {
        sqlx::query("insert into audit (id, workspace_id, actor, action, connection_id, after, at) values ($1, $2, 'Meta', $3, $4, $5, $6)")
            .bind(new_id($event.at)).bind($event.to.workspace.as_str()).bind($event.kind.as_str()).bind($event.to.connection.as_str())
            .bind(summary($event).to_string()).bind($event.at.0).execute(&mut *$tx).await?;
    };
}

macro_rules! end_deliveries {
    ($tx:ident, $ends:expr) => {{
        let done: Vec<i64> = $ends.iter().filter(|(_, end)| *end == DeliveryEnd::Done).map(|(id, _)| *id).collect();
        if !done.is_empty() {
            let mut end =
                among("update deliveries set state = 'done', last_error = null, attempts = attempts + 1 where id", &done);
            end.push(UNLESS_ERASED).build().execute(&mut *$tx).await?;
        }
        for (delivery, end) in $ends.iter().filter(|(_, end)| *end != DeliveryEnd::Done) {
            let (state, why, again_at) = end.columns();
            let end = format!(
                "update deliveries set state = $2, last_error = $3, run_at = $4, attempts = attempts + 1 where id = $1 {UNLESS_ERASED}"
            );
            sqlx::query(AssertSqlSafe(end))
                .bind(delivery)
                .bind(state)
                .bind(why)
                .bind(again_at)
                .execute(&mut *$tx)
                .await?;
        }
    }};
}

impl DeliveryEnd {
    /// State, last error, and when it is due again.
    fn columns(&self) -> (&'static str, Option<&str>, i64) {
        match self {
            Self::Done => ("done", None, 0),
            Self::Foreign => ("foreign", None, 0),
            Self::Unreadable { why } | Self::Failed { why, again_at: None } => ("failed", Some(why), 0),
            Self::Failed { why, again_at: Some(at) } => ("waiting", Some(why), at.0),
        }
    }
}

impl Store {
    /// The oldest that wait, at most `limit` of them and about `bytes` of bodies; one in any case.
    pub async fn list_waiting_deliveries(&self, limit: i64, bytes: i64) -> Result<Vec<WaitingDelivery>> {
        type Row = (i64, i64, Option<String>, Option<String>, Option<String>, i64, Vec<u8>);
        let now = self.now().0;
        let sizes: Vec<(i64, i64)> = read!(self, db => sqlx::query_as("select id, cast(length(body) as bigint) from deliveries \
            where state = 'waiting' and run_at <= $1 order by id limit $2").bind(now).bind(limit).fetch_all(db).await)?;
        let mut sum = 0;
        let within = |(_, size): &&(i64, i64)| {
            let fits = sum == 0 || sum + size <= bytes;
            sum += size.max(&1);
            fits
        };
        let Some((last, _)) = sizes.iter().take_while(within).last() else { return Ok(Vec::new()) };
        let rows: Vec<Row> = read!(self, db => sqlx::query_as("select id, received_at, signed_by, workspace_id, connection_id, attempts, body \
            from deliveries where state = 'waiting' and run_at <= $1 and id >= $2 and id <= $3 order by id limit $4")
            .bind(now).bind(sizes[0].0).bind(last).bind(limit).fetch_all(db).await)?;
        let delivery = |(id, received_at, app_id, workspace, connection, attempts, body): Row| {
            let own = workspace.map(WorkspaceId::new).zip(connection.map(ConnectionId::new));
            WaitingDelivery { id, received_at: Instant(received_at), signer: Signer { app_id, own }, attempts, body }
        };
        Ok(rows.into_iter().map(delivery).collect())
    }

    /// The connections that an item is for, disconnected ones too: of the app that signed it, and for an app of a business's
    /// own, of its workspace.
    pub async fn list_recipients(&self, signer: &Signer, to: &Address) -> Result<Vec<Recipient>> {
        type Row = (String, String, String, String, Option<i64>);
        let (column, value) = match to {
            Address::Number(id) => ("phone_number_id", id),
            Address::Digits { digits, .. } => ("number_digits", digits),
            Address::Waba(id) => ("waba_id", id),
            Address::Business(id) => ("business_id", id),
        };
        let workspace = signer.own.as_ref().map(|(workspace, _)| workspace.as_str());
        let of_app = match signer.own {
            Some(_) => "own_app and workspace_id = $3 and coalesce(app_id, '') = coalesce($2, '')",
            None => "not own_app and coalesce(app_id, $2) = $2 and $3 is null",
        };
        let find = format!(
            "select workspace_id, id, phone_number_id, waba_id, disconnected_at from connections where {column} = $1 and {of_app} order by id"
        );
        let mut rows: Vec<Row> = read!(self, db => sqlx::query_as(AssertSqlSafe(find))
            .bind(value).bind(signer.app_id.as_deref()).bind(workspace).fetch_all(db).await)?;
        if let Address::Digits { waba, .. } = to
            && rows.iter().any(|row| row.3 == *waba)
        {
            rows.retain(|row| row.3 == *waba);
        }
        let recipient = |(workspace, connection, number, _, until): Row| Recipient {
            workspace: WorkspaceId::new(workspace),
            connection: ConnectionId::new(connection),
            phone_number_id: PhoneNumberId::new(number),
            until: until.map(Instant),
        };
        Ok(rows.into_iter().map(recipient).collect())
    }

    /// Keeps events that are not there yet, what they change, and how far their deliveries have come, in one transaction.
    /// What is about a person whose data was erased since is left out, also of what is about others, and its delivery, like
    /// those of `erased`, ends without its body.
    pub async fn keep_events(
        &self,
        events: &[NewEvent],
        ends: &[(i64, DeliveryEnd)],
        erased: &HashSet<i64>,
    ) -> Result<Kept> {
        let (now, salt) = (self.now(), self.fingerprint_salt().await?);
        let (jobs, kept) = transaction!(self, tx => {
            tx.in_order().await?;
            let marks: Vec<(String, i64)> = sqlx::query_as(MARKS).bind(now.plus(-MARKS_LAST).0).fetch_all(&mut *tx).await?;
            let marks = Marks::new(salt, marks);
            let (kept, left_out) = marks.apply(events);
            let events: Vec<&NewEvent> = kept.iter().map(AsRef::as_ref).collect();
            let mut fresh = HashSet::new();
            for rows in events.chunks(ROWS) {
                fresh.extend(insert_events!(tx, rows));
            }
            let mut jobs = false;
            for (connection, changes) in changes(&events, &fresh) {
                jobs |= changes.unsettled;
                change_connection!(tx, connection, changes, now);
            }
            for event in history(&events, &fresh) {
                insert_line!(tx, event);
            }
            end_deliveries!(tx, ends);
            for (delivery, _) in ends.iter().filter(|(id, _)| left_out.contains(id) || erased.contains(id)) {
                sqlx::query(ERASE_DELIVERY).bind(delivery).bind(&b""[..]).execute(&mut *tx).await?;
            }
            if !fresh.is_empty() {
                tx.tell_others(&self.node).await?;
            }
            (jobs, Kept { fresh, erased: left_out })
        });
        if jobs {
            self.note_job();
        }
        if !kept.fresh.is_empty() {
            self.note_event();
        }
        Ok(kept)
    }

    /// Oldest first, from behind `after`.
    pub async fn list_events(&self, connection: &ConnectionId, after: i64, limit: i64) -> Result<Vec<Event>> {
        let rows: Vec<EventRow> = read!(self, db => sqlx::query_as("select e.seq, e.id, e.connection_id, c.phone_number_id, e.kind, e.field, e.at, \
            e.received_at, e.user_phone, e.user_id, e.user_name, e.message_id, e.meta from events e join connections c on c.id = e.connection_id \
            where e.connection_id = $1 and e.seq > $2 order by e.seq limit $3")
            .bind(connection.as_str()).bind(after).bind(limit).fetch_all(db).await)?;
        rows.into_iter().map(Event::try_from).collect()
    }
}

fn changes(events: &[&NewEvent], fresh: &HashSet<String>) -> BTreeMap<String, Changes> {
    let mut all: BTreeMap<String, Changes> = BTreeMap::new();
    for event in events.iter().filter(|event| fresh.contains(&event.id)) {
        let changes = all.entry(event.to.connection.to_string()).or_default();
        changes.last_event_at = changes.last_event_at.max(event.received_at.0);
        changes.said.extend(event.said.clone());
        changes.unsettled |= event.unsettles;
    }
    all
}
