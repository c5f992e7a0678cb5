//! The dialog's address, checked as Meta checks it. Faults become a page: nobody is redirected to an address that is not trusted.

use serde_json::Value;

use super::wizard::Wizard;
use crate::{urls, world::World};

/// Why the dialog does not open, in a person's words.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) title: &'static str,
    pub(crate) text: String,
    pub(crate) code: Option<u32>,
}

impl Fault {
    fn new(title: &'static str, text: impl Into<String>) -> Self {
        Self { title, text: text.into(), code: None }
    }

    fn code(self, code: u32) -> Self {
        Self { code: Some(code), ..self }
    }
}

pub(crate) fn accept(world: &World, pairs: &[(String, String)]) -> Result<Wizard, Fault> {
    let text =
        |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty());
    let client =
        text("client_id").ok_or_else(|| Fault::new("Invalid parameters", "The client_id parameter is missing."))?;
    let app = world.apps.get(client).ok_or_else(|| {
        Fault::new("Invalid App ID", "The provided app ID does not look like a valid app ID.").code(101)
    })?;
    let redirect_uri = text("redirect_uri")
        .ok_or_else(|| Fault::new("Invalid parameters", "The redirect_uri parameter is missing.").code(100))?;
    let host = urls::origin(redirect_uri).map(urls::host_name).unwrap_or_default();
    if !app.domains.iter().any(|domain| domain == host) {
        let text = "The domain of this URL isn't included in the app's domains. To be able to load this URL, add all domains and \
                    subdomains of your app to the App Domains field in your app settings.";
        return Err(Fault::new("Can't load URL", text).code(191));
    }
    // Strict mode: every byte counts.
    if !app.redirect_uris.iter().any(|known| known == redirect_uri) {
        let text = format!(
            "This redirect failed because the redirect URI is not white-listed in the app's client OAuth settings. Make sure that \
             client and web OAuth logins are on and add {redirect_uri} as a valid OAuth redirect URI."
        );
        return Err(Fault::new("URL blocked", text));
    }
    let config = text("config_id").ok_or_else(|| {
        Fault::new(
            "Invalid parameters",
            "The config_id parameter is missing. This app uses Facebook Login for Business.",
        )
    })?;
    if !app.config_ids.iter().any(|known| known == config) {
        return Err(Fault::new("Invalid configuration", "The config_id does not belong to this app."));
    }
    if text("response_type") != Some("code") {
        return Err(Fault::new("Invalid parameters", "The response_type of this configuration must be `code`."));
    }
    let state = text("state").map(str::to_owned);
    Ok(Wizard::new(client, redirect_uri, state, wants_coexistence(text("extras"))))
}

/// `extras` is JSON; what it holds beside this changes nothing here, and broken JSON is as good as none.
fn wants_coexistence(extras: Option<&str>) -> bool {
    let extras: Value = extras.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    extras["featureType"] == "whatsapp_business_app_onboarding"
}
