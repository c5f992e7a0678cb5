//! Passwords: argon2id, off the async threads, a few at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

use crate::domain::user::{PASSWORD_MAX, PASSWORD_MIN};

/// Hashes at the same time: each takes 19 MiB and a core for tens of milliseconds.
const AT_ONCE: usize = 2;

#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct HashingFailed;

/// Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    /// Checked in place of a missing account's, so that time does not tell whether an address is known.
    nobody: Arc<str>,
}

impl Passwords {
    pub async fn new() -> Result<Self, HashingFailed> {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let nobody = hash(places.clone(), "nobody has this password".into()).await?;
        Ok(Self { places, nobody: nobody.into() })
    }

    /// The rule that a new password breaks, if it does.
    pub fn broken_rule(password: &SecretString) -> Option<String> {
        let password = password.expose_secret();
        if password.chars().count() < PASSWORD_MIN {
            return Some(format!("at least {PASSWORD_MIN} characters"));
        }
        (password.len() > PASSWORD_MAX).then(|| format!("at most {PASSWORD_MAX} bytes"))
    }

    pub async fn hash(&self, password: SecretString) -> Result<String, HashingFailed> {
        hash(self.places.clone(), password).await
    }

    /// `known` is `None` for an account that does not exist or has no password; that takes as long and is always wrong.
    pub async fn verify(&self, password: SecretString, known: Option<String>) -> Result<bool, HashingFailed> {
        let exists = known.is_some();
        let hash = known.unwrap_or_else(|| self.nobody.to_string());
        let right = aside(self.places.clone(), move || {
            let parsed = PasswordHash::new(&hash).map_err(|_| HashingFailed)?;
            Ok(Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok())
        });
        Ok(right.await? && exists)
    }
}

async fn hash(places: Arc<Semaphore>, password: SecretString) -> Result<String, HashingFailed> {
    aside(places, move || {
        let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
        hash.map(|hash| hash.to_string()).map_err(|_| HashingFailed)
    })
    .await
}

async fn aside<T: Send + 'static>(
    places: Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, HashingFailed> + Send + 'static,
) -> Result<T, HashingFailed> {
    let place = places.acquire_owned().await.map_err(|_| HashingFailed)?;
    tokio::task::spawn_blocking(move || {
        let done = work();
        drop(place);
        done
    })
    .await
    .map_err(|_| HashingFailed)?
}
