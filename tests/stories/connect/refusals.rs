//! What Meta refuses on the way, and how it is told.

use crate::support::{Kind, SIMPLE, World};
use greentick::domain::connection::{Badge, Outcome};
use greentick::domain::signup::{Stage, Step, StepOutcome};
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind, GranularScopes, NewGrant, Scenario, SwitchChange, fixtures};

both!(
    a_code_that_came_too_late,
    a_code_that_was_used_already,
    a_redirect_address_that_differs,
    a_wrong_app_secret,
    scopes_without_their_targets_are_searched_for,
    a_token_without_its_permission,
    a_token_that_dies_on_the_way,
    a_number_that_is_connected_here_already,
    a_number_of_another_workspace,
    a_refused_subscription_keeps_the_number_and_can_be_asked_for_again,
    a_token_that_meta_repeats_is_masked,
);

async fn a_code_that_came_too_late(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    let code = run.code(SIMPLE);
    world.meta.advance_clock(31);
    run.come_back(&code).await;
    assert_eq!(run.failure().await.code, "code_expired");
    let page = run.page().await;
    assert!(page.contains("Facebook's answer came too late (it is valid for 30 seconds)."), "{page}");
    assert!(page.contains("Press Connect with Facebook once more."), "{page}");
    assert_eq!(world.calls("GET", "oauth/access_token"), 1, "asking again would not help");
}

async fn a_code_that_was_used_already(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let first = world.begin(&ana, "").await;
    let code = first.code(SIMPLE);
    first.come_back(&code).await;
    first.done().await;
    let second = world.begin(&ana, "").await;
    second.come_back(&code).await;
    assert_eq!(second.failure().await.code, "code_used");
    assert!(second.page().await.contains("Facebook's answer was used already."));
}

async fn a_redirect_address_that_differs(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin(&ana, "").await;
    let redirect_uri = format!("{}/connect/facebook/callback/", world.base);
    world.meta.allow_redirect_uri(&redirect_uri);
    let code = world.meta.grant(NewGrant { redirect_uri, ..NewGrant::default() }).unwrap().code;
    run.come_back(&code).await;
    assert_eq!(run.failure().await.code, "redirect_mismatch");
    assert!(run.page().await.contains("Compare Valid OAuth Redirect URIs at Meta"));
}

async fn a_wrong_app_secret(kind: Kind) {
    let mut world = World::start(kind).await;
    let user = world.add_person("default", "ana@example.org", Role::Admin).await;
    world.restart(|given| given.app_secret = Some("0".repeat(32))).await;
    let ana = world.log_in(&user.email).await;
    let run = world.begin(&ana, "").await;
    run.come_back(&run.code(SIMPLE)).await;
    assert_eq!(run.failure().await.code, "wrong_app_secret");
    assert!(run.page().await.contains("Whoever runs this installation must correct its Meta app settings."));
}

async fn scopes_without_their_targets_are_searched_for(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world
        .meta
        .switch(SwitchChange { granular_scopes: Some(GranularScopes::WithoutTargetIds), ..SwitchChange::default() });
    let first = world.connect(&ana, SIMPLE).await;
    assert_eq!(world.badge(&first).await, Badge::Connected);
    world.meta.play(Scenario::GranularScopesMissing);
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(&[fixtures::WABA_DELIVERY]).await;
    assert_eq!(run.stage().await, Stage::ChooseNumber);
    assert_eq!(run.now().await.findings.waba.unwrap().as_str(), fixtures::WABA_DELIVERY);
}

async fn a_token_without_its_permission(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let scopes = Some(vec!["business_management".to_owned()]);
    world.meta.switch(SwitchChange { scopes, ..SwitchChange::default() });
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    assert_eq!(run.failure().await.code, "no_waba");
    assert!(run.page().await.contains("leave all permissions on"));
    assert!(world.store().open_signup_token(&run.id).await.unwrap().is_none(), "a token of no use is forgotten");
}

async fn a_token_that_dies_on_the_way(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let dead = FaultDraft { code: Some(190), subcode: Some(460), ..FaultDraft::new("waba", FaultKind::GraphError) };
    world.meta.add_fault(dead);
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    assert!(["password_changed", "no_waba"].contains(&run.failure().await.code.as_str()));
}

async fn a_number_that_is_connected_here_already(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.connect(&ana, SIMPLE).await;
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    let problem = run.failure().await;
    assert_eq!(problem.what, "+1 631-555-0101 is connected already.");
    assert_eq!(problem.why, "Already connected here.");
    world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(&[fixtures::WABA_DELIVERY]).await;
    assert_eq!(run.stage().await, Stage::ChooseNumber);
    assert!(run.page().await.contains("Already connected here."));
    run.answer("choose_number", &[("phone_number_id", fixtures::NUMBER_CONNECTED)]).await;
    assert_eq!(run.stage().await, Stage::ChooseNumber, "a page that is out of date chooses nothing");
    assert!(run.page().await.contains("this number is connected already"));
}

async fn a_number_of_another_workspace(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let theirs = world.connect(&ana, SIMPLE).await;
    let rui = world.person_of("second", Role::Admin).await;
    let run = world.begin(&rui, "").await;
    run.finish_at_facebook(SIMPLE).await;
    let page = run.page().await;
    assert!(run.failure().await.why.contains("Connected in another workspace here."), "{page}");
    assert!(!page.contains(theirs.as_str()), "whose it is stays theirs");
    let disconnect = [("connection", theirs.as_str()), ("confirmed", "yes")];
    assert_eq!(ana.post("/_fn/disconnect_number", &disconnect).await.status, 302);
    let run = world.begin(&rui, "").await;
    run.finish_at_facebook(SIMPLE).await;
    assert_eq!(run.failure().await.code, "already_connected", "its history stays with the first workspace");
}

async fn a_refused_subscription_keeps_the_number_and_can_be_asked_for_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.meta.play(Scenario::SubscribeRefused { times: None });
    let id = world.connect(&ana, SIMPLE).await;
    assert_eq!(world.badge(&id).await, Badge::NotWorking);
    let signup = world.store().newest_signup(&user_of(&world).await).await.unwrap().unwrap();
    let switched_on = signup.steps.iter().find(|record| record.step == Step::MessagesOn).unwrap();
    assert!(matches!(switched_on.outcome, StepOutcome::Refused { .. }), "{switched_on:?}");
    let page = ana.get(&format!("/core/whatsapp-api/configurations/{id}")).await;
    assert!(page.text().contains("Meta does not send this number's messages here."), "{}", page.text());
    assert!(page.body.contains("/_fn/subscribe_app"), "the button that helps is there");
    ana.post("/_fn/subscribe_app", &[("connection", id.as_str())]).await;
    let failed = world.until(&id, |c| c.activity.as_ref().is_some_and(|a| a.outcome != Outcome::Running)).await;
    assert!(matches!(failed.activity.unwrap().outcome, Outcome::Failed { .. }));
    world.meta.clear_faults();
    ana.post("/_fn/subscribe_app", &[("connection", id.as_str())]).await;
    world.until(&id, |c| matches!(c.activity.as_ref().map(|a| &a.outcome), Some(Outcome::Done { .. }))).await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn user_of(world: &World) -> greentick::domain::ids::UserId {
    let workspace = world.workspace("default").await;
    world.store().list_users(&workspace).await.unwrap().remove(0).id
}

async fn a_token_that_meta_repeats_is_masked(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let message = "Malformed access token EAAGm0PX4ZCpsBAKxyz1234567890, or not".to_owned();
    let fault =
        FaultDraft { code: Some(190), message: Some(message), ..FaultDraft::new("debug_token", FaultKind::GraphError) };
    world.meta.add_fault(fault);
    let run = world.begin(&ana, "").await;
    run.finish_at_facebook(SIMPLE).await;
    let said = run.failure().await.meta.unwrap().message;
    assert!(!said.contains("EAAG") && said.starts_with("Malformed access token ••••"), "{said}");
}
