//! Saving: in one press when everything holds, in two when it does not.

use super::{Form, NEW, connected, edit, finished, permanent, token};
use crate::support::{Kind, SIMPLE, World};
use greentick::domain::connection::{Badge, Lifecycle};
use greentick::domain::credential::{Origin, TokenKind};
use greentick::domain::user::Role;
use sandbox::{FaultDraft, FaultKind, NewToken, TokenLife, fixtures};
use secrecy::ExposeSecret;

both!(
    a_test_tells_everything_and_saves_nothing,
    only_a_token_connects_the_only_number,
    a_chosen_number_is_connected,
    an_own_app_is_told_where_meta_shall_send,
    an_own_app_without_its_secret_can_send_and_is_told_that_it_cannot_receive,
    without_its_apps_secret_a_token_comes_back_by_what_it_reads,
    what_does_not_hold_needs_a_second_press,
    a_changed_text_is_no_second_press,
    a_guest_key_is_said_loudly_before_it_is_saved,
    a_number_that_is_connected_already_is_not_entered_again,
    a_disconnected_number_is_revived_by_hand,
    a_number_of_another_workspace_is_refused,
    a_refused_app_secret_is_not_kept,
);

async fn a_test_tells_everything_and_saves_nothing(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let token = token(&world, TokenLife::SixtyDays, &[fixtures::WABA_DELIVERY]);
    let form =
        Form::open(&ana, NEW).await.type_in("token", &token).type_in("phone_number_id", fixtures::NUMBER_CONNECTED);
    let text = form.again("test").await.text();
    for told in [
        "Everything fits.Nothing is saved yet.",
        "Number+1 631-555-0102",
        "Verified nameSol Delivery",
        "QualityHigh",
        "WhatsApp accountPadaria Sol Delivery",
        "60-day token of a system user",
        "whatsapp_business_messaging",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let workspace = world.workspace("default").await;
    assert_eq!(world.store().count_connections(&workspace).await.unwrap(), 0);
    assert_eq!(world.calls("POST", "phone/register"), 0);
}

async fn only_a_token_connects_the_only_number(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    // As people paste.
    let token = format!("  \"Bearer {}\"\n", permanent(&world, &[fixtures::WABA_SOL]));
    let form = Form::open(&ana, NEW).await.type_in("token", &token).type_in("name", " Shop ");
    let id = finished(&world, &form.press("save").await).await;
    let stored = world.connection(&id).await;
    assert_eq!(stored.connection.phone_number_id.as_str(), fixtures::NUMBER_NEW);
    assert_eq!(stored.connection.name.as_deref(), Some("Shop"));
    assert_eq!((stored.credential.origin, stored.connection.own_app), (Origin::ByHand, false));
    assert_eq!(world.badge(&id).await, Badge::Connected);
    assert_eq!((world.calls("POST", "waba/subscribed_apps"), world.calls("POST", "phone/register")), (1, 1));
    let left = world.database.texts("select id from drafts").await;
    assert!(left.is_empty(), "what was saved is no draft any more");
}

async fn a_chosen_number_is_connected(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let token = permanent(&world, &[fixtures::WABA_DELIVERY]);
    let form = Form::open(&ana, NEW).await.type_in("token", &token).again("save").await;
    assert!(form.text().contains("Which number?"), "{}", form.text());
    let choice = format!("{}/{}", fixtures::NUMBER_CONNECTED, fixtures::WABA_DELIVERY);
    let id = finished(&world, &form.type_in("choice", &choice).press("save").await).await;
    assert_eq!(world.connection(&id).await.connection.display_number, "+1 631-555-0102");
}

async fn an_own_app_is_told_where_meta_shall_send(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let form = Form::open(&ana, NEW)
        .await
        .type_in("token", fixtures::OWN_APP_TOKEN)
        .type_in("name", "Corner shop")
        .type_in("phone_number_id", fixtures::NUMBER_FLAGGED)
        .type_in("app_id", fixtures::OWN_APP_ID)
        .type_in("app_secret", fixtures::OWN_APP_SECRET);
    let run = form.press("save").await;
    let id = finished(&world, &run).await;
    let progress = ana.page(&run).await;
    assert!(progress.contains("Open the number"), "Greentick has told Meta by itself: {progress}");
    assert!(!progress.contains(&format!("/configurations/{id}/receiving")), "nothing is left to do at Meta");
    let stored = world.connection(&id).await;
    assert!(stored.connection.own_app && stored.connection.has_app_secret && stored.connection.has_verify_token);
    let list = "/core/whatsapp-api/configurations";
    for path in [list, &format!("{list}?q=corner%20SHOP"), "/settings/forwarding/new"] {
        assert!(ana.page(path).await.contains("Corner shop"), "what it is called stands at {path}");
    }
    let here = format!("/core/whatsapp-api/configurations/{id}/receiving");
    let page = ana.page(&here).await;
    assert!(page.contains(&format!("/api/webhooks/whatsapp/{id}")), "the address of its own");
    for field in ["messages", "account_update", "message_template_status_update", "security"] {
        assert!(crate::support::readable(&page).contains(field), "{field}");
    }
    let made = world.store().open_verify_token(&id).await.unwrap().unwrap();
    assert!(made.expose_secret().len() >= 16 && !page.contains(made.expose_secret()));
    let form = format!("/core/whatsapp-api/configurations/{id}/verify-token?here=receiving");
    let shown = ana.post(&form, &[]).await;
    assert!(shown.body.contains(made.expose_secret()) && shown.text().contains("Tell Meta where to send"));
    let audit = world.store().list_audit(&id, 10).await.unwrap();
    assert!(audit.iter().any(|entry| entry.action == "verify_token_revealed"));
}

async fn an_own_app_without_its_secret_can_send_and_is_told_that_it_cannot_receive(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let form = Form::open(&ana, NEW)
        .await
        .type_in("token", fixtures::OWN_APP_TOKEN)
        .type_in("phone_number_id", fixtures::NUMBER_FLAGGED);
    let tested = form.again("test").await;
    assert!(tested.text().contains("Without the app secret you can send"), "{}", tested.text());
    assert!(tested.text().contains("Needed to receive. Without it you can send, but incoming messages are refused, since we cannot prove they come from Meta."));
    let run = tested.press("save").await;
    let id = finished(&world, &run).await;
    let progress = ana.page(&run).await;
    assert!(progress.contains(&format!("/configurations/{id}/receiving")), "the next step is offered");
    assert!(progress.contains("Open the number"), "{progress}");
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
    let page = ana.page(&format!("/core/whatsapp-api/configurations/{id}/receiving")).await;
    assert!(page.contains("The app secret is missing."));
}

async fn without_its_apps_secret_a_token_comes_back_by_what_it_reads(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let form = Form::open(&ana, NEW)
        .await
        .type_in("token", fixtures::OWN_APP_TOKEN)
        .type_in("phone_number_id", fixtures::NUMBER_FLAGGED);
    let id = finished(&world, &form.press("save").await).await;
    let refused = FaultDraft { code: Some(190), times: Some(1), ..FaultDraft::new("phone", FaultKind::GraphError) };
    world.meta.add_fault(refused);
    world.press(&ana, "check_connection", &id).await;
    assert_eq!(world.badge(&id).await, Badge::NotWorking);
    world.press(&ana, "check_connection", &id).await;
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention, "as before: its app's secret is missing");
}

async fn what_does_not_hold_needs_a_second_press(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let scopes = Some(vec!["whatsapp_business_management".to_owned()]);
    let token = world.meta.mint_token(NewToken { scopes, ..NewToken::default() }).unwrap();
    let form = Form::open(&ana, NEW).await.type_in("token", &token);
    let tested = form.again("test").await;
    assert!(!tested.has_button("anyway"), "a test offers no second press");
    let first = tested.again("save").await;
    assert!(first.text().contains("Nothing was saved: something does not fit."), "{}", first.text());
    assert!(first.has_button("anyway"));
    let workspace = world.workspace("default").await;
    assert_eq!(world.store().count_connections(&workspace).await.unwrap(), 0);
    let id = finished(&world, &first.press("anyway").await).await;
    assert_eq!(world.connection(&id).await.connection.phone_number_id.as_str(), fixtures::NUMBER_NEW);
    let audit = world.store().list_audit(&id, 10).await.unwrap();
    let saved = audit.iter().find(|entry| entry.action == "settings_saved").unwrap();
    assert!(saved.after.as_ref().unwrap().contains("\"proven\":false"));
}

async fn a_changed_text_is_no_second_press(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let scopes = Some(vec!["whatsapp_business_management".to_owned()]);
    let token = world.meta.mint_token(NewToken { scopes, ..NewToken::default() }).unwrap();
    let first = Form::open(&ana, NEW).await.type_in("token", &token).again("save").await;
    let other = first.type_in("waba_id", fixtures::WABA_LUA).again("anyway").await;
    assert!(other.text().contains("The token does not reach this WhatsApp account."), "{}", other.text());
    // Nor is a press that nobody has offered.
    let fresh = Form::open(&ana, NEW).await.type_in("token", &token).again("anyway").await;
    assert!(fresh.text().contains("Nothing was saved"), "{}", fresh.text());
}

async fn a_guest_key_is_said_loudly_before_it_is_saved(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let token = token(&world, TokenLife::Day, &[fixtures::WABA_SOL]);
    let form = Form::open(&ana, NEW).await.type_in("token", &token).again("save").await;
    let until = world.clock.now().plus(86_400_000).date();
    let day = until.split(' ').next().unwrap();
    let text = form.text();
    assert!(text.contains(&format!("This token stops working at {day} ")), "{text}");
    assert!(text.contains("guest key") && text.contains("Generate new token") && text.contains("Never"), "{text}");
    assert!(form.has_button("anyway"));
    let id = finished(&world, &form.press("anyway").await).await;
    assert_eq!(world.connection(&id).await.credential.facts.kind, TokenKind::Temporary);
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
}

async fn a_number_that_is_connected_already_is_not_entered_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let (id, _) = connected(&world, &ana).await;
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    let form = Form::open(&ana, NEW).await.type_in("token", &token).again("save").await;
    assert!(form.text().contains("This number is connected here already."), "{}", form.text());
    assert!(!form.has_button("anyway"));
    let held = world.store().open_token(&world.connection(&id).await.credential.id).await.unwrap().unwrap();
    assert_ne!(held.expose_secret(), token);
}

async fn a_disconnected_number_is_revived_by_hand(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    world.press(&ana, "disconnect_number", &id).await;
    let form = Form::open(&ana, &edit(&id)).await;
    assert_eq!(form.value("phone_number_id"), fixtures::NUMBER_NEW);
    assert!(!form.text().contains("Kept:"), "an erased token is not kept: {}", form.text());
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    let same = finished(&world, &form.type_in("token", &token).press("save").await).await;
    assert_eq!(same, id);
    assert_eq!(world.connection(&id).await.connection.lifecycle, Lifecycle::Active);
}

async fn a_number_of_another_workspace_is_refused(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    connected(&world, &ana).await;
    let other = world.person_of("second", Role::Admin).await;
    let token = permanent(&world, &[fixtures::WABA_SOL]);
    let form = Form::open(&other, NEW).await.type_in("token", &token).again("save").await;
    assert!(form.text().contains("This number is connected in another workspace here."), "{}", form.text());
    assert!(!form.has_button("anyway"));
}

/// Its proof would be sent with every call, and every call refused.
async fn a_refused_app_secret_is_not_kept(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let form = Form::open(&ana, NEW)
        .await
        .type_in("token", fixtures::OWN_APP_TOKEN)
        .type_in("phone_number_id", fixtures::NUMBER_FLAGGED)
        .type_in("app_id", fixtures::OWN_APP_ID)
        .type_in("app_secret", "deaddeaddeaddeaddeaddeaddeaddead");
    let first = form.again("save").await;
    let id = finished(&world, &first.press("anyway").await).await;
    let stored = world.connection(&id).await;
    assert!(stored.connection.own_app && !stored.connection.has_app_secret);
    assert!(stored.connection.check_failure.is_none(), "{:?}", stored.connection.check_failure);
}
