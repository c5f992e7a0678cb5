//! What the product promises about speed and size (docs/ARCHITECTURE.md), measured on the release binary, in one run.
//! `make bench` prints it; nothing here fails for being slow.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement speaks to the terminal and may stop at any fault"
)]

mod support;

use std::time::{Duration, Instant};
use support::{Installation, percentile, shown_bytes};

const PAGE: &str = "/core/whatsapp-api/configurations";
const WARM_UP: usize = 30;
const ROUNDS: usize = 500;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    println!("Measured on {} cores with the release binary, SQLite, {ROUNDS} requests each.\n", cores());
    let few = Installation::with_connections(1).await;
    let many = Installation::with_connections(10_000).await;
    let (one, thousands) = both_pages(&few, &many).await;
    let (p50, p99) = (percentile(&one, 50), percentile(&one, 99));
    let (many50, many99) = (percentile(&thousands, 50), percentile(&thousands, 99));
    row("page, 1 connection, p50", &ms(p50), "");
    row("page, 1 connection, p99", &ms(p99), "≤ 20 ms");
    row("page, 10 000 connections, p50", &ms(many50), "");
    row("page, 10 000 connections, p99", &ms(many99), "≤ 2 × with 1");
    row("  ratio of the p99", &format!("{:.2}", many99.as_secs_f64() / p99.as_secs_f64()), "≤ 2");
    first_visit(&few).await;
    row("binary", &shown_bytes(std::fs::metadata(support::BINARY).unwrap().len()), "≤ 30 MB");
    row("memory, idle", &shown_bytes(few.resident_bytes()), "≤ 50 MB");
    row("start to ready", &ms(few.start_time), "≤ 1 s");
}

/// In turns, so that whatever else the machine does falls on both alike.
async fn both_pages(few: &Installation, many: &Installation) -> (Vec<Duration>, Vec<Duration>) {
    let (mut one, mut thousands) = (Vec::new(), Vec::new());
    for round in 0..WARM_UP + ROUNDS {
        for (installation, times) in [(few, &mut one), (many, &mut thousands)] {
            let began = Instant::now();
            let page = installation.read(PAGE).await;
            let took = began.elapsed();
            assert!(page.len() > 1_000, "the page is empty");
            if round >= WARM_UP {
                times.push(took);
            }
        }
    }
    (one, thousands)
}

/// What travels when somebody opens the page for the first time, compressed.
async fn first_visit(installation: &Installation) {
    let page = installation.read(PAGE).await;
    let text = String::from_utf8_lossy(&page).into_owned();
    let (css, script) = (support::asset(&text, ".css\""), support::asset(&text, ".js\""));
    let wasm = support::asset(&text, "_bg.wasm\"");
    let html = installation.transferred(PAGE).await;
    let mut total = html;
    let mut readable = html;
    for (path, counts) in [(&css, true), (&script, false), (&wasm, false)] {
        let bytes = installation.transferred(path).await;
        row(&format!("  {path}"), &shown_bytes(bytes), "");
        total += bytes;
        readable += if counts { bytes } else { 0 };
    }
    row("first visit, readable (HTML, CSS)", &shown_bytes(readable), "≤ 30 KB");
    row("first visit, in all", &shown_bytes(total), "≤ 180 KB");
}

fn row(what: &str, value: &str, promise: &str) {
    println!("{what:<52} {value:>12}   {promise}");
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
