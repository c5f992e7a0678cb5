//! Events as they are looked for: each way along an index, a page at a time, from a known one on.

use super::erasures::events_of;
use super::events::EventRow;
use super::forward_queue::{DUE_FORWARDS, passing};
use super::{Result, Store};
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::{ConnectionId, WorkspaceId, is_id};
use crate::domain::instant::Instant;
use crate::domain::person::Person;
use sqlx::AssertSqlSafe;
use tokio::sync::watch;

/// What is looked for; each has an index of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    All,
    Kind(EventKind),
    /// The last digits of a phone number (`TypedNumber::tail`).
    PhoneTail(String),
    /// A business-scoped user id.
    User(String),
    /// A message's id, `wamid.…`
    Message(String),
}

pub(super) const EVENTS: &str = "select e.seq, e.id, e.connection_id, c.phone_number_id, e.kind, e.field, e.at, e.received_at, \
    e.user_phone, e.user_id, e.user_name, e.message_id, e.meta from events e join connections c on c.id = e.connection_id";
/// Bytes of Meta's items that one list holds at most, unless it wishes for fewer; one event in any case: some are 3 MB long.
pub const LIST_BYTES: i64 = 4 * 1024 * 1024;

/// How much a list may hold.
#[derive(Clone, Copy)]
pub struct Most {
    pub events: i64,
    /// Of Meta's items, about.
    pub bytes: i64,
}

/// A part of a list, never larger than some MB.
pub struct SomeEvents {
    pub events: Vec<Event>,
    /// Behind the last there may be more.
    pub more: bool,
}

/// Which part of all events.
struct Part<'a> {
    /// From this `seq` on, itself included. One bound alone: with two, SQLite takes another index than that of the filter.
    from: i64,
    newest_first: bool,
    limit: i64,
    bytes: i64,
    /// Of the values from `$3` on: first the texts, then the numbers.
    filter: String,
    texts: &'a [&'a str],
    numbers: &'a [i64],
}

impl Part<'_> {
    fn statement(&self, select: &str) -> String {
        let (from, order) = if self.newest_first { ("<=", "desc") } else { (">=", "asc") };
        format!("{select} where e.seq {from} $1 and {} order by e.seq {order} limit $2", self.filter)
    }
}

impl Wanted {
    /// Its condition, and the value `$4` in it.
    fn condition(&self) -> (&'static str, &str) {
        match self {
            Self::All => ("$4 = ''", ""),
            Self::Kind(kind) => ("e.kind = $4", kind.as_str()),
            Self::PhoneTail(tail) => {
                ("e.user_phone is not null and substr(e.user_phone, length(e.user_phone) - 6) = $4", tail)
            }
            Self::User(id) => ("e.user_id = $4", id),
            Self::Message(id) => ("e.message_id = $4", id),
        }
    }
}

/// What an export reads, and how far it has come.
pub struct ExportedEvents {
    pub workspace: WorkspaceId,
    pub connection: Option<ConnectionId>,
    pub wanted: Wanted,
    /// Meta's time, both included.
    pub from: Instant,
    pub to: Instant,
    /// All up to this one have been read.
    pub seen: i64,
    /// The last one, included.
    pub last: i64,
}

/// Ids of events that one statement looks through at most, so that none takes long however few are wanted.
const LOOKED_THROUGH: i64 = 20_000;

/// Of one connection, newest first.
fn newest<'a>(texts: &'a [&'a str; 2], wanted: &Wanted, before: i64, limit: i64) -> Part<'a> {
    let filter = format!("e.connection_id = $3 and {}", wanted.condition().0);
    let from = before.saturating_sub(1);
    Part { from, newest_first: true, limit, bytes: LIST_BYTES, filter, texts, numbers: &[] }
}

impl Store {
    /// How long the items are is asked first: what would be too much at once is not read.
    async fn list_part(&self, part: Part<'_>) -> Result<SomeEvents> {
        macro_rules! ask {
            ($db:expr, $query:expr, $from:expr, $limit:expr) => {{
                let query = $query.bind($from).bind($limit);
                let query = part.texts.iter().fold(query, |query, text| query.bind(*text));
                part.numbers.iter().fold(query, |query, number| query.bind(*number)).fetch_all($db).await
            }};
        }
        const SIZES: &str = "select e.seq, cast(octet_length(e.meta) as bigint) \
            from events e join connections c on c.id = e.connection_id";
        let sizes: Vec<(i64, i64)> =
            read!(self, db => ask!(db, sqlx::query_as(AssertSqlSafe(part.statement(SIZES))), part.from, part.limit))?;
        let mut sum = 0;
        let fitting = sizes.iter().take_while(|(_, size)| {
            let fits = sum == 0 || sum + size <= part.bytes;
            sum += size.max(&1);
            fits
        });
        let (Some((first, _)), fitting) = (sizes.first(), fitting.count()) else {
            return Ok(SomeEvents { events: Vec::new(), more: false });
        };
        let limit = i64::try_from(fitting).unwrap_or(part.limit);
        let rows: Vec<EventRow> =
            read!(self, db => ask!(db, sqlx::query_as(AssertSqlSafe(part.statement(EVENTS))), *first, limit))?;
        let more = fitting < sizes.len() || i64::try_from(sizes.len()).is_ok_and(|count| count >= part.limit);
        Ok(SomeEvents { events: rows.into_iter().map(Event::try_from).collect::<Result<_>>()?, more })
    }

    /// Newest first, from before `before`.
    pub async fn list_newest_events(
        &self,
        connection: &ConnectionId,
        wanted: &Wanted,
        before: i64,
        limit: i64,
    ) -> Result<SomeEvents> {
        self.list_part(newest(&[connection.as_str(), wanted.condition().1], wanted, before, limit)).await
    }

    /// A workspace's events, oldest first, from behind `after`; of one connection if wished.
    pub async fn list_workspace_events(
        &self,
        workspace: &WorkspaceId,
        connection: Option<&ConnectionId>,
        after: i64,
        Most { events: limit, bytes }: Most,
    ) -> Result<SomeEvents> {
        let of = if connection.is_some() {
            "e.connection_id = $4 and c.workspace_id = $3"
        } else {
            "e.workspace_id = $3 and $4 = ''"
        };
        let texts = [workspace.as_str(), connection.map_or("", ConnectionId::as_str)];
        let from = after.saturating_add(1);
        let part = Part { from, newest_first: false, limit, bytes, filter: of.to_owned(), texts: &texts, numbers: &[] };
        self.list_part(part).await
    }

    /// The next events of an export, oldest first, at most `limit`; there may be none although it has not ended.
    pub async fn list_events_to_export(&self, export: &mut ExportedEvents, limit: i64) -> Result<Vec<Event>> {
        let ExportedEvents { workspace, connection, wanted, from, to, seen, last } = export;
        let until = (*last).min(seen.saturating_add(LOOKED_THROUGH));
        // Each in the words that lead SQLite to the index of what is wanted.
        let of = if connection.is_some() {
            "c.workspace_id = $3 and e.connection_id = $5"
        } else {
            "e.workspace_id = $3 and $5 = ''"
        };
        let (condition, value) = wanted.condition();
        let texts = [workspace.as_str(), value, connection.as_ref().map_or("", ConnectionId::as_str)];
        let SomeEvents { events, more } = self
            .list_part(Part {
                from: seen.saturating_add(1),
                newest_first: false,
                limit,
                bytes: LIST_BYTES,
                filter: format!("{of} and e.seq <= $6 and e.at >= $7 and e.at <= $8 and {condition}"),
                texts: &texts,
                numbers: &[until, from.0, to.0],
            })
            .await?;
        *seen = if more { events.last().map_or(until, |event| event.seq) } else { until };
        Ok(events)
    }

    pub async fn find_event(&self, workspace: &WorkspaceId, id: &str) -> Result<Option<Event>> {
        if !is_id(id) {
            return Ok(None);
        }
        let row: Option<EventRow> = read!(self, db => sqlx::query_as(AssertSqlSafe(format!("{EVENTS} where e.id = $1 and e.workspace_id = $2")))
            .bind(id).bind(workspace.as_str()).fetch_optional(db).await)?;
        row.map(Event::try_from).transpose()
    }

    pub async fn find_event_by_seq(&self, workspace: &WorkspaceId, seq: i64) -> Result<Option<Event>> {
        let row: Option<EventRow> = read!(self, db => sqlx::query_as(AssertSqlSafe(format!("{EVENTS} where e.seq = $1 and e.workspace_id = $2")))
            .bind(seq).bind(workspace.as_str()).fetch_optional(db).await)?;
        row.map(Event::try_from).transpose()
    }

    /// The delivery that an event came with.
    pub async fn find_delivery_of(&self, workspace: &WorkspaceId, event: &str) -> Result<Option<i64>> {
        if !is_id(event) {
            return Ok(None);
        }
        Ok(read!(self, db => sqlx::query_scalar("select delivery_id from events where id = $1 and workspace_id = $2")
            .bind(event).bind(workspace.as_str()).fetch_optional(db).await)?)
    }

    /// The newest event's `seq`, of one connection or of all there are; 0 when there is none.
    pub async fn newest_seq(&self, connection: Option<&ConnectionId>) -> Result<i64> {
        let newest: Option<i64> = match connection {
            Some(connection) => {
                read!(self, db => sqlx::query_scalar("select max(seq) from events where connection_id = $1")
                .bind(connection.as_str()).fetch_one(db).await)?
            }
            None => read!(self, db => sqlx::query_scalar("select max(seq) from events").fetch_one(db).await)?,
        };
        Ok(newest.unwrap_or_default())
    }

    /// Changes whenever events were kept in this process.
    pub fn watch_events(&self) -> watch::Receiver<u64> {
        self.events_moved.subscribe()
    }

    pub(super) fn note_event(&self) {
        self.events_moved.send_modify(|count| *count += 1);
    }

    /// How SQLite would look for each; empty on Postgres. For tests, which see to it that no list reads all events.
    pub async fn plans_of_event_lists(&self) -> Result<Vec<String>> {
        let super::Database::Sqlite { reader, .. } = &self.db else { return Ok(Vec::new()) };
        let all = [
            Wanted::All,
            Wanted::Kind(EventKind::Failed),
            Wanted::PhoneTail("1234567".to_owned()),
            Wanted::User("BR.1".to_owned()),
            Wanted::Message("wamid.1".to_owned()),
        ];
        let explained = |statement: String| AssertSqlSafe(format!("explain query plan {statement}"));
        let told =
            |steps: Vec<(i64, i64, i64, String)>| steps.into_iter().map(|step| step.3).collect::<Vec<_>>().join("; ");
        let mut plans = Vec::new();
        for wanted in all {
            let value = wanted.condition().1;
            let texts = ["c", value];
            let statement = newest(&texts, &wanted, i64::MAX, 50).statement(EVENTS);
            let steps = sqlx::query_as(explained(statement)).bind(i64::MAX).bind(50).bind("c").bind(value);
            plans.push(told(steps.fetch_all(reader).await?));
        }
        let person = Person { phones: vec!["15550101234".to_owned()], users: Vec::new() };
        let steps = sqlx::query_as(explained(events_of(&person))).bind("w").bind("15550101234").bind("0101234");
        plans.push(told(steps.fetch_all(reader).await?));
        let steps = sqlx::query_as(explained(DUE_FORWARDS.to_owned())).bind(0).bind(1_000).bind(64);
        plans.push(told(steps.fetch_all(reader).await?));
        let steps = sqlx::query_as(explained(passing(true))).bind("w").bind(0).bind(50).bind("c").bind(false);
        plans.push(told(steps.fetch_all(reader).await?));
        Ok(plans)
    }
}
