//! A customer's endpoint: really listens, keeps what it hears, and answers as the story wishes.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Answering = Box<dyn Fn(&Heard) -> Response + Send>;

pub(crate) struct Receiver {
    /// `http://127.0.0.1:PORT`
    pub(crate) base: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    answering: Arc<Mutex<Answering>>,
    open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Answers 200 to everything.
    pub(crate) async fn start() -> Self {
        Self::at("127.0.0.1:0").await
    }

    pub(crate) async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (heard, (open, gate)) = (Arc::<Mutex<Vec<Heard>>>::default(), watch::channel(true));
        let answering: Arc<Mutex<Answering>> = Arc::new(Mutex::new(Box::new(|_| "ok".into_response())));
        let (kept, answers) = (heard.clone(), answering.clone());
        let router = Router::new().fallback(async move |request: Request| {
            let (parts, body) = request.into_parts();
            let one = Heard {
                method: parts.method,
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                headers: parts.headers,
                body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
            };
            kept.lock().unwrap().push(one.clone());
            // A closed channel means the same.
            let _ = gate.clone().wait_for(|open| *open).await;
            answers.lock().unwrap()(&one)
        });
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, heard, answering, open, task }
    }

    /// From now on.
    pub(crate) fn answer(&self, answer: impl Fn(&Heard) -> Response + Send + 'static) {
        *self.answering.lock().unwrap() = Box::new(answer);
    }

    pub(crate) fn answer_status(&self, status: u16) {
        self.answer(move |_| axum::http::StatusCode::from_u16(status).unwrap().into_response());
    }

    /// Answers nobody until it is opened again.
    pub(crate) fn hold(&self, hold: bool) {
        self.open.send_replace(!hold);
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) async fn until(&self, count: usize) -> Vec<Heard> {
        super::soon(async || Some(self.heard()).filter(|heard| heard.len() >= count)).await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}
