//! What registering a number needs: its PIN, sealed, and how often it was tried.

use super::{Result, Store};
use crate::domain::ids::{ConnectionId, PhoneNumberId};
use crate::domain::instant::Instant;
use crate::server::vault::Place;
use secrecy::{ExposeSecret, SecretString};

const READ_PIN: &str = "select pin_sealed from connections where id = $1";

fn pin_place(id: &str) -> Place<'_> {
    Place("connections", "pin", id)
}

impl Store {
    pub async fn put_pin(&self, id: &ConnectionId, pin: &SecretString) -> Result<()> {
        let sealed = self.vault.seal(pin_place(id.as_str()), pin)?;
        change!(self, db => sqlx::query("update connections set pin_sealed = $2 where id = $1").bind(id.as_str()).bind(sealed).execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// The PIN that is known, or else `made`, kept from now on: of two who register the same number at once, both get the
    /// same. Kept before `register` is called, so that a crash cannot lose the PIN that Meta then knows.
    pub async fn known_pin_or(&self, id: &ConnectionId, made: &SecretString) -> Result<SecretString> {
        let sealed = self.vault.seal(pin_place(id.as_str()), made)?;
        let kept: Option<Option<Vec<u8>>> = transaction!(self, tx => {
            sqlx::query("update connections set pin_sealed = $2 where id = $1 and pin_sealed is null")
                .bind(id.as_str()).bind(&sealed).execute(&mut *tx).await?;
            sqlx::query_scalar(READ_PIN).bind(id.as_str()).fetch_optional(&mut *tx).await?
        });
        Ok(match kept.flatten() {
            Some(kept) => self.vault.open(pin_place(id.as_str()), &kept)?,
            None => made.clone(),
        })
    }

    /// Forgets a PIN that Meta has refused. One that was kept in its place meanwhile stays.
    pub async fn forget_pin(&self, id: &ConnectionId, refused: &SecretString) -> Result<()> {
        let sealed: Option<Option<Vec<u8>>> =
            read!(self, db => sqlx::query_scalar(READ_PIN).bind(id.as_str()).fetch_optional(db).await)?;
        let Some(sealed) = sealed.flatten() else { return Ok(()) };
        if self.vault.open(pin_place(id.as_str()), &sealed)?.expose_secret() == refused.expose_secret() {
            change!(self, db => sqlx::query("update connections set pin_sealed = null where id = $1 and pin_sealed = $2")
                .bind(id.as_str()).bind(&sealed).execute(db).await.map(|_| ()))?;
        }
        Ok(())
    }

    pub async fn open_pin(&self, id: &ConnectionId) -> Result<Option<SecretString>> {
        let sealed: Option<Option<Vec<u8>>> =
            read!(self, db => sqlx::query_scalar(READ_PIN).bind(id.as_str()).fetch_optional(db).await)?;
        Ok(sealed.flatten().map(|sealed| self.vault.open(pin_place(id.as_str()), &sealed)).transpose()?)
    }

    /// Counts a call of `register` before it is made: Meta allows ten in 72 hours (fact base §4.8). `false` when they are used up.
    pub async fn count_register_try(&self, number: &PhoneNumberId, since: Instant, most: i64) -> Result<bool> {
        let now = self.now();
        let allowed = transaction!(self, tx => {
            // Taken first, so that two who count the same number wait for one another.
            sqlx::query("update connections set version = version where phone_number_id = $1")
                .bind(number.as_str()).execute(&mut *tx).await?;
            let tried: i64 = sqlx::query_scalar("select count(*) from register_tries where phone_number_id = $1 and tried_at > $2")
                .bind(number.as_str()).bind(since.0).fetch_one(&mut *tx).await?;
            if tried < most {
                sqlx::query("insert into register_tries (phone_number_id, tried_at) values ($1, $2)")
                    .bind(number.as_str()).bind(now.0).execute(&mut *tx).await?;
            }
            tried < most
        });
        Ok(allowed)
    }
}
