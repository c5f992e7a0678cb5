//! Credentials and connections: kept, searched, disconnected, revived.

use super::{Room, facts};
use crate::support::Kind;
use greentick::domain::check::Check;
use greentick::domain::connection::{CheckFailure, Lifecycle};
use greentick::domain::credential::{TokenFacts, TokenState};
use greentick::domain::health::{NumberReading, Snapshot};
use greentick::domain::ids::{PhoneNumberId, WabaId};
use greentick::domain::instant::{HOUR, Instant, MINUTE};
use greentick::domain::problem::Problem;
use greentick::server::store::{Actor, ConnectionCursor, KeptReading, NewConnection};
use secrecy::ExposeSecret;
use std::collections::{BTreeMap, HashSet};

both!(
    one_credential_serves_all_numbers_of_its_account,
    a_number_belongs_to_one_workspace_and_is_revived_in_it,
    hundreds_of_numbers_are_paged_without_gap_or_repetition,
    a_search_finds_names_ids_and_numbers_as_people_write_them,
    a_reading_is_kept_and_a_failed_one_leaves_it,
    due_checks_are_taken_once,
    a_token_is_erased_when_nobody_needs_it_any_more,
    what_was_read_with_an_older_token_is_not_said_of_the_newer,
    registrations_are_counted_in_their_window,
    registrations_at_once_are_all_counted,
    two_who_register_at_once_use_one_pin,
    the_audit_trail_tells_the_newest_first,
);

async fn one_credential_serves_all_numbers_of_its_account(kind: Kind) {
    let room = Room::open(kind).await;
    let first = room.credential(&room.workspace, "1041", "the token of the first day").await;
    let number = room.number(&first, "1041", "1060001", "Sol").await;
    let before = room.store.connection_version(&room.workspace, &number).await.unwrap().unwrap();
    let renewed = room.credential(&room.workspace, "1041", "the token of the second day").await;
    assert_eq!(renewed, first);
    let token = room.store.open_token(&first).await.unwrap().unwrap();
    assert_eq!(token.expose_secret(), "the token of the second day");
    assert_eq!(room.store.find_credential(&first).await.unwrap().unwrap().last_four, " day");
    assert!(room.store.connection_version(&room.workspace, &number).await.unwrap().unwrap() > before);
    let held = room.store.find_credential(&first).await.unwrap().unwrap();
    room.store.update_token_facts(&held, TokenState::Dead, &facts()).await.unwrap();
    let stored = room.store.find_any_connection(&number).await.unwrap().unwrap();
    assert!(stored.credential.is_dead(room.clock.now()));
    let other = room.store.add_workspace("other", "Other").await.unwrap();
    let elsewhere = room.credential(&other, "1041", "the token of the second day").await;
    assert_ne!(elsewhere, first);
    assert!(room.store.is_token_shared(&first).await.unwrap());
}

async fn a_number_belongs_to_one_workspace_and_is_revived_in_it(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    let number = room.number(&credential, "1041", "1060001", "Sol").await;
    let other = room.store.add_workspace("other", "Other").await.unwrap();
    let theirs = room.credential(&other, "1041", "the token of the other").await;
    let taken = NewConnection {
        workspace: &other,
        credential: &theirs,
        phone_number_id: &PhoneNumberId::new("1060001"),
        waba: &WabaId::new("1041"),
        business: None,
        app_id: None,
        display_number: "+1",
        verified_name: None,
    };
    assert!(room.store.put_connection(taken).await.unwrap().is_none());
    assert!(room.store.find_connection(&other, &number).await.unwrap().is_none());
    assert!(room.store.connection_version(&other, &number).await.unwrap().is_none());
    assert!(room.disconnect(&number).await);
    assert!(!room.disconnect(&number).await, "it was already");
    assert_eq!(room.store.count_open_jobs().await.unwrap(), 1, "Meta is told once");
    let gone = room.store.find_any_connection(&number).await.unwrap().unwrap().connection;
    assert_eq!((gone.lifecycle, gone.disconnected_at.is_some()), (Lifecycle::Disconnected, true));
    assert_eq!(room.number(&credential, "1041", "1060001", "Sol").await, number);
    let back = room.store.find_any_connection(&number).await.unwrap().unwrap().connection;
    assert_eq!((back.lifecycle, back.disconnected_at), (Lifecycle::SettingUp, None));
    assert_eq!(back.created_at, gone.created_at);
}

async fn hundreds_of_numbers_are_paged_without_gap_or_repetition(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    for number in 0..230 {
        room.number(&credential, "1041", &format!("10600{number:04}"), &format!("Branch {number}")).await;
        // Some share a moment, some do not.
        room.clock.advance(i64::from(number % 3 == 0));
    }
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = room.store.search_connections(&room.workspace, "", after.as_ref(), 25).await.unwrap();
        seen.extend(page.rows.into_iter().map(|row| row.connection));
        pages += 1;
        let Some(next) = page.next else { break };
        let carried = ConnectionCursor::parse(&next.to_string()).expect("a cursor survives an address");
        assert_eq!(carried, next);
        after = Some(carried);
    }
    assert_eq!((pages, seen.len()), (10, 230));
    assert_eq!(seen.iter().map(|connection| &connection.id).collect::<HashSet<_>>().len(), 230);
    assert!(seen.is_sorted_by_key(|connection| connection.created_at), "oldest first");
    assert_eq!(room.store.count_connections(&room.workspace).await.unwrap(), 230);
    let other = room.store.add_workspace("other", "Other").await.unwrap();
    assert!(room.store.search_connections(&other, "", None, 25).await.unwrap().rows.is_empty());
}

async fn a_search_finds_names_ids_and_numbers_as_people_write_them(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    room.number(&credential, "1041", "1060101", "CAFÉ São João").await;
    room.number(&credential, "1041", "1060102", "Branch 7").await;
    room.number(&credential, "1041", "1060107", "100% Sol_Mar").await;
    let found = async |query: &str| {
        let page = room.store.search_connections(&room.workspace, query, None, 25).await.unwrap();
        page.rows.into_iter().map(|row| row.connection.phone_number_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found("branch").await, ["1060102"]);
    assert_eq!(found("  BRANCH 7 ").await, ["1060102"], "a digit in a name is no telephone number");
    assert_eq!(found("+1 (631) 555-0107").await, ["1060107"]);
    assert_eq!(found("1060101").await, ["1060101"]);
    assert_eq!(found("1041").await.len(), 3);
    assert_eq!(found("%").await, ["1060107"], "a sign means itself");
    assert_eq!(found("sol_").await, ["1060107"]);
    assert_eq!(found("são").await, ["1060101"]);
    assert_eq!(found("café").await, ["1060101"], "capital letters beyond ASCII count as well");
    assert!(found("\\").await.is_empty());
    assert!(found("' or 1=1 --").await.is_empty());
}

async fn a_reading_is_kept_and_a_failed_one_leaves_it(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    let id = room.number(&credential, "1041", "1060001", "Sol").await;
    let number = NumberReading {
        display_phone_number: "+1 631-555-9999".to_owned(),
        verified_name: Some("Sol e Mar".to_owned()),
        ..NumberReading::default()
    };
    let snapshot = Snapshot { taken_at: room.clock.now(), number: Some(number), waba: None, routing: None };
    let due_at = room.clock.now().plus(15 * MINUTE);
    let quiet = BTreeMap::new();
    let good = KeptReading { snapshot: Some(&snapshot), failure: None, troubles: &quiet, due_at };
    room.store.put_snapshot(&id, good).await.unwrap();
    let kept = room.store.find_any_connection(&id).await.unwrap().unwrap();
    assert_eq!(kept.snapshot.as_ref(), Some(&snapshot));
    assert_eq!(kept.connection.verified_name.as_deref(), Some("Sol e Mar"));
    let read_at = kept.connection.checked_at.unwrap();
    room.clock.advance(HOUR);
    let failure = CheckFailure { at: room.clock.now(), problem: Problem::meta_unreachable("It is down.") };
    let troubles = BTreeMap::from([(Check::Quality, room.clock.now())]);
    let bad = KeptReading { snapshot: None, failure: Some(&failure), troubles: &troubles, due_at };
    room.store.put_snapshot(&id, bad).await.unwrap();
    let after = room.store.find_any_connection(&id).await.unwrap().unwrap();
    assert_eq!(after.snapshot, Some(snapshot));
    assert_eq!(after.connection.checked_at, Some(read_at));
    assert_eq!(after.connection.check_failure, Some(failure));
    assert_eq!(after.connection.troubles, troubles);
    assert!(after.version > kept.version);
    let later = "{\"quality\":7,\"what_a_later_version_checks\":8}";
    room.database.execute("update connections set troubles = $1", &[later]).await;
    let known = room.store.find_any_connection(&id).await.unwrap().unwrap().connection.troubles;
    assert_eq!(known, BTreeMap::from([(Check::Quality, Instant(7))]), "what is not known here is passed over");
    let found = room.store.search_connections(&room.workspace, "9999", None, 25).await.unwrap();
    assert_eq!(found.rows.len(), 1, "a number that Meta shows anew is found by its new digits");
}

async fn due_checks_are_taken_once(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    for number in 0..30 {
        room.number(&credential, "1041", &format!("10600{number:02}"), "Sol").await;
    }
    let gone = room.number(&credential, "1041", "1060099", "Sol").await;
    room.disconnect(&gone).await;
    assert!(room.store.take_due_checks(50, room.clock.now()).await.unwrap().is_empty(), "the signup itself checks");
    room.clock.advance(16 * MINUTE);
    let next = room.clock.now().plus(15 * MINUTE);
    let nodes = (0..6).map(|_| {
        let store = room.store.clone();
        tokio::spawn(async move { store.take_due_checks(10, next).await.unwrap() })
    });
    let mut taken = Vec::new();
    for node in nodes.collect::<Vec<_>>() {
        taken.extend(node.await.unwrap());
    }
    let mut rest = room.store.take_due_checks(50, next).await.unwrap();
    rest.extend(taken);
    assert_eq!(rest.len(), 30);
    assert_eq!(rest.iter().collect::<HashSet<_>>().len(), 30);
    assert!(!rest.contains(&gone));
}

async fn a_token_is_erased_when_nobody_needs_it_any_more(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    let first = room.number(&credential, "1041", "1060001", "Sol").await;
    let second = room.number(&credential, "1041", "1060002", "Mar").await;
    let waba = WabaId::new("1041");
    assert!(room.store.has_siblings(&first, &waba).await.unwrap());
    room.disconnect(&first).await;
    assert!(!room.store.erase_token(&credential).await.unwrap(), "the other number needs it");
    assert_eq!(room.store.count_users_of(&credential).await.unwrap(), 1);
    assert!(!room.store.has_siblings(&second, &waba).await.unwrap());
    room.disconnect(&second).await;
    assert!(room.store.erase_token(&credential).await.unwrap());
    assert!(room.store.open_token(&credential).await.unwrap().is_none());
    let seen = room.store.find_credential(&credential).await.unwrap().unwrap();
    room.store.update_token_facts(&seen, TokenState::Valid, &facts()).await.unwrap();
    assert_eq!(room.store.find_credential(&credential).await.unwrap().unwrap().state, TokenState::Erased);
}

async fn what_was_read_with_an_older_token_is_not_said_of_the_newer(kind: Kind) {
    let room = Room::open(kind).await;
    let id = room.credential(&room.workspace, "1041", "the token of the first day").await;
    let seen = room.store.find_credential(&id).await.unwrap().unwrap();
    room.clock.advance(MINUTE);
    room.credential(&room.workspace, "1041", "the token of the second day").await;
    let now = room.store.find_credential(&id).await.unwrap().unwrap();
    let other = TokenFacts { app_id: Some("811".to_owned()), ..facts() };
    room.store.update_token_facts(&seen, TokenState::Dead, &other).await.unwrap();
    assert_eq!(room.store.find_credential(&id).await.unwrap().unwrap(), now);
    room.store.update_token_facts(&now, TokenState::Dead, &other).await.unwrap();
    assert_eq!(room.store.find_credential(&id).await.unwrap().unwrap().state, TokenState::Dead);
}

async fn registrations_are_counted_in_their_window(kind: Kind) {
    let room = Room::open(kind).await;
    let number = PhoneNumberId::new("1060001");
    let tried = async || {
        let since = room.clock.now().plus(-72 * HOUR);
        room.store.count_register_try(&number, since, 10).await.unwrap()
    };
    for _ in 0..10 {
        assert!(tried().await);
    }
    assert!(!tried().await);
    room.clock.advance(73 * HOUR);
    assert!(tried().await);
}

async fn registrations_at_once_are_all_counted(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    room.number(&credential, "1041", "1060001", "Sol").await;
    for most in [4, 8] {
        let tries = (0..6).map(|_| {
            let (store, since) = (room.store.clone(), room.clock.now().plus(-HOUR));
            tokio::spawn(
                async move { store.count_register_try(&PhoneNumberId::new("1060001"), since, most).await.unwrap() },
            )
        });
        let mut allowed = 0;
        for one in tries.collect::<Vec<_>>() {
            allowed += i64::from(one.await.unwrap());
        }
        assert_eq!(allowed, 4, "four, then four more, of six each");
    }
}

async fn two_who_register_at_once_use_one_pin(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    let id = room.number(&credential, "1041", "1060001", "Sol").await;
    let (one, other) = ("111111".into(), "222222".into());
    let (first, second) = tokio::join!(room.store.known_pin_or(&id, &one), room.store.known_pin_or(&id, &other));
    let kept = first.unwrap();
    assert_eq!(kept.expose_secret(), second.unwrap().expose_secret());
    let refused = if kept.expose_secret() == "111111" { other } else { one };
    room.store.forget_pin(&id, &refused).await.unwrap();
    assert_eq!(room.store.open_pin(&id).await.unwrap().unwrap().expose_secret(), kept.expose_secret());
    room.store.forget_pin(&id, &kept).await.unwrap();
    assert!(room.store.open_pin(&id).await.unwrap().is_none());
}

async fn the_audit_trail_tells_the_newest_first(kind: Kind) {
    let room = Room::open(kind).await;
    let credential = room.credential(&room.workspace, "1041", "the token of the first day").await;
    let id = room.number(&credential, "1041", "1060001", "Sol").await;
    let ana = Actor { workspace: room.workspace.clone(), user: None, name: "Ana".to_owned(), address: None };
    room.store.add_audit(&ana, "number_connected", Some(&id), None, None).await.unwrap();
    room.clock.advance(MINUTE);
    let after = Some(serde_json::json!({"deregister": false}));
    room.store.add_audit(&ana, "number_disconnected", Some(&id), None, after).await.unwrap();
    let told = room.store.list_audit(&id, 10).await.unwrap();
    let actions: Vec<&str> = told.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["number_disconnected", "number_connected"]);
    assert_eq!(told[0].after.as_deref(), Some(r#"{"deregister":false}"#));
    assert_eq!(told[0].at().since(told[1].at()) / MINUTE, 1);
}
