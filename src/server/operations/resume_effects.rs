//! What rests after a backup was restored, and how it goes on.

use super::back_up_regularly::only_the_first;
use super::{Failure, Services};
use crate::domain::backups::Pause;
use crate::domain::ids::WorkspaceId;
use crate::domain::problem::Problem;
use crate::server::store::{Actor, StoreError};
use serde_json::json;

impl Services {
    /// After a backup was restored nothing goes out until an admin resumes: no message, no forward, no answer, no alert. What
    /// would be sent may have been sent long ago.
    pub async fn effects_paused(&self) -> Result<bool, StoreError> {
        Ok(self.store.find_pause().await?.is_some())
    }

    /// A press that changes something at Meta at once waits for Resume like everything else.
    pub(super) async fn refuse_while_paused(&self) -> Result<(), Failure> {
        match self.effects_paused().await? {
            true => Err(Problem::effects_paused().into()),
            false => Ok(()),
        }
    }

    /// For pages: whoever may resume is told of the pause.
    pub async fn pause_to_end(&self, workspace: &WorkspaceId) -> Result<Option<Pause>, StoreError> {
        match self.store.find_pause().await? {
            Some(pause) if self.store.is_first_workspace(workspace).await? => Ok(Some(pause)),
            _ => Ok(None),
        }
    }
}

/// From now on everything goes out again. What waited goes first.
pub async fn resume_effects(services: &Services, actor: &Actor) -> Result<(), Failure> {
    only_the_first(services, &actor.workspace).await?;
    let pause = services.store.find_pause().await?;
    if services.store.end_pause().await? {
        let before =
            pause.map(|pause| json!({"pausedSince": pause.since.rfc3339(), "backupOf": pause.backup_of.rfc3339()}));
        services.store.add_audit(actor, "effects_resumed", None, before, None).await?;
    }
    Ok(())
}
