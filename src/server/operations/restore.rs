//! Puts a backup in the place of the data. Everything is compared and checked before anything is touched, and what was
//! there stays until the new data is whole.

use super::back_up::{ON_THE_WAY, Progress, Told};
use crate::domain::backups::Pause;
use crate::domain::instant::Instant;
use crate::server::archive::{ArchiveError, ArchiveReader, CarriedKeys, Manifest};
use crate::server::config::{DatabaseUrl, KeySource};
use crate::server::store::{Batch, Filling, FoundData, Hold, InUse, Inventory, Mode, StoreError};
use secrecy::SecretString;
use std::path::Path;
use tokio::sync::mpsc;

/// More than an installation is given between two backups.
const SEQ_LEFT_OUT: i64 = 1_000_000;

/// Where a backup is to go.
pub struct Destination<'a> {
    pub database: &'a DatabaseUrl,
    pub key: &'a KeySource,
    pub mode: Mode,
    /// What is there already is put aside.
    pub replace: bool,
}

/// A backup that fits its destination, as far as the manifest tells.
pub struct Restore<'a> {
    file: &'a Path,
    to: Destination<'a>,
    manifest: Manifest,
    /// Fingerprints of keys that the destination does not have, though something is sealed with them.
    missing: Vec<String>,
}

#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// Where the data lies that was there before.
    pub kept: Option<String>,
    /// Keys from the backup were put into the key file.
    pub brought_keys: bool,
}

impl<'a> Restore<'a> {
    /// Compares versions and keys. Reads the first line alone.
    pub fn plan(file: &'a Path, to: Destination<'a>) -> Result<Self, ArchiveError> {
        let manifest = ArchiveReader::open(file)?.manifest().clone();
        if manifest.inventory.schema > FoundData::newest_schema() {
            return Err(newer(&manifest.version).into());
        }
        if manifest.mode != to.mode {
            let (theirs, ours) = (manifest.mode.as_str(), to.mode.as_str());
            return Err(ArchiveError::Refused(format!(
                "this is a backup of a {theirs} installation, and here is a {ours} one. For the sandbox add --sandbox. Nothing was changed."
            )));
        }
        let known = CarriedKeys::read(to.key)?.map(|keys| keys.fingerprints()).transpose()?.unwrap_or_default();
        let missing: Vec<String> = manifest.inventory.keys.iter().filter(|key| !known.contains(key)).cloned().collect();
        if !missing.is_empty() && manifest.sealed_keys.is_none() {
            return Err(key_missing(&missing, &known, to.key));
        }
        Ok(Self { file, to, manifest, missing })
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The key is in the backup alone, under its passphrase.
    pub fn needs_passphrase(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Says what is in the way before anybody is asked for anything.
    pub async fn check_destination(&self) -> Result<(), ArchiveError> {
        let Some(_alone) = InUse::claim(self.to.database, Hold::Alone).await? else {
            return Err(served(self.to.database).into());
        };
        if !self.to.replace {
            FoundData::check_vacant(self.to.database).await?;
        }
        Ok(())
    }

    /// Checks the whole file, then writes. Afterwards nothing goes out until somebody resumes.
    pub async fn carry_out(
        self,
        passphrase: Option<&SecretString>,
        now: Instant,
        told: Told<'_>,
    ) -> Result<Restored, ArchiveError> {
        let keys = self.open_keys(passphrase)?;
        let Self { file, to, manifest, .. } = self;
        read_all(file, &manifest, async |batch, progress| {
            drop(batch);
            told(Progress { what: "Checking".to_owned(), ..progress });
            Ok(())
        })
        .await?;
        let Some(_alone) = InUse::claim(to.database, Hold::Alone).await? else {
            return Err(served(to.database).into());
        };
        let mut filling = Filling::begin(to.database, &numbered_on(&manifest.inventory), to.replace, now).await?;
        let tables = manifest.inventory.tables.clone();
        read_all(file, &manifest, async |batch: Batch, progress| {
            let what = tables[batch.table].table.name.clone();
            filling.put(batch).await?;
            told(Progress { what, ..progress });
            Ok(())
        })
        .await?;
        // A key too many does no harm; data without its key would.
        if let (Some(keys), KeySource::File(path)) = (&keys, to.key) {
            keys.put_into(path)?;
        }
        let pause = Pause { since: now, backup_of: manifest.taken_at };
        let pause = serde_json::to_string(&pause).map_err(StoreError::from)?;
        let none = ["moved", "move", "interpreter", "upgrading", "backups"].map(|name| (name, None));
        let facts = [&[("paused", Some(pause))][..], &none].concat();
        let filled = filling.finish(&facts, now).await?;
        Ok(Restored { manifest, kept: filled.kept, brought_keys: keys.is_some() })
    }

    fn open_keys(&self, passphrase: Option<&SecretString>) -> Result<Option<CarriedKeys>, ArchiveError> {
        let Some(sealed) = self.manifest.sealed_keys.as_ref().filter(|_| self.needs_passphrase()) else {
            return Ok(None);
        };
        let Some(passphrase) = passphrase else {
            return Err(ArchiveError::Refused(
                "the key in the backup needs its passphrase. Nothing was changed.".to_owned(),
            ));
        };
        let keys = sealed.open(passphrase)?;
        let brought = keys.fingerprints()?;
        let still: Vec<String> = self.missing.iter().filter(|key| !brought.contains(key)).cloned().collect();
        if !still.is_empty() {
            return Err(key_missing(&still, &brought, self.to.key));
        }
        if let KeySource::Keys(_) = self.to.key {
            return Err(ArchiveError::Refused(format!(
                "the keys here come from GREENTICK_SECRET_KEY, and those of the backup (fingerprint {}) are not among them. Take the \
                 variable away, and the backup's keys are put into the key file; or add them to it. Nothing was changed.",
                self.missing.join(", ")
            )));
        }
        Ok(Some(keys))
    }
}

/// Reads a backup to its end on a thread of its own, and hands each batch on.
async fn read_all(
    file: &Path,
    manifest: &Manifest,
    mut take: impl AsyncFnMut(Batch, Progress) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let (read, mut batches) = mpsc::channel(ON_THE_WAY);
    let path = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let mut reader = ArchiveReader::open(&path)?;
        while let Some(batch) = reader.next_batch()? {
            if read.blocking_send(batch).is_err() {
                // Whoever takes them has failed, and says why.
                break;
            }
        }
        Ok::<(), ArchiveError>(())
    });
    let (mut done, all) = (0, manifest.inventory.rows());
    while let Some(batch) = batches.recv().await {
        done += batch.rows.len() as u64;
        take(batch, Progress { what: String::new(), done, all }).await?;
    }
    reading.await.map_err(|error| ArchiveError::Refused(format!("reading was broken off: {error}")))?
}

fn newer(version: &str) -> StoreError {
    StoreError::newer(Some(version))
}

pub(super) fn served(database: &DatabaseUrl) -> StoreError {
    StoreError::Refused(format!(
        "a Greentick is serving from {}, or did until a few seconds ago. Stop it, then run this again. Nothing was changed.",
        FoundData::name_of(database)
    ))
}

fn key_missing(missing: &[String], known: &[String], source: &KeySource) -> ArchiveError {
    let place = match source {
        KeySource::File(path) => path.display().to_string(),
        KeySource::Keys(_) => "GREENTICK_SECRET_KEY".to_owned(),
    };
    let here =
        if known.is_empty() { "no key is there".to_owned() } else { format!("the key there is {}", known.join(", ")) };
    ArchiveError::Refused(format!(
        "the secrets in this backup are sealed with the key {}, and {here}. Put that key into {place}, one key on a line, or use a backup \
         made with --with-key. Nothing was changed.",
        missing.join(", ")
    ))
}

/// Programs remember the last `seq` they have read. Those given since the backup are given to nobody again: they would be
/// passed over as known.
fn numbered_on(inventory: &Inventory) -> Inventory {
    let mut inventory = inventory.clone();
    for held in inventory.tables.iter_mut().filter(|held| held.table.name == "events") {
        held.last_number = held.last_number.map(|last| last + SEQ_LEFT_OUT);
    }
    inventory
}
