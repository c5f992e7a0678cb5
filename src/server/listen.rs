//! Takes connections and has the router answer on them.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower_service::Service;

/// The whole head of a request has to come within this, also of the next one on the same connection. Longer than a proxy
/// keeps a connection that nobody uses, so that the two never miss each other: nginx a minute, Caddy two, balancers of
/// clouds up to ten.
pub const HEAD_WITHIN: Duration = Duration::from_secs(11 * 60);

/// Until `stop` turns true; then what is under way is answered, and nothing else is taken.
pub async fn listen(mut listener: TcpListener, router: Router, head_within: Duration, mut stop: watch::Receiver<bool>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_within);
    let (open, _) = watch::channel(());
    loop {
        let (stream, peer) = tokio::select! {
            // Where the machine has no room for another connection, it waits.
            taken = Listener::accept(&mut listener) => taken,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let (open, stop) = (open.subscribe(), stop.clone());
        let line = answer(http.clone(), stream, peer, router.clone(), stop);
        tokio::spawn(async move {
            line.await;
            drop(open);
        });
    }
    drop(listener);
    open.closed().await;
}

async fn answer(
    http: http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let mut line = pin!(http.serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        ended = line.as_mut() => ended,
        () = async { drop(stop.wait_for(|stop| *stop).await) } => {
            line.as_mut().graceful_shutdown();
            line.await
        }
    };
    if let Err(error) = ended {
        // Whoever was at the other end hung up, fell silent, or does not speak HTTP.
        tracing::debug!(%error, "a connection broke off");
    }
}
