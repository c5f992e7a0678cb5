//! A backup as a file: gzip around lines of JSON. The first line is the manifest; then the rows, table by table, each an array
//! in the order of the manifest's columns; behind each table its checksum, and at the end one over everything. The same for
//! both databases, and readable without Greentick: `gunzip -c FILE | head -1`.

mod line;
mod read;
mod write;

pub use crate::server::vault::{CarriedKeys, SealedKeys, VaultError};
pub use read::ArchiveReader;
pub use write::{ArchiveWriter, check_room, is_archive, remove_abandoned};

use crate::domain::instant::Instant;
use crate::server::store::{DatabaseKind, Inventory, Mode, StoreError};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How the lines are to be read. Grows when an older Greentick could not read them any more.
const FORMAT: u32 = 1;

/// What a backup says of itself before all else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Also what the file is known by.
    pub greentick_backup: u32,
    /// Of the Greentick that wrote it.
    pub version: String,
    pub database: DatabaseKind,
    pub mode: Mode,
    /// All that was answered before this is in it.
    pub taken_at: Instant,
    #[serde(flatten)]
    pub inventory: Inventory,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_keys: Option<SealedKeys>,
}

impl Manifest {
    pub fn new(database: DatabaseKind, mode: Mode, taken_at: Instant, inventory: Inventory) -> Self {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Self { greentick_backup: FORMAT, version, database, mode, taken_at, inventory, sealed_keys: None }
    }
}

/// Why a backup was not made or not used, in words for whoever reads the terminal.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("{path}: {why}", path = .0.display(), why = .1)]
    File(PathBuf, #[source] std::io::Error),
    #[error("{path} is not a backup of Greentick", path = .0.display())]
    NotOurs(PathBuf),
    #[error("{path}: the backup is damaged: {what}. Nothing was changed. Use another one.", path = .0.display(), what = .1)]
    Damaged(PathBuf, String),
    #[error(
        "{path} was made by Greentick {version}, whose backups this one cannot read. Install Greentick {version} or newer.",
        path = .0.display(),
        version = .1
    )]
    Newer(PathBuf, String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] VaultError),
    #[error("{0}")]
    Refused(String),
}

impl ArchiveError {
    fn file(path: &Path) -> impl Fn(std::io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::File(path.clone(), error)
    }

    /// Why a file cannot be made in this folder, and what to do.
    pub fn folder(folder: &Path, error: std::io::Error) -> Self {
        let name = if folder.as_os_str().is_empty() { Path::new(".") } else { folder }.display();
        match error.kind() {
            ErrorKind::PermissionDenied => Self::Refused(format!(
                "the folder {name} cannot be written to. Give it to the user that Greentick runs as, or name another folder"
            )),
            // Also what systemd keeps from a service.
            ErrorKind::ReadOnlyFilesystem => Self::Refused(format!(
                "the folder {name} is read-only here. Name another folder, or, in a service of systemd, allow this one with ReadWritePaths"
            )),
            ErrorKind::NotFound => Self::Refused(format!("there is no folder {name}. Make it, or name another folder")),
            _ => Self::File(folder.to_owned(), error),
        }
    }
}

pub type Result<T> = std::result::Result<T, ArchiveError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_takes_no_file_is_named_with_what_to_do() {
        let said = |kind: ErrorKind| ArchiveError::folder(Path::new("/srv/others"), kind.into()).to_string();
        assert!(said(ErrorKind::PermissionDenied).starts_with("the folder /srv/others cannot be written to. Give it"));
        assert!(
            said(ErrorKind::ReadOnlyFilesystem).starts_with("the folder /srv/others is read-only here. Name another")
        );
        assert!(said(ErrorKind::NotFound).starts_with("there is no folder /srv/others. Make it"));
        assert!(said(ErrorKind::StorageFull).starts_with("/srv/others: "));
    }
}
