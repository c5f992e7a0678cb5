//! A connection's settings for programs: shown, proven, saved.

use super::prove_entry::{Entry, Proof, broken_rules, prove_entry};
use super::save_entry::{changed_meanwhile, replaces_a_working_token, save_entry};
use super::{Failure, Services};
use crate::domain::connection::Badge;
use crate::domain::connection::Lifecycle;
use crate::domain::credential::TokenState;
use crate::domain::entry::Objection;
use crate::domain::ids::{ConnectionId, PhoneNumberId, UserId, WabaId, WorkspaceId, is_id};
use crate::domain::problem::Problem;
use crate::domain::settings::{BrokenRule, MASK, WhatsAppSettings, app_secret_rule, id_rule, mask, name_rule};
use crate::server::digest::sha256;
use crate::server::store::{Actor, StoredConnection};
use secrecy::{ExposeSecret, SecretString};

/// Connections named in an answer that asks which one is meant.
const NAMED: i64 = 20;

/// Fields as sent; `None` keeps what is stored, and so does the mask of a secret.
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
    /// Meta could not be asked.
    Unreachable(Problem),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Unsaved {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

/// The connection meant: by its id or its Phone Number ID, else the only one. `None` when there is none at all.
pub async fn pick(
    services: &Services,
    workspace: &WorkspaceId,
    asked: Option<&str>,
) -> Result<Option<StoredConnection>, Failure> {
    let store = &services.store;
    if let Some(asked) = asked {
        if !is_id(asked) {
            return Err(Problem::not_found().into());
        }
        let by_id = store.find_connection(workspace, &ConnectionId::new(asked)).await?;
        let found = match by_id {
            Some(found) => Some(found),
            None => store.find_by_phone_number_id(&PhoneNumberId::new(asked)).await?,
        };
        let own = found.filter(|found| found.connection.workspace == *workspace);
        return Ok(Some(own.ok_or_else(Problem::not_found)?));
    }
    let found = store.search_connections(workspace, "", None, NAMED).await?;
    let mut all = found.rows;
    match all.len() {
        0 | 1 => Ok(all.pop()),
        _ => {
            let named = all.iter().map(|c| format!("{} ({})", c.connection.id, c.connection.display_number));
            let more = found.next.map(|_| "and more".to_owned());
            Err(several(&named.chain(more).collect::<Vec<_>>().join(", ")).into())
        }
    }
}

/// Another with every change of the settings. The token may be replaced without one, so it counts too.
fn tag_of(stored: &StoredConnection) -> String {
    let credential = &stored.credential;
    let seen = format!("{}/{}/{}", stored.settings_version, credential.id, credential.last_four);
    sha256(seen.as_bytes())[..16].to_owned()
}

/// For settings that are not there yet.
fn tag_of_none(version: i64) -> String {
    format!("none-{version}")
}

fn describe(services: &Services, stored: &StoredConnection) -> WhatsAppSettings {
    let connection = &stored.connection;
    let standing = services.standing(stored);
    let erased = stored.credential.state == TokenState::Erased;
    WhatsAppSettings {
        id: connection.id.clone(),
        name: connection.name.clone(),
        phone_number_id: connection.phone_number_id.clone(),
        waba: connection.waba.clone(),
        token_mask: (!erased).then(|| mask(&stored.credential.last_four)),
        app_id: connection.app_id.clone(),
        has_app_secret: connection.has_app_secret,
        api_version: connection.api_version.clone().unwrap_or_else(|| services.settings.api_version.clone()),
        status: Badge::of(&standing),
        webhook_url: standing.webhook_url,
        updated_at: connection.updated_at,
        tag: tag_of(stored),
    }
}

/// The settings and their tag, which is there even when they are not.
pub async fn show_settings(
    services: &Services,
    workspace: &WorkspaceId,
    asked: Option<&str>,
) -> Result<(Option<WhatsAppSettings>, String), Failure> {
    let none = tag_of_none(services.store.empty_settings_version(workspace).await?);
    let found = pick(services, workspace, asked).await?.map(|stored| describe(services, &stored));
    let tag = found.as_ref().map_or(none, |settings| settings.tag.clone());
    Ok((found, tag))
}

/// Whoever saves settings.
pub struct Saver<'a> {
    pub actor: &'a Actor,
    /// `None` for a program.
    pub user: Option<&'a UserId>,
}

/// What the caller believes to replace.
pub enum Seen {
    NotSaid,
    /// Settings that are there.
    Any,
    /// Settings with one of these tags.
    Tags(Vec<String>),
}

/// Under which terms to save.
pub struct Terms {
    pub seen: Seen,
    /// Save what does not prove itself.
    pub force: bool,
}

/// The settings that are about to be replaced, as they were when the caller asked.
struct Present {
    stored: Option<StoredConnection>,
    /// Of the settings, or of their absence.
    version: i64,
}

impl Present {
    async fn read(services: &Services, workspace: &WorkspaceId, asked: Option<&str>) -> Result<Self, Failure> {
        let none = services.store.empty_settings_version(workspace).await?;
        let stored = pick(services, workspace, asked).await?;
        Ok(Self { version: stored.as_ref().map_or(none, |stored| stored.settings_version), stored })
    }

    fn is_as(&self, seen: &Seen) -> bool {
        match seen {
            Seen::NotSaid => true,
            Seen::Any => self.stored.is_some(),
            Seen::Tags(tags) => {
                let tag = self.stored.as_ref().map_or_else(|| tag_of_none(self.version), tag_of);
                tags.contains(&tag)
            }
        }
    }

    /// Of several who have seen the same, one may save. From here on what anybody has seen is old.
    async fn claim(&self, services: &Services, workspace: &WorkspaceId, seen: &Seen) -> Result<(), Failure> {
        let version = matches!(seen, Seen::Tags(_)).then_some(self.version);
        let store = &services.store;
        let ours = match &self.stored {
            Some(stored) => store.claim_settings(&stored.connection.id, version).await?,
            None => store.claim_empty_settings(workspace, version).await?,
        };
        if ours { Ok(()) } else { Err(changed_meanwhile().into()) }
    }
}

/// The settings as saved, and whether the connection is new.
pub async fn put_settings(
    services: &Services,
    saver: &Saver<'_>,
    asked: Option<&str>,
    update: Update,
    terms: &Terms,
) -> Result<(WhatsAppSettings, bool), Unsaved> {
    let workspace = &saver.actor.workspace;
    let present = Present::read(services, workspace, asked).await?;
    if !present.is_as(&terms.seen) {
        return Err(changed_meanwhile().into());
    }
    let existing = present.stored.as_ref();
    let (entry, token_kept) = complete(services, update, existing).await?;
    refuse_another_number(&entry, existing)?;
    let mut proof = prove_entry(services, &entry).await;
    let entry = with_only_choice(services, entry, &mut proof).await;
    proof.token_kept = token_kept;
    // Not even by force does a token that Meta does not take for this number replace one that works.
    let disproven = proof.unreachable.is_none() && !proof.reaches();
    let spoils =
        terms.force && disproven && replaces_a_working_token(services, workspace, &entry, &proof, existing).await?;
    if !terms.force || spoils {
        refuse_unproven(&proof)?;
    }
    if proof.facts.is_none() {
        proof.own_app = is_on_own_app(services, &entry, existing);
    }
    refuse_run_without_admin(services, saver, existing).await?;
    present.claim(services, workspace, &terms.seen).await?;
    let saved = save_entry(services, saver.actor, saver.user, &entry, &proof, existing).await?;
    let stored = services.store.find_connection(workspace, &saved.connection).await?;
    let stored = stored.ok_or_else(Problem::not_found)?;
    Ok((describe(services, &stored), saved.created))
}

fn refuse_another_number(entry: &Entry, existing: Option<&StoredConnection>) -> Result<(), Unsaved> {
    match existing.zip(entry.phone_number_id.as_ref()) {
        Some((stored, entered)) if stored.connection.phone_number_id != *entered => {
            Err(super::save_entry::other_number().into())
        }
        _ => Ok(()),
    }
}

/// Whose app it is, where Meta did not say: saved by force.
fn is_on_own_app(services: &Services, entry: &Entry, existing: Option<&StoredConnection>) -> bool {
    match &entry.app_id {
        Some(app_id) => services.app().is_none_or(|ours| ours.id != *app_id),
        None => existing.is_some_and(|stored| stored.connection.own_app),
    }
}

/// The run behind new settings may ask something of a person, so there has to be one before anything is saved.
async fn refuse_run_without_admin(
    services: &Services,
    saver: &Saver<'_>,
    existing: Option<&StoredConnection>,
) -> Result<(), Failure> {
    let in_use = existing.is_some_and(|stored| stored.connection.lifecycle == Lifecycle::Active);
    if in_use || saver.user.is_some() || services.store.first_admin(&saver.actor.workspace).await?.is_some() {
        return Ok(());
    }
    Err(super::save_entry::no_admin().into())
}

/// Where the account has one number only, that is the one.
pub(super) async fn with_only_choice(services: &Services, entry: Entry, proof: &mut Proof) -> Entry {
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
        return Err(Unsaved::Unreachable(problem.clone()));
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

/// What was sent, filled up with what is stored, and whether its token is the stored one.
pub(super) async fn complete(
    services: &Services,
    update: Update,
    existing: Option<&StoredConnection>,
) -> Result<(Entry, bool), Unsaved> {
    let stored = existing.map(|stored| &stored.connection);
    let mut broken = Vec::new();
    let shown = existing.map_or_else(|| MASK.to_owned(), |stored| mask(&stored.credential.last_four));
    let sent_token = sent("accessToken", update.token, &shown, &mut broken);
    let sent_secret = sent("appSecret", update.app_secret, MASK, &mut broken);
    let verify_token = sent("webhookVerifyToken", update.verify_token, MASK, &mut broken);
    let mut check = |field: &str, rule: Option<String>| broken.extend(rule.map(|rule| BrokenRule::new(field, &rule)));
    check("appSecret", sent_secret.as_ref().and_then(|secret| app_secret_rule(secret.expose_secret())));
    check("name", update.name.as_deref().and_then(|name| name_rule(name.trim())));
    // What is absent is kept, but what is empty is no ID.
    let ids =
        [("phoneNumberId", &update.phone_number_id), ("businessAccountId", &update.waba), ("appId", &update.app_id)];
    for (field, id) in ids {
        check(field, id.as_ref().filter(|id| id.trim().is_empty()).and_then(|_| id_rule("ID", "")));
    }
    let token_kept = sent_token.is_none() && existing.is_some();
    let token = match (sent_token, stored) {
        (Some(token), _) => token,
        (None, Some(stored)) => services.store.open_token(&stored.credential).await?.unwrap_or_default(),
        (None, None) => SecretString::default(),
    };
    let own = stored.filter(|stored| stored.own_app);
    let trimmed = |text: Option<String>| text.map(|text| text.trim().to_owned());
    let app_id = trimmed(update.app_id).or_else(|| own.and_then(|own| own.app_id.clone()));
    let app_secret = match (sent_secret, own) {
        (Some(secret), _) => Some(secret),
        // Another app has another secret.
        (None, Some(own)) if own.app_id == app_id => services.store.open_app_secret(&own.id).await?,
        _ => None,
    };
    let name = trimmed(update.name).or_else(|| stored.and_then(|stored| stored.name.clone()));
    let entry = Entry {
        name: name.filter(|name| !name.is_empty()),
        phone_number_id: trimmed(update.phone_number_id)
            .map(PhoneNumberId::new)
            .or_else(|| stored.map(|stored| stored.phone_number_id.clone())),
        waba: trimmed(update.waba).map(WabaId::new).or_else(|| stored.map(|stored| stored.waba.clone())),
        token,
        app_id,
        app_secret,
        verify_token,
        api_version: trimmed(update.api_version).or_else(|| stored.and_then(|stored| stored.api_version.clone())),
    };
    let told = broken_rules(&entry).into_iter();
    let more: Vec<_> = told.filter(|rule| !broken.iter().any(|known| known.field == rule.field)).collect();
    broken.extend(more);
    if broken.is_empty() { Ok((entry, token_kept)) } else { Err(Unsaved::Rules(broken)) }
}

/// A secret as sent. The mask that we show for it means "keep it"; the mask of another is a mistake.
fn sent(field: &str, secret: Option<SecretString>, shown: &str, broken: &mut Vec<BrokenRule>) -> Option<SecretString> {
    let secret = secret?;
    if secret.expose_secret() == shown {
        return None;
    }
    if secret.expose_secret().starts_with(MASK) {
        broken.push(BrokenRule::new(field, "this is the mask of another secret. Leave it out to keep the stored one"));
        return None;
    }
    Some(secret)
}

fn several(named: &str) -> Problem {
    Problem::new(
        "several_connections",
        "There are several connections: say which one is meant.",
        &format!("They are {named}."),
        "Add ?connection= with a connection's id or its Phone Number ID.",
    )
}
