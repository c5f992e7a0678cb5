//! Whose token is it, of which kind, and what may it do.

use super::{Asking, Proof, Stop, words};
use crate::domain::credential::TokenKind;
use crate::server::config::App;
use crate::server::meta::{DebuggedToken, Kind, TokenVerdict};

impl Asking<'_> {
    /// Asked with our app, then with the one entered, then with the token itself (design §4).
    pub(super) async fn inspect_token(&mut self) -> Result<(), Stop> {
        if self.ask_as_our_app().await? || self.ask_as_entered_app().await? {
            return Ok(());
        }
        let proof = &mut self.proof;
        match self.graph.debug_own_token(&self.entry.token).await {
            Ok(debugged) => judge(debugged, proof),
            Err(error) if error.is(Kind::TokenDead) => {
                proof.token_refused = true;
                proof.note("accessToken", &error)?;
            }
            Err(error) if error.is_meta_unwell() => proof.note("accessToken", &error)?,
            Err(error) => tracing::info!(%error, "the token's kind stays unknown"),
        }
        let app_id = proof.facts.as_ref().and_then(|facts| facts.app_id.as_deref());
        proof.own_app = app_id.map(str::to_owned) != self.services.app().map(|app| app.id);
        match (&self.entry.app_id, app_id) {
            (Some(entered), Some(app_id)) if entered != app_id => proof.object("appId", words::other_app(app_id)),
            (None, Some(app_id)) if proof.own_app => proof.warnings.push(format!(
                "This token belongs to another Meta app than this installation's: {app_id}. If that app is yours, enter its \
                 ID and secret below."
            )),
            _ => {}
        }
        Ok(())
    }

    /// `true` when that told all. What Meta holds against this installation's own app is not about the entry.
    async fn ask_as_our_app(&mut self) -> Result<bool, Stop> {
        let entered = self.entry.app_id.as_ref();
        let Some(ours) = self.services.app() else { return Ok(false) };
        if entered.is_some_and(|id| *id != ours.id) {
            return Ok(false);
        }
        match self.graph.debug_token(&ours, &self.entry.token).await {
            Ok(debugged) => {
                judge(debugged, &mut self.proof);
                self.proof.own_app = false;
                self.proof.app = Some(ours);
                Ok(true)
            }
            Err(error) if error.is_meta_unwell() => self.proof.note("accessToken", &error).map(|()| true),
            Err(error) => {
                tracing::info!(%error, "the token cannot be looked into with this installation's app");
                Ok(false)
            }
        }
    }

    async fn ask_as_entered_app(&mut self) -> Result<bool, Stop> {
        let entered = self.entry.app_id.clone().zip(self.entry.app_secret.clone());
        let Some(app) = entered.map(|(id, secret)| App { id, secret }) else { return Ok(false) };
        match self.graph.debug_token(&app, &self.entry.token).await {
            Ok(debugged) => {
                self.proof.own_app = self.services.app().is_none_or(|ours| ours.id != app.id);
                judge(debugged, &mut self.proof);
                self.proof.app = Some(app);
                Ok(true)
            }
            // The token itself tells whose it is.
            Err(error) if error.is(Kind::OtherApp) => Ok(false),
            Err(error) if error.is_meta_unwell() => self.proof.note("accessToken", &error).map(|()| true),
            // What Meta refuses here is the app's own token: its ID or its secret.
            Err(_) => {
                self.proof.object("appSecret", words::wrong_app());
                Ok(false)
            }
        }
    }
}

fn judge(debugged: DebuggedToken, proof: &mut Proof) {
    let facts = debugged.facts;
    if let TokenVerdict::Invalid(why) = debugged.verdict {
        proof.token_refused = true;
        proof.object("accessToken", why.problem());
        proof.facts = facts.app_id.is_some().then_some(facts);
        return;
    }
    match facts.kind {
        TokenKind::App => proof.object("accessToken", words::wrong_kind("the token of an app")),
        TokenKind::Page => proof.object("accessToken", words::wrong_kind("the token of a Facebook page")),
        _ => {}
    }
    let missing = facts.missing_scopes();
    if !missing.is_empty() && !matches!(facts.kind, TokenKind::App | TokenKind::Page) {
        proof.object("accessToken", words::scopes_missing(&missing));
    }
    proof.facts = Some(facts);
}
