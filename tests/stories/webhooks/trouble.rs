//! Slow senders, half requests, a database that does not write.

use super::{SHARED, signature};
use crate::support::{Kind, Wishes, World, soon};
use greentick::server::operations::pulse::Refused;
use sandbox::fixtures::APP_SECRET;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

both!(
    a_body_that_does_not_come_is_given_up,
    a_body_that_breaks_off_is_refused,
    more_than_three_megabytes_are_refused,
    an_unknown_address_is_refused_before_the_body_is_read,
    when_the_database_fails_meta_is_asked_to_come_again,
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
