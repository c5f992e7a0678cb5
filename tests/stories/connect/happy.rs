//! The way most people go.

use crate::support::{Kind, SIMPLE, World};
use greentick::domain::connection::Badge;
use greentick::domain::credential::{Origin, TokenKind};
use greentick::domain::signup::{Stage, Step};
use greentick::domain::user::Role;
use sandbox::{Proof, fixtures};
use secrecy::ExposeSecret;

both!(
    a_number_connects_to_a_green_badge,
    the_dialog_is_asked_for_what_meta_wants,
    without_a_meta_app_the_page_says_what_is_missing,
    a_second_number_of_an_account_shares_its_credential,
    an_account_is_subscribed_and_a_number_registered_with_a_pin_of_its_own,
);

async fn a_number_connects_to_a_green_badge(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let empty = ana.page("/core/whatsapp-api/configurations").await;
    assert!(empty.contains("href=\"/connect/facebook/start"));
    let run = world.begin(&ana, "").await;
    assert_eq!(run.now().await.stage, Stage::Waiting);
    assert!(run.page().await.contains("Waiting for you at Facebook"));
    run.finish_at_facebook(SIMPLE).await;
    let id = run.done().await;
    let signup = run.now().await;
    assert_eq!(signup.steps.iter().map(|record| record.step).collect::<Vec<_>>(), Step::ALL);
    let stored = world.connection(&id).await;
    assert_eq!(stored.connection.phone_number_id.as_str(), fixtures::NUMBER_NEW);
    assert_eq!(stored.connection.waba.as_str(), fixtures::WABA_SOL);
    assert_eq!(stored.connection.business.unwrap().as_str(), fixtures::BUSINESS_SOL);
    assert_eq!(stored.connection.app_id.as_deref(), Some(fixtures::APP_ID));
    assert_eq!(stored.credential.facts.kind, TokenKind::PermanentSystemUser);
    assert_eq!(stored.credential.origin, Origin::Signup);
    assert_eq!(world.badge(&id).await, Badge::Connected);
    let page = ana.get("/core/whatsapp-api/configurations").await.text();
    for words in ["+1 631-555-0101", "Connected", fixtures::NUMBER_NEW, fixtures::WABA_SOL, fixtures::BUSINESS_SOL] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for words in ["Payment method on file", "Verified", "2 000 new chats in 24 hours"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let audit = world.store().list_audit(&id, 10).await.unwrap();
    assert!(audit.iter().any(|entry| entry.action == "number_connected"), "{audit:?}");
}

async fn the_dialog_is_asked_for_what_meta_wants(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let answer = ana.get("/connect/facebook/start?display=popup&coexistence=1").await;
    let dialog = &world.services().settings.dialog_url;
    assert!(answer.location().starts_with(&format!("{dialog}/v25.0/dialog/oauth?")), "{}", answer.location());
    let asked = crate::support::query_of(answer.location());
    assert_eq!(asked["client_id"], fixtures::APP_ID);
    assert_eq!(asked["config_id"], fixtures::CONFIG_ID);
    assert_eq!(asked["redirect_uri"], format!("{}/connect/facebook/callback", world.base));
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["override_default_response_type"], "true");
    assert_eq!(asked["display"], "popup");
    let extras: serde_json::Value = serde_json::from_str(&asked["extras"]).unwrap();
    let expected = serde_json::json!({
        "setup": {}, "sessionInfoVersion": "3", "version": "v4", "featureType": "whatsapp_business_app_onboarding",
    });
    assert_eq!(extras, expected);
    assert!(asked["state"].len() >= 20);
    let plain = world.begin(&ana, "").await;
    assert!(!plain.asked["extras"].contains("featureType") && !plain.asked.contains_key("display"));
    assert_ne!(plain.asked["state"], asked["state"]);
    assert!(world.database.texts("select state_hash from signups").await.iter().all(|hash| *hash != asked["state"]));
}

async fn without_a_meta_app_the_page_says_what_is_missing(kind: Kind) {
    let mut world = World::start(kind).await;
    let user = world.add_person("default", "ana@example.org", Role::Admin).await;
    world.restart(|given| given.app_secret = None).await;
    let ana = world.log_in(&user.email).await;
    let page = ana.get("/core/whatsapp-api/configurations").await;
    assert!(!page.body.contains("href=\"/connect/facebook/start"));
    assert!(page.text().contains("this installation has no Meta app yet"), "{}", page.text());
    let refused = ana.get("/connect/facebook/start").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("Settings › Meta app"), "{}", refused.text());
}

async fn a_second_number_of_an_account_shares_its_credential(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let first = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let second = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_PENDING_NAME).await;
    let (first, second) = (world.connection(&first).await, world.connection(&second).await);
    assert_ne!(first.connection.id, second.connection.id);
    assert_eq!(first.credential.id, second.credential.id);
    let list = ana.page("/core/whatsapp-api/configurations").await;
    assert!(list.contains("+1 631-555-0102") && list.contains("+1 631-555-0104"));
    let found = ana.page("/core/whatsapp-api/configurations?q=0104").await;
    assert!(found.contains("+1 631-555-0104"));
}

async fn an_account_is_subscribed_and_a_number_registered_with_a_pin_of_its_own(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    assert_eq!(world.calls("POST", "waba/subscribed_apps"), 1);
    assert_eq!(world.calls("POST", "phone/register"), 1);
    let pin = world.store().open_pin(&id).await.unwrap().unwrap();
    assert!(pin.expose_secret().len() == 6 && pin.expose_secret().bytes().all(|digit| digit.is_ascii_digit()));
    let calls = world.meta.calls();
    // The app's own token is nobody's, so nothing proves it.
    let of_app = ["oauth/access_token", "debug_token", "app/subscriptions"];
    let with_token = calls.iter().filter(|call| !of_app.contains(&call.endpoint.as_str()));
    let unproven: Vec<_> = with_token
        .filter(|call| !call.endpoint.starts_with("dialog") && call.proof != Proof::Right)
        .map(|call| &call.endpoint)
        .collect();
    assert!(unproven.is_empty(), "every call with a token proves that it comes from a server: {unproven:?}");
    assert!(calls.iter().all(|call| !call.path.contains("/v") || call.path.starts_with("/v25.0/")));
}
