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
use crate::domain::instant::{DAY, Instant};
use crate::server::store::{Actor, ForwardItem, ForwardLease, ItemEnd, QueueSize, TurnEnd};
use gather::{LOOKED_AT, gather};
use letter::letter;
pub(super) use letter::sample;
use send::Sent;
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
/// While so many wait for another attempt, what is refused for its own sake does not join them: it is given up at once.
const FAILED_MAX: i64 = 10_000;
/// Days in which what was given up can be sent again, where its events are kept for so long.
const KEEP_DEAD_DAYS: i64 = 90;
/// A delivery that is still being understood is looked at again after this.
const UNFINISHED: i64 = 200;
/// An endpoint that has failed so often on end and is back gets everything that waits at once.
const BACK_AFTER: i64 = 3;
/// Longer than the longest pause between two attempts.
const SILENCE: i64 = 2 * DAY;
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
    let queue = services.store.count_forward_queue(id).await?;
    let filled = fill_queue(services, &lease, queue).await?;
    let outcome = send_due(services, &lease, queue).await?;
    if outcome.ends.is_empty() {
        let rest = if filled { 0 } else { UNFINISHED };
        return Ok(services.store.release_forward(id, worker, services.clock.now().plus(rest)).await?);
    }
    let before = services.store.last_forward_attempt(id).await?;
    let end = outcome.turn_end(&lease, before, services.clock.now());
    let stands = services.store.end_forward_turn(&lease, &outcome.ends, &outcome.attempts, &end).await?;
    // About once for as many attempts as one trim takes away at most.
    if rand::random_range(0..TRIM_ONE_IN) < outcome.attempts.len() {
        services.store.trim_forward_log(id).await?;
    }
    if let Some(why) = end.disabled.filter(|_| stands) {
        note_disabled(services, &lease, why).await?;
    }
    Ok(())
}

/// Queues what has come since; whether the cursor moved.
async fn fill_queue(services: &Services, lease: &ForwardLease, queue: QueueSize) -> Result<bool, Failure> {
    let store = &services.store;
    let room = queue.room().min(QUEUED_AT_ONCE);
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
    /// Only the last of them may tell of an endpoint that fails.
    attempts: Vec<Attempt>,
    /// It wishes to be left alone until then.
    not_before: Option<Instant>,
}

/// In the order of events, until the endpoint fails: what failed steps aside, and the others go on in the next turn.
async fn send_due(services: &Services, lease: &ForwardLease, queue: QueueSize) -> Result<Outcome, Failure> {
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
        let Sent { attempt, not_before } = line.send(services, &letter, about).await;
        let stop = attempt.tells_of_endpoint() || began.elapsed() >= TURN;
        let end = if attempt.succeeded() {
            ItemEnd::Done
        } else if queue.failed >= FAILED_MAX && !attempt.tells_of_endpoint() {
            ItemEnd::Dead
        } else {
            after_failure(&item, attempt.at, not_before)
        };
        outcome.ends.push((item.id, end));
        outcome.attempts.push(attempt);
        outcome.not_before = not_before;
        if stop {
            break;
        }
    }
    Ok(outcome)
}

fn after_failure(item: &ForwardItem, at: Instant, not_before: Option<Instant>) -> ItemEnd {
    let tried = item.tried_since.map_or(0, |since| at.since(since));
    match again_after(tried) {
        Some(pause) => {
            let due = at.plus(jittered(pause));
            ItemEnd::Again { due_at: not_before.map_or(due, |wished| due.max(wished)) }
        }
        None => ItemEnd::Dead,
    }
}

/// With a tenth more at most.
fn jittered(pause: i64) -> i64 {
    pause + rand::random_range(0..=pause / 10)
}

impl Outcome {
    /// `before` is when an event was last tried.
    fn turn_end(&self, lease: &ForwardLease, before: Option<Instant>, now: Instant) -> TurnEnd {
        let known = &lease.forward;
        let mut end = TurnEnd {
            failures: lease.failures,
            failing_since: known.failing_since,
            last_success_at: known.last_success_at,
            rest_until: now,
            disabled: None,
            recovered: false,
        };
        let first = self.attempts.first().map_or(now, |attempt| attempt.at);
        if before.is_none_or(|before| first.since(before) >= SILENCE) {
            // What failed long ago, with nothing to send since, says nothing about today.
            (end.failures, end.failing_since) = (0, None);
        }
        for attempt in &self.attempts {
            count(&mut end, attempt);
        }
        if let Some(wished) = self.not_before {
            end.rest_until = end.rest_until.max(wished);
        }
        end
    }
}

fn count(end: &mut TurnEnd, attempt: &Attempt) {
    if attempt.succeeded() {
        end.recovered |= end.failures >= BACK_AFTER;
        end.last_success_at = Some(attempt.at);
        (end.failures, end.failing_since, end.disabled) = (0, None, None);
        return;
    }
    let since = *end.failing_since.get_or_insert(attempt.at);
    end.disabled = match attempt.status {
        Some(GONE) => Some(DisabledWhy::Gone),
        _ => (attempt.at.since(since) >= DISABLED_AFTER).then_some(DisabledWhy::Failing),
    };
    if attempt.tells_of_endpoint() {
        end.failures += 1;
        end.rest_until = end.rest_until.plus(jittered(rest_after(end.failures)));
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

/// How many days what was given up can be sent again: no longer than there are events to make it of.
pub(super) fn keep_dead_days(services: &Services) -> i64 {
    services.keeping.event_days.map_or(KEEP_DEAD_DAYS, |days| days.min(KEEP_DEAD_DAYS))
}

/// Removes what nobody looks at any more.
pub async fn tidy_forwards(services: &Services) -> Result<(), Failure> {
    services.store.purge_old_forward_secrets().await?;
    let dead_before = services.clock.now().plus(-keep_dead_days(services) * DAY);
    services.store.purge_forward_log(dead_before).await?;
    Ok(())
}

/// Whether a request stands for several events.
fn takes_deliveries(format: ForwardFormat) -> bool {
    format == ForwardFormat::Meta
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ConnectionId;
    use crate::domain::instant::{MINUTE, SECOND};

    fn attempt(at: i64, status: u16) -> Attempt {
        Attempt {
            what: AttemptWhat::Event,
            first_seq: None,
            number: 1,
            at: Instant(at),
            duration: 0,
            status: Some(status),
            failure: (status != 200).then(String::new),
            answer: None,
        }
    }

    fn after(statuses: &[u16]) -> TurnEnd {
        let mut end = TurnEnd {
            failures: 0,
            failing_since: None,
            last_success_at: None,
            rest_until: Instant(0),
            disabled: None,
            recovered: false,
        };
        statuses.iter().zip(0..).for_each(|(status, minute)| count(&mut end, &attempt(minute * MINUTE, *status)));
        end
    }

    #[test]
    fn one_request_that_always_fails_beside_good_ones_hurries_nobody() {
        assert!(!after(&[500, 200, 500, 200, 500, 200]).recovered);
        assert!(!after(&[422, 422, 422, 422, 200]).recovered, "it was there all the time");
        assert!(after(&[500, 500, 500, 200]).recovered);
    }

    #[test]
    fn only_what_tells_of_the_endpoint_makes_it_rest() {
        let refused = after(&[422; 30]);
        assert_eq!((refused.failures, refused.rest_until, refused.failing_since), (0, Instant(0), Some(Instant(0))));
        let down = after(&[503; 3]);
        assert!(down.failures == 3 && down.rest_until >= Instant(10 * SECOND), "{down:?}");
    }

    #[test]
    fn five_days_without_a_success_and_not_less_switch_off() {
        let mut end = after(&[500]);
        count(&mut end, &attempt(DISABLED_AFTER, 422));
        assert_eq!(end.disabled, Some(DisabledWhy::Failing), "whatever it refuses");
        count(&mut end, &attempt(DISABLED_AFTER, 200));
        assert_eq!((end.disabled, end.failing_since), (None, None));
        assert_eq!(after(&[410]).disabled, Some(DisabledWhy::Gone));
    }

    #[test]
    fn a_pause_that_is_wished_for_is_kept_to() {
        let item = ForwardItem {
            id: String::new(),
            connection: ConnectionId::new("c"),
            delivery: 1,
            first_seq: 1,
            last_seq: 1,
            attempts: 0,
            tried_since: None,
        };
        let wished = Instant(2 * DAY);
        let again =
            |tried_since, wished| after_failure(&ForwardItem { tried_since, ..item.clone() }, Instant(DAY), wished);
        assert_eq!(again(None, Some(wished)), ItemEnd::Again { due_at: wished });
        assert!(matches!(again(None, None), ItemEnd::Again { due_at } if due_at.since(Instant(DAY)) < 6 * SECOND));
        assert_eq!(again(Some(Instant(-2 * DAY)), Some(wished)), ItemEnd::Dead, "its three days are over");
    }
}
