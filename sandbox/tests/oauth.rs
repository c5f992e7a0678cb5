use reqwest::StatusCode;
use sandbox::{GranularScopes, NewToken, SwitchChange, TokenLife, appsecret_proof, fixtures::*};
use serde_json::{Value, json};

use crate::stage::{REDIRECT, Stage, app_token};

const DAY: i64 = 86_400;

#[tokio::test]
async fn exchanges_a_code_for_a_token_that_never_ends() {
    let stage = Stage::new().await;
    let answer = stage.exchange(&stage.code(&[WABA_SOL])).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["token_type"], "bearer");
    assert!(answer.body.get("expires_in").is_none());
    assert_eq!(answer.header("facebook-api-version"), "v25.0");
    let token = answer.body["access_token"].as_str().expect("a token");
    assert!(token.starts_with("EAA") && token.len() >= 180);
}

#[tokio::test]
async fn exchanges_by_post_form_and_post_json_too() {
    let stage = Stage::new().await;
    for json_body in [false, true] {
        let code = stage.code(&[WABA_SOL]);
        let fields = json!({"client_id": APP_ID, "client_secret": APP_SECRET, "redirect_uri": REDIRECT, "code": code});
        let request = stage.http.post(stage.url("/v25.0/oauth/access_token"));
        let request = if json_body { request.json(&fields) } else { request.form(&fields) };
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_code_works_once() {
    let stage = Stage::new().await;
    let code = stage.code(&[WABA_SOL]);
    stage.exchange(&code).await;
    let again = stage.exchange(&code).await;
    assert_eq!((again.status, again.error()), (StatusCode::BAD_REQUEST, (100, 36009)));
    let header = again.header("www-authenticate");
    assert_eq!(header, r#"OAuth "Facebook Platform" "invalid_code" "This authorization code has been used.""#);
}

#[tokio::test]
async fn a_code_lives_thirty_seconds_of_virtual_time() {
    let stage = Stage::new().await;
    let code = stage.code(&[WABA_SOL]);
    stage.control.advance_clock(31);
    assert_eq!(stage.exchange(&code).await.error(), (100, 36007));
}

#[tokio::test]
async fn a_code_needs_the_very_same_redirect_uri_and_survives_a_wrong_one() {
    let stage = Stage::new().await;
    let code = stage.code(&[WABA_SOL]);
    let wrong = stage.exchange_with(&code, &format!("{REDIRECT}/"), APP_ID, APP_SECRET).await;
    assert_eq!(wrong.error(), (100, 36008));
    assert_eq!(stage.exchange(&code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn tells_a_wrong_secret_from_a_wrong_app_and_from_garbage() {
    let stage = Stage::new().await;
    let code = stage.code(&[WABA_SOL]);
    let secret = stage.exchange_with(&code, REDIRECT, APP_ID, "wrong").await;
    assert_eq!((secret.status, secret.error()), (StatusCode::BAD_REQUEST, (1, 0)));
    assert_eq!(stage.exchange_with(&code, REDIRECT, "123", APP_SECRET).await.error(), (101, 0));
    let garbage = stage.exchange("nonsense").await;
    assert_eq!(garbage.body["error"]["message"], "Invalid verification code format.");
}

#[tokio::test]
async fn hands_out_an_app_token_for_client_credentials() {
    let stage = Stage::new().await;
    let path = format!(
        "/v25.0/oauth/access_token?client_id={APP_ID}&client_secret={APP_SECRET}&grant_type=client_credentials"
    );
    let answer = stage.get_bare(&path).await;
    let token = answer.body["access_token"].as_str().expect("a token");
    assert!(token.starts_with(&format!("{APP_ID}|")));
    assert_eq!(stage.get(token, &format!("/{APP_ID}")).await.body["name"], "Greentick Sandbox");
    let about_me = stage.get(token, "/me").await;
    assert_eq!(about_me.error(), (2500, 0));
}

#[tokio::test]
async fn debug_token_names_the_accounts_most_recently_shared_first() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_DELIVERY, WABA_SOL]).await;
    let answer = stage.debug(&token).await;
    let data = &answer.body["data"];
    assert_eq!(
        (&data["is_valid"], &data["type"], &data["expires_at"]),
        (&json!(true), &json!("SYSTEM_USER"), &json!(0))
    );
    assert_eq!(data["granular_scopes"][0]["scope"], "whatsapp_business_management");
    assert_eq!(data["granular_scopes"][0]["target_ids"], json!([WABA_DELIVERY, WABA_SOL]));
    assert_eq!(data["granular_scopes"][2]["target_ids"], json!([BUSINESS_SOL]));
}

#[tokio::test]
async fn debug_token_can_leave_out_targets_or_granular_scopes() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let set = |granular_scopes| stage.control.switch(SwitchChange { granular_scopes, ..SwitchChange::default() });
    set(Some(GranularScopes::WithoutTargetIds));
    let row = stage.debug(&token).await.body["data"]["granular_scopes"][0].clone();
    assert_eq!(row, json!({"scope": "whatsapp_business_management"}));
    set(Some(GranularScopes::Missing));
    assert_eq!(stage.debug(&token).await.body["data"]["granular_scopes"], Value::Null);
}

#[tokio::test]
async fn debug_token_answers_200_for_a_dead_or_unreadable_token() {
    let stage = Stage::new().await;
    let wish = NewToken { life: TokenLife::Day, ..NewToken::default() };
    let token = stage.control.mint_token(wish).expect("a token");
    assert_eq!(stage.debug(&token).await.body["data"]["type"], "USER");
    stage.control.advance_clock(DAY);
    let dead = stage.debug(&token).await;
    assert_eq!((dead.status, &dead.body["data"]["is_valid"]), (StatusCode::OK, &json!(false)));
    assert_eq!(dead.body["data"]["error"]["subcode"], 463);
    let garbage = stage.debug("EAAnonsense").await;
    assert_eq!(garbage.body["data"]["error"]["message"], "The access token could not be decrypted");
}

#[tokio::test]
async fn debug_token_refuses_another_apps_token_but_lets_a_token_look_at_itself() {
    let stage = Stage::new().await;
    let other = stage.debug(OWN_APP_TOKEN).await;
    assert_eq!(other.error(), (100, 0));
    assert!(other.body["error"]["message"].as_str().is_some_and(|text| text.contains("did not match the Viewing App")));
    let own = format!("{OWN_APP_ID}|{OWN_APP_SECRET}");
    assert_eq!(stage.debug_as(&own, OWN_APP_TOKEN).await.body["data"]["application"], "Studio Lua API");
    let itself = stage.debug_as(OWN_APP_TOKEN, OWN_APP_TOKEN).await;
    assert_eq!(itself.body["data"]["granular_scopes"][0]["target_ids"], json!([WABA_LUA]));
}

#[tokio::test]
async fn a_sixty_day_token_is_lengthened_only_with_the_flag_and_before_its_end() {
    let stage = Stage::new().await;
    stage.control.switch(SwitchChange { token_life: Some(TokenLife::SixtyDays), ..SwitchChange::default() });
    let answer = stage.exchange(&stage.code(&[WABA_SOL])).await;
    assert_eq!(answer.body["expires_in"], 60 * DAY);
    let old = answer.body["access_token"].as_str().expect("a token");
    stage.control.advance_clock(59 * DAY);
    let base = format!(
        "/v25.0/oauth/access_token?grant_type=fb_exchange_token&client_id={APP_ID}&client_secret={APP_SECRET}&fb_exchange_token={old}"
    );
    assert_eq!(stage.get_bare(&base).await.error(), (100, 0));
    let flagged = format!("{base}&set_token_expires_in_60_days=true");
    let fresh = stage.get_bare(&flagged).await;
    assert_eq!(fresh.body["expires_in"], 60 * DAY);
    let new = fresh.body["access_token"].as_str().expect("a token");
    assert_ne!(new, old);
    assert_eq!(
        stage.get(old, &format!("/{WABA_SOL}")).await.status,
        StatusCode::OK,
        "the old one lives to its own end"
    );
    stage.control.advance_clock(DAY);
    assert_eq!(stage.get(old, &format!("/{WABA_SOL}")).await.error(), (190, 463));
    assert_eq!(stage.get_bare(&flagged).await.error(), (190, 463));
    assert_eq!(stage.get(new, &format!("/{WABA_SOL}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_revoked_token_is_dead_at_once() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let path = format!(
        "/v25.0/oauth/revoke?client_id={APP_ID}&client_secret={APP_SECRET}&revoke_token={token}&access_token={}",
        app_token()
    );
    assert_eq!(stage.get_bare(&path).await.body, json!({"success": "true"}));
    let answer = stage.get(&token, "/me").await;
    assert_eq!((answer.status, answer.error()), (StatusCode::UNAUTHORIZED, (190, 467)));
}

#[tokio::test]
async fn the_app_owners_system_user_fetches_a_customers_token_again() {
    let stage = Stage::new().await;
    let path = format!("/{BUSINESS_SOL}/system_user_access_tokens");
    let proof = appsecret_proof(APP_SECRET, SYSTEM_TOKEN);
    let body = json!({"fetch_only": true, "appsecret_proof": proof});
    assert_eq!(stage.post(SYSTEM_TOKEN, &path, body.clone()).await.error(), (100, 33), "not installed yet");
    let token = stage.token(&[WABA_SOL]).await;
    assert_eq!(stage.post(SYSTEM_TOKEN, &path, json!({"fetch_only": true})).await.error(), (100, 0), "no proof");
    assert_eq!(stage.post(SYSTEM_TOKEN, &path, body.clone()).await.body["access_token"], token);
    let foreign = json!({"fetch_only": true, "appsecret_proof": appsecret_proof(APP_SECRET, &token)});
    assert_eq!(stage.post(&token, &path, foreign).await.error(), (200, 0));
    stage.control.switch(SwitchChange { token_life: Some(TokenLife::SixtyDays), ..SwitchChange::default() });
    stage.control.advance_clock(DAY);
    let sixty = stage.token(&[WABA_SOL]).await;
    stage.control.advance_clock(10 * DAY);
    let fetched = stage.post(SYSTEM_TOKEN, &path, body).await;
    let fetched = fetched.body["access_token"].as_str().expect("a token");
    let end = async |token: &str| stage.debug(token).await.body["data"]["expires_at"].as_i64();
    assert!(end(fetched).await > end(&sixty).await, "a later end");
}

#[tokio::test]
async fn me_names_the_customers_portfolio_for_business_tokens_only() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let me = stage.get(&token, "/me?fields=id,client_business_id").await;
    assert_eq!(me.body["client_business_id"], BUSINESS_SOL);
    let own = stage.get(SYSTEM_TOKEN, "/me?fields=id,client_business_id").await;
    assert!(own.body.get("client_business_id").is_none());
    let wish = NewToken { life: TokenLife::Day, ..NewToken::default() };
    let user = stage.control.mint_token(wish).expect("a token");
    let refused = stage.get(&user, "/me?fields=client_business_id").await;
    assert_eq!((refused.status, refused.error()), (StatusCode::BAD_REQUEST, (190, 0)));
}

#[tokio::test]
async fn a_wrong_proof_is_refused_and_a_missing_one_only_when_required() {
    let stage = Stage::new().await;
    let token = stage.token(&[WABA_SOL]).await;
    let right = appsecret_proof(APP_SECRET, &token);
    assert_eq!(stage.get(&token, &format!("/me?appsecret_proof={right}")).await.status, StatusCode::OK);
    assert_eq!(stage.get(&token, "/me?appsecret_proof=00").await.error(), (100, 0));
    assert_eq!(stage.get(&token, "/me").await.status, StatusCode::OK);
    stage.control.switch(SwitchChange { require_proof: Some(true), ..SwitchChange::default() });
    assert_eq!(stage.get(&token, "/me").await.error(), (100, 0));
    assert_eq!(stage.get(&token, &format!("/me?appsecret_proof={right}")).await.status, StatusCode::OK);
}
