//! Data of an earlier version is brought up to date, after a backup; data of a later one is left alone.

use super::backups::{good, refused};
use super::fixtures::{ADMIN, KEY, landed, migrations, noted, text};
use super::{carry_key, content, found, lived_in};
use crate::process::server::Place;
use crate::support::{Kind, PASSWORD};
use greentick::server::archive::ArchiveReader;
use greentick::server::clock::Clock;
use greentick::server::store::SEALED;
use std::path::PathBuf;

both!(
    no_landed_migration_is_changed_or_without_a_fixture,
    every_landed_schema_is_brought_up_to_date_with_its_rows,
    the_backup_from_before_an_upgrade_leads_back,
    three_backups_from_before_are_kept,
    an_upgrade_that_cannot_be_backed_up_does_not_begin,
    other_commands_upgrade_nothing_under_a_server,
    newer_data_stops_the_start_and_says_what_to_install,
    an_older_version_puts_newer_data_aside,
);

async fn no_landed_migration_is_changed_or_without_a_fixture(kind: Kind) {
    let migrations = migrations(kind).await;
    let fixtures = landed(kind);
    let newest = migrations.last().unwrap().version;
    assert_eq!(fixtures.last(), Some(&newest), "migration {newest:04} has no fixture yet: run `cargo xtask fixture`");
    for schema in fixtures {
        let fixture = text(kind, schema);
        for migration in migrations.iter().filter(|migration| migration.version <= schema) {
            let (version, description) = (migration.version, &migration.description);
            assert!(
                fixture.contains(&noted(kind, migration)),
                "migration {version:04} {description} was changed after it had landed"
            );
        }
    }
}

/// A machine that ran the version of that time.
pub(super) async fn from_before(kind: Kind, schema: i64) -> Place {
    let place = Place::new(kind).await;
    place.database.script(text(kind, schema)).await;
    std::fs::write(place.database.folder().join("secret.key"), KEY).unwrap();
    place
}

/// What upgrades have put into the folder, oldest first.
pub(super) fn backups(place: &Place) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(place.database.folder().join("backups")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

async fn every_landed_schema_is_brought_up_to_date_with_its_rows(kind: Kind) {
    for schema in landed(kind) {
        let place = from_before(kind, schema).await;
        let before = found(&place.database.url()).await.snapshot().await.unwrap().inventory().clone();
        assert!(before.rows() > 15 && before.schema == schema, "{schema}: {before:?}");
        let migrated = place.run(&["migrate"], "", &[]);
        assert_eq!(
            (migrated.code, migrated.out.as_str()),
            (Some(0), "The database is up to date.\n"),
            "{schema}: {}",
            migrated.error
        );
        let after = found(&place.database.url()).await.snapshot().await.unwrap().inventory().clone();
        for held in before.tables.iter().filter(|held| held.table.name != "installation") {
            let now = after.tables.iter().find(|now| now.table.name == held.table.name).expect("no table goes away");
            assert_eq!((now.rows, now.last_number), (held.rows, held.last_number), "{schema}: {}", held.table.name);
        }
        // What there was nothing to upgrade in is not backed up.
        let newest = *landed(kind).last().unwrap();
        assert_eq!(backups(&place).len(), usize::from(schema != newest), "{schema}");
        let store = place.database.open(&Clock::system()).await;
        store.add_key().unwrap();
        let mut opened = 0;
        for column in SEALED {
            opened += store.reseal_some(column).await.unwrap();
        }
        assert!(opened >= 4, "every secret opens: {opened}");
        let _server = place.serve(&[]);
        let browser = place.browser();
        assert_eq!(browser.post("/login", &[("email", ADMIN), ("password", PASSWORD)]).await.status, 303);
        let page = browser.page("/core/whatsapp-api/configurations").await;
        assert!(page.contains("Padaria Sol"), "{schema}: {page}");
    }
}

async fn the_backup_from_before_an_upgrade_leads_back(kind: Kind) {
    let place = from_before(kind, landed(kind)[0]).await;
    let as_it_was = content(&place.database).await;
    assert_eq!(place.run(&["migrate"], "", &[]).code, Some(0));
    let [backup] = &backups(&place)[..] else { panic!("one backup") };
    let name = backup.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(name, format!("before-{}-from-schema-1.greentick.gz", env!("CARGO_PKG_VERSION")));
    let manifest = ArchiveReader::open(backup).unwrap().manifest().clone();
    assert_eq!(manifest.inventory.rows(), as_it_was.values().map(|rows| rows.len() as u64).sum::<u64>());
    // On a machine that has the new version, the old data is brought up to date once more.
    let again = Place::new(kind).await;
    carry_key(&place, &again);
    let restored = again.run(&["restore", &backup.display().to_string()], "", &[]);
    assert_eq!(restored.code, Some(0), "{}", restored.error);
    assert_eq!(content(&again.database).await, content(&place.database).await);
}

async fn three_backups_from_before_are_kept(kind: Kind) {
    let place = from_before(kind, 1).await;
    let folder = place.database.folder().join("backups");
    std::fs::create_dir(&folder).unwrap();
    for (age, version) in ["0.0.1", "0.0.2", "0.0.3", "0.0.4"].iter().enumerate() {
        let file = std::fs::File::create(folder.join(format!("before-{version}-from-schema-1.greentick.gz"))).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000 + age as u64)).unwrap();
    }
    std::fs::write(folder.join("mine.gz"), "").unwrap();
    assert_eq!(place.run(&["migrate"], "", &[]).code, Some(0));
    let names: Vec<String> =
        backups(&place).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let newest = format!("before-{}-from-schema-1.greentick.gz", env!("CARGO_PKG_VERSION"));
    let expected =
        ["before-0.0.3-from-schema-1.greentick.gz", "before-0.0.4-from-schema-1.greentick.gz", &newest, "mine.gz"];
    assert_eq!(names, expected);
}

async fn an_upgrade_that_cannot_be_backed_up_does_not_begin(kind: Kind) {
    let place = from_before(kind, 1).await;
    let before = content(&place.database).await;
    std::fs::write(place.database.folder().join("backups"), "in the way").unwrap();
    let refused = place.run(&["serve"], "", &[]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.error.contains("the backup before the upgrade was not made, so nothing was changed: "),
        "{}",
        refused.error
    );
    assert_eq!(content(&place.database).await, before);
}

async fn other_commands_upgrade_nothing_under_a_server(kind: Kind) {
    let place = from_before(kind, 1).await;
    let before = content(&place.database).await;
    let refused = place.run(&["user", "list"], "", &[]);
    assert!(
        refused.code == Some(1) && refused.error.contains("run `greentick migrate`: it is backed up first"),
        "{}",
        refused.error
    );
    assert_eq!(content(&place.database).await, before);
}

/// As if Greentick 9.1.0 had migrated it.
async fn used_by_tomorrow(place: &Place) {
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
        select 9999, 'of tomorrow', success, checksum, 1 from _sqlx_migrations where version = 1";
    assert_eq!(place.database.execute(newer, &[]).await, 1);
    let version = "update installation set value = $1 where name = 'version'";
    assert_eq!(place.database.execute(version, &["9.1.0"]).await, 1);
}

async fn newer_data_stops_the_start_and_says_what_to_install(kind: Kind) {
    let place = Place::new(kind).await;
    assert_eq!(place.run(&["migrate"], "", &[]).code, Some(0));
    used_by_tomorrow(&place).await;
    let before = content(&place.database).await;
    let backup = place.file("b.gz");
    for command in [&["serve"][..], &["migrate"], &["user", "list"], &["backup", &backup]] {
        let refused = place.run(command, "", &[]);
        assert_eq!(refused.code, Some(1));
        let told = format!(
            "last used by Greentick 9.1.0, and this is Greentick {}, which cannot read it. Install Greentick 9.1.0 or newer",
            env!("CARGO_PKG_VERSION")
        );
        assert!(refused.error.contains(&told), "{}", refused.error);
    }
    assert_eq!(content(&place.database).await, before);
}

/// The way back to the old version, as docs/DEPLOY.md has it.
async fn an_older_version_puts_newer_data_aside(kind: Kind) {
    let place = lived_in(kind).await;
    let backup = place.file("before-9.1.0.gz");
    good(place.run(&["backup", &backup], "", &[]));
    let as_it_was = content(&place.database).await;
    used_by_tomorrow(&place).await;
    // A table and a kind of column that nobody here has heard of.
    place.database.execute("create table tomorrow (id bigint primary key, at timestamp)", &[]).await;
    let noted = "update installation set value = value || ' ' || $1 where name = 'tables'";
    assert_eq!(place.database.execute(noted, &["tomorrow"]).await, 1);
    assert_eq!(place.database.execute("insert into tomorrow (id) values (7)", &[]).await, 1);
    assert!(refused(place.run(&["restore", &backup], "", &[])).contains("holds data already, and nothing of it was"));
    if kind == Kind::Postgres {
        // A file belongs to one program; a schema may have been somebody else's before.
        place.database.execute("create table orders (id bigint)", &[]).await;
        let line = refused(place.run(&["restore", "--replace", &backup], "", &[]));
        assert!(line.contains("holds tables that are not Greentick's"), "{line}");
        assert_eq!(place.database.texts("select id::text from tomorrow").await, ["7"]);
        place.database.execute("drop table orders", &[]).await;
    }
    let said = good(place.run(&["restore", "--replace", &backup], "", &[]));
    assert!(said.contains("What was there before is kept in "), "{said}");
    assert_eq!(content(&place.database).await, as_it_was);
    place.serve(&[]).stop();
}
