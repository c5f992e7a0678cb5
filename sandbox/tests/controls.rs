use reqwest::{Method, StatusCode, header};
use sandbox::{Options, fixtures::*};
use serde_json::{Value, json};

use crate::stage::{REDIRECT, Stage};

#[tokio::test]
async fn grants_a_code_without_clicking() {
    let stage = Stage::new().await;
    let wish = json!({"redirectUri": REDIRECT, "business": BUSINESS_SOL, "wabas": [WABA_DELIVERY], "phoneNumber": NUMBER_CONNECTED});
    let granted = stage.control_call(Method::POST, "/grant", wish).await;
    assert_eq!(granted.status, StatusCode::CREATED);
    let code = granted.body["code"].as_str().expect("a code");
    assert_eq!(stage.exchange(code).await.status, StatusCode::OK);
    let foreign = json!({"redirectUri": "https://evil.example/"});
    assert_eq!(stage.control_call(Method::POST, "/grant", foreign).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn orders_lists_and_removes_faults() {
    let stage = Stage::new().await;
    let draft = json!({"on": "debug_token", "kind": "http_500", "times": 2, "delayMs": 1});
    let id = stage.control_call(Method::POST, "/faults", draft.clone()).await.body["id"].clone();
    stage.control_call(Method::POST, "/faults", draft).await;
    assert_eq!(stage.debug("x").await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let listed = stage.control_call(Method::GET, "/faults", Value::Null).await;
    assert_eq!(listed.body["data"][0]["struck"], 1);
    let one = stage.control_call(Method::DELETE, &format!("/faults/{id}"), Value::Null).await;
    assert_eq!(one.status, StatusCode::NO_CONTENT);
    stage.control_call(Method::DELETE, "/faults", Value::Null).await;
    assert_eq!(stage.debug("x").await.status, StatusCode::OK);
    let typo = stage.control_call(Method::POST, "/faults", json!({"on": "*", "kind": "slow", "delay": 1})).await;
    assert_eq!(typo.status, StatusCode::UNPROCESSABLE_ENTITY, "a misspelt field must not pass for an ordered fault");
}

#[tokio::test]
async fn moves_the_clock_throws_switches_plays_scenarios_and_resets() {
    let stage = Stage::new().await;
    let before = stage.control.now();
    let moved = stage.control_call(Method::POST, "/clock", json!({"advanceSeconds": 3600})).await;
    assert!(moved.body["now"].as_i64() >= Some(before + 3600));
    let switched =
        stage.control_call(Method::POST, "/switches", json!({"postMessage": true, "tokenLife": "sixtyDays"})).await;
    assert_eq!((&switched.body["postMessage"], &switched.body["requireProof"]), (&json!(true), &json!(false)));
    let token = stage.token(&[WABA_SOL]).await;
    let scenario = json!({"name": "password_changed", "person": PERSON_ANA});
    assert_eq!(stage.control_call(Method::POST, "/scenario", scenario).await.status, StatusCode::NO_CONTENT);
    assert_eq!(stage.get(&token, "/me").await.error(), (190, 460));
    stage.control_call(Method::POST, "/reset", Value::Null).await;
    assert_eq!(stage.get(&token, "/me").await.error(), (190, 0), "the token is unknown now");
    assert!(stage.control.now() < before + 3600);
}

#[tokio::test]
async fn adds_and_changes_numbers_and_mints_tokens_for_connecting_by_hand() {
    let stage = Stage::new().await;
    let added = stage.control_call(Method::POST, "/numbers", json!({"waba": WABA_LUA, "count": 3})).await;
    assert_eq!(added.body["ids"].as_array().map(Vec::len), Some(3));
    let change = json!({"status": "RESTRICTED", "quality": "YELLOW", "official": true});
    stage.control_call(Method::POST, &format!("/numbers/{NUMBER_FLAGGED}"), change).await;
    let minted = stage.control_call(Method::POST, "/tokens", json!({"wabas": [WABA_LUA], "life": "day"})).await;
    let token = minted.body["token"].as_str().expect("a token");
    let number =
        stage.get(token, &format!("/{NUMBER_FLAGGED}?fields=status,quality_rating,is_official_business_account")).await;
    assert_eq!((&number.body["status"], &number.body["quality_rating"]), (&json!("RESTRICTED"), &json!("YELLOW")));
    assert_eq!(number.body["is_official_business_account"], true);
}

#[tokio::test]
async fn the_world_is_told_without_secrets() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let world = stage.control_call(Method::GET, "/world", Value::Null).await;
    assert_eq!(world.body["numbers"].as_array().map(Vec::len), Some(6));
    let text = world.body.to_string();
    for secret in [token.as_str(), APP_SECRET, SYSTEM_TOKEN, PIN] {
        assert!(!text.contains(secret));
    }
    let tokens = stage.control_call(Method::GET, "/tokens", Value::Null).await;
    assert!(tokens.body.to_string().contains(&token));
}

#[tokio::test]
async fn refuses_other_host_names_and_other_sites() {
    let stage = Stage::new().await;
    let request = |name: &str, value: &str| {
        stage.http.post(stage.url("/_sandbox/api/reset")).header(name.to_owned(), value.to_owned()).send()
    };
    let rebound = request(header::HOST.as_str(), "sandbox.evil.example:4000").await.expect("an answer");
    assert_eq!(rebound.status(), StatusCode::MISDIRECTED_REQUEST);
    for (name, value) in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(request(name, value).await.expect("an answer").status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let own = stage.running.graph_url();
    assert_eq!(request("origin", &own).await.expect("an answer").status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn starts_on_loopback_only() {
    let addr = ([0, 0, 0, 0], 0).into();
    let error = sandbox::start(Options { addr, ..Options::default() }).await.expect_err("refused");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[tokio::test]
async fn stops_when_told_and_when_dropped() {
    for told in [true, false] {
        let Stage { running, http, .. } = Stage::new().await;
        let (addr, url) = (running.addr(), running.graph_url());
        drop(http.get(&url).send().await.expect("an answer"));
        if told {
            running.stop().await;
        } else {
            drop(running);
            // The listener goes as soon as its task runs.
            while std::net::TcpListener::bind(addr).is_err() {
                tokio::task::yield_now().await;
            }
        }
        assert!(http.get(&url).send().await.is_err());
    }
}

#[tokio::test]
async fn the_page_for_people_shows_the_world_and_its_buttons_work_without_script() {
    let stage = Stage::new().await;
    let url = stage.url("/_sandbox");
    let page = stage.http.get(&url).send().await.expect("an answer").text().await.expect("a page");
    for text in ["Padaria Sol", "+1 631-555-0105", "Rate limited", "Advance the clock", "Calls"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("<script"));
    let token = stage.token(&[WABA_SOL]).await;
    let press = async |fields: &[(&str, &str)]| {
        let answer = stage.http.post(stage.url("/_sandbox/do")).form(fields).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{fields:?}");
    };
    press(&[("do", "scenario"), ("name", "token_expired"), ("target", "")]).await;
    assert_eq!(stage.get(&token, "/me").await.error(), (190, 463));
    press(&[("do", "clock"), ("seconds", "86400")]).await;
    press(&[("do", "switches"), ("postMessage", "true"), ("tokenLife", "sixtyDays"), ("granularScopes", "full")]).await;
    assert!(stage.control.switches().post_message);
    press(&[("do", "scenario"), ("name", "meta_down"), ("target", "")]).await;
    assert_eq!(stage.control.faults().len(), 1);
    press(&[("do", "clear_faults")]).await;
    assert!(stage.control.faults().is_empty());
    press(&[("do", "reset")]).await;
    assert!(!stage.control.switches().post_message);
}
