//! What all commands do first: logging, and the database.

use super::Stop;
use greentick::domain::ids::WorkspaceId;
use greentick::server::clock::Clock;
use greentick::server::config::{Config, Given};
use greentick::server::start;
use greentick::server::store::Store;
use tracing_subscriber::EnvFilter;

/// What is logged when nothing else is asked for. Postgres notes at every start that the tables are there already.
const DEFAULT_LOG: &str = "info,sqlx=warn";

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

/// For commands beside `serve`: the database of the live settings, which has to be there and up to date.
pub(super) async fn open(given: &Given) -> Result<Store, Stop> {
    let config = Config::read(given, false)?;
    Ok(start::open_current_store(&config, Clock::system()).await?)
}

/// Brings the database up to date, after a backup of it.
pub(super) async fn upgrade(given: &Given) -> Result<Store, Stop> {
    let config = Config::read(given, false)?;
    Ok(start::open_store(&config, Clock::system()).await?)
}

/// The workspace named, or the only one.
pub(super) async fn workspace(store: &Store, asked: Option<&str>) -> Result<WorkspaceId, Stop> {
    store.find_workspace(asked).await?.ok_or_else(|| match asked {
        Some(name) => Stop::Usage(format!("there is no workspace `{name}`")),
        None => Stop::Usage("there are several workspaces: say which with --workspace".to_owned()),
    })
}
