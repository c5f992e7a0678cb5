//! When to be reminded that a token without an end should be changed.

use super::{Failure, Services};
use crate::domain::credential::ROTATION_CHOICES;
use crate::domain::problem::Problem;
use crate::server::store::{Actor, StoredConnection};
use serde_json::json;

/// `days` is one of [`ROTATION_CHOICES`], or 0 for never. Counts for every number that uses the token.
pub async fn set_rotation(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    days: i64,
) -> Result<(), Failure> {
    if days != 0 && !ROTATION_CHOICES.contains(&days) {
        let choices = ROTATION_CHOICES.map(|days| days.to_string()).join(", ");
        return Err(Problem::invalid("days", &format!("one of {choices}, or 0 for never")).into());
    }
    let credential = &stored.credential;
    services.store.put_rotation(&credential.id, days).await?;
    let (before, after) = (json!({"days": credential.rotation_days}), json!({"days": days}));
    let id = &stored.connection.id;
    services.store.add_audit(actor, "rotation_changed", Some(id), Some(before), Some(after)).await?;
    Ok(())
}
