//! `greentick serve`

use super::{Stop, open, sandbox};
use greentick::server::clock::Clock;
use greentick::server::config::{Config, Given};
use greentick::server::meta::Graph;
use greentick::server::operations::Services;
use greentick::server::router::router;
use greentick::server::session::{Passwords, SetupLink};
use greentick::server::state::AppState;
use greentick::server::store::{NewUser, Store};
use greentick::server::{jobs, site, vault};
use leptos::config::{Env, LeptosOptions};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

/// How long requests and jobs that are under way may take to end after Ctrl-C.
const LAST_WORDS: Duration = Duration::from_secs(20);
const SETUP_FILE: &str = "setup-link";

pub(super) async fn serve(given: &Given, with_sandbox: bool) -> Result<(), Stop> {
    let mut config = Config::read(given, with_sandbox)?;
    let listener =
        TcpListener::bind(config.addr).await.map_err(|error| cannot_listen("GREENTICK_ADDR", config.addr, &error))?;
    let store = open::open_store(&config, Clock::system()).await?;
    let beside = if with_sandbox { Some(sandbox::start_beside(&mut config).await?) } else { None };
    let app = build(&config, store).await?;
    invite(&config, &app).await?;

    let stop = told_to_stop()?;
    let jobs = tokio::spawn(jobs::run(app.services.clone(), stop.clone()));
    println!("Greentick is ready:  {}", app.services.settings.public_url);
    if let Some(sandbox) = &beside {
        println!("Sandbox of Meta:     {}/_sandbox", sandbox.graph_url());
    }
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(wait_for(stop.clone()));
    let overdue = async {
        wait_for(stop).await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        ended = async { served.await.map(|()| jobs) } => {
            let jobs = ended.map_err(|error| Stop::Failed(format!("the server stopped: {error}")))?;
            jobs.await.map_err(|error| Stop::Failed(format!("the background work stopped: {error}")))?;
        }
        () = overdue => tracing::warn!("some requests did not end in time"),
    }
    if let Some(sandbox) = beside {
        sandbox.stop().await;
    }
    Ok(())
}

async fn build(config: &Config, store: Store) -> Result<AppState, Stop> {
    let meta = &config.meta;
    let graph = Graph::new(&config.graph_url, &meta.api_version).map_err(Stop::Failed)?;
    let dialog = Url::parse(&meta.dialog_url).map_err(|error| Stop::Failed(format!("META_DIALOG_URL: {error}")))?;
    let passwords = Passwords::new().await.map_err(|error| Stop::Failed(error.to_string()))?;
    let leptos = LeptosOptions::builder()
        .output_name(site::output_name())
        .site_pkg_dir("pkg")
        .site_root("target/site")
        .env(Env::PROD)
        .build();
    let host = config.public_url.host_str().unwrap_or_default();
    let public_host = config.public_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    Ok(AppState {
        services: Services { store, graph, clock: Clock::system(), settings: Arc::new(meta.clone()) },
        leptos,
        passwords,
        setup: SetupLink::new(),
        setup_file: config.data_dir.join(SETUP_FILE),
        demo: config.sandbox && config.is_loopback_only(),
        sandbox: config.sandbox,
        trusted_proxies: config.trusted_proxies.clone().into(),
        origin: config.public_url.origin().ascii_serialization().into(),
        public_host: public_host.into(),
        dialog_origin: dialog.origin().ascii_serialization().into(),
        secure: config.public_url.scheme() == "https",
    })
}

/// Without users: the sandbox gets its accounts, everything else a link for the first admin.
async fn invite(config: &Config, app: &AppState) -> Result<(), Stop> {
    app.forget_setup_link().await;
    if app.services.store.has_users().await? {
        return Ok(());
    }
    if app.demo {
        return add_demo_users(&app.services.store).await;
    }
    let url = app.setup.url(&app.services.settings.public_url);
    vault::write_private(&app.setup_file, &format!("{url}\n")).map_err(|error| {
        Stop::Failed(format!("{} cannot be written: {error}", config.data_dir.join(SETUP_FILE).display()))
    })?;
    println!("Make the first admin account:  {url}");
    Ok(())
}

async fn add_demo_users(store: &Store) -> Result<(), Stop> {
    use greentick::domain::user::Role;
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

pub(super) fn cannot_listen(setting: &str, addr: SocketAddr, error: &std::io::Error) -> Stop {
    Stop::Failed(match error.kind() {
        ErrorKind::AddrInUse => {
            format!("{addr} is in use by another program. Stop that program, or set {setting} to another address.")
        }
        _ => format!("{setting}: cannot listen on {addr}: {error}"),
    })
}

/// Turns true at Ctrl-C and at SIGTERM.
pub(super) fn told_to_stop() -> Result<watch::Receiver<bool>, Stop> {
    let (told, stop) = watch::channel(false);
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| Stop::Failed(format!("signals cannot be heard: {error}")))?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        // Nobody listens any more when the server has already stopped.
        let _ = told.send(true);
    });
    Ok(stop)
}

/// Until it is time to stop.
pub(super) async fn wait_for(mut stop: watch::Receiver<bool>) {
    // A closed channel means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}
