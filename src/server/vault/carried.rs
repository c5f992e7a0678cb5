//! Keys on their way from one machine to another, sealed under a passphrase.

use super::{Vault, VaultError, create_private_folder, parse_keys, rewrite, write_private};
use crate::server::config::KeySource;
use crate::server::digest::hex;
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;

/// Argon2id: a passphrase is guessed offline, by whoever has the file.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// What a file may ask of the machine that opens it.
const MEMORY_KIB_MOST: u32 = 1024 * 1024;
const PASSES_MOST: u32 = 100;
const BOUND_TO: &[u8] = b"greentick/backup/keys/1";

/// Base64 keys, each on a line, the first in front. Has no `Debug`.
pub struct CarriedKeys(SecretString);

/// What a backup holds of them: worth nothing without the passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedKeys {
    memory_kib: u32,
    passes: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

impl CarriedKeys {
    /// `None` where there is no key file.
    pub fn read(source: &KeySource) -> Result<Option<Self>, VaultError> {
        let text = match source {
            KeySource::Keys(keys) => keys.clone(),
            KeySource::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => text.into(),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(VaultError::KeyFile(path.clone(), error)),
            },
        };
        parse_keys(&text)?;
        Ok(Some(Self(text)))
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.expose_secret().split([',', '\n']).map(str::trim).filter(|key| !key.is_empty())
    }

    /// Their fingerprints, in order.
    pub fn fingerprints(&self) -> Result<Vec<String>, VaultError> {
        Ok(parse_keys(&self.0)?.iter().map(|key| hex(&key.id)).collect())
    }

    /// Puts those into a key file that are missing there, in front: they seal from now on, and what was there still opens.
    pub fn put_into(&self, path: &Path) -> Result<(), VaultError> {
        let failed = |error| VaultError::KeyFile(path.to_owned(), error);
        let joined = |lines: Vec<&str>| lines.join("\n") + "\n";
        if !path.exists() {
            if let Some(folder) = path.parent() {
                create_private_folder(folder).map_err(failed)?;
            }
            return write_private(path, &joined(self.lines().collect())).map_err(failed);
        }
        let put = |there: &str| {
            let known = |key: &&str| there.lines().any(|line| line.trim() == *key);
            joined(self.lines().filter(|key| !known(key)).chain(there.trim().lines()).collect())
        };
        rewrite(path, put).map(drop).map_err(failed)
    }

    /// Takes about a tenth of a second and 64 MiB.
    pub fn seal(&self, passphrase: &SecretString) -> Result<SealedKeys, VaultError> {
        let (salt, nonce): ([u8; 16], [u8; 24]) = (rand::random(), rand::random());
        let cipher = cipher(passphrase, &salt, MEMORY_KIB, PASSES)?;
        let text = self.lines().collect::<Vec<_>>().join("\n");
        let payload = Payload { msg: text.as_bytes(), aad: BOUND_TO };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| unopened())?;
        Ok(SealedKeys {
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            salt: STANDARD.encode(salt),
            nonce: STANDARD.encode(nonce),
            sealed: STANDARD.encode(sealed),
        })
    }
}

impl SealedKeys {
    pub fn open(&self, passphrase: &SecretString) -> Result<CarriedKeys, VaultError> {
        if self.memory_kib > MEMORY_KIB_MOST || self.passes > PASSES_MOST {
            return Err(unopened());
        }
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| unopened());
        let nonce: [u8; 24] = bytes(&self.nonce)?.try_into().map_err(|_| unopened())?;
        let cipher = cipher(passphrase, &bytes(&self.salt)?, self.memory_kib, self.passes)?;
        let sealed = bytes(&self.sealed)?;
        let payload = Payload { msg: &sealed, aad: BOUND_TO };
        let opened = cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::WrongPassphrase)?;
        let keys: SecretString = String::from_utf8(opened).map_err(|_| unopened())?.into();
        parse_keys(&keys)?;
        Ok(CarriedKeys(keys))
    }
}

fn unopened() -> VaultError {
    VaultError::Damaged("the sealed key of the backup".to_owned())
}

fn cipher(
    passphrase: &SecretString,
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
) -> Result<XChaCha20Poly1305, VaultError> {
    let params = Params::new(memory_kib, passes, 1, None).map_err(|_| unopened())?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, &mut key)
        .map_err(|_| unopened())?;
    Ok(XChaCha20Poly1305::new(&key.into()))
}

impl Vault {
    /// The fingerprint of the key that seals, as people are told it.
    pub fn fingerprint_of_key(&self) -> Result<String, VaultError> {
        Ok(hex(&self.sealing_id()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_travel_under_a_passphrase_and_open_with_no_other() {
        let text: SecretString =
            format!("{}\n{}\n", Vault::new_key().expose_secret(), Vault::new_key().expose_secret()).into();
        let keys = CarriedKeys::read(&KeySource::Keys(text.clone())).unwrap().unwrap();
        let sealed = keys.seal(&"a long passphrase".into()).unwrap();
        let shown = serde_json::to_string(&sealed).unwrap();
        assert!(text.expose_secret().lines().all(|key| !shown.contains(key)));
        let read: SealedKeys = serde_json::from_str(&shown).unwrap();
        let opened = read.open(&"a long passphrase".into()).ok().unwrap();
        assert_eq!(opened.fingerprints().unwrap(), keys.fingerprints().unwrap());
        assert!(matches!(read.open(&"another passphrase".into()), Err(VaultError::WrongPassphrase)));
        let greedy = SealedKeys { memory_kib: u32::MAX, ..read };
        assert!(greedy.open(&"a long passphrase".into()).is_err());
    }

    #[test]
    fn a_key_file_keeps_what_it_has_behind_what_comes() {
        let folder = std::env::temp_dir().join(format!("greentick-carried-{:x}", rand::random::<u64>()));
        let path = folder.join("data").join("secret.key");
        let key = |text: &SecretString| CarriedKeys::read(&KeySource::Keys(text.clone())).unwrap().unwrap();
        let (here, comes) = (Vault::new_key(), Vault::new_key());
        key(&here).put_into(&path).unwrap();
        key(&comes).put_into(&path).unwrap();
        key(&comes).put_into(&path).unwrap();
        let lines = std::fs::read_to_string(&path).unwrap();
        assert_eq!(lines.lines().collect::<Vec<_>>(), [comes.expose_secret(), here.expose_secret()]);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
