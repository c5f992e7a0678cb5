//! How many deliveries a second are taken, each on the disk before it is answered, beside a handler that only checks the
//! signature; in one run, in turns, so that whatever else the machine does falls on all alike. `make bench` prints it.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement speaks to the terminal and may stop at any fault"
)]

mod grown;
mod load;
mod server;

use load::{Load, Measured};
use server::{Database, Server};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
/// At these connections there is a promise, and rounds differ by a tenth and more.
const PROMISED: usize = 64;
const ROUNDS_OF_PROMISED: usize = 9;
/// The same for all servers of a round.
const CONNECTIONS: [usize; 4] = [1, 16, PROMISED, 256];
const SECONDS: &str = "GREENTICK_BENCH_SECONDS";
/// How long the steady load lasts. With 0 that part is left out.
const MINUTES: &str = "GREENTICK_BENCH_MINUTES";
const STEADY: usize = 500;
/// Seconds between two looks.
const SAMPLE: usize = 15;
/// How many events the grown store holds. With 0 that part is left out.
const EVENTS: &str = "GREENTICK_BENCH_EVENTS";
/// In place of the whole table, that many connections with one message a request: to try a change.
const ONLY: &str = "GREENTICK_BENCH_CONNECTIONS";

#[tokio::main]
async fn main() {
    if let Ok(port) = std::env::var(server::BARE) {
        return server::bare(port.parse().unwrap()).await;
    }
    // The HTTP client wants one to be chosen, although all of this goes over plain http.
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let set = |name: &str| std::env::var(name).ok();
    let seconds: f64 = set(SECONDS).map_or(1.0, |text| text.parse().unwrap());
    let window = Duration::from_secs_f64(seconds);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("Measured on {cores} cores, load and servers on the same; rounds of {seconds} s in turns.");
    println!("Every delivery is one nobody has seen; understanding them is on.\n");
    let servers = start(0).await;
    println!("{:<40} {:>10} {:>9} {:>9} {:>8} {:>9}", "", "a second", "p50", "p99", "of bare", "memory");
    match set(ONLY) {
        Some(connections) => table(&servers, connections.parse().unwrap(), 1, window).await,
        None => whole_table(&servers, window).await,
    }
    drop(servers);
    let minutes = set(MINUTES).map_or(2, |text| text.parse().unwrap());
    if minutes > 0 {
        for (name, server) in start(0).await.into_iter().skip(1) {
            soak(name, server, minutes).await;
        }
    }
    let events = set(EVENTS).map_or(500_000, |text| text.parse().unwrap());
    if events > 0 {
        growth(events, window).await;
    }
}

/// The bare handler first, then ours on each database there is.
async fn start(kept: usize) -> Vec<(&'static str, Server)> {
    let mut servers = vec![("bare", Server::bare().await), ("SQLite", Server::ours(Database::Sqlite, kept).await)];
    match Database::postgres().await {
        Some(database) => servers.push(("Postgres", Server::ours(database, kept).await)),
        None => println!("Without Postgres: run it by `make bench`.\n"),
    }
    servers
}

/// A steady load for minutes: memory should stay where it is, and understanding should keep up.
async fn soak(name: &str, server: Server, minutes: usize) {
    println!("\n{STEADY} deliveries a second for {minutes} min, {name}:\n");
    println!("{:<40} {:>10} {:>10} {:>10}", "", "memory", "waiting", "p99");
    for at in 1..=minutes * 60 / SAMPLE {
        let (began, mut rounds) = (Instant::now(), Vec::new());
        for second in 1..=SAMPLE {
            rounds.push(Load::of(16, STEADY).run(&server.address, Duration::from_secs(10)).await);
            tokio::time::sleep_until((began + Duration::from_secs(second as u64)).into()).await;
        }
        let (memory, waiting) = (shown(server.resident_bytes()), server.queued().await);
        println!(
            "{:<40} {memory:>10} {waiting:>10} {:>10}",
            format!("after {} s", at * SAMPLE),
            ms(load::percentile(&rounds, 99))
        );
    }
}

/// The same with much kept already: what is received in a second, and how long the pages take.
async fn growth(events: usize, window: Duration) {
    println!("\nWith nothing kept, and with {events} events and their deliveries:\n");
    let (mut new, grown) = (start(0).await, start(events).await);
    let names = [("SQLite, grown", 1), ("Postgres, grown", 2)];
    let grown = grown.into_iter().enumerate().skip(1);
    new.extend(grown.map(|(at, (_, server))| (names[at - 1].0, server)));
    let ours: Vec<(&str, Server)> = new.drain(1..).collect();
    for ((name, _), [all, one]) in ours.iter().zip(grown::pages(&ours).await) {
        for (what, (p50, p99)) in [("Messages", all), ("Messages of one person", one)] {
            println!("{:<40} {:>10} {:>9} {:>9}", format!("{name}, {what}"), "", ms(p50), ms(p99));
        }
    }
    println!();
    new.extend(ours);
    table(&new, PROMISED, 1, window).await;
}

async fn whole_table(servers: &[(&str, Server)], window: Duration) {
    for messages in [1, 100] {
        for connections in CONNECTIONS {
            table(servers, connections, messages, window).await;
        }
    }
    println!();
    for (name, server) in servers {
        println!("{name:<40} {:>10} at its peak", shown(server.peak_bytes()));
    }
    println!();
    drained(servers, window).await;
}

async fn table(servers: &[(&str, Server)], connections: usize, messages: usize, window: Duration) {
    let mut all: Vec<Vec<Measured>> = servers.iter().map(|_| Vec::new()).collect();
    let rounds = if (connections, messages) == (PROMISED, 1) { ROUNDS_OF_PROMISED } else { ROUNDS };
    for _ in 0..rounds {
        let load = Load::prepare(connections, messages, window);
        for ((_, server), measured) in servers.iter().zip(&mut all) {
            // What the others still understand of their last turn would take from this one's time.
            for (_, other) in servers {
                other.has_understood_all().await;
            }
            measured.push(load.run(&server.address, window).await);
        }
    }
    let bare = load::median_rate(&all[0]);
    for ((name, server), measured) in servers.iter().zip(&all) {
        let what = if messages == 1 { "1 KB".to_owned() } else { format!("{messages} messages") };
        let (rate, p50, p99) =
            (load::median_rate(measured), load::percentile(measured, 50), load::percentile(measured, 99));
        let label = format!("{name}, {what}, {connections} at once");
        let (of_bare, memory) = (rate / bare, shown(server.resident_bytes()));
        println!("{label:<40} {rate:>10.0} {:>9} {:>9} {of_bare:>8.2} {memory:>9}", ms(p50), ms(p99));
    }
}

/// How fast what has come is understood once nothing comes any more; one server after the other.
async fn drained(servers: &[(&str, Server)], window: Duration) {
    for (name, server) in &servers[1..] {
        server.has_understood_all().await;
        Load::prepare(64, 1, window).run(&server.address, window).await;
        let (began, waiting) = (Instant::now(), server.queued().await);
        server.has_understood_all().await;
        let took = began.elapsed().as_secs_f64();
        println!("{name:<40} {waiting:>10} waited; understood in {took:.1} s ({:.0} a second)", waiting as f64 / took);
    }
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

fn shown(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}
