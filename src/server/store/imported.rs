//! Which connection came from the environment, and with which token.

use super::{Result, Store};
use crate::domain::ids::ConnectionId;
use secrecy::SecretString;

const CONNECTION: &str = "imported_connection";
/// Its fingerprint alone.
const TOKEN: &str = "imported_token";

impl Store {
    /// Whether this very token was imported the last time: then whatever has become of the number since is meant.
    pub async fn is_imported_token(&self, token: &SecretString) -> Result<bool> {
        Ok(self.installation_value(TOKEN).await? == Some(self.fingerprint(token).await?))
    }

    pub async fn imported_connection(&self) -> Result<Option<ConnectionId>> {
        Ok(self.installation_value(CONNECTION).await?.map(ConnectionId::new))
    }

    pub async fn put_imported(&self, connection: &ConnectionId, token: &SecretString) -> Result<()> {
        let rows = [(CONNECTION, connection.to_string()), (TOKEN, self.fingerprint(token).await?)];
        transaction!(self, tx => for (name, value) in rows {
            sqlx::query("insert into installation (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value")
                .bind(name).bind(value).execute(&mut *tx).await?;
        });
        Ok(())
    }

    async fn installation_value(&self, name: &str) -> Result<Option<String>> {
        let value: Option<Option<String>> = read!(self, db => sqlx::query_scalar("select value from installation where name = $1")
            .bind(name).fetch_optional(db).await)?;
        Ok(value.flatten())
    }
}
