//! Understanding deliveries once more: after a number was connected later than its messages came, or after an update.
//! Harmless, since an event is known by what Meta says: what is there already is not kept twice.

use super::understand_deliveries::understand_again;
use super::{Failure, Progress, Services, wait};
use crate::domain::ids::{ConnectionId, WorkspaceId};
use crate::domain::instant::{DAY, Instant, MINUTE};
use crate::domain::messages::ReplayPage;
use crate::domain::problem::Problem;
use crate::server::store::{Actor, JobKind, NewJob, NewReplay, Whose};
use serde_json::json;
use std::time::Duration;

/// Deliveries read at once.
const STRIDE: i64 = 40;
/// So often, before the job makes room for others and for a stop of the server.
const STRIDES: usize = 20;
/// What comes in goes first.
const REST: Duration = Duration::from_millis(200);
/// Longest time that is replayed in one go.
const MOST_DAYS: i64 = 31;
const SHOWN: i64 = 10;

/// The delivery that an event came with; the replay's id.
pub async fn replay_event(services: &Services, actor: &Actor, event: &str) -> Result<String, Failure> {
    let workspace = &actor.workspace;
    let found = services.store.find_event(workspace, event).await?.ok_or_else(Problem::not_found)?;
    let delivery = services.store.find_delivery_of(workspace, event).await?.ok_or_else(Problem::not_found)?;
    let new =
        NewReplay { workspace, actor: &actor.name, deliveries: (delivery, delivery), range: None, only_foreign: false };
    begin(services, actor, Some(&found.connection), new, json!({"event": event})).await
}

/// What came between two times, both included.
pub async fn replay_range(services: &Services, actor: &Actor, from: &str, to: &str) -> Result<String, Failure> {
    let read = |field: &str, text: &str| {
        Instant::parse_minute(text)
            .ok_or_else(|| Problem::invalid(field, "a date and a time, such as 2026-11-20T14:00"))
    };
    let (from, to) = (read("From", from)?, read("To", to)?);
    if from.0 > to.0 {
        return Err(Problem::invalid("To", "not before the beginning").into());
    }
    if to.since(from) > MOST_DAYS * DAY {
        return Err(Problem::invalid("To", &format!("at most {MOST_DAYS} days after the beginning")).into());
    }
    // The last minute is meant whole.
    let range = (from, to.plus(MINUTE - 1));
    let Some(deliveries) = services.store.find_deliveries_between(range.0, range.1).await? else {
        return Err(Problem::invalid("From", "Meta sent nothing in this time, or it is no longer kept").into());
    };
    let new = NewReplay {
        workspace: &actor.workspace,
        actor: &actor.name,
        deliveries,
        range: Some(range),
        only_foreign: false,
    };
    let told = json!({"from": from.rfc3339(), "to": to.rfc3339()});
    begin(services, actor, None, new, told).await
}

/// One that nobody could read, for example after an update.
pub async fn replay_laid_aside(services: &Services, actor: &Actor, delivery: i64) -> Result<String, Failure> {
    let workspace = &actor.workspace;
    if !services.store.is_laid_aside(whose(services, workspace).await?, delivery).await? {
        return Err(Problem::not_found().into());
    }
    let new =
        NewReplay { workspace, actor: &actor.name, deliveries: (delivery, delivery), range: None, only_foreign: false };
    begin(services, actor, None, new, json!({"delivery": delivery})).await
}

/// What came to the address that all share, and nobody can read, is anybody's: only whoever runs the installation sees it.
async fn whose<'a>(services: &Services, workspace: &'a WorkspaceId) -> Result<Whose<'a>, Failure> {
    Ok(Whose { workspace, shared: services.store.is_first_workspace(workspace).await? })
}

/// Once a number is connected: what has come for no number here may be for this one.
pub async fn replay_foreign(services: &Services, workspace: &WorkspaceId) -> Result<(), Failure> {
    let Some(deliveries) = services.store.find_foreign_deliveries().await? else { return Ok(()) };
    let new = NewReplay { workspace, actor: "Greentick", deliveries, range: None, only_foreign: true };
    services.store.add_replay(new).await?;
    Ok(())
}

async fn begin(
    services: &Services,
    actor: &Actor,
    connection: Option<&ConnectionId>,
    new: NewReplay<'_>,
    told: serde_json::Value,
) -> Result<String, Failure> {
    let replay = services.store.add_replay(new).await?;
    services.store.add_audit(actor, "deliveries_replayed", connection, None, Some(told)).await?;
    wait::for_replay(services, &actor.workspace, &replay).await?;
    Ok(replay)
}

pub async fn show_replays(services: &Services, workspace: &WorkspaceId) -> Result<ReplayPage, Failure> {
    let replays = services.store.list_replays(workspace, SHOWN).await?;
    let laid_aside = services.store.list_laid_aside(whose(services, workspace).await?, SHOWN).await?;
    Ok(ReplayPage { now: services.clock.now(), kept_days: services.keeping.delivery_days, replays, laid_aside })
}

/// The job: as far as it comes in one turn. What is left is a job again, so that it survives a stop at any time.
pub async fn replay_deliveries(services: &Services, replay: &str) -> Result<Progress, Failure> {
    let store = &services.store;
    for _ in 0..STRIDES {
        let kept = services.intake.kept();
        let Some((workspace, deliveries)) = store.list_deliveries_to_replay(replay, STRIDE).await? else {
            return Ok(Progress::Settled);
        };
        let Some(last) = deliveries.last().map(|delivery| delivery.id) else {
            store.finish_replay(replay, false).await?;
            return Ok(Progress::Settled);
        };
        let found = understand_again(services, &deliveries).await?;
        let found = found.get(&workspace).copied().unwrap_or_default();
        store.advance_replay(replay, last, deliveries.len(), found).await?;
        if services.intake.kept() != kept {
            tokio::time::sleep(REST).await;
        }
    }
    store.add_job(NewJob { kind: JobKind::ReplayDeliveries, subject: replay, payload: json!({}) }).await?;
    Ok(Progress::Settled)
}
