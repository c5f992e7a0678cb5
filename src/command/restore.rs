//! `greentick restore FILE`

use super::progress::teller;
use super::{Stop, secret};
use clap::Args;
use greentick::domain::counts::grouped;
use greentick::server::clock::Clock;
use greentick::server::config::{Config, Given};
use greentick::server::operations::restore::{Destination, Restore};
use greentick::server::start::mode_of;
use greentick::server::store::FoundData;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Asked {
    /// The backup
    file: PathBuf,
    /// Puts data aside that is there already, and keeps it
    #[arg(long)]
    replace: bool,
    /// The data of `serve --sandbox`
    #[arg(long)]
    sandbox: bool,
}

pub(super) async fn run(given: &Given, asked: &Asked) -> Result<(), Stop> {
    let config = Config::read(given, asked.sandbox)?;
    let to =
        Destination { database: &config.database, key: &config.key, mode: mode_of(&config), replace: asked.replace };
    let plan = Restore::plan(&asked.file, to)?;
    let passphrase = match plan.needs_passphrase() {
        true => {
            plan.check_destination().await?;
            Some(secret::passphrase()?)
        }
        false => None,
    };
    let done = plan.carry_out(passphrase.as_ref(), Clock::system().now(), &teller()).await?;
    let taken = done.manifest.taken_at.date_time();
    let (rows, tables) = (grouped(done.manifest.inventory.rows()), done.manifest.inventory.tables.len());
    say!(
        "Restored {rows} rows of {tables} tables, as they were on {taken}, into {}.",
        FoundData::name_of(&config.database)
    );
    if let Some(kept) = done.kept {
        say!("What was there before is kept in {kept}.");
    }
    if done.brought_keys {
        say!("The key from the backup is in the key file now.");
    }
    say!(
        "Start Greentick, look whether all is well, and press Resume: nothing is sent before. Make sure that the old one is off."
    );
    say!("What was revoked or changed since then is as it was: passwords, people, API keys, tokens.");
    say!("People whose data was deleted since then are back: delete it again, at Settings › Personal data.");
    Ok(())
}
