//! Coming back: reconnecting the same number, and no other.

use crate::support::{Kind, SIMPLE, World};
use greentick::domain::connection::{Badge, Lifecycle};
use greentick::domain::user::Role;
use sandbox::{Scenario, fixtures};

both!(
    reconnecting_revives_the_same_connection,
    reconnecting_heals_a_dead_token_and_keeps_the_number_working,
    another_number_is_refused_when_reconnecting,
    reconnecting_chooses_its_number_among_many,
    a_disconnected_number_is_revived_by_the_plain_button_too,
);

async fn reconnecting_revives_the_same_connection(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    ana.post("/_fn/disconnect_number", &[("connection", id.as_str()), ("confirmed", "yes")]).await;
    let gone = world.until(&id, |connection| connection.lifecycle == Lifecycle::Disconnected).await;
    assert!(gone.disconnected_at.is_some());
    crate::support::soon(async || (world.store().count_open_jobs().await.unwrap() == 0).then_some(())).await;
    let run = world.begin(&ana, &format!("?connection={id}")).await;
    run.finish_at_facebook(SIMPLE).await;
    assert_eq!(run.done().await, id);
    assert_eq!(world.badge(&id).await, Badge::Connected);
    let audit = world.store().list_audit(&id, 20).await.unwrap();
    let connected = audit.iter().filter(|entry| entry.action == "number_connected").count();
    assert_eq!(connected, 2, "the history goes on");
}

async fn reconnecting_heals_a_dead_token_and_keeps_the_number_working(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    world.meta.play(Scenario::PasswordChanged { person: None, business: None });
    ana.post("/_fn/check_connection", &[("connection", id.as_str())]).await;
    crate::support::soon(async || (world.badge(&id).await == Badge::NotWorking).then_some(())).await;
    let page = ana.page(&format!("/core/whatsapp-api/configurations/{id}")).await;
    assert!(page.contains(&format!("/connect/facebook/start?connection={id}")), "Reconnect takes Refresh's place");
    let run = world.begin(&ana, &format!("?connection={id}")).await;
    run.finish_at_facebook(SIMPLE).await;
    assert_eq!(run.done().await, id);
    assert_eq!(world.badge(&id).await, Badge::Connected);
}

async fn another_number_is_refused_when_reconnecting(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    let before = world.connection(&id).await.credential;
    let run = world.begin(&ana, &format!("?connection={id}")).await;
    run.finish_at_facebook(&[fixtures::WABA_DELIVERY]).await;
    let problem = run.failure().await;
    assert_eq!(problem.what, "You chose +1 631-555-0102; this is +1 631-555-0101. Nothing was changed.");
    assert_eq!(world.connection(&id).await.credential, before);
    assert_eq!(world.badge(&id).await, Badge::Connected);
    assert!(run.page().await.contains("Try again"));
}

async fn reconnecting_chooses_its_number_among_many(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let run = world.begin(&ana, &format!("?connection={id}")).await;
    run.finish_at_facebook(&[fixtures::WABA_SOL, fixtures::WABA_DELIVERY]).await;
    assert_eq!(run.done().await, id, "neither account nor number is asked for");
}

async fn a_disconnected_number_is_revived_by_the_plain_button_too(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    let id = world.connect(&ana, SIMPLE).await;
    ana.post("/_fn/disconnect_number", &[("connection", id.as_str()), ("confirmed", "yes")]).await;
    assert_eq!(world.connect(&ana, SIMPLE).await, id);
    assert_eq!(world.badge(&id).await, Badge::Connected);
}
