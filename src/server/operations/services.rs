//! What operations work with, and how they fail.

use crate::domain::connection::Connection;
use crate::domain::ids::CredentialId;
use crate::domain::problem::Problem;
use crate::server::clock::Clock;
use crate::server::meta::{App, Graph, GraphError, Key};
use crate::server::store::{Store, StoreError};
use secrecy::SecretString;

/// The installation's own Meta app and addresses.
#[derive(Clone)]
pub struct Settings {
    /// `GREENTICK_PUBLIC_URL`, without a slash at the end.
    pub public_url: String,
    /// `META_DIALOG_URL`, without a slash at the end.
    pub dialog_url: String,
    /// `WHATSAPP_API_VERSION`.
    pub api_version: String,
    /// `WHATSAPP_APP_ID` and `WHATSAPP_APP_SECRET`, when both are set.
    pub app: Option<App>,
    /// `WHATSAPP_CONFIG_ID`.
    pub config_id: Option<String>,
    /// `WHATSAPP_SYSTEM_TOKEN`.
    pub system_token: Option<SecretString>,
}

impl Settings {
    pub fn redirect_uri(&self) -> String {
        format!("{}/connect/facebook/callback", self.public_url)
    }

    pub fn webhook_url(&self) -> String {
        format!("{}/api/webhooks/whatsapp", self.public_url)
    }

    /// The settings that Connect with Facebook needs, or why it is off.
    pub fn connect(&self) -> Result<(&App, &str), Problem> {
        match (&self.app, &self.config_id) {
            (Some(app), Some(config)) => Ok((app, config)),
            _ => Err(Problem::new(
                "no_meta_app",
                "Connect with Facebook is off: this installation has no Meta app yet.",
                "It needs WHATSAPP_APP_ID, WHATSAPP_APP_SECRET and WHATSAPP_CONFIG_ID.",
                "Follow the setup guide, then restart Greentick.",
            )),
        }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub store: Store,
    pub graph: Graph,
    pub clock: Clock,
    pub settings: std::sync::Arc<Settings>,
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
