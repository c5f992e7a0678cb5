use reqwest::StatusCode;
use sandbox::fixtures::*;
use serde_json::json;

use crate::stage::Stage;

const HOUR: i64 = 3600;

#[tokio::test]
async fn registering_a_verified_number_connects_it_and_sets_its_pin() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let read = format!("/{NUMBER_NEW}?fields=status,platform_type,is_pin_enabled,last_onboarded_time");
    let before = stage.get(&token, &read).await;
    assert_eq!(before.body["status"], "PENDING");
    assert!(before.body.get("last_onboarded_time").is_none());
    assert_eq!(stage.register(&token, NUMBER_NEW, "111111").await.body, json!({"success": true}));
    let after = stage.get(&token, &read).await;
    assert_eq!((&after.body["status"], &after.body["platform_type"]), (&json!("CONNECTED"), &json!("CLOUD_API")));
    assert_eq!(after.body["is_pin_enabled"], true);
    assert_eq!(stage.register(&token, NUMBER_NEW, "222222").await.error(), (133_005, 0));
    assert_eq!(stage.post(&token, &format!("/{NUMBER_NEW}/deregister"), json!({})).await.status, StatusCode::OK);
    assert_eq!(stage.get(&token, &read).await.body["status"], "DISCONNECTED");
}

#[tokio::test]
async fn another_pin_is_refused_and_guessing_is_closed_after_five() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_DELIVERY]).await;
    for _ in 0..5 {
        assert_eq!(stage.register(&token, NUMBER_WITH_PIN, "000000").await.error(), (133_005, 0));
    }
    let locked = stage.register(&token, NUMBER_WITH_PIN, PIN).await;
    assert_eq!(locked.error(), (133_008, 0), "even the right one");
    stage.control.advance_clock(12 * HOUR);
    assert_eq!(stage.register(&token, NUMBER_WITH_PIN, PIN).await.status, StatusCode::OK);
}

#[tokio::test]
async fn ten_registrations_in_seventy_two_hours_are_all() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    for _ in 0..10 {
        assert_eq!(stage.register(&token, NUMBER_NEW, "111111").await.status, StatusCode::OK);
    }
    assert_eq!(stage.register(&token, NUMBER_NEW, "111111").await.error(), (133_016, 0));
    stage.control.advance_clock(73 * HOUR);
    assert_eq!(stage.register(&token, NUMBER_NEW, "111111").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_number_must_be_verified_by_code_before_it_registers() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let body = json!({"cc": "1", "phone_number": "631-555-0177", "verified_name": "Sol Two"});
    let created = stage.post(&token, &format!("/{WABA_SOL}/phone_numbers"), body.clone()).await;
    let id = created.body["id"].as_str().expect("an id");
    assert_eq!(stage.post(&token, &format!("/{WABA_SOL}/phone_numbers"), body).await.error(), (100, 2_388_012));
    assert_eq!(stage.register(&token, id, "111111").await.error(), (133_006, 0));
    let verify =
        async |code: &str| stage.post(&token, &format!("/{id}/verify_code"), json!({"code": code})).await.error();
    assert_eq!(verify(OTP_CODE).await, (136_025, 0), "no code was asked for");
    let ask = json!({"code_method": "SMS", "language": "en_US"});
    assert_eq!(stage.post(&token, &format!("/{id}/request_code"), ask).await.body, json!({"success": true}));
    assert_eq!(verify("000000").await, (136_025, 0));
    assert_eq!(verify(OTP_CODE).await, (0, 0));
    assert_eq!(stage.register(&token, id, "111111").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_pin_is_six_digits_and_can_be_changed() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_DELIVERY]).await;
    assert_eq!(stage.register(&token, NUMBER_WITH_PIN, "12345").await.error(), (100, 0));
    let path = format!("/{NUMBER_WITH_PIN}");
    assert_eq!(stage.post(&token, &path, json!({"pin": "135791"})).await.body, json!({"success": true}));
    assert_eq!(stage.register(&token, NUMBER_WITH_PIN, "135791").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_display_name_waits_for_review_until_the_next_registration() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    stage.post(&token, &format!("/{NUMBER_NEW}"), json!({"new_display_name": "Sol Bakery"})).await;
    let read = format!("/{NUMBER_NEW}?fields=verified_name,new_display_name,new_name_status");
    assert_eq!(stage.get(&token, &read).await.body["new_name_status"], "PENDING_REVIEW");
    stage.register(&token, NUMBER_NEW, "111111").await;
    assert_eq!(stage.get(&token, &read).await.body["verified_name"], "Sol Bakery");
}

#[tokio::test]
async fn a_number_on_the_business_app_neither_registers_nor_deregisters() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_LUA]).await;
    let number = stage.get(&token, &format!("/{NUMBER_BUSINESS_APP}?fields=is_on_biz_app,platform_type")).await;
    assert_eq!((&number.body["is_on_biz_app"], &number.body["platform_type"]), (&json!(true), &json!("CLOUD_API")));
    assert_eq!(stage.register(&token, NUMBER_BUSINESS_APP, "111111").await.error(), (100, 0));
    assert_eq!(stage.post(&token, &format!("/{NUMBER_BUSINESS_APP}/deregister"), json!({})).await.error(), (100, 0));
}
