//! What saving settings leaves as it was: a token that works, or that came meanwhile, and what Meta could not be asked about.

use crate::api_settings::{credentials, saved, start, token};
use crate::support::{Kind, SETTINGS, SIMPLE, World, soon};
use greentick::domain::api_key::Scope;
use greentick::domain::credential::Origin;
use greentick::domain::ids::ConnectionId;
use greentick::domain::user::Role;
use greentick::server::store::NewCredential;
use sandbox::{FaultDraft, FaultKind, NewToken, fixtures};
use secrecy::ExposeSecret;
use serde_json::json;

both!(
    a_new_name_leaves_the_token_as_it_was,
    a_new_name_leaves_a_token_that_came_meanwhile,
    force_while_meta_is_away_forgets_nothing,
    not_even_force_puts_a_bad_token_in_the_place_of_one_that_works,
);

async fn a_new_name_leaves_the_token_as_it_was(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let before = world.connection(&id).await.credential;
    assert_eq!(before.origin, Origin::Signup);
    let program = world.program(Scope::Write).await;
    let answer = program.put(SETTINGS, &json!({"name": "Front desk"})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let after = world.connection(&id).await.credential;
    assert_eq!(after.origin, Origin::Signup, "a token that came from signup is revoked at the end");
    assert_eq!((after.id, after.last_four), (before.id, before.last_four));
    // A new token is entered by hand.
    let answer = program.put(SETTINGS, &json!({"accessToken": token(&world)})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(world.connection(&id).await.credential.origin, Origin::ByHand);
}

async fn a_new_name_leaves_a_token_that_came_meanwhile(kind: Kind) {
    let (world, program, first) = saved(kind).await;
    let id = ConnectionId::new(program.get(SETTINGS).await.json()["id"].as_str().unwrap());
    let before = world.connection(&id).await.credential;
    world.meta.clear_calls();
    let slow = FaultDraft { delay_ms: Some(60_000), times: Some(1), ..FaultDraft::new("debug_token", FaultKind::Slow) };
    world.meta.add_fault(slow);
    let second = token(&world);
    let replacing = async {
        soon(async || (world.calls("GET", "debug_token") > 0).then_some(())).await;
        let new = NewCredential {
            workspace: &before.workspace,
            waba: &before.waba,
            business: None,
            origin: before.origin,
            token: &second.as_str().into(),
            facts: &before.facts,
        };
        world.store().put_credential(new).await.unwrap();
        world.meta.clear_faults();
    };
    let body = json!({"name": "Front desk"});
    let (answer, ()) = tokio::join!(program.put(SETTINGS, &body), replacing);
    assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("Front desk")), "{}", answer.body);
    let held = world.store().open_token(&before.id).await.unwrap().unwrap();
    assert!(held.expose_secret() == second && held.expose_secret() != first);
}

async fn force_while_meta_is_away_forgets_nothing(kind: Kind) {
    let (world, program) = start(kind).await;
    let mut body = credentials(fixtures::OWN_APP_TOKEN);
    body["appId"] = json!(fixtures::OWN_APP_ID);
    body["appSecret"] = json!(fixtures::OWN_APP_SECRET);
    let own = NewToken { app: Some(fixtures::OWN_APP_ID.to_owned()), ..NewToken::default() };
    body["accessToken"] = json!(world.meta.mint_token(own).unwrap());
    let created = program.put(SETTINGS, &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let id = created.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(created.json()["appSecret"], "••••");
    assert!(created.json()["webhookUrl"].as_str().unwrap().ends_with(&id), "{}", created.body);
    world.meta.add_fault(FaultDraft::new("graph", FaultKind::Http500));
    let forced = program.put(&format!("{SETTINGS}?force=true"), &json!({"name": "Renamed"})).await;
    assert_eq!(forced.status, 200, "{}", forced.body);
    let shown = forced.json();
    assert_eq!((&shown["appSecret"], &shown["appId"]), (&json!("••••"), &json!(fixtures::OWN_APP_ID)));
    let stored = world.connection(&ConnectionId::new(id)).await;
    assert!(stored.connection.own_app);
    assert!(stored.credential.facts.app_id.is_some(), "what is known of the token stays");
}

async fn not_even_force_puts_a_bad_token_in_the_place_of_one_that_works(kind: Kind) {
    let (world, program) = start(kind).await;
    let ana = world.log_in("ana@example.org").await;
    let id = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let before = world.connection(&id).await.credential;
    let elsewhere = NewToken { wabas: Some(vec![fixtures::WABA_SOL.to_owned()]), ..NewToken::default() };
    for failing in ["EAAGthisTokenIsUnknownToMeta".to_owned(), world.meta.mint_token(elsewhere).unwrap()] {
        let own = json!({"accessToken": failing});
        let forced = program.put(&format!("{SETTINGS}?force=true"), &own).await;
        assert_eq!(forced.refusal(), (422, "invalid".to_owned()));
        assert_eq!(world.connection(&id).await.credential, before);
    }
    // With nothing to lose it is saved as wished.
    world.press(&ana, "disconnect_number", &id).await;
    let forced =
        program.put(&format!("{SETTINGS}?force=true"), &json!({"accessToken": "EAAGthisTokenIsUnknownToMeta"})).await;
    assert_eq!(forced.status, 200, "{}", forced.body);
}
