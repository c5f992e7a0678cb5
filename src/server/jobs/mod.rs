//! Background work: takes jobs from the database, one at a time per worker, and tries again on a named schedule.

mod forwarder;
mod interpreter;
mod purger;
mod schedule;

use crate::domain::connection::{Action, Connection, Outcome};
use crate::domain::ids::{ConnectionId, DraftId, SignupId, UserId, WorkspaceId};
use crate::domain::instant::{DAY, MINUTE, SECOND};
use crate::domain::problem::Problem;
use crate::server::operations::ask_address::ask_address_of;
use crate::server::operations::back_up_regularly::back_up_when_due;
use crate::server::operations::check_connection::{check_connection, conclude, enqueue_due_checks};
use crate::server::operations::connect_number::{break_off, connect_number};
use crate::server::operations::disconnect_number::release_number;
use crate::server::operations::draft_entry::{give_up, judge_entry};
use crate::server::operations::erase_person::erase;
use crate::server::operations::forward_events::tidy_forwards;
use crate::server::operations::pulse::JobEnd;
use crate::server::operations::refresh_token::refresh_token;
use crate::server::operations::replay_deliveries::replay_deliveries;
use crate::server::operations::subscribe_app::subscribe_app;
use crate::server::operations::{Failure, Progress, Services};
use crate::server::store::{Actor, Job, JobKind, Store, new_id};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Jobs at work at the same time. They mostly wait for Meta.
const WORKERS: usize = 8;
/// Jobs of other nodes, and those that become due by time alone, are noticed within this.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often a worker says that it is still alive; a third of the lease.
const RENEW_EVERY: Duration = Duration::from_secs(20);
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
const BEGIN_AGAIN: Duration = Duration::from_secs(1);
const LOOK_FOR_BACKUPS: Duration = Duration::from_secs(30);
const TIDY_EVERY: Duration = Duration::from_secs(10);
/// Finished jobs are kept this long for whoever looks into something.
const KEEP_FINISHED: i64 = 7 * DAY;

/// Runs until `stop` changes; a job that is under way is finished first.
pub async fn run(services: Services, stop: watch::Receiver<bool>) {
    if let Err(error) = services.store.take_over_from_a_dead_process().await {
        tracing::error!(%error, "the jobs of the last run could not be released");
    }
    let node = new_id(services.clock.now());
    let mut parts = Parts { services, stop, running: JoinSet::new() };
    for number in 0..WORKERS {
        let worker = format!("{node}/{number}");
        parts.begin("jobs", move |services, stop| work(services, worker.clone(), stop));
    }
    let named = || node.clone();
    let (interpreter, purger, keeper, sender) = (named(), named(), named(), named());
    parts.begin("interpreter", move |services, stop| interpreter::interpret(services, interpreter.clone(), stop));
    parts.begin("purger", move |services, stop| purger::purge(services, purger.clone(), stop));
    parts.begin("other nodes", |services, stop| hear_other_nodes(services.store, stop));
    if parts.services.backups.is_some() {
        parts.begin("backups", move |services, stop| back_up(services, keeper.clone(), stop));
    }
    parts.begin("forwarder", move |services, stop| forwarder::forward(services, sender.clone(), stop));
    parts.begin("tidying", tidy);
    parts.running.join_all().await;
}

/// What runs in the background, each beside the others until `stop` changes.
struct Parts {
    services: Services,
    stop: watch::Receiver<bool>,
    running: JoinSet<()>,
}

impl Parts {
    fn begin<F>(&mut self, name: &'static str, part: impl Fn(Services, watch::Receiver<bool>) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (services, stop) = (self.services.clone(), self.stop.clone());
        let begin = {
            let stop = stop.clone();
            move || part(services.clone(), stop.clone())
        };
        self.running.spawn(keep_running(name, stop, begin));
    }
}

/// Begins a part again when a fault of ours broke it off: nothing that was received may wait for a restart.
async fn keep_running<F: Future<Output = ()>>(
    name: &'static str,
    mut stop: watch::Receiver<bool>,
    begin: impl Fn() -> F,
) {
    while AssertUnwindSafe(begin()).catch_unwind().await.is_err() {
        tracing::error!(part = name, "a part of the background work broke off; it begins again in a moment");
        if timeout(BEGIN_AGAIN, stop.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}

/// Until `stop` changes. What is not heard is noticed a little later.
async fn hear_other_nodes(store: Store, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let ended = tokio::select! {
            ended = store.hear_other_nodes() => ended,
            _ = stop.changed() => return,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, "other nodes cannot be heard; it is tried again");
        }
        let _ = timeout(LISTEN_AGAIN, stop.changed()).await;
    }
}

async fn work(services: Services, worker: String, mut stop: watch::Receiver<bool>) {
    let mut moved = services.store.watch_jobs();
    while !*stop.borrow() {
        moved.borrow_and_update();
        match services.store.take_job(&worker).await {
            Ok(Some(job)) => perform(&services, &worker, &job).await,
            Ok(None) => {
                tokio::select! {
                    _ = timeout(LOOK_EVERY, moved.changed()) => {}
                    _ = stop.changed() => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "no job could be taken");
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }
}

async fn perform(services: &Services, worker: &str, job: &Job) {
    let (done, renewal) = (run_job(services, job), renew(services, worker, job));
    let result = tokio::select! {
        result = done => result,
        // Another worker has it now; what this one would still do would come twice.
        () = renewal => return,
    };
    services.pulse.note_job(end_of(&result));
    let written = match result {
        Ok(Progress::Settled) => services.store.finish_job(&job.id, worker).await,
        Ok(Progress::Later(problem)) => postpone(services, worker, job, &problem.code).await,
        Err(Failure::Shown(problem)) => {
            tracing::warn!(job = %job.id, kind = job.kind.as_str(), problem = %problem.code, "a job ended with a problem");
            conclude_failed(services, job, *problem).await;
            services.store.finish_job(&job.id, worker).await
        }
        Err(Failure::Unexpected(error)) => {
            tracing::error!(job = %job.id, kind = job.kind.as_str(), %error, "a job failed");
            if schedule::pause(job.kind, job.attempts).is_none() {
                conclude_failed(services, job, Problem::unexpected(job.id.as_str())).await;
            }
            postpone(services, worker, job, &error.to_string()).await
        }
    };
    if let Err(error) = written {
        tracing::error!(job = %job.id, %error, "the end of a job could not be written down; it will run again");
    }
}

fn end_of(result: &Result<Progress, Failure>) -> JobEnd {
    match result {
        Ok(Progress::Settled) => JobEnd::Done,
        Ok(Progress::Later(_)) => JobEnd::Postponed,
        Err(Failure::Shown(_)) => JobEnd::Refused,
        Err(Failure::Unexpected(_)) => JobEnd::Failed,
    }
}

async fn postpone(
    services: &Services,
    worker: &str,
    job: &Job,
    error: &str,
) -> Result<(), crate::server::store::StoreError> {
    let pause = schedule::pause(job.kind, job.attempts);
    let run_at = pause.map(|pause| services.clock.now().plus(pause));
    services.store.postpone_job(&job.id, worker, error, run_at).await
}

/// Ends only when the lease is lost.
async fn renew(services: &Services, worker: &str, job: &Job) {
    loop {
        tokio::time::sleep(RENEW_EVERY).await;
        if let Ok(false) = services.store.renew_lease(&job.id, worker).await {
            tracing::warn!(job = %job.id, "the lease was lost");
            return;
        }
    }
}

async fn run_job(services: &Services, job: &Job) -> Result<Progress, Failure> {
    let last_try = schedule::pause(job.kind, job.attempts).is_none();
    let flag = |name: &str| job.payload.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false);
    let connection = ConnectionId::new(job.subject.clone());
    match job.kind {
        JobKind::AdvanceSignup => {
            let signup = SignupId::new(job.subject.clone());
            let Some(found) = services.store.find_any_signup(&signup).await? else { return Ok(Progress::Settled) };
            connect_number(services, &actor(job, &found.workspace), &signup, last_try).await
        }
        JobKind::CheckConnection => {
            check_connection(services, &connection).await?;
            Ok(Progress::Settled)
        }
        JobKind::RefreshToken => {
            let Some(stored) = services.store.find_any_connection(&connection).await? else {
                return Ok(Progress::Settled);
            };
            let last_try = last_try || has_waited(services, &stored.connection);
            refresh_token(services, &actor(job, &stored.connection.workspace), &connection, last_try).await
        }
        JobKind::ReleaseNumber => release_number(services, &connection, flag("deregister"), last_try).await,
        JobKind::SubscribeApp => {
            let Some(stored) = services.store.find_any_connection(&connection).await? else {
                return Ok(Progress::Settled);
            };
            let last_try = last_try || has_waited(services, &stored.connection);
            let actor = actor(job, &stored.connection.workspace);
            subscribe_app(services, &actor, &stored, flag("replace"), last_try).await
        }
        JobKind::AskAddress => {
            ask_address_of(services, &connection).await?;
            Ok(Progress::Settled)
        }
        JobKind::JudgeEntry => {
            let id = DraftId::new(job.subject.clone());
            let Some(draft) = services.store.find_any_draft(&id).await? else { return Ok(Progress::Settled) };
            let user = UserId::new(job.payload.get("user").and_then(|user| user.as_str()).unwrap_or_default());
            let actor = Actor { user: Some(user.clone()), ..actor(job, &draft.workspace) };
            judge_entry(services, &actor, &user, &id).await?;
            Ok(Progress::Settled)
        }
        JobKind::ReplayDeliveries => replay_deliveries(services, &job.subject).await,
        JobKind::ErasePerson => erase(services, &job.subject).await,
    }
}

/// A slow Meta makes each try long: whoever pressed the button a minute ago gets the answer of this one.
fn has_waited(services: &Services, connection: &Connection) -> bool {
    let begun = connection.activity.as_ref().filter(|activity| activity.outcome == Outcome::Running);
    begun.is_some_and(|activity| services.clock.now().since(activity.started_at) >= MINUTE)
}

/// Whoever asked for the job, for the audit trail.
fn actor(job: &Job, workspace: &WorkspaceId) -> Actor {
    let text = |name: &str| job.payload.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    Actor {
        workspace: workspace.clone(),
        user: None,
        name: text("actor").unwrap_or_else(|| "Greentick".to_owned()),
        address: text("address"),
    }
}

/// A page must not say "Refreshing…" for ever because its job could not even begin.
async fn conclude_failed(services: &Services, job: &Job, problem: Problem) {
    let id = ConnectionId::new(job.subject.clone());
    let failed = Outcome::Failed { problem: problem.clone() };
    let written = match job.kind {
        JobKind::AdvanceSignup => break_off(services, &SignupId::new(job.subject.clone()), problem).await,
        JobKind::CheckConnection => conclude(services, &id, Action::Check, failed).await,
        JobKind::RefreshToken => conclude(services, &id, Action::Refresh, failed).await,
        JobKind::ReleaseNumber => conclude(services, &id, Action::Disconnect, failed).await,
        JobKind::SubscribeApp => conclude(services, &id, Action::Subscribe, failed).await,
        JobKind::AskAddress => conclude(services, &id, Action::AskAddress, failed).await,
        JobKind::JudgeEntry => give_up(services, &DraftId::new(job.subject.clone()), problem).await,
        JobKind::ReplayDeliveries => services.store.finish_replay(&job.subject, true).await.map_err(Failure::from),
        // Tried until it is done, so it has no end to write down.
        JobKind::ErasePerson => Ok(()),
    };
    if let Err(error) = written {
        tracing::error!(job = %job.id, ?error, "how it ended could not be written down");
    }
}

/// Looks whether a backup is due. One that is under way when it is time to stop is broken off: it leaves nothing behind that
/// counts as a backup.
async fn back_up(services: Services, node: String, mut stop: watch::Receiver<bool>) {
    let mut ticks = interval(LOOK_FOR_BACKUPS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut just_started = true;
    loop {
        let round = async {
            ticks.tick().await;
            back_up_when_due(&services, &node, std::mem::take(&mut just_started)).await
        };
        tokio::select! {
            done = round => {
                if let Err(error) = done {
                    tracing::error!(?error, "whether a backup is due could not be read");
                }
            }
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Enqueues checks that are due and removes what nobody needs any more.
async fn tidy(services: Services, mut stop: watch::Receiver<bool>) {
    let mut ticks = interval(TIDY_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.changed() => return,
        }
        if let Err(error) = tidy_once(&services).await {
            tracing::error!(?error, "tidying up failed; it is tried again in {} s", TIDY_EVERY.as_secs());
        }
    }
}

async fn tidy_once(services: &Services) -> Result<(), Failure> {
    services.read_meta_app().await?;
    enqueue_due_checks(services).await?;
    services.store.close_overdue_signups().await?;
    services.store.purge_login_traces().await?;
    services.store.purge_drafts().await?;
    services.store.purge_replaced_tokens().await?;
    let before = services.clock.now().plus(-KEEP_FINISHED);
    services.store.purge_jobs(before).await?;
    tidy_forwards(services).await?;
    Ok(())
}

/// Pauses are in milliseconds; named here so that the schedule reads in seconds.
const fn seconds(count: i64) -> i64 {
    count * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_part_that_breaks_off_begins_again_until_it_ends_or_all_stop() {
        let (stop, stopped) = watch::channel(false);
        let begun = Arc::new(AtomicU32::new(0));
        let breaks_off = |times: u32| {
            let begun = begun.clone();
            move || {
                let count = begun.fetch_add(1, Ordering::Relaxed) + 1;
                async move { assert!(count > times, "a fault of ours") }
            }
        };
        keep_running("part", stopped.clone(), breaks_off(2)).await;
        assert_eq!(begun.swap(0, Ordering::Relaxed), 3);
        stop.send_replace(true);
        keep_running("part", stopped, breaks_off(u32::MAX)).await;
        assert_eq!(begun.load(Ordering::Relaxed), 1);
    }
}
