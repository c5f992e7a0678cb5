//! Sends events on to the customer's endpoints: what is new is queued behind each forward's cursor, what is due is sent in
//! order, what fails is tried again for three days and then kept as dead. A crash may repeat, and never loses.

mod gather;
mod letter;
mod send;

use super::{Failure, Services};
use crate::domain::forward::{
    Attempt, AttemptWhat, DISABLED_AFTER, DisabledWhy, ForwardFormat, again_after, rest_after,
};
use crate::domain::ids::ForwardId;
use crate::domain::instant::{DAY, Instant, MINUTE};
use crate::server::store::{Actor, ForwardLease, ItemEnd, TurnEnd};
use gather::{LOOKED_AT, gather};
use letter::letter;
pub(super) use letter::sample;
pub(super) use send::{Line, shake_hands};
use serde_json::json;
use std::time::Duration;

/// Requests of one turn; what came of them is written down together.
const BATCH: i64 = 20;
/// A turn begins no other request after this, so that what came of it is on the disk soon.
const TURN: Duration = Duration::from_secs(1);
/// How many attempts there are to one trim of their log.
const TRIM_ONE_IN: usize = 40;
/// New requests queued in one transaction.
const QUEUED_AT_ONCE: i64 = 400;
/// A delivery that is still being understood is looked at again after this.
const UNFINISHED: i64 = 200;
/// An endpoint that has failed for so long and is back gets everything that waits at once.
const BACK_AFTER: i64 = MINUTE;
/// Longer than the longest pause between two attempts.
const SILENCE: i64 = DAY;
/// Answers 410 once and is never asked again.
const GONE: u16 = 410;

/// Whether anything may be sent at all: the one place that is asked. While the database takes nothing, what was sent could
/// not be written down and would be sent again and again. After a restore, an admin says when.
async fn may_send(services: &Services) -> Result<bool, Failure> {
    Ok(!services.intake.is_failing() && !services.effects_paused().await?)
}

/// Forwards that have something to do and that nobody works for; none while nothing may be sent.
pub async fn due_forwards(services: &Services, limit: i64) -> Result<Vec<ForwardId>, Failure> {
    if !may_send(services).await? {
        return Ok(Vec::new());
    }
    Ok(services.store.list_due_forwards(limit).await?)
}

/// Works for one forward, for about a second. What fails here is tried again when the lease ends.
pub async fn take_turn(services: &Services, id: &ForwardId, worker: &str) -> Result<(), Failure> {
    let Some(lease) = services.store.lease_forward(id, worker).await? else { return Ok(()) };
    let filled = fill_queue(services, &lease).await?;
    let outcome = send_due(services, &lease).await?;
    if outcome.ends.is_empty() {
        let rest = if filled { 0 } else { UNFINISHED };
        return Ok(services.store.release_forward(id, worker, services.clock.now().plus(rest)).await?);
    }
    let end = outcome.turn_end(&lease, services.clock.now());
    services.store.end_forward_turn(&lease, &outcome.ends, &outcome.attempts, &end).await?;
    // About once for as many attempts as one trim takes away at most.
    if rand::random_range(0..TRIM_ONE_IN) < outcome.attempts.len() {
        services.store.trim_forward_log(id).await?;
    }
    if let Some(why) = end.disabled {
        note_disabled(services, &lease, why).await?;
    }
    Ok(())
}

/// Queues what has come since; whether the cursor moved.
async fn fill_queue(services: &Services, lease: &ForwardLease) -> Result<bool, Failure> {
    let store = &services.store;
    let room = store.forward_queue_room(&lease.forward.id).await?.min(QUEUED_AT_ONCE);
    if room == 0 {
        return Ok(false);
    }
    // Before the list, so that nothing falls between the two.
    let newest = store.newest_seq(None).await?;
    let passing = store.list_passing(lease, LOOKED_AT).await?;
    let gathered = gather(&lease.forward, &passing, newest, usize::try_from(room).unwrap_or_default());
    let Some(cursor) = gathered.cursor.filter(|cursor| *cursor > lease.cursor) else { return Ok(false) };
    Ok(store.queue_forward_items(lease, &gathered.items, cursor).await?)
}

/// What came of a turn's requests.
#[derive(Default)]
struct Outcome {
    ends: Vec<(String, ItemEnd)>,
    /// Only the last of them may have failed.
    attempts: Vec<Attempt>,
}

/// In the order of events, until one fails: what failed steps aside, and the others go on in the next turn.
async fn send_due(services: &Services, lease: &ForwardLease) -> Result<Outcome, Failure> {
    let due = services.store.list_due_forward_items(&lease.forward.id, BATCH).await?;
    let mut outcome = Outcome::default();
    if due.is_empty() {
        return Ok(outcome);
    }
    let began = std::time::Instant::now();
    let line = Line::open(services, &lease.forward, &lease.secrets).await;
    for item in due {
        let letter = match letter(services, &lease.forward, &item).await {
            Ok(Some(letter)) => letter,
            Ok(None) => {
                outcome.ends.push((item.id, ItemEnd::Done));
                continue;
            }
            Err(error) if outcome.ends.is_empty() => return Err(error),
            Err(error) => {
                // What was sent has to be written down first, or it is sent again.
                tracing::error!(forward = %lease.forward.id, ?error, "a request could not be made; it is due again in the next turn");
                break;
            }
        };
        let about = (AttemptWhat::Event, Some(item.first_seq), item.attempts + 1);
        let attempt = line.send(services, &letter, about).await;
        let failed = !attempt.succeeded();
        let end = if failed { after_failure(item.attempts + 1, attempt.at) } else { ItemEnd::Done };
        outcome.ends.push((item.id, end));
        outcome.attempts.push(attempt);
        if failed || began.elapsed() >= TURN {
            break;
        }
    }
    Ok(outcome)
}

fn after_failure(attempts: i64, now: Instant) -> ItemEnd {
    match again_after(attempts) {
        Some(pause) => ItemEnd::Again { due_at: now.plus(jittered(pause)) },
        None => ItemEnd::Dead,
    }
}

/// With a tenth more at most.
fn jittered(pause: i64) -> i64 {
    pause + rand::random_range(0..=pause / 10)
}

impl Outcome {
    fn turn_end(&self, lease: &ForwardLease, now: Instant) -> TurnEnd {
        let known = &lease.forward;
        let mut end = TurnEnd {
            failures: lease.failures,
            failing_since: known.failing_since,
            last_success_at: known.last_success_at,
            rest_until: now,
            disabled: None,
            recovered: false,
        };
        if let Some(success) = self.attempts.iter().rfind(|attempt| attempt.succeeded()) {
            end.recovered = known.failing_since.is_some_and(|since| success.at.since(since) >= BACK_AFTER);
            end.last_success_at = Some(success.at);
            (end.failures, end.failing_since) = (0, None);
        }
        if let Some(failure) = self.attempts.last().filter(|attempt| !attempt.succeeded()) {
            // What failed long ago, with nothing to send since, says nothing about today.
            let lately = failure.at.since(lease.rested_until) < SILENCE;
            let since = end.failing_since.filter(|_| lately).unwrap_or(failure.at);
            (end.failures, end.failing_since) = (end.failures + 1, Some(since));
            end.rest_until = now.plus(jittered(rest_after(end.failures)));
            end.disabled = match failure.status {
                Some(GONE) => Some(DisabledWhy::Gone),
                _ => (failure.at.since(since) >= DISABLED_AFTER).then_some(DisabledWhy::Failing),
            };
        }
        end
    }
}

async fn note_disabled(services: &Services, lease: &ForwardLease, why: DisabledWhy) -> Result<(), Failure> {
    let forward = &lease.forward;
    tracing::warn!(forward = %forward.id, why = why.as_str(), "a forward was switched off");
    let workspace = forward.workspace.clone();
    let actor = Actor { workspace, user: None, name: "Greentick".to_owned(), address: None };
    let after = json!({"forward": forward.id, "name": forward.name, "why": why.as_str()});
    services.store.add_audit(&actor, "forward_disabled", forward.connection.as_ref(), None, Some(after)).await?;
    Ok(())
}

/// Removes what nobody looks at any more.
pub async fn tidy_forwards(services: &Services, dead_before: Instant) -> Result<(), Failure> {
    services.store.purge_old_forward_secrets().await?;
    services.store.purge_forward_log(dead_before).await?;
    Ok(())
}

/// Whether a request stands for several events.
fn takes_deliveries(format: ForwardFormat) -> bool {
    format == ForwardFormat::Meta
}
