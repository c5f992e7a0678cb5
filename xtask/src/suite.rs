//! All tests, in one run with one sum.

use crate::browser;
use crate::build::site_beside;
use crate::fuzz;
use crate::machine::{install, node_packages, on_path};
use crate::postgres::{self, VARIABLE};
use crate::process::{cargo, command, exit_code, root, say, succeed};
use crate::signals::Relay;
use crate::tally::Tally;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// The app and the sandbox in one command: they share every dependency, so nothing is built twice.
const APP: [&str; 7] = ["test", "--package", "greentick", "--package", "sandbox", "--features", "greentick/ssr"];

/// The programs of `deploy/`, in front of which the stories stand.
fn proxies_ready() -> Result<()> {
    let is_missing = |name: &&str| on_path(name).is_none() && !Path::new("/usr/sbin").join(name).exists();
    let missing: Vec<&str> = ["nginx", "caddy", "openssl"].into_iter().filter(|name| is_missing(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    install(&missing, &format!("The tests of the proxies need {names}. On Debian: `apt-get install {names}`."))
}

/// `cargo xtask test`
pub(crate) fn all(with_browser: bool) -> Result<ExitCode> {
    // What may be missing comes first, so that nobody waits for a build in vain.
    let chromium = with_browser.then(browser::ready).transpose()?;
    postgres::ready()?;
    let python = fuzz::ready()?;
    proxies_ready()?;
    say("Building the app and its tests");
    site_beside(cargo(APP).arg("--no-run"))?;

    let relay = Relay::new()?;
    let mut runs = Vec::new();
    say("Testing the build tools");
    runs.push(counted(&relay, "xtask", cargo(["test", "--package", "xtask"]).arg("--no-fail-fast"))?);

    let cluster = postgres::start_for_tests()?;
    say("Testing the app and the sandbox, on SQLite and on Postgres");
    let mut app = cargo(APP);
    runs.push(counted(&relay, "app and sandbox", app.arg("--no-fail-fast").env(VARIABLE, &cluster.url))?);
    drop(cluster);

    say("Fuzzing the API (about a minute and a half)");
    runs.push(counted(&relay, "fuzzed API", &mut fuzz::run(&python, true))?);

    if let Some(chromium) = chromium {
        say("Testing in the browser, with and without JavaScript");
        runs.push(counted(&relay, "browser", &mut playwright(&chromium))?);
    }
    Ok(verdict(&runs))
}

/// `cargo xtask e2e -- <Playwright's arguments>`
pub(crate) fn browser_only(arguments: &[&str]) -> Result<ExitCode> {
    let chromium = browser::ready()?;
    let status = playwright(&chromium).args(arguments).status().context("Playwright could not be started")?;
    Ok(exit_code(status))
}

/// `cargo xtask fixture`
pub(crate) fn fixture() -> Result<ExitCode> {
    postgres::ready()?;
    let cluster = postgres::start_for_tests()?;
    let story = "data::fixtures::todays_schema_written_down_reads_back_the_same";
    let mut write = cargo(APP);
    write.args(["--test", "stories", "--", "--exact", story]).env(VARIABLE, &cluster.url);
    let status = write.env("GREENTICK_WRITE_FIXTURE", "1").status().context("cargo could not be started")?;
    Ok(exit_code(status))
}

/// `cargo xtask fuzz-api`
pub(crate) fn fuzz_only() -> Result<ExitCode> {
    let python = fuzz::ready()?;
    let status = fuzz::run(&python, false).status().context("Python could not be started")?;
    Ok(exit_code(status))
}

/// `cargo xtask types`
pub(crate) fn types() -> Result<()> {
    node_packages()?;
    let folder = root().join("end2end");
    let mut check = command(folder.join("node_modules/.bin/tsc"));
    succeed(check.arg("--noEmit").current_dir(folder))
}

fn playwright(chromium: &Path) -> Command {
    let folder = root().join("end2end");
    let mut run = command(folder.join("node_modules/.bin/playwright"));
    run.arg("test").current_dir(folder).env("CHROMIUM", chromium);
    run
}

/// Shows what a runner prints, and counts its tests by it.
fn counted(relay: &Relay, name: &'static str, run: &mut Command) -> Result<Tally> {
    let mut child = relay.spawn(run.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let mut tally = Tally::of(name);
    let heard = BufReader::new(child.stdout.take().context("the runner has no output")?);
    let mut out = std::io::stdout();
    for line in heard.split(b'\n') {
        let line = line?;
        out.write_all(&line)?;
        out.write_all(b"\n")?;
        tally.read(&String::from_utf8_lossy(&line));
    }
    out.flush()?;
    let status = child.wait();
    relay.forget();
    tally.ended_well = status?.success();
    Ok(tally)
}

fn verdict(runs: &[Tally]) -> ExitCode {
    let problems: Vec<String> = runs.iter().filter_map(Tally::problem).collect();
    for problem in &problems {
        eprintln!("error: {problem}");
    }
    let passed: u32 = runs.iter().map(|run| run.passed).sum();
    let failed: u32 = runs.iter().map(|run| run.failed).sum();
    println!("{passed} passed, {failed} failed");
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
