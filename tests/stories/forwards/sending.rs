//! What is sent, in both formats, to whom, and signed how.

use super::{LIST, Place, Receiver, is_signed_by, verifies};
use crate::support::{Kind, soon};
use crate::webhooks::{message, signature};
use reqwest::Method;
use sandbox::fixtures::{NUMBER_NEW, WABA_SOL};
use serde_json::{Value, json};

both!(
    an_event_is_posted_as_the_api_shows_it_signed_by_the_specification,
    only_what_is_wanted_is_sent,
    what_waits_while_it_is_off_is_counted_and_said_before_it_is_removed,
    metas_bytes_are_passed_on_untouched_and_signed_as_meta_signs,
    of_a_delivery_for_others_too_only_the_own_part_is_passed_on,
    without_metas_bytes_the_envelope_is_made_anew,
    what_was_deleted_is_not_sent,
    events_come_in_order_and_none_twice,
    an_old_secret_signs_too_for_a_day,
    the_form_for_a_new_secret_sent_again_makes_no_other,
    whoever_refuses_metas_new_signature_in_any_way_gets_the_old_one,
    the_secret_that_is_in_use_outlives_a_second_press,
    metas_handshake_is_offered,
    a_test_is_sent_and_told_of,
);

async fn an_event_is_posted_as_the_api_shows_it_signed_by_the_specification(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    place.receive("wamid.before").await;
    let header = json!({"headerName": "X-Api-Key", "headerValue": "let me in"});
    let (id, secret) = place.forward(&format!("{}/in?x=1", receiver.base), header).await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    let event = place.receive("wamid.1").await;
    let heard = receiver.until(1).await.remove(0);
    assert_eq!((&heard.method, heard.path.as_str(), heard.query.as_str()), (&Method::POST, "/in", "x=1"));
    assert!(verifies(&secret, &heard), "{heard:?}");
    assert!(!verifies("whsec_YW5vdGhlciBzZWNyZXQ=", &heard));
    assert_eq!(heard.header("webhook-id"), Some(event.as_str()));
    assert_eq!(heard.header("content-type"), Some("application/json"));
    assert_eq!(heard.header("x-api-key"), Some("let me in"));
    let listed = place.program.get("/api/v1/events").await.json();
    assert_eq!(heard.json(), listed["data"][1], "one shape everywhere");
    let shown = place.until(&id, |shown| shown["lastSuccessAt"].is_string()).await;
    assert_eq!((&shown["queued"], &shown["dead"], &shown["state"]), (&json!(0), &json!(0), &json!("on")));
    let page = place.page(&id).await;
    assert!(page.contains("Working") && page.contains("Received 200"), "{page}");
    assert_eq!(receiver.heard().len(), 1, "what came before it was made is not sent");
}

async fn only_what_is_wanted_is_sent(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let other = place
        .world
        .connect_number(&place.admin, sandbox::fixtures::WABA_DELIVERY, sandbox::fixtures::NUMBER_CONNECTED)
        .await;
    let wish = json!({"kinds": ["message.read", "message.received"], "connection": place.id});
    place.forward(&format!("{}/mine", receiver.base), wish).await;
    place.forward(&format!("{}/other", receiver.base), json!({"connection": other})).await;
    place.forward(&format!("{}/all", receiver.base), json!({})).await;
    place.world.deliver(statuses(&["sent", "read"]).to_string().as_bytes()).await;
    place.deliver("wamid.in").await;
    let heard = receiver.until(5).await;
    let kinds = |path: &str| -> Vec<String> {
        let of = heard.iter().filter(|heard| heard.path == path);
        of.map(|heard| heard.json()["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds("/mine"), ["message.read", "message.received"]);
    assert_eq!(kinds("/all"), ["message.sent", "message.read", "message.received"]);
    assert_eq!(kinds("/other"), [""; 0]);
}

async fn what_waits_while_it_is_off_is_counted_and_said_before_it_is_removed(kind: Kind) {
    let place = Place::new(kind).await;
    let wish = json!({"kinds": ["message.read", "message.failed"]});
    let (id, _) = place.forward("https://forward.invalid", wish).await;
    let path = format!("{LIST}/{id}");
    place.program.send_json(Method::PATCH, &path, &[], &json!({"state": "off"})).await;
    let question =
        async || crate::support::readable(&place.admin.page(&format!("/settings/forwarding/{id}/remove")).await);
    place.receive("wamid.in").await;
    assert_eq!(place.shown(&id).await["queued"], 0);
    assert!(question().await.contains("Nothing waits for it."));
    place.world.deliver(statuses(&["sent", "read", "failed"]).to_string().as_bytes()).await;
    place.until(&id, |shown| shown["queued"] == 2).await;
    assert!(question().await.contains("Then not sent: 2 waiting, 0 given up."));
    // More than anybody counts.
    place.many_events(6_000).await;
    assert!(question().await.contains("Then not sent: at least 2 waiting, 0 given up."));
    let (other, _) = place.forward("https://forward.invalid", json!({"kinds": ["template.updated"]})).await;
    place.program.send_json(Method::PATCH, &format!("{LIST}/{other}"), &[], &json!({"state": "off"})).await;
    place.world.database.execute("update forwards set cursor_seq = 0 where id = $1", &[other.as_str()]).await;
    let page = crate::support::readable(&place.admin.page(&format!("/settings/forwarding/{other}/remove")).await);
    assert!(page.contains("Then not sent: an unknown number waiting, 0 given up."), "{page}");
}

pub(super) fn statuses(all: &[&str]) -> Value {
    let told = all.iter().map(|status| json!({"id": "wamid.out", "status": status, "timestamp": "1760000005", "recipient_id": "551188887777"}));
    json!({"object": "whatsapp_business_account", "entry": [{"id": WABA_SOL, "changes": [{"field": "messages", "value": {
        "metadata": {"display_phone_number": "16315550101", "phone_number_id": NUMBER_NEW}, "statuses": told.collect::<Vec<_>>()}}]}]})
}

async fn metas_bytes_are_passed_on_untouched_and_signed_as_meta_signs(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (_, secret) = place.forward(&receiver.base, json!({"format": "meta"})).await;
    // As Meta writes: escapes and spaces that no library of ours would write.
    let body =
        message(NUMBER_NEW, "wamid.1", "Ol\u{e1}").to_string().replace('\u{e1}', "\\u00e1").replacen(':', " :  ", 3);
    place.world.deliver(body.as_bytes()).await;
    let heard = receiver.until(1).await.remove(0);
    assert_eq!(String::from_utf8(heard.body.clone()).unwrap(), body);
    assert_eq!(heard.header("x-hub-signature-256"), Some(signature(&secret, body.as_bytes()).as_str()));
    // Many things in one delivery are one request.
    let many: Vec<String> = (0..60).map(|number| format!("wamid.{number}x")).collect();
    let mut batch = message(NUMBER_NEW, "x", "y");
    let one = batch["entry"][0]["changes"][0]["value"]["messages"][0].take();
    let all = many.iter().map(|id| {
        let mut one = one.clone();
        one["id"] = json!(id);
        one
    });
    batch["entry"][0]["changes"][0]["value"]["messages"] = all.collect();
    place.world.deliver(batch.to_string().as_bytes()).await;
    let heard = receiver.until(2).await.remove(1);
    assert_eq!(heard.body, batch.to_string().into_bytes());
}

async fn of_a_delivery_for_others_too_only_the_own_part_is_passed_on(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (_, secret) = place.forward(&receiver.base, json!({"format": "meta", "connection": place.id})).await;
    let mut body = message(NUMBER_NEW, "wamid.mine", "Olá");
    let foreign = message("999999999999999", "wamid.foreign", "secret of others");
    let change = foreign["entry"][0]["changes"][0].clone();
    body["entry"][0]["changes"].as_array_mut().unwrap().push(change);
    place.world.deliver(body.to_string().as_bytes()).await;
    let heard = receiver.until(1).await.remove(0);
    assert_eq!(heard.json(), message(NUMBER_NEW, "wamid.mine", "Olá"));
    assert_eq!(heard.header("x-hub-signature-256"), Some(signature(&secret, &heard.body).as_str()));
}

async fn without_metas_bytes_the_envelope_is_made_anew(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer_status(500);
    let (id, _) = place.forward(&receiver.base, json!({"format": "meta"})).await;
    place.receive("wamid.1").await;
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    place.world.database.execute("delete from deliveries where state <> $1", &["none"]).await;
    receiver.answer_status(200);
    place.press("test_forward", &id).await;
    let heard = receiver.until(3).await.remove(2).json();
    assert_eq!(heard["entry"][0]["id"], WABA_SOL);
    let value = &heard["entry"][0]["changes"][0]["value"];
    assert_eq!(
        (&value["messages"][0]["id"], &value["metadata"]["phone_number_id"]),
        (&json!("wamid.1"), &json!(NUMBER_NEW))
    );
    assert_eq!(value["contacts"][0]["profile"]["name"], "Bia");
}

async fn what_was_deleted_is_not_sent(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    receiver.answer(|heard| {
        use axum::response::IntoResponse;
        (axum::http::StatusCode::INTERNAL_SERVER_ERROR, String::from_utf8_lossy(&heard.body).into_owned())
            .into_response()
    });
    let (id, _) = place.forward(&receiver.base, json!({"format": "meta"})).await;
    place.receive("wamid.1").await;
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    let answers = "select answer from forward_attempts where answer is not null";
    assert!(!place.world.database.texts(answers).await.is_empty(), "the endpoint repeats what it is sent");
    let question = [("person", "+55 11 99999-0000"), ("confirmed", "yes")];
    assert_eq!(place.admin.post("/settings/personal-data", &question).await.location(), "/settings/personal-data");
    soon(async || {
        place.world.database.texts("select id from erasures where finished_at is null").await.is_empty().then_some(())
    })
    .await;
    assert_eq!(place.world.database.texts(answers).await, [""; 0]);
    let before = receiver.heard().len();
    receiver.answer_status(200);
    place.press("test_forward", &id).await;
    place.until(&id, |shown| shown["queued"] == 0).await;
    let after = &receiver.heard()[before..];
    assert!(after.iter().all(|heard| !String::from_utf8_lossy(&heard.body).contains("wamid.1")), "{after:?}");
}

async fn events_come_in_order_and_none_twice(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    place.forward(&receiver.base, json!({})).await;
    for number in 0..60 {
        place.deliver(&format!("wamid.{number:02}")).await;
    }
    let heard = receiver.until(60).await;
    let seqs: Vec<i64> = heard.iter().map(|heard| heard.json()["seq"].as_i64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    assert_eq!(seqs.len(), 60);
}

async fn an_old_secret_signs_too_for_a_day(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (id, old) = place.forward(&receiver.base, json!({})).await;
    let page = place.admin.post(&format!("/settings/forwarding/{id}/secret"), &[]).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    let new =
        page.body.split("id=\"made-secret\"").nth(1).and_then(|rest| rest.split(['>', '<']).nth(1)).unwrap().to_owned();
    assert!(new.starts_with("whsec_") && new != old, "{new}");
    place.receive("wamid.1").await;
    let heard = receiver.until(1).await.remove(0);
    assert!(verifies(&old, &heard) && verifies(&new, &heard), "{heard:?}");
    place.world.pass_seconds(86_401);
    place.receive("wamid.2").await;
    let heard = receiver.until(2).await.remove(1);
    assert!(!is_signed_by(&old, &heard) && is_signed_by(&new, &heard), "{heard:?}");
    // Meta's header has room for one: who refuses the new signature gets the old one.
    let other = Receiver::start().await;
    let (id, old) = place.forward(&other.base, json!({"format": "meta"})).await;
    let wanted = old.clone();
    other.answer(move |heard| {
        use axum::response::IntoResponse;
        let right = heard.header("x-hub-signature-256") == Some(signature(&wanted, &heard.body).as_str());
        if right { "ok".into_response() } else { axum::http::StatusCode::UNAUTHORIZED.into_response() }
    });
    place.admin.post(&format!("/settings/forwarding/{id}/secret"), &[]).await;
    place.receive("wamid.3").await;
    place.until(&id, |shown| shown["lastSuccessAt"].is_string()).await;
    assert_eq!(other.heard().len(), 2);
}

async fn the_form_for_a_new_secret_sent_again_makes_no_other(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    let (page, action) = (format!("/settings/forwarding/{id}"), format!("/settings/forwarding/{id}/secret"));
    let seen = async || {
        let html = place.admin.page(&page).await;
        html.split("name=\"seen\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    };
    let first = seen().await;
    let made = place.admin.post(&action, &[("seen", &first)]).await;
    let new = made.body.split("id=\"made-secret\"").nth(1).and_then(|rest| rest.split(['>', '<']).nth(1)).unwrap();
    let again = place.admin.post(&action, &[("seen", &first)]).await;
    assert_eq!((again.status, again.location()), (303, page.as_str()));
    place.receive("wamid.1").await;
    let heard = receiver.until(1).await.remove(0);
    assert!(verifies(new, &heard), "the secret that was copied signs: {heard:?}");
    let wished = place.admin.post(&action, &[("seen", &seen().await)]).await;
    assert_eq!(wished.status, 200, "pressed on the page as it is now, it makes another");
}

async fn whoever_refuses_metas_new_signature_in_any_way_gets_the_old_one(kind: Kind) {
    use axum::http::StatusCode;
    use axum::response::IntoResponse;
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (id, old) = place.forward(&receiver.base, json!({"format": "meta"})).await;
    let page = place.admin.post(&format!("/settings/forwarding/{id}/secret"), &[]).await.text();
    assert!(page.contains("what is refused with it is sent once more with the old one"), "{page}");
    for (status, asked) in
        [(400, 2), (401, 2), (403, 2), (422, 2), (500, 2), (404, 1), (410, 1), (413, 1), (429, 1), (503, 1)]
    {
        let known = old.clone();
        receiver.answer(move |heard| {
            let right = heard.header("x-hub-signature-256") == Some(signature(&known, &heard.body).as_str());
            if right { "ok".into_response() } else { StatusCode::from_u16(status).unwrap().into_response() }
        });
        let before = receiver.heard().len();
        place.world.pass_seconds(1);
        place.press("test_forward", &id).await;
        assert_eq!(receiver.heard().len() - before, asked, "{status}");
        let told = if asked == 2 { "Received 200Test".to_owned() } else { format!("Failed {status}") };
        let page = place.page(&id).await;
        let newest = page.split("Took").nth(1).unwrap();
        assert!(newest.starts_with(&told), "{status}: {newest}");
    }
    // Whoever has the new one, and fails for a reason of its own, is quoted with that.
    receiver.answer(move |heard| {
        let right = heard.header("x-hub-signature-256") == Some(signature(&old, &heard.body).as_str());
        if right {
            StatusCode::UNAUTHORIZED.into_response()
        } else {
            (StatusCode::BAD_REQUEST, "no such room").into_response()
        }
    });
    place.world.pass_seconds(1);
    place.press("test_forward", &id).await;
    let page = place.page(&id).await;
    assert!(page.split("Took").nth(1).unwrap().starts_with("Failed 400"), "{page}");
}

async fn the_secret_that_is_in_use_outlives_a_second_press(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (id, old) = place.forward(&receiver.base, json!({})).await;
    let rotate = async || {
        let page = place.admin.post(&format!("/settings/forwarding/{id}/secret"), &[]).await;
        page.body.split("id=\"made-secret\"").nth(1).and_then(|rest| rest.split(['>', '<']).nth(1)).unwrap().to_owned()
    };
    let between = rotate().await;
    assert!(place.page(&id).await.contains("The newest one then no longer counts."));
    place.world.pass_seconds(3_600);
    let new = rotate().await;
    place.receive("wamid.1").await;
    let heard = receiver.until(1).await.remove(0);
    let signs = [&old, &between, &new].map(|secret| is_signed_by(secret, &heard));
    assert_eq!(signs, [true, false, true], "the first is what the software knows");
    // A day later it is over, and the next one is replaced in the usual way.
    place.world.pass_seconds(86_401);
    let newest = rotate().await;
    place.receive("wamid.2").await;
    let heard = receiver.until(2).await.remove(1);
    assert_eq!([&old, &new, &newest].map(|secret| is_signed_by(secret, &heard)), [false, true, true]);
}

async fn metas_handshake_is_offered(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (id, _) = place.forward(&receiver.base, json!({"format": "meta", "verifyToken": "knock & enter"})).await;
    receiver.answer(|heard| {
        use axum::response::IntoResponse;
        let asked: std::collections::HashMap<String, String> =
            url::form_urlencoded::parse(heard.query.as_bytes()).into_owned().collect();
        assert_eq!(asked["hub.mode"], "subscribe");
        if asked["hub.verify_token"] == "knock & enter" {
            asked["hub.challenge"].clone().into_response()
        } else {
            "no".into_response()
        }
    });
    place.press("shake_hands", &id).await;
    assert_eq!(receiver.heard()[0].method, Method::GET);
    let page = place.page(&id).await;
    assert!(page.contains("Received 200Handshake"), "{page}");
    place
        .program
        .call(
            Method::PATCH,
            &format!("{LIST}/{id}"),
            &[("content-type", "application/json")],
            Some(json!({"verifyToken": "other"}).to_string()),
        )
        .await;
    place.press("shake_hands", &id).await;
    let page = place.page(&id).await;
    assert!(page.contains("It answered, but did not repeat the challenge."), "{page}");
}

async fn a_test_is_sent_and_told_of(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    let (id, secret) = place.forward(&receiver.base, json!({})).await;
    place.press("test_forward", &id).await;
    let heard = receiver.heard().remove(0);
    assert!(verifies(&secret, &heard));
    assert_eq!(heard.json()["field"], "test");
    assert!(place.page(&id).await.contains("Received 200Test"));
    receiver.answer_status(404);
    place.press("test_forward", &id).await;
    let page = soon(async || Some(place.page(&id).await)).await;
    assert!(page.contains("Failed 404There is nothing at this address."), "{page}");
    assert!(page.contains("No event yet"), "a test says nothing of events: {page}");
}
