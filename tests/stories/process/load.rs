//! Killed in the midst of what Meta sends, and of making events of it: what was answered 200 is there, once.

use super::kills::{admin, log_in, way_back};
use super::server::{Place, Server};
use crate::support::{Kind, soon};
use crate::webhooks::{SHARED, message, signature};
use rand::RngExt;
use sandbox::fixtures::{APP_SECRET, NUMBER_NEW};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

both!(every_delivery_that_was_answered_survives_a_kill, every_delivery_that_was_taken_is_answered_before_the_end);

const ROUNDS: usize = 5;
const SENDERS: usize = 16;

fn wamid(number: usize) -> String {
    format!("wamid.{number}")
}

fn body(number: usize) -> String {
    message(NUMBER_NEW, &wamid(number), "Olá").to_string()
}

/// Sends one message after the other until the server is gone; the numbers of those that were answered 200.
async fn send(address: Arc<str>, next: Arc<AtomicUsize>) -> Vec<usize> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answered = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let body = body(number);
        let signed = signature(APP_SECRET, body.as_bytes());
        let request = client.post(format!("http://{address}{SHARED}")).body(body);
        match request.header("x-hub-signature-256", signed).send().await {
            Ok(answer) if answer.status() == 200 => answered.push(number),
            Ok(answer) => panic!("{}", answer.status()),
            Err(_) => return answered,
        }
    }
}

/// How often each is there.
fn counted(all: Vec<String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts
}

/// How often each body is kept.
async fn kept(place: &Place) -> HashMap<String, usize> {
    let bodies = place.database.bytes("select body from deliveries").await;
    counted(bodies.into_iter().map(|body| String::from_utf8(body).unwrap()).collect())
}

async fn waiting(place: &Place) -> usize {
    place.database.texts("select 'one' from deliveries where state = 'waiting'").await.len()
}

fn senders(place: &Place, next: &Arc<AtomicUsize>) -> JoinSet<Vec<usize>> {
    (0..SENDERS).map(|_| send(place.address.as_str().into(), next.clone())).collect()
}

/// A server with a number that is connected, so that messages for it become events.
async fn connected(place: &Place) -> Server {
    let browser = admin(place).await;
    let server = place.serve(&[]);
    log_in(&browser).await;
    let back = way_back(place, &browser).await;
    browser.get(&back).await;
    soon(async || (browser.call("newest_signup", &[]).await.json()["stage"] == "done").then_some(())).await;
    server
}

/// Killed at a random moment: of the load, once it has begun, or of working off what that has left. What was answered.
async fn kill_at_work(server: Server, place: &Place, next: &Arc<AtomicUsize>, under_load: bool) -> Vec<usize> {
    let senders = if under_load { senders(place, next) } else { JoinSet::new() };
    let under_way = next.load(Ordering::Relaxed) + senders.len() * 2;
    while next.load(Ordering::Relaxed) < under_way {
        tokio::task::yield_now().await;
    }
    let longest = if under_load { 600 } else { 300 };
    tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..longest))).await;
    server.kill();
    if place.database.kind == Kind::Postgres {
        // On Postgres it is another's turn to make events once a node was silent for 15 seconds; on SQLite at once.
        place.database.execute("delete from installation where name = $1", &["interpreter"]).await;
    }
    senders.join_all().await.concat()
}

async fn every_delivery_that_was_answered_survives_a_kill(kind: Kind) {
    let place = Place::new(kind).await;
    let mut server = connected(&place).await;
    let (next, mut answered) = (Arc::new(AtomicUsize::new(0)), Vec::new());
    let (mut round, mut made, mut half_way) = (0, 0, 0);
    while round < ROUNDS || half_way == 0 {
        let under_load = round % 2 == 0;
        let more = kill_at_work(server, &place, &next, under_load).await;
        assert_eq!(under_load, !more.is_empty(), "round {round}: what was answered");
        answered.extend(more);
        let events = place.database.texts("select id from events").await.len();
        half_way += usize::from(events > made && waiting(&place).await > 0);
        (round, made) = (round + 1, events);
        assert!(round < 5 * ROUNDS, "no kill fell between events that were made and events that were not");
        server = place.serve(&[]);
    }
    let kept = kept(&place).await;
    let wrong: Vec<_> = answered.iter().filter(|number| kept.get(&body(**number)) != Some(&1)).collect();
    assert!(wrong.is_empty(), "of {} answered, lost or there twice: {wrong:?}", answered.len());
    assert!(kept.values().all(|count| *count == 1), "nothing is there twice");
    soon(async || (waiting(&place).await == 0).then_some(())).await;
    let events = counted(place.database.texts("select message_id from events").await);
    let wrong: Vec<_> = answered.iter().filter(|number| events.get(&wamid(**number)) != Some(&1)).collect();
    assert!(wrong.is_empty(), "of {} answered, no event or several: {wrong:?}", answered.len());
    assert!(events.len() == kept.len() && events.values().all(|count| *count == 1), "one event of each delivery");
}

async fn every_delivery_that_was_taken_is_answered_before_the_end(kind: Kind) {
    let place = Place::new(kind).await;
    let server = place.serve(&[]);
    let next = Arc::new(AtomicUsize::new(0));
    let senders = senders(&place, &next);
    while next.load(Ordering::Relaxed) < SENDERS * 4 {
        tokio::task::yield_now().await;
    }
    server.stop();
    let answered = senders.join_all().await.concat();
    let kept = kept(&place).await;
    assert_eq!(answered.len(), kept.len(), "what is kept was answered, and what was answered is kept");
    assert!(answered.iter().all(|number| kept.get(&body(*number)) == Some(&1)));
}
