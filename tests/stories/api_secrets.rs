//! No secret that is sent comes back: not when it is saved, refused, misplaced, or sent as something else.

use crate::support::{Kind, SETTINGS, World};
use greentick::domain::api_key::Scope;
use greentick::domain::user::Role;
use proptest::prelude::{Strategy, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use sandbox::fixtures;
use serde_json::{Value, json};

both!(no_secret_survives_into_an_answer);

#[derive(Debug, Clone)]
struct Secrets {
    token: String,
    app_secret: String,
    verify_token: String,
}

fn secrets() -> impl Strategy<Value = Secrets> {
    let token = prop_oneof!["EAA[A-Za-z0-9]{12,180}", "[!-~]{12,60}", "\\PC{12,40}", "[ -~]{12,60}"];
    (token, "[0-9a-f]{32}|[!-~]{10,40}", "[ -~]{8,60}|\\PC{10,30}")
        .prop_map(|(token, app_secret, verify_token)| Secrets { token, app_secret, verify_token })
}

/// The ways to send them: rightly, in each other's places, as names, as other types, as no JSON.
fn bodies(secrets: &Secrets) -> Vec<String> {
    let Secrets { token, app_secret, verify_token } = secrets;
    let right = json!({
        "phoneNumberId": fixtures::NUMBER_NEW, "businessAccountId": fixtures::WABA_SOL, "accessToken": token,
        "appId": fixtures::OWN_APP_ID, "appSecret": app_secret, "webhookVerifyToken": verify_token,
    });
    let wrong = [
        json!({"accessToken": [token], "appSecret": {"a": app_secret}, "webhookVerifyToken": [verify_token]}),
        json!({"phoneNumberId": token, "businessAccountId": app_secret, "apiVersion": verify_token}),
        json!({"accessToken": token, "appId": app_secret, "name": "x"}),
        json!(token),
        json!([token, app_secret, verify_token]),
    ];
    let text = format!("{{\"accessToken\": \"{token}, \"appSecret\": {app_secret}, {verify_token}");
    wrong.iter().chain([&right]).map(Value::to_string).chain([text]).collect()
}

async fn no_secret_survives_into_an_answer(kind: Kind) {
    let world = World::start(kind).await;
    world.add_person("default", "ana@example.org", Role::Admin).await;
    let program = world.program(Scope::Write).await;
    let mut runner = TestRunner::new(Config { cases: 0, ..Config::default() });
    let mut saved = 0;
    for _ in 0..12 {
        let secrets = secrets().new_tree(&mut runner).unwrap().current();
        for body in bodies(&secrets) {
            for (method, path) in [
                (Method::POST, "/api/settings/whatsapp/test".to_owned()),
                (Method::PUT, SETTINGS.to_owned()),
                (Method::PUT, format!("{SETTINGS}?force=true")),
                (Method::POST, "/api/config/whatsapp".to_owned()),
            ] {
                let json = [("content-type", "application/json")];
                let answer = program.call(method, &path, &json, Some(body.clone())).await;
                assert!(answer.status < 500 || answer.status == 503, "{path} {body}: {}", answer.body);
                saved += u32::from(answer.status == 201);
                assert_unknown(&secrets, &format!("{:?}\n{}", answer.headers, answer.body));
            }
        }
        for path in [SETTINGS, "/api/config/whatsapp", "/api/v1/connections"] {
            let answer = program.get(path).await;
            assert_unknown(&secrets, &format!("{:?}\n{}", answer.headers, answer.body));
        }
    }
    assert!(saved > 0, "something was saved, so that there was something to tell");
    assert!(!world.heard.lock().unwrap().iter().any(|heard| heard.contains(&program.key)));
}

fn assert_unknown(secrets: &Secrets, told: &str) {
    let unescaped = told.replace("\\\"", "\"").replace("\\\\", "\\");
    for secret in [&secrets.token, &secrets.app_secret, &secrets.verify_token] {
        assert!(!told.contains(secret.as_str()) && !unescaped.contains(secret.as_str()), "{secret} is in {told}");
    }
}
