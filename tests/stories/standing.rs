//! How a number stands: the badge from what Meta says, and a page that does not wait for Meta.

use crate::support::{Browser, Kind, SIMPLE, Wishes, World, soon};
use crate::webhooks::message;
use greentick::domain::connection::{Badge, Outcome};
use greentick::domain::credential::{Origin, TokenFacts, TokenKind};
use greentick::domain::ids::{ConnectionId, PhoneNumberId, WabaId};
use greentick::domain::instant::HOUR;
use greentick::domain::user::Role;
use greentick::server::operations::check_connection::enqueue_due_checks;
use greentick::server::store::{NewConnection, NewCredential};
use sandbox::{FaultDraft, FaultKind, NewToken, NumberChange, Scenario, fixtures};
use serde_json::json;
use std::time::{Duration, Instant};

both!(
    the_badge_follows_what_meta_says,
    a_flagged_number_of_low_quality_needs_attention,
    a_name_in_review_is_no_fault,
    a_message_that_failed_for_want_of_payment_is_a_payment_problem,
    a_dead_meta_slows_no_page_and_changes_no_badge,
    a_number_is_checked_every_fifteen_minutes,
    checks_wait_while_metas_limit_is_near,
    a_check_that_is_due_swallows_none_that_was_asked_for,
    viewers_see_status_only,
);

async fn looked_again(world: &World, browser: &Browser, id: &ConnectionId) -> Badge {
    let outcome = world.press(browser, "check_connection", id).await;
    assert!(!matches!(outcome, Outcome::Running));
    world.badge(id).await
}

async fn the_badge_follows_what_meta_says(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let number = Some(fixtures::NUMBER_NEW.to_owned());
    let waba = Some(fixtures::WABA_SOL.to_owned());
    let business = Some(fixtures::BUSINESS_SOL.to_owned());
    let change = |change: NumberChange| world.meta.change_number(fixtures::NUMBER_NEW, change).unwrap();
    let path = format!("/core/whatsapp-api/configurations/{id}");
    let cases: [(&dyn Fn(), Badge, &str); 9] = [
        (
            &|| world.meta.play(Scenario::PaymentMissing { waba: waba.clone() }),
            Badge::NeedsAttention,
            "Payment problem",
        ),
        (
            &|| world.meta.play(Scenario::PaymentRestored { waba: waba.clone() }),
            Badge::Connected,
            "Payment method on file",
        ),
        (
            &|| world.meta.play(Scenario::VerificationRejected { business: business.clone() }),
            Badge::Connected,
            "Meta declined it.",
        ),
        (
            &|| world.meta.play(Scenario::NumberBanned { number: number.clone() }),
            Badge::NotWorking,
            "Meta has banned this number.",
        ),
        (&|| world.meta.play(Scenario::NumberRestored { number: number.clone() }), Badge::Connected, "Connected"),
        (
            &|| change(NumberChange { name_status: Some("DECLINED".to_owned()), ..NumberChange::default() }),
            Badge::NeedsAttention,
            "Meta declined the display name.",
        ),
        (
            &|| change(NumberChange { name_status: Some("APPROVED".to_owned()), ..NumberChange::default() }),
            Badge::Connected,
            "Approved",
        ),
        (
            &|| change(NumberChange { status: Some("A_NEW_WORD".to_owned()), ..NumberChange::default() }),
            Badge::Connected,
            "A_NEW_WORD",
        ),
        (
            &|| change(NumberChange { status: Some("DISCONNECTED".to_owned()), ..NumberChange::default() }),
            Badge::NotWorking,
            "This number is not registered at Meta.",
        ),
    ];
    for (happens, badge, words) in cases {
        happens();
        assert_eq!(looked_again(&world, &ana, &id).await, badge, "{words}");
        let page = ana.get(&path).await.text();
        assert!(page.contains(words) && page.contains(badge.words()), "{words}: {page}");
    }
}

async fn a_flagged_number_of_low_quality_needs_attention(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect_number(&ana, fixtures::WABA_LUA, fixtures::NUMBER_FLAGGED).await;
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
    let page = ana.get(&format!("/core/whatsapp-api/configurations/{id}")).await.text();
    assert!(page.contains("Meta rates the quality of this number as low."), "{page}");
    assert!(page.contains("Not verified. Not needed to start; raises your limit."), "{page}");
    assert!(page.contains("250 new chats in 24 hours"), "{page}");
}

async fn a_name_in_review_is_no_fault(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_PENDING_NAME).await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
    let page = ana.get(&format!("/core/whatsapp-api/configurations/{id}")).await.text();
    assert!(page.contains("Name in review") && page.contains("No problem reported"), "{page}");
}

async fn a_message_that_failed_for_want_of_payment_is_a_payment_problem(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    assert_eq!(world.badge(&id).await, Badge::Connected);
    let mut body = message(fixtures::NUMBER_NEW, "wamid.1", "");
    let value = &mut body["entry"][0]["changes"][0]["value"];
    value.as_object_mut().unwrap().remove("messages");
    value["statuses"] = json!([{
        "id": "wamid.2", "status": "failed", "timestamp": (world.clock.now().0 / 1_000).to_string(), "recipient_id": "5511999990000",
        "errors": [{"code": 131_042, "title": "Business eligibility payment issue"}],
    }]);
    assert_eq!(world.deliver(body.to_string().as_bytes()).await, 200);
    soon(async || (world.badge(&id).await == Badge::NeedsAttention).then_some(())).await;
    let path = format!("/core/whatsapp-api/configurations/{id}");
    let page = ana.get(&path).await.text();
    for told in ["Meta reports a problem with the payment method.", "Payment problem", "Blocked by payment", "131042"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let viewer = world.person(Role::Viewer).await;
    assert!(viewer.get(&path).await.text().contains("Payment problem"));
    // A reading does not contradict it: Meta's health says nothing of a card that was refused.
    assert_eq!(looked_again(&world, &ana, &id).await, Badge::NeedsAttention);
    world.clock.advance(73 * HOUR);
    assert_eq!(world.badge(&id).await, Badge::Connected, "repaired by then, or it fails again");
}

async fn a_dead_meta_slows_no_page_and_changes_no_badge(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let before = world.connection(&id).await;
    world.pass_seconds(3_600);
    let slow = world.meta.add_fault(FaultDraft { delay_ms: Some(30_000), ..FaultDraft::new("graph", FaultKind::Slow) });
    let began = Instant::now();
    ana.post("/_fn/check_connection", &[("connection", id.as_str())]).await;
    assert!(began.elapsed() < Duration::from_secs(5), "the button answers although Meta does not");
    let path = format!("/core/whatsapp-api/configurations/{id}");
    let began = Instant::now();
    let page = ana.get(&path).await.text();
    assert!(began.elapsed() < Duration::from_secs(2), "the page took {:?}", began.elapsed());
    assert!(page.contains("Connected") && page.contains("Checking…"), "{page}");
    assert!(world.meta.remove_fault(slow));
    world.meta.add_fault(FaultDraft::new("graph", FaultKind::Http500));
    let after = world.until(&id, |connection| connection.check_failure.is_some()).await;
    assert_eq!(after.checked_at, before.connection.checked_at);
    assert_eq!(world.connection(&id).await.snapshot, before.snapshot);
    assert_eq!(world.badge(&id).await, Badge::Connected);
    let page = ana.get(&path).await.text();
    assert!(page.contains("Meta did not answer at") && page.contains("You see what was true at"), "{page}");
}

async fn checked_again(world: &World, id: &ConnectionId) {
    let before = world.connection(id).await.connection.checked_at;
    enqueue_due_checks(world.services()).await.unwrap();
    world.until(id, |connection| connection.checked_at > before).await;
}

async fn a_number_is_checked_every_fifteen_minutes(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let calls = world.calls("GET", "debug_token");
    world.pass_seconds(14 * 60);
    enqueue_due_checks(world.services()).await.unwrap();
    assert_eq!(world.store().count_open_jobs().await.unwrap(), 0);
    for _ in 0..3 {
        world.pass_seconds(15 * 60 + 1);
        checked_again(&world, &id).await;
    }
    assert_eq!(world.calls("GET", "debug_token"), calls + 3);
    assert_eq!(world.connection(&id).await.connection.activity, None, "nobody asked, nobody is told");
}

async fn checks_wait_while_metas_limit_is_near(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    world.meta.play(Scenario::RateLimited { code: Some(80_007), regain_minutes: Some(5) });
    let outcome = world.press(&ana, "check_connection", &id).await;
    assert!(matches!(outcome, Outcome::Failed { .. }), "{outcome:?}");
    let calls = world.meta.calls().len();
    world.clock.advance(16 * 60_000);
    enqueue_due_checks(world.services()).await.unwrap();
    assert_eq!(world.store().count_open_jobs().await.unwrap(), 0);
    assert_eq!(world.meta.calls().len(), calls);
    world.meta.advance_clock(16 * 60);
    // A person may still ask, and the answer tells that there is room again.
    let outcome = world.press(&ana, "check_connection", &id).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    world.pass_seconds(15 * 60 + 1);
    checked_again(&world, &id).await;
}

async fn a_check_that_is_due_swallows_none_that_was_asked_for(kind: Kind) {
    let mut world = World::with(kind, Wishes { idle: true, ..Wishes::default() }).await;
    let ana = world.person(Role::Admin).await;
    let id = saved(&world).await;
    ana.post("/_fn/check_connection", &[("connection", id.as_str())]).await;
    world.clock.advance(16 * 60_000);
    enqueue_due_checks(world.services()).await.unwrap();
    world.work();
    let after = world.until(&id, |c| c.activity.as_ref().is_none_or(|a| a.outcome != Outcome::Running)).await;
    assert!(after.activity.is_some_and(|activity| matches!(activity.outcome, Outcome::Done { .. })));
}

/// A number that was saved and never checked.
async fn saved(world: &World) -> ConnectionId {
    let token = world.meta.mint_token(NewToken::default()).unwrap().into();
    let (workspace, waba) = (world.workspace("default").await, WabaId::new(fixtures::WABA_SOL));
    let facts = TokenFacts {
        kind: TokenKind::Unknown,
        app_id: Some(fixtures::APP_ID.to_owned()),
        user_id: None,
        issued_at: None,
        expires_at: None,
        data_access_ends_at: None,
        scopes: Vec::new(),
        granular_scopes: Vec::new(),
    };
    let new = NewCredential {
        workspace: &workspace,
        waba: &waba,
        business: None,
        origin: Origin::Signup,
        token: &token,
        facts: &facts,
    };
    let credential = world.store().put_credential(new).await.unwrap();
    let new = NewConnection {
        workspace: &workspace,
        credential: &credential,
        phone_number_id: &PhoneNumberId::new(fixtures::NUMBER_NEW),
        waba: &waba,
        business: None,
        app_id: Some(fixtures::APP_ID),
        display_number: "+1 631-555-0101",
        verified_name: None,
    };
    world.store().put_connection(new).await.unwrap().unwrap()
}

async fn viewers_see_status_only(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    world.meta.play(Scenario::NumberBanned { number: None });
    looked_again(&world, &ana, &id).await;
    let path = format!("/core/whatsapp-api/configurations/{id}");
    let vera = world.person(Role::Viewer).await;
    let seen = [
        vera.page(&path).await,
        vera.page("/core/whatsapp-api/configurations").await,
        vera.call("find_connection", &[("connection", id.as_str())]).await.body,
        vera.call("list_connections", &[("query", "")]).await.body,
    ];
    for text in seen {
        assert!(text.contains("+1 631-555-0101"));
        for hidden in [fixtures::NUMBER_NEW, fixtures::WABA_SOL, fixtures::BUSINESS_SOL, "whatsapp_business_management"]
        {
            let allowed = hidden == fixtures::WABA_SOL && text.contains("billing_hub");
            assert!(allowed || !text.contains(hidden), "{hidden}: {text}");
        }
    }
    let search = "/core/whatsapp-api/configurations?q=631";
    assert!(!vera.page(search).await.contains("Phone Number ID"), "no column without anything in it");
    assert!(!vera.page("/core/whatsapp-api/setup-guide").await.contains("See beforehand"), "nothing to press");
    let rui = world.person(Role::Support).await;
    assert!(rui.page(search).await.contains("Phone Number ID"));
    let page = rui.page(&path).await;
    assert!(page.contains("Checked with Meta") && !page.contains("activity ok"), "no green over a ban: {page}");
    assert!(page.contains(fixtures::NUMBER_NEW) && !page.contains("/_fn/refresh_token"));
}
