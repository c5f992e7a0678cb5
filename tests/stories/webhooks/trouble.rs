//! Slow senders, half requests, a database that does not write.

use super::{SHARED, signature};
use crate::support::{Kind, Wishes, World, soon};
use futures_util::future::join_all;
use greentick::server::listen::listen;
use greentick::server::operations::pulse::Refused;
use greentick::server::router::router;
use greentick::server::store::{NewDelivery, NotKept, Signer};
use sandbox::fixtures::APP_SECRET;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::coop::unconstrained;

both!(
    a_body_that_does_not_come_is_given_up,
    a_body_that_breaks_off_is_refused,
    more_than_three_megabytes_are_refused,
    an_unknown_address_is_refused_before_the_body_is_read,
    half_a_head_is_given_up,
    when_the_database_fails_meta_is_asked_to_come_again,
    what_has_no_room_in_memory_is_refused_until_there_is_room,
    while_the_database_is_stuck_a_line_waits_and_no_more,
);

async fn idle(kind: Kind) -> World {
    World::with(kind, Wishes { idle: true, ..Wishes::default() }).await
}

impl World {
    /// A request as written, without its end unless that is in it.
    async fn wire(&self, path: &str, headers: &str, body: &[u8]) -> TcpStream {
        let address = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let signature = signature(APP_SECRET, body);
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nx-hub-signature-256: {signature}\r\n{headers}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        stream
    }

    fn refused(&self, why: Refused) -> u64 {
        self.services().pulse.refused(why)
    }
}

async fn status(mut stream: TcpStream) -> String {
    let mut line = [0; 12];
    stream.read_exact(&mut line).await.unwrap();
    String::from_utf8(line.to_vec()).unwrap()
}

async fn a_body_that_does_not_come_is_given_up(kind: Kind) {
    let world = idle(kind).await;
    let stream = world.wire(SHARED, "content-length: 1000", b"{\"slow\":").await;
    assert_eq!(status(stream).await, "HTTP/1.1 408");
    assert_eq!((world.refused(Refused::Slow), world.kept().await.len()), (1, 0));
}

async fn a_body_that_breaks_off_is_refused(kind: Kind) {
    let world = idle(kind).await;
    let stream = world.wire(SHARED, "content-length: 1000", b"{\"half\":").await;
    drop(stream);
    soon(async || (world.refused(Refused::Incomplete) == 1).then_some(())).await;
    let chunks = world.wire(SHARED, "transfer-encoding: chunked", b"no length of a chunk\r\n").await;
    assert_eq!(status(chunks).await, "HTTP/1.1 400");
    assert_eq!((world.refused(Refused::Incomplete), world.kept().await.len()), (2, 0));
}

async fn more_than_three_megabytes_are_refused(kind: Kind) {
    let world = idle(kind).await;
    let claimed = world.wire(SHARED, "content-length: 3145729", b"").await;
    assert_eq!(status(claimed).await, "HTTP/1.1 413");
    let piece = [b"300001\r\n".to_vec(), vec![b' '; 3 * 1024 * 1024 + 1]].concat();
    let streamed = world.wire(SHARED, "transfer-encoding: chunked", &piece).await;
    assert_eq!(status(streamed).await, "HTTP/1.1 413");
    assert_eq!((world.refused(Refused::TooLarge), world.kept().await.len()), (2, 0));
}

async fn an_unknown_address_is_refused_before_the_body_is_read(kind: Kind) {
    let world = idle(kind).await;
    let stream = world.wire(&format!("{SHARED}/nobody"), "content-length: 1000", b"").await;
    assert_eq!(status(stream).await, "HTTP/1.1 404");
}

async fn when_the_database_fails_meta_is_asked_to_come_again(kind: Kind) {
    let world = idle(kind).await;
    let ready = async || world.browser().get("/readyz").await.status;
    assert_eq!((world.deliver(b"{}").await, ready().await), (200, 200));
    world.database.execute("alter table deliveries rename to elsewhere", &[]).await;
    assert_eq!((world.deliver(b"{}").await, ready().await), (503, 503));
    let health = world.browser().get(&format!("{SHARED}/health")).await;
    assert_eq!((health.status, &health.json()["components"]["intake"]), (503, &"failing".into()));
    assert_eq!(world.refused(Refused::NotKept), 1);
    world.database.execute("alter table elsewhere rename to deliveries", &[]).await;
    // Nobody has to bring anything for that.
    soon(async || (ready().await == 200).then_some(())).await;
    assert_eq!((world.deliver(b"{}").await, world.kept().await.len()), (200, 2));
}

async fn half_a_head_is_given_up(kind: Kind) {
    let world = idle(kind).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, told) = watch::channel(false);
    let server = tokio::spawn(listen(listener, router(world.app.clone()), Duration::from_millis(200), told));
    for begun in ["", "POST /api/webhooks/whatsapp HTTP/1.1\r\nhost: half"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // One whole request before it changes nothing.
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: whole\r\n\r\n").await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        assert!(heard.starts_with("HTTP/1.1 200") && heard.ends_with("alive\n"), "{heard}");
    }
    stop.send_replace(true);
    server.await.unwrap();
}

async fn what_has_no_room_in_memory_is_refused_until_there_is_room(kind: Kind) {
    let world = idle(kind).await;
    let mut room = world.services().intake.room();
    room.grow(64 * 1024 * 1024 - 1).unwrap();
    assert_eq!((world.deliver(b"{}").await, world.refused(Refused::Full)), (503, 1));
    drop(room);
    assert_eq!((world.deliver(b"{}").await, world.kept().await.len()), (200, 1));
}

async fn while_the_database_is_stuck_a_line_waits_and_no_more(kind: Kind) {
    const BROUGHT: usize = 5_000;
    let world = idle(kind).await;
    let intake = &world.services().intake;
    let hold = world.database.hold().await;
    let bring = async || {
        let delivery = NewDelivery { signer: Signer { app_id: None, own: None }, body: b"{}".to_vec() };
        intake.keep(delivery, intake.room()).await
    };
    // All have come to the line, or were sent away, once these are looked at for the first time.
    let all = unconstrained(join_all((0..BROUGHT).map(|_| bring())));
    let (ends, ()) = tokio::join!(all, async { drop(hold) });
    let refused = ends.iter().filter(|end| **end == Err(NotKept::Full)).count();
    let kept = ends.iter().filter(|end| end.is_ok()).count();
    assert!(refused > 0 && kept >= 4_096, "{refused} {kept}");
    assert_eq!((refused + kept, world.kept().await.len()), (BROUGHT, kept));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_server_is_stuck_meta_is_asked_to_come_again_and_nothing_appears_later() {
    let world = idle(Kind::Postgres).await;
    let ready = async || world.browser().get("/readyz").await.status;
    assert_eq!(world.deliver(b"{}").await, 200);
    let hold = world.database.hold().await;
    assert_eq!((world.deliver(b"{\"lost\":1}").await, ready().await), (503, 503));
    drop(hold);
    soon(async || (ready().await == 200).then_some(())).await;
    assert_eq!((world.deliver(b"[]").await, world.kept().await.len()), (200, 2));
}
