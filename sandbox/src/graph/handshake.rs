//! The GET by which Meta proves a callback before it uses it (reference §5.1).

use std::time::Duration;

use rand::RngExt;

use super::GraphError;
use crate::{
    urls,
    world::{Subscription, World},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A callback to prove, and where it goes once proven.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) url: String,
    pub(crate) verify_token: String,
    pub(crate) target: Target,
}

#[derive(Debug)]
pub(crate) enum Target {
    App { app: String, subscription: Subscription },
    Waba { waba: String, app: String },
    Number(String),
}

/// A client that follows nothing and waits for no one long.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    // Err: the process has a provider already, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).no_proxy().build()
}

impl Handshake {
    pub(crate) async fn prove(&self, http: &reqwest::Client) -> Result<(), GraphError> {
        let origin = urls::origin(&self.url).ok_or_else(|| GraphError::callback("The URL is not valid"))?;
        // A control API without a password must not make this machine call others.
        if !urls::is_loopback_name(urls::host_name(origin)) {
            return Err(GraphError::callback("The sandbox calls back to this machine only"));
        }
        let challenge = rand::rng().random_range(100_000_000..2_000_000_000u32).to_string();
        let query = [
            ("hub.mode", "subscribe"),
            ("hub.challenge", challenge.as_str()),
            ("hub.verify_token", &self.verify_token),
        ];
        let answer = http.get(urls::with_query(&self.url, &query)).send().await;
        let answer = answer.map_err(|_| GraphError::callback("Could not connect to the callback URL"))?;
        let status = answer.status();
        if status != reqwest::StatusCode::OK {
            let reason = status.canonical_reason().unwrap_or_default();
            return Err(GraphError::callback(&format!(
                "HTTP Status Code = {}; HTTP Message = {reason}",
                status.as_u16()
            )));
        }
        match answer.text().await {
            Ok(body) if body == challenge => Ok(()),
            _ => Err(GraphError::callback("The challenge did not come back")),
        }
    }

    pub(crate) fn apply(self, world: &mut World) {
        match self.target {
            Target::App { app, subscription } => {
                if let Some(app) = world.apps.get_mut(&app) {
                    app.subscriptions.retain(|one| one.object != subscription.object);
                    app.subscriptions.push(subscription);
                }
            }
            Target::Waba { waba, app } => {
                if let Some(waba) = world.wabas.get_mut(&waba) {
                    waba.subscribed_apps.insert(app, Some(self.url));
                }
            }
            Target::Number(number) => {
                if let Some(number) = world.numbers.get_mut(&number) {
                    number.override_callback = Some(self.url);
                }
            }
        }
    }
}
