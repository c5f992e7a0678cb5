use reqwest::{Method, StatusCode};
use sandbox::{FaultDraft, FaultKind, Proof, Scenario, SwitchChange, TokenLife, appsecret_proof, fixtures::*};
use serde_json::json;

use crate::stage::Stage;

fn fault(on: &str, kind: FaultKind) -> FaultDraft {
    FaultDraft::new(on, kind)
}

#[tokio::test]
async fn a_fault_spoils_as_many_calls_as_ordered_and_only_those_that_fit() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let draft =
        FaultDraft { code: Some(131_016), times: Some(1), ..fault("waba/phone_numbers", FaultKind::GraphError) };
    stage.control.add_fault(draft);
    let path = format!("/{WABA_SOL}/phone_numbers");
    assert_eq!(stage.get(&token, &format!("/{WABA_SOL}")).await.status, StatusCode::OK);
    let spoiled = stage.get(&token, &path).await;
    assert_eq!((spoiled.status, spoiled.error()), (StatusCode::SERVICE_UNAVAILABLE, (131_016, 0)));
    assert_eq!(stage.get(&token, &path).await.status, StatusCode::OK);
    assert!(stage.control.faults().is_empty());
}

#[tokio::test]
async fn a_front_servers_error_is_not_json() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    stage.control.play(Scenario::MetaDown { times: Some(1) });
    let answer = stage.get(&token, "/me").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn a_cut_breaks_the_connection_after_the_work_was_done_or_before() {
    let stage = Stage::new().await;
    for performed in [true, false] {
        let code = stage.code(&[WABA_SOL]);
        let cut = fault("oauth/access_token", FaultKind::Cut);
        stage.control.add_fault(FaultDraft { performed: Some(performed), times: Some(1), ..cut });
        let query = [
            ("client_id", APP_ID),
            ("client_secret", APP_SECRET),
            ("redirect_uri", crate::stage::REDIRECT),
            ("code", code.as_str()),
        ];
        let sent = stage.http.get(stage.url("/v25.0/oauth/access_token")).query(&query).send().await;
        let whole = match sent {
            Ok(response) => response.bytes().await.is_ok(),
            Err(_) => false,
        };
        assert!(!whole, "the answer must not arrive whole");
        let again = stage.exchange(&code).await;
        assert_eq!(again.error(), if performed { (100, 36009) } else { (0, 0) });
    }
}

#[tokio::test]
async fn a_slow_meta_answers_rightly_but_late_and_the_log_shows_who_did_not_wait() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    stage.control.play(Scenario::MetaSlow { delay_ms: Some(60_000), times: Some(1) });
    let call =
        stage.http.get(stage.url("/v25.0/me")).bearer_auth(&token).timeout(std::time::Duration::from_millis(300));
    assert!(call.send().await.is_err_and(|error| error.is_timeout()));
    let last = stage.control.calls().pop().expect("a call");
    assert_eq!((last.endpoint.as_str(), last.status), ("me", None));
    stage.control.play(Scenario::MetaSlow { delay_ms: Some(5), times: Some(1) });
    assert_eq!(stage.get(&token, "/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn rate_limits_show_in_the_headers_and_pass_with_virtual_time() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let path = format!("/{WABA_SOL}");
    stage.control.play(Scenario::RateLimited { code: Some(80_007), regain_minutes: Some(7) });
    let limited = stage.get(&token, &path).await;
    assert_eq!((limited.status, limited.error()), (StatusCode::TOO_MANY_REQUESTS, (80_007, 0)));
    let usage: serde_json::Value = serde_json::from_str(limited.header("x-business-use-case-usage")).expect("JSON");
    assert_eq!(usage[WABA_SOL][0]["call_count"], 100);
    assert_eq!(usage[WABA_SOL][0]["estimated_time_to_regain_access"], 7);
    let dialog = stage.get_bare("/v25.0/dialog/oauth").await;
    assert_eq!(dialog.status, StatusCode::BAD_REQUEST, "the dialog is not Graph");
    stage.control.advance_clock(7 * 60);
    assert_eq!(stage.get(&token, &path).await.status, StatusCode::OK);
    stage.control.play(Scenario::RateLimited { code: None, regain_minutes: None });
    let by_app = stage.get(&token, &path).await;
    assert_eq!(by_app.error(), (4, 0));
    assert!(by_app.header("x-app-usage").contains("\"call_count\":100"));
}

#[tokio::test]
async fn tokens_die_as_meta_kills_them() {
    let stage = Stage::new().await;
    let deaths: [(u64, Scenario); 3] = [
        (460, Scenario::PasswordChanged { person: None, business: Some(BUSINESS_SOL.to_owned()) }),
        (463, Scenario::TokenExpired { business: None }),
        (458, Scenario::AppRemoved { business: Some(BUSINESS_SOL.to_owned()) }),
    ];
    for (subcode, scenario) in deaths {
        let token = stage.token(&[WABA_SOL]).await;
        stage.post(&token, &format!("/{WABA_SOL}/subscribed_apps"), json!({})).await;
        stage.control.play(scenario);
        let answer = stage.get(&token, "/me").await;
        assert_eq!((answer.status, answer.error()), (StatusCode::UNAUTHORIZED, (190, subcode)));
        assert_eq!(stage.debug(&token).await.body["data"]["error"]["subcode"], subcode);
    }
    let fetch = json!({"fetch_only": true, "appsecret_proof": appsecret_proof(APP_SECRET, SYSTEM_TOKEN)});
    let answer = stage.post(SYSTEM_TOKEN, &format!("/{BUSINESS_SOL}/system_user_access_tokens"), fetch).await;
    assert_eq!(answer.error(), (100, 33), "the installation is gone");
    let again = stage.token(&[WABA_SOL]).await;
    let apps = stage.get(&again, &format!("/{WABA_SOL}/subscribed_apps")).await;
    assert_eq!(apps.body, json!({"data": []}), "and so is its subscription");
}

#[tokio::test]
async fn a_token_may_end_tomorrow_or_be_of_a_day() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    stage.control.play(Scenario::TokenEndsTomorrow { business: None });
    let data = stage.debug(&token).await.body["data"].clone();
    assert_eq!(data["type"], "SYSTEM_USER");
    assert_eq!(data["expires_at"].as_i64(), Some(stage.control.now() + 86_400));
    assert_eq!(stage.control.switches().token_life, TokenLife::SixtyDays);
    stage.control.switch(SwitchChange { token_life: Some(TokenLife::Day), ..SwitchChange::default() });
    let day = stage.exchange(&stage.code(&[WABA_SOL])).await;
    assert_eq!(day.body["expires_in"], 86_400);
}

#[tokio::test]
async fn payment_verification_and_bans_change_what_nodes_say() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let fields = "business_verification_status,primary_funding_id,phone_numbers{status}";
    let read = async || stage.get(&token, &format!("/{WABA_SOL}?fields={fields}")).await.body;
    stage.control.play(Scenario::PaymentMissing { waba: Some(WABA_SOL.to_owned()) });
    stage.control.play(Scenario::VerificationRejected { business: None });
    stage.control.play(Scenario::NumberBanned { number: Some(NUMBER_NEW.to_owned()) });
    let bad = read().await;
    assert!(bad.get("primary_funding_id").is_none());
    assert_eq!(bad["business_verification_status"], "rejected");
    assert_eq!(bad["phone_numbers"]["data"][0]["status"], "BANNED");
    stage.control.play(Scenario::PaymentRestored { waba: None });
    stage.control.play(Scenario::VerificationPassed { business: None });
    stage.control.play(Scenario::NumberRestored { number: None });
    let good = read().await;
    assert!(good["primary_funding_id"].is_string());
    assert_eq!(good["business_verification_status"], "verified");
    assert_eq!(good["phone_numbers"]["data"][0]["status"], "PENDING");
}

#[tokio::test]
async fn subscribe_and_register_can_be_refused() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    stage.control.play(Scenario::SubscribeRefused { times: Some(1) });
    let path = format!("/{WABA_SOL}/subscribed_apps");
    assert_eq!(stage.get(&token, &path).await.status, StatusCode::OK, "reading goes on");
    assert_eq!(stage.post(&token, &path, json!({})).await.error(), (200, 0));
    stage.control.play(Scenario::RegisterRefused { code: Some(2_388_001), times: Some(1) });
    assert_eq!(stage.register(&token, NUMBER_NEW, "111111").await.error(), (2_388_001, 0));
    assert_eq!(stage.register(&token, NUMBER_NEW, "111111").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_log_masks_secrets_and_judges_the_proof() {
    let stage = Stage::new().await;
    let code = stage.code(&[WABA_SOL]);
    let token = stage.exchange(&code).await.body["access_token"].as_str().expect("a token").to_owned();
    let proof = appsecret_proof(APP_SECRET, &token);
    stage.get(&token, &format!("/me?appsecret_proof={proof}")).await;
    stage.get(&token, "/me?appsecret_proof=wrong").await;
    stage.register(&token, NUMBER_NEW, "918273").await;
    let calls = stage.control.calls();
    let proofs: Vec<Proof> = calls.iter().map(|call| call.proof).collect();
    assert_eq!(proofs, [Proof::Absent, Proof::Right, Proof::Wrong, Proof::Absent]);
    assert_eq!(calls[3].endpoint, "phone/register");
    assert_eq!(calls[3].status, Some(200));
    let log = stage.control_call(Method::GET, "/calls", json!(null)).await.body.to_string();
    for secret in [APP_SECRET, &code, &token, &proof, "918273"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}
