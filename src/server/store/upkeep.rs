//! Facts about the care of this installation: whether its effects rest, and how its backups have gone.

use super::{FoundData, Result, Store};
use crate::domain::backups::{BackupMade, BackupRecord, Pause};

/// Jobs that change something at Meta look for this name, too.
pub(super) const PAUSED: &str = "paused";
const BACKUPS: &str = "backups";

impl Store {
    /// Set after a backup was restored, until an admin resumes.
    pub async fn find_pause(&self) -> Result<Option<Pause>> {
        Ok(self.data().find_fact(PAUSED).await?.map(|told| serde_json::from_str(&told)).transpose()?)
    }

    /// `false` when nothing was paused any more.
    pub async fn end_pause(&self) -> Result<bool> {
        let ended = change!(self, db => sqlx::query("delete from installation where name = $1").bind(PAUSED)
            .execute(db).await.map(|done| done.rows_affected()))?;
        self.note_job();
        Ok(ended > 0)
    }

    pub async fn find_backup_record(&self) -> Result<BackupRecord> {
        self.data().find_backup_record().await
    }

    pub async fn put_backup_record(&self, record: &BackupRecord) -> Result<()> {
        self.data().put_fact(BACKUPS, &serde_json::to_string(record)?).await
    }

    /// Of the key that seals, as people are told it.
    pub fn fingerprint_of_key(&self) -> Result<String> {
        Ok(self.vault.fingerprint_of_key()?)
    }
}

// The schema may be of any version.
impl FoundData {
    async fn find_backup_record(&self) -> Result<BackupRecord> {
        let told = self.find_fact(BACKUPS).await?;
        Ok(told.map(|told| serde_json::from_str(&told)).transpose()?.unwrap_or_default())
    }

    /// A backup from a terminal: how those by themselves go stays as it is.
    pub async fn note_backup_by_hand(&self, made: BackupMade) -> Result<()> {
        let record = BackupRecord { made: Some(made), ..self.find_backup_record().await? };
        self.put_fact(BACKUPS, &serde_json::to_string(&record)?).await
    }
}
