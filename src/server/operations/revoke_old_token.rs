//! After a token was replaced: ends the old one at Meta, or forgets it here. Each is a press of its own.

use super::{Failure, Services};
use crate::domain::credential::REPLACED_TOKEN_LIFETIME;
use crate::domain::entry::OldToken;
use crate::domain::problem::Problem;
use crate::server::config::App;
use crate::server::meta::Kind;
use crate::server::store::{Actor, ReplacedToken, StoredConnection};
use serde_json::json;

/// What may be revoked, newest first.
pub async fn list_old_tokens(services: &Services, stored: &StoredConnection) -> Result<Vec<OldToken>, Failure> {
    let mut told = Vec::new();
    for old in services.store.list_replaced_tokens(&stored.credential.id).await? {
        told.push(OldToken {
            can_revoke: app_of(services, stored, &old).await?.is_some(),
            replaced_at: old.replaced_at(),
            forgotten_at: old.replaced_at().plus(REPLACED_TOKEN_LIFETIME),
            id: old.id,
            last_four: old.last_four,
        });
    }
    Ok(told)
}

/// Only the app that made a token can end it.
async fn app_of(services: &Services, stored: &StoredConnection, old: &ReplacedToken) -> Result<Option<App>, Failure> {
    let Some(id) = &old.app_id else { return Ok(None) };
    if let Some(ours) = services.installation_app(Some(id)) {
        return Ok(Some(ours));
    }
    let own = &stored.connection;
    if !own.own_app || own.app_id.as_ref() != Some(id) {
        return Ok(None);
    }
    let secret = services.store.open_app_secret(&own.id).await?;
    Ok(secret.map(|secret| App { id: id.clone(), secret }))
}

pub async fn revoke_old_token(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    id: &str,
) -> Result<(), Failure> {
    services.refuse_while_paused().await?;
    let store = &services.store;
    // Looked for once more: another credential may have taken it into use since the page was made.
    let old = store.list_replaced_tokens(&stored.credential.id).await?.into_iter().find(|old| old.id == id);
    let Some(old) = old else { return Ok(()) };
    let (Some(app), Some(token)) = (app_of(services, stored, &old).await?, store.open_replaced_token(id).await?) else {
        return Err(no_secret().into());
    };
    match services.graph.revoke_token(&app, &token).await {
        Ok(()) => {}
        // Ended already is what we want.
        Err(error) if error.is(Kind::TokenDead) || error.is(Kind::NotFound) => {}
        Err(error) => return Err(error.problem().into()),
    }
    store.remove_replaced_token(&stored.credential.id, id).await?;
    let before = json!({"token": old.last_four});
    Ok(store.add_audit(actor, "old_token_revoked", Some(&stored.connection.id), Some(before), None).await?)
}

/// It goes on working at Meta; here nothing is left of it.
pub async fn forget_old_token(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    id: &str,
) -> Result<(), Failure> {
    services.store.remove_replaced_token(&stored.credential.id, id).await?;
    Ok(services.store.add_audit(actor, "old_token_forgotten", Some(&stored.connection.id), None, None).await?)
}

fn no_secret() -> Problem {
    Problem::new(
        "no_app_secret",
        "This token cannot be revoked here.",
        "Revoking needs the ID and secret of the Meta app that made it.",
        "Revoke it at Meta, under System users.",
    )
}
