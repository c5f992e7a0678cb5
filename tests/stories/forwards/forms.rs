//! The pages and the API of forwards: made, changed, removed, refused, and never a secret told twice.

use super::{LIST, Place, Receiver};
use crate::support::{Kind, logged, soon};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use greentick::domain::api_key::Scope;
use reqwest::Method;
use serde_json::{Value, json};

both!(
    what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays,
    programs_make_change_and_remove_forwards,
    programs_that_change_one_at_once_undo_nothing_of_each_other,
    a_switch_alone_changes_nothing_else,
    addresses_inside_are_refused_unless_they_are_allowed,
    another_workspace_knows_nothing_of_them,
    no_secret_is_told_twice,
    a_form_that_is_sent_twice_makes_one_forward,
    another_host_is_told_no_secret_that_is_kept,
);

const NEW: &str = "/settings/forwarding/new";

async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(kind: Kind) {
    let place = Place::new(kind).await;
    let typed = [
        ("name", "Desk"),
        ("url", "ftp://desk"),
        ("format", "meta"),
        ("connection", place.id.as_str()),
        ("kinds", "message.read"),
        ("kinds", "message.failed"),
        ("headerName", "X-Api-Key"),
        ("headerValue", "let me in"),
    ];
    let answer = place.admin.post(NEW, &typed).await;
    assert_eq!(answer.status, 422);
    let html = &answer.body;
    assert!(
        html.contains("id=\"url-error\"") && html.contains("value=\"ftp://desk\"") && html.contains("value=\"Desk\""),
        "{html}"
    );
    for kept in ["value=\"meta\" checked", "value=\"message.read\" checked", "value=\"message.failed\" checked"] {
        assert!(html.contains(kept), "{kept}: {html}");
    }
    assert!(html.contains("value=\"X-Api-Key\"") && !html.contains("let me in"), "a secret is not sent back");
    assert!(html.contains(&format!("value=\"{}\" selected", place.id)));
    let wrong = [
        ("name", "a\nb", "Name: "),
        ("headerName", "Host", "Header: "),
        ("headerValue", " x", "Value: "),
        ("connection", "nobody", "Number: "),
        ("url", "https://desk.example/#x", "Address: leave out what follows the #. Correct it"),
    ];
    for (field, value, told) in wrong {
        let mut form = vec![
            ("name", "Desk"),
            ("url", "https://desk.example"),
            ("format", "meta"),
            ("headerName", "X-Api-Key"),
            ("headerValue", "x"),
        ];
        form.retain(|(name, _)| *name != field);
        form.push((field, value));
        let answer = place.admin.post(NEW, &form).await;
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.text().contains(told), "{field}: {}", answer.text());
    }
    assert_eq!(place.world.database.texts("select id from forwards").await, [""; 0]);
}

async fn programs_make_change_and_remove_forwards(kind: Kind) {
    let place = Place::new(kind).await;
    let program = &place.program;
    assert_eq!(program.get(LIST).await.json(), json!({"data": []}));
    let wish = json!({"kinds": ["message.failed"], "headerName": "Authorization", "headerValue": "Bearer x", "connection": place.id});
    let (id, _) = place.forward("https://desk.example/in", wish).await;
    let path = format!("{LIST}/{id}");
    let shown = program.get(&path).await.json();
    assert_eq!(
        (&shown["kinds"], &shown["headerName"], &shown["connection"]),
        (&json!(["message.failed"]), &json!("Authorization"), &json!(place.id))
    );
    assert_eq!((shown.get("secret"), shown.get("headerValue")), (None, None));
    assert_eq!(program.get(LIST).await.json()["data"], json!([shown]));
    let patch = async |change: Value| program.send_json(Method::PATCH, &path, &[], &change).await;
    let changed =
        patch(json!({"name": "Other", "kinds": [], "connection": "", "headerName": "", "state": "off"})).await.json();
    assert_eq!(
        (&changed["name"], &changed["kinds"], &changed["connection"]),
        (&json!("Other"), &json!([]), &Value::Null)
    );
    assert_eq!(
        (&changed["headerName"], &changed["state"], &changed["url"]),
        (&Value::Null, &json!("off"), &shown["url"])
    );
    assert_eq!(patch(json!({})).await.json(), changed, "nothing was wished");
    for (wrong, field) in [
        (json!({"url": "http://desk.example"}), None),
        (json!({"url": "https://user:pw@desk.example"}), Some("url")),
        (json!({"url": "https://desk.example/#x"}), Some("url")),
        (json!({"state": "perhaps"}), Some("state")),
        (json!({"kinds": ["message.sung"]}), Some("kinds")),
        (json!({"headerName": "X-A"}), Some("headerValue")),
        (json!({"name": ""}), Some("name")),
    ] {
        let answer = patch(wrong.clone()).await;
        // Plain http is taken where networks inside are allowed; whether it leads there is looked at when it is asked.
        let Some(field) = field else { continue };
        assert_eq!((answer.status, answer.details()[0].0.as_str()), (422, field), "{wrong}");
    }
    assert_eq!(patch(json!({"kinds": "message.read"})).await.refusal().0, 400);
    assert_eq!(patch(json!({"format": "meta"})).await.refusal().0, 400);
    assert_eq!(program.post(LIST, &json!({"name": "x", "url": "https://desk.example"})).await.details()[0].0, "format");
    let reader = place.world.program(Scope::Read).await;
    assert_eq!(reader.get(LIST).await.status, 200);
    assert_eq!(reader.post(LIST, &json!({})).await.refusal().0, 403);
    assert_eq!(program.call(Method::DELETE, &path, &[], None).await.status, 204);
    assert_eq!(program.call(Method::DELETE, &path, &[], None).await.refusal().0, 404);
    assert_eq!(program.get(&format!("{LIST}/%00")).await.refusal().0, 404);
    let audit =
        place.world.database.texts("select action from audit where action like 'forward_%' order by at, id").await;
    assert_eq!(audit.first().map(String::as_str), Some("forward_made"));
    assert_eq!(audit.last().map(String::as_str), Some("forward_removed"));
    assert!(
        audit.contains(&"forward_changed".to_owned()) && audit.contains(&"forward_switched_off".to_owned()),
        "{audit:?}"
    );
}

async fn programs_that_change_one_at_once_undo_nothing_of_each_other(kind: Kind) {
    let place = Place::new(kind).await;
    let (id, _) = place.forward("https://desk.example/in", json!({})).await;
    let path = format!("{LIST}/{id}");
    let patch = async |change: Value| place.program.send_json(Method::PATCH, &path, &[], &change).await.status;
    for round in 0..10 {
        let name = format!("Desk {round}");
        let url = format!("https://desk.example/{round}");
        let kinds = if round % 2 == 0 { "message.failed" } else { "message.received" };
        let (named, moved, chosen) =
            tokio::join!(patch(json!({"name": name})), patch(json!({"url": url})), patch(json!({"kinds": [kinds]})),);
        assert_eq!((named, moved, chosen), (200, 200, 200));
        let shown = place.shown(&id).await;
        assert_eq!((&shown["name"], &shown["url"], &shown["kinds"]), (&json!(name), &json!(url), &json!([kinds])));
    }
}

async fn a_switch_alone_changes_nothing_else(kind: Kind) {
    let mut place = Place::new(kind).await;
    let receiver = Receiver::start().await;
    receiver.answer_status(410);
    let (id, _) = place.forward(&receiver.base, json!({})).await;
    let path = format!("{LIST}/{id}");
    place.receive("wamid.1").await;
    place.until(&id, |shown| shown["state"] == "disabled").await;
    soon(async || {
        (place.world.database.texts("select id from audit where action = 'forward_disabled'").await.len() == 1)
            .then_some(())
    })
    .await;
    // As it was answered, it is no wish; off is one, and the notice goes.
    let patch = async |place: &Place, change: Value| {
        let answer = place.program.send_json(Method::PATCH, &path, &[], &change).await;
        assert_eq!(answer.status, 200, "{change}: {}", answer.body);
        answer.json()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(patch(&place, json!({"state": "disabled"})).await, "disabled");
    assert_eq!(patch(&place, json!({"state": "off"})).await, "off");
    assert!(!place.page(&id).await.contains("Greentick has switched this forward off."));
    // An address that the settings would take no more does not stand in the way.
    place.world.restart(|given| given.forward_networks = None).await;
    assert_eq!(patch(&place, json!({"state": "on"})).await, "on");
    assert_eq!(patch(&place, json!({"state": "off"})).await, "off");
    let actions = "select action from audit where action like 'forward_%' order by at, id";
    let audit = place.world.database.texts(actions).await;
    let told =
        ["forward_made", "forward_disabled", "forward_switched_off", "forward_switched_on", "forward_switched_off"];
    assert_eq!(audit, told);
    assert_eq!(patch(&place, json!({"name": "Other"})).await, "off");
    assert_eq!(place.shown(&id).await["name"], "Other");
}

async fn addresses_inside_are_refused_unless_they_are_allowed(kind: Kind) {
    let mut place = Place::new(kind).await;
    let refused = async |place: &Place, url: &str| {
        let wish = json!({"name": "x", "url": url, "format": "greentick"});
        let answer = place.program.post(LIST, &wish).await;
        if answer.status == 422 { answer.details().remove(0).1 } else { String::new() }
    };
    for inside in [
        "https://10.0.0.1",
        "https://[::1]",
        "https://192.168.1.1:8443",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]",
        "https://127.0.0.2",
    ] {
        assert!(refused(&place, inside).await.contains("private network"), "{inside}");
    }
    assert_eq!(refused(&place, "http://127.0.0.1:9").await, "");
    assert_eq!(refused(&place, "http://localhost:9").await, "");
    place.world.restart(|given| given.forward_networks = None).await;
    assert!(refused(&place, "http://127.0.0.1:9").await.contains("https://"));
    for inside in
        ["https://127.0.0.1", "https://LOCALHOST", "https://localhost.", "https://2130706433", "https://0x7f.1"]
    {
        assert!(refused(&place, inside).await.contains("private network"), "{inside}");
    }
    let page = place.admin.page("/settings/forwarding").await;
    assert!(page.contains("GREENTICK_FORWARD_NETWORKS"));
}

async fn another_workspace_knows_nothing_of_them(kind: Kind) {
    let place = Place::new(kind).await;
    let (id, _) = place.forward("https://desk.example/in", json!({})).await;
    let stranger = place.world.program_of("second", Scope::Write, None).await;
    assert_eq!(stranger.get(LIST).await.json(), json!({"data": []}));
    assert_eq!(stranger.get(&format!("{LIST}/{id}")).await.refusal().0, 404);
    assert_eq!(stranger.call(Method::DELETE, &format!("{LIST}/{id}"), &[], None).await.refusal().0, 404);
    let wish = json!({"name": "x", "url": "https://desk.example", "format": "meta", "connection": place.id});
    assert_eq!(stranger.post(LIST, &wish).await.details()[0].0, "connection");
}

async fn no_secret_is_told_twice(kind: Kind) {
    let (place, receiver) = (Place::new(kind).await, Receiver::start().await);
    // It repeats whatever it was sent.
    receiver.answer(|heard| (StatusCode::FORBIDDEN, format!("{:?}", heard.headers)).into_response());
    let form = [
        ("name", "Desk"),
        ("url", receiver.base.as_str()),
        ("format", "meta"),
        ("headerName", "X-Api-Key"),
        ("headerValue", "sesame-open-now"),
        ("verifyToken", "knock-knock-token"),
    ];
    let page = place.admin.post(NEW, &form).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")), "{}", page.text());
    let secret =
        page.body.split("id=\"made-secret\"").nth(1).and_then(|rest| rest.split(['>', '<']).nth(1)).unwrap().to_owned();
    let id = place.program.get(LIST).await.json()["data"][0]["id"].as_str().unwrap().to_owned();
    for function in ["test_forward", "shake_hands"] {
        place.press(function, &id).await;
    }
    place.receive("wamid.1").await;
    place.until(&id, |shown| shown["failingSince"].is_string()).await;
    for below in ["", "/edit", "/remove"] {
        place.admin.page(&format!("/settings/forwarding/{id}{below}")).await;
    }
    place.admin.page("/settings/forwarding").await;
    let edit = [("name", "Desk"), ("url", ""), ("headerName", "X-Api-Key")];
    assert_eq!(place.admin.post(&format!("/settings/forwarding/{id}/edit"), &edit).await.status, 422);
    assert!(place.page(&id).await.contains("It said:"), "the log tells what it said");
    let secrets = [secret.as_str(), "sesame-open-now", "knock-knock-token"];
    let contains = |bytes: &[u8], secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    let (logs, loot) = (logged(), place.world.database.loot().await);
    let answers = place.world.heard.lock().unwrap().clone();
    for (place, secret) in secrets.iter().enumerate() {
        assert!(!contains(&logs, secret), "secret {place} is in the logs");
        assert!(!contains(&loot, secret), "secret {place} is in the database");
        let told = answers.iter().filter(|answer| answer.contains(*secret)).count();
        assert_eq!(told, usize::from(place == 0), "secret {place}");
    }
}

async fn a_form_that_is_sent_twice_makes_one_forward(kind: Kind) {
    let place = Place::new(kind).await;
    let page = place.admin.page(NEW).await;
    let made_with = page.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let form = [
        ("id", made_with),
        ("name", "Desk"),
        ("url", "https://desk.example/in"),
        ("format", "greentick"),
        ("kinds", "message.read"),
    ];
    let first = place.admin.post(NEW, &form).await;
    assert!(first.status == 200 && first.body.contains("made-secret"), "{}", first.text());
    let again = place.admin.post(NEW, &form).await;
    let shown = format!("/settings/forwarding/{made_with}");
    assert_eq!((again.status, again.location()), (303, shown.as_str()));
    let count = async || place.program.get(LIST).await.json()["data"].as_array().unwrap().len();
    assert_eq!(count().await, 1);
    // Gone back to and changed, it is a wish of its own.
    let mut other = form;
    other[2].1 = "https://other.example/in";
    assert_eq!(place.admin.post(NEW, &other).await.status, 200);
    assert_eq!(count().await, 2);
    // Somebody else's is out of reach.
    let stranger = place.world.person_of("second", greentick::domain::user::Role::Admin).await;
    assert_eq!(stranger.post(NEW, &form).await.status, 404);
    for odd in ["", "x", "\0aaaaaaaaaaaaaaaaaaaaaaaaa", "'; drop table forwards; -- aaaaa"] {
        let mut odd_form = form;
        odd_form[0].1 = odd;
        assert_eq!(place.admin.post(NEW, &odd_form).await.status, 200, "{odd}");
    }
    assert_eq!(count().await, 6);
}

async fn another_host_is_told_no_secret_that_is_kept(kind: Kind) {
    let place = Place::new(kind).await;
    let kept = json!({"headerName": "X-Api-Key", "headerValue": "let me in", "verifyToken": "knock knock"});
    let (id, _) = place.forward("https://desk.example/in", kept).await;
    let path = format!("{LIST}/{id}");
    let patch = async |change: Value| place.program.send_json(Method::PATCH, &path, &[], &change).await;
    assert_eq!(patch(json!({"url": "https://desk.example/other"})).await.status, 200, "the same host");
    let there = "https://elsewhere.example/in";
    assert_eq!(patch(json!({"url": there, "verifyToken": "knock knock"})).await.details()[0].0, "headerValue");
    assert_eq!(patch(json!({"url": there, "headerName": ""})).await.details()[0].0, "verifyToken");
    assert_eq!(patch(json!({"url": there, "headerName": "", "verifyToken": ""})).await.status, 200);
    for odd in ["https://desk.example/\0", "https://desk.exa\nmple/"] {
        assert_eq!(patch(json!({"url": odd})).await.details()[0].0, "url", "{odd:?}");
    }
}
