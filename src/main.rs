//! The command line: reads the settings, builds the state, serves.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command speaks to the terminal")]

mod command;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // A missing `.env` is the usual case; a broken one shows as a missing setting.
    dotenvy::dotenv().ok();
    // Fails only when something else has installed a provider first, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    match command::Command::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            if !matches!(stop, command::Stop::Said) {
                eprintln!("error: {stop}");
            }
            ExitCode::from(stop.exit_code())
        }
    }
}
