//! A connection's way to Meta: its token, the app that the token belongs to, and the version to ask for.

use super::{Failure, Services};
use crate::domain::connection::Connection;
use crate::domain::problem::Problem;
use crate::server::config::App;
use crate::server::meta::{Graph, Key};
use crate::server::store::StoredConnection;
use secrecy::SecretString;

pub struct Access {
    pub graph: Graph,
    pub token: SecretString,
    /// Present when we hold the secret of the token's app. Another app's secret would prove nothing, so it is never sent.
    pub app: Option<App>,
}

impl Access {
    pub fn key(&self) -> Key<'_> {
        Key { token: &self.token, app_secret: self.app.as_ref().map(|app| &app.secret) }
    }
}

impl Services {
    /// `None` once the token has been erased.
    pub async fn find_access(&self, stored: &StoredConnection) -> Result<Option<Access>, Failure> {
        let connection = &stored.connection;
        let Some(token) = self.store.open_token(&connection.credential).await? else { return Ok(None) };
        let app = self.app_of(connection).await?;
        Ok(Some(Access { graph: self.graph.at(connection.api_version.as_deref()), token, app }))
    }

    /// A problem once the token has been erased.
    pub async fn access(&self, stored: &StoredConnection) -> Result<Access, Failure> {
        Ok(self.find_access(stored).await?.ok_or_else(Problem::reconnect_needed)?)
    }

    /// The app of a connection, when its secret is known: the business's own, or this installation's.
    async fn app_of(&self, connection: &Connection) -> Result<Option<App>, Failure> {
        if !connection.own_app {
            return Ok(self.installation_app(connection.app_id.as_deref()));
        }
        let secret = self.store.open_app_secret(&connection.id).await?;
        Ok(connection.app_id.clone().zip(secret).map(|(id, secret)| App { id, secret }))
    }

    /// This installation's app, unless the token is known to belong to another.
    pub fn installation_app(&self, app_id: Option<&str>) -> Option<App> {
        self.app().filter(|app| app_id.is_none_or(|id| id == app.id))
    }

    /// Whether we hold the secret with which Meta signs this connection's webhooks.
    pub fn knows_app_secret(&self, connection: &Connection) -> bool {
        if connection.own_app {
            connection.has_app_secret
        } else {
            self.installation_app(connection.app_id.as_deref()).is_some()
        }
    }

    /// Where Meta should send this connection's webhooks.
    pub fn webhook_url(&self, connection: &Connection) -> String {
        let shared = self.settings.shared_webhook_url();
        if connection.own_app { format!("{shared}/{}", connection.id) } else { shared }
    }
}
