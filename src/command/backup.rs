//! `greentick backup FILE`

use super::progress::teller;
use super::{Stop, secret};
use clap::Args;
use greentick::domain::backups::{BackupMade, size_in_words};
use greentick::domain::counts::grouped;
use greentick::server::clock::Clock;
use greentick::server::config::{Config, Given, KeySource};
use greentick::server::operations::back_up::{BackedUp, WithKeys, back_up};
use greentick::server::start;
use greentick::server::store::{FoundData, Schema, StoreError};
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Asked {
    /// Where to write it. A backup that is there already is replaced once the new one is whole
    file: PathBuf,
    /// Puts the secret key into it as well, sealed under a passphrase: typed, or from GREENTICK_BACKUP_PASSPHRASE or
    /// GREENTICK_BACKUP_PASSPHRASE_FILE
    #[arg(long)]
    with_key: bool,
    /// The data of `serve --sandbox`
    #[arg(long)]
    sandbox: bool,
}

pub(super) async fn run(given: &Given, asked: &Asked) -> Result<(), Stop> {
    let config = Config::read(given, asked.sandbox)?;
    start::there_is_data(&config)?;
    let data = start::find_data(&config).await?;
    if data.schema().await? == Schema::New {
        return Err(start::no_data(&config).into());
    }
    let keys = match asked.with_key {
        true => Some(WithKeys { source: &config.key, passphrase: secret::new_passphrase()? }),
        false => None,
    };
    let now = Clock::system().now();
    let done = back_up(&data, &asked.file, now, keys, &teller()).await?;
    if let Err(error) = note(&data, asked, &done).await {
        remark!("warning: the backup is good, but Settings › Backups will not tell of it: {error}");
    }
    let (rows, tables) = (grouped(done.manifest.inventory.rows()), done.manifest.inventory.tables.len());
    say!("Wrote {}: {rows} rows of {tables} tables, {}.", asked.file.display(), size_in_words(done.bytes));
    say!("{}", about_the_key(&config.key, &done));
    Ok(())
}

/// For Settings › Backups.
async fn note(data: &FoundData, asked: &Asked, done: &BackedUp) -> Result<(), StoreError> {
    let file = std::path::absolute(&asked.file).unwrap_or_else(|_| asked.file.clone()).display().to_string();
    let (bytes, rows) = (done.bytes, done.manifest.inventory.rows());
    let made = BackupMade { at: done.manifest.taken_at, file, bytes, rows };
    data.note_backup_by_hand(made).await
}

fn about_the_key(source: &KeySource, done: &BackedUp) -> String {
    let prints = done.manifest.inventory.keys.join(", ");
    let place = match source {
        KeySource::File(path) => path.display().to_string(),
        KeySource::Keys(_) => "GREENTICK_SECRET_KEY".to_owned(),
    };
    if done.manifest.sealed_keys.is_some() {
        return format!(
            "The key (fingerprint {prints}) is in it under your passphrase. Without the passphrase, or {place}, no token in this file can be opened."
        );
    }
    format!("Without {place} (fingerprint {prints}) no token in this file can be opened. Keep it elsewhere.")
}
