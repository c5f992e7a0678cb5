//! Several nodes at work on one database.

use super::{Place, Receiver, deliver_to};
use crate::support::Kind;
use greentick::server::listen::{HEAD_WITHIN, listen};
use greentick::server::{jobs, router};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_send_each_event_once_and_in_order() {
    let (mut place, receiver) = (Place::new(Kind::Postgres).await, Receiver::start().await);
    let app = place.world.another_node().await;
    let (stop, stopped) = watch::channel(false);
    let work = tokio::spawn(jobs::run(app.services.clone(), stopped));
    let (open, told) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bases = [place.world.base.clone(), format!("http://{}", listener.local_addr().unwrap())];
    let server = tokio::spawn(listen(listener, router::router(app), HEAD_WITHIN, told));
    place.forward(&receiver.base, json!({})).await;
    let both_receive = async |round: usize| {
        for number in 0..20 {
            let [one, other] = [0, 1].map(|node| format!("wamid.{round}.{number}.{node}"));
            tokio::join!(deliver_to(&bases[0], &one), deliver_to(&bases[1], &other));
        }
    };
    both_receive(0).await;
    receiver.until(40).await;
    // Each in its turn works alone, and takes on what the other has received.
    place.world.rest().await;
    both_receive(1).await;
    receiver.until(80).await;
    place.world.work();
    stop.send_replace(true);
    work.await.unwrap();
    both_receive(2).await;
    let heard = receiver.until(120).await;
    place.turn_over().await;
    open.send_replace(true);
    server.await.unwrap();
    let sent: Vec<&str> = heard.iter().map(|heard| heard.header("webhook-id").unwrap()).collect();
    assert_eq!(sent, place.world.database.texts("select id from events order by seq").await);
    assert_eq!(receiver.heard().len(), 120);
}
