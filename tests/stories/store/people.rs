//! Workspaces, people, sessions and failed logins.

use super::Room;
use crate::support::Kind;
use greentick::domain::ids::WorkspaceId;
use greentick::domain::instant::{DAY, HOUR, MINUTE, SECOND};
use greentick::domain::user::Role;
use greentick::server::store::{DatabaseSessions, NewUser, SESSION_LIFETIME, USER_KEY};
use std::collections::HashMap;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

both!(
    a_workspace_is_made_once_and_found_by_name,
    a_person_is_found_under_any_spelling_of_the_address,
    the_first_user_is_one_however_many_try_at_once,
    an_address_is_given_once_however_many_try_at_once,
    a_session_lives_until_its_end_and_ends_with_a_new_password,
    failed_logins_slow_down_and_are_forgotten,
    a_hundred_guesses_at_once_are_not_a_hundred_guesses,
);

fn new<'a>(workspace: &'a WorkspaceId, email: &'a str, role: Role) -> NewUser<'a> {
    NewUser { workspace, email, name: "Ana", role, password_hash: Some("$argon2id$…") }
}

async fn a_workspace_is_made_once_and_found_by_name(kind: Kind) {
    let room = Room::open(kind).await;
    room.store.ensure_workspace("default").await.unwrap();
    assert_eq!(room.store.find_workspace(None).await.unwrap(), Some(room.workspace.clone()));
    let second = room.store.add_workspace("second", "Second").await.unwrap();
    assert_eq!(room.store.add_workspace("second", "Again").await.unwrap(), second);
    assert_eq!(room.store.workspace_name(&second).await.unwrap().as_deref(), Some("Second"));
    assert_eq!(room.store.find_workspace(Some("second")).await.unwrap(), Some(second));
    assert_eq!(room.store.find_workspace(Some("third")).await.unwrap(), None);
    assert_eq!(room.store.find_workspace(None).await.unwrap(), None, "several: one must be named");
}

async fn a_person_is_found_under_any_spelling_of_the_address(kind: Kind) {
    let room = Room::open(kind).await;
    assert!(!room.store.has_users().await.unwrap());
    let added = room.store.add_user(new(&room.workspace, " Ana@Example.ORG ", Role::Viewer)).await.unwrap().unwrap();
    assert_eq!(added.email, "ana@example.org");
    assert!(room.store.add_user(new(&room.workspace, "ANA@example.org", Role::Admin)).await.unwrap().is_none());
    let found = room.store.find_user_by_email("aNa@example.org").await.unwrap();
    assert_eq!(found, Some(added.clone()));
    room.store.update_role(&added.id, Role::Admin).await.unwrap();
    assert_eq!(room.store.find_user(&added.id).await.unwrap().unwrap().role, Role::Admin);
    assert_eq!(room.store.list_users(&room.workspace).await.unwrap().len(), 1);
    assert!(room.store.list_demo_users().await.unwrap().is_empty());
}

async fn the_first_user_is_one_however_many_try_at_once(kind: Kind) {
    let room = Room::open(kind).await;
    let tries = (0..8).map(|number| {
        let (store, workspace) = (room.store.clone(), room.workspace.clone());
        tokio::spawn(async move {
            let email = format!("{number}@example.org");
            store.add_first_user(new(&workspace, &email, Role::Admin)).await.unwrap().is_some()
        })
    });
    let mut added = 0;
    for one in tries.collect::<Vec<_>>() {
        added += usize::from(one.await.unwrap());
    }
    assert_eq!(added, 1);
    assert_eq!(room.store.list_users(&room.workspace).await.unwrap().len(), 1);
}

async fn an_address_is_given_once_however_many_try_at_once(kind: Kind) {
    let room = Room::open(kind).await;
    let tries = (0..8).map(|_| {
        let (store, workspace) = (room.store.clone(), room.workspace.clone());
        tokio::spawn(async move { store.add_user(new(&workspace, "ana@example.org", Role::Admin)).await })
    });
    let mut added = 0;
    for one in tries.collect::<Vec<_>>() {
        added += usize::from(one.await.unwrap().expect("being late is no fault of the database").is_some());
    }
    assert_eq!(added, 1);
}

async fn a_session_lives_until_its_end_and_ends_with_a_new_password(kind: Kind) {
    let room = Room::open(kind).await;
    let ana = room.store.add_user(new(&room.workspace, "ana@example.org", Role::Admin)).await.unwrap().unwrap();
    let sessions = DatabaseSessions(room.store.clone());
    // The store's own clock ends a session, whatever moment the record names.
    let expiry_date = OffsetDateTime::from_unix_timestamp(room.clock.now().0 / 1_000).unwrap();
    let data = HashMap::from([(USER_KEY.to_owned(), serde_json::json!(ana.id))]);
    let mut short = Record { id: Id::default(), data: data.clone(), expiry_date };
    let mut long = Record { id: Id::default(), data, expiry_date };
    sessions.create(&mut short).await.unwrap();
    room.clock.advance(SESSION_LIFETIME - DAY);
    sessions.create(&mut long).await.unwrap();
    assert_eq!(sessions.load(&short.id).await.unwrap().unwrap().data, short.data);
    room.clock.advance(2 * DAY);
    assert!(sessions.load(&short.id).await.unwrap().is_none());
    assert!(sessions.load(&long.id).await.unwrap().is_some());
    room.store.purge_login_traces().await.unwrap();
    assert_eq!(room.database.texts("select data from sessions").await.len(), 1);
    room.store.update_password(&ana.id, "$argon2id$new").await.unwrap();
    assert!(sessions.load(&long.id).await.unwrap().is_none());
    assert_eq!(room.store.password_hash(&ana.id).await.unwrap().as_deref(), Some("$argon2id$new"));
}

async fn failed_logins_slow_down_and_are_forgotten(kind: Kind) {
    let room = Room::open(kind).await;
    let subjects = ["account:ana@example.org".to_owned(), "address:192.0.2.1".to_owned()];
    for _ in 0..5 {
        assert_eq!(room.store.count_login_failure(&subjects).await.unwrap(), None);
    }
    assert_eq!(room.store.count_login_failure(&subjects).await.unwrap(), None, "the sixth is still looked at");
    // Further ones make the wait so long that this test, however slow, does not sit it out.
    for _ in 0..5 {
        room.clock.advance(MINUTE);
        assert_eq!(room.store.count_login_failure(&subjects).await.unwrap(), None);
    }
    let before = room.clock.now();
    let waits = room.store.count_login_failure(&subjects[..1]).await.unwrap().unwrap();
    assert!((33 * SECOND..=64 * SECOND).contains(&waits.until.since(before)), "the eleventh costs 64 s: {waits:?}");
    assert!(room.store.count_login_failure(&subjects[1..]).await.unwrap().is_some(), "the address waits as well");
    let other = ["account:rui@example.org".to_owned(), "address:192.0.2.2".to_owned()];
    assert_eq!(room.store.count_login_failure(&other).await.unwrap(), None);
    for _ in 0..20 {
        room.clock.advance(15 * MINUTE);
        assert_eq!(room.store.count_login_failure(&subjects).await.unwrap(), None);
    }
    let waits = room.store.count_login_failure(&subjects).await.unwrap().unwrap();
    assert!(waits.until.since(room.clock.now()) <= 15 * MINUTE, "nobody waits longer than this");
    room.store.forget_login_failures(&subjects).await.unwrap();
    assert_eq!(room.store.count_login_failure(&subjects).await.unwrap(), None);
    room.clock.advance(25 * HOUR);
    room.store.purge_login_traces().await.unwrap();
    assert!(room.database.texts("select subject from login_failures").await.is_empty());
}

async fn a_hundred_guesses_at_once_are_not_a_hundred_guesses(kind: Kind) {
    let room = Room::open(kind).await;
    let guesses = (0..100).map(|_| {
        let store = room.store.clone();
        let subjects = ["account:ana@example.org".to_owned(), "address:192.0.2.1".to_owned()];
        tokio::spawn(async move { store.count_login_failure(&subjects).await.unwrap().is_none() })
    });
    let mut looked_at = 0;
    for guess in guesses.collect::<Vec<_>>() {
        looked_at += usize::from(guess.await.unwrap());
    }
    assert!((6..10).contains(&looked_at), "{looked_at} guesses were looked at");
}
