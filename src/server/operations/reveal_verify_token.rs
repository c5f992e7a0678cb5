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
    match &services.settings.verify_token {
        Some(token) => Ok(token.clone()),
        None => Ok(services.store.verify_token().await?),
    }
}
