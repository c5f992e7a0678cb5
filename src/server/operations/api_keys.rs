//! Makes and revokes keys for programs.

use super::Failure;
use crate::domain::api_key::{ApiKey, KEY_PREFIX, NAME_MAX, Scope};
use crate::domain::ids::{ApiKeyId, WorkspaceId, is_made_id};
use crate::domain::instant::DAY;
use crate::domain::pages::ApiKeysPage;
use crate::domain::problem::Problem;
use crate::server::clock::Clock;
use crate::server::store::{Actor, NewApiKey, Store, new_id};
use rand::RngExt;
use rand::distr::Alphanumeric;
use secrecy::SecretString;
use serde_json::json;

/// Characters behind the prefix: 40 of 62, so 238 bits.
const KEY_LENGTH: usize = 40;
/// Longest life that can be chosen, in days.
const DAYS_MAX: i64 = 3_650;

/// What is asked for.
pub struct Wanted {
    pub name: String,
    pub scope: Scope,
    /// `None` for a key that does not end.
    pub days: Option<i64>,
}

/// The key, to be shown once. Takes no more than it needs: the command line has no Meta.
pub async fn add_api_key(
    store: &Store,
    clock: &Clock,
    actor: &Actor,
    wanted: &Wanted,
) -> Result<SecretString, Failure> {
    let made = add_api_key_once(store, clock, actor, wanted, None).await?;
    Ok(made.ok_or_else(|| Problem::unexpected("api_keys"))?)
}

/// `once` is the id that the form was drawn with: sent again, the form makes no second key, and there is none to show.
pub async fn add_api_key_once(
    store: &Store,
    clock: &Clock,
    actor: &Actor,
    wanted: &Wanted,
    once: Option<&str>,
) -> Result<Option<SecretString>, Failure> {
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Problem::invalid("name", &format!("1 to {NAME_MAX} characters in one line")).into());
    }
    if wanted.days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        return Err(
            Problem::invalid("days", &format!("1 to {DAYS_MAX}, or nothing for a key that does not end")).into()
        );
    }
    let random: String = rand::rng().sample_iter(Alphanumeric).take(KEY_LENGTH).map(char::from).collect();
    let key: SecretString = format!("{KEY_PREFIX}{random}").into();
    let id = once.filter(|id| is_made_id(id)).map_or_else(|| ApiKeyId::new(new_id(clock.now())), ApiKeyId::new);
    let new = NewApiKey {
        id: &id,
        workspace: &actor.workspace,
        name,
        scope: wanted.scope,
        created_by: &actor.name,
        expires_at: wanted.days.map(|days| clock.now().plus(days * DAY)),
        key: &key,
    };
    if !store.add_api_key(new).await? {
        return Ok(None);
    }
    let after = json!({"key": id, "name": name, "scope": wanted.scope, "days": wanted.days});
    store.add_audit(actor, "api_key_made", None, None, Some(after)).await?;
    Ok(Some(key))
}

/// `false` when the workspace has no such key, or it was revoked already.
pub async fn revoke_api_key(store: &Store, actor: &Actor, id: &ApiKeyId) -> Result<bool, Failure> {
    let revoked = store.revoke_api_key(&actor.workspace, id).await?;
    if revoked {
        store.add_audit(actor, "api_key_revoked", None, Some(json!({"key": id})), None).await?;
    }
    Ok(revoked)
}

/// A workspace's keys: those that work come first.
pub async fn list_api_keys(store: &Store, clock: &Clock, workspace: &WorkspaceId) -> Result<ApiKeysPage, Failure> {
    let now = clock.now();
    let mut keys = store.list_api_keys(workspace).await?;
    keys.sort_by_key(|key| !key.works_at(now));
    Ok(ApiKeysPage { now, keys, once: new_id(now) })
}

pub async fn find_api_key(store: &Store, workspace: &WorkspaceId, id: &str) -> Result<ApiKey, Failure> {
    let found = store.list_api_keys(workspace).await?.into_iter().find(|key| key.id.as_str() == id);
    Ok(found.ok_or_else(Problem::not_found)?)
}
