//! Where Meta delivers: the app's subscription, the WABA's subscribers, and addresses of their own for WABAs and numbers
//! (fact base §4.13). Meta asks an address whether it is ours before it accepts it.

use super::client::{Graph, Key};
use super::error::GraphError;
use super::oauth::app_token;
use super::wire;
use crate::domain::health::{AppCallback, RoutingReading};
use crate::domain::ids::{PhoneNumberId, WabaId};
use crate::server::config::App;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

/// The object of WhatsApp's webhooks.
const WHATSAPP: &str = "whatsapp_business_account";

/// An address for Meta, with the token by which Meta proves itself there.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    pub url: &'a str,
    pub verify_token: &'a SecretString,
}

impl Graph {
    /// The app's own subscription. Asked with the app's token, which is neither a person's nor a system user's: no proof.
    pub async fn read_app_callback(&self, app: &App) -> Result<AppCallback, GraphError> {
        let token = app_token(app);
        let key = Key { token: &token, app_secret: None };
        let path = format!("{}/subscriptions", app.id);
        let subscriptions: wire::List<wire::Subscription> = self.read(&path, Some(key), &[]).await?;
        let ours = subscriptions.data.into_iter().find(|subscription| subscription.object == WHATSAPP);
        Ok(ours.map(Into::into).unwrap_or_default())
    }

    /// Replaces the app's subscription.
    pub async fn set_app_callback(
        &self,
        app: &App,
        callback: Callback<'_>,
        fields: &[String],
    ) -> Result<(), GraphError> {
        let token = app_token(app);
        let fields = fields.join(",");
        let form = [
            ("object", WHATSAPP),
            ("callback_url", callback.url),
            ("verify_token", callback.verify_token.expose_secret()),
            ("fields", &fields),
            ("include_values", "true"),
        ];
        let key = Key { token: &token, app_secret: None };
        self.change::<wire::Success>(Method::POST, &format!("{}/subscriptions", app.id), key, &form).await?.accepted()
    }

    /// Whether the app is among the WABA's subscribers, and with which address.
    pub async fn read_routing(&self, key: Key<'_>, waba: &WabaId, app_id: &str) -> Result<RoutingReading, GraphError> {
        let path = format!("{waba}/subscribed_apps");
        let apps: wire::List<wire::SubscribedApp> = self.read(&path, Some(key), &[]).await?;
        let ours = apps.data.into_iter().find(|app| app.whatsapp_business_api_data.id.as_deref() == Some(app_id));
        Ok(RoutingReading {
            subscribed: ours.is_some(),
            callback_override: ours.and_then(|app| app.override_callback_uri).filter(|url| !url.is_empty()),
            ..RoutingReading::default()
        })
    }

    /// Idempotent at Meta. Without an address, one that the WABA had goes away.
    pub async fn subscribe(
        &self,
        key: Key<'_>,
        waba: &WabaId,
        callback: Option<Callback<'_>>,
    ) -> Result<(), GraphError> {
        let path = format!("{waba}/subscribed_apps");
        let form = callback.map(|callback| {
            [("override_callback_uri", callback.url), ("verify_token", callback.verify_token.expose_secret())]
        });
        let form = form.as_ref().map(<[_; 2]>::as_slice).unwrap_or_default();
        self.change::<wire::Success>(Method::POST, &path, key, form).await?.accepted()
    }

    pub async fn unsubscribe(&self, key: Key<'_>, waba: &WabaId) -> Result<(), GraphError> {
        let path = format!("{waba}/subscribed_apps");
        self.change::<wire::Success>(Method::DELETE, &path, key, &[]).await?.accepted()
    }

    /// An address for this number alone; `None` takes it away.
    pub async fn set_number_callback(
        &self,
        key: Key<'_>,
        number: &PhoneNumberId,
        callback: Option<Callback<'_>>,
    ) -> Result<(), GraphError> {
        let configuration = match callback {
            Some(Callback { url, verify_token }) => {
                json!({"override_callback_uri": url, "verify_token": verify_token.expose_secret()})
            }
            None => json!({"override_callback_uri": ""}),
        };
        let body = json!({ "webhook_configuration": configuration });
        self.post_json::<wire::Success>(number.as_str(), key, &body).await?.accepted()
    }
}

impl From<wire::Subscription> for AppCallback {
    fn from(subscription: wire::Subscription) -> Self {
        Self {
            callback: subscription.callback_url.filter(|url| !url.is_empty()),
            fields: subscription.fields.into_iter().map(|field| field.name).collect(),
        }
    }
}
