//! The support bundle: what somebody who helps must know, from a world whose secrets are all known.

use crate::support::{Kind, SIMPLE, World};
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind, fixtures};
use secrecy::ExposeSecret;
use serde_json::json;

both!(
    the_bundle_tells_how_a_number_stands_and_no_secret,
    a_problem_reported_at_facebook_reaches_the_bundle,
    what_meta_repeats_of_a_token_is_not_kept
);

async fn the_bundle_tells_how_a_number_stands_and_no_secret(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    let stored = world.connection(&id).await;
    let token = world.store().open_token(&stored.connection.credential).await.unwrap().unwrap();
    let pin = world.store().open_pin(&id).await.unwrap().unwrap();
    let verify_token = world.store().verify_token().await.unwrap();
    let message = format!("Malformed access token {} of {}", token.expose_secret(), fixtures::APP_SECRET);
    let fault = FaultDraft::new("debug_token", FaultKind::GraphError);
    world.meta.add_fault(FaultDraft { code: Some(190), message: Some(message), times: Some(9), ..fault });
    world.press(&admin, "check_connection", &id).await;
    world.until(&id, |connection| connection.check_failure.is_some()).await;

    let support = world.person(Role::Support).await;
    let bundle = support.call("bundle_connection", &[("connection", id.as_str())]).await.json();
    let bundle = bundle.as_str().unwrap();

    let wanted = [
        format!("Connection ID: {id}"),
        format!("Phone Number ID: {}", fixtures::NUMBER_NEW),
        format!("WABA ID: {}", fixtures::WABA_SOL),
        format!("Greentick: {}", env!("CARGO_PKG_VERSION")),
        "Meta API version: v25.0".to_owned(),
        "Last check failed: wrong_app_secret".to_owned(),
        "Malformed access token •••• of ••••".to_owned(),
        "fbtrace_id: ".to_owned(),
        "Stage: done".to_owned(),
        "Last actions".to_owned(),
    ];
    for line in wanted {
        assert!(bundle.contains(&line), "{line} is not in\n{bundle}");
    }
    let secrets = [token.expose_secret(), verify_token.expose_secret(), fixtures::APP_SECRET, fixtures::SYSTEM_TOKEN];
    for secret in secrets {
        assert!(!bundle.contains(secret), "a secret is in\n{bundle}");
    }
    // Six digits may well stand within an id; as a word of their own they are the PIN.
    assert!(bundle.split(|c: char| !c.is_ascii_alphanumeric()).all(|word| word != pin.expose_secret()), "{bundle}");
}

async fn a_problem_reported_at_facebook_reaches_the_bundle(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let run = world.begin(&admin, "?display=popup").await;
    // The window leaves while it tells: the way back may be here first.
    let state = run.asked["state"].clone();
    let denied = format!("/connect/facebook/callback?error=access_denied&error_reason=user_denied&state={state}");
    assert_eq!(admin.get(&denied).await.status, 303);
    let data = json!({
        "error_message": "It did not go on.", "error_code": "524126", "session_id": "f34b51dab5e0498", "timestamp": "1746041036",
    });
    let heard = json!({"type": "WA_EMBEDDED_SIGNUP", "event": "CANCEL", "version": 3, "data": data});
    assert_eq!(admin.post_json(&format!("/connect/facebook/{}/hint", run.id), &heard).await.status, 204);

    let page = run.page().await;

    for line in
        ["Stage: cancelled", "Facebook's window said: CANCEL", "error code: 524126", "session ID: f34b51dab5e0498"]
    {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
}

async fn what_meta_repeats_of_a_token_is_not_kept(kind: Kind) {
    let world = World::start(kind).await;
    let admin = world.person(Role::Admin).await;
    let id = world.connect(&admin, SIMPLE).await;
    let stored = world.connection(&id).await;
    let token = world.store().open_token(&stored.connection.credential).await.unwrap().unwrap();
    let message = Some(format!("Malformed access token {}", token.expose_secret()));
    let fault = FaultDraft::new("debug_token", FaultKind::GraphError);
    world.meta.add_fault(FaultDraft { code: Some(190), message, times: Some(9), ..fault });

    world.press(&admin, "check_connection", &id).await;

    let failed = world.until(&id, |connection| connection.check_failure.is_some()).await.check_failure.unwrap();
    assert_eq!(failed.problem.code, "wrong_app_secret", "with the app's key it is not about the token");
    assert_eq!(failed.problem.meta.unwrap().message, "Malformed access token ••••");
}
