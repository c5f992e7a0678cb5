//! What has to be entered at Meta, for this very installation.

use crate::domain::problem::Problem;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupGuide {
    /// For "Valid OAuth redirect URIs".
    pub redirect_uri: String,
    /// For "Allowed domains for the JavaScript SDK" and "App domains": the host alone.
    pub domain: String,
    pub webhook_url: String,
}

#[server(name = ReadSetupGuide, prefix = "/_fn", endpoint = "setup_guide")]
pub async fn setup_guide() -> Result<SetupGuide, Problem> {
    todo(())
}
