//! Puts an installation together from its settings: the database first, then everything that handlers may use.

use super::api::contract;
use super::archive::remove_abandoned;
use super::clock::Clock;
use super::config::{Config, DatabaseUrl};
use super::limits::KeyLimits;
use super::meta::Graph;
use super::metrics::Requests;
use super::operations::Services;
use super::operations::back_up::{ENDING, back_up, keep_newest, logged};
use super::operations::back_up_regularly::remove_unfinished_backups;
use super::operations::live_events::Feed;
use super::operations::meta_app::MetaApp;
use super::operations::move_data::gone;
use super::operations::route_messages::AppCallbacks;
use super::session::{Passwords, SetupLink, session_cookie};
use super::state::{AppState, Shared};
use super::store::{FoundData, Hold, InUse, Intake, Mode, NewUser, Schema, Store, StoreError, remove_unfinished};
use super::{site, vault};
use crate::domain::instant::Instant;
use crate::domain::user::Role;
use leptos::config::{Env, LeptosOptions};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use url::Url;

const SETUP_FILE: &str = "setup-link";
/// The folder, and how the names of backups begin that an upgrade makes, and how many of them stay.
const BACKUPS: &str = "backups";
const BEFORE: &str = "before-";
const KEPT_BEFORE: usize = 3;

/// Why the start stopped, in one line for whoever reads the terminal.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotStarted(pub String);

impl From<StoreError> for NotStarted {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

/// Makes the data folder and sees whether it can be written to.
fn prepare_folder(folder: &Path) -> Result<(), NotStarted> {
    let told = |error: std::io::Error| {
        let why = match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "it cannot be written to".to_owned(),
            _ => error.to_string(),
        };
        let folder = folder.display();
        NotStarted(format!("GREENTICK_DATA_DIR: {folder}: {why}. Give Greentick a folder of its own."))
    };
    vault::create_private_folder(folder).map_err(told)?;
    let probe = folder.join(".write-test");
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).map_err(told)
}

/// Holds the data for a server, as long as what comes back lives. On SQLite for one alone: whoever starts takes over the work
/// of whoever was there before, and takes that one for dead.
pub async fn hold_to_serve(config: &Config) -> Result<InUse, NotStarted> {
    prepare_folder(&config.data_dir)?;
    let hold = match config.database {
        DatabaseUrl::Sqlite(_) => Hold::Alone,
        DatabaseUrl::Postgres(_) => Hold::Shared,
    };
    let held = InUse::claim(&config.database, hold).await.map_err(|error| not_opened(config, &error))?;
    if held.is_some() {
        tidy(config);
    }
    held.ok_or_else(|| {
        let others = if hold == Hold::Alone { "another Greentick serves from this data, or it" } else { "the data" };
        NotStarted(format!("{others} is being restored or moved just now. Start again when that has ended."))
    })
}

/// Takes away what was left by backups, restores and moves that were killed: it may be all that fills the disk.
fn tidy(config: &Config) {
    let tidied = |what: &str, error: &dyn std::fmt::Display| tracing::warn!(%error, "{what} could not be removed");
    if let DatabaseUrl::Sqlite(path) = &config.database {
        remove_unfinished(path).unwrap_or_else(|error| tidied("an unfinished database", &error));
    }
    let folder = config.data_dir.join(BACKUPS);
    if folder.is_dir() {
        remove_abandoned(&folder, BEFORE).unwrap_or_else(|error| tidied("an unfinished backup", &error));
    }
    if let Some(settings) = &config.backups {
        // Where it may not even look, the trial of the folder names it and says what to do.
        if let Err(error) = remove_unfinished_backups(settings, &config.meta.public_url)
            && error.kind() != ErrorKind::PermissionDenied
        {
            tidied("an unfinished backup", &error);
        }
    }
}

/// Opens the database of these settings and brings it up to date, after a backup of what was there.
pub async fn open_store(config: &Config, clock: Clock) -> Result<Store, NotStarted> {
    let data = find_data(config).await?;
    if let Schema::Behind(from) = data.schema().await? {
        back_up_before_upgrade(config, &data, from, clock.now()).await?;
    }
    data.migrate().await.map_err(|error| not_opened(config, &error))?;
    finish(config, data, clock).await
}

/// For commands beside a server: they begin no data, which would be in the wrong place, and bring none up to date under
/// somebody's hands.
pub async fn open_current_store(config: &Config, clock: Clock) -> Result<Store, NotStarted> {
    there_is_data(config)?;
    let data = find_data(config).await?;
    match data.schema().await? {
        Schema::New => Err(no_data(config)),
        Schema::Behind(_) => Err(NotStarted(
            "the data comes from an earlier version of Greentick. Start `greentick serve`, or run `greentick migrate`: it is backed up first."
                .to_owned(),
        )),
        Schema::Current | Schema::Ahead(_) => finish(config, data, clock).await,
    }
}

/// Looking must not make an empty database.
pub fn there_is_data(config: &Config) -> Result<(), NotStarted> {
    match &config.database {
        DatabaseUrl::Sqlite(path) if !path.exists() => Err(no_data(config)),
        _ => Ok(()),
    }
}

pub fn no_data(config: &Config) -> NotStarted {
    NotStarted(format!(
        "there is no data in {} yet. Say where it is (GREENTICK_DATA_DIR, DATABASE_URL), or begin here: `greentick serve` or \
         `greentick migrate`.",
        FoundData::name_of(&config.database)
    ))
}

/// The database as it is, unless it is for others: of a newer Greentick, or moved away.
pub async fn find_data(config: &Config) -> Result<FoundData, NotStarted> {
    prepare_folder(&config.data_dir)?;
    let data = FoundData::open(&config.database).await.map_err(|error| not_opened(config, &error))?;
    if let Schema::Ahead(used_by) = data.schema().await? {
        return Err(StoreError::newer(used_by.as_deref()).into());
    }
    match data.find_moved().await? {
        Some(moved) => Err(gone(&moved).into()),
        None => {
            data.forget_move().await?;
            Ok(data)
        }
    }
}

/// What the database is to be stamped as.
pub fn mode_of(config: &Config) -> Mode {
    if config.sandbox { Mode::Sandbox } else { Mode::Live }
}

fn not_opened(config: &Config, error: &StoreError) -> NotStarted {
    match &config.database {
        DatabaseUrl::Sqlite(path) => NotStarted(format!("{}: {error}", path.display())),
        // The address holds a password.
        DatabaseUrl::Postgres(_) => NotStarted(format!("DATABASE_URL: {error}")),
    }
}

async fn finish(config: &Config, data: FoundData, clock: Clock) -> Result<Store, NotStarted> {
    let store = data.into_store(&config.key, clock).await.map_err(|error| not_opened(config, &error))?;
    let mode = mode_of(config);
    let stamped = store.stamp_mode(mode).await?;
    if stamped != mode {
        return Err(NotStarted(format!(
            "this database belongs to a {} installation and this start is a {} one. Use another DATABASE_URL or data folder.",
            stamped.as_str(),
            mode.as_str()
        )));
    }
    store.ensure_workspace("default").await?;
    Ok(store)
}

/// `backups/before-VERSION…` in the data folder: the way back, should the new version be worse.
async fn back_up_before_upgrade(config: &Config, data: &FoundData, from: i64, now: Instant) -> Result<(), NotStarted> {
    // An upgrade that was cut short goes on: its backup holds what was there before all of it.
    if data.find_begun_upgrade().await?.is_some_and(|backup| Path::new(&backup).exists()) {
        return Ok(());
    }
    let (folder, version) = (config.data_dir.join(BACKUPS), env!("CARGO_PKG_VERSION"));
    let file = folder.join(format!("{BEFORE}{version}-from-schema-{from}{ENDING}"));
    let told = |error: &dyn std::fmt::Display| {
        NotStarted(format!("the backup before the upgrade was not made, so nothing was changed: {error}"))
    };
    vault::create_private_folder(&folder).map_err(|error| told(&format!("{}: {error}", folder.display())))?;
    tracing::info!(file = %file.display(), "the data comes from an earlier version; it is backed up before it is changed");
    let done = back_up(data, &file, now, None, &logged()).await.map_err(|error| told(&error))?;
    tracing::info!(file = %file.display(), bytes = done.bytes, rows = done.manifest.inventory.rows(), "backed up");
    keep_newest(&folder, BEFORE, KEPT_BEFORE).map_err(|error| told(&error))?;
    Ok(data.begin_upgrade(&file.display().to_string()).await?)
}

/// What operations work with; from here on deliveries can be kept. `clock` is the one that the store was opened with.
pub async fn services(config: &Config, store: Store, clock: Clock) -> Result<Services, NotStarted> {
    let graph = Graph::new(&config.graph_url, &config.meta.api_version).map_err(NotStarted)?;
    let (settings, intake) = (Arc::new(config.meta.clone()), Intake::open(&store));
    let (meta_app, app_callbacks) = (MetaApp::default(), AppCallbacks::default());
    let services = Services {
        store,
        graph,
        clock,
        meta_app,
        app_callbacks,
        settings,
        keeping: config.keeping,
        intake,
        pulse: Arc::default(),
        feed: Feed::default(),
        backups: config.backups.clone().map(Arc::new),
        forward_networks: config.forward_networks.clone().into(),
    };
    services.read_meta_app().await?;
    Ok(services)
}

/// What the router serves. `clock` is the one that the store was opened with.
pub async fn assemble(config: &Config, store: Store, clock: Clock) -> Result<AppState, NotStarted> {
    let meta = &config.meta;
    let dialog = Url::parse(&meta.dialog_url).map_err(|error| NotStarted(format!("META_DIALOG_URL: {error}")))?;
    let passwords = Passwords::new().await.map_err(|error| NotStarted(error.to_string()))?;
    let leptos = LeptosOptions::builder()
        .output_name(site::output_name())
        .site_pkg_dir("pkg")
        .site_root("target/site")
        .env(Env::PROD)
        .build();
    let host = config.public_url.host_str().unwrap_or_default();
    let public_host = config.public_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let secure = config.public_url.scheme() == "https";
    let requests = Requests::since(clock.now());
    let services = services(config, store, clock).await?;
    let app = Shared {
        contract: Arc::new(contract(&meta.public_url, session_cookie(secure))),
        services,
        leptos,
        passwords,
        limits: KeyLimits::default(),
        requests,
        metrics_token: config.metrics_token.clone(),
        setup: SetupLink::new(),
        setup_file: config.data_dir.join(SETUP_FILE),
        demo: config.sandbox && config.is_loopback_only(),
        sandbox: config.sandbox,
        trusted_proxies: config.trusted_proxies.clone().into(),
        origin: config.public_url.origin().ascii_serialization().into(),
        public_host: public_host.into(),
        dialog_origin: dialog.origin().ascii_serialization().into(),
        secure,
    };
    Ok(app.into())
}

/// Without users: the sandbox gets its accounts, everything else a link for the first admin, which is handed back.
pub async fn invite(app: &AppState) -> Result<Option<String>, NotStarted> {
    app.forget_setup_link().await;
    if app.services.store.has_users().await? {
        return Ok(None);
    }
    if app.demo {
        add_demo_users(&app.services.store).await?;
        return Ok(None);
    }
    let url = app.setup.url(&app.services.settings.public_url);
    vault::write_private(&app.setup_file, &format!("{url}\n"))
        .map_err(|error| NotStarted(format!("{} cannot be written: {error}", app.setup_file.display())))?;
    Ok(Some(url))
}

async fn add_demo_users(store: &Store) -> Result<(), StoreError> {
    let Some(workspace) = store.find_workspace(None).await? else { return Ok(()) };
    let accounts = [
        ("Ana Souza", "ana@sandbox.invalid", Role::Admin),
        ("Rui Costa", "rui@sandbox.invalid", Role::Support),
        ("Vera Lima", "vera@sandbox.invalid", Role::Viewer),
    ];
    for (name, email, role) in accounts {
        store.add_user(NewUser { workspace: &workspace, email, name, role, password_hash: None }).await?;
    }
    Ok(())
}
