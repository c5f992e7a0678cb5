//! `greentick key`: the key that seals all secrets.

use super::{Stop, open};
use clap::Subcommand;
use greentick::server::config::Given;
use greentick::server::store::{SEALED, Store};

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Puts a new key in front and seals everything with it, while Greentick goes on serving
    Rotate,
}

pub(super) async fn run(given: &Given, what: &KeyCommand) -> Result<(), Stop> {
    let KeyCommand::Rotate = what;
    let store = open::open(given).await?;
    if store.count_sealed_with_old_keys().await? > 0 {
        say!("Some secrets are still sealed with an old key: finishing with the present first key.");
    } else {
        store.add_key()?;
        say!("A new key is in front.");
    }
    let count = reseal(&store).await?;
    say!("{count} secrets are sealed with it now. Keep the old keys while you keep backups from before.");
    Ok(())
}

/// Until nothing is left: a running server may seal something with the old key just before it meets the new one.
async fn reseal(store: &Store) -> Result<usize, Stop> {
    let mut count = 0;
    while store.count_sealed_with_old_keys().await? > 0 {
        for column in SEALED {
            let mut done = 0;
            loop {
                match store.reseal_some(column).await? {
                    0 => break,
                    some => done += some,
                }
            }
            if done > 0 {
                say!("  {}.{}: {done}", column.table, column.column);
            }
            count += done;
        }
    }
    Ok(count)
}
