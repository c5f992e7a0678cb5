//! Settings › Backups, and going on after one was restored. Admins of the installation only.

pub use crate::domain::backups::{BackupMade, BackupPlan, BackupsPage, size_in_words};
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {
    super::gate,
    crate::server::operations::{back_up_regularly::show_backups, resume_effects},
};

#[server(prefix = "/_fn", endpoint = "find_backups")]
pub async fn find_backups() -> Result<BackupsPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(show_backups(&services, &who.user.workspace).await?)
    })
    .await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "resume_effects")]
pub async fn resume() -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        resume_effects::resume_effects(&services, &who.actor()).await?;
        gate::back_to("/settings/backups");
        Ok(())
    })
    .await
}
