//! Killed in the midst of what Meta sends: what was answered 200 is there, once.

use super::server::Place;
use crate::support::Kind;
use crate::webhooks::{SHARED, signature};
use rand::RngExt;
use sandbox::fixtures::APP_SECRET;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

both!(every_delivery_that_was_answered_survives_a_kill, every_delivery_that_was_taken_is_answered_before_the_end);

const ROUNDS: usize = 4;
const SENDERS: usize = 16;

/// Sends one delivery after the other until the server is gone; those that were answered 200.
async fn send(address: Arc<str>, next: Arc<AtomicUsize>) -> Vec<String> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answered = Vec::new();
    loop {
        let body = format!("{{\"number\":{}}}", next.fetch_add(1, Ordering::Relaxed));
        let request = client.post(format!("http://{address}{SHARED}")).body(body.clone());
        let signed = signature(APP_SECRET, body.as_bytes());
        match request.header("x-hub-signature-256", signed).send().await {
            Ok(answer) if answer.status() == 200 => answered.push(body),
            Ok(answer) => panic!("{}", answer.status()),
            Err(_) => return answered,
        }
    }
}

/// How often each body is kept.
async fn kept(place: &Place) -> HashMap<String, usize> {
    let mut kept = HashMap::new();
    for body in place.database.bytes("select body from deliveries").await {
        *kept.entry(String::from_utf8(body).unwrap()).or_default() += 1;
    }
    kept
}

fn senders(place: &Place, next: &Arc<AtomicUsize>) -> JoinSet<Vec<String>> {
    (0..SENDERS).map(|_| send(place.address.as_str().into(), next.clone())).collect()
}

async fn every_delivery_that_was_answered_survives_a_kill(kind: Kind) {
    let place = Place::new(kind).await;
    let (next, mut answered) = (Arc::new(AtomicUsize::new(0)), Vec::new());
    for round in 0..ROUNDS {
        let server = place.serve(&[]);
        let senders = senders(&place, &next);
        // At a random moment of the load, once it has begun.
        let under_way = next.load(Ordering::Relaxed) + SENDERS * 2;
        while next.load(Ordering::Relaxed) < under_way {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..600))).await;
        server.kill();
        let before = answered.len();
        answered.extend(senders.join_all().await.concat());
        assert!(answered.len() > before, "round {round}: nothing was answered");
    }
    let _server = place.serve(&[]);
    let kept = kept(&place).await;
    let wrong: Vec<_> = answered.iter().filter(|body| kept.get(*body) != Some(&1)).collect();
    assert!(wrong.is_empty(), "of {} answered, lost or there twice: {wrong:?}", answered.len());
    assert!(kept.values().all(|count| *count == 1), "nothing is there twice");
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
    assert!(answered.iter().all(|body| kept.get(body) == Some(&1)));
}
