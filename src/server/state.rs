//! What every handler may use.

use super::config::Network;
use super::limits::KeyLimits;
use super::metrics::Requests;
use super::operations::Services;
use super::session::{Passwords, SetupLink};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use secrecy::SecretString;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

/// One for all handlers. Every layer that a request passes takes a clone of its own, so it is one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What there is for handlers.
pub struct Shared {
    pub services: Services,
    pub leptos: LeptosOptions,
    pub passwords: Passwords,
    pub limits: KeyLimits,
    pub requests: Requests,
    /// Who shows it may read `/metrics`; `None` shuts that address.
    pub metrics_token: Option<SecretString>,
    /// The API's contract, as `/api/openapi.json` answers it.
    pub contract: Arc<serde_json::Value>,
    pub setup: SetupLink,
    /// Where the setup link was written for whoever has no terminal.
    pub setup_file: PathBuf,
    /// The sandbox's accounts may be entered with one press.
    pub demo: bool,
    pub sandbox: bool,
    pub trusted_proxies: Arc<[Network]>,
    /// Scheme, host and port of the public URL, as browsers send it in `Origin`.
    pub origin: Arc<str>,
    /// Host and port of the public URL, as browsers send it in `Host`.
    pub public_host: Arc<str>,
    /// Scheme, host and port of Meta's dialog.
    pub dialog_origin: Arc<str>,
    /// The public URL is https.
    pub secure: bool,
}

impl From<Shared> for AppState {
    fn from(app: Shared) -> Self {
        Self(Arc::new(app))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// Once somebody exists, the link is dead anyway.
    pub async fn forget_setup_link(&self) {
        // It may never have been written, or be gone already.
        let _ = tokio::fs::remove_file(&self.setup_file).await;
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(app: &AppState) -> Self {
        app.leptos.clone()
    }
}
