//! From one database into the other.

use super::backups::{PASSPHRASE, good, refused};
use super::{Content, content, fill, lived_in, other};
use crate::process::server::Place;
use crate::support::{Database, Kind, PASSWORD};
use greentick::server::clock::Clock;
use greentick::server::config::DatabaseUrl;
use greentick::server::store::{Hold, InUse, SEALED, Store};
use std::os::unix::fs::PermissionsExt;

both!(
    all_data_moves_into_a_database_of_the_other_kind,
    a_move_goes_on_where_only_the_mark_was_missing,
    an_old_copy_is_no_move_that_came_to_its_end,
    what_was_used_since_a_move_is_in_the_way,
    nothing_moves_under_a_server_or_into_data,
    a_passphrase_is_not_asked_for_while_data_is_in_the_way,
    no_server_starts_while_data_is_exchanged,
);

/// Keeps the number of rows.
const PROMOTED: [&str; 6] = ["user", "role", "--email", "rui@example.org", "--role", "support"];

fn with_rui(place: &Place) {
    let added =
        ["user", "add", "--email", "rui@example.org", "--name", "Rui Costa", "--role", "viewer", "--password-stdin"];
    good(place.run(&added, &format!("{PASSWORD}\n"), &[]));
}

async fn all_data_moves_into_a_database_of_the_other_kind(kind: Kind) {
    let place = lived_in(kind).await;
    let before = content(&place.database).await;
    let target = Database::fresh(other(kind)).await;
    let said = good(place.run(&["move", "--to", &target.url()], "", &[]));
    if target.kind == Kind::Sqlite {
        let mode = target.file().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "its owner's alone");
    }
    let moved = content(&target).await;
    assert_eq!(counts(&moved), counts(&before));
    assert_eq!(moved, before, "row by row");
    assert!(said.contains("Next: set DATABASE_URL=") && said.contains("The secret key stays where it is."), "{said}");
    let password =
        target.url().split(':').nth(2).and_then(|rest| rest.split('@').next()).unwrap_or_default().to_owned();
    assert!(kind == Kind::Postgres || !said.contains(&password), "the password is not repeated");
    // The secrets open there with the same key.
    let url = DatabaseUrl::parse(&target.url()).unwrap();
    let store = Store::open(&url, &place.database.key(), Clock::system()).await.unwrap();
    store.add_key().unwrap();
    let mut opened = 0;
    for column in SEALED {
        opened += store.reseal_some(column).await.unwrap();
    }
    assert!(opened >= 4, "{opened}");
    // The old one says where its data went.
    for command in [&["serve"][..], &["user", "list"], &["backup", &place.file("a.gz")]] {
        let line = refused(place.run(command, "", &[]));
        assert!(line.contains("this data was moved to ") && line.contains("`greentick move --undo`"), "{line}");
    }
    let there = target.url();
    let server = place.serve(&[("DATABASE_URL", &there)]);
    let browser = place.browser();
    assert_eq!(browser.post("/login", &[("email", "ana@example.org"), ("password", PASSWORD)]).await.status, 303);
    let page = browser.page("/core/whatsapp-api/configurations").await;
    assert!(page.contains("Padaria Sol") && !page.contains("Sending is paused."), "a move is no restore: {page}");
    server.stop();
    assert!(good(place.run(&["move", "--undo"], "", &[])).contains("may be served from again"));
    place.serve(&[]).stop();
}

fn counts(content: &Content) -> Vec<(&str, usize)> {
    content.iter().map(|(table, rows)| (table.as_str(), rows.len())).collect()
}

async fn a_move_goes_on_where_only_the_mark_was_missing(kind: Kind) {
    let place = lived_in(kind).await;
    let target = Database::fresh(other(kind)).await;
    good(place.run(&["move", "--to", &target.url()], "", &[]));
    // Killed just before its last step.
    assert_eq!(place.database.execute("delete from installation where name = $1", &["moved"]).await, 1);
    let said = good(place.run(&["move", "--to", &target.url()], "", &[]));
    assert!(said.contains("An earlier move had carried all "), "{said}");
    assert!(refused(place.run(&["serve"], "", &[])).contains("this data was moved to "));
}

/// There, a change that keeps the number of rows, and back onto the old copy.
async fn an_old_copy_is_no_move_that_came_to_its_end(kind: Kind) {
    let place = lived_in(kind).await;
    let target = Database::fresh(other(kind)).await;
    let (old, new) = (place.database.url(), target.url());
    let there = [("DATABASE_URL", new.as_str())];
    with_rui(&place);
    good(place.run(&["move", "--to", &new], "", &[]));
    good(place.run(&PROMOTED, "", &there));
    let changed = content(&target).await;
    let line = refused(place.run(&["move", "--to", &old], "", &there));
    assert!(line.contains("holds data already, and nothing of it was changed"), "{line}");
    assert!(good(place.run(&["user", "list"], "", &there)).contains("rui@example.org\tsupport"));
    assert!(refused(place.run(&["serve"], "", &[])).contains("this data was moved to "));
    let said = good(place.run(&["move", "--to", &old, "--replace"], "", &there));
    assert!(said.contains("What was there before is kept in "), "{said}");
    assert_eq!(content(&place.database).await, changed);
    assert!(good(place.run(&["user", "list"], "", &[])).contains("rui@example.org\tsupport"));
    place.serve(&[]).stop();
    assert!(refused(place.run(&["serve"], "", &there)).contains("this data was moved to "));
}

/// Killed just before its last step, and then somebody has gone on with the source.
async fn what_was_used_since_a_move_is_in_the_way(kind: Kind) {
    let place = lived_in(kind).await;
    let target = Database::fresh(other(kind)).await;
    with_rui(&place);
    good(place.run(&["move", "--to", &target.url()], "", &[]));
    assert_eq!(place.database.execute("delete from installation where name = $1", &["moved"]).await, 1);
    good(place.run(&PROMOTED, "", &[]));
    let line = refused(place.run(&["move", "--to", &target.url()], "", &[]));
    assert!(line.contains("holds data already, and nothing of it was changed"), "{line}");
    good(place.run(&["move", "--to", &target.url(), "--replace"], "", &[]));
    assert_eq!(content(&target).await, content(&place.database).await);
}

async fn nothing_moves_under_a_server_or_into_data(kind: Kind) {
    let place = lived_in(kind).await;
    let before = content(&place.database).await;
    let same = place.run(&["move", "--to", &place.database.url()], "", &[]);
    assert!(refused(same).contains("that is the same database"));
    let elsewhere = lived_in(other(kind)).await;
    let theirs = content(&elsewhere.database).await;
    let line = refused(place.run(&["move", "--to", &elsewhere.database.url()], "", &[]));
    assert!(line.contains("holds data already, and nothing of it was changed"), "{line}");
    assert_eq!((content(&place.database).await, content(&elsewhere.database).await), (before, theirs));
    let target = Database::fresh(other(kind)).await;
    let server = place.serve(&[]);
    let line = refused(place.run(&["move", "--to", &target.url()], "", &[]));
    assert!(line.contains("a Greentick is serving from "), "{line}");
    server.stop();
    fill(&place.database, 10).await;
    good(place.run(&["move", "--to", &elsewhere.database.url(), "--replace"], "", &[]));
    assert_eq!(content(&elsewhere.database).await, content(&place.database).await);
    let nowhere = Place::new(kind).await;
    assert!(refused(nowhere.run(&["move", "--to", &target.url()], "", &[])).contains("there is no"));
}

async fn a_passphrase_is_not_asked_for_while_data_is_in_the_way(kind: Kind) {
    let old = lived_in(other(kind)).await;
    let file = old.file("a.gz");
    good(old.run(&["backup", &file, "--with-key"], "", &[PASSPHRASE]));
    let place = lived_in(kind).await;
    let before = content(&place.database).await;
    let line = refused(place.run(&["restore", &file], "", &[]));
    assert!(line.contains("holds data already, and nothing of it was changed"), "{line}");
    let server = place.serve(&[]);
    let line = refused(place.run(&["restore", &file, "--replace"], "", &[]));
    assert!(line.contains("a Greentick is serving from "), "{line}");
    server.stop();
    let asked = place.run(&["restore", &file, "--replace"], "", &[]);
    assert!(asked.error.contains("nobody is there to type a passphrase"), "{}", asked.error);
    assert_eq!(content(&place.database).await["users"], before["users"]);
}

async fn no_server_starts_while_data_is_exchanged(kind: Kind) {
    let place = Place::new(kind).await;
    let url = DatabaseUrl::parse(&place.database.url()).unwrap();
    let alone = InUse::claim(&url, Hold::Alone).await.unwrap().expect("nobody holds it");
    assert!(refused(place.run(&["serve"], "", &[])).contains("is being restored or moved just now"));
    drop(alone);
    let another = place.serve(&[("GREENTICK_ADDR", "127.0.0.1:0")]);
    if kind == Kind::Sqlite {
        // It would take over the work of a server that still does it.
        assert!(refused(place.run(&["serve"], "", &[])).contains("another Greentick serves from this data"));
    } else {
        place.serve(&[]).stop();
    }
    another.stop();
}
