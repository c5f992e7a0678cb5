//! Encryption at rest: XChaCha20-Poly1305 under a key id, bound to the place where a secret is kept, so that a sealed
//! value copied to another row does not open there.

mod carried;

pub use carried::{CarriedKeys, SealedKeys};

use super::config::{KEY_RULE, KeySource, key_bytes, key_texts};
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
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::SystemTime;

const KEY_ID: usize = 4;
const NONCE: usize = 24;

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{KEY_RULE}")]
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
    #[error(
        "the keys come from GREENTICK_SECRET_KEY: put a new one in front (`openssl rand -base64 32`, then a comma), restart \
         Greentick with it, and run this again"
    )]
    NotAFile,
    #[error("a sealed value at {0} is damaged")]
    Damaged(String),
    #[error("this passphrase does not open the key in the backup")]
    WrongPassphrase,
}

struct Key {
    id: [u8; KEY_ID],
    cipher: XChaCha20Poly1305,
}

impl Key {
    fn parse(text: &str) -> Result<Self, VaultError> {
        let raw = key_bytes(text).ok_or(VaultError::BadKey)?;
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

/// Base64 keys, comma-separated or on lines of their own.
fn parse_keys(keys: &SecretString) -> Result<Vec<Arc<Key>>, VaultError> {
    let keys = key_texts(keys).map(|text| Key::parse(text).map(Arc::new)).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() { Err(VaultError::NoKey) } else { Ok(keys) }
}

/// What is in use now, and how new the file was that it came from.
struct Ring {
    keys: Vec<Arc<Key>>,
    /// Its time and length: a clock's tick may be longer than a change. `None` until it is looked at.
    stamp: Option<(SystemTime, u64)>,
}

/// Seals with its first key and opens with any. Has no `Debug`.
pub struct Vault {
    ring: RwLock<Ring>,
    /// Read again when it has changed: another process may have put a new key into it.
    file: Option<PathBuf>,
}

fn stamp_of(path: &Path) -> Option<(SystemTime, u64)> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

impl Vault {
    pub fn from_keys(keys: &SecretString) -> Result<Self, VaultError> {
        Ok(Self { ring: RwLock::new(Ring { keys: parse_keys(keys)?, stamp: None }), file: None })
    }

    /// `stamp` is from before the text was read: what comes between is read at the next look.
    fn from_file(path: &Path, text: &SecretString, stamp: Option<(SystemTime, u64)>) -> Result<Self, VaultError> {
        let ring = Ring { keys: parse_keys(text)?, stamp };
        Ok(Self { ring: RwLock::new(ring), file: Some(path.to_owned()) })
    }

    /// Reads the keys; makes a key file where there is none and nothing has been sealed yet.
    pub fn open_keys(source: &KeySource, may_make: bool) -> Result<Self, VaultError> {
        let path = match source {
            KeySource::Keys(keys) => return Self::from_keys(keys),
            KeySource::File(path) => path,
        };
        let failed = |error| VaultError::KeyFile(path.clone(), error);
        let stamp = stamp_of(path);
        match std::fs::read_to_string(path) {
            Ok(keys) => Self::from_file(path, &keys.into(), stamp),
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            Err(_) if !may_make => Err(VaultError::KeyLost(path.clone())),
            Err(_) => {
                let key = Self::new_key();
                write_private(path, key.expose_secret()).map_err(failed)?;
                Self::from_file(path, &key, None)
            }
        }
    }

    /// A fresh key in base64.
    pub fn new_key() -> SecretString {
        STANDARD.encode(rand::random::<[u8; 32]>()).into()
    }

    fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the file's keys when it has changed. What cannot be read leaves the present keys in use.
    fn look_again(&self) {
        let Some(path) = &self.file else { return };
        let stamp = stamp_of(path);
        if stamp.is_none() || stamp == self.ring().stamp {
            return;
        }
        match std::fs::read_to_string(path).map_err(|error| VaultError::KeyFile(path.clone(), error)) {
            Ok(text) => match parse_keys(&text.into()) {
                Ok(keys) => {
                    *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Ring { keys, stamp };
                }
                Err(error) => tracing::error!(%error, "the key file was changed to what is no key"),
            },
            Err(error) => tracing::error!(%error, "the changed key file cannot be read"),
        }
    }

    fn sealing_key(&self) -> Result<Arc<Key>, VaultError> {
        self.look_again();
        self.ring().keys.first().cloned().ok_or(VaultError::NoKey)
    }

    /// The id that everything sealed from now on begins with.
    pub fn sealing_id(&self) -> Result<Vec<u8>, VaultError> {
        Ok(self.sealing_key()?.id.to_vec())
    }

    fn find_key(&self, id: &[u8]) -> Option<Arc<Key>> {
        self.ring().keys.iter().find(|key| key.id == id).cloned()
    }

    /// Puts a new key in front of the others in the key file. With keys from the environment there is nothing to write.
    pub fn add_key(&self) -> Result<(), VaultError> {
        let Some(path) = &self.file else { return Err(VaultError::NotAFile) };
        let text = with_new_key(path).map_err(|error| VaultError::KeyFile(path.clone(), error))?;
        let keys = parse_keys(&text)?;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Ring { keys, stamp: None };
        Ok(())
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
        let key = match self.find_key(id) {
            Some(key) => key,
            None => {
                self.look_again();
                self.find_key(id).ok_or_else(|| VaultError::UnknownKey(hex(id)))?
            }
        };
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

/// The file with a new key in front, on the disk before anything is sealed with that key.
fn with_new_key(path: &Path) -> std::io::Result<SecretString> {
    rewrite(path, |keys| format!("{}\n{}\n", Vault::new_key().expose_secret(), keys.trim()))
}

/// Changes a key file; what it holds now. Another who changes it at the same time waits.
fn rewrite(path: &Path, change: impl FnOnce(&str) -> String) -> std::io::Result<SecretString> {
    // The later file must hold what the earlier one did. Held until the end.
    let lock = path.with_extension("lock");
    create_private_file(&lock)?;
    let lock = OpenOptions::new().write(true).open(lock)?;
    lock.lock()?;
    let text = change(&std::fs::read_to_string(path)?);
    // Written beside and put in its place whole: a crash leaves one of the two, never half a file.
    let beside = path.with_extension("new");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    write_private(&beside, &text)?;
    std::fs::rename(&beside, path)?;
    // The new name has to outlive a power cut as well.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(text.into())
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

/// Creates a folder, and those that it lies in, that only their owner can look into; leaves one that exists as it is.
pub fn create_private_folder(path: &Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// Creates an empty file that its owner alone can read, whatever the umask; leaves one that exists as it is.
pub fn create_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
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
    fn a_key_that_comes_while_the_file_is_read_is_met() {
        let folder = std::env::temp_dir().join(format!("greentick-vault-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("secret.key");
        let source = KeySource::File(path.clone());
        let rotating = Vault::open_keys(&source, true).unwrap();
        let (stamp, text) = (stamp_of(&path), std::fs::read_to_string(&path).unwrap());
        rotating.add_key().unwrap();
        let after = rotating.seal(HERE, &"after".into()).unwrap();
        let starting = Vault::from_file(&path, &text.into(), stamp).unwrap();
        assert_eq!(starting.open(HERE, &after).unwrap().expose_secret(), "after");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_vault_in_use_meets_a_key_that_another_process_put_into_the_file() {
        let folder = std::env::temp_dir().join(format!("greentick-vault-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        let source = KeySource::File(folder.join("secret.key"));
        let serving = Vault::open_keys(&source, true).unwrap();
        let before = serving.seal(HERE, &"before".into()).unwrap();
        let rotating = Vault::open_keys(&source, false).unwrap();
        rotating.add_key().unwrap();
        let after = rotating.seal(HERE, &"after".into()).unwrap();
        assert_ne!(before[..KEY_ID], after[..KEY_ID]);
        assert_eq!(serving.open(HERE, &after).unwrap().expose_secret(), "after");
        assert_eq!(rotating.open(HERE, &before).unwrap().expose_secret(), "before");
        assert_eq!(serving.seal(HERE, &"x".into()).unwrap()[..KEY_ID], after[..KEY_ID]);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn keys_put_in_front_at_the_same_time_are_all_kept() {
        let folder = std::env::temp_dir().join(format!("greentick-vault-{:x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        let source = KeySource::File(folder.join("secret.key"));
        Vault::open_keys(&source, true).unwrap();
        let sealed: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let rotate = || {
                let vault = Vault::open_keys(&source, false).unwrap();
                vault.add_key().unwrap();
                vault.seal(HERE, &"x".into()).unwrap()
            };
            let runs: Vec<_> = (0..8).map(|_| scope.spawn(rotate)).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let after = Vault::open_keys(&source, false).unwrap();
        assert!(sealed.iter().all(|sealed| after.open(HERE, sealed).is_ok()));
        assert_eq!(std::fs::read_to_string(folder.join("secret.key")).unwrap().lines().count(), 9);
        std::fs::remove_dir_all(&folder).unwrap();
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
