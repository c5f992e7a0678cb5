//! The file of an SQLite database that is to take another's place, and the place itself.

use super::FoundData;
use crate::domain::instant::Instant;
use crate::server::config::DatabaseUrl;
use crate::server::store::database::PAGE;
use crate::server::store::{Result, StoreError};
use crate::server::vault::{create_private_file, create_private_folder};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whoever has just looked into a file may take a moment to close it.
const CLOSING_TRIES: u32 = 20;
const CLOSING_PAUSE: Duration = Duration::from_millis(250);

const UNFINISHED: &str = ".unfinished";

/// Dropped before the file is in its place, it takes what was written away: a disk that is full must not stay so.
pub(super) struct Place {
    path: PathBuf,
    beside: PathBuf,
    /// There is something that people would miss.
    keep_old: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        // Once it is in its place nothing is there any more. What cannot be removed now, the next start tries again.
        let _ = remove(&self.beside);
    }
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    |error| StoreError::File(path, error)
}

fn remove(beside: &Path) -> Result<()> {
    for ending in ["", "-journal", "-wal", "-shm"] {
        let path = with(beside, ending);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(StoreError::File(path, error)),
            _ => {}
        }
    }
    Ok(())
}

/// Takes away what a restore or a move has left that was killed. Whoever calls this holds the data alone.
pub fn remove_unfinished(database: &Path) -> Result<()> {
    remove(&with(database, UNFINISHED))
}

pub(super) fn not_vacant(name: &str) -> StoreError {
    StoreError::Refused(format!(
        "{name} holds data already, and nothing of it was changed. With --replace it is put aside and kept."
    ))
}

/// `20261120t184512z`
pub(super) fn stamp(now: Instant) -> String {
    now.rfc3339().chars().filter(|letter| letter.is_ascii_alphanumeric()).collect::<String>().to_lowercase()
}

impl Place {
    /// An empty database beside the one that is there.
    pub(super) async fn begin(path: &Path, replace: bool) -> Result<(Self, SqliteConnection)> {
        if let Some(folder) = path.parent() {
            create_private_folder(folder).map_err(file_error(folder))?;
        }
        let mut keep_old = false;
        if path.exists() {
            let there = FoundData::open(&DatabaseUrl::Sqlite(path.to_owned())).await?;
            keep_old = !there.is_vacant().await?;
            there.db.close().await;
            if keep_old && !replace {
                return Err(not_vacant(&path.display().to_string()));
            }
        }
        // An earlier try may have been killed.
        remove_unfinished(path)?;
        let place = Self { path: path.to_owned(), beside: with(path, UNFINISHED), keep_old };
        let options = SqliteConnectOptions::new()
            .create_if_missing(true)
            .page_size(PAGE)
            .foreign_keys(true)
            // Nothing counts before the end, when it is brought to the disk as a whole.
            .journal_mode(SqliteJournalMode::Memory)
            .synchronous(SqliteSynchronous::Off);
        create_private_file(&place.beside).map_err(file_error(&place.beside))?;
        let db = options.filename(&place.beside).connect().await?;
        Ok((place, db))
    }

    /// From one moment to the next the new file bears the name. The old one has another name before, which comes back.
    pub(super) async fn take(self, now: Instant) -> Result<Option<PathBuf>> {
        let Self { path, beside, keep_old } = &self;
        std::fs::File::open(beside).and_then(|file| file.sync_all()).map_err(file_error(beside))?;
        let mut kept = None;
        if path.exists() {
            close_log(path).await?;
        }
        if *keep_old {
            let aside = with(path, &format!(".before-{}", stamp(now)));
            if std::fs::hard_link(path, &aside).is_err() {
                std::fs::copy(path, &aside).map_err(file_error(&aside))?;
            }
            kept = Some(aside);
        }
        std::fs::rename(beside, path).map_err(file_error(path))?;
        // The new name has to outlive a power cut as well.
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            std::fs::File::open(folder).and_then(|file| file.sync_all()).map_err(file_error(folder))?;
        }
        Ok(kept)
    }
}

/// Its log goes into the file, and away: it would not fit the new one. Not while anybody has the file open.
async fn close_log(path: &Path) -> Result<()> {
    let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Delete);
    for _ in 0..CLOSING_TRIES {
        if let Ok(connection) = options.connect().await {
            return Ok(connection.close().await?);
        }
        tokio::time::sleep(CLOSING_PAUSE).await;
    }
    Ok(options.connect().await?.close().await?)
}
