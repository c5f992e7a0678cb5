//! Makes events of deliveries. Doing it twice changes nothing: an event is known by what Meta says, not by when it came.

use super::{Failure, Services};
use crate::domain::envelope::{Address, Item, items};
use crate::domain::heard::Saying;
use crate::domain::ids::{ConnectionId, WorkspaceId};
use crate::domain::instant::{HOUR, Instant, MINUTE, SECOND};
use crate::server::digest::sha256;
use crate::server::store::{DeliveryEnd, Kept, NewEvent, Recipient, Signer, StoreError, WaitingDelivery};
use std::collections::{HashMap, HashSet};
use std::panic::catch_unwind;

/// Bodies in memory at once.
const BYTES: i64 = 4 * 1024 * 1024;
/// When a delivery that met a fault of ours is looked at again.
const AGAIN: [i64; 4] = [10 * SECOND, MINUTE, 10 * MINUTE, HOUR];
/// Hexadecimal digits of an event's id: 128 bits.
const ID_DIGITS: usize = 32;

/// Events in one transaction when deliveries are understood once more.
const ROWS_AGAIN: usize = 100;

/// Events that were not there before, by workspace.
pub type Found = HashMap<WorkspaceId, usize>;

/// How much is done in one step.
#[derive(Debug, Clone, Copy)]
pub struct Stride {
    pub deliveries: i64,
    /// Events in one transaction: whatever else wants to write waits that long.
    pub rows: usize,
}

#[derive(Clone, Copy)]
struct How {
    /// Events in one transaction.
    rows: usize,
    /// What happened before is left out.
    since: Option<Instant>,
}

/// What has come of some deliveries so far.
#[derive(Default)]
struct Outcome {
    found: Found,
    /// Deliveries that name somebody whose data was erased.
    erased: HashSet<i64>,
}

/// What one step came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    pub deliveries: usize,
    /// How long the oldest of them had waited, in milliseconds.
    pub waited: i64,
}

/// Makes events of the oldest deliveries that wait.
pub async fn understand_deliveries(services: &Services, stride: Stride) -> Result<Step, Failure> {
    let waiting = services.store.list_waiting_deliveries(stride.deliveries, BYTES).await?;
    let mut known = Recipients::default();
    let how = How { rows: stride.rows, since: None };
    if let Err(error) = understand(services, &waiting, how, &mut known).await {
        tracing::warn!(%error, "deliveries could not be understood together; each is tried alone");
        for delivery in &waiting {
            understand_alone(services, delivery, how, &mut known).await?;
        }
    }
    let waited = waiting.first().map_or(0, |oldest| services.clock.now().0 - oldest.received_at.0);
    Ok(Step { deliveries: waiting.len(), waited })
}

/// Once more, whatever was made of them before. How many events were not there yet, by workspace. What happened longer ago
/// than events are kept has been here, and was removed.
pub async fn understand_again(services: &Services, deliveries: &[WaitingDelivery]) -> Result<Found, Failure> {
    let mut known = Recipients::default();
    let how = How { rows: ROWS_AGAIN, since: services.keeping.events_since(services.clock.now()) };
    match understand(services, deliveries, how, &mut known).await {
        Ok(found) => Ok(found),
        Err(error) => {
            tracing::warn!(%error, "deliveries could not be understood again together; each is tried alone");
            let mut all = Found::new();
            for delivery in deliveries {
                let found = understand_alone(services, delivery, how, &mut known).await?;
                found.into_iter().for_each(|(workspace, count)| *all.entry(workspace).or_default() += count);
            }
            Ok(all)
        }
    }
}

/// Fails only when not even the failure can be written down.
async fn understand_alone(
    services: &Services,
    delivery: &WaitingDelivery,
    how: How,
    known: &mut Recipients,
) -> Result<Found, Failure> {
    let error = match understand(services, std::slice::from_ref(delivery), how, known).await {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    tracing::error!(delivery = delivery.id, %error, "a delivery could not be understood");
    let pause = usize::try_from(delivery.attempts).ok().and_then(|attempts| AGAIN.get(attempts));
    let again_at = pause.map(|pause| services.clock.now().plus(*pause));
    let end = DeliveryEnd::Failed { why: error.to_string(), again_at };
    services.store.keep_events(&[], &[(delivery.id, end)], &HashSet::new()).await?;
    Ok(Found::new())
}

async fn understand(
    services: &Services,
    deliveries: &[WaitingDelivery],
    how: How,
    known: &mut Recipients,
) -> Result<Found, StoreError> {
    let (mut events, mut ends, mut outcome) = (Vec::new(), Vec::new(), Outcome::default());
    let wanted = |event: &NewEvent| how.since.is_none_or(|since| event.at >= since);
    for delivery in deliveries {
        let items = match read(&delivery.body) {
            Ok(items) => items,
            Err(why) => {
                ends.push((delivery.id, DeliveryEnd::Unreadable { why }));
                continue;
            }
        };
        let mut end = DeliveryEnd::Done;
        for item in items {
            let recipients = known.of(services, &delivery.signer, &item.address).await?;
            // For a number that was disconnected by then it is kept until the number is connected again.
            let connected = |to: &&Recipient| to.until.is_none_or(|until| delivery.received_at <= until);
            let recipients: Vec<&Recipient> = recipients.iter().filter(connected).collect();
            if recipients.is_empty() {
                end = DeliveryEnd::Foreign;
            }
            events.extend(recipients.into_iter().map(|to| event(delivery, &item, to)).filter(wanted));
            if events.len() >= how.rows {
                keep(services, &events, &ends, &mut outcome).await?;
                events.clear();
                ends.clear();
            }
        }
        ends.push((delivery.id, end));
    }
    keep(services, &events, &ends, &mut outcome).await?;
    Ok(outcome.found)
}

/// A fault of ours in one delivery holds no other up: it is laid aside, and read again once it is mended.
fn read(body: &[u8]) -> Result<Vec<Item>, String> {
    catch_unwind(|| items(body))
        .unwrap_or_else(|_| Err("It met a fault of Greentick's own, which is in the log.".to_owned()))
}

async fn keep(
    services: &Services,
    events: &[NewEvent],
    ends: &[(i64, DeliveryEnd)],
    outcome: &mut Outcome,
) -> Result<(), StoreError> {
    let Kept { mut fresh, erased } = services.store.keep_events(events, ends, &outcome.erased).await?;
    outcome.erased.extend(erased);
    for event in events {
        if fresh.remove(&event.id) {
            *outcome.found.entry(event.to.workspace.clone()).or_default() += 1;
        }
    }
    Ok(())
}

/// The id of the event that an item is to a connection.
pub(super) fn event_id(connection: &ConnectionId, item: &Item) -> String {
    let mut id = sha256(format!("{connection}|{}", item.identity).as_bytes());
    id.truncate(ID_DIGITS);
    id
}

fn event(delivery: &WaitingDelivery, item: &Item, to: &Recipient) -> NewEvent {
    let id = event_id(&to.connection, item);
    let at = item.at.unwrap_or(delivery.received_at);
    let said = item.said.as_ref().map(|(aspect, said)| {
        let saying = Saying { at, event: id.clone(), value: said.value.clone(), until: said.until };
        (*aspect, saying)
    });
    NewEvent {
        id,
        to: to.clone(),
        delivery: delivery.id,
        kind: item.kind,
        field: item.field.clone(),
        at,
        received_at: delivery.received_at,
        user: item.user.clone(),
        message_id: item.message_id.clone(),
        meta: item.meta.clone(),
        said,
        unsettles: item.unsettles,
    }
}

/// Who is meant by what, for the length of one step.
#[derive(Default)]
struct Recipients(HashMap<(Signer, Address), Vec<Recipient>>);

impl Recipients {
    async fn of(
        &mut self,
        services: &Services,
        signer: &Signer,
        address: &Address,
    ) -> Result<&[Recipient], StoreError> {
        let key = (signer.clone(), address.clone());
        if !self.0.contains_key(&key) {
            let found = services.store.list_recipients(signer, address).await?;
            self.0.insert(key.clone(), found);
        }
        Ok(self.0.get(&key).map(Vec::as_slice).unwrap_or_default())
    }
}
