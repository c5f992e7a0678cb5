//! What `make` cannot say in a line: the browser's half, the databases and browsers that tests need, the import rules.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks through its output")]

mod browser;
mod build;
mod fuzz;
mod imports;
mod machine;
mod postgres;
mod process;
mod signals;
mod site;
mod suite;
mod tally;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <command>

  build [--release]        both halves: the site, then target/{debug,release}/greentick
  site [--release]         the browser's half alone, into target/site
  imports                  checks who may import what
  test [--rust]            all tests, with Postgres and a browser; --rust leaves the browser out
  e2e [-- <arguments>]     the browser tests, with Playwright's arguments; build first
  postgres [--durable] -- <command>
                           runs a command beside a throw-away Postgres, named in GREENTICK_TEST_POSTGRES
  fuzz-api                 fuzzes the API of target/debug/greentick against its contract; build first
  fixture                  writes today's schema down with rows in it, for the tests of upgrades
  types                    checks the types of the browser tests
  browser                  finds or installs Chromium and prints its path";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("error: {problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["build", flags @ ..] => build::both(profile(flags)?)?,
        ["site", flags @ ..] => site::build(profile(flags)?)?,
        ["imports"] => return imports::check(),
        ["test"] => return suite::all(true),
        ["test", "--rust"] => return suite::all(false),
        ["e2e"] => return suite::browser_only(&[]),
        ["e2e", "--", rest @ ..] => return suite::browser_only(rest),
        ["postgres", "--durable", "--", command @ ..] => return postgres::beside(command, true),
        ["postgres", "--", command @ ..] => return postgres::beside(command, false),
        ["fuzz-api"] => return suite::fuzz_only(),
        ["fixture"] => return suite::fixture(),
        ["types"] => suite::types()?,
        ["browser"] => println!("{}", browser::ready()?.display()),
        [] | ["help" | "--help" | "-h"] => println!("{USAGE}"),
        _ => bail!("`cargo xtask {}` is not a command.\n\n{USAGE}", words.join(" ")),
    }
    Ok(ExitCode::SUCCESS)
}

fn profile(flags: &[&str]) -> Result<build::Profile> {
    match flags {
        [] => Ok(build::Profile::Debug),
        ["--release"] => Ok(build::Profile::Release),
        other => bail!("`{}` is not an option here: only `--release` is.", other.join(" ")),
    }
}
