//! Where data and keys are.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

pub const KEY_RULE: &str = "a secret key must be 32 bytes in base64; make one with `openssl rand -base64 32`";

/// Where the data is: `DATABASE_URL`.
#[derive(Clone)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    /// Holds a password, so it has no `Debug`.
    Postgres(String),
}

impl DatabaseUrl {
    /// `sqlite://path`, `sqlite:path` or `postgres://…`.
    pub fn parse(url: &str) -> std::result::Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        match path.map(|path| path.split('?').next().unwrap_or(path)) {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            _ => Err("use `sqlite://path/to/file.db` or `postgres://user:password@host/database`".to_owned()),
        }
    }
}

/// Where the keys come from.
pub enum KeySource {
    /// `GREENTICK_SECRET_KEY`.
    Keys(SecretString),
    /// A file in the data folder, made while nothing is sealed yet.
    File(PathBuf),
}

impl KeySource {
    /// Base64 keys, comma-separated or on lines of their own; one at least.
    pub(super) fn parse(keys: SecretString) -> Result<Self, String> {
        let good = key_texts(&keys).next().is_some() && key_texts(&keys).all(|text| key_bytes(text).is_some());
        if good { Ok(Self::Keys(keys)) } else { Err(KEY_RULE.to_owned()) }
    }
}

pub fn key_texts(keys: &SecretString) -> impl Iterator<Item = &str> {
    keys.expose_secret().split([',', '\n']).map(str::trim).filter(|key| !key.is_empty())
}

pub fn key_bytes(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text.trim()).ok()?.try_into().ok()
}

/// Backups that are made by themselves.
#[derive(Debug, Clone)]
pub struct BackupSettings {
    /// `GREENTICK_BACKUP_DIR`.
    pub folder: PathBuf,
    /// Milliseconds from one to the next. `GREENTICK_BACKUP_EVERY` has it in hours.
    pub every: i64,
    /// How many are kept. `GREENTICK_BACKUP_KEEP`.
    pub keep: usize,
}
