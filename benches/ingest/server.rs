//! What is measured: the release binary on either database, and beside it the least that any receiver must do.

use crate::grown;
use crate::load::{NUMBER, SECRET};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use greentick::domain::credential::{Origin, TokenFacts, TokenKind};
use greentick::domain::ids::{PhoneNumberId, WabaId};
use greentick::server::clock::Clock;
use greentick::server::config::{DatabaseUrl, KeySource};
use greentick::server::store::{NewConnection, NewCredential, Store};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::{Connection, PgConnection, Row};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BINARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/release/greentick");
/// Set for the process that serves the bare handler: its port.
pub(crate) const BARE: &str = "GREENTICK_BENCH_BARE";
/// Set by `cargo xtask postgres`.
const POSTGRES: &str = "GREENTICK_TEST_POSTGRES";
const APP: &str = "810000000000007";

pub(crate) enum Database {
    Sqlite,
    Postgres(String),
}

impl Database {
    /// A new one on the server that this command was given.
    pub(crate) async fn postgres() -> Option<Self> {
        let server = std::env::var(POSTGRES).ok()?;
        let name = format!("ingest_{:08x}", rand::random::<u32>());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
        Some(Self::Postgres(format!("{}/{name}", server.rsplit_once('/').unwrap().0)))
    }
}

/// Stops when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
    database: Option<String>,
    _folder: Option<TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have stopped by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads the body, checks its HMAC, answers.
pub(crate) async fn bare(port: u16) {
    async fn check(headers: HeaderMap, body: Bytes) -> StatusCode {
        let claimed = headers.get("x-hub-signature-256").and_then(|value| value.as_bytes().strip_prefix(b"sha256="));
        let mut signature = [0; 32];
        let digits = claimed.unwrap_or_default().chunks_exact(2);
        for (byte, pair) in signature.iter_mut().zip(digits) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(&body);
        if mac.verify_slice(&signature).is_ok() { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
    }
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await.unwrap();
    axum::serve(listener, Router::new().route("/api/webhooks/whatsapp", post(check))).await.unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn listens(address: &str) {
    let began = Instant::now();
    while tokio::net::TcpStream::connect(address).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "the server did not start");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Server {
    pub(crate) async fn bare() -> Self {
        let port = free_port();
        let process = Command::new(std::env::current_exe().unwrap()).env(BARE, port.to_string()).spawn().unwrap();
        let address = format!("127.0.0.1:{port}");
        listens(&address).await;
        Self { process, address, database: None, _folder: None }
    }

    /// With so many events kept before it starts.
    pub(crate) async fn ours(database: Database, kept: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match database {
            Database::Sqlite => format!("sqlite://{}", folder.path().join("greentick.db").display()),
            Database::Postgres(url) => url,
        };
        connect_number(&url, folder.path()).await;
        grown::add_person(BINARY, &url, folder.path());
        grown::fill(&url, kept).await;
        let address = format!("127.0.0.1:{}", free_port());
        let process = Command::new(BINARY)
            .arg("serve")
            .current_dir(folder.path())
            .env("GREENTICK_ADDR", &address)
            .env("GREENTICK_DATA_DIR", folder.path())
            .env("DATABASE_URL", &url)
            .env("GREENTICK_LOG", "error")
            .env("WHATSAPP_APP_ID", APP)
            .env("WHATSAPP_APP_SECRET", SECRET)
            // Nobody answers there: what is measured does not ask Meta.
            .env("META_GRAPH_URL", "http://127.0.0.1:9")
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{BINARY}: {error}; run `make build` first"));
        listens(&address).await;
        Self { process, address, database: Some(url), _folder: Some(folder) }
    }

    /// Deliveries that are not understood yet.
    pub(crate) async fn queued(&self) -> i64 {
        const COUNT: &str = "select count(*) from deliveries where state = 'waiting'";
        let Some(url) = &self.database else { return 0 };
        if url.starts_with("postgres") {
            let mut connection = PgConnection::connect(url).await.unwrap();
            return sqlx::query(COUNT).fetch_one(&mut connection).await.unwrap().get(0);
        }
        let mut connection = sqlx::SqliteConnection::connect(url).await.unwrap();
        sqlx::query(COUNT).fetch_one(&mut connection).await.unwrap().get(0)
    }

    pub(crate) async fn has_understood_all(&self) {
        while self.queued().await > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The most memory it has had so far.
    pub(crate) fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    pub(crate) fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// From the system's own table, so Linux only; 0 elsewhere.
    fn memory(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1_024
    }
}

/// A number for the messages to belong to.
async fn connect_number(url: &str, folder: &Path) {
    let (url, key) = (DatabaseUrl::parse(url).unwrap(), KeySource::File(folder.join("secret.key")));
    let store = Store::open(&url, &key, Clock::system()).await.unwrap();
    store.ensure_workspace("default").await.unwrap();
    let workspace = store.find_workspace(None).await.unwrap().unwrap();
    let waba = WabaId::new("204000000000001");
    let facts = TokenFacts {
        kind: TokenKind::PermanentSystemUser,
        app_id: None,
        user_id: None,
        issued_at: None,
        expires_at: None,
        data_access_ends_at: None,
        scopes: vec![],
        granular_scopes: vec![],
    };
    let token = "EAA-for-measuring-only".into();
    let credential = NewCredential {
        workspace: &workspace,
        waba: &waba,
        business: None,
        origin: Origin::Signup,
        token: &token,
        facts: &facts,
    };
    let credential = store.put_credential(credential).await.unwrap();
    let connection = NewConnection {
        workspace: &workspace,
        credential: &credential,
        phone_number_id: &PhoneNumberId::new(NUMBER),
        waba: &waba,
        business: None,
        app_id: Some(APP),
        display_number: "+1 631-000-0001",
        verified_name: Some("Padaria Sol"),
    };
    store.put_connection(connection).await.unwrap().unwrap();
}
