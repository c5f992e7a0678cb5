//! What operations work with, and how they fail.

use super::live_events::Feed;
use super::meta_app::MetaApp;
use super::pulse::Pulse;
use super::route_messages::AppCallbacks;
use crate::domain::problem::Problem;
use crate::server::clock::Clock;
use crate::server::config::{BackupSettings, Keeping, MetaSettings, Network};
use crate::server::meta::{Graph, GraphError};
use crate::server::store::{Intake, Store, StoreError};
use std::sync::Arc;

/// Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub store: Store,
    pub graph: Graph,
    pub clock: Clock,
    pub meta_app: MetaApp,
    pub app_callbacks: AppCallbacks,
    pub settings: Arc<MetaSettings>,
    pub keeping: Keeping,
    pub intake: Intake,
    pub pulse: Arc<Pulse>,
    pub feed: Feed,
    /// `None` where no folder is set: then nobody makes backups by themselves.
    pub backups: Option<Arc<BackupSettings>>,
    /// Where Forwards may go although it is not on the internet.
    pub forward_networks: Arc<[Network]>,
}

/// Why an operation did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// For the person.
    Shown(Box<Problem>),
    /// For the log: the person gets a reference.
    Unexpected(StoreError),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Shown(Box::new(problem))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Unexpected(error)
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        error.problem().into()
    }
}

/// How a piece of background work ended.
#[derive(Debug)]
pub enum Progress {
    /// Nothing left to do: done, failed for good, or waiting for a person.
    Settled,
    /// Meta is unwell or not ready: to be tried again later.
    Later(Box<Problem>),
}

impl Progress {
    pub fn later(error: &GraphError) -> Self {
        Self::Later(Box::new(error.problem()))
    }
}
