//! The installation's Meta app as entered on its settings page.

use super::{Result, Store};
use crate::domain::ids::WorkspaceId;
use crate::server::vault::Place;
use secrecy::SecretString;

const APP_ID: &str = "meta_app_id";
const APP_SECRET: &str = "meta_app_secret";
const CONFIG_ID: &str = "meta_config_id";

/// What was entered; each part may be missing.
#[derive(Default)]
pub struct StoredMetaApp {
    pub app_id: Option<String>,
    pub app_secret: Option<SecretString>,
    pub config_id: Option<String>,
}

fn place() -> Place<'static> {
    Place("installation", "sealed", APP_SECRET)
}

impl Store {
    pub async fn find_meta_app(&self) -> Result<StoredMetaApp> {
        let rows: Vec<(String, Option<String>, Option<Vec<u8>>)> = read!(self, db => sqlx::query_as(
            "select name, value, sealed from installation where name in ($1, $2, $3)")
            .bind(APP_ID).bind(APP_SECRET).bind(CONFIG_ID).fetch_all(db).await)?;
        let mut found = StoredMetaApp::default();
        for (name, value, sealed) in rows {
            match name.as_str() {
                APP_ID => found.app_id = value,
                CONFIG_ID => found.config_id = value,
                _ => found.app_secret = sealed.map(|sealed| self.vault.open(place(), &sealed)).transpose()?,
            }
        }
        Ok(found)
    }

    /// Replaces all three at once.
    pub async fn put_meta_app(&self, app: &StoredMetaApp) -> Result<()> {
        let sealed = app.app_secret.as_ref().map(|secret| self.vault.seal(place(), secret)).transpose()?;
        let rows = [
            (APP_ID, app.app_id.as_deref(), None),
            (CONFIG_ID, app.config_id.as_deref(), None),
            (APP_SECRET, None, sealed.as_deref()),
        ];
        transaction!(self, tx => for (name, value, sealed) in rows {
            sqlx::query("insert into installation (name, value, sealed) values ($1, $2, $3) \
                on conflict (name) do update set value = excluded.value, sealed = excluded.sealed")
                .bind(name).bind(value).bind(sealed).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Whether this workspace is the one that the first start made: that of whoever runs the installation.
    pub async fn is_first_workspace(&self, workspace: &WorkspaceId) -> Result<bool> {
        Ok(self.first_workspace().await?.as_ref() == Some(workspace))
    }

    pub async fn first_workspace(&self) -> Result<Option<WorkspaceId>> {
        let first: Option<String> = read!(self, db => sqlx::query_scalar("select id from workspaces order by created_at, id limit 1")
            .fetch_optional(db).await)?;
        Ok(first.map(WorkspaceId::new))
    }
}
