//! Credentials entered by hand, and what follows from them.

pub use crate::domain::entry::{EntryChoice, EntryPage, OldToken, Press, ReceivingPage, SavedEntry, Verdict};
use crate::domain::problem::Problem;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use {
    super::gate,
    crate::domain::entry::EntryFields,
    crate::domain::ids::DraftId,
    crate::server::boundary::Boundary,
    crate::server::operations::draft_entry::{self, Onward, Typed},
    crate::server::operations::revoke_old_token,
    crate::server::session::OwnedConnection,
};

/// The form as a browser sends it: `entry[token]=…`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryForm {
    /// Empty for a new number.
    pub connection: String,
    pub draft: String,
    pub seen: String,
    pub name: String,
    pub phone_number_id: String,
    pub waba_id: String,
    pub choice: String,
    pub token: String,
    pub app_id: String,
    pub app_secret: String,
    pub verify_token: String,
    pub api_version: String,
}

impl std::fmt::Debug for EntryForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EntryForm(••••)")
    }
}

#[cfg(feature = "ssr")]
fn form_page(connection: &str) -> String {
    match connection {
        "" => "/core/whatsapp-api/configurations/by-hand".to_owned(),
        id => format!("/core/whatsapp-api/configurations/{id}/credentials"),
    }
}

/// Where the person goes on after saving.
#[cfg(feature = "ssr")]
fn onward(saved: &SavedEntry) -> String {
    match &saved.run {
        Some(run) => format!("/connect/facebook/{run}"),
        None if saved.tell_meta => format!("/core/whatsapp-api/configurations/{}/receiving", saved.connection),
        None => format!("/core/whatsapp-api/configurations/{}", saved.connection),
    }
}

#[cfg(feature = "ssr")]
async fn edited(connection: &str) -> Result<Option<OwnedConnection>, Boundary> {
    if connection.is_empty() {
        return Ok(None);
    }
    let (.., owned) = gate::admin_of_connection(connection).await?;
    Ok(Some(owned))
}

/// The page with the form; `connection` is empty for a new number, `draft` for an untouched form.
#[server(prefix = "/_fn", endpoint = "find_entry")]
pub async fn find_entry(connection: String, draft: String) -> Result<EntryPage, Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let (session, owned) = (gate::session()?, edited(&connection).await?);
        let stored = owned.map(|OwnedConnection(stored)| stored);
        let draft = Some(DraftId::new(draft)).filter(|draft| !draft.as_str().is_empty());
        let workspace = &who.user.workspace;
        Ok(draft_entry::show_entry(&services, workspace, &session, stored.as_ref(), draft.as_ref()).await?)
    })
    .await
}

/// Form. What was typed is kept whatever comes of it.
#[server(prefix = "/_fn", endpoint = "judge_entry")]
pub async fn judge_entry(entry: EntryForm, press: Press) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who) = (gate::services()?, gate::admin()?);
        let (session, owned) = (gate::session()?, edited(&entry.connection).await?);
        let form = form_page(&entry.connection);
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        let typed = Typed {
            draft: given(entry.draft).map(DraftId::new),
            seen: entry.seen.parse().ok(),
            fields: EntryFields {
                name: entry.name,
                phone_number_id: entry.phone_number_id,
                waba_id: entry.waba_id,
                app_id: entry.app_id,
                api_version: entry.api_version,
            },
            choice: given(entry.choice),
            token: entry.token.into(),
            app_secret: entry.app_secret.into(),
            verify_token: entry.verify_token.into(),
        };
        let connection = owned.as_ref().map(|OwnedConnection(stored)| &stored.connection.id);
        let (actor, user) = (who.actor(), &who.user.id);
        match draft_entry::press(&services, &actor, user, &session, connection, typed, press).await? {
            Onward::Form(draft) => gate::back_to(&format!("{form}?draft={draft}")),
            Onward::Saved(saved) => gate::back_to(&onward(&saved)),
        }
        Ok(())
    })
    .await
}

/// "Tell Meta where to send."
#[server(prefix = "/_fn", endpoint = "find_receiving")]
pub async fn find_receiving(connection: String) -> Result<ReceivingPage, Problem> {
    gate::answer(async {
        let (services, _, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        Ok(draft_entry::show_receiving(&services, &stored))
    })
    .await
}

/// Form.
#[server(prefix = "/_fn", endpoint = "revoke_old_token")]
pub async fn revoke_old_token(connection: String, token: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        revoke_old_token::revoke_old_token(&services, &who.actor(), &stored, &token).await?;
        gate::back_to(&format!("/core/whatsapp-api/configurations/{connection}"));
        Ok(())
    })
    .await
}

/// Form. Forgets it here; at Meta it goes on.
#[server(prefix = "/_fn", endpoint = "forget_old_token")]
pub async fn forget_old_token(connection: String, token: String) -> Result<(), Problem> {
    gate::answer(async {
        let (services, who, OwnedConnection(stored)) = gate::admin_of_connection(&connection).await?;
        revoke_old_token::forget_old_token(&services, &who.actor(), &stored, &token).await?;
        gate::back_to(&format!("/core/whatsapp-api/configurations/{connection}"));
        Ok(())
    })
    .await
}
