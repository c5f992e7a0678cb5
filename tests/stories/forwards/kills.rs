//! Killed while a request is under way: it may come twice, and is never lost.

use super::deliver_to;
use crate::process::kills::{admin, log_in, way_back};
use crate::process::server::Place;
use crate::support::{Kind, Receiver, soon};

both!(killed_while_it_sends_nothing_is_lost);

async fn killed_while_it_sends_nothing_is_lost(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let inside = [("GREENTICK_FORWARD_NETWORKS", "127.0.0.1")];
    let browser = admin(&place).await;
    let server = place.serve(&inside);
    log_in(&browser).await;
    let back = way_back(&place, &browser).await;
    browser.get(&back).await;
    soon(async || (browser.call("newest_signup", &[]).await.json()["stage"] == "done").then_some(())).await;
    let form = [("name", "Desk"), ("url", receiver.base.as_str()), ("format", "greentick"), ("headerName", "")];
    assert_eq!(browser.post("/settings/forwarding/new", &form).await.status, 200);
    receiver.hold(true);
    for number in 0..3 {
        deliver_to(&format!("http://{}", place.address), &format!("wamid.{number}")).await;
    }
    let first = receiver.until(1).await.remove(0);
    server.kill();
    receiver.hold(false);
    if kind == Kind::Postgres {
        // On Postgres a silent node's forwards are another's after a minute; on SQLite at once.
        place.database.execute("update forwards set leased_until = 0 where state = $1", &["on"]).await;
    }
    let _server = place.serve(&inside);
    let heard = receiver.until(4).await;
    let names: Vec<String> = heard.iter().map(|heard| heard.json()["messageId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["wamid.0", "wamid.0", "wamid.1", "wamid.2"]);
    assert_eq!(heard[1].header("webhook-id"), first.header("webhook-id"), "under the same name");
}
