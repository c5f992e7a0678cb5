//! Live events over a WebSocket.

use crate::support::{Kind, SIMPLE, World};
use futures_util::{SinkExt, StreamExt};
use greentick::domain::api_key::Scope;
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use greentick::server::jobs;
use greentick::server::operations::list_events::EventStream;
use greentick::server::operations::live_events::{Feed, Place};
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role as Side;

both!(
    events_come_as_they_are_kept_and_go_on_where_one_left_off,
    only_the_callers_own_workspace_is_heard,
    another_sites_page_is_refused,
    one_who_does_not_read_holds_up_nobody,
    a_line_holds_little_at_a_time,
    nobody_takes_the_lines_of_all_others,
    a_server_that_stops_says_so,
);

type Socket = WebSocketStream<TcpStream>;

impl World {
    /// `Err` with the status of a refusal.
    async fn listen(&self, query: &str, headers: &[(&str, String)]) -> Result<Socket, u16> {
        let host = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).await.unwrap();
        let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "GET /api/events/ws?{query} HTTP/1.1\r\nhost: {host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        match head.split(' ').nth(1).unwrap().parse().unwrap() {
            101 => Ok(WebSocketStream::from_raw_socket(stream, Side::Client, None).await),
            refused => Err(refused),
        }
    }

    async fn listen_with_key(&self, workspace: &str, query: &str) -> Result<Socket, u16> {
        let key = self.program_of(workspace, Scope::Read, None).await.key;
        self.listen(query, &[("authorization", format!("Bearer {key}"))]).await
    }

    async fn connected_number(kind: Kind) -> (Self, ConnectionId) {
        let world = Self::start(kind).await;
        let id = world.connect(&world.person(Role::Admin).await, SIMPLE).await;
        (world, id)
    }
}

async fn heard(socket: &mut Socket) -> Message {
    timeout(Duration::from_secs(30), socket.next())
        .await
        .expect("something is said")
        .expect("the line is open")
        .unwrap()
}

async fn event(socket: &mut Socket) -> Value {
    serde_json::from_str(heard(socket).await.to_text().unwrap()).unwrap()
}

async fn events_come_as_they_are_kept_and_go_on_where_one_left_off(kind: Kind) {
    let (world, id) = World::connected_number(kind).await;
    let before = world.receive(&id, "wamid.before", "before").await;
    let mut socket = world.listen_with_key("default", "").await.unwrap();
    let kept = world.receive(&id, "wamid.1", "Olá").await;
    assert_eq!(event(&mut socket).await, kept.to_json(), "from now on, in the one shape");
    socket.close(None).await.unwrap();
    world.receive(&id, "wamid.2", "while nobody listened").await;
    let after = format!("after={}", before.seq);
    let mut again = world.listen_with_key("default", &after).await.unwrap();
    world.receive(&id, "wamid.3", "afterwards").await;
    let mut wamids = Vec::new();
    for _ in 0..3 {
        wamids.push(event(&mut again).await["messageId"].as_str().unwrap().to_owned());
    }
    assert_eq!(wamids, ["wamid.1", "wamid.2", "wamid.3"]);
}

async fn only_the_callers_own_workspace_is_heard(kind: Kind) {
    let (world, id) = World::connected_number(kind).await;
    let refused = async |workspace: &str, query: &str| world.listen_with_key(workspace, query).await.err();
    assert_eq!(refused("second", &format!("connection={id}")).await, Some(404));
    assert_eq!(refused("default", "kind=message.sung").await, Some(422));
    assert_eq!(world.listen("", &[]).await.err(), Some(401));
    assert_eq!(world.listen("", &[("authorization", "Bearer gt_wrong".to_owned())]).await.err(), Some(401));
    let mut stranger = world.listen_with_key("second", "after=0").await.unwrap();
    let mut own =
        world.listen_with_key("default", &format!("after=0&connection={id}&kind=message.received")).await.unwrap();
    world.receive(&id, "wamid.1", "Olá").await;
    assert_eq!(event(&mut own).await["messageId"], "wamid.1");
    // All that the stranger ever hears is the end.
    world.services().feed.close().await;
    assert!(heard(&mut stranger).await.is_close());
}

async fn another_sites_page_is_refused(kind: Kind) {
    let (world, _) = World::connected_number(kind).await;
    let support = world.person(Role::Support).await;
    let cookie = ("cookie", support.cookie().unwrap());
    let from = |origin: &str| ("origin", origin.to_owned());
    assert_eq!(world.listen("", std::slice::from_ref(&cookie)).await.err(), Some(403));
    assert_eq!(world.listen("", &[cookie.clone(), from("https://evil.example")]).await.err(), Some(403));
    let viewer = ("cookie", world.person(Role::Viewer).await.cookie().unwrap());
    assert_eq!(world.listen("", &[viewer, from(&world.origin)]).await.err(), Some(403));
    assert!(world.listen("", &[cookie, from(&world.origin)]).await.is_ok());
}

async fn one_who_does_not_read_holds_up_nobody(kind: Kind) {
    let (world, id) = World::connected_number(kind).await;
    let asleep = world.listen_with_key("default", "after=0").await.unwrap();
    let mut awake = world.listen_with_key("default", "after=0").await.unwrap();
    // More than the system keeps for a line that nobody reads.
    let long = "a".repeat(200_000);
    for number in 0..60 {
        world.receive(&id, &format!("wamid.{number}"), &long).await;
        assert_eq!(event(&mut awake).await["messageId"], format!("wamid.{number}"));
    }
    drop(asleep);
    awake.send(Message::Ping("there?".into())).await.unwrap();
    assert_eq!(heard(&mut awake).await, Message::Pong("there?".into()));
}

async fn a_line_holds_little_at_a_time(kind: Kind) {
    let (world, id) = World::connected_number(kind).await;
    for (number, length) in [100_000, 100_000, 100_000, 1_000_000, 10].into_iter().enumerate() {
        world.receive(&id, &format!("wamid.{number}"), &"x".repeat(length)).await;
    }
    let stream = EventStream::find(world.services(), &world.workspace("default").await, None, None).await.unwrap();
    let mut place = Place::find(world.services(), stream, Some(0)).await.unwrap();
    let mut pieces = Vec::new();
    while pieces.iter().sum::<usize>() < 5 {
        let events = place.next().await.unwrap();
        let bytes: usize = events.iter().map(String::len).sum();
        assert!(events.len() == 1 || bytes < 300_000, "{} events of {bytes} bytes", events.len());
        pieces.push(events.len());
    }
    assert_eq!(pieces, [2, 1, 1, 1], "none is left out, however long");
}

async fn nobody_takes_the_lines_of_all_others(kind: Kind) {
    let (world, _) = World::connected_number(kind).await;
    let key = world.program(Scope::Read).await.key;
    let header = [("authorization", format!("Bearer {key}"))];
    let mut held = Vec::new();
    let refused = loop {
        match world.listen("", &header).await {
            Ok(socket) => held.push(socket),
            Err(status) => break status,
        }
    };
    assert_eq!((held.len(), refused), (100, 503));
    let mut other = world.listen_with_key("default", "").await.unwrap();
    other.send(Message::Ping("there?".into())).await.unwrap();
    assert_eq!(heard(&mut other).await, Message::Pong("there?".into()));
    held.pop().unwrap().close(None).await.unwrap();
    crate::support::soon(async || world.listen("", &header).await.ok()).await;
}

async fn a_server_that_stops_says_so(kind: Kind) {
    let (world, _) = World::connected_number(kind).await;
    let mut socket = world.listen_with_key("default", "").await.unwrap();
    world.services().feed.close().await;
    let Message::Close(Some(frame)) = heard(&mut socket).await else { panic!("it says good-bye") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1001, "the server stops"));
    assert_eq!(world.listen_with_key("default", "").await.err(), Some(503), "nobody is let in any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_hears_of_an_event_at_once_also_after_its_line_broke() {
    let (world, id) = World::connected_number(Kind::Postgres).await;
    let mut services = world.another_node().await.services.clone();
    // Looking by itself would come too late for this story.
    services.feed = Feed::looking_every(Duration::from_secs(3_600));
    let (_stop, stopped) = watch::channel(false);
    let work = tokio::spawn(jobs::run(services.clone(), stopped));
    let workspace = world.workspace("default").await;
    let stream = EventStream::find(&services, &workspace, None, None).await.unwrap();
    let mut place = Place::find(&services, stream, None).await.unwrap();
    for round in 0..4 {
        if round == 2 {
            let cut = "select cast(pg_terminate_backend(pid) as text) from pg_stat_activity \
                where datname = current_database() and query like 'LISTEN%'";
            assert!(!world.database.texts(cut).await.is_empty(), "somebody listens");
        }
        let wamid = format!("wamid.{round}");
        let heard = timeout(Duration::from_secs(60), place.next());
        let (heard, _) = tokio::join!(heard, world.receive(&id, &wamid, "Olá"));
        let heard = heard.expect("it is told").unwrap();
        assert!(heard.len() == 1 && heard[0].contains(&wamid), "{heard:?}");
    }
    work.abort();
}
