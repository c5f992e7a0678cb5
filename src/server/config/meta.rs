//! The installation's own Meta app, and where Meta is.

use super::{BadSetting, Given, bad, filled, meta_url, secret};
use crate::domain::ids::{PhoneNumberId, WabaId};
use crate::domain::settings::{id_rule, token_rule, verify_token_rule};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

const META_DIALOG: &str = "https://www.facebook.com";
const API_VERSION: &str = "v25.0";

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

impl Entered {
    /// Ids without a token are nothing to import: the token may have been taken away after the import.
    pub(super) fn read(given: &Given) -> Result<Option<Self>, BadSetting> {
        let phone_number_id = meta_id("WHATSAPP_PHONE_NUMBER_ID", "Phone Number ID", given.phone_number_id.as_deref())?;
        let waba = meta_id("WHATSAPP_BUSINESS_ACCOUNT_ID", "WABA ID", given.business_account_id.as_deref())?;
        let token = secret("WHATSAPP_ACCESS_TOKEN", given.access_token.as_deref())?;
        if let Some(rule) = token.as_ref().and_then(|token| token_rule(token.expose_secret())) {
            return Err(bad("WHATSAPP_ACCESS_TOKEN", rule));
        }
        Ok(token.map(|token| Self {
            token,
            phone_number_id: phone_number_id.map(PhoneNumberId::new),
            waba: waba.map(WabaId::new),
        }))
    }
}

fn meta_id(name: &'static str, words: &str, given: Option<&str>) -> Result<Option<String>, BadSetting> {
    let Some(text) = filled(given) else { return Ok(None) };
    match id_rule(words, text) {
        Some(rule) => Err(bad(name, format!("`{text}`: {rule}"))),
        None => Ok(Some(text.to_owned())),
    }
}

fn digits_only(name: &'static str, words: &str, given: Option<&str>) -> Result<Option<String>, BadSetting> {
    match filled(given) {
        Some(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(bad(name, format!("`{text}` is no {words}: it has digits only")))
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// ID and secret of an app go together. Of one alone nothing is made: the other may stand under Settings › Meta app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalfApp {
    pub given: &'static str,
    pub missing: &'static str,
}

impl HalfApp {
    pub(super) fn of(given: &Given) -> Result<Option<Self>, BadSetting> {
        let (id, app_secret) = ("WHATSAPP_APP_ID", "WHATSAPP_APP_SECRET");
        let has_id = filled(given.app_id.as_deref()).is_some();
        let has_secret = secret(app_secret, given.app_secret.as_deref())?.is_some();
        Ok(match (has_id, has_secret) {
            (true, false) => Some(Self { given: id, missing: app_secret }),
            (false, true) => Some(Self { given: app_secret, missing: id }),
            _ => None,
        })
    }
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
    pub(super) fn read(given: &Given, public_url: &Url) -> Result<Self, BadSetting> {
        let app_id = digits_only("WHATSAPP_APP_ID", "app ID", given.app_id.as_deref())?;
        let app_secret = secret("WHATSAPP_APP_SECRET", given.app_secret.as_deref())?;
        let api_version = filled(given.api_version.as_deref()).unwrap_or(API_VERSION);
        let number = api_version.strip_prefix('v').and_then(|rest| rest.strip_suffix(".0"));
        if number.is_none_or(|number| number.parse::<u16>().is_err()) {
            return Err(bad(
                "WHATSAPP_API_VERSION",
                format!("`{api_version}` is no version: write it like `{API_VERSION}`"),
            ));
        }
        let verify_token = secret("WHATSAPP_VERIFY_TOKEN", given.verify_token.as_deref())?;
        if let Some(rule) = verify_token.as_ref().and_then(|token| verify_token_rule(token.expose_secret())) {
            return Err(bad("WHATSAPP_VERIFY_TOKEN", rule));
        }
        Ok(Self {
            public_url: public_url.as_str().trim_end_matches('/').to_owned(),
            dialog_url: meta_url("META_DIALOG_URL", given.dialog_url.as_deref(), META_DIALOG)?,
            api_version: api_version.to_owned(),
            app: app_id.zip(app_secret).map(|(id, secret)| App { id, secret }),
            config_id: digits_only("WHATSAPP_CONFIG_ID", "configuration ID", given.config_id.as_deref())?,
            system_token: secret("WHATSAPP_SYSTEM_TOKEN", given.system_token.as_deref())?,
            verify_token,
        })
    }

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
