//! How often and for how long a request is tried, and what one that fails means for the others.

use super::sending::statuses;
use super::{LIST, Place, Receiver};
use crate::support::{Kind, soon};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use greentick::server::operations::forward_events::tidy_forwards;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const DAY: i64 = 24 * 3_600_000;

both!(
    thirty_events_that_it_refuses_hold_up_no_good_one,
    a_thousand_events_that_it_refuses_hold_up_no_good_one,
    beyond_ten_thousand_what_is_refused_is_given_up_at_once,
    what_was_never_tried_goes_before_what_failed,
    what_was_never_tried_goes_before_what_was_hurried,
    a_request_is_given_up_by_its_age_however_often_it_was_hurried,
    when_it_asks_for_a_pause_it_gets_one,
    what_waits_for_another_number_is_not_sent,
    passing_over_other_kinds_is_no_sign_of_life,
    an_answer_that_drips_counts_by_its_status,
    a_thousand_that_were_given_up_are_sent_again_and_removed,
    what_was_given_up_is_kept_no_longer_than_its_events,
);

/// Refuses whatever has `bad` in its message's id.
fn refuse_bad(receiver: &Receiver, status: StatusCode) {
    receiver.answer(move |heard| {
        let bad = heard.json()["messageId"].as_str().is_some_and(|id| id.contains("bad"));
        if bad { status.into_response() } else { "ok".into_response() }
    });
}

impl Place {
    async fn thirty_bad(&self, receiver: &Receiver) {
        for number in 0..30 {
            self.deliver(&format!("wamid.bad{number}")).await;
        }
        receiver.until(30).await;
    }

    /// Requests that have failed before, about events that are no longer kept: `waiting`, for long, or `dead`.
    async fn failed_before(&self, forward: &str, state: &str, count: usize) {
        let died = if state == "dead" { self.world.clock.now().0.to_string() } else { "null".to_owned() };
        self.world.database.script(format!(
            "insert into forward_items (id, forward_id, connection_id, delivery_id, first_seq, last_seq, state, attempts, due_at, created_at, died_at) \
            with recursive n(i) as (select 1 union all select i + 1 from n where i < {count}) \
            select 'item' || i, '{forward}', '{}', 1, i, i, '{state}', 5, 4000000000000, 0, cast({died} as bigint) from n",
            self.id
        )).await;
    }
}

fn message_ids(receiver: &Receiver) -> Vec<String> {
    receiver.heard().iter().map(|heard| heard.json()["messageId"].as_str().unwrap_or_default().to_owned()).collect()
}

async fn thirty_events_that_it_refuses_hold_up_no_good_one(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    refuse_bad(&receiver, StatusCode::UNPROCESSABLE_ENTITY);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    place.thirty_bad(&receiver).await;
    place.receive("wamid.good").await;
    soon(async || message_ids(&receiver).contains(&"wamid.good".to_owned()).then_some(())).await;
    let shown = place.until(&id, |shown| shown["lastSuccessAt"].is_string()).await;
    assert_eq!((&shown["queued"], &shown["state"]), (&json!(30), &json!("on")));
    assert_eq!(place.world.database.texts("select cast(failures as text) from forwards").await, ["0"]);
}

async fn a_thousand_events_that_it_refuses_hold_up_no_good_one(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    place.failed_before(&id, "waiting", 1_001).await;
    place.receive("wamid.good").await;
    receiver.until(1).await;
    place.until(&id, |shown| shown["queued"] == 1_001).await;
}

async fn beyond_ten_thousand_what_is_refused_is_given_up_at_once(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    refuse_bad(&receiver, StatusCode::BAD_REQUEST);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    place.failed_before(&id, "waiting", 10_000).await;
    place.receive("wamid.bad").await;
    place.until(&id, |shown| shown["dead"] == 1 && shown["queued"] == 10_000).await;
    assert!(place.page(&id).await.contains("1 request was given up."));
    place.receive("wamid.good").await;
    receiver.until(2).await;
    // An endpoint that is away is another matter: its requests have their three days.
    receiver.answer_status(503);
    place.receive("wamid.away").await;
    receiver.until(3).await;
    place.turn_over().await;
    let shown = place.shown(&id).await;
    assert_eq!((&shown["dead"], &shown["queued"]), (&json!(1), &json!(10_001)));
}

async fn what_was_never_tried_goes_before_what_failed(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    refuse_bad(&receiver, StatusCode::UNPROCESSABLE_ENTITY);
    place.forward(&receiver.base, json!({})).await;
    place.thirty_bad(&receiver).await;
    receiver.hold(true);
    // All of them are due once more; while the first of them waits for its answer, something new comes.
    place.world.clock.advance(10_000);
    receiver.until(31).await;
    place.receive("wamid.good").await;
    receiver.hold(false);
    receiver.until(61).await;
    let good = message_ids(&receiver).iter().position(|id| id == "wamid.good");
    // Those of the turn under way, and not all the others.
    assert!(good.is_some_and(|place| place <= 50), "{good:?}");
}

async fn what_was_never_tried_goes_before_what_was_hurried(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    refuse_bad(&receiver, StatusCode::UNPROCESSABLE_ENTITY);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    place.thirty_bad(&receiver).await;
    let path = format!("{LIST}/{id}");
    place.program.send_json(reqwest::Method::PATCH, &path, &[], &json!({"state": "off"})).await;
    place.turn_over().await;
    place.receive("wamid.good").await;
    place.press("switch_forward", &id).await;
    let heard = receiver.until(61).await.len();
    let good = message_ids(&receiver).iter().position(|id| id == "wamid.good");
    assert_eq!(good, Some(30), "of {heard}");
}

async fn a_request_is_given_up_by_its_age_however_often_it_was_hurried(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    refuse_bad(&receiver, StatusCode::INTERNAL_SERVER_ERROR);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    let tried = || message_ids(&receiver).iter().filter(|id| id.contains("bad")).count();
    place.receive("wamid.bad").await;
    for press in 1..=20 {
        soon(async || (tried() >= press).then_some(())).await;
        place.turn_over().await;
        place.press("test_forward", &id).await;
    }
    let shown = place.shown(&id).await;
    assert_eq!((&shown["dead"], &shown["queued"]), (&json!(0), &json!(1)), "its three days are not over");
    soon(async || {
        place.pass_until_due().await;
        (place.shown(&id).await["dead"] == 1).then_some(())
    })
    .await;
    place.press("replay_dead", &id).await;
    place.until(&id, |shown| shown["queued"] == 1 && shown["failingSince"].is_string()).await;
    assert_eq!(place.shown(&id).await["dead"], 0, "its three days begin anew");
}

async fn when_it_asks_for_a_pause_it_gets_one(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer(|_| (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7200")]).into_response());
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    let began = place.world.clock.now();
    place.receive("wamid.1").await;
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    let page = place.page(&id).await;
    assert!(page.contains("It asks for fewer requests. The next attempt is not before "), "{page}");
    for of in ["select cast(due_at as text) from forward_items", "select cast(rest_until as text) from forwards"] {
        let until: i64 = place.world.database.texts(of).await.remove(0).parse().unwrap();
        assert!(until >= began.0 + 7_200_000 && until < began.0 + DAY, "{of}");
    }
    assert!(page.contains("press Send a test: when that goes through, what waits is sent at once."), "{page}");
    // A test is made once.
    place.press("test_forward", &id).await;
    let page = place.page(&id).await;
    assert!(page.contains("It asks for fewer requests. It asks to be left alone until "), "{page}");
    assert_eq!(page.matches("The next attempt is not before ").count(), 1, "{page}");
    place.receive("wamid.2").await;
    receiver.answer_status(200);
    assert_eq!(receiver.heard().len(), 2);
    place.pass_until_due().await;
    place.until(&id, |shown| shown["queued"] == 0).await;
    assert_eq!(message_ids(&receiver).len(), 4);
}

async fn what_waits_for_another_number_is_not_sent(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let other = place
        .world
        .connect_number(&place.admin, sandbox::fixtures::WABA_DELIVERY, sandbox::fixtures::NUMBER_CONNECTED)
        .await;
    receiver.answer_status(500);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    for number in 0..3 {
        place.receive(&format!("wamid.{number}")).await;
    }
    place.until(&id, |shown| shown["queued"] == 3 && shown["failingSince"].is_string()).await;
    let path = format!("{LIST}/{id}");
    let change = json!({"connection": other});
    assert_eq!(place.program.send_json(reqwest::Method::PATCH, &path, &[], &change).await.status, 200);
    let before = receiver.heard().len();
    place.until(&id, |shown| shown["queued"] == 0).await;
    let after: Vec<String> = message_ids(&receiver).split_off(before);
    // One may have been under way; it is refused as those before it were, and ends its turn.
    assert!(after.iter().filter(|id| !id.is_empty()).count() <= 1, "{after:?}");
}

async fn passing_over_other_kinds_is_no_sign_of_life(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer_status(502);
    let (id, _) = place.forward(&receiver.base, json!({"kinds": ["message.failed", "message.read"]})).await;
    let fails = async |status: &str| {
        place.world.deliver(statuses(&[status]).to_string().as_bytes()).await;
    };
    fails("failed").await;
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    place.world.clock.advance(4 * DAY);
    place.until(&id, |shown| shown["dead"] == 1).await;
    // A calm week, in which only others come.
    place.world.clock.advance(6 * DAY);
    place.receive("wamid.1").await;
    soon(async || {
        let passed =
            "select id from forwards where leased_until is null and cursor_seq = (select max(seq) from events)";
        (!place.world.database.texts(passed).await.is_empty()).then_some(())
    })
    .await;
    let before = receiver.heard().len();
    fails("read").await;
    receiver.until(before + 1).await;
    place.turn_over().await;
    assert_eq!(place.shown(&id).await["state"], "on");
}

async fn an_answer_that_drips_counts_by_its_status(kind: Kind) {
    let place = Place::new(kind).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let _ = socket.read(&mut [0; 16_384]).await;
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 8000\r\n\r\n").await;
                let mut drip = tokio::time::interval(std::time::Duration::from_millis(300));
                while socket.write_all(b"x").await.is_ok() {
                    drip.tick().await;
                }
            });
        }
    });
    let (id, _) = place.forward(&address, json!({})).await;
    place.receive("wamid.1").await;
    let shown = place.until(&id, |shown| shown["lastSuccessAt"].is_string() || shown["failingSince"].is_string()).await;
    assert_eq!((&shown["queued"], shown["failingSince"].is_null()), (&json!(0), true), "{shown}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let took = place.world.database.texts("select cast(duration as text) from forward_attempts").await;
    assert!(took[0].parse::<i64>().unwrap() < 10_000, "nobody waits 15 s for the rest of an answer: {took:?}");
}

async fn a_thousand_that_were_given_up_are_sent_again_and_removed(kind: Kind) {
    let place = Place::new(kind).await;
    place.receive("wamid.1").await;
    let (id, _) = place.forward("https://forward.invalid", json!({})).await;
    let (path, database) = (format!("{LIST}/{id}"), &place.world.database);
    place.program.send_json(reqwest::Method::PATCH, &path, &[], &json!({"state": "off"})).await;
    place.failed_before(&id, "dead", 1_200).await;
    database.execute("update forward_items set first_seq = 1 where forward_id = $1", &[id.as_str()]).await;
    place.press("replay_dead", &id).await;
    let waiting =
        "select id from forward_items where state = 'waiting' and attempts = 1 and created_at > 0 and died_at is null";
    assert_eq!(database.texts(waiting).await.len(), 1_200);
    let audited = database.texts("select after from audit where action = 'forward_dead_replayed'").await;
    assert!(audited[0].contains("1200"), "{audited:?}");
    assert_eq!(place.program.call(reqwest::Method::DELETE, &path, &[], None).await.status, 204);
    assert_eq!(database.texts("select id from forward_items union all select id from forwards").await, [""; 0]);
}

async fn what_was_given_up_is_kept_no_longer_than_its_events(kind: Kind) {
    let (mut place, receiver) = (Place::new(kind).await, Receiver::start().await);
    place.world.restart(|given| given.keep_events_days = Some("8".to_owned())).await;
    place.receive("wamid.1").await;
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    // The first of them is about the event.
    place.failed_before(&id, "dead", 3).await;
    assert!(place.page(&id).await.contains("They are kept for 8 days."));
    let answer = place.admin.post("/_fn/replay_dead", &[("forward", &id)]).await;
    let page = crate::support::readable(&place.admin.page(answer.location()).await);
    assert!(page.contains("2 requests could not be sent again."), "{page}");
    receiver.until(1).await;
    place.until(&id, |shown| shown["dead"] == 0 && shown["queued"] == 0).await;
    let database = &place.world.database;
    let audited = database.texts("select after from audit where action = 'forward_dead_replayed'").await;
    assert!(audited[0].contains("\"requests\":1") && audited[0].contains("\"noLongerKept\":2"), "{audited:?}");
    // By itself, after as many days.
    place.failed_before(&id, "dead", 3).await;
    place.world.clock.advance(7 * DAY);
    tidy_forwards(place.world.services()).await.unwrap();
    assert_eq!(place.shown(&id).await["dead"], 3);
    place.world.clock.advance(DAY + 1);
    tidy_forwards(place.world.services()).await.unwrap();
    assert_eq!(place.shown(&id).await["dead"], 0);
}
