//! Writes a backup beside its place, and puts it there once it is whole and on the disk.

use super::line::{End, TableEnd, manifest_line, row_line};
use super::{ArchiveError, ArchiveReader, Manifest, Result};
use crate::domain::backups::size_in_words;
use crate::server::digest::hex;
use crate::server::store::Batch;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Quick rather than small: a backup may be made while deliveries come in.
const LEVEL: u32 = 3;

/// Blocks while it writes: for a thread of its own.
pub struct ArchiveWriter {
    path: PathBuf,
    // Before `out`, so that it goes first: the file is locked until then.
    beside: Beside,
    out: GzEncoder<BufWriter<File>>,
    manifest: Manifest,
    all: Sha256,
    of_table: Sha256,
    /// The table that is being written, and how many of its rows have been.
    table: usize,
    rows: u64,
    line: Vec<u8>,
}

/// Refuses to begin where a file of so many bytes has no room: whoever fills the disk half-way takes it from the deliveries.
pub fn check_room(folder: &Path, bytes: u64) -> Result<()> {
    match free_room(folder)? {
        Some(free) if free < bytes => Err(ArchiveError::Refused(format!(
            "{} has room for {}, and the last backup took {}. Make room there; a backup that is written elsewhere by \
             `greentick backup` counts as the last one, too",
            folder.display(),
            size_in_words(free),
            size_in_words(bytes)
        ))),
        _ => Ok(()),
    }
}

/// In bytes; `None` where that cannot be asked.
#[cfg(unix)]
fn free_room(folder: &Path) -> Result<Option<u64>> {
    let told = rustix::fs::statvfs(folder).map_err(|error| ArchiveError::file(folder)(error.into()))?;
    Ok(Some(told.f_bavail.saturating_mul(told.f_frsize)))
}

#[cfg(not(unix))]
fn free_room(_: &Path) -> Result<Option<u64>> {
    Ok(None)
}

/// Whether there is a backup that a new one may take the place of.
pub fn is_archive(path: &Path) -> bool {
    ArchiveReader::open(path).is_ok()
}

/// How the name of a backup ends until it is whole.
const UNFINISHED: &str = ".unfinished";

/// The file until it has its name. Dropped before, it is taken away: a disk that is full must not stay so.
struct Beside {
    path: PathBuf,
    is_placed: bool,
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.is_placed {
            // What cannot be removed now, the next start tries again.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    PathBuf::from(name)
}

/// Removes what backups left that were killed, and whose names begin so. One that is being written is left alone.
pub fn remove_abandoned(folder: &Path, begin: &str) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(begin) && name.ends_with(UNFINISHED) {
            let file = OpenOptions::new().write(true).open(entry.path())?;
            if file.try_lock().is_ok() {
                std::fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

fn create(path: &Path) -> Result<File> {
    let failed = ArchiveError::file(path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let folder = path.parent().unwrap_or(path);
    let file = options.open(path).map_err(|error| ArchiveError::folder(folder, error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(ArchiveError::Refused(format!(
                "another backup is being written to {} just now",
                path.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // What an earlier one left that was killed.
    file.set_len(0).map_err(&failed)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(&failed)?;
    Ok(file)
}

impl ArchiveWriter {
    pub fn begin(path: &Path, manifest: Manifest) -> Result<Self> {
        if path.exists() && !is_archive(path) {
            let name = path.display();
            return Err(ArchiveError::Refused(format!(
                "{name} is there already and is no backup: it was left as it is. Name another file."
            )));
        }
        let beside = beside(path);
        let file = create(&beside)?;
        let beside = Beside { path: beside, is_placed: false };
        let mut writer = Self {
            path: path.to_owned(),
            beside,
            out: GzEncoder::new(BufWriter::new(file), Compression::new(LEVEL)),
            all: Sha256::new(),
            of_table: Sha256::new(),
            table: 0,
            rows: 0,
            line: manifest_line(&manifest).map_err(unwritable)?,
            manifest,
        };
        writer.put_line()?;
        Ok(writer)
    }

    /// Batches come in the order of the manifest.
    pub fn put(&mut self, batch: &Batch) -> Result<()> {
        while self.table < batch.table {
            self.end_table()?;
        }
        for row in &batch.rows {
            self.line.clear();
            row_line(row, &mut self.line).map_err(unwritable)?;
            self.of_table.update(&self.line);
            self.put_line()?;
        }
        self.rows += batch.rows.len() as u64;
        Ok(())
    }

    /// How long the file is. From now on it has its name.
    pub fn finish(mut self) -> Result<u64> {
        while self.table < self.manifest.inventory.tables.len() {
            self.end_table()?;
        }
        let end = End { rows: self.manifest.inventory.rows(), sha256: hex(&self.all.clone().finalize()) };
        self.line = serde_json::to_vec(&end).map_err(unwritable)?;
        self.line.push(b'\n');
        self.put_line()?;
        let failed = ArchiveError::file(&self.beside.path);
        let file = self.out.finish().and_then(|out| out.into_inner().map_err(std::io::IntoInnerError::into_error));
        let file = file.map_err(&failed)?;
        file.sync_all().map_err(&failed)?;
        let bytes = file.metadata().map_err(&failed)?.len();
        std::fs::rename(&self.beside.path, &self.path).map_err(ArchiveError::file(&self.path))?;
        self.beside.is_placed = true;
        // The name has to outlive a power cut as well.
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(ArchiveError::file(folder))?;
        }
        Ok(bytes)
    }

    fn end_table(&mut self) -> Result<()> {
        let held = self.manifest.inventory.tables.get(self.table);
        let Some(held) = held.filter(|held| held.rows == self.rows) else {
            return Err(ArchiveError::Refused("the rows that were counted are not those that were read".to_owned()));
        };
        let sha256 = hex(&std::mem::take(&mut self.of_table).finalize());
        self.line = serde_json::to_vec(&TableEnd { table: held.table.name.clone(), sha256 }).map_err(unwritable)?;
        self.line.push(b'\n');
        self.put_line()?;
        self.table += 1;
        self.rows = 0;
        Ok(())
    }

    fn put_line(&mut self) -> Result<()> {
        self.all.update(&self.line);
        self.out.write_all(&self.line).map_err(ArchiveError::file(&self.beside.path))
    }
}

fn unwritable(error: serde_json::Error) -> ArchiveError {
    ArchiveError::Store(error.into())
}
