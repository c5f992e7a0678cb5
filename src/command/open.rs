//! What all commands do first: logging, the data folder, the database.

use super::Stop;
use greentick::server::clock::Clock;
use greentick::server::config::{Config, DatabaseUrl, Given};
use greentick::server::store::{Mode, Store};
use std::io::ErrorKind;
use std::path::Path;
use tracing_subscriber::EnvFilter;

/// What is logged when nothing else is asked for.
const DEFAULT_LOG: &str = "info";

/// `GREENTICK_LOG`: `tracing` filters, with `json` among them for JSON.
pub(super) fn start_logging(given: Option<&str>) -> Result<(), Stop> {
    let words: Vec<&str> =
        given.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    let filters: Vec<&str> = words.iter().copied().filter(|word| !matches!(*word, "json" | "text")).collect();
    let filter = if filters.is_empty() { DEFAULT_LOG.to_owned() } else { filters.join(",") };
    let filter = EnvFilter::try_new(&filter).map_err(|error| Stop::Usage(format!("GREENTICK_LOG: {error}")))?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if words.contains(&"json") {
        logs.json().init();
    } else {
        logs.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
    }
    Ok(())
}

/// Makes the data folder and sees whether it can be written to.
pub(super) fn prepare_folder(folder: &Path) -> Result<(), Stop> {
    let told = |error: std::io::Error| {
        let why = match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "it cannot be written to".to_owned(),
            _ => error.to_string(),
        };
        let folder = folder.display();
        Stop::Failed(format!("GREENTICK_DATA_DIR: {folder}: {why}. Give Greentick a folder of its own."))
    };
    std::fs::create_dir_all(folder).map_err(told)?;
    let probe = folder.join(".write-test");
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).map_err(told)
}

/// Opens the database of these settings.
pub(super) async fn open_store(config: &Config, clock: Clock) -> Result<Store, Stop> {
    prepare_folder(&config.data_dir)?;
    let store = Store::open(&config.database, &config.key, clock).await.map_err(|error| match &config.database {
        DatabaseUrl::Sqlite(path) => Stop::Failed(format!("{}: {error}", path.display())),
        // The address holds a password.
        DatabaseUrl::Postgres(_) => Stop::Failed(format!("DATABASE_URL: {error}")),
    })?;
    let mode = if config.sandbox { Mode::Sandbox } else { Mode::Live };
    let stamped = store.stamp_mode(mode).await?;
    if stamped != mode {
        return Err(Stop::Failed(format!(
            "this database belongs to a {} installation and this start is a {} one. Use another DATABASE_URL or data folder.",
            stamped.as_str(),
            mode.as_str()
        )));
    }
    store.ensure_workspace("default").await?;
    Ok(store)
}

/// For commands beside `serve`: the database of the live settings, or the sandbox's when that is what it holds.
pub(super) async fn open(given: &Given) -> Result<Store, Stop> {
    let config = Config::read(given, false)?;
    open_store(&config, Clock::system()).await
}
