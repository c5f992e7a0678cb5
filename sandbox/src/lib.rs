//! A sandbox of Meta: the login dialog and the Graph API, with a world that remembers, faults to order, and a clock of its own.
//!
//! It knows nothing of the software that is tried on it. That software meets it by its URLs alone, as it would meet Meta.

mod calls;
mod clock;
mod control;
mod dialog;
mod faults;
pub mod fixtures;
mod graph;
mod handle;
mod html;
mod proof;
mod random;
mod scenario;
mod server;
mod switches;
mod urls;
mod webhooks;
mod world;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use calls::{Call, Proof};
pub use faults::{Fault, FaultDraft, FaultKind};
pub use handle::{Granted, NewGrant, NewToken, NumberChange, Sandbox};
pub use proof::appsecret_proof;
pub use scenario::Scenario;
pub use switches::{GranularScopes, SwitchChange, Switches, TokenLife};
pub use webhooks::{FIELDS, NewWebhook, Posted, Signing};

/// How to start the sandbox.
#[derive(Debug, Clone)]
pub struct Options {
    /// Loopback only: the sandbox has no passwords. Port 0 takes a free one.
    pub addr: SocketAddr,
    /// The app's "Valid OAuth Redirect URIs"; compared exactly.
    pub redirect_uris: Vec<String>,
    /// The app's domains; a redirect to another host is refused with 191.
    pub domains: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let redirect_uris = ["http://127.0.0.1:3000", "http://localhost:3000"];
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 4000)),
            redirect_uris: redirect_uris.map(|origin| format!("{origin}/connect/facebook/callback")).to_vec(),
            domains: ["127.0.0.1", "localhost"].map(str::to_owned).to_vec(),
        }
    }
}

/// A running sandbox; dropping it stops it.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    sandbox: Sandbox,
    stop: watch::Sender<()>,
    tasks: Vec<JoinHandle<std::io::Result<()>>>,
}

/// Starts the sandbox.
///
/// # Errors
/// When the address is not loopback or is taken.
pub async fn start(options: Options) -> std::io::Result<Running> {
    if !options.addr.ip().is_loopback() {
        let message = format!("the sandbox serves this machine only: `{}` is not a loopback address", options.addr);
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, message));
    }
    let listener = TcpListener::bind(options.addr).await?;
    let addr = listener.local_addr()?;
    let mut listeners = vec![listener];
    // `localhost` may mean the other family; without it the dialog works wherever it means this one.
    if addr.is_ipv4()
        && let Ok(other) = TcpListener::bind((IpAddr::V6(Ipv6Addr::LOCALHOST), addr.port())).await
    {
        listeners.push(other);
    }
    let sandbox = Sandbox::new(options, addr)?;
    let (stop, stopped) = watch::channel(());
    let (posting, mut until) = (sandbox.clone().post_webhooks(), stopped.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = posting => {}
            _ = until.changed() => {}
        }
    });
    let tasks = listeners
        .into_iter()
        .map(|listener| {
            let app = server::router(sandbox.clone());
            let mut stopped = stopped.clone();
            // Ends when told to, and when the teller is gone.
            let stop = async move { drop(stopped.changed().await) };
            tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(stop).await })
        })
        .collect();
    Ok(Running { addr, sandbox, stop, tasks })
}

impl Running {
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:4000`: where the Graph API answers.
    #[must_use]
    pub fn graph_url(&self) -> String {
        self.sandbox.graph_url().to_owned()
    }

    /// `http://localhost:4000`: the dialog, on another site than an app at 127.0.0.1, as Meta's is.
    #[must_use]
    pub fn dialog_url(&self) -> String {
        format!("http://localhost:{}", self.addr.port())
    }

    /// The controls, for tests in the same process.
    #[must_use]
    pub fn control(&self) -> Sandbox {
        self.sandbox.clone()
    }

    /// Stops listening; calls that are being answered are cut off after a second.
    pub async fn stop(mut self) {
        let _ = self.stop.send(());
        for task in &mut self.tasks {
            if tokio::time::timeout(std::time::Duration::from_secs(1), &mut *task).await.is_err() {
                task.abort();
            }
        }
    }
}
