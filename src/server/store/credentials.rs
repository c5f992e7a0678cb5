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

/// A proven token, ready to be kept.
pub struct NewCredential<'a> {
    pub workspace: &'a WorkspaceId,
    pub waba: &'a WabaId,
    pub business: Option<&'a BusinessId>,
    pub origin: Origin,
    pub token: &'a SecretString,
    pub facts: &'a TokenFacts,
}

fn place(id: &str) -> Place<'_> {
    Place("credentials", "token", id)
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
        let facts = serde_json::to_string(new.facts)?;
        let id = transaction!(self, tx => {
            let existing: Option<String> = sqlx::query_scalar("select id from credentials where workspace_id = $1 and waba_id = $2")
                .bind(new.workspace.as_str()).bind(new.waba.as_str()).fetch_optional(&mut *tx).await?;
            let id = existing.unwrap_or_else(|| new_id(now));
            let sealed = self.vault.seal(place(&id), new.token)?;
            sqlx::query("insert into credentials (id, workspace_id, waba_id, business_id, origin, state, token_sealed, token_fingerprint, last_four, facts, token_kept_at, created_at, updated_at) \
                values ($1, $2, $3, $4, $5, 'valid', $6, $7, $8, $9, $10, $10, $10) \
                on conflict (id) do update set business_id = coalesce(excluded.business_id, credentials.business_id), origin = excluded.origin, state = 'valid', \
                token_sealed = excluded.token_sealed, token_fingerprint = excluded.token_fingerprint, last_four = excluded.last_four, \
                facts = excluded.facts, token_kept_at = excluded.token_kept_at, updated_at = excluded.updated_at")
                .bind(&id).bind(new.workspace.as_str()).bind(new.waba.as_str()).bind(new.business.map(BusinessId::as_str))
                .bind(new.origin.as_str()).bind(sealed).bind(&fingerprint).bind(last_four(new.token)).bind(&facts).bind(now.0)
                .execute(&mut *tx).await?;
            sqlx::query("update connections set version = version + 1, updated_at = $2 where credential_id = $1")
                .bind(&id).bind(now.0).execute(&mut *tx).await?;
            id
        });
        Ok(CredentialId::new(id))
    }

    pub async fn find_credential(&self, id: &CredentialId) -> Result<Option<Credential>> {
        let row: Option<CredentialRow> = read!(self, db => sqlx::query_as(concat!("select ", credential_columns!(), " from credentials k where k.id = $1"))
            .bind(id.as_str()).fetch_optional(db).await)?;
        row.map(Credential::try_from).transpose()
    }

    /// The token itself. `None` once erased.
    pub async fn open_token(&self, id: &CredentialId) -> Result<Option<SecretString>> {
        let sealed: Option<Option<Vec<u8>>> = read!(self, db => sqlx::query_scalar("select token_sealed from credentials where id = $1")
            .bind(id.as_str()).fetch_optional(db).await)?;
        Ok(sealed.flatten().map(|sealed| self.vault.open(place(id.as_str()), &sealed)).transpose()?)
    }

    /// What `debug_token` says now, and whether Meta still takes the token.
    pub async fn update_token_facts(&self, id: &CredentialId, state: TokenState, facts: &TokenFacts) -> Result<()> {
        let (now, facts) = (self.now(), serde_json::to_string(facts)?);
        transaction!(self, tx => {
            let changed = sqlx::query("update credentials set state = $2, facts = $3, updated_at = $4 where id = $1 and state <> 'erased' and (state <> $2 or facts <> $3)")
                .bind(id.as_str()).bind(state.as_str()).bind(&facts).bind(now.0).execute(&mut *tx).await?.rows_affected();
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
        let erased = change!(self, db => sqlx::query("update credentials set state = 'erased', token_sealed = null, token_fingerprint = '', updated_at = $2 \
            where id = $1 and not exists (select 1 from connections c where c.credential_id = credentials.id and c.lifecycle <> 'disconnected')")
            .bind(id.as_str()).bind(self.now().0).execute(db).await.map(|done| done.rows_affected()))?;
        Ok(erased > 0)
    }
}
