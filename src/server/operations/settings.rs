//! A connection's settings for programs: shown, proven, saved.

use super::check_connection::standing;
use super::prove_entry::{Entry, Proof, broken_rules, prove_entry};
use super::save_entry::save_entry;
use super::{Failure, Services};
use crate::domain::connection::Badge;
use crate::domain::credential::TokenState;
use crate::domain::entry::Objection;
use crate::domain::ids::{PhoneNumberId, UserId, WabaId, WorkspaceId};
use crate::domain::problem::Problem;
use crate::domain::settings::{BrokenRule, WhatsAppSettings};
use crate::server::store::{Actor, StoredConnection};
use secrecy::SecretString;

/// Connections named in an answer that asks which one is meant.
const NAMED: i64 = 20;

/// Fields as sent; `None` keeps what is stored.
#[derive(Default)]
pub struct Update {
    pub name: Option<String>,
    pub phone_number_id: Option<String>,
    pub waba: Option<String>,
    pub token: Option<SecretString>,
    pub app_id: Option<String>,
    pub app_secret: Option<SecretString>,
    pub verify_token: Option<SecretString>,
    pub api_version: Option<String>,
}

/// Why settings were not saved.
pub enum Unsaved {
    Rules(Vec<BrokenRule>),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Unsaved {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

/// The connection meant: by its id or its Phone Number ID, else the only one. `None` when there is none at all.
async fn pick(
    services: &Services,
    workspace: &WorkspaceId,
    asked: Option<&str>,
) -> Result<Option<StoredConnection>, Failure> {
    let store = &services.store;
    if let Some(asked) = asked {
        let by_id = store.find_connection(workspace, &crate::domain::ids::ConnectionId::new(asked)).await?;
        let found = match by_id {
            Some(found) => Some(found),
            None => store.find_by_phone_number_id(&PhoneNumberId::new(asked)).await?,
        };
        let own = found.filter(|found| found.connection.workspace == *workspace);
        return Ok(Some(own.ok_or_else(Problem::not_found)?));
    }
    let mut all = store.search_connections(workspace, "", None, NAMED).await?.rows;
    match all.len() {
        0 | 1 => Ok(all.pop()),
        _ => {
            let named = all.iter().map(|c| format!("{} ({})", c.connection.id, c.connection.display_number));
            Err(several(&named.collect::<Vec<_>>().join(", ")).into())
        }
    }
}

fn describe(services: &Services, stored: &StoredConnection) -> WhatsAppSettings {
    let connection = &stored.connection;
    let webhook_url = services.webhook_url(connection);
    let erased = stored.credential.state == TokenState::Erased;
    WhatsAppSettings {
        id: connection.id.clone(),
        name: connection.name.clone(),
        phone_number_id: connection.phone_number_id.clone(),
        waba: connection.waba.clone(),
        token_last_four: if erased { String::new() } else { stored.credential.last_four.clone() },
        app_id: connection.app_id.clone(),
        has_app_secret: connection.has_app_secret,
        api_version: connection.api_version.clone().unwrap_or_else(|| services.settings.api_version.clone()),
        status: Badge::of(&standing(services, stored, &webhook_url, services.clock.now())),
        webhook_url,
        updated_at: connection.updated_at,
        version: stored.settings_version,
    }
}

pub async fn show_settings(
    services: &Services,
    workspace: &WorkspaceId,
    asked: Option<&str>,
) -> Result<Option<WhatsAppSettings>, Failure> {
    Ok(pick(services, workspace, asked).await?.map(|stored| describe(services, &stored)))
}

/// Whoever saves settings.
pub struct Saver<'a> {
    pub actor: &'a Actor,
    /// `None` for a program.
    pub user: Option<&'a UserId>,
}

/// Which version the caller has seen, and whether to save what does not prove itself.
#[derive(Default)]
pub struct Terms {
    pub seen: Option<i64>,
    pub force: bool,
}

/// The settings as saved, and whether the connection is new.
pub async fn put_settings(
    services: &Services,
    saver: &Saver<'_>,
    asked: Option<&str>,
    update: Update,
    terms: &Terms,
) -> Result<(WhatsAppSettings, bool), Unsaved> {
    let existing = pick(services, &saver.actor.workspace, asked).await?;
    if terms.seen.is_some_and(|seen| existing.as_ref().is_none_or(|stored| stored.settings_version != seen)) {
        return Err(super::save_entry::changed_meanwhile().into());
    }
    let entry = complete(services, update, existing.as_ref()).await?;
    let broken = broken_rules(&entry);
    if !broken.is_empty() {
        return Err(Unsaved::Rules(broken));
    }
    let entered = entry.phone_number_id.as_ref();
    if let Some((stored, entered)) = existing.as_ref().zip(entered)
        && stored.connection.phone_number_id != *entered
    {
        return Err(super::save_entry::other_number().into());
    }
    let mut proof = prove_entry(services, &entry).await;
    let entry = with_only_choice(services, entry, &mut proof).await;
    if !terms.force {
        refuse_unproven(&proof)?;
    }
    let saved = save_entry(services, saver.actor, saver.user, &entry, &proof, existing.as_ref()).await?;
    let stored = services.store.find_connection(&saver.actor.workspace, &saved.connection).await?;
    let stored = stored.ok_or_else(Problem::not_found)?;
    Ok((describe(services, &stored), saved.created))
}

/// Where the account has one number only, that is the one.
async fn with_only_choice(services: &Services, entry: Entry, proof: &mut Proof) -> Entry {
    let [only] = &proof.choices[..] else { return entry };
    let asked_for = entry.phone_number_id.is_none() && entry.waba.as_ref().is_none_or(|waba| *waba == only.waba);
    if !asked_for && !proof.swapped {
        return entry;
    }
    let entry = Entry { phone_number_id: Some(only.number.id.clone()), waba: Some(only.waba.clone()), ..entry };
    *proof = prove_entry(services, &entry).await;
    entry
}

fn refuse_unproven(proof: &Proof) -> Result<(), Unsaved> {
    if let Some(problem) = &proof.unreachable {
        return Err(problem.clone().into());
    }
    let mut broken: Vec<BrokenRule> = proof.objections.iter().map(told).collect();
    if broken.is_empty() && proof.number.is_none() {
        let ids: Vec<&str> = proof.choices.iter().map(|choice| choice.number.id.as_str()).collect();
        broken.push(BrokenRule::new("phoneNumberId", &format!("choose one of {}", ids.join(", "))));
    }
    if broken.is_empty() { Ok(()) } else { Err(Unsaved::Rules(broken)) }
}

fn told(objection: &Objection) -> BrokenRule {
    let Problem { what, remedy, .. } = &objection.problem;
    BrokenRule::new(&objection.field, &format!("{what} {remedy}"))
}

/// What Meta says of the stored or the sent credentials; nothing is saved. `Err` inside when they do not work.
pub async fn test_settings(
    services: &Services,
    workspace: &WorkspaceId,
    asked: Option<&str>,
    update: Update,
) -> Result<Result<String, String>, Unsaved> {
    let existing = pick(services, workspace, asked).await?;
    let entry = complete(services, update, existing.as_ref()).await?;
    let broken = broken_rules(&entry);
    if let Some(first) = broken.first() {
        return Ok(Err(format!("{}: {}", first.field, first.rule)));
    }
    let mut proof = prove_entry(services, &entry).await;
    with_only_choice(services, entry, &mut proof).await;
    if let Some(problem) = &proof.unreachable {
        return Ok(Err(problem.to_string()));
    }
    if let Some(objection) = proof.objections.first() {
        let name = match objection.field.as_str() {
            "accessToken" => "Invalid Access Token",
            "phoneNumberId" => "Phone number not found",
            "businessAccountId" => "Business account not found",
            _ => "Invalid app",
        };
        return Ok(Err(format!("{name}: {}", objection.problem)));
    }
    Ok(match &proof.number {
        Some((_, reading)) => Ok(format!("Connection successful. Phone number: {}", reading.display_phone_number)),
        None => Err("Choose a number: the account has several.".to_owned()),
    })
}

/// What was sent, filled up with what is stored.
async fn complete(services: &Services, update: Update, existing: Option<&StoredConnection>) -> Result<Entry, Failure> {
    let stored = existing.map(|stored| &stored.connection);
    let token = match (update.token, stored) {
        (Some(token), _) => token,
        (None, Some(stored)) => services.store.open_token(&stored.credential).await?.unwrap_or_default(),
        (None, None) => SecretString::default(),
    };
    let own = stored.filter(|stored| stored.own_app);
    let app_secret = match (update.app_secret, own) {
        (Some(secret), _) => Some(secret),
        (None, Some(own)) => services.store.open_app_secret(&own.id).await?,
        (None, None) => None,
    };
    let trimmed = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    Ok(Entry {
        name: trimmed(update.name).or_else(|| stored.and_then(|stored| stored.name.clone())),
        phone_number_id: trimmed(update.phone_number_id)
            .map(PhoneNumberId::new)
            .or_else(|| stored.map(|stored| stored.phone_number_id.clone())),
        waba: trimmed(update.waba).map(WabaId::new).or_else(|| stored.map(|stored| stored.waba.clone())),
        token,
        app_id: trimmed(update.app_id).or_else(|| own.and_then(|own| own.app_id.clone())),
        app_secret,
        verify_token: update.verify_token,
        api_version: trimmed(update.api_version).or_else(|| stored.and_then(|stored| stored.api_version.clone())),
    })
}

fn several(named: &str) -> Problem {
    Problem::new(
        "several_connections",
        "There are several connections: say which one is meant.",
        &format!("They are {named}."),
        "Add ?connection= with a connection's id or its Phone Number ID.",
    )
}
