//! What the page finds afterwards, and what its buttons do about it.

use super::*;
use crate::support::{Kind, PASSWORD, SIMPLE};
use greentick::domain::check::Check;
use greentick::domain::connection::{Badge, Outcome};
use greentick::domain::finding::{FindingState, Remedy};
use greentick::domain::user::Role;
use greentick::server::config::Given;
use greentick::server::operations::Services;
use greentick::server::operations::route_messages::AppCallbacks;
use sandbox::{FaultDraft, FaultKind};

both!(
    missing_fields_are_added_and_others_stay,
    messages_that_are_not_reported_are_told_before_all_else,
    anothers_address_is_replaced_only_after_one_more_question,
    an_account_whose_own_address_meta_refuses_falls_back,
    a_new_public_url_is_noticed_and_told_to_meta_at_a_press,
    an_address_entered_at_meta_by_hand_is_known_as_ours_later,
    what_one_node_has_put_right_no_other_node_undoes,
);

async fn missing_fields_are_added_and_others_stay(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    enter_at_meta(&world, &own_address(&world), &["messages".to_owned(), "flows".to_owned()]).await;
    assert_eq!(looked_again(&world, &id).await.as_deref(), Some("fields_missing"));
    let page = text_of(&ana, &id).await;
    assert!(page.contains("Meta does not report everything here.") && page.contains("security is missing"), "{page}");
    world.press(&ana, "subscribe_app", &id).await;
    let mut wanted = all_fields();
    wanted.push("flows".to_owned());
    assert_eq!(at_meta(&world).await.fields, sorted(wanted));
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn messages_that_are_not_reported_are_told_before_all_else(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let theirs = another_system().await;
    enter_at_meta(&world, &theirs, &["messages".to_owned()]).await;
    let id = world.connect(&ana, SIMPLE).await;
    assert_eq!(
        looked_again(&world, &id).await.as_deref(),
        Some("news_elsewhere"),
        "messages come by the account's own"
    );
    enter_at_meta(&world, &theirs, &["calls".to_owned()]).await;
    assert_eq!(looked_again(&world, &id).await.as_deref(), Some("messages_unreported"));
    let found = finding(&world, &id).await.unwrap();
    assert_eq!((found.state, found.remedy), (FindingState::Warning, Remedy::TakeOver), "a repair takes nothing");
    assert!(found.cause.contains(&theirs), "{}", found.cause);
    enter_at_meta(&world, &own_address(&world), &["calls".to_owned()]).await;
    assert_eq!(looked_again(&world, &id).await.as_deref(), Some("messages_unreported"));
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
    world.press(&ana, "subscribe_app", &id).await;
    assert_eq!((world.badge(&id).await, check_of(&world, &id).await), (Badge::Connected, None));
    assert!(at_meta(&world).await.fields.contains(&"calls".to_owned()));
}

async fn anothers_address_is_replaced_only_after_one_more_question(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let theirs = another_system().await;
    enter_at_meta(&world, &theirs, &["messages".to_owned(), "calls".to_owned()]).await;
    let id = world.connect(&ana, SIMPLE).await;
    let outcome = world.press(&ana, "subscribe_app", &id).await;
    assert!(format!("{outcome:?}").contains("news about account and templates go to another address"), "{outcome:?}");
    assert_eq!(at_meta(&world).await.callback.as_deref(), Some(theirs.as_str()), "a repair takes nothing");
    let asked = ana.post("/_fn/take_over_address", &[("connection", id.as_str())]).await;
    let question = format!("{}/take-over", page_of(&id));
    assert_eq!(asked.location(), question);
    let page = ana.get(&question).await.text();
    assert!(page.contains(&theirs) && page.contains(&own_address(&world)), "{page}");
    assert_eq!(at_meta(&world).await.callback.as_deref(), Some(theirs.as_str()), "the question changes nothing");
    world.press(&ana, "take_over_address", &id).await;
    let found = at_meta(&world).await;
    assert_eq!(found.callback, Some(own_address(&world)));
    let page = ana.get(&question).await;
    assert!(page.text().contains("Meta already sends here. There is nothing to take over."), "{}", page.text());
    assert!(!page.body.contains("/_fn/take_over_address"), "there is no button for nothing");
    assert!(found.fields.contains(&"calls".to_owned()), "what was reported before is reported still");
    assert_eq!(override_of(&world, fixtures::WABA_SOL), None, "the account needs no address of its own any more");
    assert_eq!((world.badge(&id).await, check_of(&world, &id).await), (Badge::Connected, None));
    let asked = audited(&world, &id, "address_taken_over").await;
    assert!(asked.actor.contains("admin"), "{asked:?}");
    let replaced = audited(&world, &id, "app_address_replaced").await;
    assert!(replaced.before.unwrap().contains(&theirs) && replaced.after.unwrap().contains(&own_address(&world)));
}

async fn an_account_whose_own_address_meta_refuses_falls_back(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let theirs = another_system().await;
    enter_at_meta(&world, &theirs, &all_fields()).await;
    let refuse = |on: &str| FaultDraft {
        code: Some(200),
        message: Some("(#200) Permissions error".to_owned()),
        method: Some("POST".to_owned()),
        ..FaultDraft::new(on, FaultKind::GraphError)
    };
    world.meta.add_fault(refuse("waba/subscribed_apps"));
    let number = world.meta.add_fault(refuse("phone"));
    let Outcome::Failed { problem } = world.press(&ana, "subscribe_app", &id).await else { panic!("both refused") };
    assert!(problem.is("override_refused"), "{problem:?}");
    let found = finding(&world, &id).await.unwrap();
    assert_eq!(found.check, Check::CallbackElsewhere, "the app's address stays in use, and that is said");
    assert!(found.cause.contains(&theirs) && found.cause.contains("Last try"), "{}", found.cause);
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
    // Refused for the account, but not for the number.
    world.meta.remove_fault(number);
    world.press(&ana, "subscribe_app", &id).await;
    audited(&world, &id, "number_address_set").await;
    assert_eq!(check_of(&world, &id).await.as_deref(), Some("news_elsewhere"));
    assert!(text_of(&ana, &id).await.contains("This number alone"));
}

async fn a_new_public_url_is_noticed_and_told_to_meta_at_a_press(kind: Kind) {
    let mut world = World::start(kind).await;
    let user = world.add_person("default", "ana@example.org", Role::Admin).await;
    let ana = world.log_in(&user.email).await;
    let id = world.connect(&ana, SIMPLE).await;
    let old = own_address(&world);
    world.restart(move_house).await;
    (world.base, world.origin) = (world.app.origin.to_string(), world.app.origin.to_string());
    let new = own_address(&world);
    assert_ne!(old, new);
    let said = finding(&world, &id).await.unwrap();
    assert_eq!(said.check, Check::CallbackMoved, "before Meta has been asked again");
    assert!(said.cause.contains(&old) && said.cause.contains(&new), "{}", said.cause);
    let ana = world.browser();
    ana.post("/login", &[("email", &user.email), ("password", PASSWORD)]).await;
    // Connecting another number by itself takes nothing: this might be a copy of the installation that was there before.
    world.meta.allow_redirect_uri(&world.services().settings.redirect_uri());
    let other = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    assert_eq!(at_meta(&world).await.callback.as_ref(), Some(&old));
    assert_eq!(check_of(&world, &other).await.as_deref(), Some("callback_moved"));
    assert_eq!(override_of(&world, fixtures::WABA_DELIVERY).as_ref(), Some(&new));
    let page = text_of(&ana, &id).await;
    assert!(page.contains("old address of this installation") && page.contains("Our old address"), "{page}");
    world.press(&ana, "subscribe_app", &id).await;
    assert_eq!(at_meta(&world).await.callback.as_ref(), Some(&new));
    assert_eq!((world.badge(&id).await, check_of(&world, &id).await), (Badge::Connected, None));
    let set = audited(&world, &id, "app_address_set").await;
    assert!(set.before.unwrap().contains(&old) && set.after.unwrap().contains(&new));
}

/// The same machine under another name.
fn move_house(given: &mut Given) {
    let port = given.addr.as_deref().unwrap().rsplit_once(':').unwrap().1.to_owned();
    given.public_url = Some(format!("http://localhost:{port}"));
}

async fn an_address_entered_at_meta_by_hand_is_known_as_ours_later(kind: Kind) {
    let mut world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    enter_at_meta(&world, &own_address(&world), &all_fields()).await;
    let id = world.connect(&ana, SIMPLE).await;
    assert_eq!(world.calls("POST", "app/subscriptions"), 0, "it was right already");
    world.restart(move_house).await;
    assert_eq!(looked_again(&world, &id).await.as_deref(), Some("callback_moved"));
}

async fn what_one_node_has_put_right_no_other_node_undoes(kind: Kind) {
    let mut world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let sibling = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let other = Services { app_callbacks: AppCallbacks::default(), ..world.services().clone() };
    enter_at_meta(&world, &own_address(&world), &["messages".to_owned()]).await;
    world.clock.advance(6 * 60_000);
    for id in [&id, &sibling] {
        assert_eq!(read_and_keep(&other, id).await.unwrap(), None);
        assert_eq!(check_of(&world, id).await.as_deref(), Some("fields_missing"));
    }
    world.clock.advance(60_000);
    world.press(&ana, "subscribe_app", &id).await;
    world.rest().await;
    for id in [&id, &sibling] {
        // The other node has read it two minutes ago.
        world.clock.advance(30_000);
        assert_eq!(read_and_keep(&other, id).await.unwrap(), None);
        assert_eq!(check_of(&world, id).await, None);
    }
    // What this node found later at Meta, the other does not undo either.
    enter_at_meta(&world, &own_address(&world), &["messages".to_owned()]).await;
    world.clock.advance(60_000);
    let this = Services { app_callbacks: AppCallbacks::default(), ..world.services().clone() };
    for services in [&this, &other] {
        assert_eq!(read_and_keep(services, &id).await.unwrap(), None);
        assert_eq!(check_of(&world, &id).await.as_deref(), Some("fields_missing"));
    }
}
