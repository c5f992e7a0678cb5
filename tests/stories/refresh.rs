//! Refreshing a token: by its kind, proven before it replaces, for the same number only.

use crate::support::{Browser, Kind, SIMPLE, World, readable, soon};
use greentick::domain::connection::{Action, Activity, Badge, Outcome};
use greentick::domain::credential::{Origin, TokenKind, TokenState};
use greentick::domain::ids::ConnectionId;
use greentick::domain::problem::Problem;
use greentick::domain::user::Role;
use greentick::server::store::NewCredential;
use sandbox::{FaultDraft, FaultKind, NewGrant, NewToken, Scenario, SwitchChange, TokenLife, fixtures};
use secrecy::ExposeSecret;

both!(
    a_token_that_does_not_end_is_confirmed,
    a_sixty_day_token_is_fetched_with_the_system_token,
    a_sixty_day_token_is_exchanged_without_one,
    a_token_of_a_day_becomes_one_of_sixty_days,
    a_dead_token_says_why_and_wants_a_new_sign_in,
    an_app_secret_that_was_reset_says_nothing_of_the_token,
    a_token_without_a_later_end_changes_nothing,
    when_meta_is_down_the_present_token_stays_in_use,
    a_slow_meta_is_told_of_and_not_waited_for_long,
    a_refresh_that_does_not_serve_the_number_leads_to_facebook,
    a_new_token_that_is_not_proven_changes_nothing,
    a_fetched_token_for_another_account_is_not_taken,
    a_token_that_was_entered_meanwhile_stays,
    siblings_share_the_new_token,
    a_disconnected_number_refreshes_nothing,
    an_action_whose_token_cannot_be_opened_says_so,
);

const DAYS: i64 = 86_400;

async fn connected(world: &World, life: TokenLife) -> (Browser, ConnectionId) {
    world.meta.switch(SwitchChange { token_life: Some(life), ..SwitchChange::default() });
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    (ana, id)
}

async fn token(world: &World, id: &ConnectionId) -> String {
    let credential = world.connection(id).await.credential.id;
    world.store().open_token(&credential).await.unwrap().unwrap().expose_secret().to_owned()
}

fn said(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done { said, .. } => said,
        other => panic!("{other:?}"),
    }
}

fn failed(outcome: Outcome) -> greentick::domain::problem::Problem {
    match outcome {
        Outcome::Failed { problem } => problem,
        other => panic!("{other:?}"),
    }
}

async fn a_token_that_does_not_end_is_confirmed(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::Permanent).await;
    let before = token(&world, &id).await;
    let outcome = world.press(&ana, "refresh_token", &id).await;
    assert_eq!(said(outcome), "Meta confirms that this token does not end");
    assert_eq!(token(&world, &id).await, before);
    let page = ana.get(&format!("/core/whatsapp-api/configurations/{id}")).await.text();
    assert!(page.contains("Meta confirms that this token does not end"), "{page}");
}

async fn renewed(world: &World, ana: &Browser, id: &ConnectionId) {
    let before = (token(world, id).await, world.connection(id).await.credential.facts.expires_at);
    world.pass_seconds(10 * DAYS);
    let outcome = world.press(ana, "refresh_token", id).await;
    let credential = world.connection(id).await.credential;
    let end = credential.facts.expires_at.expect("it ends again");
    assert_eq!(said(outcome), format!("New token works until {}.", end.date()));
    assert!(Some(end) > before.1);
    assert_ne!(token(world, id).await, before.0);
    assert_eq!(credential.state, TokenState::Valid);
    let audit = world.store().list_audit(id, 20).await.unwrap();
    assert!(audit.iter().any(|entry| entry.action == "token_refreshed" && entry.before.is_some()));
}

async fn a_sixty_day_token_is_fetched_with_the_system_token(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    assert_eq!(world.connection(&id).await.credential.facts.kind, TokenKind::SixtyDaySystemUser);
    let exchanges = world.calls("GET", "oauth/access_token");
    renewed(&world, &ana, &id).await;
    assert_eq!(world.calls("POST", "business/system_user_access_tokens"), 1);
    assert_eq!(world.calls("GET", "oauth/access_token"), exchanges);
    world.meta.switch(SwitchChange { fetch_extends: Some(false), ..SwitchChange::default() });
    renewed(&world, &ana, &id).await;
    assert_eq!(world.calls("GET", "oauth/access_token"), exchanges + 1, "the same token again: exchanged instead");
}

async fn a_sixty_day_token_is_exchanged_without_one(kind: Kind) {
    let mut world = World::start(kind).await;
    world.restart(|given| given.system_token = None).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    renewed(&world, &ana, &id).await;
    assert_eq!(world.calls("POST", "business/system_user_access_tokens"), 0);
}

async fn a_token_of_a_day_becomes_one_of_sixty_days(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::Day).await;
    assert_eq!(world.connection(&id).await.credential.facts.kind, TokenKind::Temporary);
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
    said(world.press(&ana, "refresh_token", &id).await);
    assert_eq!(world.connection(&id).await.credential.facts.kind, TokenKind::LongLivedUser);
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn a_dead_token_says_why_and_wants_a_new_sign_in(kind: Kind) {
    for (scenario, code) in [
        (Scenario::PasswordChanged { person: None, business: None }, "password_changed"),
        (Scenario::AppRemoved { business: None }, "app_removed"),
        (Scenario::TokenExpired { business: None }, "token_expired"),
    ] {
        let world = World::start(kind).await;
        let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
        world.meta.play(scenario);
        let problem = failed(world.press(&ana, "refresh_token", &id).await);
        assert_eq!(problem.code, code);
        assert!(problem.remedy.contains("econnect"), "{problem:?}");
        assert_eq!(world.badge(&id).await, Badge::NotWorking);
        assert!(world.connection(&id).await.credential.is_dead(world.clock.now()));
    }
}

async fn an_app_secret_that_was_reset_says_nothing_of_the_token(kind: Kind) {
    let mut world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    let before = token(&world, &id).await;
    world.restart(|given| given.app_secret = Some("0123456789abcdef0123456789abcdef".to_owned())).await;
    let problem = failed(world.press(&ana, "refresh_token", &id).await);
    assert_eq!((problem.code.as_str(), problem.meta.map(|meta| meta.code)), ("wrong_app_secret", Some(190)));
    assert!(!problem.remedy.contains("econnect"), "{}", problem.remedy);
    assert_eq!(world.connection(&id).await.credential.state, TokenState::Valid);
    assert_eq!(token(&world, &id).await, before);
    assert_ne!(world.badge(&id).await, Badge::NotWorking);
    let _ = world.press(&ana, "check_connection", &id).await;
    let checked = world.connection(&id).await;
    let problem = checked.connection.check_failure.unwrap().problem;
    assert_eq!(problem.code, "wrong_app_secret", "the check says the same");
    assert!(!problem.remedy.contains("econnect"), "{}", problem.remedy);
    assert_eq!(checked.credential.state, TokenState::Valid);
}

async fn a_token_without_a_later_end_changes_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    let before = token(&world, &id).await;
    // What Meta hands out then ends earlier.
    world.meta.advance_clock(-100);
    let problem = failed(world.press(&ana, "refresh_token", &id).await);
    assert_eq!(problem.what, "Meta gave no token with a later end. The present token stays in use.");
    assert_eq!(token(&world, &id).await, before);
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn when_meta_is_down_the_present_token_stays_in_use(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    let before = token(&world, &id).await;
    world.meta.add_fault(FaultDraft { code: Some(80_007), ..FaultDraft::new("graph", FaultKind::GraphError) });
    let problem = failed(world.press(&ana, "refresh_token", &id).await);
    assert_eq!(problem.what, "Meta wants us to slow down. The present token stays in use.");
    assert_eq!(problem.remedy, "Press Refresh token again in a while.", "nothing tries it again");
    assert_eq!(token(&world, &id).await, before);
    assert_eq!(world.badge(&id).await, Badge::Connected);
    assert_eq!(world.connection(&id).await.credential.state, TokenState::Valid);
    let address = format!("/core/whatsapp-api/configurations/{id}");
    let page = readable(&ana.page(&address).await);
    assert!(page.contains("The present token stays in use.") && page.contains("Refresh again"), "{page}");
    assert!(page.contains("It can be tried again in a while; the business owner need not do anything."), "{page}");
    world.meta.clear_faults();
    world.meta.add_fault(FaultDraft::new("graph", FaultKind::Cut));
    let problem = failed(world.press(&ana, "refresh_token", &id).await);
    assert_eq!(problem.what, "Meta did not answer. The present token stays in use.");
    world.pass_seconds(25 * 3_600);
    let ana = world.person(Role::Admin).await;
    let page = readable(&ana.page(&address).await);
    assert!(!page.contains("The present token stays in use."), "it is old news: {page}");
    world.meta.clear_faults();
    renewed(&world, &ana, &id).await;
}

async fn a_slow_meta_is_told_of_and_not_waited_for_long(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    world.meta.add_fault(FaultDraft { code: Some(80_007), ..FaultDraft::new("graph", FaultKind::GraphError) });
    let answer = ana.post("/_fn/refresh_token", &[("connection", id.as_str())]).await;
    assert_eq!(answer.status, 302);
    let tried = || world.calls("GET", "debug_token");
    let begun = soon(async || Some(tried()).filter(|tried| *tried > 0)).await;
    world.pass_seconds(11);
    let html = ana.page(&format!("/core/whatsapp-api/configurations/{id}")).await;
    assert!(html.contains("Meta is slow. This goes on by itself; you may close the page."), "{html}");
    assert!(!html.contains("slow later"), "it is time to say so: {html}");
    // The first try took its minute: whatever comes next is the last.
    world.pass_seconds(60);
    let ended = world.until(&id, |connection| {
        connection.activity.as_ref().is_some_and(|activity| activity.outcome != Outcome::Running)
    });
    assert!(matches!(ended.await.activity.unwrap().outcome, Outcome::Failed { .. }));
    assert!(tried() <= begun + 2, "two tries at most after the first: {begun}, then {}", tried());
}

async fn a_refresh_that_does_not_serve_the_number_leads_to_facebook(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    let problem =
        Problem::new("token_without_number", "The token does not reach this number.", "", "Reconnect the number.");
    let outcome = Outcome::Failed { problem };
    let activity = Activity { action: Action::Refresh, started_at: world.clock.now(), outcome };
    world.store().update_activity(&id, Some(&activity)).await.unwrap();
    let html = ana.page(&format!("/core/whatsapp-api/configurations/{id}")).await;
    assert!(html.contains(&format!("/connect/facebook/start?connection={id}")), "{html}");
    assert!(!html.contains("/_fn/refresh_token"), "pressing it again would not help");
}

async fn a_new_token_that_is_not_proven_changes_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    let before = token(&world, &id).await;
    world.pass_seconds(10 * DAYS);
    // The new token comes, and then it cannot be seen to read the number.
    world.meta.add_fault(FaultDraft { code: Some(80_007), ..FaultDraft::new("phone", FaultKind::GraphError) });
    let problem = failed(world.press(&ana, "refresh_token", &id).await);
    assert_eq!(problem.what, "Meta wants us to slow down. The present token stays in use.");
    assert_eq!(token(&world, &id).await, before);
    assert!(world.calls("POST", "business/system_user_access_tokens") > 0);
}

async fn a_fetched_token_for_another_account_is_not_taken(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    world.pass_seconds(10 * DAYS);
    // The newest token of the portfolio reaches its other account only.
    let redirect_uri = world.services().settings.redirect_uri();
    let wabas = Some(vec![fixtures::WABA_DELIVERY.to_owned()]);
    let code = world.meta.grant(NewGrant { redirect_uri, wabas, ..NewGrant::default() }).unwrap().code;
    let app = world.services().app().unwrap();
    let redirect_uri = world.services().settings.redirect_uri();
    world.services().graph.exchange_code(&app, &code, &redirect_uri).await.unwrap();
    let exchanges = world.calls("GET", "oauth/access_token");
    renewed(&world, &ana, &id).await;
    assert_eq!(world.calls("POST", "business/system_user_access_tokens"), 1);
    assert_eq!(world.calls("GET", "oauth/access_token"), exchanges + 1, "the present one is exchanged instead");
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn a_token_that_was_entered_meanwhile_stays(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::SixtyDays).await;
    world.pass_seconds(10 * DAYS);
    let slow = FaultDraft { delay_ms: Some(60_000), ..FaultDraft::new("system_user_access_tokens", FaultKind::Slow) };
    world.meta.add_fault(slow);
    let entering = async {
        soon(async || (world.calls("POST", "business/system_user_access_tokens") > 0).then_some(())).await;
        let credential = world.connection(&id).await.credential;
        let token = world.meta.mint_token(NewToken::default()).unwrap();
        let new = NewCredential {
            workspace: &credential.workspace,
            waba: &credential.waba,
            business: credential.business.as_ref(),
            origin: Origin::ByHand,
            token: &token.as_str().into(),
            facts: &credential.facts,
        };
        world.store().put_credential(new).await.unwrap();
        world.meta.clear_faults();
        token
    };
    let (outcome, entered) = tokio::join!(world.press(&ana, "refresh_token", &id), entering);
    assert_eq!(failed(outcome).code, "changed_meanwhile");
    assert_eq!(token(&world, &id).await, entered);
    assert_eq!(world.connection(&id).await.credential.origin, Origin::ByHand);
}

async fn siblings_share_the_new_token(kind: Kind) {
    let world = World::start(kind).await;
    world.meta.switch(SwitchChange { token_life: Some(TokenLife::SixtyDays), ..SwitchChange::default() });
    let ana = world.person(Role::Admin).await;
    let first = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let second = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_PENDING_NAME).await;
    renewed(&world, &ana, &first).await;
    let (first, second) = (world.connection(&first).await, world.connection(&second).await);
    assert_eq!(first.credential, second.credential);
    assert_eq!(world.badge(&second.connection.id).await, Badge::Connected);
}

async fn a_disconnected_number_refreshes_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::Permanent).await;
    world.press(&ana, "disconnect_number", &id).await;
    for action in ["refresh_token", "check_connection", "subscribe_app"] {
        let refused = ana.call(action, &[("connection", id.as_str())]).await;
        assert_eq!((refused.status, refused.json()["code"].as_str()), (422, Some("disconnected")), "{action}");
    }
}

async fn an_action_whose_token_cannot_be_opened_says_so(kind: Kind) {
    let world = World::start(kind).await;
    let (ana, id) = connected(&world, TokenLife::Permanent).await;
    let spoil = match kind {
        Kind::Sqlite => "update credentials set token_sealed = cast('spoiled' as blob) where waba_id = $1",
        Kind::Postgres => "update credentials set token_sealed = convert_to('spoiled', 'UTF8') where waba_id = $1",
    };
    assert_eq!(world.database.execute(spoil, &[fixtures::WABA_SOL]).await, 1);
    for action in ["refresh_token", "check_connection", "subscribe_app"] {
        assert_eq!(failed(world.press(&ana, action, &id).await).code, "unexpected", "{action}");
    }
}
