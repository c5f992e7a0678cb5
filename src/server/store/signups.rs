//! Runs of Embedded Signup. The state Meta echoes is kept as a hash, the token sealed.

use super::jobs::insert_job;
use super::{NewJob, Result, Store, StoreError, new_id};
use crate::domain::ids::{ConnectionId, SignupId, UserId, WorkspaceId, is_id};
use crate::domain::instant::{DAY, Instant};
use crate::domain::signup::{EXCHANGE_LIMIT, Findings, Hint, STATE_LIFETIME, Signup, Stage, StepRecord, cut_off};
use crate::server::digest::sha256;
use crate::server::vault::Place;
use secrecy::SecretString;
use sqlx::FromRow;

#[derive(FromRow)]
struct SignupRow {
    id: String,
    workspace_id: String,
    user_id: String,
    reconnects: Option<String>,
    popup: bool,
    coexistence: bool,
    by_hand: bool,
    stage: String,
    steps: String,
    findings: String,
    hint: Option<String>,
    problem: Option<String>,
    connection_id: Option<String>,
    created_at: i64,
    updated_at: i64,
}

macro_rules! signups {
    ($rest:literal) => {
        concat!(
            "select id, workspace_id, user_id, reconnects, popup, coexistence, by_hand, stage, steps, findings, hint, problem, connection_id, created_at, updated_at from signups ",
            $rest
        )
    };
}

impl TryFrom<SignupRow> for Signup {
    type Error = StoreError;
    fn try_from(row: SignupRow) -> Result<Self> {
        let mut findings: Findings = serde_json::from_str(&row.findings)?;
        findings.hint = row.hint.as_deref().map(serde_json::from_str).transpose()?;
        Ok(Self {
            id: SignupId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            user: UserId::new(row.user_id),
            reconnects: row.reconnects.map(ConnectionId::new),
            popup: row.popup,
            coexistence: row.coexistence,
            by_hand: row.by_hand,
            stage: Stage::parse(&row.stage)
                .ok_or_else(|| StoreError::Damaged(format!("signup stage {}", row.stage)))?,
            steps: serde_json::from_str(&row.steps)?,
            findings,
            problem: row.problem.as_deref().map(serde_json::from_str).transpose()?,
            connection: row.connection_id.map(ConnectionId::new),
            created_at: Instant(row.created_at),
            updated_at: Instant(row.updated_at),
        })
    }
}

pub struct NewSignup<'a> {
    pub workspace: &'a WorkspaceId,
    pub user: &'a UserId,
    pub session_hash: &'a str,
    /// The value Meta will echo.
    pub state: &'a str,
    pub reconnects: Option<&'a ConnectionId>,
    pub popup: bool,
    pub coexistence: bool,
}

/// A run that begins behind the step `Saved`, as its number is saved.
pub struct RunByHand<'a> {
    pub user: &'a UserId,
    pub steps: &'a [StepRecord],
    pub findings: &'a Findings,
    /// Who asked for it, as the job is told.
    pub asked_by: serde_json::Value,
}

/// What a returning `state` means.
pub enum StateMatch {
    /// It was waiting and is now being exchanged: for this caller alone.
    Taken(Signup),
    /// This session's own, but it came back before: a double callback.
    Again(Signup),
    /// Its two hours are over.
    Late(Signup),
    /// No signup of this session has it.
    Foreign,
}

/// A run that waits for the person keeps its token this long: "no number yet" may take days at Meta.
const UNFINISHED_LIFETIME: i64 = 7 * DAY;

pub(super) fn hash(text: &str) -> String {
    sha256(text.as_bytes())
}

pub(super) fn token_place(id: &str) -> Place<'_> {
    Place("signups", "token", id)
}

fn input_place(id: &str) -> Place<'_> {
    Place("signups", "input", id)
}

/// Writes down, within whatever else is written, a run whose token is known and whose number is saved, and the job that goes on
/// with it. Its id.
macro_rules! insert_run_by_hand {
    ($store:expr, $tx:ident, $run:expr, $workspace:expr, $connection:expr, $token:expr, $now:expr) => {{
        let id = new_id($now);
        let sealed = $store.vault.seal($crate::server::store::signups::token_place(&id), $token)?;
        let (steps, findings) = (serde_json::to_string($run.steps)?, serde_json::to_string($run.findings)?);
        sqlx::query("insert into signups (id, workspace_id, user_id, session_hash, state_hash, popup, coexistence, by_hand, stage, \
            steps, findings, connection_id, token_sealed, created_at, updated_at) \
            values ($1, $2, $3, '', $4, false, false, true, 'running', $5, $6, $7, $8, $9, $9)")
            .bind(&id).bind($workspace).bind($run.user.as_str()).bind($crate::server::store::signups::hash(&id)).bind(steps).bind(findings)
            .bind($connection).bind(sealed).bind($now.0).execute(&mut *$tx).await?;
        let job = NewJob { kind: JobKind::AdvanceSignup, subject: &id, payload: $run.asked_by.clone() };
        insert_job!(&mut *$tx, job, $now)?;
        id
    }};
}
pub(super) use insert_run_by_hand;

/// How many rows were written: none when the stage is another.
macro_rules! write_signup {
    ($db:expr, $signup:expr, $expected:expr, $now:expr) => {
        sqlx::query(
            "update signups set stage = $2, steps = $3, findings = $4, problem = $5, connection_id = $6, updated_at = $7 \
            where id = $1 and stage = $8",
        )
        .bind($signup.id.as_str())
        .bind($signup.stage.as_str())
        .bind(serde_json::to_string(&$signup.steps)?)
        .bind(serde_json::to_string(&$signup.findings)?)
        .bind($signup.problem.as_ref().map(serde_json::to_string).transpose()?)
        .bind($signup.connection.as_ref().map(ConnectionId::as_str))
        .bind($now.0)
        .bind($expected.as_str())
        .execute($db)
        .await?
        .rows_affected()
    };
}

impl Store {
    pub async fn add_signup(&self, new: NewSignup<'_>) -> Result<SignupId> {
        let now = self.now();
        let id = new_id(now);
        change!(self, db => sqlx::query("insert into signups (id, workspace_id, user_id, session_hash, state_hash, reconnects, popup, coexistence, stage, created_at, updated_at) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $9)")
            .bind(&id).bind(new.workspace.as_str()).bind(new.user.as_str()).bind(new.session_hash).bind(hash(new.state))
            .bind(new.reconnects.map(ConnectionId::as_str)).bind(new.popup).bind(new.coexistence).bind(now.0)
            .execute(db).await.map(|_| ()))?;
        Ok(SignupId::new(id))
    }

    /// Uses a state up. Only the first caller gets [`StateMatch::Taken`].
    pub async fn take_state(&self, state: &str, session_hash: &str) -> Result<StateMatch> {
        let now = self.now();
        let state_hash = hash(state);
        let taken = change!(self, db => sqlx::query("update signups set stage = 'exchanging', updated_at = $3 \
            where state_hash = $1 and session_hash = $2 and stage = 'waiting' and created_at > $4")
            .bind(&state_hash).bind(session_hash).bind(now.0).bind(now.plus(-STATE_LIFETIME).0)
            .execute(db).await.map(|done| done.rows_affected()))?;
        let row: Option<SignupRow> = change!(self, db => sqlx::query_as(signups!("where state_hash = $1 and session_hash = $2"))
            .bind(&state_hash).bind(session_hash).fetch_optional(db).await)?;
        let Some(signup) = row.map(Signup::try_from).transpose()? else { return Ok(StateMatch::Foreign) };
        Ok(match (taken, signup.stage_at(now)) {
            (0, Stage::Abandoned) => StateMatch::Late(signup),
            (0, _) => StateMatch::Again(signup),
            _ => StateMatch::Taken(signup),
        })
    }

    /// `None` when there is none, or it belongs to another workspace.
    pub async fn find_signup(&self, workspace: &WorkspaceId, id: &SignupId) -> Result<Option<Signup>> {
        if !is_id(id.as_str()) {
            return Ok(None);
        }
        let row: Option<SignupRow> = read!(self, db => sqlx::query_as(signups!("where id = $1 and workspace_id = $2"))
            .bind(id.as_str()).bind(workspace.as_str()).fetch_optional(db).await)?;
        row.map(Signup::try_from).transpose()
    }

    pub async fn find_any_signup(&self, id: &SignupId) -> Result<Option<Signup>> {
        let row: Option<SignupRow> =
            read!(self, db => sqlx::query_as(signups!("where id = $1")).bind(id.as_str()).fetch_optional(db).await)?;
        row.map(Signup::try_from).transpose()
    }

    pub async fn newest_signup(&self, user: &UserId) -> Result<Option<Signup>> {
        let row: Option<SignupRow> = read!(self, db => sqlx::query_as(signups!("where user_id = $1 order by created_at desc, id desc limit 1"))
            .bind(user.as_str()).fetch_optional(db).await)?;
        row.map(Signup::try_from).transpose()
    }

    /// The newest run that made or revived this connection, or was to reconnect it.
    pub async fn newest_signup_of(&self, connection: &ConnectionId) -> Result<Option<Signup>> {
        let row: Option<SignupRow> = read!(self, db => sqlx::query_as(signups!("where connection_id = $1 or reconnects = $1 order by created_at desc, id desc limit 1"))
            .bind(connection.as_str()).fetch_optional(db).await)?;
        row.map(Signup::try_from).transpose()
    }

    /// Whether a job is carrying on a run of this connection at this moment.
    pub async fn is_being_connected(&self, connection: &ConnectionId) -> Result<bool> {
        let running: i64 = read!(self, db => sqlx::query_scalar("select count(*) from signups s join jobs j on j.subject = s.id \
            where s.connection_id = $1 and j.kind = 'advance_signup' and j.state = 'running' and j.leased_until > $2")
            .bind(connection.as_str()).bind(self.now().0).fetch_one(db).await)?;
        Ok(running > 0)
    }

    /// Writes the run down as it now is, and forgets the token of one that is over: saved elsewhere by then, or of no use.
    /// `expected` guards against two writers: `false` when the stored stage differs.
    pub async fn update_signup(&self, signup: &Signup, expected: Stage) -> Result<bool> {
        let now = self.now();
        Ok(transaction!(self, tx => {
            let written = write_signup!(&mut *tx, signup, expected, now) > 0;
            if written && signup.stage.is_over() {
                sqlx::query("update signups set token_sealed = null, input_sealed = null where id = $1")
                    .bind(signup.id.as_str()).execute(&mut *tx).await?;
            }
            written
        }))
    }

    /// The same, together with the job that goes on from there and, straight after the exchange, the token: a crash
    /// leaves all of it or nothing.
    pub async fn go_on_with_signup(
        &self,
        signup: &Signup,
        expected: Stage,
        token: Option<&SecretString>,
        job: NewJob<'_>,
    ) -> Result<bool> {
        let (now, id) = (self.now(), signup.id.as_str());
        let sealed = token.map(|token| self.vault.seal(token_place(id), token)).transpose()?;
        let written = transaction!(self, tx => {
            let written = write_signup!(&mut *tx, signup, expected, now) > 0;
            if written {
                sqlx::query("update signups set token_sealed = coalesce($2, token_sealed) where id = $1")
                    .bind(id).bind(sealed.as_deref()).execute(&mut *tx).await?;
                insert_job!(&mut *tx, job, now)?;
            }
            written
        });
        self.note_job();
        Ok(written)
    }

    /// Keeps what the browser heard. In a column of its own: it may come at any moment, also while the job writes.
    pub async fn put_signup_hint(&self, id: &SignupId, hint: &Hint) -> Result<()> {
        let hint = serde_json::to_string(hint)?;
        change!(self, db => sqlx::query("update signups set hint = $2 where id = $1")
            .bind(id.as_str()).bind(hint).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    pub async fn open_signup_token(&self, id: &SignupId) -> Result<Option<SecretString>> {
        let sealed: Option<Option<Vec<u8>>> = read!(self, db => sqlx::query_scalar("select token_sealed from signups where id = $1").bind(id.as_str()).fetch_optional(db).await)?;
        Ok(sealed.flatten().map(|sealed| self.vault.open(token_place(id.as_str()), &sealed)).transpose()?)
    }

    /// A PIN or code that the person entered, until the job has used it.
    pub async fn put_signup_input(&self, id: &SignupId, input: Option<&SecretString>) -> Result<()> {
        let sealed = input.map(|input| self.vault.seal(input_place(id.as_str()), input)).transpose()?;
        change!(self, db => sqlx::query("update signups set input_sealed = $2 where id = $1").bind(id.as_str()).bind(sealed).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    pub async fn open_signup_input(&self, id: &SignupId) -> Result<Option<SecretString>> {
        let sealed: Option<Option<Vec<u8>>> = read!(self, db => sqlx::query_scalar("select input_sealed from signups where id = $1").bind(id.as_str()).fetch_optional(db).await)?;
        Ok(sealed.flatten().map(|sealed| self.vault.open(input_place(id.as_str()), &sealed)).transpose()?)
    }

    /// Writes down what time alone has decided: unanswered runs are abandoned, cut-off exchanges failed, their secrets erased.
    pub async fn close_overdue_signups(&self) -> Result<()> {
        let now = self.now();
        change!(self, db => sqlx::query(concat!("update signups set stage = 'abandoned', token_sealed = null, input_sealed = null, updated_at = $1 \
            where (stage = 'waiting' and updated_at < $2) or (", asks!(), " and updated_at < $3)"))
            .bind(now.0).bind(now.plus(-STATE_LIFETIME).0).bind(now.plus(-UNFINISHED_LIFETIME).0)
            .execute(db).await.map(|_| ()))?;
        self.fail_exchanges(now.plus(-EXCHANGE_LIMIT)).await
    }

    /// Exchanges that began before `before` will not end any more.
    pub(super) async fn fail_exchanges(&self, before: Instant) -> Result<()> {
        let problem = serde_json::to_string(&cut_off())?;
        change!(self, db => sqlx::query("update signups set stage = 'failed', problem = $3, token_sealed = null, input_sealed = null, updated_at = $1 \
            where stage = 'exchanging' and updated_at < $2")
            .bind(self.now().0).bind(before.0).bind(problem).execute(db).await.map(|_| ()))?;
        Ok(())
    }
}
