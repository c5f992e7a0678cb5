//! Background work, kept in the database so that it survives a crash.

use super::upkeep::PAUSED;
use super::{Result, Store, StoreError};
use crate::domain::ids::JobId;
use crate::domain::instant::{Instant, SECOND};
use serde_json::json;
use sqlx::FromRow;
use std::sync::LazyLock;

/// A job whose worker has been silent for this long is taken by another.
const LEASE: i64 = 60 * SECOND;
/// The lock under which a job is taken on Postgres: an arbitrary number of ours.
const TAKING: i64 = 0x6772_6e74_6a6f_6273;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// Carries a signup on from the step it stands at. Subject: signup.
    AdvanceSignup,
    /// Reads a connection's state from Meta. Subject: connection.
    CheckConnection,
    /// Subject: connection.
    RefreshToken,
    /// Tells Meta that a connection is over. Subject: connection.
    ReleaseNumber,
    /// Asks Meta to send the messages here. Subject: connection.
    SubscribeApp,
    /// Asks our own address as Meta would. Subject: connection.
    AskAddress,
    /// Asks Meta about credentials that were entered by hand. Subject: draft.
    JudgeEntry,
    /// Understands deliveries once more. Subject: replay.
    ReplayDeliveries,
    /// Erases one person's data. Subject: erasure.
    ErasePerson,
}

impl JobKind {
    const ALL: [Self; 9] = [
        Self::AdvanceSignup,
        Self::CheckConnection,
        Self::RefreshToken,
        Self::ReleaseNumber,
        Self::SubscribeApp,
        Self::AskAddress,
        Self::JudgeEntry,
        Self::ReplayDeliveries,
        Self::ErasePerson,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdvanceSignup => "advance_signup",
            Self::CheckConnection => "check_connection",
            Self::RefreshToken => "refresh_token",
            Self::ReleaseNumber => "release_number",
            Self::SubscribeApp => "subscribe_app",
            Self::AskAddress => "ask_address",
            Self::JudgeEntry => "judge_entry",
            Self::ReplayDeliveries => "replay_deliveries",
            Self::ErasePerson => "erase_person",
        }
    }
}

impl JobKind {
    /// Changes something at Meta, so it waits while effects are paused. The others read, or concern this installation alone.
    const fn changes_meta(self) -> bool {
        match self {
            Self::AdvanceSignup | Self::RefreshToken | Self::ReleaseNumber | Self::SubscribeApp => true,
            Self::CheckConnection
            | Self::AskAddress
            | Self::JudgeEntry
            | Self::ReplayDeliveries
            | Self::ErasePerson => false,
        }
    }
}

/// Payload of a check that somebody waits for.
pub fn asked() -> serde_json::Value {
    json!({"asked": true})
}

/// Takes the next due job. The checks that come round by themselves stand behind all others: there may be hundreds, and while
/// Meta does not answer each takes most of a minute.
fn take_statement() -> String {
    let changing: Vec<String> =
        JobKind::ALL.iter().filter(|kind| kind.changes_meta()).map(|kind| format!("'{}'", kind.as_str())).collect();
    format!(
        "update jobs set state = 'running', leased_by = $1, leased_until = $2 where id = (select j.id from jobs j \
         where (j.state = 'waiting' and j.run_at <= $3 or j.state = 'running' and j.leased_until <= $3) \
         and not exists (select 1 from jobs r where r.subject = j.subject and r.state = 'running' and r.id <> j.id and r.leased_until > $3) \
         and (j.kind not in ({}) or not exists (select 1 from installation where name = '{PAUSED}')) \
         order by case when j.kind = '{}' and j.payload <> '{}' then 1 else 0 end, j.run_at limit 1) \
         returning id, kind, subject, payload, attempts",
        changing.join(", "),
        JobKind::CheckConnection.as_str(),
        asked(),
    )
}

pub struct NewJob<'a> {
    pub kind: JobKind,
    /// The record it is about. Of one kind and subject at most one job waits.
    pub subject: &'a str,
    /// What the job needs beside its subject, as JSON without secrets.
    pub payload: serde_json::Value,
}

#[derive(Debug, Clone)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    pub subject: String,
    pub payload: serde_json::Value,
    /// How often it has been tried before.
    pub attempts: i64,
}

#[derive(FromRow)]
struct JobRow {
    id: String,
    kind: String,
    subject: String,
    payload: String,
    attempts: i64,
}

impl TryFrom<JobRow> for Job {
    type Error = StoreError;
    fn try_from(row: JobRow) -> Result<Self> {
        let kind = JobKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind);
        Ok(Self {
            id: JobId::new(row.id),
            kind: kind.ok_or_else(|| StoreError::Damaged(format!("job kind {}", row.kind)))?,
            subject: row.subject,
            payload: serde_json::from_str(&row.payload)?,
            attempts: row.attempts,
        })
    }
}

/// Inserts a job within whatever else is written, so that neither comes without the other. One without a payload takes none from
/// the one that waits.
macro_rules! insert_job {
    ($db:expr, $new:expr, $now:expr) => {
        sqlx::query(
            "insert into jobs (id, kind, subject, payload, state, run_at, created_at) values ($1, $2, $3, $4, 'waiting', $5, $5) \
            on conflict (kind, subject) where state = 'waiting' do update set run_at = excluded.run_at, \
            payload = case when excluded.payload = '{}' then jobs.payload else excluded.payload end",
        )
        .bind($crate::server::store::new_id($now))
        .bind($new.kind.as_str())
        .bind($new.subject)
        .bind($new.payload.to_string())
        .bind($now.0)
        .execute($db)
        .await
    };
}
pub(super) use insert_job;

impl Store {
    pub(super) fn note_job(&self) {
        self.jobs_moved.send_modify(|count| *count += 1);
    }

    /// Adds a job that is due now. One of the same kind and subject that still waits is made due instead.
    pub async fn add_job(&self, new: NewJob<'_>) -> Result<()> {
        let now = self.now();
        change!(self, db => insert_job!(db, new, now).map(|_| ()))?;
        self.note_job();
        Ok(())
    }

    /// Takes the next due job, or one whose worker has gone silent. Two jobs of one subject never run at once.
    pub async fn take_job(&self, worker: &str) -> Result<Option<Job>> {
        let now = self.now();
        static TAKE: LazyLock<String> = LazyLock::new(take_statement);
        let (until, now) = (now.plus(LEASE).0, now.0);
        let row: Option<JobRow> = match &self.db {
            super::Database::Sqlite { writer, .. } => {
                let turn = writer.turn().await?;
                sqlx::query_as(TAKE.as_str()).bind(worker).bind(until).bind(now).fetch_optional(&*turn).await?
            }
            super::Database::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                // One taker at a time: two that look at once would not see each other's job of the same subject.
                sqlx::query("select pg_advisory_xact_lock($1)").bind(TAKING).execute(&mut *tx).await?;
                let row =
                    sqlx::query_as(TAKE.as_str()).bind(worker).bind(until).bind(now).fetch_optional(&mut *tx).await?;
                tx.commit().await?;
                row
            }
        };
        row.map(Job::try_from).transpose()
    }

    /// Jobs that should have begun, and jobs that were given up.
    pub async fn count_jobs(&self) -> Result<(i64, i64)> {
        let now = self.now().0;
        Ok(
            read!(self, db => sqlx::query_as("select (select count(*) from jobs where state = 'waiting' and run_at <= $1), \
            (select count(*) from jobs where state = 'dead')").bind(now).fetch_one(db).await)?,
        )
    }

    /// Holds a long job's lease. `false` when another worker has taken it meanwhile.
    pub async fn renew_lease(&self, job: &JobId, worker: &str) -> Result<bool> {
        let until = self.now().plus(LEASE);
        let held = change!(self, db => sqlx::query("update jobs set leased_until = $3 where id = $1 and leased_by = $2 and state = 'running'")
            .bind(job.as_str()).bind(worker).bind(until.0).execute(db).await.map(|done| done.rows_affected()))?;
        Ok(held > 0)
    }

    pub async fn finish_job(&self, job: &JobId, worker: &str) -> Result<()> {
        change!(self, db => sqlx::query("update jobs set state = 'done', finished_at = $3, leased_until = null where id = $1 and leased_by = $2")
            .bind(job.as_str()).bind(worker).bind(self.now().0).execute(db).await.map(|_| ()))?;
        self.note_job();
        Ok(())
    }

    /// Puts it back for `run_at`, or lays it aside as dead when `run_at` is `None`. A job of the same kind and subject
    /// that was added meanwhile takes its place.
    pub async fn postpone_job(&self, job: &JobId, worker: &str, error: &str, run_at: Option<Instant>) -> Result<()> {
        change!(self, db => sqlx::query("update jobs set attempts = attempts + 1, last_error = $3, leased_until = null, run_at = coalesce($4, run_at), \
            finished_at = case when $4 is null then $5 else null end, \
            state = case when $4 is null then 'dead' \
                when exists (select 1 from jobs o where o.kind = jobs.kind and o.subject = jobs.subject and o.state = 'waiting') then 'done' \
                else 'waiting' end where id = $1 and leased_by = $2")
            .bind(job.as_str()).bind(worker).bind(error).bind(run_at.map(|at| at.0)).bind(self.now().0).execute(db).await.map(|_| ()))?;
        self.note_job();
        Ok(())
    }

    /// On SQLite this process is the only one: what ran when the last one stopped can start again at once, and an
    /// exchange that was under way is lost.
    pub async fn take_over_from_a_dead_process(&self) -> Result<()> {
        if let super::Database::Sqlite { writer, .. } = &self.db {
            let turn = writer.turn().await?;
            sqlx::query("update jobs set leased_until = 0 where state = 'running'").execute(&*turn).await?;
            // So do the leases of what only one may do.
            sqlx::query("delete from installation where name in ('interpreter', 'purger', 'backup')")
                .execute(&*turn)
                .await?;
            sqlx::query("update forwards set leased_until = null where leased_until is not null")
                .execute(&*turn)
                .await?;
            drop(turn);
            self.fail_exchanges(self.now()).await?;
        }
        Ok(())
    }

    /// Removes finished jobs older than `before`. Dead ones stay until somebody has looked.
    pub async fn purge_jobs(&self, before: Instant) -> Result<()> {
        change!(self, db => sqlx::query("delete from jobs where id in (select id from jobs where state = 'done' and finished_at < $1 limit 500)")
            .bind(before.0).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Jobs not finished yet, for the readiness page and for tests.
    pub async fn count_open_jobs(&self) -> Result<i64> {
        Ok(
            read!(self, db => sqlx::query_scalar("select count(*) from jobs where state in ('waiting', 'running')").fetch_one(db).await)?,
        )
    }
}
