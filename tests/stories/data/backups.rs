//! From one machine to a new one, by a file.

use super::{Content, carry_key, content, fill, lived_in, other};
use crate::process::server::{Ended, Place};
use crate::support::{Kind, PASSWORD, Wishes, World, readable, soon};
use crate::webhooks::{SHARED, signature};
use flate2::read::MultiGzDecoder;
use greentick::domain::user::Role;
use greentick::server::archive::ArchiveReader;
use greentick::server::clock::Clock;
use greentick::server::store::SEALED;
use greentick::server::vault::Vault;
use sandbox::fixtures::APP_SECRET;
use secrecy::ExposeSecret;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

both!(
    no_table_is_forgotten,
    a_backup_brings_everything_to_a_new_machine_of_either_kind,
    without_its_key_a_backup_is_not_restored,
    the_key_travels_under_a_passphrase,
    a_key_that_does_not_open_the_data_is_not_put_into_a_backup,
    a_damaged_backup_is_refused_before_anything_is_written,
    data_in_the_way_is_kept,
    a_backup_takes_no_other_file_s_place,
    nothing_is_restored_under_a_server,
    every_delivery_answered_before_a_backup_is_in_it,
    backups_are_made_by_themselves_and_the_newest_kept,
    a_backup_that_fails_is_said,
);

/// What it printed.
pub(super) fn good(ended: Ended) -> String {
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.error);
    ended.out
}

/// The line on stderr.
pub(super) fn refused(ended: Ended) -> String {
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.error);
    ended.error
}

fn plain(file: &str) -> Vec<u8> {
    let mut text = Vec::new();
    MultiGzDecoder::new(std::fs::File::open(file).unwrap()).read_to_end(&mut text).unwrap();
    text
}

async fn opened(place: &Place) -> usize {
    let store = place.database.open(&Clock::system()).await;
    store.add_key().unwrap();
    let mut opened = 0;
    for column in SEALED {
        opened += store.reseal_some(column).await.unwrap();
    }
    opened
}

fn rows(content: &Content) -> usize {
    content.values().map(Vec::len).sum()
}

async fn no_table_is_forgotten(kind: Kind) {
    let place = Place::new(kind).await;
    good(place.run(&["migrate"], "", &[]));
    let tables = match kind {
        Kind::Sqlite => "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by 1",
        Kind::Postgres => {
            "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1"
        }
    };
    let mut there = place.database.texts(tables).await;
    // How the schema came to be, which a restore does anew.
    there.retain(|table| table != "_sqlx_migrations");
    let noted = place.database.texts("select value from installation where name = 'tables'").await.concat();
    let noted: Vec<&str> = noted.split(' ').collect();
    assert!(
        there.iter().all(|table| noted.contains(&table.as_str())),
        "an older version could not put it aside: {noted:?}"
    );
    assert!(there.len() >= 19 && content(&place.database).await.into_keys().eq(there), "every table is in a backup");
}

async fn a_backup_brings_everything_to_a_new_machine_of_either_kind(kind: Kind) {
    let old = lived_in(kind).await;
    let file = old.file("a.greentick.gz");
    let said = good(old.run(&["backup", &file], "", &[]));
    let key = std::fs::read_to_string(old.database.folder().join("secret.key")).unwrap();
    let manifest = ArchiveReader::open(Path::new(&file)).unwrap().manifest().clone();
    let [print] = &manifest.inventory.keys[..] else { panic!("one key: {:?}", manifest.inventory.keys) };
    assert!(
        said.contains(&format!("(fingerprint {print}) no token in this file can be opened. Keep it elsewhere.")),
        "{said}"
    );
    assert!(said.contains("rows of") && said.contains("Without ") && said.contains("secret.key"), "{said}");
    let text = plain(&file);
    assert!(!text.windows(key.trim().len()).any(|window| window == key.trim().as_bytes()), "the key is not in it");
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777,
        0o600
    );
    let as_it_was = content(&old.database).await;
    assert!(rows(&as_it_was) > 300);
    for kind in [kind, other(kind)] {
        let new = Place::new(kind).await;
        carry_key(&old, &new);
        let said = good(new.run(&["restore", &file], "", &[]));
        assert!(said.contains("Restored ") && said.contains("press Resume: nothing is sent before"), "{said}");
        assert!(said.contains("People whose data was deleted since then are back: delete it again"), "{said}");
        assert_eq!(content(&new.database).await, as_it_was);
        let server = new.serve(&[]);
        let browser = new.browser();
        assert_eq!(browser.post("/login", &[("email", "ana@example.org"), ("password", PASSWORD)]).await.status, 303);
        let page = browser.page("/core/whatsapp-api/configurations").await;
        assert!(page.contains("Padaria Sol") && page.contains("Sending is paused."), "{page}");
        // Numbers go on where they were, and are never given twice.
        let last = as_it_was["deliveries"].len() as i64;
        server.stop();
        fill(&new.database, 1).await;
        let highest = new.database.texts("select cast(max(id) as text) from deliveries").await;
        assert!(highest[0].parse::<i64>().unwrap() > last, "{highest:?}");
        assert!(opened(&new).await >= 4, "every secret opens");
    }
}

async fn without_its_key_a_backup_is_not_restored(kind: Kind) {
    let old = lived_in(kind).await;
    let file = old.file("a.gz");
    good(old.run(&["backup", &file], "", &[]));
    let print = ArchiveReader::open(Path::new(&file)).unwrap().manifest().inventory.keys[0].clone();
    let new = Place::new(kind).await;
    let line = refused(new.run(&["restore", &file], "", &[]));
    assert!(
        line.contains(&format!("sealed with the key {print}, and no key is there"))
            && line.contains("Nothing was changed"),
        "{line}"
    );
    // A start has made a key of its own meanwhile.
    good(new.run(&["migrate"], "", &[]));
    let before = content(&new.database).await;
    let line = refused(new.run(&["restore", &file], "", &[]));
    assert!(
        line.contains(&format!("sealed with the key {print}, and the key there is ")) && line.contains("--with-key"),
        "{line}"
    );
    assert_eq!(content(&new.database).await, before);
    // Nobody misses what the start has made: the key alone is needed.
    carry_key(&old, &new);
    good(new.run(&["restore", &file], "", &[]));
    assert_eq!(content(&new.database).await, content(&old.database).await);
}

pub(super) const PASSPHRASE: (&str, &str) = ("GREENTICK_BACKUP_PASSPHRASE", "four plain words here");

async fn the_key_travels_under_a_passphrase(kind: Kind) {
    let old = lived_in(kind).await;
    let file = old.file("a.gz");
    let alone = old.run(&["backup", &file, "--with-key"], "", &[]);
    assert!(alone.code == Some(2) && alone.error.contains("set GREENTICK_BACKUP_PASSPHRASE"), "{}", alone.error);
    let short = old.run(&["backup", &file, "--with-key"], "", &[("GREENTICK_BACKUP_PASSPHRASE", "short")]);
    assert!(short.code == Some(2) && short.error.contains("at least 12 characters"), "{}", short.error);
    let said = good(old.run(&["backup", &file, "--with-key"], "", &[PASSPHRASE]));
    assert!(said.contains("is in it under your passphrase"), "{said}");
    let key = std::fs::read_to_string(old.database.folder().join("secret.key")).unwrap();
    let text = String::from_utf8(plain(&file)).unwrap();
    assert!(!text.contains(key.trim()) && !text.contains(PASSPHRASE.1));
    let new = Place::new(other(kind)).await;
    // A key of its own, from a first start, stays behind the one that comes.
    good(new.run(&["migrate"], "", &[]));
    let own = std::fs::read_to_string(new.database.folder().join("secret.key")).unwrap();
    let wrong = refused(new.run(&["restore", &file], "", &[("GREENTICK_BACKUP_PASSPHRASE", "four other words here")]));
    assert!(wrong.contains("this passphrase does not open the key"), "{wrong}");
    let said = good(new.run(&["restore", &file], "", &[PASSPHRASE]));
    assert!(said.contains("The key from the backup is in the key file now."), "{said}");
    let keys = std::fs::read_to_string(new.database.folder().join("secret.key")).unwrap();
    assert_eq!(keys.lines().collect::<Vec<_>>(), [key.trim(), own.trim()]);
    assert!(opened(&new).await >= 4, "every secret opens");
}

/// As when a rotation ends while the backup is made: what is read then is not what the rows are sealed with.
async fn a_key_that_does_not_open_the_data_is_not_put_into_a_backup(kind: Kind) {
    let place = lived_in(kind).await;
    let other = Vault::new_key();
    std::fs::write(place.database.folder().join("secret.key"), other.expose_secret()).unwrap();
    let file = place.file("a.gz");
    let said = refused(place.run(&["backup", &file, "--with-key"], "", &[PASSPHRASE]));
    assert!(said.contains("that is not among those of this command") && said.contains("run it again"), "{said}");
    assert!(!Path::new(&file).exists());
}

async fn a_damaged_backup_is_refused_before_anything_is_written(kind: Kind) {
    let old = lived_in(kind).await;
    let file = old.file("a.gz");
    good(old.run(&["backup", &file], "", &[]));
    let whole = std::fs::read(&file).unwrap();
    let new = Place::new(kind).await;
    carry_key(&old, &new);
    good(new.run(&["migrate"], "", &[]));
    let before = content(&new.database).await;
    let unpacked = |bytes: &[u8]| {
        let mut text = Vec::new();
        MultiGzDecoder::new(bytes).read_to_end(&mut text).map(|_| text).ok()
    };
    let flip = |place: usize| {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        bytes
    };
    // Where the same stands again and again, another bit may say the same.
    let flipped = |from: usize| (from..).map(flip).find(|bytes| unpacked(bytes) != unpacked(&whole)).unwrap();
    let lied = {
        // Whoever changes a row and compresses it again has not changed its checksum.
        let text = String::from_utf8(plain(&file)).unwrap().replace("ana@example.org", "eve@example.org");
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
        out.finish().unwrap()
    };
    let bad = [
        whole[..whole.len() - 9].to_vec(),
        whole[..whole.len() / 2].to_vec(),
        flipped(whole.len() / 2),
        flipped(whole.len() - 6),
        lied,
    ];
    for (number, bytes) in bad.into_iter().enumerate() {
        std::fs::write(new.file("bad.gz"), bytes).unwrap();
        let ended = new.run(&["restore", &new.file("bad.gz"), "--replace"], "", &[]);
        let line = ended.error;
        assert_eq!(ended.code, Some(1), "{number}: {}{line}", ended.out);
        assert!(line.contains("the backup is damaged") && line.contains("Nothing was changed"), "{number}: {line}");
        assert_eq!(content(&new.database).await, before, "{number}");
    }
    std::fs::write(new.file("bad.gz"), "no backup at all").unwrap();
    assert!(refused(new.run(&["restore", &new.file("bad.gz")], "", &[])).contains("is not a backup of Greentick"));
    assert!(refused(new.run(&["restore", &new.file("nowhere.gz")], "", &[])).contains("nowhere.gz: "));
}

async fn data_in_the_way_is_kept(kind: Kind) {
    let old = lived_in(kind).await;
    let file = old.file("a.gz");
    good(old.run(&["backup", &file], "", &[]));
    let backed_up = content(&old.database).await;
    fill(&old.database, 7).await;
    let before = content(&old.database).await;
    let line = refused(old.run(&["restore", &file], "", &[]));
    assert!(
        line.contains("holds data already, and nothing of it was changed. With --replace it is put aside"),
        "{line}"
    );
    assert_eq!(content(&old.database).await, before);
    let said = good(old.run(&["restore", &file, "--replace"], "", &[]));
    assert_eq!(content(&old.database).await, backed_up);
    let kept =
        said.lines().find_map(|line| line.strip_prefix("What was there before is kept in ")).expect("it says where");
    match kind {
        Kind::Sqlite => {
            let kept = kept.trim_end_matches('.');
            assert_eq!(super::content_of(&format!("sqlite:{kept}")).await, before);
        }
        Kind::Postgres => {
            let schema = kept.split(' ').nth(2).unwrap();
            let url = format!("{}?options=-c%20search_path%3D{schema}", old.database.url());
            assert_eq!(super::content_of(&url).await, before);
        }
    }
}

async fn a_backup_takes_no_other_file_s_place(kind: Kind) {
    let place = Place::new(kind).await;
    assert!(refused(place.run(&["backup", &place.file("a.gz")], "", &[])).contains("there is no data in "));
    good(place.run(&["migrate"], "", &[]));
    let file = place.file("letter.txt");
    std::fs::write(&file, "Dear Ana,").unwrap();
    let line = refused(place.run(&["backup", &file], "", &[]));
    assert!(line.contains("is no backup: it was left as it is"), "{line}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "Dear Ana,");
    // One backup after the other may have the same name.
    good(place.run(&["backup", &place.file("a.gz")], "", &[]));
    good(place.run(&["backup", &place.file("a.gz")], "", &[]));
    let line = refused(place.run(&["backup", &place.file("no/where/a.gz")], "", &[]));
    assert!(line.contains("there is no folder ") && line.contains("no/where. Make it"), "{line}");
}

async fn nothing_is_restored_under_a_server(kind: Kind) {
    let place = lived_in(kind).await;
    let file = place.file("a.gz");
    let _server = place.serve(&[]);
    good(place.run(&["backup", &file], "", &[]));
    let line = refused(place.run(&["restore", &file, "--replace"], "", &[]));
    assert!(line.contains("a Greentick is serving from ") && line.contains("Stop it, then run this again"), "{line}");
    assert_eq!(place.browser().get("/readyz").await.status, 200);
}

async fn every_delivery_answered_before_a_backup_is_in_it(kind: Kind) {
    let place = lived_in(kind).await;
    fill(&place.database, 4_000).await;
    let server = place.serve(&[]);
    let (next, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let answered = Arc::new(std::sync::Mutex::new(Vec::new()));
    let senders: tokio::task::JoinSet<()> =
        (0..8).map(|_| send(place.address.clone(), next.clone(), stop.clone(), answered.clone())).collect();
    let file = place.file("a.gz");
    for _ in 0..2 {
        let enough = answered.lock().unwrap().len() + 100;
        soon(async || (answered.lock().unwrap().len() > enough).then_some(())).await;
        let before = answered.lock().unwrap().clone();
        let ended = tokio::task::block_in_place(|| place.run(&["backup", &file], "", &[]));
        good(ended);
        assert!(answered.lock().unwrap().len() > before.len(), "deliveries are answered meanwhile");
        let new = Place::new(kind).await;
        carry_key(&place, &new);
        good(tokio::task::block_in_place(|| new.run(&["restore", &file], "", &[])));
        let manifest = ArchiveReader::open(Path::new(&file)).unwrap().manifest().clone();
        let restored = content(&new.database).await;
        for held in manifest.inventory.tables.iter().filter(|held| held.table.name != "installation") {
            assert_eq!(restored[&held.table.name].len() as u64, held.rows, "{}", held.table.name);
        }
        let kept = new.database.bytes("select body from deliveries").await;
        let kept: std::collections::HashSet<Vec<u8>> = kept.into_iter().collect();
        let lost: Vec<&String> = before.iter().filter(|body| !kept.contains(body.as_bytes())).collect();
        assert!(lost.is_empty(), "of {} answered before, {} are missing", before.len(), lost.len());
    }
    stop.store(true, Ordering::Relaxed);
    senders.join_all().await;
    server.stop();
}

async fn send(
    address: String,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    answered: Arc<std::sync::Mutex<Vec<String>>>,
) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    while !stop.load(Ordering::Relaxed) {
        let body = format!("{{\"number\":{}}}", next.fetch_add(1, Ordering::Relaxed));
        let signed = signature(APP_SECRET, body.as_bytes());
        let request =
            client.post(format!("http://{address}{SHARED}")).body(body.clone()).header("x-hub-signature-256", signed);
        assert_eq!(request.send().await.unwrap().status(), 200);
        answered.lock().unwrap().push(body);
    }
}

async fn backups_are_made_by_themselves_and_the_newest_kept(kind: Kind) {
    let place = lived_in(kind).await;
    let folder = place.database.folder().join("kept");
    std::fs::create_dir(&folder).unwrap();
    let host = place.address.replace(':', "-");
    // Left by one that was killed, and what another installation keeps in the same folder.
    let left = folder.join(format!("greentick-{host}_20200101T000000Z.greentick.gz.unfinished"));
    let others =
        ["greentick-chat.example.org_20200101T000000Z.greentick.gz", "greentick-20200101T000000Z.greentick.gz"]
            .map(|name| folder.join(name));
    others.iter().chain([&left]).for_each(|file| std::fs::write(file, "half").unwrap());
    let settings = [("GREENTICK_BACKUP_DIR", folder.to_str().unwrap()), ("GREENTICK_BACKUP_KEEP", "2")];
    let made = || -> Vec<std::path::PathBuf> {
        std::fs::read_dir(&folder).map(|files| files.flatten().map(|file| file.path()).collect()).unwrap_or_default()
    };
    let whole =
        |files: &Vec<std::path::PathBuf>| files.iter().all(|file| file.to_string_lossy().ends_with(".greentick.gz"));
    for round in 1..=3 {
        let server = place.serve(&settings);
        let record = async || place.database.texts("select value from installation where name = 'backups'").await.pop();
        let said = soon(async || record().await.filter(|said| said.contains("\"file\""))).await;
        server.stop();
        let (theirs, files): (Vec<std::path::PathBuf>, Vec<std::path::PathBuf>) =
            made().into_iter().partition(|file| others.contains(file));
        assert_eq!(theirs.len(), others.len());
        assert!(files.len() == round.min(2) && whole(&files), "{round}: {files:?}");
        let newest = files.iter().max().unwrap();
        assert!(said.contains(newest.to_str().unwrap()), "{said}");
        // Names go by the second, and the next is due a day later. By then a turn has ended that a stop cut short.
        place.database.execute("delete from installation where name = 'backup'", &[]).await;
        let earlier = "update installation set value = $1 where name = 'backups'";
        assert_eq!(place.database.execute(earlier, &["{\"made\":null,\"failure\":null}"]).await, 1);
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    }
}

async fn a_backup_that_fails_is_said(kind: Kind) {
    let settings = |given: &mut greentick::server::config::Given| {
        let file = Path::new(given.data_dir.as_deref().unwrap()).join("a-file");
        std::fs::write(&file, "").unwrap();
        given.backup_dir = Some(file.join("backups").display().to_string());
    };
    let world = World::with(kind, Wishes { settings: Some(settings), ..Wishes::default() }).await;
    let admin = world.person(Role::Admin).await;
    let failed = async || world.store().find_backup_record().await.unwrap().failure;
    let failure = soon(failed).await;
    let page = readable(&admin.page("/settings/backups").await);
    assert!(page.contains("The last backup failed.") && page.contains("a-file"), "{page}");
    assert!(
        page.contains("No backup yet") && page.contains("If this machine’s disk fails today, everything is lost"),
        "{page}"
    );
    assert!(failure.why.contains("a-file"), "{}", failure.why);
    let health = world.browser().get("/api/webhooks/whatsapp/health").await;
    assert_eq!((health.status, health.json()["components"]["backups"].as_str()), (200, Some("attention")));
    // What cannot be read is not taken for good.
    world.database.execute("update installation set value = $1 where name = 'backups'", &["no record"]).await;
    let health = world.browser().get("/api/webhooks/whatsapp/health").await;
    assert_eq!((health.status, health.json()["components"]["backups"].as_str()), (200, Some("attention")));
}
