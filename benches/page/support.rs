//! A running installation to measure: the release binary on a database with as many connections as wanted.

use greentick::domain::credential::{Origin, TokenFacts, TokenKind};
use greentick::domain::health::{HealthStatus, NumberReading, RoutingReading, Snapshot, WabaReading};
use greentick::domain::ids::{PhoneNumberId, WabaId};
use greentick::domain::instant::HOUR;
use greentick::server::clock::Clock;
use greentick::server::config::{DatabaseUrl, KeySource};
use greentick::server::store::{KeptReading, NewConnection, NewCredential, Store};
use reqwest::header::{ACCEPT_ENCODING, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, redirect};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) const BINARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/release/greentick");

/// Stops when dropped.
pub(crate) struct Installation {
    server: Child,
    base: String,
    cookie: String,
    client: Client,
    pub(crate) start_time: Duration,
    _folder: TempDir,
}

impl Drop for Installation {
    fn drop(&mut self) {
        // It may have stopped by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Installation {
    pub(crate) async fn with_connections(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let client =
            Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(Duration::from_secs(30)).build();
        let client = client.unwrap();
        // The first start makes the schema and the accounts.
        let (mut first, _, _) = start(folder.path(), &client).await;
        first.kill().unwrap();
        first.wait().unwrap();
        fill(folder.path(), count).await;
        let (server, base, start_time) = start(folder.path(), &client).await;
        let cookie = enter(&client, &base).await;
        Self { server, base, cookie, client, start_time, _folder: folder }
    }

    /// The page, uncompressed.
    pub(crate) async fn read(&self, path: &str) -> Vec<u8> {
        let request = self.client.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        answer.bytes().await.unwrap().to_vec()
    }

    /// Bytes of the body as a browser would get it.
    pub(crate) async fn transferred(&self, path: &str) -> u64 {
        let request = self.client.get(format!("{}{path}", self.base)).header(COOKIE, &self.cookie);
        let answer = request.header(ACCEPT_ENCODING, "br, gzip").send().await.unwrap().error_for_status().unwrap();
        answer.bytes().await.unwrap().len() as u64
    }

    /// From the system's own table, so Linux only; 0 elsewhere.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1_024
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn start(folder: &Path, client: &Client) -> (Child, String, Duration) {
    let (port, sandbox) = (free_port(), free_port());
    let base = format!("http://127.0.0.1:{port}");
    let began = Instant::now();
    let server = Command::new(BINARY)
        .args(["serve", "--sandbox"])
        .env("GREENTICK_ADDR", format!("127.0.0.1:{port}"))
        .env("GREENTICK_SANDBOX_ADDR", format!("127.0.0.1:{sandbox}"))
        .env("GREENTICK_DATA_DIR", folder)
        .env("GREENTICK_LOG", "error")
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{BINARY}: {error}; run `make build` first"));
    while client.get(format!("{base}/readyz")).send().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "the server did not start");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    (server, base, began.elapsed())
}

async fn enter(client: &Client, base: &str) -> String {
    let page = client.get(format!("{base}/login")).send().await.unwrap().text().await.unwrap();
    let user = page.split("name=\"user\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let form = [("user", user), ("next", "")];
    let answer = client.post(format!("{base}/login/demo")).header(ORIGIN, base).form(&form).send().await.unwrap();
    assert!(answer.headers().contains_key(LOCATION), "the login was refused");
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn fill(folder: &Path, count: usize) {
    let folder = folder.join("sandbox");
    let url = DatabaseUrl::Sqlite(folder.join("greentick.db"));
    let key = KeySource::File(folder.join("secret.key"));
    let clock = Clock::system();
    let store = Store::open(&url, &key, clock.clone()).await.unwrap();
    let workspace = store.find_workspace(None).await.unwrap().unwrap();
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
    for number in 0..count {
        // Twenty numbers to an account, the most that Meta allows a verified business.
        let waba = WabaId::new(format!("2040{:011}", number / 20));
        let credential = NewCredential {
            workspace: &workspace,
            waba: &waba,
            business: None,
            origin: Origin::Signup,
            token: &token,
            facts: &facts,
        };
        let credential = store.put_credential(credential).await.unwrap();
        let display = format!("+1 631-{:03}-{:04}", number / 10_000, number % 10_000);
        let connection = NewConnection {
            workspace: &workspace,
            credential: &credential,
            phone_number_id: &PhoneNumberId::new(format!("3060{number:011}")),
            waba: &waba,
            business: None,
            app_id: None,
            display_number: &display,
            verified_name: Some("Padaria Sol"),
        };
        let id = store.put_connection(connection).await.unwrap().unwrap();
        store.update_registration(&id, None).await.unwrap();
        let snapshot = snapshot(&clock, &display);
        let due_at = clock.now().plus(24 * HOUR);
        let kept = KeptReading { snapshot: Some(&snapshot), failure: None, troubles: &BTreeMap::new(), due_at };
        store.put_snapshot(&id, kept).await.unwrap();
    }
}

fn snapshot(clock: &Clock, display: &str) -> Snapshot {
    let number = NumberReading {
        display_phone_number: display.to_owned(),
        verified_name: Some("Padaria Sol".to_owned()),
        status: Some("CONNECTED".to_owned()),
        quality_rating: Some("GREEN".to_owned()),
        health: Some(HealthStatus::default()),
        ..NumberReading::default()
    };
    let routing = RoutingReading { subscribed: true, ..RoutingReading::default() };
    Snapshot { taken_at: clock.now(), number: Some(number), waba: Some(WabaReading::default()), routing: Some(routing) }
}

/// The address in the page that ends so.
pub(crate) fn asset(page: &str, ending: &str) -> String {
    let end = page.find(ending).unwrap() + ending.len() - 1;
    let begin = page[..end].rfind('"').unwrap() + 1;
    page[begin..end].to_owned()
}

pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

pub(crate) fn shown_bytes(bytes: u64) -> String {
    if bytes >= 1_000_000 {
        format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
    } else {
        format!("{}.{} KB", bytes / 1_000, bytes % 1_000 / 100)
    }
}
