//! `GET`/`PUT /api/settings/whatsapp`, its test, and the short form (design §5).

use crate::support::{Answer, Kind, Program, SETTINGS, World};
use greentick::domain::api_key::Scope;
use greentick::domain::user::Role;
use reqwest::Method;
use sandbox::{FaultDraft, FaultKind, NewToken, fixtures};
use serde_json::{Value, json};

both!(
    nothing_stored_is_told_with_where_to_send,
    settings_are_created_then_updated_and_secrets_stay_masked,
    what_was_read_can_be_sent_back,
    the_short_form_says_the_same,
    broken_rules_name_their_fields,
    a_token_that_meta_refuses_is_not_saved,
    meta_out_of_reach_is_said_and_force_saves_anyway,
    an_expired_version_is_taken_with_a_warning,
    several_connections_ask_which_one_is_meant,
    a_connection_keeps_its_number,
    a_test_answers_200_either_way_and_saves_nothing,
    tags_are_of_the_settings_alone,
    of_two_who_read_the_same_exactly_one_saves,
    of_two_who_found_nothing_exactly_one_creates,
);

const TEST: &str = "/api/settings/whatsapp/test";

pub(crate) fn token(world: &World) -> String {
    world.meta.mint_token(NewToken::default()).unwrap()
}

pub(crate) fn credentials(token: &str) -> Value {
    json!({"phoneNumberId": fixtures::NUMBER_NEW, "businessAccountId": fixtures::WABA_SOL, "accessToken": token})
}

/// An installation with an admin, and a program that may write.
pub(crate) async fn start(kind: Kind) -> (World, Program) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Admin).await;
    let program = world.program(Scope::Write).await;
    (world, program)
}

pub(crate) async fn saved(kind: Kind) -> (World, Program, String) {
    let (world, program) = start(kind).await;
    let token = token(&world);
    let created = program.put(SETTINGS, &credentials(&token)).await;
    assert_eq!(created.status, 201, "{}", created.body);
    (world, program, token)
}

fn etag(answer: &Answer) -> String {
    answer.header("etag").expect("settings have a tag").to_owned()
}

async fn nothing_stored_is_told_with_where_to_send(kind: Kind) {
    let (world, program) = start(kind).await;
    let answer = program.get(SETTINGS).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "id": null, "name": null, "phoneNumberId": null, "businessAccountId": null, "accessToken": null,
            "webhookVerifyToken": "••••", "webhookUrl": format!("{}/api/webhooks/whatsapp", world.base),
            "apiVersion": "v25.0", "appId": fixtures::APP_ID, "appSecret": null, "updatedAt": null,
            "status": "disconnected", "warnings": [],
        })
    );
    assert_eq!(answer.header("etag"), Some("\"none-1\""));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let short = program.get("/api/config/whatsapp").await;
    assert_eq!(short.json(), json!({"phone_number_id": null, "business_account_id": null, "access_token": null}));
}

async fn settings_are_created_then_updated_and_secrets_stay_masked(kind: Kind) {
    let (world, program) = start(kind).await;
    let token = token(&world);
    let mut body = credentials(&token);
    body["name"] = json!("Front desk");
    body["webhookVerifyToken"] = json!("a verify token of mine");
    let created = program.put(SETTINGS, &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let mut shown = created.json();
    let id = shown["id"].take();
    assert!(id.as_str().is_some_and(|id| id.len() == 26), "{}", created.body);
    let at = shown["updatedAt"].take();
    assert!(at.as_str().is_some_and(|at| at.starts_with("20") && at.ends_with('Z')), "{}", created.body);
    assert_eq!(
        shown,
        json!({
            "id": null, "name": "Front desk", "phoneNumberId": fixtures::NUMBER_NEW, "businessAccountId": fixtures::WABA_SOL,
            "accessToken": format!("••••{}", &token[token.len() - 4..]), "webhookVerifyToken": "••••",
            "webhookUrl": format!("{}/api/webhooks/whatsapp", world.base), "apiVersion": "v25.0",
            "appId": fixtures::APP_ID, "appSecret": null, "updatedAt": null, "status": "connected", "warnings": [],
        })
    );
    let updated = program.put(SETTINGS, &json!({"name": "Back office"})).await;
    assert_eq!((updated.status, &updated.json()["name"]), (200, &json!("Back office")), "{}", updated.body);
    assert_eq!(updated.json()["id"], id);
    let nameless = program.put(SETTINGS, &json!({"name": ""})).await;
    assert_eq!((nameless.status, &nameless.json()["name"]), (200, &Value::Null));
    for asked in [id.as_str().unwrap(), fixtures::NUMBER_NEW] {
        let found = program.get(&format!("{SETTINGS}?connection={asked}")).await;
        assert_eq!((found.status, &found.json()["id"]), (200, &id));
    }
    for unknown in ["1", "%00", "%F0%9F%A6%84", "a%27b"] {
        let answer = program.get(&format!("{SETTINGS}?connection={unknown}")).await;
        assert_eq!(answer.refusal(), (404, "not_found".to_owned()), "{unknown}");
    }
}

async fn what_was_read_can_be_sent_back(kind: Kind) {
    let (world, program, token) = saved(kind).await;
    let read = program.get(SETTINGS).await;
    let again = program.put(SETTINGS, &read.json()).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(again.json()["accessToken"], format!("••••{}", &token[token.len() - 4..]));
    let foreign = program.put(SETTINGS, &json!({"accessToken": "••••0000", "appSecret": "•••• and more"})).await;
    assert_eq!(foreign.refusal(), (422, "invalid".to_owned()));
    let blamed: Vec<String> = foreign.details().into_iter().map(|(field, _)| field).collect();
    assert_eq!(blamed, ["accessToken", "appSecret"]);
    assert!(world.meta.calls().iter().all(|call| !call.path.contains("•")));
}

async fn the_short_form_says_the_same(kind: Kind) {
    let (world, program) = start(kind).await;
    let token = token(&world);
    let body = json!({"phone_number_id": fixtures::NUMBER_NEW, "business_account_id": fixtures::WABA_SOL, "access_token": token});
    let created = program.post("/api/config/whatsapp", &body).await;
    let shown = json!({
        "phone_number_id": fixtures::NUMBER_NEW, "business_account_id": fixtures::WABA_SOL,
        "access_token": format!("••••{}", &token[token.len() - 4..]),
    });
    assert_eq!((created.status, created.json()), (201, shown.clone()), "{}", created.body);
    let read = program.get("/api/config/whatsapp").await;
    assert_eq!((read.status, read.json()), (200, shown.clone()));
    assert_eq!(etag(&read), etag(&program.get(SETTINGS).await));
    let again = program.post("/api/config/whatsapp", &shown).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let unknown = program.post("/api/config/whatsapp", &json!({"phoneNumberId": "1"})).await;
    assert_eq!(unknown.refusal(), (400, "bad_fields".to_owned()));
}

async fn broken_rules_name_their_fields(kind: Kind) {
    let (_world, program) = start(kind).await;
    let cases = [
        (json!({}), vec!["accessToken"]),
        (json!({"accessToken": ""}), vec!["accessToken"]),
        (json!({"accessToken": "EAAG with a space"}), vec!["accessToken"]),
        (json!({"accessToken": "EAAG\u{0}null"}), vec!["accessToken"]),
        (json!({"accessToken": "EAAG", "phoneNumberId": "15550051489"}), vec!["phoneNumberId"]),
        (json!({"accessToken": "EAAG", "phoneNumberId": " "}), vec!["phoneNumberId"]),
        (json!({"accessToken": "EAAG", "businessAccountId": "mine"}), vec!["businessAccountId"]),
        (json!({"accessToken": "EAAG", "webhookVerifyToken": "short"}), vec!["webhookVerifyToken"]),
        (json!({"accessToken": "EAAG", "apiVersion": "25"}), vec!["apiVersion"]),
        (json!({"accessToken": "EAAG", "apiVersion": "v25.0/../me"}), vec!["apiVersion"]),
        (json!({"accessToken": "EAAG", "appSecret": "abc"}), vec!["appId"]),
        (json!({"accessToken": "EAAG", "appSecret": "", "appId": "12345678901234567"}), vec!["appSecret"]),
        (json!({"accessToken": "EAAG", "name": "a\u{0}b"}), vec!["name"]),
        (json!({"accessToken": "EAAG", "name": "x".repeat(81)}), vec!["name"]),
        (
            json!({"accessToken": "", "phoneNumberId": "x", "businessAccountId": "y", "apiVersion": "z"}),
            vec!["accessToken", "phoneNumberId", "businessAccountId", "apiVersion"],
        ),
    ];
    for (body, blamed) in cases {
        let answer = program.put(SETTINGS, &body).await;
        assert_eq!(answer.refusal(), (422, "invalid".to_owned()), "{body}");
        let details = answer.details();
        assert_eq!(details.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), blamed, "{body}: {details:?}");
        assert!(details.iter().all(|(_, rule)| rule.len() > 5), "{body}: {details:?}");
    }
}

async fn a_token_that_meta_refuses_is_not_saved(kind: Kind) {
    let (_world, program) = start(kind).await;
    let refused = program.put(SETTINGS, &credentials("EAAGthisTokenIsUnknownToMeta")).await;
    assert_eq!(refused.refusal(), (422, "invalid".to_owned()));
    assert_eq!(refused.details()[0].0, "accessToken", "{}", refused.body);
    assert_eq!(program.get(SETTINGS).await.json()["id"], Value::Null);
}

async fn meta_out_of_reach_is_said_and_force_saves_anyway(kind: Kind) {
    let (world, program) = start(kind).await;
    let body = credentials(&token(&world));
    world.meta.add_fault(FaultDraft::new("graph", FaultKind::Http500));
    let answer = program.put(SETTINGS, &body).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    answer.refusal();
    assert_eq!(answer.header("retry-after"), Some("10"));
    assert!(answer.json()["error"]["remedy"].as_str().unwrap().contains("?force=true"), "{}", answer.body);
    assert_eq!(program.get(SETTINGS).await.json()["id"], Value::Null);
    let forced = program.put(&format!("{SETTINGS}?force=true"), &body).await;
    assert_eq!(forced.status, 201, "{}", forced.body);
    assert_eq!(forced.json()["phoneNumberId"], fixtures::NUMBER_NEW);
}

async fn an_expired_version_is_taken_with_a_warning(kind: Kind) {
    let (_world, program, _) = saved(kind).await;
    for version in ["v17.0", "v18.0"] {
        let answer = program.put(SETTINGS, &json!({"apiVersion": version})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let told = format!("Meta no longer serves {version}: it answers with a later version.");
        assert_eq!((&answer.json()["apiVersion"], &answer.json()["warnings"]), (&json!(version), &json!([told])));
        assert_eq!(program.post(TEST, &json!({})).await.json()["warnings"], json!([told]));
    }
    let answer = program.put(SETTINGS, &json!({"apiVersion": "v25.0"})).await;
    assert_eq!(answer.json()["warnings"], json!([]));
}

async fn several_connections_ask_which_one_is_meant(kind: Kind) {
    let (world, program, _) = saved(kind).await;
    let ana = world.log_in("ana@example.org").await;
    let other = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let asking = [
        program.get(SETTINGS).await,
        program.put(SETTINGS, &json!({"name": "x"})).await,
        program.post(TEST, &json!({})).await,
        program.get("/api/config/whatsapp").await,
    ];
    for answer in asking {
        assert_eq!(answer.refusal(), (409, "several_connections".to_owned()));
        assert!(answer.body.contains(other.as_str()) && answer.body.contains("+1 631-555-0101"), "{}", answer.body);
    }
    let named = program.put(&format!("{SETTINGS}?connection={other}"), &json!({"name": "Delivery"})).await;
    assert_eq!((named.status, &named.json()["name"]), (200, &json!("Delivery")), "{}", named.body);
}

async fn a_connection_keeps_its_number(kind: Kind) {
    let (world, program, _) = saved(kind).await;
    let answer = program.put(SETTINGS, &json!({"phoneNumberId": fixtures::NUMBER_CONNECTED})).await;
    assert_eq!(answer.refusal(), (409, "other_number".to_owned()));
    world.add_person("second", "eve@example.org", Role::Admin).await;
    let elsewhere = world.program_of("second", Scope::Write, None).await;
    let taken = elsewhere.put(SETTINGS, &credentials(&token(&world))).await;
    assert_eq!(taken.refusal(), (409, "connected_elsewhere".to_owned()));
    assert_eq!(elsewhere.get(SETTINGS).await.json()["id"], Value::Null);
}

async fn a_test_answers_200_either_way_and_saves_nothing(kind: Kind) {
    let (world, program) = start(kind).await;
    let good = program.post(TEST, &credentials(&token(&world))).await;
    let told = json!({"success": true, "message": "Connection successful. Phone number: +1 631-555-0101"});
    assert_eq!((good.status, good.json()), (200, told.clone()));
    assert_eq!(program.get(SETTINGS).await.json()["id"], Value::Null);
    let cases = [
        (json!({}), "Invalid Access Token: "),
        (credentials("EAAGthisTokenIsUnknownToMeta"), "Invalid Access Token: "),
        (json!({"accessToken": "EAAG", "phoneNumberId": "15550051489"}), "Invalid Phone Number ID: "),
        (json!({"accessToken": "EAAG", "webhookVerifyToken": "short"}), "Invalid Verify Token: "),
    ];
    for (body, beginning) in cases {
        let answer = program.post(TEST, &body).await;
        let json = answer.json();
        assert_eq!((answer.status, &json["success"]), (200, &json!(false)), "{body}");
        assert!(json["error"].as_str().unwrap().starts_with(beginning), "{body}: {json}");
    }
    world.meta.add_fault(FaultDraft::new("graph", FaultKind::Http500));
    let away = program.post(TEST, &credentials(&token(&world))).await;
    assert_eq!((away.status, &away.json()["success"]), (200, &json!(false)), "{}", away.body);
    world.meta.clear_faults();
    assert_eq!(program.put(SETTINGS, &credentials(&token(&world))).await.status, 201);
    let stored = program.call(Method::POST, TEST, &[], None).await;
    assert_eq!((stored.status, stored.json()), (200, told));
}

async fn tags_are_of_the_settings_alone(kind: Kind) {
    let (world, program, _) = saved(kind).await;
    let read = program.get(SETTINGS).await;
    let id = greentick::domain::ids::ConnectionId::new(read.json()["id"].as_str().unwrap());
    let tag = etag(&read);
    let ana = world.log_in("ana@example.org").await;
    let before = world.connection(&id).await.version;
    world.press(&ana, "check_connection", &id).await;
    assert!(world.connection(&id).await.version > before, "the check has changed something");
    assert_eq!(etag(&program.get(SETTINGS).await), tag, "a check changes no settings");
    let put = async |tag: &str, name: &str| {
        program.send_json(Method::PUT, SETTINGS, &[("if-match", tag)], &json!({"name": name})).await
    };
    let first = put(&tag, "first").await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_ne!(etag(&first), tag);
    assert_eq!(etag(&first), etag(&program.get(SETTINGS).await));
    for old in [tag.as_str(), "\"none-1\"", "\"nonsense\"", ""] {
        let answer = put(old, "second").await;
        assert_eq!(answer.refusal(), (412, "changed_meanwhile".to_owned()), "{old}");
    }
    let among = format!("\"other\", W/{}", etag(&first));
    assert_eq!(put(&among, "third").await.status, 200, "a proxy that compresses marks tags as weak");
    assert_eq!(put("*", "fourth").await.status, 200);
    assert_eq!(program.get(SETTINGS).await.json()["name"], "fourth");
    let other = world.program_of("second", Scope::Write, None).await;
    let body = credentials(&token(&world));
    let none = other.send_json(Method::PUT, SETTINGS, &[("if-match", "*")], &body).await;
    assert_eq!(none.refusal(), (412, "changed_meanwhile".to_owned()), "there is nothing to match");
}

async fn of_two_who_read_the_same_exactly_one_saves(kind: Kind) {
    let (_world, program, _) = saved(kind).await;
    for round in 0..4 {
        let tag = etag(&program.get(SETTINGS).await);
        let put = async |name: String| {
            program.send_json(Method::PUT, SETTINGS, &[("if-match", &tag)], &json!({"name": name})).await
        };
        let (one, two, three) =
            tokio::join!(put(format!("one {round}")), put(format!("two {round}")), put(format!("three {round}")));
        let mut statuses = [one.status, two.status, three.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412]);
        let winner = [one, two, three].into_iter().find(|answer| answer.status == 200).unwrap();
        assert_eq!(program.get(SETTINGS).await.json()["name"], winner.json()["name"]);
    }
}

async fn of_two_who_found_nothing_exactly_one_creates(kind: Kind) {
    let (world, program) = start(kind).await;
    let tag = etag(&program.get(SETTINGS).await);
    let put = async || {
        let body = credentials(&token(&world));
        program.send_json(Method::PUT, SETTINGS, &[("if-match", &tag)], &body).await.status
    };
    let (one, two) = tokio::join!(put(), put());
    assert_eq!([one.min(two), one.max(two)], [201, 412]);
}
