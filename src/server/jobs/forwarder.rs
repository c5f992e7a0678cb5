//! Gives each forward its turns, many forwards side by side: one slow endpoint holds up nobody else. Whose turn it is stands
//! in the database, so that each is worked for on one node at a time.

use crate::domain::ids::ForwardId;
use crate::server::operations::Services;
use crate::server::operations::forward_events::{due_forwards, take_turn};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::{sleep, timeout};

/// Forwards at work at the same time in one process. They mostly wait for their endpoints.
const SIDE_BY_SIDE: usize = 64;
/// What is due by time alone, and what other nodes have kept, is noticed within this.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Events often come close together.
const GATHER: Duration = Duration::from_millis(30);

/// Turns under way, by their tasks.
#[derive(Default)]
struct Turns {
    tasks: JoinSet<()>,
    busy: HashMap<Id, ForwardId>,
}

/// Until `stop` changes; requests that are under way are finished first.
pub(super) async fn forward(services: Services, node: String, mut stop: watch::Receiver<bool>) {
    let mut moved = services.store.watch_events();
    let mut turns = Turns::default();
    while !*stop.borrow() {
        moved.borrow_and_update();
        turns.begin(&services, &node).await;
        tokio::select! {
            () = turns.ended() => {}
            _ = timeout(LOOK_EVERY, moved.changed()) => sleep(GATHER).await,
            _ = stop.changed() => {}
        }
    }
    turns.tasks.join_all().await;
}

impl Turns {
    async fn begin(&mut self, services: &Services, node: &str) {
        let due = match due_forwards(services, i64::try_from(SIDE_BY_SIDE).unwrap_or(i64::MAX)).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(?error, "what is to be sent on could not be read");
                // Not at once again: whatever is wrong needs a moment.
                return sleep(LOOK_EVERY).await;
            }
        };
        for id in due {
            if self.busy.len() == SIDE_BY_SIDE || self.busy.values().any(|busy| *busy == id) {
                continue;
            }
            let turn = take(services.clone(), id.clone(), node.to_owned());
            self.busy.insert(self.tasks.spawn(turn).id(), id);
        }
    }

    /// Until one has ended; for ever while there is none.
    async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((task, ()))) => self.busy.remove(&task),
            Some(Err(error)) => {
                tracing::error!(%error, "a forward's turn panicked");
                self.busy.remove(&error.id())
            }
            None => std::future::pending().await,
        };
    }
}

async fn take(services: Services, id: ForwardId, worker: String) {
    if let Err(error) = take_turn(&services, &id, &worker).await {
        tracing::error!(forward = %id, ?error, "a forward's turn broke off; it is taken again in a minute at the latest");
        sleep(LOOK_EVERY).await;
    }
}
