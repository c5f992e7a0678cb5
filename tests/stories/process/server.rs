//! `greentick` as a process of its own, on a sandbox of Meta in this one.

use crate::support::{Browser, Database};
use sandbox::{Options, Running, fixtures};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

/// What a command came to.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) error: String,
}

/// Where one installation lives, running or not.
pub(crate) struct Place {
    pub(crate) database: Database,
    pub(crate) running: Running,
    pub(crate) address: String,
    settings: Vec<(String, String)>,
}

impl Place {
    pub(crate) async fn new(kind: crate::support::Kind) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let database = Database::fresh(kind).await;
        let running = sandbox::start(Options { addr: ([127, 0, 0, 1], 0).into(), ..Options::default() }).await.unwrap();
        // Free a moment ago; taken by another program meanwhile, the start would say so.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        running.control().allow_redirect_uri(&format!("http://{address}/connect/facebook/callback"));
        let settings = [
            ("GREENTICK_ADDR", address.clone()),
            ("GREENTICK_DATA_DIR", database.folder().display().to_string()),
            ("DATABASE_URL", database.url()),
            ("META_GRAPH_URL", running.graph_url()),
            ("META_DIALOG_URL", running.dialog_url()),
            ("WHATSAPP_APP_ID", fixtures::APP_ID.to_owned()),
            ("WHATSAPP_APP_SECRET", fixtures::APP_SECRET.to_owned()),
            ("WHATSAPP_CONFIG_ID", fixtures::CONFIG_ID.to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).to_vec();
        Self { database, running, address, settings }
    }

    /// With a database that is up to date: most commands begin none.
    pub(crate) async fn with_data(kind: crate::support::Kind) -> Self {
        let place = Self::new(kind).await;
        let begun = place.run(&["migrate"], "", &[]);
        assert_eq!(begun.code, Some(0), "{}", begun.error);
        place
    }

    pub(crate) fn browser(&self) -> Browser {
        let base = format!("http://{}", self.address);
        Browser::new(&base, &base, Arc::default())
    }

    fn command(&self, arguments: &[&str], more: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_greentick"));
        // A `.env` of whoever runs the tests, and their settings, are theirs.
        command.args(arguments).current_dir(self.database.folder()).env_clear();
        command.envs(self.settings.iter().map(|(name, value)| (name, value))).envs(more.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// A command that is left to itself, or killed.
    pub(crate) fn begin(&self, arguments: &[&str], more: &[(&str, &str)]) -> Child {
        self.command(arguments, more).spawn().unwrap()
    }

    /// A file beside the data.
    pub(crate) fn file(&self, name: &str) -> String {
        self.database.folder().join(name).display().to_string()
    }

    /// A command that ends by itself, with a line for its standard input.
    pub(crate) fn run(&self, arguments: &[&str], input: &str, more: &[(&str, &str)]) -> Ended {
        ended(self.command(arguments, more), input)
    }

    /// A command of which nobody reads what it says, as behind `| head -0`.
    pub(crate) fn run_unheard(&self, arguments: &[&str]) -> Ended {
        let mut command = self.command(arguments, &[]);
        // Nobody has the other end any more before it begins.
        let (_, nobody) = std::io::pipe().unwrap();
        command.stdout(nobody);
        ended(command, "")
    }

    /// As if the disk had room for files of 64 KB, the log of SQLite among them, and for no larger one.
    pub(crate) fn run_on_full_disk(&self, arguments: &[&str]) -> Ended {
        ended(on_small_disk(&self.command(arguments, &[]), 64 * 1024), "")
    }

    /// Starts to serve and waits until it says that it does.
    pub(crate) fn serve(&self, more: &[(&str, &str)]) -> Server {
        begun(self.command(&["serve"], more))
    }

    /// The same as if the disk had room for files of so many bytes, until [`Server::make_room`].
    pub(crate) fn serve_on_small_disk(&self, bytes: u32) -> Server {
        begun(on_small_disk(&self.command(&["serve"], &[]), bytes))
    }
}

fn on_small_disk(program: &Command, bytes: u32) -> Command {
    let mut shell = Command::new("/bin/sh");
    // Whoever ignores the signal is told of a failed write, as by a disk. The shell counts in halves of a kilobyte.
    let limited = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", bytes / 512);
    shell.args(["-c", &limited]).arg(program.get_program()).args(program.get_args());
    shell.current_dir(program.get_current_dir().unwrap()).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

fn begun(mut command: Command) -> Server {
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("Greentick is ready") {
        assert!(out.read_line(&mut said).unwrap() > 0, "it ended before it was ready: {said}");
    }
    // Nobody reads the rest; a full pipe would hold it up.
    std::thread::spawn(move || drop(out.read_to_end(&mut Vec::new())));
    Server { child, said }
}

fn ended(mut command: Command, input: &str) -> Ended {
    let mut child = command.spawn().unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) said: String,
}

impl Server {
    /// The process's.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The small disk becomes a large one.
    pub(crate) fn make_room(&self) {
        let of = ["--pid", &self.id().to_string(), "--fsize=unlimited"];
        assert!(Command::new("prlimit").args(of).status().unwrap().success());
    }

    /// As Ctrl-C: what is under way is finished. Returns once it has ended by itself.
    pub(crate) fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().unwrap();
        assert!(told.success() && self.child.wait().unwrap().success());
    }

    /// As `kill -9`: nothing is finished, nothing is said.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
