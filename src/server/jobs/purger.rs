//! Removes what is not to be kept any longer, on one node at a time and in small steps: what comes in goes first.

use crate::domain::instant::MINUTE;
use crate::server::operations::purge_old::Purge;
use crate::server::operations::{Failure, Services};
use std::time::{Duration, Instant};
use tokio::sync::watch;

const LEASE: &str = "purger";
/// A node that has been silent for this long loses its turn.
const HELD: i64 = 2 * MINUTE;
const RENEW_EVERY: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Between steps it rests so many times as long as one took; longer while deliveries come in.
const REST: u32 = 1;
const REST_BESIDE: u32 = 9;
const REST_MOST: Duration = Duration::from_secs(1);

/// Until `stop` changes.
pub(super) async fn purge(services: Services, node: String, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = round(&services, &node, &stop).await {
            tracing::error!(?error, "what is old could not be removed; it is tried again");
        }
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn round(services: &Services, node: &str, stop: &watch::Receiver<bool>) -> Result<(), Failure> {
    let (mut purge, mut held_at) = (Purge::default(), None::<Instant>);
    while !*stop.borrow() {
        if held_at.is_none_or(|at| at.elapsed() >= RENEW_EVERY) {
            if !services.store.hold(LEASE, node, services.clock.now().plus(HELD)).await? {
                return Ok(());
            }
            held_at = Some(Instant::now());
        }
        let (kept, began) = (services.intake.kept(), Instant::now());
        if !purge.step(services).await? {
            return Ok(());
        }
        let times = if services.intake.kept() == kept { REST } else { REST_BESIDE };
        tokio::time::sleep((began.elapsed() * times).min(REST_MOST)).await;
    }
    Ok(())
}
