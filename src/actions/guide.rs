//! What has to be entered at Meta, for this very installation.

use crate::domain::problem::Problem;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use {super::gate, crate::domain::user::Role};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupGuide {
    /// For "Valid OAuth redirect URIs".
    pub redirect_uri: String,
    /// For "Allowed domains for the JavaScript SDK" and "App domains": the host alone.
    pub domain: String,
    pub webhook_url: String,
    /// The viewer of the page is support or an admin.
    pub may_ask: bool,
}

#[server(name = ReadSetupGuide, prefix = "/_fn", endpoint = "setup_guide")]
pub async fn setup_guide() -> Result<SetupGuide, Problem> {
    gate::answer(async {
        let may_ask = gate::viewer()?.user.role >= Role::Support;
        let settings = gate::services()?.settings;
        let domain = settings.domain().to_owned();
        Ok(SetupGuide {
            redirect_uri: settings.redirect_uri(),
            domain,
            webhook_url: settings.shared_webhook_url(),
            may_ask,
        })
    })
    .await
}
