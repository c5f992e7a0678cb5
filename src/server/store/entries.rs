//! Connections whose credentials were entered by hand: written at once or not at all.

use super::connections::FIRST_CHECK;
use super::credentials::{aside_place, last_four, place, still_taken, write_credential};
use super::jobs::insert_job;
use super::signups::insert_run_by_hand;
use super::{JobKind, NewCredential, NewJob, Result, RunByHand, Store, new_id};
use crate::domain::credential::{Credential, TokenState};
use crate::domain::ids::{BusinessId, ConnectionId, PhoneNumberId, SignupId};
use crate::domain::phone::digits;
use crate::server::vault::Place;
use secrecy::SecretString;

/// Everything that is saved of one entry.
pub struct NewEntry<'a> {
    /// May hold the token that is in use already.
    pub credential: NewCredential<'a>,
    /// The credential as it was read, where its token is to stay: then whichever it holds by now does.
    pub kept: Option<&'a Credential>,
    pub token_state: TokenState,
    pub phone_number_id: &'a PhoneNumberId,
    pub display_number: &'a str,
    pub verified_name: Option<&'a str>,
    pub name: Option<&'a str>,
    pub api_version: Option<&'a str>,
    pub own_app: bool,
    pub app_id: Option<&'a str>,
    /// Absent keeps the stored one, as long as the app stays the same.
    pub app_secret: Option<&'a SecretString>,
    /// Absent keeps the stored one.
    pub verify_token: Option<&'a SecretString>,
    pub guard: Guard,
    /// What goes on with a number that is not in use yet.
    pub run: Option<RunByHand<'a>>,
}

/// What must still be true when an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The number is not in use here.
    Unused,
    /// Nobody has changed the settings since this version of them.
    Unchanged(i64),
    /// The caller has made sure by itself.
    Nothing,
}

/// How writing an entry ended.
#[derive(Debug, PartialEq, Eq)]
pub enum EntrySaved {
    Saved {
        connection: ConnectionId,
        run: Option<SignupId>,
    },
    /// The number belongs to another workspace of this installation.
    Elsewhere,
    /// The guard does not hold any more. Nothing was written.
    Changed,
}

/// Leaves the token alone and writes down what was learnt of it, as long as it is still the same.
macro_rules! keep_credential {
    ($tx:ident, $kept:expr, $new:expr, $state:expr, $now:expr) => {{
        let facts = serde_json::to_string($new.facts)?;
        sqlx::query(
            "update credentials set state = $3, facts = $4, business_id = coalesce($5, business_id), updated_at = $6 \
            where id = $1 and token_kept_at = $2 and state <> 'erased'",
        )
        .bind($kept.id.as_str())
        .bind($kept.kept_at.0)
        .bind($state.as_str())
        .bind(&facts)
        .bind($new.business.map(BusinessId::as_str))
        .bind($now.0)
        .execute(&mut *$tx)
        .await?;
        sqlx::query("update connections set version = version + 1 where credential_id = $1")
            .bind($kept.id.as_str())
            .execute(&mut *$tx)
            .await?;
        $kept.id.to_string()
    }};
}

/// Whether nothing is left of the token.
macro_rules! is_erased {
    ($tx:ident, $kept:expr) => {{
        let state: Option<String> = sqlx::query_scalar("select state from credentials where id = $1")
            .bind($kept.id.as_str())
            .fetch_optional(&mut *$tx)
            .await?;
        state.is_none_or(|state| state == "erased")
    }};
}

/// The token's app, for all numbers that share it.
macro_rules! share_app {
    ($store:expr, $tx:ident, $new:expr, $key:expr, $now:expr) => {{
        let numbers: Vec<(String, Option<String>, bool)> =
            sqlx::query_as("select id, app_id, own_app from connections where credential_id = $1")
                .bind($key)
                .fetch_all(&mut *$tx)
                .await?;
        for (number, app_id, own_app) in numbers {
            let same_app = own_app == $new.own_app && app_id.as_deref() == $new.app_id;
            let secret = $new.app_secret.filter(|_| $new.own_app);
            if same_app && secret.is_none() {
                continue;
            }
            let secret = secret.map(|secret| $store.vault.seal(app_secret_place(&number), secret)).transpose()?;
            sqlx::query(
                "update connections set own_app = $2, app_id = $3, app_secret_sealed = $4, version = version + 1, \
                settings_version = settings_version + 1, updated_at = $5 where id = $1",
            )
            .bind(&number)
            .bind($new.own_app)
            .bind($new.app_id)
            .bind(secret)
            .bind($now.0)
            .execute(&mut *$tx)
            .await?;
        }
    }};
}

/// A number that is in use goes on working while its credentials change.
const UPSERT: &str = "insert into connections \
    (id, workspace_id, credential_id, phone_number_id, waba_id, business_id, app_id, own_app, name, api_version, display_number, number_digits, verified_name, \
    lifecycle, check_due_at, created_at, updated_at, verify_token_sealed) \
    values ($1, $2, $3, $4, $5, $6, $13, $14, $7, $8, $9, $10, $11, 'setting_up', $15, $12, $12, $16) \
    on conflict (phone_number_id) do update set credential_id = excluded.credential_id, waba_id = excluded.waba_id, \
    business_id = coalesce(excluded.business_id, connections.business_id), name = excluded.name, api_version = excluded.api_version, \
    display_number = excluded.display_number, number_digits = excluded.number_digits, verified_name = excluded.verified_name, \
    lifecycle = case when connections.lifecycle = 'active' then 'active' else 'setting_up' end, \
    verify_token_sealed = coalesce(excluded.verify_token_sealed, connections.verify_token_sealed), \
    disconnected_at = null, setup_problem = null, activity = null, check_failure = null, check_due_at = excluded.check_due_at, \
    version = connections.version + 1, settings_version = connections.settings_version + 1, updated_at = excluded.updated_at \
    where connections.workspace_id = excluded.workspace_id returning id";

pub(super) fn app_secret_place(id: &str) -> Place<'_> {
    Place("connections", "app_secret", id)
}

pub(super) fn verify_token_place(id: &str) -> Place<'_> {
    Place("connections", "verify_token", id)
}

impl Store {
    /// The token as its WABA's credential, the number as a connection, and the token's app for all numbers of the WABA:
    /// they share the token, and a proof made with another app's secret would break them. The run that is still to come is
    /// written with them: no number is saved that nobody goes on with.
    pub async fn save_entry(&self, new: NewEntry<'_>) -> Result<EntrySaved> {
        let now = self.now();
        let credential = &new.credential;
        let (workspace, fingerprint) = (credential.workspace.as_str(), self.fingerprint(credential.token).await?);
        let (id, run) = transaction!(self, tx => {
            // Taken first, so that two who save for the same account wait for one another.
            sqlx::query("update credentials set updated_at = updated_at where workspace_id = $1 and waba_id = $2")
                .bind(workspace).bind(credential.waba.as_str()).execute(&mut *tx).await?;
            let held: Option<(String, String, String)> = sqlx::query_as("select id, workspace_id, lifecycle from connections where phone_number_id = $1")
                .bind(new.phone_number_id.as_str()).fetch_optional(&mut *tx).await?;
            if held.as_ref().is_some_and(|(_, holder, _)| holder != workspace) {
                return Ok(EntrySaved::Elsewhere);
            }
            let holds = match (&held, new.guard) {
                (Some((id, ..)), Guard::Unchanged(seen)) => {
                    sqlx::query("update connections set settings_version = settings_version + 1 where id = $1 and settings_version = $2")
                        .bind(id).bind(seen).execute(&mut *tx).await?.rows_affected() > 0
                }
                (Some((_, _, lifecycle)), Guard::Unused) => lifecycle == "disconnected",
                (None, Guard::Unchanged(_)) => false,
                (_, Guard::Nothing) | (None, Guard::Unused) => true,
            };
            if !holds {
                return Ok(EntrySaved::Changed);
            }
            let erased = match new.kept {
                Some(kept) => is_erased!(tx, kept),
                None => false,
            };
            let key = match new.kept {
                Some(kept) if !erased => keep_credential!(tx, kept, credential, new.token_state, now),
                // Given back by a disconnection meanwhile, the token is written once more.
                _ => write_credential!(self, tx, credential, new.token_state, fingerprint, now),
            };
            let in_use = held.as_ref().is_some_and(|(_, _, lifecycle)| lifecycle == "active");
            let id = held.map_or_else(|| new_id(now), |(id, ..)| id);
            let verify = new.verify_token.map(|token| self.vault.seal(verify_token_place(&id), token)).transpose()?;
            let written: Option<String> = sqlx::query_scalar(UPSERT)
                .bind(&id).bind(workspace).bind(&key).bind(new.phone_number_id.as_str()).bind(credential.waba.as_str())
                .bind(credential.business.map(BusinessId::as_str)).bind(new.name).bind(new.api_version).bind(new.display_number)
                .bind(digits(new.display_number)).bind(new.verified_name).bind(now.0).bind(new.app_id).bind(new.own_app)
                .bind(now.plus(FIRST_CHECK).0).bind(verify).fetch_optional(&mut *tx).await?;
            match written {
                None => return Ok(EntrySaved::Elsewhere),
                // Somebody else has entered this number at the same moment.
                Some(other) if other != id => return Ok(EntrySaved::Changed),
                Some(_) => {}
            }
            share_app!(self, tx, new, &key, now);
            let run = match new.run.as_ref().filter(|_| !in_use) {
                Some(run) => Some(insert_run_by_hand!(self, tx, run, workspace, &id, credential.token, now)),
                None => None,
            };
            (id, run)
        });
        self.note_job();
        Ok(EntrySaved::Saved { connection: ConnectionId::new(id), run: run.map(SignupId::new) })
    }

    /// The secret of a business's own app.
    pub async fn open_app_secret(&self, id: &ConnectionId) -> Result<Option<SecretString>> {
        let sealed: Option<Option<Vec<u8>>> = read!(self, db => sqlx::query_scalar("select app_secret_sealed from connections where id = $1")
            .bind(id.as_str()).fetch_optional(db).await)?;
        Ok(sealed.flatten().map(|sealed| self.vault.open(app_secret_place(id.as_str()), &sealed)).transpose()?)
    }

    /// The verify token of a connection that has one of its own.
    pub async fn open_verify_token(&self, id: &ConnectionId) -> Result<Option<SecretString>> {
        let sealed: Option<Option<Vec<u8>>> = read!(self, db => sqlx::query_scalar("select verify_token_sealed from connections where id = $1")
            .bind(id.as_str()).fetch_optional(db).await)?;
        Ok(sealed.flatten().map(|sealed| self.vault.open(verify_token_place(id.as_str()), &sealed)).transpose()?)
    }
}
