//! Forwards: where they lead, what for, and how they stand. Their secrets are sealed.

use super::forward_queue::CHANGED_AT_ONCE;
use super::{Result, Store, StoreError};
use crate::domain::event::EventKind;
use crate::domain::forward::{DisabledWhy, Forward, ForwardCounts, ForwardFormat, ForwardState, OVERLAP};
use crate::domain::ids::{ConnectionId, ForwardId, WorkspaceId, is_id};
use crate::domain::instant::Instant;
use crate::server::vault::{Place, Vault};
use secrecy::SecretString;
use sqlx::FromRow;

fn header_place(id: &str) -> Place<'_> {
    Place("forwards", "header", id)
}

fn verify_token_place(id: &str) -> Place<'_> {
    Place("forwards", "verify_token", id)
}

fn secret_place(id: &str) -> Place<'_> {
    Place("forwards", "secret", id)
}

#[derive(FromRow)]
pub(super) struct ForwardRow {
    pub(super) id: String,
    workspace_id: String,
    name: String,
    url: String,
    format: String,
    connection_id: Option<String>,
    kinds: String,
    header_name: Option<String>,
    header_sealed: Option<Vec<u8>>,
    verify_token_sealed: Option<Vec<u8>>,
    secret_sealed: Vec<u8>,
    old_secret_sealed: Option<Vec<u8>>,
    old_secret_until: Option<i64>,
    state: String,
    disabled_at: Option<i64>,
    disabled_why: Option<String>,
    pub(super) cursor_seq: i64,
    pub(super) failures: i64,
    failing_since: Option<i64>,
    last_success_at: Option<i64>,
    created_at: i64,
    pub(super) updated_at: i64,
}

impl TryFrom<&ForwardRow> for Forward {
    type Error = StoreError;
    fn try_from(row: &ForwardRow) -> Result<Self> {
        let kinds = row.kinds.split(',').filter(|kind| !kind.is_empty()).map(EventKind::parse);
        let why = row.disabled_why.as_deref().map_or(DisabledWhy::Failing, DisabledWhy::parse);
        Ok(Self {
            id: ForwardId::new(&row.id),
            workspace: WorkspaceId::new(&row.workspace_id),
            name: row.name.clone(),
            url: row.url.clone(),
            format: ForwardFormat::parse(&row.format)
                .ok_or_else(|| StoreError::Damaged(format!("forward format {}", row.format)))?,
            connection: row.connection_id.clone().map(ConnectionId::new),
            kinds: kinds.collect(),
            header_name: row.header_name.clone(),
            has_verify_token: row.verify_token_sealed.is_some(),
            state: match row.state.as_str() {
                "off" => ForwardState::Off,
                "disabled" => ForwardState::Disabled { at: Instant(row.disabled_at.unwrap_or_default()), why },
                _ => ForwardState::On,
            },
            failing_since: row.failing_since.map(Instant),
            last_success_at: row.last_success_at.map(Instant),
            old_secret_until: row.old_secret_until.filter(|_| row.old_secret_sealed.is_some()).map(Instant),
            created_at: Instant(row.created_at),
        })
    }
}

/// What a request is signed and marked with. Has no `Debug`.
pub struct ForwardSecrets {
    pub secret: SecretString,
    /// While it still signs.
    pub old_secret: Option<SecretString>,
    /// The value of the fixed header.
    pub header: Option<SecretString>,
    pub verify_token: Option<SecretString>,
}

impl ForwardRow {
    pub(super) fn open(&self, vault: &Vault, now: Instant) -> Result<ForwardSecrets> {
        let id = self.id.as_str();
        let optional = |place: Place<'_>, sealed: &Option<Vec<u8>>| {
            sealed.as_ref().map(|sealed| vault.open(place, sealed)).transpose()
        };
        let old = self.old_secret_until.is_some_and(|until| until > now.0);
        Ok(ForwardSecrets {
            secret: vault.open(secret_place(id), &self.secret_sealed)?,
            old_secret: if old { optional(secret_place(id), &self.old_secret_sealed)? } else { None },
            header: optional(header_place(id), &self.header_sealed)?,
            verify_token: optional(verify_token_place(id), &self.verify_token_sealed)?,
        })
    }
}

/// What becomes of a kept secret.
#[derive(Default)]
pub enum SecretChange {
    #[default]
    Keep,
    Remove,
    Put(SecretString),
}

/// What a forward is to be.
pub struct ForwardPatch {
    pub name: String,
    pub url: String,
    pub format: ForwardFormat,
    /// `None` for all.
    pub connection: Option<ConnectionId>,
    /// Empty for all.
    pub kinds: Vec<EventKind>,
    pub header_name: Option<String>,
    pub header: SecretChange,
    pub verify_token: SecretChange,
}

pub struct NewForward<'a> {
    pub id: &'a ForwardId,
    pub workspace: &'a WorkspaceId,
    pub fields: &'a ForwardPatch,
    pub secret: &'a SecretString,
    pub created_by: &'a str,
}

fn listed(kinds: &[EventKind]) -> String {
    kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",")
}

impl Store {
    fn seal_change(&self, place: Place<'_>, change: &SecretChange) -> Result<Option<Vec<u8>>> {
        Ok(match change {
            SecretChange::Put(secret) => Some(self.vault.seal(place, secret)?),
            SecretChange::Keep | SecretChange::Remove => None,
        })
    }

    /// Sends what comes from now on. `false` when there is one of this id already.
    pub async fn add_forward(&self, new: NewForward<'_>) -> Result<bool> {
        let now = self.now();
        let (id, fields) = (new.id.as_str(), new.fields);
        let secret = self.vault.seal(secret_place(id), new.secret)?;
        let header = self.seal_change(header_place(id), &fields.header)?;
        let verify_token = self.seal_change(verify_token_place(id), &fields.verify_token)?;
        let added = change!(self, db => sqlx::query("insert into forwards (id, workspace_id, name, url, format, connection_id, kinds, header_name, \
            header_sealed, verify_token_sealed, secret_sealed, cursor_seq, created_by, created_at, updated_at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, (select coalesce(max(seq), 0) from events), $12, $13, $13) \
            on conflict (id) do nothing")
            .bind(id).bind(new.workspace.as_str()).bind(&fields.name).bind(&fields.url).bind(fields.format.as_str())
            .bind(fields.connection.as_ref().map(ConnectionId::as_str)).bind(listed(&fields.kinds)).bind(&fields.header_name)
            .bind(header).bind(verify_token).bind(secret).bind(new.created_by).bind(now.0)
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(added > 0)
    }

    /// Another address makes it new: what has failed before says nothing of it. `false` when it is no longer as it was
    /// read, for `fields` were judged by that.
    pub async fn update_forward(&self, known: &Forward, fields: &ForwardPatch) -> Result<bool> {
        let id = known.id.as_str();
        let header = self.seal_change(header_place(id), &fields.header)?;
        let verify_token = self.seal_change(verify_token_place(id), &fields.verify_token)?;
        let keep = |change: &SecretChange| matches!(change, SecretChange::Keep);
        let changed = change!(self, db => sqlx::query("update forwards set name = $2, \
            failures = case when url = $3 then failures else 0 end, failing_since = case when url = $3 then failing_since else null end, \
            rest_until = case when url = $3 then rest_until else 0 end, \
            url = $3, format = $4, connection_id = $5, kinds = $6, header_name = $7, \
            header_sealed = case when $8 then header_sealed else $9 end, \
            verify_token_sealed = case when $10 then verify_token_sealed else $11 end, updated_at = $12 \
            where id = $1 and name = $13 and url = $14 and coalesce(connection_id, '') = $15 and kinds = $16 \
            and coalesce(header_name, '') = $17 and (verify_token_sealed is not null) = $18")
            .bind(id).bind(&fields.name).bind(&fields.url).bind(fields.format.as_str())
            .bind(fields.connection.as_ref().map(ConnectionId::as_str)).bind(listed(&fields.kinds)).bind(&fields.header_name)
            .bind(keep(&fields.header)).bind(header).bind(keep(&fields.verify_token)).bind(verify_token).bind(self.now().0)
            .bind(&known.name).bind(&known.url).bind(known.connection.as_ref().map_or("", ConnectionId::as_str)).bind(listed(&known.kinds))
            .bind(known.header_name.as_deref().unwrap_or_default()).bind(known.has_verify_token)
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(changed > 0)
    }

    /// Oldest first, without those of other workspaces.
    pub async fn list_forwards(&self, workspace: &WorkspaceId) -> Result<Vec<Forward>> {
        let rows: Vec<ForwardRow> = read!(self, db => sqlx::query_as("select * from forwards where workspace_id = $1 order by created_at, id")
            .bind(workspace.as_str()).fetch_all(db).await)?;
        rows.iter().map(Forward::try_from).collect()
    }

    pub async fn find_forward(&self, workspace: &WorkspaceId, id: &ForwardId) -> Result<Option<Forward>> {
        if !is_id(id.as_str()) {
            return Ok(None);
        }
        let row: Option<ForwardRow> = read!(self, db => sqlx::query_as("select * from forwards where id = $1 and workspace_id = $2")
            .bind(id.as_str()).bind(workspace.as_str()).fetch_optional(db).await)?;
        row.as_ref().map(Forward::try_from).transpose()
    }

    pub async fn open_forward(&self, id: &ForwardId) -> Result<Option<ForwardSecrets>> {
        let row: Option<ForwardRow> = read!(self, db => sqlx::query_as("select * from forwards where id = $1")
            .bind(id.as_str()).fetch_optional(db).await)?;
        row.map(|row| row.open(&self.vault, self.now())).transpose()
    }

    pub async fn count_forwards(&self, workspace: &WorkspaceId) -> Result<i64> {
        Ok(read!(self, db => sqlx::query_scalar("select count(*) from forwards where workspace_id = $1")
            .bind(workspace.as_str()).fetch_one(db).await)?)
    }

    /// What waits and what was given up. `most` events behind the cursor are looked at.
    pub async fn count_forward_items(&self, forward: &Forward, most: i64) -> Result<ForwardCounts> {
        let of = if forward.connection.is_some() {
            "e.connection_id = $3"
        } else {
            "e.workspace_id = f.workspace_id and $3 = ''"
        };
        let count = format!(
            "select count(*), count(case when $4 = '' or ',' || $4 || ',' like '%,' || b.kind || ',%' then 1 end) \
            from (select e.kind from events e join forwards f on f.id = $1 where e.seq > f.cursor_seq and {of} order by e.seq limit $2) b"
        );
        let (looked_at, behind): (i64, i64) = read!(self, db => sqlx::query_as(sqlx::AssertSqlSafe(count))
            .bind(forward.id.as_str()).bind(most).bind(forward.connection.as_ref().map_or("", ConnectionId::as_str))
            .bind(listed(&forward.kinds)).fetch_one(db).await)?;
        let counts: Vec<(String, i64)> = read!(self, db => sqlx::query_as("select state, count(*) from forward_items where forward_id = $1 group by state")
            .bind(forward.id.as_str()).fetch_all(db).await)?;
        let of = |state: &str| counts.iter().find(|(name, _)| name == state).map_or(0, |(_, count)| *count);
        Ok(ForwardCounts { queued: of("waiting"), behind, more: looked_at >= most, dead: of("dead") })
    }

    /// Of all workspaces: requests that wait, requests that were given up, and endpoints that were switched off for failing.
    pub async fn count_forwarding(&self) -> Result<(i64, i64, i64)> {
        Ok(read!(self, db => sqlx::query_as("select (select count(*) from forward_items where state = 'waiting'), \
            (select count(*) from forward_items where state = 'dead'), (select count(*) from forwards where state = 'disabled')")
            .fetch_one(db).await)?)
    }

    /// Switches it on, or off by a person. `false` when it was so already.
    pub async fn switch_forward(&self, id: &ForwardId, on: bool) -> Result<bool> {
        let changed = change!(self, db => sqlx::query("update forwards set state = $2, disabled_at = null, disabled_why = null, failures = 0, \
            failing_since = null, rest_until = 0, updated_at = $3 where id = $1 and state <> $2")
            .bind(id.as_str()).bind(if on { "on" } else { "off" }).bind(self.now().0)
            .execute(db).await.map(|done| done.rows_affected()))?;
        if on && changed > 0 {
            self.wake_forward(id).await?;
        }
        Ok(changed > 0)
    }

    /// What waits for another attempt need not wait any longer, and its three days begin anew. It stays behind what was never tried.
    pub async fn wake_forward(&self, id: &ForwardId) -> Result<()> {
        // First, so that a turn under way that ends meanwhile puts nothing off again.
        change!(self, db => sqlx::query("update forwards set rest_until = 0, updated_at = $2 where id = $1")
            .bind(id.as_str()).bind(self.now().0).execute(db).await.map(|_| ()))?;
        let are = "state = 'waiting' and attempts > 0 and (attempts > 1 or created_at <> $2 or due_at > $2)";
        self.change_forward_items(id, "attempts = 1, created_at = $2, due_at = $2", are).await?;
        self.note_event();
        Ok(())
    }

    /// A new secret; the one before it signs too for a day. Of one that is replaced within that day nobody has entered more
    /// than the one before: that stays, and the one between the two goes.
    /// `false` when the old secret signs longer than `seen`: another was made since then.
    pub async fn rotate_forward_secret(
        &self,
        id: &ForwardId,
        secret: &SecretString,
        seen: Option<Instant>,
    ) -> Result<bool> {
        let (now, sealed) = (self.now(), self.vault.seal(secret_place(id.as_str()), secret)?);
        let rotated = change!(self, db => sqlx::query("update forwards set old_secret_sealed = \
            case when old_secret_sealed is not null and old_secret_until > $4 then old_secret_sealed else secret_sealed end, old_secret_until = $3, secret_sealed = $2, \
            updated_at = $4 where id = $1 and coalesce(old_secret_until, 0) <= $5")
            .bind(id.as_str()).bind(sealed).bind(now.plus(OVERLAP).0).bind(now.0).bind(seen.map_or(i64::MAX, |seen| seen.0))
            .execute(db).await.map(|done| done.rows_affected()))?;
        Ok(rotated > 0)
    }

    /// With its queue and its log, which go first, a few hundred rows at a time. Broken off, it is switched off.
    pub async fn remove_forward(&self, id: &ForwardId) -> Result<()> {
        change!(self, db => sqlx::query("update forwards set state = 'off' where id = $1").bind(id.as_str()).execute(db).await.map(|_| ()))?;
        for table in ["forward_items", "forward_attempts"] {
            let delete = format!(
                "delete from {table} where id in (select id from {table} where forward_id = $1 limit {CHANGED_AT_ONCE})"
            );
            loop {
                let delete = sqlx::AssertSqlSafe(delete.clone());
                let gone = change!(self, db => sqlx::query(delete).bind(id.as_str()).execute(db).await.map(|done| done.rows_affected()))?;
                if gone < CHANGED_AT_ONCE {
                    break;
                }
            }
        }
        change!(self, db => sqlx::query("delete from forwards where id = $1").bind(id.as_str()).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Secrets that no longer sign.
    pub async fn purge_old_forward_secrets(&self) -> Result<()> {
        change!(self, db => sqlx::query("update forwards set old_secret_sealed = null, old_secret_until = null where old_secret_until <= $1")
            .bind(self.now().0).execute(db).await.map(|_| ()))?;
        Ok(())
    }
}
