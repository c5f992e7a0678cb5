//! A whole installation in this process: sandbox, database, app, background work.

use super::browser::Browser;
use super::database::{Database, Kind};
use greentick::domain::connection::{Badge, Connection, Outcome};
use greentick::domain::ids::{ConnectionId, WorkspaceId};
use greentick::domain::user::{Role, User};
use greentick::server::clock::Clock;
use greentick::server::config::{Config, Given};
use greentick::server::listen::{HEAD_WITHIN, listen};
use greentick::server::operations::Services;
use greentick::server::state::AppState;
use greentick::server::store::{NewUser, Store, StoredConnection};
use greentick::server::{jobs, router, start};
use sandbox::{Options, Running, Sandbox, fixtures};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinHandle;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A story that has to wait longer than this has gone wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a story wants other than the usual live installation on this machine.
#[derive(Default)]
pub(crate) struct Wishes {
    /// As `serve --sandbox` has it.
    pub(crate) sandbox: bool,
    pub(crate) public_url: Option<String>,
    /// Changes of the settings, after the usual ones.
    pub(crate) settings: Option<fn(&mut Given)>,
    /// Nobody works in the background until [`World::work`] is called.
    pub(crate) idle: bool,
}

pub(crate) struct World {
    pub(crate) meta: Sandbox,
    pub(crate) app: AppState,
    pub(crate) clock: Clock,
    pub(crate) base: String,
    pub(crate) origin: String,
    /// The link for the first admin, when there was one.
    pub(crate) invitation: Option<String>,
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
    given: Given,
    as_sandbox: bool,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    at_work: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    _running: Running,
    // Last: its files and connections go when all others have.
    pub(crate) database: Database,
}

impl World {
    pub(crate) async fn start(kind: Kind) -> Self {
        Self::with(kind, Wishes::default()).await
    }

    pub(crate) async fn with(kind: Kind, wishes: Wishes) -> Self {
        super::logs::listen();
        provide_tls();
        let database = Database::fresh(kind).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let options = Options { addr: ([127, 0, 0, 1], 0).into(), ..Options::default() };
        let running = sandbox::start(options).await.unwrap();
        let mut given = Given {
            addr: Some(listener.local_addr().unwrap().to_string()),
            public_url: wishes.public_url.clone(),
            data_dir: Some(database.folder().display().to_string()),
            database_url: Some(database.url()),
            app_id: Some(fixtures::APP_ID.to_owned()),
            app_secret: Some(fixtures::APP_SECRET.to_owned()),
            config_id: Some(fixtures::CONFIG_ID.to_owned()),
            system_token: Some(fixtures::SYSTEM_TOKEN.to_owned()),
            graph_url: Some(running.graph_url()),
            dialog_url: Some(running.dialog_url()),
            ..Given::default()
        };
        if let Some(change) = wishes.settings {
            change(&mut given);
        }
        let clock = Clock::system();
        let config = read(&given, wishes.sandbox, &running);
        let app = start::assemble(&config, start::open_store(&config, clock.clone()).await.unwrap(), clock.clone());
        let app = app.await.unwrap();
        let invitation = start::invite(&app).await.unwrap();
        running.control().allow_redirect_uri(&app.services.settings.redirect_uri());
        let mut world = Self {
            meta: running.control(),
            origin: app.origin.to_string(),
            app,
            clock,
            base,
            invitation,
            heard: Arc::default(),
            given,
            as_sandbox: wishes.sandbox,
            stop: watch::channel(false).0,
            tasks: Vec::new(),
            at_work: None,
            _running: running,
            database,
        };
        world.serve(listener);
        if !wishes.idle {
            world.work();
        }
        world
    }

    fn serve(&mut self, listener: TcpListener) {
        let router = router::router(self.app.clone());
        self.tasks.push(tokio::spawn(listen(listener, router, HEAD_WITHIN, self.stop.subscribe())));
    }

    /// Starts the background work.
    pub(crate) fn work(&mut self) {
        let (stop, stopped) = watch::channel(false);
        self.at_work = Some((stop, tokio::spawn(jobs::run(self.app.services.clone(), stopped))));
    }

    /// Ends the background work; the server goes on.
    pub(crate) async fn rest(&mut self) {
        let Some((stop, task)) = self.at_work.take() else { return };
        stop.send_replace(true);
        tokio::time::timeout(PATIENCE, task).await.expect("it stops").unwrap();
    }

    /// Stops as at Ctrl-C and starts once more on the same data, with other settings if wished.
    pub(crate) async fn restart(&mut self, change: fn(&mut Given)) {
        self.rest().await;
        self.stop.send_replace(true);
        for task in self.tasks.drain(..) {
            tokio::time::timeout(PATIENCE, task).await.expect("it stops").unwrap();
        }
        self.stop = watch::channel(false).0;
        change(&mut self.given);
        let config = read(&self.given, self.as_sandbox, &self._running);
        let store = start::open_store(&config, self.clock.clone()).await.unwrap();
        self.app = start::assemble(&config, store, self.clock.clone()).await.unwrap();
        self.invitation = start::invite(&self.app).await.unwrap();
        let listener = TcpListener::bind(self.base.trim_start_matches("http://")).await.unwrap();
        self.serve(listener);
        self.work();
    }

    /// As if started on another machine with the same database; nobody works there yet.
    pub(crate) async fn another_node(&self) -> AppState {
        let config = read(&self.given, self.as_sandbox, &self._running);
        let store = start::open_store(&config, self.clock.clone()).await.unwrap();
        start::assemble(&config, store, self.clock.clone()).await.unwrap()
    }

    pub(crate) fn services(&self) -> &Services {
        &self.app.services
    }

    pub(crate) fn store(&self) -> &Store {
        &self.app.services.store
    }

    /// Both clocks: ours and Meta's.
    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.clock.advance(seconds * 1_000);
        self.meta.advance_clock(seconds);
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.base, &self.origin, self.heard.clone())
    }

    pub(crate) async fn workspace(&self, slug: &str) -> WorkspaceId {
        self.store().add_workspace(slug, slug).await.unwrap()
    }

    pub(crate) async fn add_person(&self, workspace: &str, email: &str, role: Role) -> User {
        static HASH: OnceCell<String> = OnceCell::const_new();
        let hash = HASH.get_or_init(async || self.app.passwords.hash(PASSWORD.into()).await.unwrap()).await;
        let workspace = self.workspace(workspace).await;
        let name = email.split('@').next().unwrap();
        let new = NewUser { workspace: &workspace, email, name, role, password_hash: Some(hash) };
        self.store().add_user(new).await.unwrap().expect("the address is free")
    }

    /// A new person of the first workspace, logged in.
    pub(crate) async fn person(&self, role: Role) -> Browser {
        self.person_of("default", role).await
    }

    pub(crate) async fn person_of(&self, workspace: &str, role: Role) -> Browser {
        let email = format!("{role}-{:08x}@example.org", rand::random::<u32>());
        self.add_person(workspace, &email, role).await;
        self.log_in(&email).await
    }

    pub(crate) async fn log_in(&self, email: &str) -> Browser {
        let browser = self.browser();
        let answer = browser.post("/login", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        browser
    }

    pub(crate) async fn connection(&self, id: &ConnectionId) -> StoredConnection {
        self.store().find_any_connection(id).await.unwrap().expect("the connection is there")
    }

    /// The badge, as the page computes it.
    pub(crate) async fn badge(&self, id: &ConnectionId) -> Badge {
        let stored = self.connection(id).await;
        Badge::of(&self.services().standing(&stored))
    }

    /// Lets both clocks run until the next job is due. Not while one runs: its lease would end.
    pub(crate) async fn pass_until_a_job_is_due(&self) {
        const WAITING: &str = "select cast(run_at as text) from jobs where state = 'waiting' order by run_at limit 1";
        let running = self.database.texts("select id from jobs where state = 'running'").await;
        let Some(due) = self.database.texts(WAITING).await.pop().filter(|_| running.is_empty()) else { return };
        let wait = due.parse::<i64>().unwrap() - self.clock.now().0;
        if wait > 0 {
            self.clock.advance(wait);
            self.meta.advance_clock(wait / 1_000 + 1);
        }
    }

    /// Presses a button of a connection's page and lets time pass until it has said how it went.
    pub(crate) async fn press(&self, browser: &Browser, action: &str, id: &ConnectionId) -> Outcome {
        let form = [("connection", id.as_str()), ("confirmed", "yes")];
        self.press_with(browser, action, id, &form).await
    }

    pub(crate) async fn press_with(
        &self,
        browser: &Browser,
        action: &str,
        id: &ConnectionId,
        form: &[(&str, &str)],
    ) -> Outcome {
        let answer = browser.post(&format!("/_fn/{action}"), form).await;
        assert_eq!(answer.location(), format!("/core/whatsapp-api/configurations/{id}"));
        soon(async || {
            let activity = self.connection(id).await.connection.activity.expect("something was pressed");
            if activity.outcome != Outcome::Running {
                return Some(activity.outcome);
            }
            self.pass_until_a_job_is_due().await;
            None
        })
        .await
    }

    /// Waits until a connection is as wished.
    pub(crate) async fn until(&self, id: &ConnectionId, what: impl Fn(&Connection) -> bool) -> Connection {
        soon(async || {
            let connection = self.connection(id).await.connection;
            what(&connection).then_some(connection)
        })
        .await
    }

    /// Meta's calls so far of an endpoint, by method.
    pub(crate) fn calls(&self, method: &str, endpoint: &str) -> usize {
        self.meta.calls().iter().filter(|call| call.method == method && call.endpoint == endpoint).count()
    }
}

/// Once a process; a server that another story starts may have been faster.
pub(crate) fn provide_tls() {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

fn read(given: &Given, sandbox: bool, running: &Running) -> Config {
    let mut config = Config::read(given, sandbox).unwrap();
    if sandbox {
        config.use_sandbox(greentick::server::config::SandboxApp {
            app: greentick::server::config::App {
                id: fixtures::APP_ID.to_owned(),
                secret: fixtures::APP_SECRET.into(),
            },
            config_id: fixtures::CONFIG_ID.to_owned(),
            system_token: fixtures::SYSTEM_TOKEN.into(),
            graph_url: running.graph_url(),
            dialog_url: running.dialog_url(),
        });
    }
    config
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        for task in self.tasks.iter().chain(self.at_work.as_ref().map(|(_, task)| task)) {
            task.abort();
        }
    }
}

/// Looks again and again, a moment apart, until there is something.
pub(crate) async fn soon<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("what was waited for did not happen")
}
