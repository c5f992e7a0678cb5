//! `sandbox [--addr 127.0.0.1:4000]`: the sandbox of Meta alone.

use std::io::Write;

const USAGE: &str = "usage: sandbox [--addr HOST:PORT]   (a loopback address; 127.0.0.1:4000 when absent)";

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match serve(std::env::args().skip(1)).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "sandbox: {message}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let options = options(arguments)?;
    let addr = options.addr;
    let running = sandbox::start(options).await.map_err(|error| format!("cannot serve on {addr}: {error}"))?;
    let graph = running.graph_url();
    let lines = format!("Graph API  {graph}\nDialog     {}\nControls   {graph}/_sandbox\n", running.dialog_url());
    // Nobody may be reading; that is no reason to stop.
    let _ = std::io::stdout().write_all(lines.as_bytes());
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())?;
    running.stop().await;
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<sandbox::Options, String> {
    let mut options = sandbox::Options::default();
    while let Some(argument) = arguments.next() {
        let value = match argument.split_once('=') {
            Some(("--addr", value)) => Some(value.to_owned()),
            None if argument == "--addr" => arguments.next(),
            _ => None,
        };
        let value = value.ok_or(USAGE)?;
        options.addr = value.parse().map_err(|_| format!("`{value}` is not an address\n{USAGE}"))?;
    }
    Ok(options)
}
