//! The API against its own contract, with schemathesis: in a Python environment of its own under `target/`.

use crate::machine::{install, is_program, on_path};
use crate::process::{command, root, say, succeed, target};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How long it tries; starting and stopping come on top.
const SECONDS: &str = "75";
const BY_HAND: &str = "Fuzzing the API needs Python 3.10 or newer with its module venv. Install them, for example with \
                       `apt-get install python3 python3-venv`.";

/// What fuzzing needs, installed if need be. Answers the Python to run it with.
pub(crate) fn ready() -> Result<PathBuf> {
    let folder = target().join("fuzz");
    let python = folder.join("bin/python");
    let requirements = root().join("tests/fuzz/requirements.txt");
    let locked = std::fs::read_to_string(&requirements).context("tests/fuzz/requirements.txt cannot be read")?;
    let installed = folder.join("installed.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|known| known == locked) && is_program(&python) {
        return Ok(python);
    }
    if !can_make_venv() {
        install(&["python3", "python3-venv"], BY_HAND)?;
    }
    say("Installing schemathesis into target/fuzz (about half a minute)");
    succeed(command("python3").args(["-m", "venv", "--clear"]).arg(&folder)).context(BY_HAND)?;
    let mut pip = command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]);
    let got = succeed(pip.arg(requirements));
    got.context("schemathesis could not be installed: is the network there?")?;
    std::fs::write(&installed, locked).context("target/fuzz cannot be written to")?;
    Ok(python)
}

fn can_make_venv() -> bool {
    let mut probe = command("python3");
    probe.args(["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]);
    on_path("python3").is_some() && probe.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// With a seed the same is tried each time, so that a build fails for what it changed alone.
const SEED: &str = "20261120";

/// The run itself, against `target/debug/greentick`.
pub(crate) fn run(python: &Path, repeatable: bool) -> Command {
    let mut run = command(python);
    run.arg("tests/fuzz/fuzz_api.py")
        .arg(target().join("debug/greentick"))
        .arg(SECONDS)
        .args(repeatable.then_some(SEED));
    run
}
