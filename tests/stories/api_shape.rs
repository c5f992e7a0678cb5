//! Whatever is sent, the answer is a clear refusal in one shape, and never a 500.

use crate::support::{Kind, SETTINGS, SIMPLE, World, soon};
use greentick::domain::api_key::Scope;
use greentick::domain::user::Role;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

both!(
    every_refusal_has_the_one_shape,
    garbage_is_refused_and_never_a_fault_of_ours,
    who_asks_is_looked_at_before_what_is_asked,
    a_cookie_needs_our_origin_and_a_key_puts_it_aside,
    the_contract_tells_every_address_and_status,
    the_contract_tells_every_field_of_an_event,
);

const JSON: (&str, &str) = ("content-type", "application/json");

/// Method, address, headers and body; status and code of the refusal.
type Case<'a> = (Method, &'a str, Vec<(&'a str, &'a str)>, Option<&'a str>, u16, &'a str);

async fn every_refusal_has_the_one_shape(kind: Kind) {
    let world = World::start(kind).await;
    let program = world.program(Scope::Write).await;
    let huge = format!("{{\"name\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    let put = Method::PUT;
    let cases: Vec<Case<'_>> = vec![
        (Method::GET, "/api/nowhere", vec![], None, 404, "not_found"),
        (Method::GET, "/api", vec![], None, 404, "not_found"),
        (Method::GET, "/api/settings/whatsapp/", vec![], None, 404, "not_found"),
        (Method::GET, "/api/v1/connections/%FF", vec![], None, 404, "not_found"),
        (Method::GET, "/api/v1/connections/%00", vec![], None, 404, "not_found"),
        (Method::POST, "/api/v1/connections/%00/refresh", vec![], None, 404, "not_found"),
        (Method::DELETE, SETTINGS, vec![], None, 405, "wrong_method"),
        (Method::GET, "/api/settings/whatsapp/test", vec![], None, 405, "wrong_method"),
        (Method::POST, "/api/openapi.json", vec![JSON], Some("{}"), 405, "wrong_method"),
        (put.clone(), SETTINGS, vec![], Some("{}"), 415, "no_json"),
        (put.clone(), SETTINGS, vec![("content-type", "text/plain")], Some("{}"), 415, "no_json"),
        (put.clone(), SETTINGS, vec![JSON], None, 400, "bad_json"),
        (put.clone(), SETTINGS, vec![JSON], Some("{\"name\":"), 400, "bad_json"),
        (put.clone(), SETTINGS, vec![JSON], Some("[]"), 400, "bad_json"),
        (put.clone(), SETTINGS, vec![JSON], Some("\"EAAGaSecretAsABody\""), 400, "bad_json"),
        (put.clone(), SETTINGS, vec![JSON], Some("{\"phoneNumberID\":\"1\"}"), 400, "bad_fields"),
        (put.clone(), SETTINGS, vec![JSON], Some("{\"accessToken\":[\"EAAGaSecretAsAList\"]}"), 400, "bad_fields"),
        (put.clone(), SETTINGS, vec![JSON], Some(&huge), 413, "too_large"),
        (put, "/api/settings/whatsapp?force=perhaps", vec![JSON], Some("{}"), 400, "bad_query"),
        (Method::GET, "/api/v1/connections?limit=many", vec![], None, 400, "bad_query"),
        (Method::GET, "/api/v1/connections?limit=0", vec![], None, 422, "invalid"),
        (Method::GET, "/api/v1/connections?limit=501", vec![], None, 422, "invalid"),
        (Method::GET, "/api/v1/connections?after=1.%00", vec![], None, 422, "invalid"),
        (Method::GET, "/api/v1/connections?after=nonsense", vec![], None, 422, "invalid"),
        (Method::POST, "/api/settings/whatsapp/test", vec![], Some("{}"), 415, "no_json"),
    ];
    for (method, path, headers, body, status, code) in cases {
        let answer = program.call(method.clone(), path, &headers, body.map(str::to_owned)).await;
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{method} {path}");
        let reference = answer.json()["error"]["reference"].clone();
        assert_eq!(answer.header("x-request-id"), reference.as_str(), "{method} {path}: the log knows it by this");
        assert!(!answer.body.contains("EAAG"), "{method} {path} repeats what may be a secret: {}", answer.body);
        if status == 405 {
            assert!(answer.header("allow").is_some_and(|allow| !allow.is_empty()), "{method} {path}");
        }
    }
    let allowed = program.call(Method::DELETE, SETTINGS, &[], None).await;
    let mut allowed: Vec<&str> = allowed.header("allow").unwrap().split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "PUT"]);
    let wrong = json!({"phoneNumberId": 5, "nmae": "x"});
    let details = program.put(SETTINGS, &wrong).await.details();
    assert_eq!(details[0].0, "nmae");
    assert!(details[0].1.contains("there is no such field"), "{details:?}");
    assert_eq!(details[1], ("phoneNumberId".to_owned(), "must be a text in quotes, or null".to_owned()));
}

async fn garbage_is_refused_and_never_a_fault_of_ours(kind: Kind) {
    let world = World::start(kind).await;
    let program = world.program(Scope::Write).await;
    let deep = "[".repeat(100_000);
    let deep_field = format!("{{\"name\":{}{}}}", "{\"a\":".repeat(200), "1".to_owned() + &"}".repeat(200));
    let bodies = [
        "",
        " ",
        "null",
        "0",
        "true",
        "NaN",
        "{",
        "}",
        "{}{}",
        "{\"a\":1,}",
        "\u{feff}{}",
        "{\"\\ud800\":1}",
        "\u{0}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":1e999}",
        "{\"name\":true}",
        "{\"name\":{}}",
        "{\"\":\"\"}",
        "{\"name\":\"\\u0000\"}",
        &deep,
        &deep_field,
    ];
    for body in bodies {
        let shown: String = body.chars().take(40).collect();
        for (method, path) in [
            (Method::PUT, SETTINGS),
            (Method::POST, "/api/config/whatsapp"),
            (Method::POST, "/api/settings/whatsapp/test"),
        ] {
            let answer = program.call(method, path, &[JSON], Some(body.to_owned())).await;
            assert!((200..500).contains(&answer.status), "{path} {shown}: {} {}", answer.status, answer.body);
            if answer.status != 200 {
                answer.refusal();
            }
        }
    }
    for header in ["Bearer", "Bearer ", "Basic YTpi", "gt_x", "Bearer \u{e9}", ""] {
        let answer = world.browser().send_as(Method::GET, SETTINGS, &[("authorization", header)], None).await;
        assert_eq!(answer.refusal(), (401, "bad_key".to_owned()), "{header}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

async fn who_asks_is_looked_at_before_what_is_asked(kind: Kind) {
    let world = World::start(kind).await;
    let stranger = world.browser();
    let reader = world.program(Scope::Read).await;
    for body in ["{}", "garbage"] {
        let answer = stranger.send_as(Method::PUT, SETTINGS, &[], Some(body.to_owned())).await;
        assert_eq!(answer.refusal(), (401, "sign_in_needed".to_owned()));
        let answer = reader.call(Method::PUT, SETTINGS, &[], Some(body.to_owned())).await;
        assert_eq!(answer.refusal(), (403, "not_allowed".to_owned()));
    }
}

async fn a_cookie_needs_our_origin_and_a_key_puts_it_aside(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let body = || Some(json!({"name": "x"}).to_string());
    let own = world.origin.clone();
    for headers in [vec![JSON], vec![JSON, ("origin", "https://elsewhere.example")]] {
        let answer = ana.send_as(Method::PUT, SETTINGS, &headers, body()).await;
        assert_eq!(answer.refusal(), (403, "foreign_origin".to_owned()));
    }
    let answer = ana.send_as(Method::PUT, SETTINGS, &[JSON, ("origin", &own)], body()).await;
    assert_eq!(answer.refusal(), (422, "invalid".to_owned()), "allowed in, and asked for a token");
    assert_eq!(ana.send_as(Method::GET, SETTINGS, &[], None).await.status, 200);
    // A header that names a caller, even one that does not work, and the cookie says nothing any more.
    let answer = ana.send_as(Method::GET, SETTINGS, &[("authorization", "Bearer gt_wrong")], None).await;
    assert_eq!(answer.refusal(), (401, "bad_key".to_owned()));
    let reader = world.program(Scope::Read).await;
    let bearer = format!("bearer {}", reader.key);
    let headers = [JSON, ("origin", own.as_str()), ("authorization", &bearer)];
    let answer = ana.send_as(Method::PUT, SETTINGS, &headers, body()).await;
    assert_eq!(answer.refusal(), (403, "not_allowed".to_owned()), "the key's scope counts, not the admin's role");
}

/// The routes of the API as they are written.
fn written() -> Vec<(String, String)> {
    let source = include_str!("../../src/server/api/mod.rs");
    let mut found = Vec::new();
    for call in source.split(".route(").skip(1) {
        let (path, rest) = call.split_once('"').unwrap().1.split_once('"').unwrap();
        let handlers = rest.split("fallback").next().unwrap();
        for method in
            ["get", "put", "post", "patch", "delete"].iter().filter(|method| handlers.contains(&format!("{method}(")))
        {
            found.push((path.to_owned(), (*method).to_owned()));
        }
    }
    // The WebSocket is told of in words: what follows the upgrade is no answer that a contract knows. How a request
    // arrives is asked by `greentick check --deploy` alone.
    found.retain(|(path, _)| !["/api/openapi.json", "/api/events/ws", "/api/deploy"].contains(&path.as_str()));
    found.sort();
    found
}

/// What each call may answer.
const STATUSES: [(&str, &str); 17] = [
    ("listForwards", "200 401 403 429 500 503"),
    ("makeForward", "201 400 401 403 413 415 422 429 500 503"),
    ("showForward", "200 401 403 404 429 500 503"),
    ("changeForward", "200 400 401 403 404 412 413 415 422 429 500 503"),
    ("removeForward", "204 401 403 404 429 500 503"),
    ("showSettings", "200 400 401 403 404 409 429 500 503"),
    ("saveSettings", "200 201 400 401 403 404 409 412 413 415 422 429 500 503"),
    ("testSettings", "200 400 401 403 404 409 413 415 429 500 503"),
    ("showConfig", "200 400 401 403 404 409 429 500 503"),
    ("saveConfig", "200 201 400 401 403 404 409 412 413 415 422 429 500 503"),
    ("listConnections", "200 400 401 403 422 429 500 503"),
    ("listEvents", "200 400 401 403 404 422 429 500 503"),
    ("exportEvents", "200 400 401 403 404 422 429 500 503"),
    ("erasePerson", "202 400 401 403 422 429 500 503"),
    ("showConnection", "200 401 403 404 429 500 503"),
    ("showWork", "200 401 403 429 500 503"),
    ("refreshConnection", "202 401 403 404 422 429 500 503"),
];

async fn the_contract_tells_every_address_and_status(kind: Kind) {
    let world = World::start(kind).await;
    let answer = world.browser().send_as(Method::GET, "/api/openapi.json", &[], None).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let contract = answer.json();
    assert!(contract["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(contract["servers"][0]["url"], world.origin);
    let operations = contract["paths"].as_object().unwrap().iter();
    let operations = operations.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |one| (path, one)));
    let operations: Vec<(&String, (&String, &Value))> = operations.collect();
    let mut told: Vec<_> = operations.iter().map(|(path, (method, _))| ((*path).clone(), (*method).clone())).collect();
    told.sort();
    assert_eq!(told, written());
    for (path, (method, operation)) in &operations {
        let statuses: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
        for always in ["401", "403", "429", "500", "503"] {
            assert!(statuses.iter().any(|status| *status == always), "{method} {path}: {always} is not told");
        }
        assert_eq!(operation["security"], json!([{"key": []}, {"session": []}]), "{method} {path}");
        assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 8), "{method} {path}");
        let statuses: Vec<&str> = statuses.into_iter().map(String::as_str).collect();
        let expected = STATUSES.iter().find(|(id, _)| operation["operationId"] == *id).expect("told in STATUSES").1;
        assert_eq!(statuses.join(" "), expected, "{method} {path}");
    }
    assert_no_dangling(&contract, &contract);
    let page = world.browser().page("/api/docs").await;
    for power in ["messages", "an export", "forwards", "deletion"] {
        assert!(contract["info"]["description"].as_str().unwrap().contains(power), "{power}");
    }
    for (path, (_, operation)) in operations {
        assert!(page.contains(path.as_str()), "{path} is not on the page");
        assert!(page.contains(&format!("id=\"{}\"", operation["operationId"].as_str().unwrap())), "{path}");
    }
}

async fn the_contract_tells_every_field_of_an_event(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    world.receive(&id, "wamid.1", "Olá").await;
    let notice = json!({"object": "whatsapp_business_account", "entry": [{"id": sandbox::fixtures::WABA_SOL, "time": 1_760_000_000, "changes": [
        {"field": "account_review_update", "value": {"decision": "APPROVED"}}]}]});
    assert_eq!(world.deliver(notice.to_string().as_bytes()).await, 200);
    let program = world.program(Scope::Read).await;
    let events = soon(async || {
        let listed = program.get("/api/v1/events").await.json();
        Some(listed["data"].as_array().unwrap().clone()).filter(|events| events.len() == 2)
    })
    .await;
    let contract = world.browser().get("/api/openapi.json").await.json();
    let event = &contract["components"]["schemas"]["EventsResponse"]["properties"]["data"]["items"];
    for one in &events {
        assert_shape(event, one);
    }
    assert_shape(&event["properties"]["user"], &events[0]["user"]);
    assert!(events[1]["user"].is_null() && events[1]["messageId"].is_null(), "{}", events[1]);
}

/// It has the fields that are told, no others, and each of a type that is told.
fn assert_shape(schema: &Value, one: &Value) {
    let names = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let required: BTreeSet<String> = serde_json::from_value(schema["required"].clone()).unwrap();
    assert_eq!((names(one), required), (names(&schema["properties"]), names(one)));
    for (name, value) in one.as_object().unwrap() {
        let is = match value {
            Value::Null => "null",
            Value::String(_) => "string",
            Value::Number(_) => "integer",
            Value::Object(_) => "object",
            other => panic!("{name}: {other}"),
        };
        let told = &schema["properties"][name]["type"];
        let fits = told == is || told.as_array().is_some_and(|told| told.contains(&json!(is)));
        assert!(fits, "{name} is {is}, and told is {told}");
    }
}

/// Every reference leads somewhere.
fn assert_no_dangling(whole: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                assert!(whole.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
            }
            fields.values().for_each(|value| assert_no_dangling(whole, value));
        }
        Value::Array(items) => items.iter().for_each(|value| assert_no_dangling(whole, value)),
        _ => {}
    }
}
