//! What the form shows: never a secret, only that one is kept.

use super::judge::is_in_use;
use super::{Draft, find};
use crate::domain::credential::TokenState;
use crate::domain::entry::{EntryFields, EntryPage, ReceivingPage};
use crate::domain::ids::{DraftId, WorkspaceId};
use crate::server::operations::{Failure, Services};
use crate::server::store::{DraftOwner, StoredConnection};

const MASK: &str = "••••";
/// Shorter secrets would be told by their end.
const LONG_ENOUGH: usize = 16;

pub async fn show_entry(
    services: &Services,
    workspace: &WorkspaceId,
    session_hash: &str,
    existing: Option<&StoredConnection>,
    draft: Option<&DraftId>,
) -> Result<EntryPage, Failure> {
    let connection = existing.map(|stored| &stored.connection.id);
    let owner = DraftOwner { workspace, session_hash, connection };
    let found = find(&services.store, owner, draft).await?;
    let draft_lost = draft.is_some() && found.is_none();
    let (id, typed) = found.map(|(id, draft, _)| (id, draft)).unzip();
    let typed: Option<Draft> = typed;
    let stored = existing.map(|stored| &stored.connection);
    let own = stored.filter(|stored| stored.own_app);
    let stored_token = existing.filter(|stored| stored.credential.state != TokenState::Erased);
    let fields = typed.as_ref().map_or_else(|| stored_fields(existing), |draft| draft.fields.clone());
    let secrets = typed.as_ref().map(|draft| draft.secrets.clone()).unwrap_or_default();
    let same_app = own.is_some_and(|own| own.app_id.as_deref() == Some(fields.app_id.as_str()));
    Ok(EntryPage {
        connection: stored.map(|stored| (stored.id.clone(), stored.display_number.clone())),
        draft: id,
        draft_lost,
        seen: typed.as_ref().map_or_else(|| existing.map(|stored| stored.settings_version), |draft| draft.seen),
        token_kept: masked(&secrets.token)
            .or_else(|| stored_token.map(|stored| format!("{MASK}{}", stored.credential.last_four))),
        app_secret_kept: masked(&secrets.app_secret)
            .or_else(|| own.filter(|own| same_app && own.has_app_secret).map(|_| MASK.to_owned())),
        verify_token_kept: (!secrets.verify_token.is_empty() || stored.is_some_and(|stored| stored.has_verify_token))
            .then(|| MASK.to_owned()),
        fields,
        default_version: services.settings.api_version.clone(),
        asking: typed.as_ref().and_then(|draft| draft.asking),
        verdict: typed.as_ref().and_then(|draft| draft.verdict.clone().filter(|_| draft.asking.is_none())),
        saved: typed.and_then(|draft| draft.saved),
        replaces: existing.is_some_and(|stored| is_in_use(services, stored)),
    })
}

/// Whole, where its end would tell much of it.
fn masked(secret: &str) -> Option<String> {
    let length = secret.chars().count();
    let end: String = if length < LONG_ENOUGH { String::new() } else { secret.chars().skip(length - 4).collect() };
    (length > 0).then(|| format!("{MASK}{end}"))
}

fn stored_fields(existing: Option<&StoredConnection>) -> EntryFields {
    let Some(StoredConnection { connection, .. }) = existing else { return EntryFields::default() };
    EntryFields {
        name: connection.name.clone().unwrap_or_default(),
        phone_number_id: connection.phone_number_id.to_string(),
        waba_id: connection.waba.to_string(),
        app_id: connection.app_id.clone().filter(|_| connection.own_app).unwrap_or_default(),
        api_version: connection.api_version.clone().unwrap_or_default(),
    }
}

/// "Tell Meta where to send."
pub fn show_receiving(services: &Services, stored: &StoredConnection) -> ReceivingPage {
    let connection = &stored.connection;
    ReceivingPage {
        connection: connection.id.clone(),
        display_number: connection.display_number.clone(),
        webhook_url: services.webhook_url(connection),
        verify_token_masked: MASK.to_owned(),
        app_id: connection.app_id.clone(),
        has_app_secret: services.knows_app_secret(connection),
    }
}
