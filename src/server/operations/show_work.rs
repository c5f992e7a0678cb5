//! How receiving and understanding go: for a probe, and for whoever looks after the installation.

use super::pulse::Refused;
use super::{Failure, Services};
use crate::domain::instant::{Instant, MINUTE};
use crate::server::store::StoreError;
use std::time::Duration;
use tokio::time::timeout;

/// Whoever watches asks for as long as ten seconds, and a stopped database is waited for longer than that.
const PATIENCE: Duration = Duration::from_secs(3);
/// What has waited longer to be understood is more than a burst being worked off. As in `deploy/alerts.yml`.
const WAITS_AT_MOST: i64 = 5 * MINUTE;

/// One part's state, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    Ok,
    /// Works, but somebody should look.
    Attention,
    Failing,
}

impl PartState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Attention => "attention",
            Self::Failing => "failing",
        }
    }
}

/// The parts that a delivery passes, in this order.
#[derive(Debug, Clone, Copy)]
pub struct Health {
    /// The secret that proves deliveries to the shared address is known.
    pub signature: PartState,
    /// Deliveries reach the disk.
    pub intake: PartState,
    pub database: PartState,
    /// Deliveries become events, and none waits long for it, whichever node's turn it is.
    pub interpreter: PartState,
    /// What Greentick sends goes out; not so after a restore, until somebody resumes.
    pub effects: PartState,
    /// Backups by themselves, where they are wanted, succeed.
    pub backups: PartState,
}

impl Health {
    pub fn worst(&self) -> PartState {
        let parts = [self.signature, self.intake, self.database, self.interpreter, self.effects, self.backups];
        match () {
            () if parts.contains(&PartState::Failing) => PartState::Failing,
            () if parts.contains(&PartState::Attention) => PartState::Attention,
            () => PartState::Ok,
        }
    }
}

/// What the database says; `None` where it fails, or does not answer in time for whoever watches.
async fn in_time<T>(asked: impl Future<Output = Result<T, Failure>>) -> Option<T> {
    match timeout(PATIENCE, asked).await {
        Ok(Ok(told)) => Some(told),
        Ok(Err(error)) => {
            tracing::warn!(?error, "the database could not be asked how things stand");
            None
        }
        Err(_) => {
            tracing::warn!("the database does not say in time how things stand");
            None
        }
    }
}

/// What one question of several brought.
fn known<T>(what: &str, asked: Result<T, StoreError>) -> Option<T> {
    asked.inspect_err(|error| tracing::warn!(%error, "{what} cannot be read")).ok()
}

pub async fn is_database_up(services: &Services) -> bool {
    in_time(async { Ok(services.store.ping().await?) }).await.is_some()
}

pub async fn show_health(services: &Services) -> Health {
    let state = |bad: bool, then: PartState| if bad { then } else { PartState::Ok };
    let store = &services.store;
    let told = in_time(async {
        store.ping().await?;
        let paused = known("whether sending is paused", services.effects_paused().await);
        let record = known("how the backups go", store.find_backup_record().await);
        Ok((paused, record, known("how long deliveries wait", store.find_oldest_waiting().await)))
    });
    let told = told.await;
    let answers = told.is_some();
    let (paused, record, oldest) = told.unwrap_or_default();
    // What nobody knows is not well.
    let backups_fail = record.is_none_or(|record| record.failure.is_some());
    let (now, pulse) = (services.clock.now(), &services.pulse);
    let is_late = |oldest: Option<Instant>| oldest.is_some_and(|at| at.plus(WAITS_AT_MOST) < now);
    Health {
        signature: state(services.installation_app(None).is_none(), PartState::Attention),
        intake: state(services.intake.is_failing(), PartState::Failing),
        database: state(!answers, PartState::Failing),
        // What is kept can be understood later.
        interpreter: state(pulse.is_stuck() || oldest.is_none_or(is_late), PartState::Attention),
        effects: state(paused != Some(false), PartState::Attention),
        backups: state(services.backups.is_some() && backups_fail, PartState::Attention),
    }
}

/// Counts of this moment. `per_minute` is of this process, and `received` and `refused` are too, since its start: on Postgres
/// one node at a time understands, and each receives.
#[derive(Debug)]
pub struct Work {
    pub queued: i64,
    pub oldest_seconds: i64,
    pub per_minute: u64,
    pub failed: i64,
    pub dead: i64,
    pub received: u64,
    pub refused: Vec<(Refused, u64)>,
}

pub async fn show_work(services: &Services) -> Result<Work, Failure> {
    let (now, counts) = (services.clock.now(), services.store.count_deliveries().await?);
    Ok(Work {
        queued: counts.queued,
        oldest_seconds: counts.oldest.map_or(0, |at| (now.0 - at.0).max(0) / 1_000),
        per_minute: services.pulse.understood_a_minute(now),
        failed: counts.failed,
        dead: counts.dead,
        received: services.intake.kept(),
        refused: services.pulse.all_refused().to_vec(),
    })
}

/// How things stand, for whoever watches the installation from outside.
#[derive(Debug)]
pub struct Moment {
    /// `None` while the database does not answer.
    pub rows: Option<Rows>,
    pub intake_failing: bool,
    /// Deliveries kept since the start.
    pub received: u64,
}

/// What the database knows of it.
#[derive(Debug)]
pub struct Rows {
    pub work: Work,
    /// Numbers that are connected.
    pub connected: i64,
    /// Of these, with a token that Meta no longer accepts.
    pub tokens_dead: i64,
    /// Background jobs that should have begun.
    pub jobs_due: i64,
    /// Background jobs that were given up.
    pub jobs_dead: i64,
    /// Requests to Forwards that wait.
    pub forwards_waiting: i64,
    /// Requests to Forwards that were given up.
    pub forwards_dead: i64,
    /// Forwards that were switched off for failing.
    pub forwards_disabled: i64,
    /// Nothing goes out, after a restore.
    pub paused: bool,
    /// When the newest backup was made.
    pub backup_at: Option<Instant>,
}

/// Answers while the database does not, too.
pub async fn show_moment(services: &Services) -> Moment {
    let rows = in_time(show_rows(services)).await;
    Moment { rows, intake_failing: services.intake.is_failing(), received: services.intake.kept() }
}

async fn show_rows(services: &Services) -> Result<Rows, Failure> {
    let store = &services.store;
    let (connected, tokens_dead) = store.count_connected().await?;
    let (jobs_due, jobs_dead) = store.count_jobs().await?;
    let (forwards_waiting, forwards_dead, forwards_disabled) = store.count_forwarding().await?;
    Ok(Rows {
        work: show_work(services).await?,
        connected,
        tokens_dead,
        jobs_due,
        jobs_dead,
        forwards_waiting,
        forwards_dead,
        forwards_disabled,
        paused: services.effects_paused().await?,
        backup_at: store.find_backup_record().await?.made.map(|made| made.at),
    })
}
