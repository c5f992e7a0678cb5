//! What connecting tells Meta, and what it leaves alone.

use super::*;
use crate::support::{Kind, SIMPLE, Wishes};
use greentick::domain::connection::Badge;
use greentick::domain::ids::PhoneNumberId;
use greentick::domain::signup::{Step, StepOutcome};
use greentick::domain::user::Role;
use greentick::server::operations::ask_address::ask_shared_address;
use sandbox::{FaultDraft, FaultKind};

both!(
    connecting_tells_meta_where_to_deliver_and_what,
    anothers_address_is_left_alone_and_the_account_gets_its_own,
    an_address_that_meta_refuses_fails_no_connecting_and_is_repaired_later,
    an_address_out_of_metas_reach_is_told_with_its_cause,
    two_numbers_on_an_own_app_do_not_overwrite_each_other,
);

async fn outcome_of(world: &World) -> StepOutcome {
    let workspace = world.workspace("default").await;
    let user = world.store().list_users(&workspace).await.unwrap().remove(0).id;
    let signup = world.store().newest_signup(&user).await.unwrap().unwrap();
    signup.steps.into_iter().find(|record| record.step == Step::MessagesOn).unwrap().outcome
}

async fn connecting_tells_meta_where_to_deliver_and_what(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let found = at_meta(&world).await;
    assert_eq!(found.callback, Some(own_address(&world)));
    assert_eq!(found.fields, sorted(all_fields()));
    assert_eq!((override_of(&world, fixtures::WABA_SOL), check_of(&world, &id).await), (None, None));
    assert_eq!(world.badge(&id).await, Badge::Connected);
    assert_eq!(outcome_of(&world).await, StepOutcome::Done { note: None });
    let set = audited(&world, &id, "app_address_set").await;
    assert!(set.before.is_none() && set.after.unwrap().contains(&own_address(&world)));
    let page = text_of(&ana, &id).await;
    for words in ["Addresses at Meta", "Leads here", "13 fields present", "Ask our address as Meta would"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Repair routing") && !page.contains("Take over"), "{page}");
    // The next number of the same app finds all as it should be.
    world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    assert_eq!(world.calls("POST", "app/subscriptions"), 1);
}

async fn anothers_address_is_left_alone_and_the_account_gets_its_own(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let theirs = another_system().await;
    enter_at_meta(&world, &theirs, &["messages".to_owned()]).await;
    let id = world.connect(&ana, SIMPLE).await;
    let found = at_meta(&world).await;
    assert_eq!((found.callback.as_deref(), found.fields), (Some(theirs.as_str()), vec!["messages".to_owned()]));
    assert_eq!(world.calls("POST", "app/subscriptions"), 0);
    assert_eq!(override_of(&world, fixtures::WABA_SOL), Some(own_address(&world)));
    let StepOutcome::Done { note: Some(note) } = outcome_of(&world).await else { panic!("it is noted") };
    assert!(note.contains("left alone"), "{note}");
    assert_eq!(check_of(&world, &id).await.as_deref(), Some("news_elsewhere"));
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
    let page = text_of(&ana, &id).await;
    for words in ["news about account and templates go to another address", &theirs, "Set by others", "Switched on"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    audited(&world, &id, "account_address_set").await;
}

async fn an_address_that_meta_refuses_fails_no_connecting_and_is_repaired_later(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let message = "(#2200) Callback verification failed with the following errors: HTTP Status Code = 500".to_owned();
    let refuse = FaultDraft {
        code: Some(2200),
        message: Some(message),
        method: Some("POST".to_owned()),
        ..FaultDraft::new("app/subscriptions", FaultKind::GraphError)
    };
    world.meta.add_fault(refuse);
    let id = world.connect(&ana, SIMPLE).await;
    let StepOutcome::Refused { problem } = outcome_of(&world).await else { panic!("it was refused") };
    assert!(problem.is("callback_failed") && problem.what.starts_with("The app's address could not be set."));
    assert_eq!(world.calls("POST", "waba/subscribed_apps"), 1, "one step that fails does not stop the next");
    let found = finding(&world, &id).await.unwrap();
    assert_eq!((found.check.as_str(), found.meta.map(|meta| meta.code)), ("no_callback", Some(2200)));
    assert!(found.cause.contains("Last try: The app's address could not be set."), "{}", found.cause);
    assert_eq!(world.badge(&id).await, Badge::NeedsAttention);
    let page = text_of(&ana, &id).await;
    assert!(page.contains("No address set") && page.contains("Repair routing"), "{page}");
    world.meta.clear_faults();
    let outcome = world.press(&ana, "subscribe_app", &id).await;
    assert!(format!("{outcome:?}").contains("Meta sends this number's messages here."), "{outcome:?}");
    assert_eq!((world.badge(&id).await, check_of(&world, &id).await), (Badge::Connected, None));
    assert_eq!(world.connection(&id).await.connection.routing_problem, None);
}

/// The sandbox reaches this machine only, so an address elsewhere is one that it cannot reach.
async fn an_address_out_of_metas_reach_is_told_with_its_cause(kind: Kind) {
    let public_url = Some("http://greentick.invalid".to_owned());
    let world = World::with(kind, Wishes { public_url, ..Wishes::default() }).await;
    let answer = ask_shared_address(world.services()).await.unwrap();
    assert_eq!(answer.address, "http://greentick.invalid/api/webhooks/whatsapp");
    let problem = answer.problem.expect("nobody knows this name");
    assert!(problem.is("address_unresolved") && problem.why.contains(&answer.address), "{problem:?}");
}

async fn two_numbers_on_an_own_app_do_not_overwrite_each_other(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let enter = async |number: &str| {
        let form = [
            ("entry[token]", fixtures::OWN_APP_TOKEN),
            ("entry[phone_number_id]", number),
            ("entry[app_id]", fixtures::OWN_APP_ID),
            ("entry[app_secret]", fixtures::OWN_APP_SECRET),
            ("press", "save"),
        ];
        let before = world.store().find_by_phone_number_id(&PhoneNumberId::new(number)).await.unwrap();
        assert!(before.is_none());
        ana.post("/_fn/judge_entry", &form).await;
        crate::support::soon(async || {
            let found = world.store().find_by_phone_number_id(&PhoneNumberId::new(number)).await.unwrap();
            found.filter(|stored| stored.connection.checked_at.is_some()).map(|stored| stored.connection.id)
        })
        .await
    };
    let own = App { id: fixtures::OWN_APP_ID.to_owned(), secret: fixtures::OWN_APP_SECRET.into() };
    let first = enter(fixtures::NUMBER_FLAGGED).await;
    let found = world.services().graph.read_app_callback(&own).await.unwrap();
    assert_eq!(found.callback, Some(format!("{}/{first}", own_address(&world))), "an address of its own");
    let second = enter(fixtures::NUMBER_BUSINESS_APP).await;
    let found = world.services().graph.read_app_callback(&own).await.unwrap();
    // Told once more because of the fields that a number of the Business app needs.
    assert_eq!(found.callback, Some(format!("{}/{second}", own_address(&world))), "one address serves both");
    assert_eq!((check_of(&world, &first).await, check_of(&world, &second).await), (None, None));
    for id in [first, second] {
        let page = text_of(&ana, &id).await;
        assert!(page.contains("ReceivingSwitched on") && !page.contains("Going elsewhere"), "{page}");
        let bundle = ana.call("bundle_connection", &[("connection", id.as_str())]).await.json();
        let bundle = bundle.as_str().unwrap();
        assert!(!bundle.contains("Finding: callback"), "{bundle}");
        assert!(bundle.contains(&format!("{}/{id}", own_address(&world))), "{bundle}");
    }
}
