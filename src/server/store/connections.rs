//! Connections and the last reading of each.

use super::credentials::{CredentialRow, credential_columns};
use super::jobs::insert_job;
use super::{NewJob, Result, Store, StoreError, new_id};
use crate::domain::check::Check;
use crate::domain::connection::{Activity, CheckFailure, Connection, Lifecycle};
use crate::domain::credential::Credential;
use crate::domain::health::Snapshot;
use crate::domain::heard::Heard;
use crate::domain::ids::{BusinessId, ConnectionId, CredentialId, PhoneNumberId, WabaId, WorkspaceId, is_id};
use crate::domain::instant::{Instant, MINUTE};
use crate::domain::phone::digits;
use crate::domain::problem::Problem;
use serde::de::DeserializeOwned;
use sqlx::FromRow;
use std::collections::BTreeMap;

#[derive(FromRow)]
struct ConnectionRow {
    id: String,
    workspace_id: String,
    credential_id: String,
    phone_number_id: String,
    waba_id: String,
    business_id: Option<String>,
    app_id: Option<String>,
    own_app: bool,
    has_app_secret: bool,
    has_verify_token: bool,
    api_version: Option<String>,
    name: Option<String>,
    display_number: String,
    verified_name: Option<String>,
    lifecycle: String,
    disconnected_at: Option<i64>,
    setup_problem: Option<String>,
    routing_problem: Option<String>,
    activity: Option<String>,
    checked_at: Option<i64>,
    check_failure: Option<String>,
    troubles: String,
    last_event_at: Option<i64>,
    sayings: String,
    version: i64,
    settings_version: i64,
    created_at: i64,
    updated_at: i64,
    snapshot: Option<String>,
    #[sqlx(flatten)]
    credential: CredentialRow,
}

/// Everything that is known of one connection, read at once.
#[derive(Debug, Clone)]
pub struct StoredConnection {
    pub connection: Connection,
    pub credential: Credential,
    pub snapshot: Option<Snapshot>,
    /// Grows with every change.
    pub version: i64,
    /// Grows with every change of the settings.
    pub settings_version: i64,
}

macro_rules! connections {
    ($rest:literal) => {
        concat!(
            "select c.id, c.workspace_id, c.credential_id, c.phone_number_id, c.waba_id, c.business_id, c.app_id, c.own_app, \
             c.app_secret_sealed is not null as has_app_secret, c.verify_token_sealed is not null as has_verify_token, \
             c.api_version, c.name, c.display_number, \
             c.verified_name, c.lifecycle, c.disconnected_at, c.setup_problem, c.routing_problem, c.activity, c.checked_at, c.check_failure, c.troubles, c.last_event_at, c.sayings, \
             c.version, c.settings_version, c.created_at, c.updated_at, s.data as snapshot, ",
            credential_columns!(),
            " from connections c join credentials k on k.id = c.credential_id left join snapshots s on s.connection_id = c.id ",
            $rest
        )
    };
}

fn parse<T: DeserializeOwned>(text: Option<&str>) -> Result<Option<T>> {
    Ok(text.map(serde_json::from_str).transpose()?)
}

impl TryFrom<ConnectionRow> for StoredConnection {
    type Error = StoreError;
    fn try_from(row: ConnectionRow) -> Result<Self> {
        let connection = Connection {
            id: ConnectionId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            credential: CredentialId::new(row.credential_id),
            phone_number_id: PhoneNumberId::new(row.phone_number_id),
            waba: WabaId::new(row.waba_id),
            business: row.business_id.map(BusinessId::new),
            app_id: row.app_id,
            own_app: row.own_app,
            has_app_secret: row.has_app_secret,
            has_verify_token: row.has_verify_token,
            api_version: row.api_version,
            name: row.name,
            display_number: row.display_number,
            verified_name: row.verified_name,
            lifecycle: Lifecycle::parse(&row.lifecycle),
            disconnected_at: row.disconnected_at.map(Instant),
            setup_problem: parse(row.setup_problem.as_deref())?,
            routing_problem: parse(row.routing_problem.as_deref())?,
            activity: parse(row.activity.as_deref())?,
            checked_at: row.checked_at.map(Instant),
            check_failure: parse(row.check_failure.as_deref())?,
            troubles: known_troubles(&row.troubles)?,
            heard: Heard {
                last_event_at: row.last_event_at.map(Instant),
                sayings: serde_json::from_str(&row.sayings)?,
            },
            created_at: Instant(row.created_at),
            updated_at: Instant(row.updated_at),
        };
        let snapshot = parse(row.snapshot.as_deref())?.map(|snapshot| connection.heard.upon(snapshot));
        let (version, settings_version) = (row.version, row.settings_version);
        Ok(Self { connection, credential: row.credential.try_into()?, snapshot, version, settings_version })
    }
}

/// Where the next page of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionCursor {
    pub created_at: i64,
    pub id: String,
}

impl ConnectionCursor {
    pub fn parse(text: &str) -> Option<Self> {
        let (created_at, id) = text.split_once('.')?;
        Some(Self { created_at: created_at.parse().ok()?, id: is_id(id).then(|| id.to_owned())? })
    }
}

impl std::fmt::Display for ConnectionCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.created_at, self.id)
    }
}

/// One page of a search.
pub struct SearchedConnections {
    pub rows: Vec<StoredConnection>,
    pub next: Option<ConnectionCursor>,
}

/// A number that a signup has found and proven.
pub struct NewConnection<'a> {
    pub workspace: &'a WorkspaceId,
    pub credential: &'a CredentialId,
    pub phone_number_id: &'a PhoneNumberId,
    pub waba: &'a WabaId,
    pub business: Option<&'a BusinessId>,
    pub app_id: Option<&'a str>,
    pub display_number: &'a str,
    pub verified_name: Option<&'a str>,
}

/// What a check leaves behind.
pub struct KeptReading<'a> {
    /// `None` when Meta told nothing new: the earlier reading stays.
    pub snapshot: Option<&'a Snapshot>,
    pub failure: Option<&'a CheckFailure>,
    pub troubles: &'a BTreeMap<Check, Instant>,
    pub due_at: Instant,
}

/// Whoever saves a number checks it at the end of that very run. A check in its midst would keep what is about to change:
/// a number that is not registered yet.
pub(super) const FIRST_CHECK: i64 = 15 * MINUTE;

/// Runs that were at work on a connection, or waited for a person.
const END_RUNS: &str = concat!(
    "update signups set stage = 'cancelled', problem = $2, token_sealed = null, input_sealed = null, updated_at = $3 \
    where connection_id = $1 and (stage = 'running' or ",
    asks!(),
    ")"
);

/// What another version has checked besides is not known here.
fn known_troubles(kept: &str) -> serde_json::Result<BTreeMap<Check, Instant>> {
    let kept: BTreeMap<String, Instant> = serde_json::from_str(kept)?;
    Ok(kept.into_iter().filter_map(|(name, since)| Some((Check::parse(&name)?, since))).collect())
}

/// A pattern for `like` in which the person's own `%` and `_` mean themselves.
fn contains(text: &str) -> String {
    // Not every database takes a NUL.
    let escaped = text.replace('\0', "").replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

impl Store {
    /// Saves a connection, or revives the one that this number had before in the same workspace. `None` when the
    /// number belongs to another workspace of this installation.
    pub async fn put_connection(&self, new: NewConnection<'_>) -> Result<Option<ConnectionId>> {
        let now = self.now();
        let id: Option<String> = transaction!(self, tx => {
            let id: Option<String> = sqlx::query_scalar("insert into connections \
            (id, workspace_id, credential_id, phone_number_id, waba_id, business_id, app_id, display_number, number_digits, verified_name, \
             lifecycle, check_due_at, created_at, updated_at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'setting_up', $12, $11, $11) \
            on conflict (phone_number_id) do update set credential_id = excluded.credential_id, waba_id = excluded.waba_id, \
             business_id = coalesce(excluded.business_id, connections.business_id), app_id = excluded.app_id, display_number = excluded.display_number, \
             number_digits = excluded.number_digits, verified_name = excluded.verified_name, \
             lifecycle = case when connections.lifecycle = 'active' then 'active' else 'setting_up' end, \
             disconnected_at = null, setup_problem = null, activity = null, check_failure = null, check_due_at = excluded.check_due_at, version = connections.version + 1, settings_version = connections.settings_version + 1, updated_at = excluded.updated_at \
             where connections.workspace_id = excluded.workspace_id \
            returning id")
            .bind(new_id(now)).bind(new.workspace.as_str()).bind(new.credential.as_str()).bind(new.phone_number_id.as_str())
            .bind(new.waba.as_str()).bind(new.business.map(BusinessId::as_str)).bind(new.app_id).bind(new.display_number)
            .bind(digits(new.display_number)).bind(new.verified_name).bind(now.0).bind(now.plus(FIRST_CHECK).0)
            .fetch_optional(&mut *tx).await?;
            // The token of a signup belongs to this installation's app, for all numbers of the account.
            sqlx::query("update connections set own_app = false, app_secret_sealed = null, app_id = $2 where credential_id = $1 and own_app")
                .bind(new.credential.as_str()).bind(new.app_id).execute(&mut *tx).await?;
            id
        });
        Ok(id.map(ConnectionId::new))
    }

    /// `None` when there is none, or it belongs to another workspace.
    pub async fn find_connection(
        &self,
        workspace: &WorkspaceId,
        id: &ConnectionId,
    ) -> Result<Option<StoredConnection>> {
        if !is_id(id.as_str()) {
            return Ok(None);
        }
        let row: Option<ConnectionRow> = read!(self, db => sqlx::query_as(connections!("where c.id = $1 and c.workspace_id = $2"))
            .bind(id.as_str()).bind(workspace.as_str()).fetch_optional(db).await)?;
        row.map(StoredConnection::try_from).transpose()
    }

    /// For background work, which acts for no workspace in particular.
    pub async fn find_any_connection(&self, id: &ConnectionId) -> Result<Option<StoredConnection>> {
        let row: Option<ConnectionRow> = read!(self, db => sqlx::query_as(connections!("where c.id = $1")).bind(id.as_str()).fetch_optional(db).await)?;
        row.map(StoredConnection::try_from).transpose()
    }

    /// Which workspace of this installation holds a number, connected or not.
    pub async fn find_by_phone_number_id(&self, id: &PhoneNumberId) -> Result<Option<StoredConnection>> {
        let row: Option<ConnectionRow> = read!(self, db => sqlx::query_as(connections!("where c.phone_number_id = $1")).bind(id.as_str()).fetch_optional(db).await)?;
        row.map(StoredConnection::try_from).transpose()
    }

    pub async fn connection_version(&self, workspace: &WorkspaceId, id: &ConnectionId) -> Result<Option<i64>> {
        Ok(read!(self, db => sqlx::query_scalar("select version from connections where id = $1 and workspace_id = $2")
            .bind(id.as_str()).bind(workspace.as_str()).fetch_optional(db).await)?)
    }

    pub async fn count_connections(&self, workspace: &WorkspaceId) -> Result<i64> {
        Ok(
            read!(self, db => sqlx::query_scalar("select count(*) from connections where workspace_id = $1").bind(workspace.as_str()).fetch_one(db).await)?,
        )
    }

    /// Oldest first. `query` is looked for in the number's digits, its names and the ids.
    pub async fn search_connections(
        &self,
        workspace: &WorkspaceId,
        query: &str,
        after: Option<&ConnectionCursor>,
        limit: i64,
    ) -> Result<SearchedConnections> {
        let (text, number) = (contains(&query.trim().to_lowercase()), contains(&digits(query)));
        // Databases fold ASCII alone, so a name in capital letters is compared in capital letters.
        let capitals = contains(&query.trim().to_uppercase());
        let by_digits = !digits(query).is_empty() && !query.contains(char::is_alphabetic);
        let mut rows: Vec<ConnectionRow> = read!(self, db => sqlx::query_as(connections!(
            "where c.workspace_id = $1 and (c.created_at > $2 or (c.created_at = $2 and c.id > $3)) \
             and ($4 = '%%' or lower(coalesce(c.verified_name, '')) like $4 escape '\\' or upper(coalesce(c.verified_name, '')) like $8 escape '\\' \
                  or lower(coalesce(c.name, '')) like $4 escape '\\' or upper(coalesce(c.name, '')) like $8 escape '\\' or ($6 and c.number_digits like $5 escape '\\') \
                  or c.phone_number_id like $4 escape '\\' or c.waba_id like $4 escape '\\') \
             order by c.created_at, c.id limit $7"))
            .bind(workspace.as_str()).bind(after.map_or(i64::MIN, |cursor| cursor.created_at)).bind(after.map_or("", |cursor| cursor.id.as_str()))
            .bind(text).bind(number).bind(by_digits).bind(limit + 1).bind(capitals).fetch_all(db).await)?;
        let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > limit;
        if more {
            rows.pop();
        }
        let next =
            rows.last().filter(|_| more).map(|row| ConnectionCursor { created_at: row.created_at, id: row.id.clone() });
        Ok(SearchedConnections { rows: rows.into_iter().map(TryInto::try_into).collect::<Result<_>>()?, next })
    }

    pub async fn update_activity(&self, id: &ConnectionId, activity: Option<&Activity>) -> Result<()> {
        let activity = activity.map(serde_json::to_string).transpose()?;
        change!(self, db => sqlx::query("update connections set activity = $2, version = version + 1 where id = $1")
            .bind(id.as_str()).bind(activity).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Notes that an action has begun, together with the job that does it.
    pub async fn begin_action(&self, id: &ConnectionId, activity: &Activity, job: NewJob<'_>) -> Result<()> {
        let (now, activity) = (self.now(), serde_json::to_string(activity)?);
        transaction!(self, tx => {
            sqlx::query("update connections set activity = $2, version = version + 1 where id = $1")
                .bind(id.as_str()).bind(&activity).execute(&mut *tx).await?;
            insert_job!(&mut *tx, job, now)?;
        });
        self.note_job();
        Ok(())
    }

    /// Registered at Meta, or waiting for it with a reason.
    pub async fn update_registration(&self, id: &ConnectionId, waits: Option<&Problem>) -> Result<()> {
        let lifecycle = if waits.is_some() { Lifecycle::SettingUp } else { Lifecycle::Active };
        let problem = waits.map(serde_json::to_string).transpose()?;
        change!(self, db => sqlx::query("update connections set lifecycle = $2, setup_problem = $3, version = version + 1, updated_at = $4 where id = $1 and lifecycle <> 'disconnected'")
            .bind(id.as_str()).bind(lifecycle.as_str()).bind(problem).bind(self.now().0).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Keeps a reading, if there is one, and when the next is due.
    pub async fn put_snapshot(&self, id: &ConnectionId, kept: KeptReading<'_>) -> Result<()> {
        let number = kept.snapshot.and_then(|snapshot| snapshot.number.as_ref());
        let data = kept.snapshot.map(serde_json::to_string).transpose()?;
        let failure = kept.failure.map(serde_json::to_string).transpose()?;
        let (now, troubles) = (self.now(), serde_json::to_string(kept.troubles)?);
        let checked_at = kept.failure.is_none().then_some(now.0);
        transaction!(self, tx => {
            if let Some(data) = &data {
                sqlx::query("insert into snapshots (connection_id, taken_at, data) values ($1, $2, $3) \
                    on conflict (connection_id) do update set taken_at = excluded.taken_at, data = excluded.data")
                    .bind(id.as_str()).bind(now.0).bind(data).execute(&mut *tx).await?;
            }
            sqlx::query("update connections set checked_at = coalesce($2, checked_at), check_failure = $3, troubles = $4, check_due_at = $5, \
                display_number = coalesce($6, display_number), number_digits = coalesce($7, number_digits), \
                verified_name = coalesce($8, verified_name), version = version + 1 where id = $1")
                .bind(id.as_str()).bind(checked_at).bind(failure.as_deref()).bind(&troubles).bind(kept.due_at.0)
                .bind(number.map(|n| n.display_phone_number.as_str())).bind(number.map(|n| digits(&n.display_phone_number)))
                .bind(number.and_then(|n| n.verified_name.as_deref())).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Moves connections whose check is due into the future and returns them, so that no two nodes take the same.
    pub async fn take_due_checks(&self, limit: i64, next_due: Instant) -> Result<Vec<ConnectionId>> {
        let now = self.now();
        let ids: Vec<String> = change!(self, db => sqlx::query_scalar("update connections set check_due_at = $1 where id in \
            (select id from connections where lifecycle in ('active', 'setting_up') and check_due_at <= $2 order by check_due_at limit $3) and check_due_at <= $2 returning id")
            .bind(next_due.0).bind(now.0).bind(limit).fetch_all(db).await)?;
        Ok(ids.into_iter().map(ConnectionId::new).collect())
    }

    /// Together with the job that tells Meta, and the end of runs that would connect it: their token is forgotten. `false` when
    /// it was disconnected already.
    pub async fn disconnect(&self, id: &ConnectionId, activity: &Activity, job: NewJob<'_>) -> Result<bool> {
        let (now, activity) = (self.now(), serde_json::to_string(activity)?);
        let problem = serde_json::to_string(&Problem::disconnected())?;
        let changed = transaction!(self, tx => {
            let changed = sqlx::query("update connections set lifecycle = 'disconnected', disconnected_at = $2, setup_problem = null, \
                check_failure = null, troubles = '{}', activity = $3, version = version + 1, updated_at = $2 where id = $1 and lifecycle <> 'disconnected'")
                .bind(id.as_str()).bind(now.0).bind(&activity).execute(&mut *tx).await?.rows_affected();
            if changed > 0 {
                sqlx::query(END_RUNS).bind(id.as_str()).bind(&problem).bind(now.0).execute(&mut *tx).await?;
                insert_job!(&mut *tx, job, now)?;
            }
            changed
        });
        self.note_job();
        Ok(changed > 0)
    }

    /// Other numbers of the same WABA that are in use, in any workspace: their messages come through the same subscription.
    pub async fn has_siblings(&self, id: &ConnectionId, waba: &WabaId) -> Result<bool> {
        let count: i64 = read!(self, db => sqlx::query_scalar("select count(*) from connections where waba_id = $2 and id <> $1 and lifecycle <> 'disconnected'")
            .bind(id.as_str()).bind(waba.as_str()).fetch_one(db).await)?;
        Ok(count > 0)
    }
}
