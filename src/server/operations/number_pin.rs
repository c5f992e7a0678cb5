//! The number's PIN at Meta (two-step verification): shown to an admin, or changed.

use super::{Failure, Services};
use crate::domain::problem::Problem;
use crate::server::meta::GraphError;
use crate::server::store::{Actor, StoredConnection};
use secrecy::{ExposeSecret, SecretString};

/// Digits of every PIN.
const PIN_DIGITS: usize = 6;

pub async fn reveal_pin(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
) -> Result<SecretString, Failure> {
    let id = &stored.connection.id;
    let pin = services.store.open_pin(id).await?.ok_or_else(unknown_pin)?;
    services.store.add_audit(actor, "pin_revealed", Some(id), None, None).await?;
    Ok(pin)
}

/// Changes it at Meta first: what is kept here is what Meta has accepted.
pub async fn change_pin(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    pin: &SecretString,
) -> Result<(), Failure> {
    let digits = pin.expose_secret();
    if digits.len() != PIN_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::invalid("pin", &format!("{PIN_DIGITS} digits")).into());
    }
    services.refuse_while_paused().await?;
    let access = services.access(stored).await?;
    let connection = &stored.connection;
    access.graph.set_pin(access.key(), &connection.phone_number_id, pin).await.map_err(|error| not_changed(&error))?;
    services.store.put_pin(&connection.id, pin).await?;
    services.store.add_audit(actor, "pin_changed", Some(&connection.id), None, None).await?;
    Ok(())
}

fn not_changed(error: &GraphError) -> Problem {
    if error.is_meta_unwell() {
        return Problem::new(
            "pin_change_unknown",
            "Meta did not answer: whether the PIN was changed is unknown.",
            "",
            "Change it once more when Meta answers again; then this page knows it for sure.",
        );
    }
    error.problem()
}

fn unknown_pin() -> Problem {
    Problem::new(
        "pin_unknown",
        "This number's PIN is not known here.",
        "It was set somewhere else, before the number was connected.",
        "Change it below: the old one is not needed.",
    )
}
