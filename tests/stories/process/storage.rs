//! A disk without room for what Meta sends, and a database that says nothing any more.

use super::server::Place;
use crate::support::{Kind, Line, soon};
use crate::webhooks::{SHARED, signature};
use reqwest::Client;
use sandbox::fixtures::APP_SECRET;

const DISK: u32 = 8 * 1024 * 1024;
const BODY: usize = 1024 * 1024;

struct Sender<'a> {
    place: &'a Place,
    client: Client,
}

impl<'a> Sender<'a> {
    fn to(place: &'a Place) -> Self {
        Self { place, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn deliver(&self, body: Vec<u8>) -> u16 {
        let signed = signature(APP_SECRET, &body);
        let request = self.client.post(format!("http://{}{SHARED}", self.place.address));
        request.header("x-hub-signature-256", signed).body(body).send().await.unwrap().status().as_u16()
    }

    async fn look(&self, path: &str) -> u16 {
        self.client.get(format!("http://{}{path}", self.place.address)).send().await.unwrap().status().as_u16()
    }

    async fn kept(&self) -> Vec<Vec<u8>> {
        self.place.database.bytes("select body from deliveries order by id").await
    }
}

fn large(number: usize) -> Vec<u8> {
    format!("{{\"number\":{number},\"padding\":\"{}\"}}", "x".repeat(BODY)).into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_meta_is_asked_to_come_again_until_there_is_room() {
    let place = Place::new(Kind::Sqlite).await;
    let (server, sender) = (place.serve_on_small_disk(DISK), Sender::to(&place));
    let mut answered = Vec::new();
    let refused = loop {
        match sender.deliver(large(answered.len())).await {
            200 => answered.push(large(answered.len())),
            status => break status,
        }
        assert!(answered.len() < 100, "a hundred megabytes fit onto a disk of eight");
    };
    assert!(refused == 503 && !answered.is_empty(), "{refused} after {}", answered.len());
    assert_eq!((sender.look("/readyz").await, sender.look("/healthz").await), (503, 200));
    server.make_room();
    // Nobody has to bring anything for that.
    soon(async || (sender.look("/readyz").await == 200).then_some(())).await;
    assert_eq!(sender.deliver(large(answered.len())).await, 200);
    answered.push(large(answered.len()));
    assert!(sender.kept().await == answered, "what was answered is there, and nothing else");
    // Nor is anything else left waiting for a restart.
    const WAITING: &str = "select cast(id as text) from deliveries where state = 'waiting'";
    soon(async || place.database.texts(WAITING).await.is_empty().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_database_says_nothing_meta_is_asked_to_come_again_until_it_speaks() {
    let place = Place::new(Kind::Postgres).await;
    let line = Line::to(&place.database.url()).await;
    let (_server, sender) = (place.serve(&[("DATABASE_URL", &line.url)]), Sender::to(&place));
    assert_eq!(sender.deliver(b"{\"before\":1}".to_vec()).await, 200);
    line.silence();
    assert_eq!(sender.deliver(b"{\"lost\":1}".to_vec()).await, 503);
    assert_eq!(sender.look("/readyz").await, 503);
    line.mend();
    soon(async || (sender.deliver(b"{\"after\":1}".to_vec()).await == 200).then_some(())).await;
    assert_eq!(sender.kept().await, [b"{\"before\":1}", b"{\"after\":1}".as_slice()]);
}
