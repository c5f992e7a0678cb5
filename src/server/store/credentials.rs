//! Access tokens, sealed. One per WABA of a workspace, shared by the connections in it.

use super::{Result, Store, StoreError, new_id};
use crate::domain::credential::{Credential, Origin, TokenFacts, TokenState};
use crate::domain::ids::{BusinessId, CredentialId, WabaId, WorkspaceId};
use crate::domain::instant::Instant;
use crate::server::vault::Place;
use secrecy::{ExposeSecret, SecretString};
use sqlx::FromRow;

#[derive(FromRow)]
pub(super) struct CredentialRow {
    credential_key: String,
    credential_workspace: String,
    credential_waba: String,
    credential_business: Option<String>,
    origin: String,
    token_state: String,
    last_four: String,
    facts: String,
    rotation_days: i64,
    token_kept_at: i64,
    credential_updated: i64,
}

/// Column list of [`CredentialRow`], for a table aliased `k`: joined with connections, its names must be its own.
macro_rules! credential_columns {
    () => {
        "k.id as credential_key, k.workspace_id as credential_workspace, k.waba_id as credential_waba, \
         k.business_id as credential_business, k.origin, k.state as token_state, k.last_four, k.facts, \
         k.rotation_days, k.token_kept_at, k.updated_at as credential_updated"
    };
}
pub(super) use credential_columns;

impl TryFrom<CredentialRow> for Credential {
    type Error = StoreError;
    fn try_from(row: CredentialRow) -> Result<Self> {
        Ok(Self {
            id: CredentialId::new(row.credential_key),
            workspace: WorkspaceId::new(row.credential_workspace),
            waba: WabaId::new(row.credential_waba),
            business: row.credential_business.map(BusinessId::new),
            origin: Origin::parse(&row.origin),
            state: TokenState::parse(&row.token_state),
            last_four: row.last_four,
            facts: serde_json::from_str(&row.facts)?,
            rotation_days: row.rotation_days,
            kept_at: Instant(row.token_kept_at),
            updated_at: Instant(row.credential_updated),
        })
    }
}

/// Writes a token down for its WABA within whatever else is written. The one before, while Meta may still take it, is set
/// aside: somebody may want it revoked.
macro_rules! write_credential {
    ($store:expr, $tx:ident, $new:expr, $state:expr, $fingerprint:expr, $now:expr) => {{
        let facts = serde_json::to_string($new.facts)?;
        let before: Option<(String, Option<Vec<u8>>, String, String, String, String)> = sqlx::query_as(
            "select id, token_sealed, token_fingerprint, last_four, state, facts from credentials where workspace_id = $1 and waba_id = $2")
            .bind($new.workspace.as_str()).bind($new.waba.as_str()).fetch_optional(&mut *$tx).await?;
        let id = before.as_ref().map_or_else(|| new_id($now), |before| before.0.clone());
        if let Some((_, Some(sealed), fingerprint, last_four, state, facts)) = &before
            && *fingerprint != $fingerprint
            && let Some(app) = still_taken(state, facts, $now)?
        {
            let (aside, token) = (new_id($now), $store.vault.open(place(&id), sealed)?);
            sqlx::query("insert into replaced_tokens (id, credential_id, app_id, token_sealed, token_fingerprint, last_four, replaced_at) values ($1, $2, $3, $4, $5, $6, $7)")
                .bind(&aside).bind(&id).bind(app.as_deref()).bind($store.vault.seal(aside_place(&aside), &token)?)
                .bind(fingerprint).bind(last_four).bind($now.0).execute(&mut *$tx).await?;
        }
        // Back in use: no longer one to be revoked.
        sqlx::query("delete from replaced_tokens where token_fingerprint = $1").bind(&$fingerprint).execute(&mut *$tx).await?;
        let sealed = $store.vault.seal(place(&id), $new.token)?;
        sqlx::query("insert into credentials (id, workspace_id, waba_id, business_id, origin, state, token_sealed, token_fingerprint, last_four, facts, token_kept_at, created_at, updated_at) \
            values ($1, $2, $3, $4, $5, $11, $6, $7, $8, $9, $10, $10, $10) \
            on conflict (id) do update set business_id = coalesce(excluded.business_id, credentials.business_id), origin = excluded.origin, state = excluded.state, \
            token_kept_at = case when credentials.token_fingerprint = excluded.token_fingerprint then credentials.token_kept_at else excluded.token_kept_at end, \
            token_sealed = excluded.token_sealed, token_fingerprint = excluded.token_fingerprint, last_four = excluded.last_four, \
            facts = excluded.facts, updated_at = excluded.updated_at")
            .bind(&id).bind($new.workspace.as_str()).bind($new.waba.as_str()).bind($new.business.map(BusinessId::as_str))
            .bind($new.origin.as_str()).bind(sealed).bind(&$fingerprint).bind(last_four($new.token)).bind(&facts).bind($now.0)
            .bind($state.as_str()).execute(&mut *$tx).await?;
        sqlx::query("update connections set version = version + 1, settings_version = settings_version + 1, updated_at = $2 where credential_id = $1")
            .bind(&id).bind($now.0).execute(&mut *$tx).await?;
        id
    }};
}
pub(super) use write_credential;

/// Whether Meta may still take a token that is replaced, and then its app, where that is known.
pub(super) fn still_taken(state: &str, facts: &str, now: Instant) -> Result<Option<Option<String>>> {
    let facts: TokenFacts = serde_json::from_str(facts)?;
    let taken = TokenState::parse(state) == TokenState::Valid && facts.expires_at.is_none_or(|end| end > now);
    Ok(taken.then_some(facts.app_id))
}

/// A proven token, ready to be kept.
pub struct NewCredential<'a> {
    pub workspace: &'a WorkspaceId,
    pub waba: &'a WabaId,
    pub business: Option<&'a BusinessId>,
    pub origin: Origin,
    pub token: &'a SecretString,
    pub facts: &'a TokenFacts,
}

pub(super) fn place(id: &str) -> Place<'_> {
    Place("credentials", "token", id)
}

pub(super) fn aside_place(id: &str) -> Place<'_> {
    Place("replaced_tokens", "token", id)
}

/// Last four characters; nothing of a token so short that four would be much of it.
pub(super) fn last_four(token: &SecretString) -> String {
    let token = token.expose_secret();
    let length = token.chars().count();
    if length < 16 { String::new() } else { token.chars().skip(length - 4).collect() }
}

impl Store {
    /// Keeps a proven token for its WABA, in place of the one before: every number of the WABA uses it from now on.
    pub async fn put_credential(&self, new: NewCredential<'_>) -> Result<CredentialId> {
        let now = self.now();
        let fingerprint = self.fingerprint(new.token).await?;
        let id = transaction!(self, tx => write_credential!(self, tx, new, TokenState::Valid, fingerprint, now));
        Ok(CredentialId::new(id))
    }

    /// The same, only while the credential still holds the token that it has had since `seen`; else `false`, and nothing changes.
    pub async fn replace_token(&self, id: &CredentialId, seen: Instant, new: NewCredential<'_>) -> Result<bool> {
        let now = self.now();
        let fingerprint = self.fingerprint(new.token).await?;
        transaction!(self, tx => {
            let held = sqlx::query("update credentials set updated_at = updated_at where id = $1 and token_kept_at = $2 and state <> 'erased'")
                .bind(id.as_str()).bind(seen.0).execute(&mut *tx).await?.rows_affected();
            if held == 0 {
                return Ok(false);
            }
            write_credential!(self, tx, new, TokenState::Valid, fingerprint, now);
        });
        Ok(true)
    }

    pub async fn find_credential(&self, id: &CredentialId) -> Result<Option<Credential>> {
        let row: Option<CredentialRow> = read!(self, db => sqlx::query_as(concat!("select ", credential_columns!(), " from credentials k where k.id = $1"))
            .bind(id.as_str()).fetch_optional(db).await)?;
        row.map(Credential::try_from).transpose()
    }

    /// The credential of an account of a workspace, while numbers in use work with it.
    pub async fn find_credential_in_use(&self, workspace: &WorkspaceId, waba: &WabaId) -> Result<Option<Credential>> {
        let row: Option<CredentialRow> = read!(self, db => sqlx::query_as(concat!("select ", credential_columns!(), " from credentials k \
            where k.workspace_id = $1 and k.waba_id = $2 and exists (select 1 from connections c where c.credential_id = k.id and c.lifecycle = 'active')"))
            .bind(workspace.as_str()).bind(waba.as_str()).fetch_optional(db).await)?;
        row.map(Credential::try_from).transpose()
    }

    /// The token itself. `None` once erased.
    pub async fn open_token(&self, id: &CredentialId) -> Result<Option<SecretString>> {
        let sealed: Option<Option<Vec<u8>>> = read!(self, db => sqlx::query_scalar("select token_sealed from credentials where id = $1")
            .bind(id.as_str()).fetch_optional(db).await)?;
        Ok(sealed.flatten().map(|sealed| self.vault.open(place(id.as_str()), &sealed)).transpose()?)
    }

    /// What `debug_token` says now, and whether Meta still takes the token. Of the token that `seen` was read with: one that has
    /// taken its place meanwhile stays as it is.
    pub async fn update_token_facts(&self, seen: &Credential, state: TokenState, facts: &TokenFacts) -> Result<()> {
        let (id, now, facts) = (&seen.id, self.now(), serde_json::to_string(facts)?);
        transaction!(self, tx => {
            let changed = sqlx::query("update credentials set state = $2, facts = $3, updated_at = $4 where id = $1 and token_kept_at = $5 and state <> 'erased' and (state <> $2 or facts <> $3)")
                .bind(id.as_str()).bind(state.as_str()).bind(&facts).bind(now.0).bind(seen.kept_at.0).execute(&mut *tx).await?.rows_affected();
            if changed > 0 {
                sqlx::query("update connections set version = version + 1 where credential_id = $1")
                    .bind(id.as_str()).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// After how many days a token without an end should be changed; 0 for never.
    pub async fn put_rotation(&self, id: &CredentialId, days: i64) -> Result<()> {
        transaction!(self, tx => {
            sqlx::query("update credentials set rotation_days = $2 where id = $1").bind(id.as_str()).bind(days).execute(&mut *tx).await?;
            sqlx::query("update connections set version = version + 1 where credential_id = $1").bind(id.as_str()).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Whether a credential other than this one holds the same token: then it must not be revoked at Meta.
    pub async fn is_token_shared(&self, id: &CredentialId) -> Result<bool> {
        let others: i64 = read!(self, db => sqlx::query_scalar("select count(*) from credentials o join credentials k on k.token_fingerprint = o.token_fingerprint \
            where k.id = $1 and o.id <> k.id and o.state <> 'erased'").bind(id.as_str()).fetch_one(db).await)?;
        Ok(others > 0)
    }

    /// Connections of this credential that are in use.
    pub async fn count_users_of(&self, id: &CredentialId) -> Result<i64> {
        Ok(
            read!(self, db => sqlx::query_scalar("select count(*) from connections where credential_id = $1 and lifecycle <> 'disconnected'")
            .bind(id.as_str()).fetch_one(db).await)?,
        )
    }

    /// Erases the token for good, unless a connection in use still needs it. What was known about it stays.
    pub async fn erase_token(&self, id: &CredentialId) -> Result<bool> {
        let now = self.now();
        let erased = transaction!(self, tx => {
            // Taken first: who saves a number with this token at the same moment is waited for, and seen.
            sqlx::query("update credentials set updated_at = updated_at where id = $1").bind(id.as_str()).execute(&mut *tx).await?;
            sqlx::query("update credentials set state = 'erased', token_sealed = null, token_fingerprint = '', updated_at = $2 \
                where id = $1 and not exists (select 1 from connections c where c.credential_id = credentials.id and c.lifecycle <> 'disconnected')")
                .bind(id.as_str()).bind(now.0).execute(&mut *tx).await?.rows_affected()
        });
        if erased > 0 {
            change!(self, db => sqlx::query("delete from replaced_tokens where credential_id = $1").bind(id.as_str()).execute(db).await.map(|_| ()))?;
        }
        Ok(erased > 0)
    }

    /// Of all workspaces: numbers that are connected, and those of them whose token Meta no longer accepts.
    pub async fn count_connected(&self) -> Result<(i64, i64)> {
        Ok(read!(self, db => sqlx::query_as("select count(*), count(case when k.state = 'dead' then 1 end) \
            from connections c join credentials k on k.id = c.credential_id where c.lifecycle <> 'disconnected'")
            .fetch_one(db).await)?)
    }
}
