//! The command line: reads the settings, builds the state, serves.
#![allow(clippy::print_stderr, reason = "a command asks at the terminal")]

#[macro_use]
mod command;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // Fails only when something else has installed a provider first, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    let done = match command::env_file::load() {
        Ok(()) => command::Command::parse().run().await,
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
