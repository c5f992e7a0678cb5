//! `kill -9` at random moments: nothing is lost, and the same command simply works the next time.

use super::backups::good;
use super::upgrades::{backups, from_before};
use super::{carry_key, content, fill, found, lived_in, other};
use crate::process::server::Place;
use crate::support::{Database, Kind};
use greentick::server::archive::ArchiveReader;
use greentick::server::store::Schema;
use rand::RngExt;
use std::path::Path;
use std::time::{Duration, Instant};

both!(
    a_killed_upgrade_goes_on,
    a_killed_backup_leaves_the_one_before,
    a_killed_restore_leaves_what_was_there,
    a_killed_move_leaves_the_source
);

/// Kills in the midst, and how often that is tried: a command may have been faster than its killer.
const KILLS: u32 = 3;
const TRIES: u32 = 20;
/// So that there is something to be killed in.
const DELIVERIES: u32 = 5_000;

/// Begins a command and kills it at a random moment within the time that it takes when it is left alone. `false` when it had
/// come to its end before.
async fn killed(place: &Place, arguments: &[&str], takes: Duration) -> bool {
    let mut child = place.begin(arguments, &[]);
    tokio::time::sleep(takes.mul_f64(rand::rng().random_range(0.0..1.0))).await;
    let had_ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    !had_ended
}

fn timed(run: impl FnOnce() -> crate::process::server::Ended) -> Duration {
    let began = Instant::now();
    good(run());
    began.elapsed()
}

async fn a_killed_upgrade_goes_on(kind: Kind) {
    let other = from_before(kind, 1).await;
    let takes = timed(|| other.run(&["migrate"], "", &[]));
    let expected = content(&other.database).await;
    let place = from_before(kind, 1).await;
    let mut kills = 0;
    for _ in 0..TRIES {
        kills += u32::from(killed(&place, &["migrate"], takes).await);
        if kills == KILLS || found(&place.database.url()).await.schema().await.unwrap() == Schema::Current {
            break;
        }
    }
    good(place.run(&["migrate"], "", &[]));
    assert_eq!(content(&place.database).await, expected, "after {kills} kills");
    // Whichever start wrote it, what was there first can be had back.
    let first = backups(&place).into_iter().find(|path| path.to_string_lossy().contains("from-schema-1.greentick.gz"));
    let first = first.expect("the backup from before all");
    assert_eq!(ArchiveReader::open(&first).unwrap().manifest().inventory.schema, 1);
}

async fn a_killed_backup_leaves_the_one_before(kind: Kind) {
    let place = lived_in(kind).await;
    fill(&place.database, DELIVERIES).await;
    let file = place.file("a.gz");
    let takes = timed(|| place.run(&["backup", &file], "", &[]));
    let mut kills = 0;
    for _ in 0..TRIES {
        kills += u32::from(killed(&place, &["backup", &file], takes).await);
        let mut reader = ArchiveReader::open(Path::new(&file)).unwrap();
        while reader.next_batch().unwrap().is_some() {}
        if kills == KILLS {
            break;
        }
    }
    assert_eq!(kills, KILLS);
    good(place.run(&["backup", &file], "", &[]));
    assert!(!Path::new(&place.file("a.gz.unfinished")).exists(), "what the killed ones left was used up");
    place.serve(&[]).stop();
}

async fn a_killed_restore_leaves_what_was_there(kind: Kind) {
    let place = lived_in(kind).await;
    let old = lived_in(other(kind)).await;
    fill(&old.database, DELIVERIES).await;
    let file = old.file("a.gz");
    good(old.run(&["backup", &file], "", &[]));
    let try_out = Place::new(kind).await;
    carry_key(&old, &try_out);
    let takes = timed(|| try_out.run(&["restore", &file], "", &[]));
    // Both keys: of what is there and of what comes.
    let keys = |place: &Place| std::fs::read_to_string(place.database.folder().join("secret.key")).unwrap();
    std::fs::write(place.database.folder().join("secret.key"), format!("{}\n{}\n", keys(&place), keys(&old))).unwrap();
    let (before, after) = (content(&place.database).await, content(&old.database).await);
    let mut kills = 0;
    for _ in 0..TRIES {
        kills += u32::from(killed(&place, &["restore", &file, "--replace"], takes).await);
        let now = content(&place.database).await;
        assert!(now == before || now == after, "all of the one or all of the other");
        if kills == KILLS {
            break;
        }
    }
    assert_eq!(kills, KILLS);
    good(place.run(&["restore", &file, "--replace"], "", &[]));
    assert_eq!(content(&place.database).await, after);
    place.serve(&[]).stop();
}

async fn a_killed_move_leaves_the_source(kind: Kind) {
    let place = lived_in(kind).await;
    fill(&place.database, DELIVERIES).await;
    let before = content(&place.database).await;
    let elsewhere = Database::fresh(other(kind)).await;
    let takes = timed(|| place.run(&["move", "--to", &elsewhere.url()], "", &[]));
    good(place.run(&["move", "--undo"], "", &[]));
    let mut target = Database::fresh(other(kind)).await;
    let mut kills = 0;
    for _ in 0..TRIES {
        kills += u32::from(killed(&place, &["move", "--to", &target.url()], takes).await);
        assert_eq!(content(&place.database).await, before);
        let moved = found(&place.database.url()).await.find_moved().await.unwrap().is_some();
        // Either nothing shows there, and it can be run again, or everything.
        match found(&target.url()).await.schema().await.unwrap() {
            Schema::New => assert!(!moved),
            _ => assert_eq!(content(&target).await, before),
        }
        if kills == KILLS {
            break;
        }
        if moved {
            good(place.run(&["move", "--undo"], "", &[]));
            target = Database::fresh(other(kind)).await;
        }
    }
    assert_eq!(kills, KILLS);
    if found(&place.database.url()).await.find_moved().await.unwrap().is_none() {
        good(place.run(&["move", "--to", &target.url()], "", &[]));
    }
    assert_eq!(content(&target).await, before);
}
