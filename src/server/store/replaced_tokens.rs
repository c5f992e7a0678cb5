//! Tokens that another one has replaced: sealed for a day, so that an admin may have Meta revoke them.

use super::credentials::aside_place;
use super::{Result, Store};
use crate::domain::credential::REPLACED_TOKEN_LIFETIME;
use crate::domain::ids::CredentialId;
use crate::domain::instant::Instant;
use secrecy::SecretString;
use sqlx::FromRow;

#[derive(Debug, Clone, FromRow)]
pub struct ReplacedToken {
    pub id: String,
    pub app_id: Option<String>,
    pub last_four: String,
    replaced_at: i64,
}

impl ReplacedToken {
    pub fn replaced_at(&self) -> Instant {
        Instant(self.replaced_at)
    }
}

impl Store {
    /// Newest first; none that a credential in this installation still holds.
    pub async fn list_replaced_tokens(&self, credential: &CredentialId) -> Result<Vec<ReplacedToken>> {
        Ok(read!(self, db => sqlx::query_as("select r.id, r.app_id, r.last_four, r.replaced_at from replaced_tokens r \
            where r.credential_id = $1 and r.replaced_at > $2 \
            and not exists (select 1 from credentials c where c.token_fingerprint = r.token_fingerprint and c.state <> 'erased') \
            order by r.replaced_at desc, r.id desc")
            .bind(credential.as_str()).bind(self.now().plus(-REPLACED_TOKEN_LIFETIME).0).fetch_all(db).await)?)
    }

    pub async fn open_replaced_token(&self, id: &str) -> Result<Option<SecretString>> {
        let sealed: Option<Vec<u8>> = read!(self, db => sqlx::query_scalar("select token_sealed from replaced_tokens where id = $1")
            .bind(id).fetch_optional(db).await)?;
        Ok(sealed.map(|sealed| self.vault.open(aside_place(id), &sealed)).transpose()?)
    }

    /// Forgets one for good, and tells the pages of its numbers.
    pub async fn remove_replaced_token(&self, credential: &CredentialId, id: &str) -> Result<()> {
        transaction!(self, tx => {
            sqlx::query("delete from replaced_tokens where id = $1 and credential_id = $2")
                .bind(id).bind(credential.as_str()).execute(&mut *tx).await?;
            sqlx::query("update connections set version = version + 1 where credential_id = $1")
                .bind(credential.as_str()).execute(&mut *tx).await?;
        });
        Ok(())
    }

    pub async fn purge_replaced_tokens(&self) -> Result<()> {
        let before = self.now().plus(-REPLACED_TOKEN_LIFETIME);
        change!(self, db => sqlx::query("delete from replaced_tokens where replaced_at <= $1").bind(before.0).execute(db).await.map(|_| ()))?;
        Ok(())
    }
}
