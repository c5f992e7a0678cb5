//! What Meta sent, kept as it came.

use super::{Result, Store, WaitingDelivery};
use crate::domain::ids::{ConnectionId, WorkspaceId, is_id};
use crate::domain::instant::Instant;
use secrecy::SecretString;
use sqlx::AssertSqlSafe;

/// Whose secret signed a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Signer {
    /// The Meta app, where it is known.
    pub app_id: Option<String>,
    /// Present when it came to the address of one connection, which is on an app of its own.
    pub own: Option<(WorkspaceId, ConnectionId)>,
}

/// A delivery whose signature has been proven.
#[derive(Debug)]
pub struct NewDelivery {
    pub signer: Signer,
    pub body: Vec<u8>,
}

/// How many deliveries stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Not understood yet.
    pub queued: i64,
    /// Of these, tried at least once.
    pub failed: i64,
    /// Laid aside: nobody can read them.
    pub dead: i64,
    /// When the oldest one that waits came.
    pub oldest: Option<Instant>,
}

/// A connection on an app of its own: who signs there, and with what.
pub struct OwnDoor {
    pub signer: Signer,
    /// `None` until it is entered: then nothing can be proven.
    pub app_secret: Option<SecretString>,
    pub verify_token: Option<SecretString>,
}

/// Deliveries to be read again, by their ids, both included: what came for a workspace alone, and what came for all.
pub(super) struct ReadDeliveries<'a> {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) workspace: &'a WorkspaceId,
    /// Those alone that came for no connection here.
    pub(super) only_foreign: bool,
    pub(super) limit: i64,
}

const READABLE: &str = "state <> 'erased'";
/// In the very words of its index's condition: SQLite knows it by these.
const FOREIGN: &str = "state in ('failed', 'foreign') and state = 'foreign'";
/// Bodies in memory at once, unless one alone is longer.
const BYTES: i64 = 4 * 1024 * 1024;

impl Store {
    /// Oldest first, as many as fit into memory. Not those whose body was erased.
    pub(super) async fn read_deliveries(&self, range: ReadDeliveries<'_>) -> Result<Vec<WaitingDelivery>> {
        type Row = (i64, i64, Option<String>, Option<String>, Option<String>, i64, Vec<u8>);
        let ReadDeliveries { from, to, workspace, only_foreign, limit } = range;
        let which = format!(
            "id >= $1 and id <= $2 and (workspace_id is null or workspace_id = $3) and {}",
            if only_foreign { FOREIGN } else { READABLE }
        );
        let sizes =
            format!("select id, cast(length(body) as bigint) from deliveries where {which} order by id limit $4");
        let sizes: Vec<(i64, i64)> = read!(self, db => sqlx::query_as(AssertSqlSafe(sizes))
            .bind(from).bind(to).bind(workspace.as_str()).bind(limit).fetch_all(db).await)?;
        let mut sum = 0;
        let within = |(_, size): &&(i64, i64)| {
            sum += size;
            sum <= BYTES || sum == *size
        };
        let last = sizes.iter().take_while(within).last().map_or(0, |(id, _)| *id);
        let rows = format!(
            "select id, received_at, signed_by, workspace_id, connection_id, attempts, body from deliveries where {which} order by id"
        );
        let rows: Vec<Row> = read!(self, db => sqlx::query_as(AssertSqlSafe(rows)).bind(from).bind(last).bind(workspace.as_str()).fetch_all(db).await)?;
        let delivery = |(id, received_at, app_id, workspace, connection, attempts, body): Row| {
            let own = workspace.map(WorkspaceId::new).zip(connection.map(ConnectionId::new));
            WaitingDelivery { id, received_at: Instant(received_at), signer: Signer { app_id, own }, attempts, body }
        };
        Ok(rows.into_iter().map(delivery).collect())
    }

    pub async fn count_deliveries(&self) -> Result<DeliveryCounts> {
        // Each asks one partial index, in the very words of its condition: SQLite knows it by these.
        let (queued, failed, oldest): (i64, i64, Option<i64>) = read!(self, db => sqlx::query_as("select count(*), \
            count(case when attempts > 0 then 1 end), (select received_at from deliveries where state = 'waiting' order by id limit 1) \
            from deliveries where state = 'waiting'").fetch_one(db).await)?;
        let dead = read!(self, db => sqlx::query_scalar("select count(*) from deliveries where state in ('failed', 'foreign') and state = 'failed'")
            .fetch_one(db).await)?;
        Ok(DeliveryCounts { queued, failed, dead, oldest: oldest.map(Instant) })
    }

    /// When the oldest delivery that waits came: one step into an index, however many wait.
    pub async fn find_oldest_waiting(&self) -> Result<Option<Instant>> {
        let oldest: Option<i64> = read!(self, db => sqlx::query_scalar("select received_at from deliveries \
            where state = 'waiting' order by id limit 1").fetch_optional(db).await)?;
        Ok(oldest.map(Instant))
    }

    /// The ids of the first and last delivery that came, in part or in whole, for no connection here.
    pub async fn find_foreign_deliveries(&self) -> Result<Option<(i64, i64)>> {
        let find = format!("select min(id), max(id) from deliveries where {FOREIGN}");
        let (first, last): (Option<i64>, Option<i64>) =
            read!(self, db => sqlx::query_as(AssertSqlSafe(find)).fetch_one(db).await)?;
        Ok(first.zip(last))
    }

    /// `None` when there is no such connection, or it is on this installation's app and so has no address of its own.
    pub async fn find_own_door(&self, id: &ConnectionId) -> Result<Option<OwnDoor>> {
        type Row = (String, Option<String>, Option<Vec<u8>>, Option<Vec<u8>>);
        if !is_id(id.as_str()) {
            return Ok(None);
        }
        let row: Option<Row> = read!(self, db => sqlx::query_as("select workspace_id, app_id, app_secret_sealed, verify_token_sealed \
            from connections where id = $1 and own_app").bind(id.as_str()).fetch_optional(db).await)?;
        let Some((workspace, app_id, secret, token)) = row else { return Ok(None) };
        let open = |place, sealed: Option<Vec<u8>>| sealed.map(|sealed| self.vault.open(place, &sealed)).transpose();
        Ok(Some(OwnDoor {
            signer: Signer { app_id, own: Some((WorkspaceId::new(workspace), id.clone())) },
            app_secret: open(super::entries::app_secret_place(id.as_str()), secret)?,
            verify_token: open(super::entries::verify_token_place(id.as_str()), token)?,
        }))
    }

    /// The verify tokens of connections on this installation's app that have one of their own.
    pub async fn open_shared_verify_tokens(&self) -> Result<Vec<SecretString>> {
        let rows: Vec<(String, Vec<u8>)> = read!(self, db => sqlx::query_as("select id, verify_token_sealed from connections \
            where verify_token_sealed is not null and not own_app").fetch_all(db).await)?;
        let opened = rows.iter().map(|(id, sealed)| self.vault.open(super::entries::verify_token_place(id), sealed));
        Ok(opened.collect::<std::result::Result<_, _>>()?)
    }
}
