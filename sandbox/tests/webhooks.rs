use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use reqwest::{Method, StatusCode};
use sandbox::fixtures::*;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::stage::{Stage, app_token};

type Heard = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// Answers 500 to the first so many, then 200; what it was sent, and its address.
async fn listener(failures: usize) -> (Heard, String) {
    async fn hear(State((heard, failures)): State<(Heard, usize)>, headers: HeaderMap, body: Bytes) -> StatusCode {
        let mut heard = heard.lock().expect("no panic before");
        heard.push((headers, serde_json::from_slice(&body).expect("JSON")));
        if heard.len() <= failures { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    }
    let heard = Heard::default();
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/hook", socket.local_addr().expect("bound"));
    let app = Router::new().route("/hook", post(hear)).with_state((heard.clone(), failures));
    tokio::spawn(async move { axum::serve(socket, app).await });
    (heard, url)
}

async fn until(mut look: impl FnMut() -> bool) {
    let looking = async {
        while !look() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.expect("it happens");
}

async fn send(stage: &Stage, wish: Value) -> StatusCode {
    stage.control_call(Method::POST, "/webhooks", wish).await.status
}

/// The app is subscribed to the account, as connecting does.
async fn subscribed(stage: &Stage) {
    let token = stage.token(&[WABA_SOL]).await;
    let answer = stage.post(&token, &format!("/{WABA_SOL}/subscribed_apps"), json!({})).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn sends_only_to_who_is_subscribed_and_only_on_this_machine() {
    let stage = Stage::new().await;
    assert_eq!(send(&stage, json!({})).await, StatusCode::UNPROCESSABLE_ENTITY, "the app has no callback");
    let (heard, url) = listener(0).await;
    stage.control_call(Method::POST, "/callback", json!({"url": url})).await;
    assert_eq!(send(&stage, json!({})).await, StatusCode::UNPROCESSABLE_ENTITY, "it is not subscribed");
    subscribed(&stage).await;
    assert_eq!(send(&stage, json!({"text": "Olá"})).await, StatusCode::ACCEPTED);
    until(|| heard.lock().expect("fine").len() == 1).await;
    let (headers, body) = heard.lock().expect("fine")[0].clone();
    assert!(headers["x-hub-signature-256"].to_str().expect("ASCII").starts_with("sha256="));
    assert!(headers["x-hub-signature"].to_str().expect("ASCII").starts_with("sha1="));
    let value = &body["entry"][0]["changes"][0]["value"];
    assert_eq!(
        (&value["metadata"]["phone_number_id"], &value["messages"][0]["text"]["body"]),
        (&NUMBER_NEW.into(), &"Olá".into())
    );
    assert!(value["messages"][0]["timestamp"].is_string());
    for url in ["https://example.org/hook", "nowhere"] {
        assert_eq!(send(&stage, json!({"url": url})).await, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
    }
    assert_eq!(send(&stage, json!({"batch": 1001})).await, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn sends_only_fields_that_the_app_is_subscribed_to_and_says_so() {
    let stage = Stage::new().await;
    let (heard, url) = listener(0).await;
    stage.control_call(Method::POST, "/callback", json!({"url": url})).await;
    subscribed(&stage).await;
    assert_eq!(send(&stage, json!({"field": "flows"})).await, StatusCode::ACCEPTED);
    let fewer = json!({"object": "whatsapp_business_account", "fields": "flows,messages"});
    stage.call(Method::DELETE, &app_token(), &format!("/{APP_ID}/subscriptions"), fewer).await;
    for field in ["flows", "messages"] {
        let why = format!("the app is not subscribed to the field `{field}`");
        let refused = stage.control_call(Method::POST, "/webhooks", json!({"field": field})).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.to_string().contains(&why), "{}", refused.body);
        let form = [("do", "webhook"), ("field", field), ("count", "1"), ("signing", "right")];
        let pressed = stage.http.post(stage.url("/_sandbox/do")).form(&form).send().await.expect("an answer");
        assert_eq!(pressed.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(pressed.text().await.expect("words").contains(&why));
    }
    let page = stage.http.get(stage.url("/_sandbox")).send().await.expect("a page").text().await.expect("HTML");
    assert!(page.contains("flows (not subscribed)") && !page.contains("security (not subscribed)"));
    assert_eq!(send(&stage, json!({"field": "security"})).await, StatusCode::ACCEPTED);
    let press = stage.http.post(stage.url("/_sandbox/do")).form(&[("do", "subscribe_all")]);
    assert_eq!(press.send().await.expect("an answer").status(), StatusCode::SEE_OTHER);
    assert_eq!(send(&stage, json!({"field": "flows"})).await, StatusCode::ACCEPTED);
    until(|| heard.lock().expect("fine").len() == 3).await;
}

#[tokio::test]
async fn tries_again_less_and_less_often_until_it_is_taken() {
    let stage = Stage::new().await;
    let (heard, url) = listener(2).await;
    assert_eq!(send(&stage, json!({"url": url})).await, StatusCode::ACCEPTED);
    let tries = || stage.control.webhooks()[0].attempts;
    until(|| tries() == 1).await;
    assert!(stage.control.webhooks()[0].next_at > Some(stage.control.now() + 50), "not at once again");
    stage.control.advance_clock(61);
    until(|| tries() == 2).await;
    stage.control.advance_clock(301);
    until(|| stage.control.webhooks()[0].delivered).await;
    assert_eq!((heard.lock().expect("fine").len(), stage.control.webhooks()[0].next_at), (3, None));
    let log = stage.control_call(Method::GET, "/webhooks", Value::Null).await;
    assert_eq!((&log.body["data"][0]["attempts"], &log.body["data"][0]["status"]), (&json!(3), &json!(200)));
}

#[tokio::test]
async fn batches_repeats_and_follows_what_was_sent() {
    let stage = Stage::new().await;
    let (heard, url) = listener(0).await;
    let wish = json!({"url": url, "count": 2500, "batch": 1000, "duplicates": 1, "shuffle": true});
    assert_eq!(send(&stage, wish).await, StatusCode::ACCEPTED);
    until(|| heard.lock().expect("fine").len() == 6).await;
    let count = |body: &Value| body["entry"][0]["changes"][0]["value"]["messages"].as_array().map_or(0, Vec::len);
    let mut sizes: Vec<usize> = heard.lock().expect("fine").iter().map(|(_, body)| count(body)).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [500, 500, 1000, 1000, 1000, 1000]);
    heard.lock().expect("fine").clear();
    stage.control_call(Method::POST, "/callback", json!({"url": url})).await;
    subscribed(&stage).await;
    let token = stage.token(&[WABA_SOL, WABA_DELIVERY]).await;
    stage.post(&token, &format!("/{WABA_DELIVERY}/subscribed_apps"), json!({})).await;
    let text = json!({"messaging_product": "whatsapp", "to": "15550109999", "type": "text", "text": {"body": "Hi"}});
    let sent = stage.post(&token, &format!("/{NUMBER_CONNECTED}/messages"), text).await;
    until(|| heard.lock().expect("fine").len() == 3).await;
    for (_, body) in heard.lock().expect("fine").iter() {
        assert_eq!(body["entry"][0]["changes"][0]["value"]["statuses"][0]["id"], sent.body["messages"][0]["id"]);
    }
}
