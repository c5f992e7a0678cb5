use axum::{Router, extract::RawQuery, http::StatusCode as AxumStatus, routing::get};
use reqwest::{Method, StatusCode};
use sandbox::{NewToken, fixtures::*};
use serde_json::{Value, json};

use crate::stage::{Stage, app_token};

#[tokio::test]
async fn hides_what_the_token_does_not_reach_like_what_does_not_exist() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    for id in [WABA_DELIVERY, NUMBER_CONNECTED, BUSINESS_LUA, "999999999999999"] {
        let answer = stage.get(&token, &format!("/{id}")).await;
        assert_eq!((answer.status, answer.error()), (StatusCode::BAD_REQUEST, (100, 33)), "{id}");
        assert_eq!(answer.body["error"]["type"], "GraphMethodException");
    }
    let post = stage.post(&token, &format!("/{NUMBER_CONNECTED}/register"), json!({})).await;
    assert!(post.body["error"]["message"].as_str().is_some_and(|text| text.starts_with("Unsupported post request.")));
}

#[tokio::test]
async fn takes_the_token_by_header_query_and_form_and_asks_for_it_when_absent() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let by_query = stage.get_bare(&format!("/v25.0/{WABA_SOL}?access_token={token}")).await;
    assert_eq!(by_query.body["name"], "Padaria Sol");
    let path = stage.url(&format!("/v25.0/{WABA_SOL}/subscribed_apps"));
    let by_form = stage.http.post(path).form(&[("access_token", &token)]).send().await.expect("an answer");
    assert_eq!(by_form.status(), StatusCode::OK);
    assert_eq!(stage.get_bare(&format!("/v25.0/{WABA_SOL}")).await.error(), (104, 0));
    assert_eq!(stage.get_bare("/v25.0/me").await.error(), (2500, 0));
    assert_eq!(stage.get("EAAgarbage", "/me").await.error(), (190, 0));
}

#[tokio::test]
async fn leaves_out_null_fields_and_names_unknown_ones() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_DELIVERY]).await;
    let waba = stage.get(&token, &format!("/{WABA_DELIVERY}?fields=name,primary_funding_id")).await;
    assert_eq!(waba.body, json!({"id": WABA_DELIVERY, "name": "Padaria Sol Delivery"}));
    let unknown = stage.get(&token, &format!("/{WABA_DELIVERY}?fields=name,foo")).await;
    assert_eq!(
        unknown.body["error"]["message"],
        "(#100) Tried accessing nonexisting field (foo) on node type (WhatsAppBusinessAccount)"
    );
    let number = stage.get(&token, &format!("/{NUMBER_CONNECTED}")).await;
    assert_eq!(number.body["throughput"], json!({"level": "STANDARD"}));
    assert_eq!(number.body["code_verification_status"], "VERIFIED");
}

#[tokio::test]
async fn expands_edges_and_nodes_inside_fields() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_DELIVERY]).await;
    let fields = "name,owner_business{verification_status},phone_numbers.limit(2){display_phone_number}";
    let answer = stage.get(&token, &format!("/{WABA_DELIVERY}?fields={fields}")).await;
    assert_eq!(answer.body["owner_business"], json!({"id": BUSINESS_SOL, "verification_status": "verified"}));
    let numbers = &answer.body["phone_numbers"];
    assert_eq!(numbers["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(numbers["data"][0], json!({"id": NUMBER_CONNECTED, "display_phone_number": "+1 631-555-0102"}));
    assert!(numbers["paging"]["next"].is_string());
}

#[tokio::test]
async fn pages_through_a_long_list_without_missing_or_repeating_one() {
    let stage = Stage::new().await;
    let added = stage.control.add_numbers(WABA_SOL, 130, true).expect("added");
    let token = stage.token(&[WABA_SOL]).await;
    let first = stage.get(&token, &format!("/{WABA_SOL}/phone_numbers?fields=id&limit=1000")).await;
    assert_eq!(first.ids().len(), 100, "Meta gives at most a hundred");
    let mut seen: Vec<String> = Vec::new();
    let mut url = format!("/v25.0/{WABA_SOL}/phone_numbers?fields=id&access_token={token}");
    loop {
        let page = stage.get_bare(&url).await;
        seen.extend(page.ids().into_iter().map(str::to_owned));
        let Some(next) = page.body["paging"]["next"].as_str() else { break };
        url = next.strip_prefix(&stage.running.graph_url()).expect("the same host").to_owned();
    }
    assert_eq!(seen.len(), 131);
    assert_eq!(seen[1..], added);
    let second =
        stage.get(&token, &format!("/{WABA_SOL}/phone_numbers?fields=id&limit=5&after={}", cursor(&first))).await;
    let back = second.body["paging"]["previous"].as_str().expect("a page before");
    let back = stage.get_bare(back.strip_prefix(&stage.running.graph_url()).expect("the same host")).await;
    assert_eq!(back.ids(), first.ids()[95..]);
    let bad = stage.get(&token, &format!("/{WABA_SOL}/phone_numbers?after=nonsense")).await;
    assert_eq!(bad.error(), (100, 0));
}

fn cursor(page: &crate::stage::Answer) -> &str {
    page.body["paging"]["cursors"]["after"].as_str().expect("a cursor")
}

#[tokio::test]
async fn an_expired_version_is_served_by_the_oldest_and_an_unknown_one_refused() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let old = stage.get_bare(&format!("/v17.0/me?access_token={token}")).await;
    assert_eq!(old.status, StatusCode::OK);
    assert_ne!(old.header("facebook-api-version"), "v17.0");
    let unknown = stage.get_bare(&format!("/v99.0/me?access_token={token}")).await;
    assert_eq!(unknown.error(), (2500, 0));
}

#[tokio::test]
async fn health_names_the_missing_payment_and_the_unverified_portfolio() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_LUA]).await;
    let health = stage.get(&token, &format!("/{NUMBER_FLAGGED}?fields=health_status,quality_rating,status")).await;
    assert_eq!((&health.body["quality_rating"], &health.body["status"]), (&json!("RED"), &json!("FLAGGED")));
    let status = &health.body["health_status"];
    assert_eq!(status["can_send_message"], "BLOCKED");
    let entities = status["entities"].as_array().expect("entities");
    let kinds: Vec<&Value> = entities.iter().map(|entity| &entity["entity_type"]).collect();
    assert_eq!(kinds, ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"]);
    assert_eq!(entities[1]["errors"][0]["error_code"], 141_006);
    assert_eq!(entities[2]["can_send_message"], "LIMITED");
}

#[tokio::test]
async fn business_nodes_need_their_permission_and_list_their_accounts() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL, WABA_DELIVERY]).await;
    let owned = stage.get(&token, &format!("/{BUSINESS_SOL}/owned_whatsapp_business_accounts?fields=id")).await;
    assert_eq!(owned.ids(), [WABA_SOL, WABA_DELIVERY]);
    let clients = stage.get(SYSTEM_TOKEN, &format!("/{OWNER_BUSINESS}/client_whatsapp_business_accounts")).await;
    assert_eq!(clients.ids(), [WABA_SOL, WABA_DELIVERY]);
    let scopes = Some(vec!["whatsapp_business_messaging".to_owned()]);
    let narrow = stage.control.mint_token(NewToken { scopes, ..NewToken::default() }).expect("a token");
    let business = stage.get(&narrow, &format!("/{BUSINESS_SOL}")).await;
    assert_eq!((business.status, business.error()), (StatusCode::FORBIDDEN, (200, 0)));
    assert_eq!(stage.get(&narrow, &format!("/{WABA_SOL}")).await.error(), (10, 0));
}

/// An app's callback that answers handshakes with the right token.
async fn callback(secret: &'static str) -> String {
    let answer = move |RawQuery(query): RawQuery| async move {
        let query = query.unwrap_or_default();
        let value =
            |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap_or_default().to_owned();
        if value("hub.verify_token=") == secret { Ok(value("hub.challenge=")) } else { Err(AxumStatus::FORBIDDEN) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", get(answer))).await });
    format!("http://{addr}/hook")
}

#[tokio::test]
async fn subscribes_an_app_to_an_account_and_proves_an_override_first() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let path = format!("/{WABA_SOL}/subscribed_apps");
    assert_eq!(stage.get(&token, &path).await.body, json!({"data": []}));
    assert_eq!(stage.post(&token, &path, json!({})).await.body, json!({"success": true}));
    let listed = stage.get(&token, &path).await;
    assert_eq!(listed.body["data"][0]["whatsapp_business_api_data"]["id"], APP_ID);
    assert!(listed.body["data"][0].get("override_callback_uri").is_none());
    let url = callback("right").await;
    let wrong = stage.post(&token, &path, json!({"override_callback_uri": url, "verify_token": "wrong"})).await;
    assert_eq!(wrong.error(), (2200, 0));
    let message = wrong.body["error"]["message"].as_str().expect("a message");
    assert!(message.ends_with("HTTP Status Code = 403; HTTP Message = Forbidden"), "{message}");
    let right = stage.post(&token, &path, json!({"override_callback_uri": url, "verify_token": "right"})).await;
    assert_eq!(right.body, json!({"success": true}));
    assert_eq!(stage.get(&token, &path).await.body["data"][0]["override_callback_uri"], url);
    assert_eq!(stage.call(Method::DELETE, &token, &path, json!({})).await.body, json!({"success": true}));
    assert_eq!(stage.get(&token, &path).await.body, json!({"data": []}));
}

#[tokio::test]
async fn the_apps_own_subscription_is_proven_listed_and_removed() {
    let stage = Stage::new().await;
    let path = format!("/{APP_ID}/subscriptions");
    let url = callback("right").await;
    let body = json!({
        "object": "whatsapp_business_account", "callback_url": url, "verify_token": "right", "fields": "messages,account_update",
    });
    assert_eq!(stage.post(&app_token(), &path, body.clone()).await.body, json!({"success": true}));
    let listed = stage.get(&app_token(), &path).await;
    assert_eq!(listed.body["data"][0]["callback_url"], url);
    assert_eq!(listed.body["data"][0]["fields"][1]["name"], "account_update");
    let token = stage.token(&[WABA_SOL]).await;
    let number = stage.get(&token, &format!("/{NUMBER_NEW}?fields=webhook_configuration")).await;
    assert_eq!(number.body["webhook_configuration"], json!({"application": url}));
    stage.call(Method::DELETE, &app_token(), &path, json!({"object": "whatsapp_business_account"})).await;
    assert_eq!(stage.get(&app_token(), &path).await.body, json!({"data": []}));
    let away = json!({"object": "whatsapp_business_account", "callback_url": "http://192.0.2.1/", "verify_token": "x"});
    assert_eq!(stage.post(&app_token(), &path, away).await.error(), (2200, 0), "the sandbox calls this machine only");
}

#[tokio::test]
async fn a_number_may_have_its_own_callback() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let url = callback("right").await;
    let path = format!("/{NUMBER_NEW}");
    let set = json!({"webhook_configuration": {"override_callback_uri": url, "verify_token": "right"}});
    assert_eq!(stage.post(&token, &path, set).await.body, json!({"success": true}));
    let read = format!("{path}?fields=webhook_configuration");
    assert_eq!(stage.get(&token, &read).await.body["webhook_configuration"]["phone_number"], url);
    stage.post(&token, &path, json!({"webhook_configuration": {"override_callback_uri": ""}})).await;
    assert_eq!(stage.get(&token, &read).await.body, json!({"id": NUMBER_NEW}));
}

#[tokio::test]
async fn keeps_the_business_profile() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let path = format!("/{NUMBER_NEW}/whatsapp_business_profile");
    let body = json!({"messaging_product": "whatsapp", "about": "Fresh bread", "websites": ["https://sol.example"]});
    assert_eq!(stage.post(&token, &path, body).await.body, json!({"success": true}));
    let read = stage.get(&token, &format!("{path}?fields=about,websites")).await;
    assert_eq!(read.body["data"][0], json!({"about": "Fresh bread", "websites": ["https://sol.example"]}));
    let long = json!({"messaging_product": "whatsapp", "about": "x".repeat(140)});
    assert_eq!(stage.post(&token, &path, long).await.error(), (100, 0));
}

#[tokio::test]
async fn endpoints_that_are_not_here_yet_answer_like_unknown_ones() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    assert_eq!(stage.post(&token, &format!("/{NUMBER_NEW}/media"), json!({})).await.error(), (100, 33));
    assert_eq!(stage.get(&token, &format!("/{WABA_SOL}/message_templates")).await.error(), (100, 0));
    assert_eq!(
        stage.get(&token, &format!("/{NUMBER_NEW}/official_business_account")).await.body["oba_status"],
        "NOT_STARTED"
    );
}

#[tokio::test]
async fn accepts_a_text_and_the_one_template_and_refuses_what_meta_refuses() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_DELIVERY]).await;
    let path = format!("/{NUMBER_CONNECTED}/messages");
    let text = |to: &str, body: &str| json!({"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}});
    let sent = stage.post(&token, &path, text("+15550109999", "Hello")).await;
    assert_eq!(sent.status, StatusCode::OK);
    assert_eq!(sent.body["contacts"][0]["wa_id"], "15550109999");
    assert!(sent.body["messages"][0]["id"].as_str().is_some_and(|id| id.starts_with("wamid.")));
    assert_eq!(stage.post(&token, &path, text("Ana", "Hello")).await.error(), (100, 0));
    assert_eq!(stage.post(&token, &path, text("15550109999", &"x".repeat(4_097))).await.error(), (100, 0));
    let template = |name: &str| {
        let template = json!({"name": name, "language": {"code": "en_US"}});
        json!({"messaging_product": "whatsapp", "to": "15550109999", "type": "template", "template": template})
    };
    let accepted = stage.post(&token, &path, template("hello_world")).await;
    assert_eq!(accepted.body["messages"][0]["message_status"], "accepted");
    assert_eq!(stage.post(&token, &path, template("summer_sale")).await.error(), (132_001, 0));
    stage.post(&token, &format!("/{NUMBER_CONNECTED}/deregister"), json!({})).await;
    assert_eq!(stage.post(&token, &path, text("15550109999", "Hello")).await.error(), (133_010, 0));
}
