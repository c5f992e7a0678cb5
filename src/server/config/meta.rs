//! The installation's own Meta app, and where Meta is.

use crate::domain::ids::{PhoneNumberId, WabaId};
use secrecy::SecretString;

/// A Meta app whose secret we know.
#[derive(Clone)]
pub struct App {
    pub id: String,
    pub secret: SecretString,
}

/// One number's credentials from the environment. Holds a token, so it has no `Debug`.
#[derive(Clone)]
pub struct Entered {
    /// `WHATSAPP_ACCESS_TOKEN`.
    pub token: SecretString,
    /// `WHATSAPP_PHONE_NUMBER_ID`.
    pub phone_number_id: Option<PhoneNumberId>,
    /// `WHATSAPP_BUSINESS_ACCOUNT_ID`.
    pub waba: Option<WabaId>,
}

/// The installation's own Meta app and addresses.
#[derive(Clone)]
pub struct MetaSettings {
    /// `GREENTICK_PUBLIC_URL`, without a slash at the end.
    pub public_url: String,
    /// `META_DIALOG_URL`, without a slash at the end.
    pub dialog_url: String,
    /// `WHATSAPP_API_VERSION`.
    pub api_version: String,
    /// `WHATSAPP_APP_ID` and `WHATSAPP_APP_SECRET`, when both are set: they win over what was entered in Settings › Meta app.
    pub app: Option<App>,
    /// `WHATSAPP_CONFIG_ID`.
    pub config_id: Option<String>,
    /// `WHATSAPP_SYSTEM_TOKEN`.
    pub system_token: Option<SecretString>,
    /// `WHATSAPP_VERIFY_TOKEN`; the store makes one where it is absent.
    pub verify_token: Option<SecretString>,
}

impl MetaSettings {
    pub fn redirect_uri(&self) -> String {
        format!("{}/connect/facebook/callback", self.public_url)
    }

    /// Where all connections on the installation's own app are delivered to.
    pub fn shared_webhook_url(&self) -> String {
        format!("{}/api/webhooks/whatsapp", self.public_url)
    }

    /// The host alone, as Meta wants it for its lists of domains.
    pub fn domain(&self) -> &str {
        let host = self.public_url.split("://").nth(1).unwrap_or_default();
        host.rsplit_once(':').map_or(host, |(name, _)| name)
    }

    /// Meta's own dialog sends nobody back to plain http; a sandbox does.
    pub fn facebook_returns(&self) -> bool {
        self.public_url.starts_with("https://") || self.meta_is_here()
    }

    /// A sandbox of Meta on this machine: only there is Meta spoken to without https.
    pub fn meta_is_here(&self) -> bool {
        self.dialog_url.starts_with("http://")
    }
}
