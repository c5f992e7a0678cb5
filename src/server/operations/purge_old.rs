//! Removes what is older than it is to be kept.

use super::{Failure, Services};

/// How far a round of removing has come.
#[derive(Debug, Default)]
pub struct Purge {
    stage: Stage,
    /// The last delivery that was looked at.
    seen: i64,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Stage {
    /// First, so that no delivery outlives what it said.
    #[default]
    Deliveries,
    Events,
    Traces,
    Over,
}

impl Purge {
    /// Removes a little; `false` once there is nothing left to remove.
    pub async fn step(&mut self, services: &Services) -> Result<bool, Failure> {
        let (store, now) = (&services.store, services.clock.now());
        match self.stage {
            Stage::Deliveries => {
                let seen = match services.keeping.deliveries_since(now) {
                    Some(since) => store.purge_deliveries(since, self.seen).await?,
                    None => None,
                };
                match seen {
                    Some(seen) => self.seen = seen,
                    None => self.stage = Stage::Events,
                }
            }
            Stage::Events => {
                let more = match services.keeping.events_since(now) {
                    Some(since) => store.purge_events(since).await?,
                    None => false,
                };
                if !more {
                    self.stage = Stage::Traces;
                }
            }
            Stage::Traces => {
                if !store.purge_traces().await? {
                    self.stage = Stage::Over;
                }
            }
            Stage::Over => {}
        }
        Ok(self.stage != Stage::Over)
    }
}
