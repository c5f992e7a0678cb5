//! The buttons of a forward's page.

use super::super::forward_events::{Line, sample, shake_hands};
use super::super::{Failure, Services};
use super::draft::new_secret;
use crate::domain::forward::{Attempt, AttemptWhat, Forward};
use crate::domain::instant::Instant;
use crate::domain::problem::Problem;
use crate::server::store::{Actor, ForwardSecrets};
use secrecy::SecretString;
use serde_json::{Value, json};

async fn note(services: &Services, actor: &Actor, action: &str, forward: &Forward, more: Value) -> Result<(), Failure> {
    let mut after = json!({"forward": forward.id, "name": forward.name});
    if let (Value::Object(after), Value::Object(more)) = (&mut after, more) {
        after.extend(more);
    }
    services.store.add_audit(actor, action, forward.connection.as_ref(), None, Some(after)).await?;
    Ok(())
}

/// On: what waited is sent. Off: what comes waits.
pub async fn switch_forward(services: &Services, actor: &Actor, forward: &Forward, on: bool) -> Result<(), Failure> {
    if services.store.switch_forward(&forward.id, on).await? {
        let action = if on { "forward_switched_on" } else { "forward_switched_off" };
        note(services, actor, action, forward, json!({})).await?;
    }
    Ok(())
}

/// The new secret, to be shown once. The one before it signs too for a day. `seen` is until when the old one signed as whoever
/// asks saw it: when another was made since, just this was done before, and nothing is done.
pub async fn rotate_secret(
    services: &Services,
    actor: &Actor,
    forward: &Forward,
    seen: Option<Instant>,
) -> Result<Option<SecretString>, Failure> {
    let secret = new_secret();
    if !services.store.rotate_forward_secret(&forward.id, &secret, seen).await? {
        return Ok(None);
    }
    note(services, actor, "forward_secret_rotated", forward, json!({})).await?;
    Ok(Some(secret))
}

async fn secrets(services: &Services, forward: &Forward) -> Result<ForwardSecrets, Failure> {
    Ok(services.store.open_forward(&forward.id).await?.ok_or_else(Problem::not_found)?)
}

/// Sends a sample, now, whatever the forward's state. When it goes through, what waits need not wait any longer.
pub async fn test_forward(services: &Services, forward: &Forward) -> Result<Attempt, Failure> {
    let secrets = secrets(services, forward).await?;
    let id = format!("test{:016x}", rand::random::<u64>());
    let line = Line::open(services, forward, &secrets).await;
    let sent = line.send(services, &sample(services, forward.format, &id), (AttemptWhat::Test, None, 1)).await;
    let attempt = sent.attempt;
    services.store.add_forward_attempt(&forward.id, &attempt).await?;
    if attempt.succeeded() {
        services.store.wake_forward(&forward.id).await?;
    }
    Ok(attempt)
}

/// Asks the endpoint as Meta does before it sends anything.
pub async fn shake_hands_with(services: &Services, forward: &Forward) -> Result<Attempt, Failure> {
    let secrets = secrets(services, forward).await?;
    let attempt = shake_hands(services, forward, &secrets).await;
    services.store.add_forward_attempt(&forward.id, &attempt).await?;
    Ok(attempt)
}

/// Sends everything that was given up once more. How many of them cannot be: what they were about is no longer kept.
pub async fn replay_dead(services: &Services, actor: &Actor, forward: &Forward) -> Result<u64, Failure> {
    let gone = services.store.drop_empty_dead_forward_items(&forward.id).await?;
    let replayed = services.store.replay_dead_forward_items(&forward.id).await?;
    let more = json!({"requests": replayed, "noLongerKept": gone});
    note(services, actor, "forward_dead_replayed", forward, more).await?;
    Ok(gone)
}

/// With its queue and its log.
pub async fn remove_forward(services: &Services, actor: &Actor, forward: &Forward) -> Result<(), Failure> {
    services.store.remove_forward(&forward.id).await?;
    note(services, actor, "forward_removed", forward, json!({})).await
}
