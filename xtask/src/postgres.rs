//! A throw-away Postgres: started, used by one command, and gone.

use crate::machine::{install, is_program, is_root, on_path};
use crate::process::{command, exit_code, printed, say};
use crate::signals::Relay;
use anyhow::{Context, Result, bail};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

/// The variable that tells a command where the server is.
pub(crate) const VARIABLE: &str = "GREENTICK_TEST_POSTGRES";

const BY_HAND: &str = "The tests need Postgres 14 or newer. Install its server programs (on Debian `apt-get install postgresql`), or put \
                       their folder on the PATH.";

/// Nothing here outlives the command, so nothing needs to reach the disk.
const QUICK: &str = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off";

/// Ends the server and removes its folder once our end of the pipe closes, however we end.
const GUARD: &str = r#"cat >/dev/null; "$1" -D "$2/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$2""#;

/// `cargo xtask postgres -- <command>`
pub(crate) fn beside(words: &[&str], durable: bool) -> Result<ExitCode> {
    let [program, arguments @ ..] = words else {
        bail!("Say which command to run: `cargo xtask postgres -- <command>`.");
    };
    let relay = Relay::new()?;
    let cluster = Cluster::start(durable)?;
    let mut run = command(program);
    run.args(arguments).env(VARIABLE, &cluster.url).current_dir(std::env::current_dir()?);
    let mut child = relay.spawn(&mut run)?;
    let status = child.wait();
    relay.forget();
    Ok(exit_code(status?))
}

pub(crate) struct Cluster {
    pub(crate) url: String,
    guard: Child,
}

impl Cluster {
    pub(crate) fn start(durable: bool) -> Result<Self> {
        let programs = programs()?;
        let account = Account::for_server()?;
        let folder = tempfile::Builder::new().prefix("greentick-postgres-").tempdir()?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700))?;
        if let Some(Account { user, group }) = account {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let server = Server { programs, account, folder: folder.path().to_owned() };
        let password = random_word()?;
        server.initialise(&password)?;
        // From here on the guard removes the folder: the server may still write there.
        let guard = server.guard()?;
        let path = folder.keep();
        let mut cluster = Self { url: String::new(), guard };
        let port = server.start(durable).with_context(|| format!("Postgres did not start in {}", path.display()))?;
        cluster.url = format!("postgres://greentick:{password}@127.0.0.1:{port}/postgres");
        Ok(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // Nothing to do about a guard that is gone: it has done its work or was killed by hand.
        let _ = self.guard.wait();
    }
}

struct Server {
    programs: PathBuf,
    account: Option<Account>,
    folder: PathBuf,
}

impl Server {
    fn initialise(&self, password: &str) -> Result<()> {
        let secret = self.folder.join("password");
        std::fs::write(&secret, password)?;
        if let Some(Account { user, group }) = self.account {
            chown(&secret, Some(user), Some(group))?;
        }
        let mut initdb = self.run("initdb");
        initdb
            .args(["-U", "greentick", "-E", "UTF8", "--locale=C", "--auth=password", "--no-sync", "--pwfile"])
            .arg(&secret);
        initdb.arg("-D").arg(self.folder.join("data"));
        finish(&mut initdb, "initdb")
    }

    fn start(&self, durable: bool) -> Result<u16> {
        let mut problem = None;
        // Another program may take the port between our asking and Postgres's.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
            let speed = if durable { "" } else { QUICK };
            let place = self.folder.display();
            let options = format!(
                "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={place} -c max_connections=300 {speed}"
            );
            let mut start = self.run("pg_ctl");
            start.args(["-w", "-t", "60", "-o", &options, "start"]);
            start.arg("-D").arg(self.folder.join("data")).arg("-l").arg(self.folder.join("log"));
            match finish(&mut start, "pg_ctl") {
                Ok(()) => return Ok(port),
                Err(error) => problem = Some(error.context(self.last_words())),
            }
        }
        Err(problem.unwrap_or_else(|| anyhow::anyhow!("no free port")))
    }

    fn guard(&self) -> Result<Child> {
        let mut guard = self.as_account(Command::new("sh"));
        guard.args(["-c", GUARD, "guard"]).arg(self.programs.join("pg_ctl")).arg(&self.folder);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        guard.spawn().context("`sh` could not be started")
    }

    fn run(&self, program: &str) -> Command {
        self.as_account(Command::new(self.programs.join(program)))
    }

    fn as_account(&self, mut command: Command) -> Command {
        if let Some(Account { user, group }) = self.account {
            command.uid(user).gid(group);
        }
        // Settings for a client of some other server would confuse this one.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
            command.env_remove(name);
        }
        command.current_dir(&self.folder);
        command
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
    }
}

fn finish(command: &mut Command, name: &str) -> Result<()> {
    // Not `output()`: the server that `pg_ctl` leaves running would hold its pipe open.
    let mut heard = tempfile::tempfile()?;
    let status = command.stdin(Stdio::null()).stdout(heard.try_clone()?).stderr(heard.try_clone()?).status();
    if !status.with_context(|| format!("`{name}` could not be started"))?.success() {
        let mut text = String::new();
        std::io::Seek::rewind(&mut heard)?;
        heard.read_to_string(&mut text)?;
        bail!("`{name}` failed: {}", text.trim());
    }
    Ok(())
}

/// Makes sure that there is a server to start.
pub(crate) fn ready() -> Result<()> {
    programs().map(drop)
}

/// The folder of the server's programs, installed if need be.
fn programs() -> Result<PathBuf> {
    if let Some(folder) = find() {
        return Ok(folder);
    }
    install(&["postgresql"], BY_HAND)?;
    find().context(BY_HAND)
}

fn find() -> Option<PathBuf> {
    let beside_path = on_path("initdb")
        .and_then(|file| file.canonicalize().ok())
        .and_then(|file| file.parent().map(Path::to_path_buf));
    let by_config = printed(Command::new("pg_config").arg("--bindir")).map(PathBuf::from);
    let mut packaged: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    packaged.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let complete =
        |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| is_program(&folder.join(name)));
    beside_path.into_iter().chain(by_config).chain(packaged).find(complete)
}

fn version(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name);
    name.and_then(|name| name.to_string_lossy().parse().ok()).unwrap_or(0)
}

/// Postgres refuses to run as root.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    fn for_server() -> Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").context("/etc/passwd cannot be read")?;
        let named = |wanted: &str| {
            accounts.lines().find_map(|line| {
                let mut fields = line.split(':');
                (fields.next()? == wanted).then_some(())?;
                Some(Self { user: fields.nth(1)?.parse().ok()?, group: fields.next()?.parse().ok()? })
            })
        };
        match named("postgres").or_else(|| named("nobody")) {
            Some(account) => Ok(Some(account)),
            None => bail!(
                "Postgres does not run as root, and there is no user `postgres` or `nobody`: run this as another user."
            ),
        }
    }
}

fn random_word() -> Result<String> {
    let mut bytes = [0u8; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(crate) fn start_for_tests() -> Result<Cluster> {
    say("Starting a throw-away Postgres (about 2 seconds)");
    Cluster::start(false)
}
