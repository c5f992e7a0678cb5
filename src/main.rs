//! The command line: reads the settings, builds the state, serves.
#![allow(clippy::print_stderr, reason = "a command asks at the terminal")]

#[macro_use]
mod command;
mod workers;

use std::process::ExitCode;
use std::time::Duration;

/// For work that cannot be broken off when everything else has ended: a name that a silent resolver is asked for, say.
const LAST_WORK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let runtime = match workers::start() {
        Ok(runtime) => runtime,
        Err(error) => {
            remark!("error: no threads can be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run());
    runtime.shutdown_timeout(LAST_WORK);
    code
}

async fn run() -> ExitCode {
    // Fails only when something else has installed a provider first, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    let done = match command::env_file::load() {
        Ok(()) => match command::Command::typed() {
            Ok(command) => command.run().await,
            Err(stop) => Err(stop),
        },
        Err(stop) => Err(stop),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            if !matches!(stop, command::Stop::Said) {
                remark!("error: {stop}");
            }
            ExitCode::from(stop.exit_code())
        }
    }
}
