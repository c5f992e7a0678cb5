//! Waiting a moment for background work, so that the usual case answers with its result.

use super::{Failure, Services};
use crate::domain::connection::Outcome;
use crate::domain::ids::{ConnectionId, DraftId, SignupId, WorkspaceId};
use crate::server::store::StoreError;
use std::time::Duration;
use tokio::time::timeout;

/// How long a callback waits for its signup (design §4).
pub const FOR_A_SIGNUP: Duration = Duration::from_secs(5);
/// How long a button's answer waits for its job.
pub const FOR_AN_ACTION: Duration = Duration::from_secs(2);
/// Jobs may run on another node, whose end is not announced here.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

async fn until<F>(services: &Services, limit: Duration, settled: impl Fn() -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let mut jobs = services.store.watch_jobs();
    let waiting = async {
        while !settled().await? {
            // Either way it is time to look; a closed channel means the server is stopping.
            let _ = timeout(LOOK_AGAIN, jobs.changed()).await;
        }
        Ok::<_, StoreError>(())
    };
    // Running out of patience is no failure: the page shows the progress.
    Ok(timeout(limit, waiting).await.unwrap_or(Ok(()))?)
}

/// Until the signup is over or asks the person something.
pub async fn for_signup(services: &Services, signup: &SignupId) -> Result<(), Failure> {
    until(services, FOR_A_SIGNUP, || async {
        Ok(services.store.find_any_signup(signup).await?.is_none_or(|signup| !signup.stage.is_working()))
    })
    .await
}

/// Until the connection's last action has an outcome.
pub async fn for_action(services: &Services, connection: &ConnectionId) -> Result<(), Failure> {
    until(services, FOR_AN_ACTION, || async {
        let stored = services.store.find_any_connection(connection).await?;
        let activity = stored.and_then(|stored| stored.connection.activity);
        Ok(activity.is_none_or(|activity| activity.outcome != Outcome::Running))
    })
    .await
}

/// Until a draft has been judged.
pub async fn for_draft(services: &Services, draft: &DraftId) -> Result<(), Failure> {
    until(services, FOR_A_SIGNUP, || super::draft_entry::is_judged(services, draft)).await
}

/// Until deliveries have been understood once more.
pub async fn for_replay(services: &Services, workspace: &WorkspaceId, replay: &str) -> Result<(), Failure> {
    until(services, FOR_AN_ACTION, || async {
        let found = services.store.find_replay(workspace, replay).await?;
        Ok(found.is_none_or(|replay| replay.finished_at.is_some()))
    })
    .await
}

/// Until a person's data has been erased.
pub async fn for_erasure(services: &Services, workspace: &WorkspaceId, erasure: &str) -> Result<(), Failure> {
    until(services, FOR_AN_ACTION, || async {
        let found = services.store.find_erasure(workspace, erasure).await?;
        Ok(found.is_none_or(|erasure| erasure.finished_at.is_some()))
    })
    .await
}
