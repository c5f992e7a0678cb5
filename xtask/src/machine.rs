//! What this machine has, and what it can be given.

use crate::process::{command, ended_well, printed, root, say};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

const WASM: &str = "wasm32-unknown-unknown";

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Where a shell would find a program.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| is_program(file))
}

pub(crate) fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// Installs Debian packages, where we may; `by_hand` tells a person what to do where we may not.
pub(crate) fn install(packages: &[&str], by_hand: &str) -> Result<()> {
    let Some(apt) = on_path("apt-get").filter(|_| is_root()) else {
        bail!("{by_hand}");
    };
    let names = packages.join(" ");
    say(&format!("Installing {names} with apt-get (about a minute)"));
    // A list that cannot be refreshed need not stop us: what counts is the installation.
    let _ = apt_get(&apt, &["update"])?;
    let heard = apt_get(&apt, &[["install", "-y", "--no-install-recommends"].as_slice(), packages].concat())?;
    if !heard.status.success() {
        eprint!("{}{}", String::from_utf8_lossy(&heard.stdout), String::from_utf8_lossy(&heard.stderr));
        bail!("{names} could not be installed; apt-get's own message is above. {by_hand}");
    }
    Ok(())
}

fn apt_get(apt: &Path, arguments: &[&str]) -> Result<Output> {
    let mut run = command(apt);
    run.arg("-q").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    run.output().context("apt-get could not be started")
}

/// Makes sure that the compiler can build for the browser.
pub(crate) fn wasm_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libraries = printed(command(rustc).args(["--print", "target-libdir", "--target", WASM]));
    if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    let by_hand = format!("Install it with `rustup target add {WASM}`, then try again.");
    if on_path("rustup").is_none() {
        bail!("The compiler's {WASM} target is missing, and rustup was not found. Install rustup from rustup.rs.");
    }
    say(&format!("Adding the compiler's {WASM} target (a few seconds)"));
    let mut add = command("rustup");
    let status = add.args(["target", "add", WASM]).status().context("rustup could not be started")?;
    ended_well(&add, status)
        .with_context(|| format!("The {WASM} target could not be added: is the network there? {by_hand}"))
}

/// Installs what the browser tests import, when it is missing or older than the lock file.
pub(crate) fn node_packages() -> Result<()> {
    if on_path("node").is_none() || on_path("npm").is_none() {
        bail!(
            "The browser tests need Node.js 20 or newer and npm. Install them, for example with `apt-get install nodejs npm`."
        );
    }
    let folder = root().join("end2end");
    let changed = |name: &str| folder.join(name).metadata().and_then(|about| about.modified());
    let locked = changed("package-lock.json").context("end2end/package-lock.json cannot be read")?;
    if changed("node_modules/.package-lock.json").is_ok_and(|installed| installed >= locked) {
        return Ok(());
    }
    say("Installing the browser tests' npm packages (a few seconds)");
    let mut npm = command("npm");
    npm.current_dir(&folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).stdout(Stdio::null());
    let status = npm.status().context("npm could not be started")?;
    ended_well(&npm, status).context("The npm packages could not be installed: is the network there?")
}
