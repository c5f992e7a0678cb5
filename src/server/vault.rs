//! Encryption at rest: XChaCha20-Poly1305 under a key id, bound to the place where a secret is kept, so that a sealed
//! value copied to another row does not open there.

use super::config::KeySource;
use super::digest::{hex, hmac_sha256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

const KEY_ID: usize = 4;
const NONCE: usize = 24;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("a secret key must be 32 bytes in base64; make one with `openssl rand -base64 32`")]
    BadKey,
    #[error("there is no secret key")]
    NoKey,
    #[error(
        "the secret key is missing: secrets in the database were sealed with it; put {0} back, or set GREENTICK_SECRET_KEY"
    )]
    KeyLost(PathBuf),
    #[error("the key file {0} cannot be used: {1}")]
    KeyFile(PathBuf, std::io::Error),
    #[error(
        "the stored secrets were sealed with another key (fingerprint {0}); put that key back in GREENTICK_SECRET_KEY or the key file"
    )]
    UnknownKey(String),
    #[error("a sealed value at {0} is damaged")]
    Damaged(String),
}

struct Key {
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
}

impl Key {
    fn parse(text: &str) -> Result<Self, VaultError> {
        let raw: [u8; 32] =
            STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(VaultError::BadKey)?;
        let digest = Sha256::digest(raw);
        let mut id = [0; KEY_ID];
        id.copy_from_slice(&digest[..KEY_ID]);
        Ok(Self { id, cipher: XChaCha20Poly1305::new(&raw.into()) })
    }
}

/// Where a secret is kept: table, column and row id.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a>(pub &'a str, pub &'a str, pub &'a str);

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.0, self.1, self.2)
    }
}

/// Seals with its first key and opens with any. Has no `Debug`.
pub struct Vault {
    keys: Vec<Key>,
}

impl Vault {
    /// From base64 keys, comma-separated or on lines of their own.
    pub fn from_keys(keys: &SecretString) -> Result<Self, VaultError> {
        let texts = keys.expose_secret().split([',', '\n']).map(str::trim).filter(|key| !key.is_empty());
        let keys = texts.map(Key::parse).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(VaultError::NoKey) } else { Ok(Self { keys }) }
    }

    /// Reads the keys; makes a key file where there is none and nothing has been sealed yet.
    pub fn open_keys(source: &KeySource, may_make: bool) -> Result<Self, VaultError> {
        let path = match source {
            KeySource::Keys(keys) => return Self::from_keys(keys),
            KeySource::File(path) => path,
        };
        let failed = |error| VaultError::KeyFile(path.clone(), error);
        match std::fs::read_to_string(path) {
            Ok(keys) => Self::from_keys(&keys.into()),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            Err(_) if !may_make => Err(VaultError::KeyLost(path.clone())),
            Err(_) => {
                let key = Self::new_key();
                write_private(path, key.expose_secret()).map_err(failed)?;
                Self::from_keys(&key)
            }
        }
    }

    /// A fresh key in base64.
    pub fn new_key() -> SecretString {
        STANDARD.encode(rand::random::<[u8; 32]>()).into()
    }

    fn sealing_key(&self) -> Result<&Key, VaultError> {
        self.keys.first().ok_or(VaultError::NoKey)
    }

    pub fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Vec<u8>, VaultError> {
        let key = self.sealing_key()?;
        let nonce: [u8; NONCE] = rand::random();
        let place = place.to_string();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: place.as_bytes() };
        let sealed =
            key.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Damaged(place.clone()))?;
        Ok([&key.id[..], &nonce[..], &sealed[..]].concat())
    }

    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<SecretString, VaultError> {
        let damaged = || VaultError::Damaged(place.to_string());
        let (id, rest) = sealed.split_at_checked(KEY_ID).ok_or_else(damaged)?;
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or_else(damaged)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or_else(|| VaultError::UnknownKey(hex(id)))?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| damaged())?;
        let aad = place.to_string();
        let payload = Payload { msg: body, aad: aad.as_bytes() };
        let opened = key.cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| damaged())?;
        String::from_utf8(opened).map(SecretString::from).map_err(|_| damaged())
    }

    /// Tells whether two secrets are the same without keeping either. `salt` is itself sealed, so that a copy of the
    /// database alone cannot be used to try tokens.
    pub fn fingerprint(salt: &SecretString, secret: &SecretString) -> String {
        hmac_sha256(salt.expose_secret().as_bytes(), secret.expose_secret().as_bytes())
    }
}

/// Creates a file that only its owner can read; fails when it exists.
pub fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'_> = Place("credentials", "token", "1");

    #[test]
    fn opens_what_it_sealed_and_only_in_its_place() {
        let vault = Vault::from_keys(&Vault::new_key()).unwrap();
        let sealed = vault.seal(HERE, &"EAAG-secret".into()).unwrap();
        assert_eq!(vault.open(HERE, &sealed).unwrap().expose_secret(), "EAAG-secret");
        assert!(matches!(vault.open(Place("credentials", "token", "2"), &sealed), Err(VaultError::Damaged(_))));
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn a_new_first_key_seals_and_the_old_one_still_opens() {
        let (old, new) = (Vault::new_key(), Vault::new_key());
        let sealed = Vault::from_keys(&old).unwrap().seal(HERE, &"x".into()).unwrap();
        let both = Vault::from_keys(&format!("{},{}", new.expose_secret(), old.expose_secret()).into()).unwrap();
        assert_eq!(both.open(HERE, &sealed).unwrap().expose_secret(), "x");
        let only_new = Vault::from_keys(&new).unwrap();
        assert!(matches!(only_new.open(HERE, &sealed), Err(VaultError::UnknownKey(_))));
    }

    #[test]
    fn a_damaged_or_short_value_is_an_error_not_a_crash() {
        let vault = Vault::from_keys(&Vault::new_key()).unwrap();
        let mut sealed = vault.seal(HERE, &"x".into()).unwrap();
        if let Some(last) = sealed.last_mut() {
            *last ^= 1;
        }
        assert!(vault.open(HERE, &sealed).is_err());
        assert!(vault.open(HERE, b"abc").is_err());
    }

    #[test]
    fn refuses_keys_of_the_wrong_length() {
        assert!(matches!(Vault::from_keys(&"c2hvcnQ=".into()), Err(VaultError::BadKey)));
        assert!(matches!(Vault::from_keys(&"".into()), Err(VaultError::NoKey)));
    }
}
