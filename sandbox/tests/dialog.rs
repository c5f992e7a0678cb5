use reqwest::{Response, StatusCode, header};
use sandbox::{SwitchChange, fixtures::*};
use serde_json::{Value, json};

use crate::stage::{REDIRECT, Stage};

/// A person with a browser that runs no script.
struct Visit<'a> {
    stage: &'a Stage,
    url: String,
    page: String,
}

fn location(response: &Response) -> String {
    response.headers().get(header::LOCATION).expect("a redirect").to_str().expect("ASCII").to_owned()
}

fn dialog_query(extras: &str) -> Vec<(&str, &str)> {
    vec![
        ("client_id", APP_ID),
        ("config_id", CONFIG_ID),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("override_default_response_type", "true"),
        ("state", "a b+c"),
        ("extras", extras),
    ]
}

const EXTRAS: &str = r#"{"setup":{},"sessionInfoVersion":"3","version":"v4"}"#;
const COEXISTENCE: &str = r#"{"setup":{"future":1},"featureType":"whatsapp_business_app_onboarding"}"#;

impl<'a> Visit<'a> {
    async fn open(stage: &'a Stage, extras: &str) -> Self {
        let request = stage.http.get(stage.url("/v25.0/dialog/oauth")).query(&dialog_query(extras));
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let url = stage.url(&location(&response));
        let mut visit = Self { stage, url, page: String::new() };
        visit.load().await;
        visit
    }

    async fn load(&mut self) {
        let response = self.stage.http.get(&self.url).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        self.page = response.text().await.expect("a page");
    }

    /// The form's fields as the page preset them.
    fn preset(&self) -> Vec<(String, String)> {
        let attribute = |tag: &str, name: &str| {
            let rest = tag.split_once(&format!(" {name}=\""))?.1;
            Some(rest.split_once('"')?.0.to_owned())
        };
        self.page
            .split("<input")
            .skip(1)
            .map(|tag| tag.split('>').next().unwrap_or_default())
            .filter(|tag| tag.contains("hidden") || tag.contains(" checked"))
            .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
            .collect()
    }

    async fn send(&self, changes: &[(&str, &str)]) -> Response {
        let mut fields = self.preset();
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.stage.http.post(&self.url).form(&fields).send().await.expect("an answer")
    }

    /// Presses a button that leads to another step, or shows an error.
    async fn press(&mut self, changes: &[(&str, &str)]) {
        let response = self.send(changes).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{}", self.page);
        self.load().await;
    }

    async fn go_on(&mut self) {
        self.press(&[("action", "continue")]).await;
    }

    /// Presses the last button and returns where it leads.
    async fn finish(self) -> String {
        let response = self.send(&[("action", "continue")]).await;
        assert_eq!(response.status(), StatusCode::FOUND);
        location(&response)
    }
}

fn code_in(address: &str) -> &str {
    let rest = address.split_once("code=").expect("a code").1;
    rest.split('&').next().expect("a value")
}

#[tokio::test]
async fn pressing_continue_all_the_way_connects_the_simple_number() {
    let stage = Stage::new().await;
    let mut visit = Visit::open(&stage, EXTRAS).await;
    assert!(visit.page.contains("Continue as Ana Souza") && visit.page.contains("this is not Facebook"));
    visit.press(&[("person", PERSON_ANA)]).await;
    visit.go_on().await;
    visit.go_on().await;
    assert!(visit.page.contains("+1 631-555-0101"));
    visit.go_on().await;
    assert!(visit.page.contains("Padaria Sol"));
    visit.go_on().await;
    assert!(visit.page.contains(">Finish<"));
    let address = visit.finish().await;
    assert!(address.starts_with(&format!("{REDIRECT}?code=")));
    assert!(address.ends_with("&state=a%20b%2Bc"), "{address}");
    let token = stage.exchange(code_in(&address)).await.body["access_token"].as_str().expect("a token").to_owned();
    let numbers = stage.get(&token, &format!("/{WABA_SOL}/phone_numbers?fields=id")).await;
    assert_eq!(numbers.ids(), [NUMBER_NEW]);
}

#[tokio::test]
async fn cancelling_at_any_step_leads_back_with_a_refusal() {
    let stage = Stage::new().await;
    for steps in 0..6 {
        let mut visit = Visit::open(&stage, EXTRAS).await;
        for step in 0..steps {
            if step == 0 {
                visit.press(&[("person", PERSON_ANA)]).await;
            } else {
                visit.go_on().await;
            }
        }
        let response = visit.send(&[("action", "cancel")]).await;
        let query = "error=access_denied&error_code=200&error_description=Permissions+error&error_reason=user_denied";
        assert_eq!(response.status(), StatusCode::FOUND);
        assert_eq!(location(&response), format!("{REDIRECT}?{query}&state=a%20b%2Bc"), "after {steps} steps");
        let again = stage.http.get(&visit.url).send().await.expect("an answer");
        assert_eq!(again.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn faults_of_the_address_are_a_page_and_never_a_redirect() {
    let stage = Stage::new().await;
    let faults = [
        ("client_id", "123", "Invalid App ID"),
        ("client_id", "", "client_id parameter is missing"),
        ("config_id", "123", "Invalid configuration"),
        ("redirect_uri", "http://127.0.0.1:3000/connect/facebook/callback/", "URL blocked"),
        ("redirect_uri", "https://evil.example/", "domains"),
        ("redirect_uri", "http://127.0.0.1:3000@evil.example/", "domains"),
        ("response_type", "token", "response_type"),
    ];
    for (name, value, text) in faults {
        let mut query = dialog_query(EXTRAS);
        query.retain(|(known, _)| *known != name);
        query.push((name, value));
        let response = stage.http.get(stage.url("/v25.0/dialog/oauth")).query(&query).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{name}={value}");
        let page = response.text().await.expect("a page");
        assert!(page.contains(text), "{name}={value}: {page}");
    }
}

#[tokio::test]
async fn a_new_number_takes_the_code_or_is_left_for_later() {
    let stage = Stage::new().await;
    for later in [false, true] {
        let phone = if later { "+1 631-555-0181" } else { "+1 631-555-0182" };
        let mut visit = Visit::open(&stage, EXTRAS).await;
        visit.press(&[("person", PERSON_ANA)]).await;
        visit.go_on().await;
        visit.go_on().await;
        visit.press(&[("action", "continue"), ("number", "new"), ("phone", "12")]).await;
        assert!(visit.page.contains("role=\"alert\"") && visit.page.contains("name=\"phone\" value=\"12\""));
        let taken = [("action", "continue"), ("number", "new"), ("phone", "+1 (631) 555 0102")];
        visit.press(&taken).await;
        assert!(visit.page.contains("registered to a WhatsApp account already"));
        visit.press(&[("action", "continue"), ("number", "new"), ("phone", phone)]).await;
        assert!(visit.page.contains("123-456"));
        visit.press(&[("action", "continue"), ("code", "000000")]).await;
        assert!(visit.page.contains("That code is not right"));
        if later {
            visit.press(&[("action", "later")]).await;
        } else {
            visit.press(&[("action", "continue"), ("code", "123-456")]).await;
        }
        visit.go_on().await;
        let address = visit.finish().await;
        let token = stage.exchange(code_in(&address)).await.body["access_token"].as_str().expect("a token").to_owned();
        let path = format!("/{WABA_SOL}/phone_numbers?fields=display_phone_number,code_verification_status");
        let rows = stage.get(&token, &path).await.body["data"].clone();
        let row = rows
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["display_phone_number"] == phone))
            .expect("the number");
        assert_eq!(row["code_verification_status"], if later { "NOT_VERIFIED" } else { "VERIFIED" });
    }
}

#[tokio::test]
async fn someone_new_begins_with_a_new_portfolio_and_no_number() {
    let stage = Stage::new().await;
    let mut visit = Visit::open(&stage, EXTRAS).await;
    visit.press(&[("person", "other"), ("other", "Zoë <b>")]).await;
    visit.press(&[("action", "continue"), ("business_name", "")]).await;
    assert!(visit.page.contains("role=\"alert\""));
    visit.press(&[("action", "continue"), ("business_name", "Zoë & Co <i>")]).await;
    visit.press(&[("action", "continue"), ("waba_name", "Zoë")]).await;
    visit.press(&[("action", "continue"), ("number", "none")]).await;
    assert!(visit.page.contains("Zoë &amp; Co &lt;i&gt;"));
    visit.go_on().await;
    let address = visit.finish().await;
    let token = stage.exchange(code_in(&address)).await.body["access_token"].as_str().expect("a token").to_owned();
    let waba = stage.debug(&token).await.body["data"]["granular_scopes"][0]["target_ids"][0]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(stage.get(&token, &format!("/{waba}/phone_numbers")).await.body, json!({"data": []}));
}

#[tokio::test]
async fn other_accounts_can_be_shared_too() {
    let stage = Stage::new().await;
    let mut visit = Visit::open(&stage, EXTRAS).await;
    visit.press(&[("person", PERSON_ANA)]).await;
    visit.go_on().await;
    visit.press(&[("action", "continue"), ("share_others", "yes")]).await;
    visit.go_on().await;
    visit.go_on().await;
    let address = visit.finish().await;
    let token = stage.exchange(code_in(&address)).await.body["access_token"].as_str().expect("a token").to_owned();
    let targets = stage.debug(&token).await.body["data"]["granular_scopes"][0]["target_ids"].clone();
    assert_eq!(targets, json!([WABA_SOL, WABA_DELIVERY]));
}

#[tokio::test]
async fn a_number_of_the_business_app_comes_by_qr_only_when_asked_for() {
    let stage = Stage::new().await;
    for (extras, offered) in [(EXTRAS, false), (COEXISTENCE, true)] {
        let mut visit = Visit::open(&stage, extras).await;
        visit.press(&[("person", PERSON_RUI)]).await;
        visit.go_on().await;
        visit.go_on().await;
        assert_eq!(visit.page.contains("value=\"qr\""), offered);
        if offered {
            visit.go_on().await;
            assert!(visit.page.contains("Scan the QR code"));
            visit.go_on().await;
            assert!(visit.page.contains("+1 631-555-0106"));
        }
    }
}

#[tokio::test]
async fn a_page_gone_back_to_cannot_answer_for_another_step() {
    let stage = Stage::new().await;
    let mut visit = Visit::open(&stage, EXTRAS).await;
    visit.press(&[("person", PERSON_ANA)]).await;
    visit.press(&[("step", "finish"), ("action", "continue")]).await;
    assert!(visit.page.contains("Choose a business portfolio"));
    visit.press(&[("action", "back")]).await;
    assert!(visit.page.contains("Continue as Rui Costa"));
}

#[tokio::test]
async fn rui_cannot_share_a_portfolio_that_he_does_not_manage() {
    let stage = Stage::new().await;
    let mut visit = Visit::open(&stage, EXTRAS).await;
    visit.press(&[("person", PERSON_RUI)]).await;
    visit.press(&[("action", "continue"), ("business", BUSINESS_SOL)]).await;
    assert!(visit.page.contains("role=\"alert\""));
}

#[tokio::test]
async fn posts_to_the_opener_when_switched_on_and_only_to_the_apps_origin() {
    let stage = Stage::new().await;
    stage.control.switch(SwitchChange { post_message: Some(true), ..SwitchChange::default() });
    let mut visit = Visit::open(&stage, EXTRAS).await;
    visit.press(&[("person", PERSON_ANA)]).await;
    visit.go_on().await;
    visit.go_on().await;
    visit.go_on().await;
    visit.go_on().await;
    let page = visit.send(&[("action", "continue")]).await.text().await.expect("a page");
    let message = posted(&page);
    assert_eq!((&message["type"], &message["event"]), (&json!("WA_EMBEDDED_SIGNUP"), &json!("FINISH")));
    assert_eq!(
        message["data"],
        json!({"phone_number_id": NUMBER_NEW, "waba_id": WABA_SOL, "business_id": BUSINESS_SOL})
    );
    assert!(page.contains(", \"http://127.0.0.1:3000\")"));
    let mut visit = Visit::open(&stage, EXTRAS).await;
    visit.press(&[("person", PERSON_ANA)]).await;
    let page = visit.send(&[("action", "cancel")]).await.text().await.expect("a page");
    assert_eq!(posted(&page)["data"], json!({"current_step": "BUSINESS_ACCOUNT_SELECTION"}));
}

#[tokio::test]
async fn a_problem_can_be_reported_at_any_step_and_the_message_names_the_session() {
    let stage = Stage::new().await;
    stage.control.switch(SwitchChange { post_message: Some(true), ..SwitchChange::default() });
    let mut sessions = Vec::new();
    for steps in 0..6 {
        let mut visit = Visit::open(&stage, EXTRAS).await;
        for step in 0..steps {
            if step == 0 {
                visit.press(&[("person", PERSON_ANA)]).await;
            } else {
                visit.go_on().await;
            }
        }
        assert!(visit.page.contains(">Report a problem</button>"), "after {steps} steps");
        let page = visit.send(&[("action", "report")]).await.text().await.expect("a page");
        let message = posted(&page);
        assert_eq!((&message["type"], &message["event"]), (&json!("WA_EMBEDDED_SIGNUP"), &json!("CANCEL")));
        let data = &message["data"];
        assert_eq!(data["error_code"], "524126");
        assert!(data["timestamp"].as_str().is_some_and(|at| at.parse::<i64>().is_ok_and(|at| at > 1_700_000_000)));
        assert!(data["error_message"].as_str().is_some_and(|text| !text.is_empty()));
        let session = data["session_id"].as_str().expect("a session").to_owned();
        assert!(session.len() == 15 && session.bytes().all(|byte| byte.is_ascii_hexdigit()), "{session}");
        sessions.push(session);
        assert!(page.contains("error=access_denied") && page.contains("state=a%20b%2Bc"));
    }
    sessions.dedup();
    assert_eq!(sessions.len(), 6);
}

#[tokio::test]
async fn without_messages_a_reported_problem_leads_back_like_a_cancelled_run() {
    let stage = Stage::new().await;
    let mut visit = Visit::open(&stage, EXTRAS).await;
    visit.press(&[("person", PERSON_ANA)]).await;
    let response = visit.send(&[("action", "report")]).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert!(location(&response).starts_with(&format!("{REDIRECT}?error=access_denied&error_code=200")));
}

/// The JSON text that the page's script posts.
fn posted(page: &str) -> Value {
    let call = page.split_once("postMessage(").expect("a call").1;
    let literal = call.split_once(", \"http").expect("a target").0;
    let text: String = serde_json::from_str(literal).expect("a string");
    serde_json::from_str(&text).expect("JSON in it")
}
