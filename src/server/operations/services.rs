//! What operations work with, and how they fail.

use crate::domain::connection::Connection;
use crate::domain::ids::CredentialId;
use crate::domain::problem::Problem;
use crate::server::clock::Clock;
use crate::server::config::MetaSettings;
use crate::server::meta::{Graph, GraphError, Key};
use crate::server::store::{Store, StoreError};
use secrecy::SecretString;

/// Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub store: Store,
    pub graph: Graph,
    pub clock: Clock,
    pub settings: std::sync::Arc<MetaSettings>,
}

impl Services {
    /// A token with the proof that belongs to it: only the secret of the token's own app proves anything.
    pub fn key<'a>(&'a self, token: &'a SecretString, app_id: Option<&str>) -> Key<'a> {
        let app = self.settings.app.as_ref().filter(|app| app_id.is_none_or(|id| id == app.id));
        Key { token, app_secret: app.map(|app| &app.secret) }
    }

    /// Whether we hold the secret with which Meta signs this connection's webhooks.
    pub fn knows_app_secret(&self, connection: &Connection) -> bool {
        let app = self.settings.app.as_ref();
        app.is_some_and(|app| connection.app_id.as_deref().is_none_or(|id| id == app.id))
    }

    /// The token of a credential; a problem when it has been erased.
    pub async fn open_token(&self, credential: &CredentialId) -> Result<SecretString, Failure> {
        self.store.open_token(credential).await?.ok_or_else(|| Problem::reconnect_needed().into())
    }
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
