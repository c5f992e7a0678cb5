//! Events as they are looked for: each way along an index, a page at a time, from a known one on.

use super::erasures::events_of;
use super::events::EventRow;
use super::{Result, Store};
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::{ConnectionId, WorkspaceId};
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

impl Wanted {
    /// Its condition, of one value.
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

    fn statement(&self) -> String {
        let (condition, _) = self.condition();
        format!("{EVENTS} where e.connection_id = $1 and e.seq < $2 and {condition} order by e.seq desc limit $3")
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

impl Store {
    /// Newest first, from before `before`.
    pub async fn list_newest_events(
        &self,
        connection: &ConnectionId,
        wanted: &Wanted,
        before: i64,
        limit: i64,
    ) -> Result<Vec<Event>> {
        let rows: Vec<EventRow> = read!(self, db => sqlx::query_as(AssertSqlSafe(wanted.statement()))
            .bind(connection.as_str()).bind(before).bind(limit).bind(wanted.condition().1).fetch_all(db).await)?;
        rows.into_iter().map(Event::try_from).collect()
    }

    /// A workspace's events, oldest first, from behind `after`; of one connection if wished.
    pub async fn list_workspace_events(
        &self,
        workspace: &WorkspaceId,
        connection: Option<&ConnectionId>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Event>> {
        let of = if connection.is_some() {
            "e.connection_id = $4 and e.workspace_id = $1"
        } else {
            "e.workspace_id = $1 and $4 = ''"
        };
        let statement = format!("{EVENTS} where {of} and e.seq > $2 order by e.seq limit $3");
        let rows: Vec<EventRow> = read!(self, db => sqlx::query_as(AssertSqlSafe(statement))
            .bind(workspace.as_str()).bind(after).bind(limit).bind(connection.map_or("", ConnectionId::as_str)).fetch_all(db).await)?;
        rows.into_iter().map(Event::try_from).collect()
    }

    /// The next events of an export, oldest first, at most `limit`; there may be none although it has not ended.
    pub async fn list_events_to_export(&self, export: &mut ExportedEvents, limit: usize) -> Result<Vec<Event>> {
        let ExportedEvents { workspace, connection, wanted, from, to, seen, last } = export;
        let until = (*last).min(seen.saturating_add(LOOKED_THROUGH));
        // Each in the words that lead SQLite to the index of what is wanted.
        let of = if connection.is_some() {
            "c.workspace_id = $1 and e.connection_id = $5"
        } else {
            "e.workspace_id = $1 and $5 = ''"
        };
        let (condition, value) = wanted.condition();
        let statement = format!(
            "{EVENTS} where {of} and e.seq > $2 and e.seq <= $6 and e.at >= $7 and e.at <= $8 \
            and {condition} order by e.seq limit $3"
        );
        let rows: Vec<EventRow> = read!(self, db => sqlx::query_as(AssertSqlSafe(statement))
            .bind(workspace.as_str()).bind(*seen).bind(i64::try_from(limit).unwrap_or(i64::MAX)).bind(value)
            .bind(connection.as_ref().map_or("", ConnectionId::as_str)).bind(until).bind(from.0).bind(to.0).fetch_all(db).await)?;
        let events: Vec<Event> = rows.into_iter().map(Event::try_from).collect::<Result<_>>()?;
        *seen = if events.len() < limit { until } else { events.last().map_or(until, |event| event.seq) };
        Ok(events)
    }

    pub async fn find_event(&self, workspace: &WorkspaceId, id: &str) -> Result<Option<Event>> {
        let row: Option<EventRow> = read!(self, db => sqlx::query_as(AssertSqlSafe(format!("{EVENTS} where e.id = $1 and e.workspace_id = $2")))
            .bind(id).bind(workspace.as_str()).fetch_optional(db).await)?;
        row.map(Event::try_from).transpose()
    }

    /// The delivery that an event came with.
    pub async fn find_delivery_of(&self, workspace: &WorkspaceId, event: &str) -> Result<Option<i64>> {
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
        let mut plans = Vec::new();
        for wanted in all {
            let explain = format!("explain query plan {}", wanted.statement());
            let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(explain))
                .bind("c")
                .bind(i64::MAX)
                .bind(50)
                .bind(wanted.condition().1)
                .fetch_all(reader)
                .await?;
            plans.push(steps.into_iter().map(|step| step.3).collect::<Vec<_>>().join("; "));
        }
        let person = Person { phones: vec!["15550101234".to_owned()], users: Vec::new() };
        let explain = format!("explain query plan {}", events_of(&person));
        let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(AssertSqlSafe(explain))
            .bind("w")
            .bind("15550101234")
            .bind("0101234")
            .fetch_all(reader)
            .await?;
        plans.push(steps.into_iter().map(|step| step.3).collect::<Vec<_>>().join("; "));
        Ok(plans)
    }
}
