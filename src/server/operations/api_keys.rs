//! Makes and revokes keys for programs.

use super::Failure;
use crate::domain::api_key::{KEY_PREFIX, NAME_MAX, Scope};
use crate::domain::ids::ApiKeyId;
use crate::domain::instant::DAY;
use crate::domain::problem::Problem;
use crate::server::clock::Clock;
use crate::server::store::{Actor, NewApiKey, Store};
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
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(Problem::invalid("name", &format!("1 to {NAME_MAX} characters")).into());
    }
    if wanted.days.is_some_and(|days| !(1..=DAYS_MAX).contains(&days)) {
        return Err(
            Problem::invalid("days", &format!("1 to {DAYS_MAX}, or nothing for a key that does not end")).into()
        );
    }
    let random: String = rand::rng().sample_iter(Alphanumeric).take(KEY_LENGTH).map(char::from).collect();
    let key: SecretString = format!("{KEY_PREFIX}{random}").into();
    let new = NewApiKey {
        workspace: &actor.workspace,
        name,
        scope: wanted.scope,
        created_by: &actor.name,
        expires_at: wanted.days.map(|days| clock.now().plus(days * DAY)),
        key: &key,
    };
    let id = store.add_api_key(new).await?;
    let after = json!({"key": id, "name": name, "scope": wanted.scope});
    store.add_audit(actor, "api_key_made", None, None, Some(after)).await?;
    Ok(key)
}

pub async fn revoke_api_key(store: &Store, actor: &Actor, id: &ApiKeyId) -> Result<(), Failure> {
    if store.revoke_api_key(&actor.workspace, id).await? {
        store.add_audit(actor, "api_key_revoked", None, Some(json!({"key": id})), None).await?;
    }
    Ok(())
}
