//! Writes all data, as it is at one moment, into one file.

use crate::domain::instant::Instant as Moment;
use crate::server::archive::{ArchiveError, ArchiveWriter, CarriedKeys, Manifest, SealedKeys};
use crate::server::config::KeySource;
use crate::server::store::{Batch, FoundData, Mode};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const LOG_EVERY: Duration = Duration::from_secs(10);
/// Batches on their way: what is in memory at once.
pub(super) const ON_THE_WAY: usize = 2;

/// How far long work has come, in rows.
#[derive(Debug, Clone)]
pub struct Progress {
    /// `Checking`, `events`
    pub what: String,
    pub done: u64,
    pub all: u64,
}

/// Hears of progress; says it in a terminal.
pub type Told<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// For whoever does not want to hear of it.
pub fn silently(_: Progress) {}

/// Says in the log how far it has come, now and then.
pub fn logged() -> impl Fn(Progress) + Send + Sync {
    let last = Mutex::new(Instant::now());
    move |Progress { what, done, all }| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= LOG_EVERY {
            *last = Instant::now();
            tracing::info!(table = %what, done, all, "backing up");
        }
    }
}

/// A backup that is on the disk.
#[derive(Debug)]
pub struct BackedUp {
    pub manifest: Manifest,
    pub bytes: u64,
}

/// Where the keys are, and what they are sealed under when they go into a backup.
pub struct WithKeys<'a> {
    pub source: &'a KeySource,
    pub passphrase: SecretString,
}

/// The schema may be of any version. Goes on beside whoever writes.
pub async fn back_up(
    data: &FoundData,
    file: &Path,
    now: Moment,
    keys: Option<WithKeys<'_>>,
    told: Told<'_>,
) -> Result<BackedUp, ArchiveError> {
    let snapshot = data.snapshot().await?;
    let keys = keys.map(|with| seal_keys(&with, &snapshot.inventory().keys)).transpose()?;
    let mode = if data.find_fact("mode").await?.as_deref() == Some(Mode::Sandbox.as_str()) {
        Mode::Sandbox
    } else {
        Mode::Live
    };
    let mut manifest = Manifest::new(data.kind(), mode, now, snapshot.inventory().clone());
    manifest.sealed_keys = keys;
    let (read, rows) = mpsc::channel(ON_THE_WAY);
    let (pass_on, written) = mpsc::channel(ON_THE_WAY);
    let writing = tokio::task::spawn_blocking({
        let (file, manifest) = (file.to_owned(), manifest.clone());
        move || write(&file, manifest, written)
    });
    let sending = tokio::spawn(snapshot.send(read));
    let passed = pass(rows, pass_on, &manifest, told).await;
    // Whatever it waits for will not come any more.
    sending.abort();
    let bytes = writing.await.map_err(|error| ArchiveError::Refused(format!("the backup was broken off: {error}")));
    // Why the reading failed counts before what the writing makes of it.
    passed?;
    Ok(BackedUp { manifest, bytes: bytes?? })
}

async fn pass(
    mut rows: mpsc::Receiver<Result<Batch, crate::server::store::StoreError>>,
    to: mpsc::Sender<Option<Batch>>,
    manifest: &Manifest,
    told: Told<'_>,
) -> Result<(), ArchiveError> {
    let mut done = 0;
    while let Some(batch) = rows.recv().await {
        let batch = batch?;
        done += batch.rows.len() as u64;
        let what = manifest.inventory.tables[batch.table].table.name.clone();
        if to.send(Some(batch)).await.is_err() {
            // The writing has failed, and says why.
            return Ok(());
        }
        told(Progress { what, done, all: manifest.inventory.rows() });
    }
    let _ = to.send(None).await;
    Ok(())
}

/// `None` says that everything has come; without it the file stays unfinished.
fn write(file: &Path, manifest: Manifest, mut batches: mpsc::Receiver<Option<Batch>>) -> Result<u64, ArchiveError> {
    let mut writer = ArchiveWriter::begin(file, manifest)?;
    while let Some(batch) = batches.blocking_recv() {
        match batch {
            Some(batch) => writer.put(&batch)?,
            None => return writer.finish(),
        }
    }
    Err(ArchiveError::Refused("the backup was broken off".to_owned()))
}

/// The keys, which must open all that these keys, by their fingerprints, have sealed: a rotation may have ended meanwhile.
fn seal_keys(with: &WithKeys<'_>, used: &[String]) -> Result<SealedKeys, ArchiveError> {
    let refused = |why: String| ArchiveError::Refused(why);
    let keys = CarriedKeys::read(with.source)?;
    let keys = keys.ok_or_else(|| refused("there is no key to put into the backup".to_owned()))?;
    let there = keys.fingerprints()?;
    match used.iter().find(|key| !there.contains(key)) {
        Some(absent) => Err(refused(format!(
            "the data are sealed with a key (fingerprint {absent}) that is not among those of this command. If the key was \
             just rotated, run it again; else give it the key that `greentick serve` has"
        ))),
        None => Ok(keys.seal(&with.passphrase)?),
    }
}

/// Backups in a folder whose names begin and end so, oldest first.
pub fn list_backups(folder: &Path, begin: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(begin) && name.ends_with(ENDING) && entry.file_type()?.is_file() {
            found.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// How the names of backups end that Greentick makes by itself.
pub const ENDING: &str = ".greentick.gz";

/// Removes the oldest, so that `keep` stay.
pub fn keep_newest(folder: &Path, begin: &str, keep: usize) -> std::io::Result<()> {
    let backups = list_backups(folder, begin)?;
    let too_many = backups.len().saturating_sub(keep.max(1));
    for old in &backups[..too_many] {
        std::fs::remove_file(old)?;
    }
    Ok(())
}

/// `20261120T184512Z`, to stand in a file's name.
pub fn stamp(now: Moment) -> String {
    now.rfc3339().chars().filter(|letter| letter.is_ascii_alphanumeric()).collect()
}
