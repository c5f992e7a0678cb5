//! Disconnecting: it always completes, takes nothing from siblings, and lists what Meta refused.

use crate::support::{Kind, SIMPLE, World, soon};
use crate::webhooks::message;
use greentick::domain::connection::{Badge, Outcome};
use greentick::domain::credential::{Origin, TokenState};
use greentick::domain::ids::{ConnectionId, PhoneNumberId, WabaId};
use greentick::domain::problem::Problem;
use greentick::domain::signup::Stage;
use greentick::domain::user::Role;
use greentick::server::store::{NewConnection, NewCredential};
use sandbox::{FaultDraft, FaultKind, fixtures};

both!(
    the_first_press_asks_once_more,
    a_number_is_unsubscribed_and_its_token_revoked_and_erased,
    siblings_keep_subscription_and_token,
    what_still_comes_for_it_waits_until_it_is_connected_again,
    a_run_that_waits_for_somebody_ends_and_forgets_its_token,
    a_run_at_work_ends_before_meta_is_told,
    a_token_that_another_credential_holds_is_not_revoked,
    a_token_entered_by_hand_is_erased_and_not_revoked,
    deregistering_is_a_wish_of_its_own,
    what_is_done_already_is_no_refusal_when_tried_again,
    with_meta_down_it_completes_and_lists_what_was_refused,
    what_meta_refuses_is_listed,
);

fn done(outcome: Outcome) -> Vec<Problem> {
    match outcome {
        Outcome::Done { said, refused } => {
            assert!(said.starts_with("Messages have stopped in both directions."), "{said}");
            refused
        }
        other => panic!("{other:?}"),
    }
}

fn subscribed(world: &World, waba: &str) -> bool {
    let told = world.meta.world();
    let wabas = told["wabas"].as_array().unwrap();
    let waba = wabas.iter().find(|one| one["id"] == waba).unwrap();
    waba["subscribedApps"].get(fixtures::APP_ID).is_some() || waba["subscribed_apps"].get(fixtures::APP_ID).is_some()
}

async fn the_first_press_asks_once_more(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let asked = ana.post("/_fn/disconnect_number", &[("connection", id.as_str())]).await;
    let question = format!("/core/whatsapp-api/configurations/{id}/disconnect");
    assert_eq!(asked.location(), question);
    let page = ana.get(&question).await.text();
    for words in ["Messages stop in both directions at once.", "Disconnect number", "Keep it connected"] {
        assert!(page.contains(words), "{page}");
    }
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn a_number_is_unsubscribed_and_its_token_revoked_and_erased(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    assert!(subscribed(&world, fixtures::WABA_SOL));
    assert!(done(world.press(&ana, "disconnect_number", &id).await).is_empty());
    assert_eq!(world.badge(&id).await, Badge::Disconnected);
    assert!(!subscribed(&world, fixtures::WABA_SOL));
    assert_eq!((world.calls("GET", "oauth/revoke"), world.calls("POST", "phone/deregister")), (1, 0));
    let credential = world.connection(&id).await.credential;
    assert_eq!(credential.state, TokenState::Erased);
    assert!(world.store().open_token(&credential.id).await.unwrap().is_none());
    assert!(!credential.last_four.is_empty(), "what was known of it stays");
    let audit = world.store().list_audit(&id, 20).await.unwrap();
    assert_eq!(audit[0].action, "number_disconnected");
    assert!(audit.iter().any(|entry| entry.action == "number_connected"));
    let again = ana.post("/_fn/disconnect_number", &[("connection", id.as_str()), ("confirmed", "yes")]).await;
    assert_eq!(again.status, 302, "a second press does no harm");
    assert_eq!(world.calls("GET", "oauth/revoke"), 1);
    let page = ana.get(&format!("/core/whatsapp-api/configurations/{id}")).await.text();
    assert!(page.contains("Disconnected"), "{page}");
}

async fn siblings_keep_subscription_and_token(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let first = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let second = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_PENDING_NAME).await;
    assert!(done(world.press(&ana, "disconnect_number", &first).await).is_empty());
    assert_eq!((world.calls("DELETE", "waba/subscribed_apps"), world.calls("GET", "oauth/revoke")), (0, 0));
    let outcome = world.press(&ana, "check_connection", &second).await;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
    assert_eq!(world.badge(&second).await, Badge::Connected);
    assert!(done(world.press(&ana, "disconnect_number", &second).await).is_empty());
    assert_eq!((world.calls("DELETE", "waba/subscribed_apps"), world.calls("GET", "oauth/revoke")), (1, 1));
}

/// The same token once more, for a number of another account.
async fn held_elsewhere(world: &World, first: &ConnectionId, origin: Origin) -> ConnectionId {
    let stored = world.connection(first).await;
    let token = world.store().open_token(&stored.credential.id).await.unwrap().unwrap();
    let waba = WabaId::new(fixtures::WABA_LUA);
    let workspace = &stored.connection.workspace;
    let facts = &stored.credential.facts;
    let new = NewCredential { workspace, waba: &waba, business: None, origin, token: &token, facts };
    let credential = world.store().put_credential(new).await.unwrap();
    let new = NewConnection {
        workspace,
        credential: &credential,
        phone_number_id: &PhoneNumberId::new(fixtures::NUMBER_FLAGGED),
        waba: &waba,
        business: None,
        app_id: Some(fixtures::APP_ID),
        display_number: "+1 631-555-0105",
        verified_name: None,
    };
    world.store().put_connection(new).await.unwrap().unwrap()
}

async fn what_still_comes_for_it_waits_until_it_is_connected_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let sibling = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let id = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_PENDING_NAME).await;
    let events = async |id: &ConnectionId| world.store().list_events(id, 0, 10).await.unwrap();
    let send = async |number: &str, text: &str| {
        let mut body = message(number, &format!("wamid.{text}"), text);
        let now = (world.clock.now().0 / 1_000).to_string();
        body["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = now.into();
        assert_eq!(world.deliver(body.to_string().as_bytes()).await, 200);
    };
    send(fixtures::NUMBER_PENDING_NAME, "before").await;
    soon(async || (events(&id).await.len() == 1).then_some(())).await;
    done(world.press(&ana, "disconnect_number", &id).await);
    world.pass_seconds(1);
    // The account's subscription stays, for the sibling.
    send(fixtures::NUMBER_PENDING_NAME, "after").await;
    send(fixtures::NUMBER_CONNECTED, "sibling").await;
    soon(async || (events(&sibling).await.len() == 1).then_some(())).await;
    let states = world.database.texts("select state from deliveries order by id").await;
    assert_eq!((events(&id).await.len(), states), (1, ["done", "foreign", "done"].map(str::to_owned).to_vec()));
    world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_PENDING_NAME).await;
    let kept = soon(async || Some(events(&id).await).filter(|events| events.len() == 2)).await;
    assert_eq!(kept[1].message_id.as_deref(), Some("wamid.after"), "nothing is lost");
}

async fn a_run_that_waits_for_somebody_ends_and_forgets_its_token(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let run = world.begin_until_pin(&ana).await;
    let id = run.now().await.connection.unwrap();
    assert!(done(world.press(&ana, "disconnect_number", &id).await).is_empty());
    assert_eq!(run.now().await.stage, Stage::Cancelled);
    assert!(world.store().open_signup_token(&run.id).await.unwrap().is_none());
    let page = run.page().await;
    assert!(page.contains("This number is disconnected.") && !page.contains("Nothing was changed"), "{page}");
    run.answer("enter_pin", &[("pin", fixtures::PIN)]).await;
    assert_eq!((run.now().await.stage, world.badge(&id).await), (Stage::Cancelled, Badge::Disconnected));
}

async fn a_run_at_work_ends_before_meta_is_told(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let slow = FaultDraft {
        delay_ms: Some(3_000),
        times: Some(1),
        ..FaultDraft::new("waba/subscribed_apps", FaultKind::Slow)
    };
    world.meta.add_fault(FaultDraft { method: Some("POST".to_owned()), ..slow });
    let run = world.begin(&ana, "").await;
    let code = run.code(SIMPLE);
    let disconnecting = async {
        let at_meta = || world.calls("POST", "waba/subscribed_apps") > 0;
        soon(async || at_meta().then_some(())).await;
        let id = run.now().await.connection.unwrap();
        (world.press(&ana, "disconnect_number", &id).await, id)
    };
    let (_, (outcome, id)) = tokio::join!(run.come_back(&code), disconnecting);
    assert!(done(outcome).is_empty());
    assert_eq!(run.settled().await.stage, Stage::Cancelled);
    assert!(!subscribed(&world, fixtures::WABA_SOL), "what was on its way came first");
    assert_eq!((world.calls("POST", "phone/register"), world.badge(&id).await), (0, Badge::Disconnected));
    let audit = world.store().list_audit(&id, 20).await.unwrap();
    assert!(audit.iter().all(|entry| entry.action != "number_connected"));
}

async fn a_token_that_another_credential_holds_is_not_revoked(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let first = world.connect(&ana, SIMPLE).await;
    let second = held_elsewhere(&world, &first, Origin::Signup).await;
    done(world.press(&ana, "disconnect_number", &first).await);
    assert_eq!(world.calls("GET", "oauth/revoke"), 0);
    done(world.press(&ana, "disconnect_number", &second).await);
    assert_eq!(world.calls("GET", "oauth/revoke"), 1, "the last one to hold it gives it back");
}

async fn a_token_entered_by_hand_is_erased_and_not_revoked(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let first = world.connect(&ana, SIMPLE).await;
    let by_hand = held_elsewhere(&world, &first, Origin::ByHand).await;
    done(world.press(&ana, "disconnect_number", &first).await);
    done(world.press(&ana, "disconnect_number", &by_hand).await);
    assert_eq!(world.calls("GET", "oauth/revoke"), 0);
    assert_eq!(world.connection(&by_hand).await.credential.state, TokenState::Erased);
}

async fn deregistering_is_a_wish_of_its_own(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let form = [("connection", id.as_str()), ("confirmed", "yes"), ("deregister", "yes")];
    assert!(done(world.press_with(&ana, "disconnect_number", &id, &form).await).is_empty());
    assert_eq!(world.calls("POST", "phone/deregister"), 1);
    let told = world.meta.world();
    let numbers = told["numbers"].as_array().unwrap();
    let number = numbers.iter().find(|number| number["id"] == fixtures::NUMBER_NEW).unwrap();
    assert_eq!(number["status"], "DISCONNECTED");
    assert_eq!(world.connect(&ana, SIMPLE).await, id, "it registers again, with the PIN that is still known");
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn what_is_done_already_is_no_refusal_when_tried_again(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let one = |on: &str, fault| FaultDraft { times: Some(1), ..FaultDraft::new(on, fault) };
    world.meta.add_fault(one("phone/deregister", FaultKind::Cut));
    world
        .meta
        .add_fault(FaultDraft { method: Some("DELETE".to_owned()), ..one("waba/subscribed_apps", FaultKind::Http500) });
    world.meta.add_fault(one("oauth/revoke", FaultKind::Cut));
    let form = [("connection", id.as_str()), ("confirmed", "yes"), ("deregister", "yes")];
    let refused = done(world.press_with(&ana, "disconnect_number", &id, &form).await);
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(world.meta.faults().len(), 0);
}

async fn with_meta_down_it_completes_and_lists_what_was_refused(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    world.meta.add_fault(FaultDraft::new("graph", FaultKind::Http500));
    let refused = done(world.press(&ana, "disconnect_number", &id).await);
    assert_eq!(refused.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), ["meta_unreachable"]);
    assert_eq!(world.calls("DELETE", "waba/subscribed_apps"), 5, "it was tried for about two minutes");
    assert_eq!(world.badge(&id).await, Badge::Disconnected);
    assert_eq!(world.connection(&id).await.credential.state, TokenState::Erased);
    let page = ana.get(&format!("/core/whatsapp-api/configurations/{id}")).await.text();
    assert!(page.contains("Could not ask Meta."), "{page}");
}

async fn what_meta_refuses_is_listed(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let refusal = FaultDraft { code: Some(200), ..FaultDraft::new("waba/subscribed_apps", FaultKind::GraphError) };
    world.meta.add_fault(FaultDraft { method: Some("DELETE".to_owned()), ..refusal });
    let refused = done(world.press(&ana, "disconnect_number", &id).await);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].code, "permission_missing");
    assert_eq!(world.calls("GET", "oauth/revoke"), 1, "the rest is done all the same");
}
