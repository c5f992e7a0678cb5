//! Disks that are full: whatever finds no room takes nothing from what must be kept.

use super::backups::refused;
use super::{content, fill, lived_in};
use crate::process::server::Place;
use crate::support::{Kind, Wishes, World, soon};
use greentick::domain::backups::{BackupMade, BackupRecord};
use greentick::server::operations::check_deploy::{Look, Verdict, check_deploy};
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

both!(
    what_finds_no_room_leaves_nothing_behind,
    a_start_takes_away_what_a_kill_has_left,
    a_backup_that_has_no_room_is_not_begun,
    a_folder_that_takes_no_backup_is_said_at_the_start,
    a_new_data_folder_is_its_owners_alone,
);

/// What lies there, by name.
fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

async fn what_finds_no_room_leaves_nothing_behind(kind: Kind) {
    let place = lived_in(kind).await;
    fill(&place.database, 4_000).await;
    let before = content(&place.database).await;
    let unfinished =
        || names(place.database.folder()).into_iter().filter(|name| name.contains("unfinished")).collect::<Vec<_>>();
    let file = place.file("a.gz");
    let line = refused(place.run_on_full_disk(&["backup", &file]));
    assert!(line.contains("a.gz.unfinished: ") && !Path::new(&file).exists(), "{line}");
    assert_eq!(unfinished(), Vec::<String>::new());
    let target = format!("sqlite:{}", place.file("elsewhere.db"));
    refused(place.run_on_full_disk(&["move", "--to", &target]));
    assert_eq!(unfinished(), Vec::<String>::new());
    assert!(!Path::new(&place.file("elsewhere.db")).exists());
    assert_eq!(content(&place.database).await, before);
    place.serve(&[]).stop();
}

async fn a_start_takes_away_what_a_kill_has_left(kind: Kind) {
    let place = Place::new(kind).await;
    let (own, wanted) = (place.database.folder().join("backups"), place.database.folder().join("wanted"));
    [&own, &wanted].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    let host = place.address.replace(':', "-");
    let left = [
        own.join("before-0.0.1-from-schema-1.greentick.gz.unfinished"),
        wanted.join(format!("greentick-{host}_20200101T000000Z.greentick.gz.unfinished")),
    ];
    let others = [own.join("mine.unfinished"), wanted.join("greentick-b.org_20200101T000000Z.greentick.gz.unfinished")];
    let written = own.join("before-9.9.9-from-schema-1.greentick.gz.unfinished");
    left.iter().chain(&others).chain([&written]).for_each(|file| std::fs::write(file, "half").unwrap());
    let being_written = File::open(&written).unwrap();
    being_written.lock().unwrap();
    let database = place.database.folder().join("greentick.db.unfinished");
    std::fs::write(&database, "half").unwrap();
    place.serve(&[("GREENTICK_BACKUP_DIR", wanted.to_str().unwrap())]).stop();
    assert!(left.iter().all(|file| !file.exists()), "{:?} {:?}", names(&own), names(&wanted));
    assert!(others.iter().chain([&written]).all(|file| file.exists()), "{:?} {:?}", names(&own), names(&wanted));
    // Data on Postgres has no file: one that bears this name is somebody else's.
    assert_eq!(database.exists(), kind == Kind::Postgres);
}

async fn a_backup_that_has_no_room_is_not_begun(kind: Kind) {
    let settings = |given: &mut greentick::server::config::Given| {
        let folder = Path::new(given.data_dir.as_deref().unwrap()).join("wanted");
        given.backup_dir = Some(folder.display().to_string());
    };
    let mut world = World::with(kind, Wishes { settings: Some(settings), idle: true, ..Wishes::default() }).await;
    let made = BackupMade { at: world.clock.now(), file: "large".to_owned(), bytes: u64::MAX / 4, rows: 1 };
    let record = BackupRecord { made: Some(made), ..BackupRecord::default() };
    world.store().put_backup_record(&record).await.unwrap();
    world.work();
    let failed = async || world.store().find_backup_record().await.unwrap().failure;
    let failure = soon(failed).await;
    assert!(failure.why.contains("has room for ") && failure.why.contains("Make room there"), "{}", failure.why);
    assert_eq!(names(&world.database.folder().join("wanted")), Vec::<String>::new());
}

async fn a_folder_that_takes_no_backup_is_said_at_the_start(kind: Kind) {
    let settings = |given: &mut greentick::server::config::Given| {
        let folder = Path::new(given.data_dir.as_deref().unwrap()).join("file/wanted");
        given.backup_dir = Some(folder.display().to_string());
    };
    let mut world = World::with(kind, Wishes { settings: Some(settings), idle: true, ..Wishes::default() }).await;
    std::fs::write(world.database.folder().join("file"), "no folder").unwrap();
    // Made a moment ago, into the folder that was set before.
    let at = world.clock.now();
    let made = BackupMade { at, file: "elsewhere".to_owned(), bytes: 1, rows: 1 };
    let record = BackupRecord { made: Some(made), by_itself_at: Some(at), failure: None };
    world.store().put_backup_record(&record).await.unwrap();
    world.work();
    let failed = async || world.store().find_backup_record().await.unwrap().failure;
    let failure = soon(failed).await;
    assert!(failure.why.contains("file/wanted"), "{}", failure.why);
    let looks = check_deploy(world.services()).await.unwrap();
    let is_said = |look: &Look| look.verdict == Verdict::Failing && look.what.contains("file/wanted");
    assert!(looks.iter().any(is_said), "{looks:?}");
}

async fn a_new_data_folder_is_its_owners_alone(kind: Kind) {
    let place = Place::new(kind).await;
    let mode = |folder: &Path| folder.metadata().unwrap().permissions().mode() & 0o777;
    let (open, new) = (place.database.folder().join("open"), place.database.folder().join("above/data"));
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, PermissionsExt::from_mode(0o755)).unwrap();
    for folder in [&open, &new] {
        // An empty address counts as none: the data lies in the folder.
        let settings = [("GREENTICK_DATA_DIR", folder.to_str().unwrap()), ("DATABASE_URL", "")];
        let migrated = place.run(&["migrate"], "", &settings);
        assert_eq!(migrated.code, Some(0), "{}", migrated.error);
    }
    assert_eq!((mode(&open), mode(&new), mode(new.parent().unwrap())), (0o755, 0o700, 0o700));
    let rotated =
        place.run(&["key", "rotate"], "", &[("GREENTICK_DATA_DIR", new.to_str().unwrap()), ("DATABASE_URL", "")]);
    assert_eq!(rotated.code, Some(0), "{}", rotated.error);
    for file in ["greentick.db", "secret.key", "secret.lock"] {
        assert_eq!(mode(&new.join(file)), 0o600, "{file}");
    }
}
