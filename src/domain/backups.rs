//! Backups as whoever looks after the installation sees them, and what rests after one was restored.

use super::instant::Instant;
use serde::{Deserialize, Serialize};

/// Since when nothing goes out: the data came from a backup, and what it would send may have been sent long ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub since: Instant,
    /// When the backup was made.
    pub backup_of: Instant,
}

/// The newest backup of this data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupMade {
    pub at: Instant,
    /// Path of the file on the machine that made it.
    pub file: String,
    pub bytes: u64,
    pub rows: u64,
}

/// A backup by itself that was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFailure {
    /// When it failed first, and has failed since.
    pub since: Instant,
    pub tried_at: Instant,
    pub why: String,
}

/// How backups have gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRecord {
    /// By itself or from a terminal.
    pub made: Option<BackupMade>,
    /// When the newest one was made by itself.
    #[serde(default)]
    pub by_itself_at: Option<Instant>,
    /// Taken away by the next one by itself that succeeds.
    pub failure: Option<BackupFailure>,
}

/// Backups that are made by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPlan {
    pub folder: String,
    /// Hours from one to the next.
    pub every_hours: i64,
    /// How many are kept.
    pub keep: usize,
}

/// Settings › Backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupsPage {
    pub now: Instant,
    pub plan: Option<BackupPlan>,
    pub record: BackupRecord,
    /// Of the key that seals the secrets, which no backup holds by itself.
    pub key_fingerprint: String,
}

/// `12.3 MB`
pub fn size_in_words(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10) / 1_000, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_people_say_them() {
        assert_eq!(size_in_words(0), "0.0 KB");
        assert_eq!(size_in_words(1_940), "1.9 KB");
        assert_eq!(size_in_words(12_345_678), "12.3 MB");
        assert_eq!(size_in_words(u64::MAX), "1844674.4 TB");
    }
}
