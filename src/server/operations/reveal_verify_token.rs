//! Shows an admin the verify token, and writes down that it was shown.

use super::{Failure, Services};
use crate::server::store::{Actor, StoredConnection};
use secrecy::SecretString;

pub async fn reveal_verify_token(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
) -> Result<SecretString, Failure> {
    services.store.add_audit(actor, "verify_token_revealed", Some(&stored.connection.id), None, None).await?;
    verify_token(services, stored).await
}

/// The connection's own, or the one that all connections of this installation's app share.
pub async fn verify_token(services: &Services, stored: &StoredConnection) -> Result<SecretString, Failure> {
    if let Some(own) = services.store.open_verify_token(&stored.connection.id).await? {
        return Ok(own);
    }
    shared_verify_token(services).await
}

/// The one of the shared address.
pub async fn shared_verify_token(services: &Services) -> Result<SecretString, Failure> {
    match &services.settings.verify_token {
        Some(token) => Ok(token.clone()),
        None => Ok(services.store.verify_token().await?),
    }
}
