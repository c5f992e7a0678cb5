//! Facts about this installation as a whole: what it is for, and the secrets it made for itself.

use super::{Result, Store, StoreError};
use crate::server::vault::{Place, Vault};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

const CANARY: &str = "canary";
const MODE: &str = "mode";
const VERIFY_TOKEN: &str = "verify_token";
const FINGERPRINT_SALT: &str = "fingerprint_salt";

fn place(name: &str) -> Place<'_> {
    Place("installation", "sealed", name)
}

/// Whether a database holds real connections or those of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Live,
    Sandbox,
}

impl Mode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sandbox => "sandbox",
        }
    }
}

impl Store {
    /// Stamps the database at its first start; afterwards tells which stamp it bears.
    pub async fn stamp_mode(&self, mode: Mode) -> Result<Mode> {
        change!(self, db => sqlx::query("insert into installation (name, value) values ($1, $2) on conflict (name) do nothing")
            .bind(MODE).bind(mode.as_str()).execute(db).await.map(|_| ()))?;
        let stamped: String = read!(self, db => sqlx::query_scalar("select value from installation where name = $1")
            .bind(MODE).fetch_one(db).await)?;
        Ok(if stamped == Mode::Sandbox.as_str() { Mode::Sandbox } else { Mode::Live })
    }

    /// Whether anything is sealed yet: then a missing key must not be replaced by a new one.
    pub(super) async fn check_canary(&self) -> Result<()> {
        self.own_secret(CANARY).await.map(|_| ())
    }

    /// The token with which Meta proves itself when it is told our webhook URL. Made at the first start.
    pub async fn verify_token(&self) -> Result<SecretString> {
        self.own_secret(VERIFY_TOKEN).await
    }

    /// Tells tokens apart without keeping them readable.
    pub(super) async fn fingerprint(&self, token: &SecretString) -> Result<String> {
        Ok(Vault::fingerprint(self.fingerprint_salt().await?, token))
    }

    /// It never changes, also when the key does.
    pub(super) async fn fingerprint_salt(&self) -> Result<&SecretString> {
        self.salt.get_or_try_init(|| self.own_secret(FINGERPRINT_SALT)).await
    }

    /// A secret that this installation made for itself; made now if it is not there.
    async fn own_secret(&self, name: &str) -> Result<SecretString> {
        if let Some(secret) = self.find_own_secret(name).await? {
            return Ok(secret);
        }
        let made = self.vault.seal(place(name), &Vault::new_key())?;
        transaction!(self, tx => sqlx::query("insert into installation (name, sealed) values ($1, $2) on conflict (name) do nothing")
            .bind(name).bind(made).execute(&mut *tx).await.map(|_| ())?);
        self.find_own_secret(name).await?.ok_or_else(|| StoreError::Damaged(format!("installation/{name} vanished")))
    }

    async fn find_own_secret(&self, name: &str) -> Result<Option<SecretString>> {
        let sealed: Option<Vec<u8>> = read!(self, db => sqlx::query_scalar("select sealed from installation where name = $1")
            .bind(name).fetch_optional(db).await)?;
        let opened = sealed.map(|sealed| self.vault.open(place(name), &sealed)).transpose()?;
        // Base64's `+` and `/` would need escaping in a URL, where Meta puts the verify token.
        Ok(opened.map(|secret| secret.expose_secret().replace(['+', '/', '='], "").into()))
    }
}
