//! How many deliveries a second are taken, each on the disk before it is answered, beside a handler that only checks the
//! signature; in one run, in turns, so that whatever else the machine does falls on all alike. `make bench` prints it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement speaks to the terminal and may stop at any fault"
)]

mod load;
mod server;

use load::{Load, Measured};
use server::{Database, Server};
use std::time::Duration;

const ROUNDS: usize = 3;
/// The same for all servers of a round.
const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];
const SECONDS: &str = "GREENTICK_BENCH_SECONDS";

#[tokio::main]
async fn main() {
    if let Ok(port) = std::env::var(server::BARE) {
        return server::bare(port.parse().unwrap()).await;
    }
    let seconds = std::env::var(SECONDS).map_or(1.0, |text| text.parse().unwrap());
    let window = Duration::from_secs_f64(seconds);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("Measured on {cores} cores, load and servers on the same; {ROUNDS} rounds of {seconds} s in turns.");
    println!("Every delivery is one nobody has seen; understanding them is on.\n");
    let mut servers = vec![("bare", Server::bare().await), ("SQLite", Server::ours(Database::Sqlite).await)];
    match Database::postgres().await {
        Some(database) => servers.push(("Postgres", Server::ours(database).await)),
        None => println!("Without Postgres: run it by `make bench`.\n"),
    }
    println!("{:<34} {:>10} {:>9} {:>9} {:>8}", "", "a second", "p50", "p99", "of bare");
    for connections in CONNECTIONS {
        table(&servers, connections, 1, window).await;
    }
    table(&servers, 64, 100, window).await;
    println!();
    for (name, server) in &servers {
        println!("{name:<34} {:>10} at its peak", shown(server.peak_bytes()));
    }
    drained(&servers).await;
}

async fn table(servers: &[(&str, Server)], connections: usize, messages: usize, window: Duration) {
    let mut all: Vec<Vec<Measured>> = servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        let load = Load::prepare(connections, messages, window);
        for ((_, server), measured) in servers.iter().zip(&mut all) {
            measured.push(load.run(&server.address, window).await);
        }
    }
    let bare = load::median_rate(&all[0]);
    for ((name, _), measured) in servers.iter().zip(&all) {
        let what = if messages == 1 { "1 KB".to_owned() } else { format!("{messages} messages") };
        let (rate, p50, p99) =
            (load::median_rate(measured), load::percentile(measured, 50), load::percentile(measured, 99));
        let label = format!("{name}, {what}, {connections} at once");
        println!("{label:<34} {rate:>10.0} {:>9} {:>9} {:>8.2}", ms(p50), ms(p99), rate / bare);
    }
}

/// How long it takes until everything is understood, once nothing comes any more.
async fn drained(servers: &[(&str, Server)]) {
    for (name, server) in &servers[1..] {
        let (began, waiting) = (std::time::Instant::now(), server.queued().await);
        while server.queued().await > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let took = began.elapsed().as_secs_f64();
        println!(
            "{name:<34} {waiting:>10} waited at the end; understood in {took:.1} s ({:.0} a second)",
            waiting as f64 / took
        );
    }
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

fn shown(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}
