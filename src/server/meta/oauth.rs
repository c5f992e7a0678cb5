//! Tokens at Meta: exchange, inspection, refresh, revocation (fact base §§1, 2).

use super::client::{Graph, Key};
use super::error::GraphError;
use super::wire;
use crate::domain::credential::{GranularScope, TokenFacts, TokenKind};
use crate::domain::ids::BusinessId;
use crate::domain::instant::Instant;
use crate::server::config::App;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};

/// What `debug_token` said.
pub struct DebuggedToken {
    pub facts: TokenFacts,
    pub verdict: TokenVerdict,
}

pub enum TokenVerdict {
    Valid,
    /// With Meta's reason.
    Invalid(Box<GraphError>),
}

/// The app's own token, made without a call (fact base §1.4).
pub(super) fn app_token(app: &App) -> SecretString {
    format!("{}|{}", app.id, app.secret.expose_secret()).into()
}

fn seconds(value: i64) -> Option<Instant> {
    (value > 0).then(|| Instant::from_seconds(value))
}

fn facts(data: &wire::DebugData) -> TokenFacts {
    TokenFacts {
        kind: TokenKind::classify(&data.kind, data.profile_id.is_some(), data.issued_at, data.expires_at),
        app_id: data.app_id.clone(),
        user_id: data.user_id.clone(),
        issued_at: seconds(data.issued_at),
        expires_at: seconds(data.expires_at),
        data_access_ends_at: seconds(data.data_access_expires_at),
        scopes: data.scopes.clone(),
        granular_scopes: data
            .granular_scopes
            .iter()
            .map(|granted| GranularScope { scope: granted.scope.clone(), target_ids: granted.target_ids.clone() })
            .collect(),
    }
}

fn debugged(answer: wire::Debugged) -> DebuggedToken {
    let data = answer.data;
    let verdict = if data.is_valid {
        TokenVerdict::Valid
    } else {
        let error = data.error.as_ref();
        TokenVerdict::Invalid(Box::new(GraphError::refused(
            400,
            wire::MetaError {
                message: error.map(|error| error.message.clone()).unwrap_or_default(),
                code: error.map_or(190, |error| error.code),
                error_subcode: error.and_then(|error| error.subcode),
                error_data: None,
                fbtrace_id: None,
            },
        )))
    };
    DebuggedToken { facts: facts(&data), verdict }
}

impl Graph {
    /// Exchanges a code once. The caller decides about another try: a code is used up by success.
    pub async fn exchange_code(&self, app: &App, code: &str, redirect_uri: &str) -> Result<SecretString, GraphError> {
        let query = [
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.expose_secret()),
            ("redirect_uri", redirect_uri),
            ("code", code),
        ];
        let answer: wire::TokenAnswer = self.call(Method::GET, "oauth/access_token", None, &query, &[]).await?;
        Ok(answer.access_token.into())
    }

    /// Asks about a token with the app's own. A token that Meta no longer takes is an answer, not an error.
    pub async fn debug_token(&self, app: &App, token: &SecretString) -> Result<DebuggedToken, GraphError> {
        let app_token = app_token(app);
        let query = [("input_token", token.expose_secret())];
        // No proof: it is for the tokens of people and system users.
        let key = Key { token: &app_token, app_secret: None };
        Ok(debugged(self.read("debug_token", Some(key), &query).await?))
    }

    /// Asks about a token with nothing but itself, where the secret of its app is not known.
    pub async fn debug_own_token(&self, token: &SecretString) -> Result<DebuggedToken, GraphError> {
        let query = [("input_token", token.expose_secret())];
        Ok(debugged(self.read("debug_token", Some(Key { token, app_secret: None }), &query).await?))
    }

    /// The app's name: proves that its ID and secret belong together.
    pub async fn read_app(&self, app: &App) -> Result<String, GraphError> {
        let token = app_token(app);
        let read = self.read(&app.id, Some(Key { token: &token, app_secret: None }), &[("fields", "id,name")]);
        let node: wire::AppNode = read.await?;
        Ok(node.name)
    }

    /// The portfolio that a business integration token belongs to; `None` for other kinds.
    pub async fn client_business(&self, key: Key<'_>) -> Result<Option<BusinessId>, GraphError> {
        let me: wire::Me = self.read("me", Some(key), &[("fields", "id,client_business_id")]).await?;
        Ok(me.client_business_id.map(BusinessId::new))
    }

    /// A fresh 60-day token for one that still works (fact base §1.4).
    pub async fn extend_token(
        &self,
        app: &App,
        token: &SecretString,
        system_user: bool,
    ) -> Result<SecretString, GraphError> {
        let mut query = vec![
            ("grant_type", "fb_exchange_token"),
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.expose_secret()),
            ("fb_exchange_token", token.expose_secret()),
        ];
        if system_user {
            query.push(("set_token_expires_in_60_days", "true"));
        }
        let answer: wire::TokenAnswer = self.call(Method::GET, "oauth/access_token", None, &query, &[]).await?;
        Ok(answer.access_token.into())
    }

    /// The business token of a client, fetched with our own system token (fact base §1.6).
    pub async fn fetch_client_token(
        &self,
        app: &App,
        system_token: &SecretString,
        business: &BusinessId,
    ) -> Result<SecretString, GraphError> {
        let path = format!("{business}/system_user_access_tokens");
        let form = [("fetch_only", "true")];
        let answer: wire::TokenAnswer = self.change(Method::POST, &path, Key::of(app, system_token), &form).await?;
        Ok(answer.access_token.into())
    }

    /// Ends a token at Meta at once (fact base §1.7).
    pub async fn revoke_token(&self, app: &App, token: &SecretString) -> Result<(), GraphError> {
        let app_token = app_token(app);
        let query = [
            ("client_id", app.id.as_str()),
            ("client_secret", app.secret.expose_secret()),
            ("revoke_token", token.expose_secret()),
            ("access_token", app_token.expose_secret()),
        ];
        let answer: wire::Success = self.call(Method::GET, "oauth/revoke", None, &query, &[]).await?;
        answer.accepted()
    }
}
