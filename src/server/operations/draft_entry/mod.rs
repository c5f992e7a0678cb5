//! The form for credentials: what was typed is kept sealed for half an hour, judged in the background, and saved at the
//! second press when it does not prove itself.

mod judge;
mod show;

pub use judge::judge_entry;
pub use show::{show_entry, show_receiving};

use super::prove_entry::Entry;
use super::{Failure, Services, wait};
use crate::domain::entry::{EntryFields, Press, SavedEntry, Verdict};
use crate::domain::ids::{ConnectionId, DraftId, PhoneNumberId, UserId, WabaId};
use crate::domain::instant::MINUTE;
use crate::domain::problem::Problem;
use crate::server::store::{Actor, DraftOwner, Store, StoreError, StoredConnection, StoredDraft};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Judging takes no longer than this; one that has was cut off. Milliseconds.
const LOST_AFTER: i64 = 2 * MINUTE;

/// Secrets as typed; empty keeps what is stored. Has no `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Secrets {
    token: String,
    app_secret: String,
    verify_token: String,
}

/// What is sealed. Has no `Debug`.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Draft {
    fields: EntryFields,
    secrets: Secrets,
    /// Version of the settings that the form showed.
    seen: Option<i64>,
    asking: Option<Press>,
    verdict: Option<Verdict>,
    saved: Option<SavedEntry>,
}

impl Draft {
    fn of(stored: &StoredDraft) -> Result<Self, StoreError> {
        Ok(serde_json::from_str(stored.data.expose_secret())?)
    }

    fn sealed(&self) -> Result<SecretString, StoreError> {
        Ok(serde_json::to_string(self)?.into())
    }
}

/// The form as it was sent.
pub struct Typed {
    pub draft: Option<DraftId>,
    pub seen: Option<i64>,
    pub fields: EntryFields,
    /// `number/waba`, when one of the offered numbers was chosen.
    pub choice: Option<String>,
    pub token: SecretString,
    pub app_secret: SecretString,
    pub verify_token: SecretString,
}

/// Where the person goes on.
pub enum Onward {
    /// To the form, with what came of it.
    Form(DraftId),
    Saved(SavedEntry),
}

/// Takes a press of one of the form's buttons and waits a moment for what comes of it.
pub async fn press(
    services: &Services,
    actor: &Actor,
    user: &UserId,
    session_hash: &str,
    connection: Option<&ConnectionId>,
    typed: Typed,
    press: Press,
) -> Result<Onward, Failure> {
    let owner = DraftOwner { workspace: &actor.workspace, session_hash, connection };
    let found = find(&services.store, owner, typed.draft.as_ref()).await?;
    let heard = found.as_ref().filter(|(_, draft, stored)| {
        draft.asking.is_some() && services.clock.now().since(stored.at) < LOST_AFTER || draft.saved.is_some()
    });
    // A second press of the same button: the first one has been heard.
    if let Some((id, ..)) = heard {
        return outcome(services, owner, id.clone()).await;
    }
    let (id, before) = found.map(|(id, draft, _)| (id, draft)).unzip();
    let (draft, press) = next(typed, before.unwrap_or_default(), press);
    let payload = json!({"actor": actor.name, "address": actor.address, "user": user});
    let draft = Draft { asking: Some(press), ..draft };
    let id = services.store.put_draft(owner, id.as_ref(), &draft.sealed()?, payload).await?;
    outcome(services, owner, id).await
}

async fn outcome(services: &Services, owner: DraftOwner<'_>, id: DraftId) -> Result<Onward, Failure> {
    wait::for_draft(services, &id).await?;
    let judged = find(&services.store, owner, Some(&id)).await?.and_then(|(_, draft, _)| draft.saved);
    let Some(saved) = judged else { return Ok(Onward::Form(id)) };
    services.store.remove_draft(&id).await?;
    if let Some(run) = &saved.run {
        wait::for_signup(services, run).await?;
    }
    Ok(Onward::Saved(saved))
}

async fn find(
    store: &Store,
    owner: DraftOwner<'_>,
    id: Option<&DraftId>,
) -> Result<Option<(DraftId, Draft, StoredDraft)>, Failure> {
    let Some(id) = id else { return Ok(None) };
    let Some(stored) = store.find_draft(owner, id).await? else { return Ok(None) };
    Ok(Some((id.clone(), Draft::of(&stored)?, stored)))
}

/// What is kept now, and what the press comes to: "anyway" is for exactly what was judged.
fn next(typed: Typed, before: Draft, press: Press) -> (Draft, Press) {
    let kept = |new: &SecretString, old: String| {
        let new = cleaned(new.expose_secret());
        if new.is_empty() { old } else { new }
    };
    let secrets = Secrets {
        token: kept(&typed.token, before.secrets.token.clone()),
        app_secret: kept(&typed.app_secret, before.secrets.app_secret.clone()),
        verify_token: kept(&typed.verify_token, before.secrets.verify_token.clone()),
    };
    let mut fields = trimmed(typed.fields);
    let id_retyped = fields.phone_number_id != before.fields.phone_number_id;
    // Whoever types another ID means that one.
    if let Some((number, waba)) = typed.choice.as_deref().filter(|_| !id_retyped).and_then(|c| c.split_once('/')) {
        number.clone_into(&mut fields.phone_number_id);
        waba.clone_into(&mut fields.waba_id);
    }
    let swap = before.verdict.as_ref().and_then(|verdict| verdict.swap.clone());
    if press == Press::Swap
        && let Some((number, waba)) = swap
    {
        fields.phone_number_id = number.map(String::from).unwrap_or_default();
        fields.waba_id = waba.into();
    }
    let same = fields == before.fields && secrets == before.secrets;
    let may_save = before.verdict.as_ref().is_some_and(|verdict| verdict.may_save_anyway);
    let press = match press {
        Press::Swap => Press::Test,
        Press::Anyway if !(same && may_save) => Press::Save,
        press => press,
    };
    // Only for the same text may what was said before be counted.
    let verdict = before.verdict.filter(|_| same);
    (Draft { fields, secrets, seen: typed.seen, verdict, ..Draft::default() }, press)
}

/// As people paste: with spaces around it, in quotes, or with the word that goes before it in a header.
fn cleaned(text: &str) -> String {
    let text = text.trim().trim_matches(['"', '\'', '`']).trim();
    text.strip_prefix("Bearer ").unwrap_or(text).trim().to_owned()
}

fn trimmed(fields: EntryFields) -> EntryFields {
    let EntryFields { name, phone_number_id, waba_id, app_id, api_version } = fields;
    EntryFields {
        name: name.trim().to_owned(),
        phone_number_id: cleaned(&phone_number_id),
        waba_id: cleaned(&waba_id),
        app_id: cleaned(&app_id),
        api_version: cleaned(&api_version),
    }
}

/// What was typed, filled up with the secrets that are stored.
async fn complete(services: &Services, draft: &Draft, existing: Option<&StoredConnection>) -> Result<Entry, Failure> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (fields, secrets) = (&draft.fields, &draft.secrets);
    let stored = existing.map(|stored| &stored.connection);
    let token = match (given(&secrets.token), existing) {
        (Some(token), _) => token.into(),
        (None, Some(stored)) => services.store.open_token(&stored.credential.id).await?.unwrap_or_default(),
        (None, None) => SecretString::default(),
    };
    let same_app = stored.filter(|stored| stored.own_app && stored.app_id == given(&fields.app_id));
    let app_secret = match (given(&secrets.app_secret), same_app) {
        (Some(secret), _) => Some(secret.into()),
        (None, Some(own)) => services.store.open_app_secret(&own.id).await?,
        (None, None) => None,
    };
    Ok(Entry {
        name: given(&fields.name),
        phone_number_id: given(&fields.phone_number_id).map(PhoneNumberId::new),
        waba: given(&fields.waba_id).map(WabaId::new),
        token,
        app_id: given(&fields.app_id),
        app_secret,
        verify_token: given(&secrets.verify_token).map(SecretString::from),
        api_version: given(&fields.api_version),
    })
}

/// For a job that could not judge: the form must not say "Asking Meta…" for ever.
pub async fn give_up(services: &Services, id: &DraftId, problem: Problem) -> Result<(), Failure> {
    let Some(stored) = services.store.find_any_draft(id).await? else { return Ok(()) };
    let mut draft = Draft::of(&stored)?;
    let press = draft.asking.take().unwrap_or(Press::Test);
    draft.verdict = Some(judge::failed(press, problem));
    Ok(services.store.update_draft(id, stored.at, &draft.sealed()?).await?)
}

/// Whether the form has its answer.
pub(super) async fn is_judged(services: &Services, id: &DraftId) -> Result<bool, StoreError> {
    let Some(stored) = services.store.find_any_draft(id).await? else { return Ok(true) };
    Ok(Draft::of(&stored)?.asking.is_none())
}
