//! `greentick serve`

use super::{Stop, sandbox};
use greentick::server::clock::Clock;
use greentick::server::config::{Config, Entered, Given, HalfApp};
use greentick::server::listen::{HEAD_WITHIN, listen};
use greentick::server::operations::Services;
use greentick::server::operations::import_entry::{Imported, import_entry};
use greentick::server::router::router;
use greentick::server::{jobs, start};
use std::io::{ErrorKind, IsTerminal};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How often the import looks whether somebody has made the first account.
const LOOK_FOR_USERS: Duration = Duration::from_secs(2);
/// How long requests and jobs that are under way may take to end after Ctrl-C.
const LAST_WORDS: Duration = Duration::from_secs(20);

pub(super) async fn serve(given: &Given, with_sandbox: bool) -> Result<(), Stop> {
    let mut config = Config::read(given, with_sandbox)?;
    if let Some(HalfApp { given, missing }) = config.half_app {
        say!("{given} is not used: {missing} is missing. Set both, or enter the app under Settings › Meta app.");
    }
    let listener =
        TcpListener::bind(config.addr).await.map_err(|error| cannot_listen("GREENTICK_ADDR", config.addr, &error))?;
    let clock = Clock::system();
    let _in_use = start::hold_to_serve(&config).await?;
    let store = start::open_store(&config, clock.clone()).await?;
    let beside = if with_sandbox { Some(sandbox::start_beside(&mut config).await?) } else { None };
    let app = start::assemble(&config, store, clock).await?;
    if let Some(link) = start::invite(&app).await? {
        let is_read_by_somebody = std::io::stdout().is_terminal();
        say!("Make the first admin account:  {}", told_link(&link, &app.setup_file, is_read_by_somebody));
    }

    let stop = told_to_stop()?;
    if let Some(entered) = config.entered.take() {
        tokio::spawn(import(app.services.clone(), entered));
    }
    let jobs = tokio::spawn(jobs::run(app.services.clone(), stop.clone()));
    let (feed, told) = (app.services.feed.clone(), stop.clone());
    let lines = tokio::spawn(async move {
        wait_for(told).await;
        feed.close().await;
    });
    say!("Greentick is ready:  {}", app.services.settings.public_url);
    if let Some(sandbox) = &beside {
        say!("Sandbox of Meta:     {}/_sandbox", sandbox.graph_url());
    }
    let served = listen(listener, router(app), HEAD_WITHIN, stop.clone());
    let overdue = async {
        wait_for(stop).await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = served => {
            jobs.await.map_err(|error| Stop::Failed(format!("the background work stopped: {error}")))?;
            lines.await.map_err(|error| Stop::Failed(format!("the live events stopped: {error}")))?;
        }
        () = overdue => tracing::warn!("some requests did not end in time"),
    }
    if let Some(sandbox) = beside {
        sandbox.stop().await;
    }
    Ok(())
}

/// Whoever has the link is the first admin, so it goes into no journal and into no log of a container.
fn told_link(link: &str, file: &Path, is_terminal: bool) -> String {
    if is_terminal { link.to_owned() } else { format!("with the link in {}", file.display()) }
}

/// Beside serving: no start waits for Meta.
async fn import(services: Services, entered: Entered) {
    let workspace = match services.store.first_workspace().await {
        Ok(Some(workspace)) => workspace,
        Ok(None) => return,
        Err(error) => return tracing::error!(%error, "the number of the environment could not be imported"),
    };
    // What has to be asked on the way is asked of an admin.
    while !services.store.has_users().await.unwrap_or(true) {
        tokio::time::sleep(LOOK_FOR_USERS).await;
    }
    match import_entry(&services, &workspace, &entered).await {
        Ok(Imported::Unchanged) => {}
        Ok(Imported::Added(number)) => say!("Imported {number} from WHATSAPP_ACCESS_TOKEN."),
        Ok(Imported::Replaced(number)) => say!("{number} uses the changed WHATSAPP_ACCESS_TOKEN now."),
        Ok(Imported::NotOurs(id)) => say!(
            "WHATSAPP_ACCESS_TOKEN is not used: somebody has decided about connection {id} since. Change its token on its page."
        ),
        Ok(Imported::Refused(why)) => say!("WHATSAPP_ACCESS_TOKEN is not used: {why}"),
        Err(failure) => tracing::error!(?failure, "the number of the environment could not be imported"),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setup_link_is_shown_to_a_terminal_alone() {
        let told = |is_terminal| told_link("https://a.org/setup?token=t", Path::new("data/setup-link"), is_terminal);
        assert_eq!(told(true), "https://a.org/setup?token=t");
        assert_eq!(told(false), "with the link in data/setup-link");
    }
}
