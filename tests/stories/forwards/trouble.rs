//! Endpoints that fail, hang, redirect, or lead where nobody may go.

use super::{Place, Receiver, is_signed_by};
use crate::support::{Kind, readable, soon};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const HALF_A_DAY: i64 = 12 * 3_600_000;

both!(
    a_request_is_tried_for_three_days_then_kept_and_sent_again_at_a_press,
    one_slow_endpoint_does_not_delay_another,
    one_event_that_fails_does_not_hold_up_those_behind_it,
    an_endpoint_that_comes_back_gets_everything,
    after_days_of_failure_it_is_switched_off_and_said_so,
    a_failure_after_a_long_silence_switches_nothing_off,
    an_endpoint_that_is_gone_is_never_asked_again,
    an_answer_that_breaks_off_counts_by_its_status,
    redirects_are_followed_only_where_that_is_safe,
    a_name_that_leads_inside_is_refused_when_it_is_asked,
    a_restart_keeps_the_queue,
    another_address_gets_what_waited,
    a_turn_under_way_does_not_undo_another_address,
);

async fn a_request_is_tried_for_three_days_then_kept_and_sent_again_at_a_press(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer_status(503);
    let (id, secret) = place.forward(&receiver.base, json!({})).await;
    let began = place.world.clock.now();
    let event = place.receive("wamid.1").await;
    soon(async || {
        place.pass_until_due().await;
        (place.shown(&id).await["dead"] == 1).then_some(())
    })
    .await;
    let hours = place.world.clock.now().since(began) / 3_600_000;
    assert!((70..=82).contains(&hours), "{hours} hours");
    let heard = receiver.heard();
    assert_eq!(heard.len(), 15);
    let names: BTreeSet<_> = heard.iter().map(|heard| heard.header("webhook-id").unwrap().to_owned()).collect();
    assert_eq!(names, BTreeSet::from([event]), "each time under the same name");
    assert!(heard.iter().all(|heard| is_signed_by(&secret, heard)));
    let page = place.page(&id).await;
    assert!(page.contains("1 request was given up."), "{page}");
    assert!(page.contains("It failed on its own side.") && page.contains("attempt 15"), "{page}");
    receiver.answer_status(200);
    place.press("replay_dead", &id).await;
    place.until(&id, |shown| shown["dead"] == 0 && shown["queued"] == 0).await;
    assert_eq!(receiver.heard().len(), 16);
    let audit = place.world.database.texts("select action from audit where action like 'forward_%' order by id").await;
    assert_eq!(audit, ["forward_made", "forward_dead_replayed"]);
}

async fn one_slow_endpoint_does_not_delay_another(kind: Kind) {
    let place = Place::new(kind).await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.hold(true);
    place.forward(&slow.base, json!({})).await;
    place.forward(&quick.base, json!({})).await;
    for number in 0..5 {
        place.receive(&format!("wamid.{number}")).await;
        quick.until(number + 1).await;
    }
    assert_eq!(slow.heard().len(), 1, "it still thinks about the first");
    slow.hold(false);
    slow.until(5).await;
}

async fn one_event_that_fails_does_not_hold_up_those_behind_it(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer(|heard| {
        let bad = heard.json()["messageId"] == "wamid.1";
        if bad { StatusCode::UNPROCESSABLE_ENTITY.into_response() } else { "ok".into_response() }
    });
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    for number in 0..4 {
        place.deliver(&format!("wamid.{number}")).await;
    }
    let heard = receiver.until(4).await;
    let ids: BTreeSet<String> =
        heard.iter().map(|heard| heard.json()["messageId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(place.until(&id, |shown| shown["queued"] == 1).await["state"], "on");
}

async fn an_endpoint_that_comes_back_gets_everything(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer_status(500);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    for number in 0..10 {
        place.receive(&format!("wamid.{number}")).await;
    }
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    let tried = receiver.heard().len();
    assert!(tried < 20, "an endpoint that is down is left alone: {tried}");
    receiver.answer_status(200);
    let waiting = place.shown(&id).await["queued"].as_i64().unwrap();
    assert_eq!(waiting, 10);
    // A minute later whichever is next goes through, and takes all others along.
    place.world.clock.advance(400_000);
    place.until(&id, |shown| shown["queued"] == 0 && shown["failingSince"].is_null()).await;
    let received: BTreeSet<String> =
        receiver.heard()[tried..].iter().map(|heard| heard.json()["messageId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(received.len(), 10);
}

async fn after_days_of_failure_it_is_switched_off_and_said_so(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer_status(500);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    fails_once(&place, &receiver, "wamid.1").await;
    for half_day in 1.. {
        place.world.clock.advance(HALF_A_DAY);
        fails_once(&place, &receiver, &format!("wamid.half-day-{half_day}")).await;
        if place.shown(&id).await["state"] == "disabled" {
            assert_eq!(half_day, 10, "five days");
            break;
        }
    }
    let told = "Forwarding to “Booking” is switched off.";
    for page in ["/settings/forwarding", "/core/whatsapp-api/configurations"] {
        assert!(readable(&place.admin.page(page).await).contains(told), "{page}");
    }
    let viewer = place.world.person(greentick::domain::user::Role::Viewer).await;
    assert!(!readable(&viewer.page("/core/whatsapp-api/configurations").await).contains("Forwarding to"));
    let page = place.page(&id).await;
    assert!(page.contains("Greentick has switched this forward off.Nothing went through for 5 days."), "{page}");
    let audit = place.world.database.texts("select actor from audit where action = 'forward_disabled'").await;
    assert_eq!(audit, ["Greentick"]);
    let (before, waiting) = (receiver.heard().len(), place.shown(&id).await["queued"].as_u64().unwrap());
    place.receive("wamid.2").await;
    receiver.answer_status(200);
    assert_eq!(place.shown(&id).await["queued"], waiting + 1, "what comes waits");
    place.press("switch_forward", &id).await;
    place.until(&id, |shown| shown["queued"] == 0 && shown["state"] == "on").await;
    assert_eq!(receiver.heard().len() as u64, before as u64 + waiting + 1);
}

/// An event comes, and its request is refused.
async fn fails_once(place: &Place, receiver: &Receiver, message: &str) {
    let before = receiver.heard().len();
    place.receive(message).await;
    soon(async || (receiver.heard().len() > before).then_some(())).await;
    place.turn_over().await;
}

async fn a_failure_after_a_long_silence_switches_nothing_off(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer_status(500);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    fails_once(&place, &receiver, "wamid.1").await;
    place.world.clock.advance(12 * HALF_A_DAY);
    fails_once(&place, &receiver, "wamid.2").await;
    assert_eq!(place.shown(&id).await["state"], "on");
}

async fn an_answer_that_breaks_off_counts_by_its_status(kind: Kind) {
    let place = Place::new(kind).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = socket.read(&mut [0; 16_384]).await;
            count.fetch_add(1, Ordering::SeqCst);
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12").await;
            // Hung up in order, with all that was sent taken: only the answer has no end.
            let _ = socket.shutdown().await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
        }
    });
    let (id, _) = place.forward(&address, json!({})).await;
    place.receive("wamid.1").await;
    soon(async || (asked.load(Ordering::SeqCst) > 0).then_some(())).await;
    place.until(&id, |shown| shown["queued"] == 0 && shown["failingSince"].is_null()).await;
    place.receive("wamid.2").await;
    place.until(&id, |shown| shown["queued"] == 0 && asked.load(Ordering::SeqCst) == 2).await;
}

async fn an_endpoint_that_is_gone_is_never_asked_again(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer_status(410);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    place.receive("wamid.1").await;
    place.until(&id, |shown| shown["state"] == "disabled").await;
    assert!(place.page(&id).await.contains("it is gone for good"));
    place.receive("wamid.2").await;
    assert_eq!(receiver.heard().len(), 1);
}

async fn redirects_are_followed_only_where_that_is_safe(kind: Kind) {
    let place = Place::new(kind).await;
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let there = format!("{}/there", second.base);
    first.answer(move |_| Redirect::temporary(&there).into_response());
    let header = json!({"headerName": "X-Api-Key", "headerValue": "let me in"});
    let (id, _) = place.forward(&first.base, header).await;
    place.receive("wamid.1").await;
    place.until(&id, |shown| shown["lastSuccessAt"].is_string()).await;
    let heard = second.heard().remove(0);
    assert_eq!((heard.method.as_str(), heard.path.as_str(), heard.header("x-api-key")), ("POST", "/there", None));
    assert_eq!(first.heard()[0].header("x-api-key"), Some("let me in"));
    // 127.0.0.2 is this machine as well, and is not allowed.
    let inside = Receiver::at("127.0.0.2:0").await;
    let there = inside.base.clone();
    first.answer(move |_| Redirect::temporary(&there).into_response());
    place.press("test_forward", &id).await;
    assert!(place.page(&id).await.contains("It leads to this machine or a private network"));
    assert!(inside.heard().is_empty());
    let there = second.base.clone();
    first.answer(move |_| Redirect::to(&there).into_response());
    place.press("test_forward", &id).await;
    assert!(place.page(&id).await.contains("Failed 303It redirects elsewhere."));
    assert_eq!(second.heard().len(), 1);
}

async fn a_name_that_leads_inside_is_refused_when_it_is_asked(kind: Kind) {
    let mut place = Place::new(kind).await;
    let receiver = Receiver::start().await;
    let address = receiver.base.replace("127.0.0.1", "localhost");
    let settings =
        |given: &mut greentick::server::config::Given| given.forward_networks = Some("127.0.0.1,::1".to_owned());
    place.world.restart(settings).await;
    let (id, _) = place.forward(&address, json!({})).await;
    place.press("test_forward", &id).await;
    assert_eq!(receiver.heard().len(), 1);
    place.world.restart(|given| given.forward_networks = None).await;
    place.press("test_forward", &id).await;
    place.receive("wamid.1").await;
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    let page = place.page(&id).await;
    assert!(
        page.contains(
            "It leads to this machine or a private network, which GREENTICK_FORWARD_NETWORKS does not allow."
        ),
        "{page}"
    );
    assert_eq!(receiver.heard().len(), 1);
}

async fn a_restart_keeps_the_queue(kind: Kind) {
    let (mut place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer_status(500);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    let event = place.receive("wamid.1").await;
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    receiver.answer_status(200);
    let before = receiver.heard().len();
    place.world.restart(|_| {}).await;
    place.world.clock.advance(600_000);
    place.until(&id, |shown| shown["queued"] == 0).await;
    let heard = receiver.heard();
    assert_eq!(heard.len(), before + 1);
    assert_eq!(heard[before].header("webhook-id"), Some(event.as_str()));
}

async fn another_address_gets_what_waited(kind: Kind) {
    let place = Place::new(kind).await;
    let (wrong, right) = (Receiver::start().await, Receiver::start().await);
    wrong.answer_status(404);
    let (id, _) = place.forward(&wrong.base, json!({})).await;
    for number in 0..3 {
        place.receive(&format!("wamid.{number}")).await;
    }
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    let path = format!("{}/{id}", super::LIST);
    let change = json!({"url": right.base});
    assert_eq!(place.program.send_json(reqwest::Method::PATCH, &path, &[], &change).await.status, 200);
    let heard = right.until(3).await;
    assert_eq!(heard.len(), 3);
    place.until(&id, |shown| shown["queued"] == 0 && shown["failingSince"].is_null()).await;
}

async fn a_turn_under_way_does_not_undo_another_address(kind: Kind) {
    let place = Place::new(kind).await;
    let (wrong, right) = (Receiver::start().await, Receiver::start().await);
    wrong.hold(true);
    let (id, _) = place.forward(&wrong.base, json!({})).await;
    place.receive("wamid.1").await;
    wrong.until(1).await;
    let change = json!({"url": right.base});
    let path = format!("{}/{id}", super::LIST);
    assert_eq!(place.program.send_json(reqwest::Method::PATCH, &path, &[], &change).await.status, 200);
    // The old one says that it is gone for good.
    wrong.answer_status(410);
    wrong.hold(false);
    right.until(1).await;
    let shown = place.until(&id, |shown| shown["queued"] == 0).await;
    assert_eq!((&shown["state"], shown["failingSince"].is_null()), (&json!("on"), true), "{shown}");
    let disabled = "select id from audit where action = 'forward_disabled'";
    assert_eq!(place.world.database.texts(disabled).await, [""; 0]);
}
