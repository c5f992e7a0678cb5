//! A number from the environment: imported once; a changed token replaces the imported one when it proves itself.

use crate::support::{Kind, World};
use greentick::domain::connection::Lifecycle;
use greentick::domain::ids::{PhoneNumberId, WabaId};
use greentick::domain::user::Role;
use greentick::server::config::Entered;
use greentick::server::operations::import_entry::{Imported, import_entry};
use greentick::server::store::StoredConnection;
use sandbox::{FaultDraft, FaultKind, NewToken, fixtures};
use secrecy::ExposeSecret;

both!(
    a_number_is_imported_once,
    a_changed_token_replaces_the_imported_one,
    a_changed_token_that_does_not_work_leaves_the_old_one,
    what_a_person_has_replaced_since_stays,
    a_number_that_was_connected_otherwise_is_left_alone,
    when_meta_is_down_nothing_is_imported_and_the_next_start_tries_again,
    several_numbers_ask_for_the_id,
    killed_before_it_was_noted_the_import_is_known_again,
    what_a_person_has_disconnected_stays_disconnected,
);

fn token(world: &World) -> String {
    let wabas = Some(vec![fixtures::WABA_DELIVERY.to_owned()]);
    world.meta.mint_token(NewToken { wabas, ..NewToken::default() }).unwrap()
}

fn entered(token: &str) -> Entered {
    Entered {
        token: token.into(),
        phone_number_id: Some(PhoneNumberId::new(fixtures::NUMBER_CONNECTED)),
        waba: Some(WabaId::new(fixtures::WABA_DELIVERY)),
    }
}

async fn import(world: &World, entered: &Entered) -> Imported {
    let workspace = world.store().first_workspace().await.unwrap().unwrap();
    import_entry(world.services(), &workspace, entered).await.unwrap()
}

async fn number(world: &World) -> StoredConnection {
    let id = PhoneNumberId::new(fixtures::NUMBER_CONNECTED);
    world.store().find_by_phone_number_id(&id).await.unwrap().expect("the number is there")
}

async fn held(world: &World) -> String {
    let credential = number(world).await.credential.id;
    world.store().open_token(&credential).await.unwrap().unwrap().expose_secret().to_owned()
}

async fn world_with_admin(kind: Kind) -> World {
    let world = World::start(kind).await;
    world.person(Role::Admin).await;
    world
}

async fn a_number_is_imported_once(kind: Kind) {
    let world = world_with_admin(kind).await;
    let first = token(&world);
    assert!(matches!(import(&world, &entered(&first)).await, Imported::Added(_)));
    let id = number(&world).await.connection.id;
    world.until(&id, |connection| connection.lifecycle == Lifecycle::Active).await;
    assert_eq!(held(&world).await, first);
    world.meta.clear_calls();
    assert_eq!(import(&world, &entered(&first)).await, Imported::Unchanged);
    assert!(world.meta.calls().is_empty(), "an unchanged token is not asked about");
}

async fn a_changed_token_replaces_the_imported_one(kind: Kind) {
    let world = world_with_admin(kind).await;
    import(&world, &entered(&token(&world))).await;
    let second = token(&world);
    assert!(matches!(import(&world, &entered(&second)).await, Imported::Replaced(_)));
    assert_eq!(held(&world).await, second);
}

async fn a_changed_token_that_does_not_work_leaves_the_old_one(kind: Kind) {
    let world = world_with_admin(kind).await;
    let first = token(&world);
    import(&world, &entered(&first)).await;
    let wrong = format!("EAA{}", "x".repeat(180));
    let Imported::Refused(why) = import(&world, &entered(&wrong)).await else { panic!("a wrong token is refused") };
    assert!(!why.is_empty() && !why.contains(&wrong), "{why}");
    assert_eq!(held(&world).await, first);
}

async fn what_a_person_has_replaced_since_stays(kind: Kind) {
    let world = world_with_admin(kind).await;
    let first = token(&world);
    import(&world, &entered(&first)).await;
    let stored = number(&world).await;
    let by_a_person = token(&world);
    let credential = &stored.credential;
    let new = greentick::server::store::NewCredential {
        workspace: &credential.workspace,
        waba: &credential.waba,
        business: None,
        origin: credential.origin,
        token: &by_a_person.clone().into(),
        facts: &credential.facts,
    };
    world.store().put_credential(new).await.unwrap();
    assert_eq!(import(&world, &entered(&first)).await, Imported::Unchanged);
    assert_eq!(held(&world).await, by_a_person);
}

async fn a_number_that_was_connected_otherwise_is_left_alone(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    world.connect_number(&ana, fixtures::WABA_DELIVERY, fixtures::NUMBER_CONNECTED).await;
    let before = held(&world).await;
    assert!(matches!(import(&world, &entered(&token(&world))).await, Imported::NotOurs(_)));
    assert_eq!(held(&world).await, before);
}

async fn when_meta_is_down_nothing_is_imported_and_the_next_start_tries_again(kind: Kind) {
    let world = world_with_admin(kind).await;
    world.meta.add_fault(FaultDraft::new("*", FaultKind::Http500));
    let first = entered(&token(&world));
    assert!(matches!(import(&world, &first).await, Imported::Refused(_)));
    world.meta.clear_faults();
    assert!(matches!(import(&world, &first).await, Imported::Added(_)));
}

async fn several_numbers_ask_for_the_id(kind: Kind) {
    let world = world_with_admin(kind).await;
    let unsure = Entered { phone_number_id: None, ..entered(&token(&world)) };
    let Imported::Refused(why) = import(&world, &unsure).await else { panic!("it has to be asked") };
    assert!(why.contains("WHATSAPP_PHONE_NUMBER_ID") && why.contains(fixtures::NUMBER_CONNECTED), "{why}");
}

async fn killed_before_it_was_noted_the_import_is_known_again(kind: Kind) {
    let world = world_with_admin(kind).await;
    let first = token(&world);
    import(&world, &entered(&first)).await;
    let noted = "delete from installation where name in ($1, $2)";
    assert_eq!(world.database.execute(noted, &["imported_connection", "imported_token"]).await, 2);
    assert_eq!(import(&world, &entered(&first)).await, Imported::Unchanged);
    assert!(matches!(import(&world, &entered(&token(&world))).await, Imported::Replaced(_)));
}

async fn what_a_person_has_disconnected_stays_disconnected(kind: Kind) {
    let world = World::start(kind).await;
    let ana = world.person(Role::Admin).await;
    import(&world, &entered(&token(&world))).await;
    let id = number(&world).await.connection.id;
    world.until(&id, |connection| connection.lifecycle == Lifecycle::Active).await;
    world.press(&ana, "disconnect_number", &id).await;
    assert_eq!(import(&world, &entered(&token(&world))).await, Imported::NotOurs(id.clone()));
    assert_eq!(number(&world).await.connection.lifecycle, Lifecycle::Disconnected);
}
