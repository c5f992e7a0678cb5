//! Keys for programs: made, listed, revoked. Admins only.

pub use crate::domain::api_key::{ApiKey, KeyState, NAME_MAX, Scope};
pub use crate::domain::pages::ApiKeysPage;
use crate::domain::problem::Problem;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use {super::gate, crate::domain::ids::ApiKeyId, crate::server::operations::api_keys};

/// A key that was made a moment ago, handed to the page that shows it, this once.
#[derive(Clone, PartialEq, Eq)]
pub struct MadeKey {
    pub name: String,
    pub key: String,
}

impl std::fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MadeKey(••••)")
    }
}

/// A key that was not made, handed to the page that shows the form again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedKey {
    pub name: String,
    pub scope: String,
    pub days: String,
    pub problem: Problem,
}

#[server(prefix = "/_fn", endpoint = "list_api_keys")]
pub async fn list_api_keys() -> Result<ApiKeysPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(api_keys::list_api_keys(&services.store, &services.clock, &who.user.workspace).await?)
    })
    .await
}

#[server(prefix = "/_fn", endpoint = "find_api_key")]
pub async fn find_api_key(key: String) -> Result<ApiKey, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        Ok(api_keys::find_api_key(&services.store, &who.user.workspace, &key).await?)
    })
    .await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "revoke_api_key")]
pub async fn revoke_api_key(key: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let found = api_keys::find_api_key(&services.store, &who.user.workspace, &key).await?;
        api_keys::revoke_api_key(&services.store, &who.actor(), &ApiKeyId::new(found.id.as_str())).await?;
        gate::back_to("/settings/api-keys");
        Ok(())
    })
    .await
}
