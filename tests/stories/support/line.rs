//! The line to a Postgres, which a story can have go silent or away.

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

pub(crate) struct Line {
    /// As `DATABASE_URL` has it.
    pub(crate) url: String,
    open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Line {
    pub(crate) async fn to(url: &str) -> Self {
        let mut url = Url::parse(url).unwrap();
        let far = (url.host_str().unwrap().to_owned(), url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (open, gate) = watch::channel(true);
        let task = tokio::spawn(async move {
            let mut calls = JoinSet::new();
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let (far, mut gate) = (far.clone(), gate.clone());
                calls.spawn(async move {
                    let through = async {
                        let mut far = TcpStream::connect(far).await.unwrap();
                        // Either side may hang up at any time.
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    };
                    let silenced = async { drop(gate.wait_for(|open| !open).await) };
                    tokio::select! {
                        () = through => {}
                        () = silenced => std::future::pending().await,
                    }
                });
            }
        });
        Self { url: url.into(), open, task }
    }

    /// As with a cable that is cut: whoever calls is let in, and nobody ever says anything again.
    pub(crate) fn silence(&self) {
        self.open.send_replace(false);
    }

    /// The cable is mended: whoever calls from now on is heard. Calls from before stay as they are.
    pub(crate) fn mend(&self) {
        self.open.send_replace(true);
    }

    /// As with a server that was stopped: all calls end, and new ones are refused.
    pub(crate) async fn stop(&mut self) {
        self.task.abort();
        // It ends as it was told to.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}
