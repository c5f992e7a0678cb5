//! Settings of the sandbox that stay until they are changed back.

use serde::{Deserialize, Serialize};

/// How long new tokens from the dialog live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenLife {
    /// Never ends: a configuration's default.
    #[default]
    Permanent,
    /// The configuration with 60-day tokens.
    SixtyDays,
    /// A person's token of a day, as the app dashboard hands out.
    Day,
    /// A person's long-lived token.
    UserSixtyDays,
}

/// How `debug_token` reports `granular_scopes`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GranularScopes {
    #[default]
    Full,
    /// Each scope without `target_ids`: Meta's "all objects, present and future".
    WithoutTargetIds,
    /// No `granular_scopes` at all.
    Missing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Switches {
    /// Also post `WA_EMBEDDED_SIGNUP` to the opener, as Meta's JavaScript flow does.
    pub post_message: bool,
    /// Refuse calls without `appsecret_proof`.
    pub require_proof: bool,
    /// What the code exchange hands out.
    pub token_life: TokenLife,
    pub granular_scopes: GranularScopes,
    /// The permissions of new tokens.
    pub scopes: Vec<String>,
    /// Whether `system_user_access_tokens` hands out a 60-day token with a new end. Meta does not say.
    pub fetch_extends: bool,
    /// Whether a new token also reaches what the portfolio shared with the app before.
    pub accumulate_grants: bool,
}

impl Default for Switches {
    fn default() -> Self {
        let scopes = ["whatsapp_business_management", "whatsapp_business_messaging", "business_management"];
        Self {
            post_message: false,
            require_proof: false,
            token_life: TokenLife::Permanent,
            granular_scopes: GranularScopes::Full,
            scopes: scopes.map(str::to_owned).to_vec(),
            fetch_extends: true,
            accumulate_grants: false,
        }
    }
}

/// A change of some switches; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SwitchChange {
    pub post_message: Option<bool>,
    pub require_proof: Option<bool>,
    pub token_life: Option<TokenLife>,
    pub granular_scopes: Option<GranularScopes>,
    pub scopes: Option<Vec<String>>,
    pub fetch_extends: Option<bool>,
    pub accumulate_grants: Option<bool>,
}

impl Switches {
    pub(crate) fn apply(&mut self, change: SwitchChange) {
        let SwitchChange {
            post_message,
            require_proof,
            token_life,
            granular_scopes,
            scopes,
            fetch_extends,
            accumulate_grants,
        } = change;
        set(&mut self.post_message, post_message);
        set(&mut self.require_proof, require_proof);
        set(&mut self.token_life, token_life);
        set(&mut self.granular_scopes, granular_scopes);
        set(&mut self.scopes, scopes);
        set(&mut self.fetch_extends, fetch_extends);
        set(&mut self.accumulate_grants, accumulate_grants);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
