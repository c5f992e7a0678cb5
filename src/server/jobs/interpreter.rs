//! Understands deliveries in the background, on one node at a time. Receiving goes before understanding: what is not
//! received is lost, what is not understood yet only waits.

use crate::domain::instant::{MINUTE, SECOND};
use crate::server::operations::Services;
use crate::server::operations::understand_deliveries::{Step, Stride, understand_deliveries};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::time::timeout;

const LEASE: &str = "interpreter";
/// A node that has been silent for this long loses its turn.
const HELD: i64 = 15 * SECOND;
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// What other nodes have received, and what is tried again, is noticed within this.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const AT_LEISURE: Stride = Stride { deliveries: 200, rows: 200 };
/// While deliveries come in.
const BESIDE: Stride = Stride { deliveries: 40, rows: 40 };
/// While deliveries come in, it rests so many times as long as it worked; less once it has fallen behind, so that a load
/// that does not end leaves it no further back than that.
const REST: u32 = 19;
const REST_BEHIND: u32 = 2;
const BEHIND: i64 = MINUTE;
const REST_MOST: Duration = Duration::from_millis(500);

/// Until `stop` changes.
pub(super) async fn interpret(services: Services, node: String, mut stop: watch::Receiver<bool>) {
    let mut arrived = services.intake.watch();
    let (mut held_at, mut busy) = (None::<Instant>, false);
    while !*stop.borrow() {
        arrived.borrow_and_update();
        if held_at.is_none_or(|at| at.elapsed() >= RENEW_EVERY) {
            held_at = hold(&services, &node).await.then(Instant::now);
        }
        let (kept, began) = (services.intake.kept(), Instant::now());
        let done = if held_at.is_some() { step(&services, busy).await } else { Step::default() };
        busy = services.intake.kept() != kept;
        tokio::select! {
            _ = stop.changed() => {}
            () = rest(done, busy, began.elapsed(), &mut arrived), if held_at.is_some() => {}
            () = tokio::time::sleep(LOOK_EVERY), if held_at.is_none() => {}
        }
    }
    if held_at.is_some() {
        // Another node need not wait for the end of the lease; if this fails, it will.
        let _ = services.store.hold(LEASE, &node, services.clock.now()).await;
    }
}

async fn rest(done: Step, busy: bool, worked: Duration, arrived: &mut watch::Receiver<()>) {
    if done.deliveries == 0 {
        // Either way it is time to look.
        let _ = timeout(LOOK_EVERY, arrived.changed()).await;
    } else if busy {
        let times = if done.waited > BEHIND { REST_BEHIND } else { REST };
        tokio::time::sleep((worked * times).min(REST_MOST)).await;
    }
}

async fn hold(services: &Services, node: &str) -> bool {
    let held = services.store.hold(LEASE, node, services.clock.now().plus(HELD)).await;
    held.unwrap_or_else(|error| {
        tracing::error!(%error, "whose turn it is to understand deliveries could not be read");
        false
    })
}

async fn step(services: &Services, busy: bool) -> Step {
    let stride = if busy { BESIDE } else { AT_LEISURE };
    let result = understand_deliveries(services, stride).await;
    services.pulse.note_stuck(result.is_err());
    match result {
        Ok(done) => {
            if done.deliveries > 0 {
                services.pulse.note_understood(services.clock.now(), done.deliveries);
            }
            done
        }
        Err(error) => {
            tracing::error!(?error, "deliveries could not be understood; they wait");
            Step::default()
        }
    }
}
