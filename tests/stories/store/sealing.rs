//! Secrets at rest: sealed, bound to their row, and worth nothing without the key.

use super::Room;
use crate::support::{Database, Kind};
use greentick::server::clock::Clock;
use greentick::server::config::{DatabaseUrl, KeySource};
use greentick::server::store::{Mode, SEALED, Store};
use greentick::server::vault::Vault;
use secrecy::ExposeSecret;

both!(
    a_token_is_sealed_and_opens_in_its_own_row_only,
    the_key_file_is_made_once,
    a_lost_key_stops_the_start_and_says_so,
    another_key_stops_the_start_and_says_so,
    a_database_keeps_the_stamp_of_its_first_start,
    the_verify_token_is_made_once_and_fits_into_an_address,
    every_sealed_column_of_the_schema_is_sealed_anew,
    a_key_is_changed_under_a_store_in_use,
);

const TOKEN: &str = "EAAG-the-first-token-of-a-long-day";
const OTHER: &str = "EAAG-another-token-altogether-1234";

async fn a_token_is_sealed_and_opens_in_its_own_row_only(kind: Kind) {
    let room = Room::open(kind).await;
    let first = room.credential(&room.workspace, "1041", TOKEN).await;
    let second = room.credential(&room.workspace, "1042", OTHER).await;
    let number = room.number(&first, "1041", "1060001", "Sol").await;
    room.store.put_pin(&number, &"135246".into()).await.unwrap();
    assert_eq!(room.store.open_token(&first).await.unwrap().unwrap().expose_secret(), TOKEN);
    assert_eq!(room.store.open_pin(&number).await.unwrap().unwrap().expose_secret(), "135246");
    let sealed = room.database.bytes("select token_sealed from credentials order by waba_id").await;
    assert!(sealed.iter().all(|sealed| !holds(sealed, "EAAG")), "a sealed token shows nothing of itself");
    assert!(!holds(&room.database.loot().await, TOKEN));
    let swapped = "update credentials set token_sealed = (select o.token_sealed from credentials o where o.id = $1) where id = $2";
    assert_eq!(room.database.execute(swapped, &[first.as_str(), second.as_str()]).await, 1);
    let stolen = room.store.open_token(&second).await.unwrap_err().to_string();
    assert_eq!(stolen, format!("a sealed value at credentials/token/{second} is damaged"));
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn the_key_file_is_made_once(kind: Kind) {
    let (database, clock) = (Database::fresh(kind).await, Clock::system());
    let store = database.open(&clock).await;
    let path = database.folder().join("secret.key");
    let made = std::fs::read_to_string(&path).unwrap();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777, 0o600);
    let verify_token = store.verify_token().await.unwrap();
    let again = database.open(&clock).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), made);
    assert_eq!(again.verify_token().await.unwrap().expose_secret(), verify_token.expose_secret());
}

async fn a_lost_key_stops_the_start_and_says_so(kind: Kind) {
    let (database, clock) = (Database::fresh(kind).await, Clock::system());
    drop(database.open(&clock).await);
    let path = database.folder().join("secret.key");
    std::fs::remove_file(&path).unwrap();
    let told = reopened(&database, &database.key()).await.unwrap_err();
    assert_eq!(
        told,
        format!(
            "the secret key is missing: secrets in the database were sealed with it; put {} back, or set GREENTICK_SECRET_KEY",
            path.display()
        )
    );
    assert!(!path.exists(), "no new key takes the lost one's place");
}

async fn another_key_stops_the_start_and_says_so(kind: Kind) {
    let (database, clock) = (Database::fresh(kind).await, Clock::system());
    drop(database.open(&clock).await);
    let other = Vault::new_key();
    let told = reopened(&database, &KeySource::Keys(other.clone())).await.unwrap_err();
    assert!(told.starts_with("the stored secrets were sealed with another key (fingerprint "), "{told}");
    assert!(!told.contains(other.expose_secret()));
    let right = std::fs::read_to_string(database.folder().join("secret.key")).unwrap();
    let both = format!("{},{right}", other.expose_secret());
    assert!(reopened(&database, &KeySource::Keys(both.into())).await.is_ok(), "an older key still opens");
}

async fn reopened(database: &Database, key: &KeySource) -> Result<(), String> {
    let url = DatabaseUrl::parse(&database.url()).unwrap();
    Store::open(&url, key, Clock::system()).await.map(drop).map_err(|error| error.to_string())
}

async fn a_database_keeps_the_stamp_of_its_first_start(kind: Kind) {
    let room = Room::open(kind).await;
    assert_eq!(room.store.stamp_mode(Mode::Sandbox).await.unwrap(), Mode::Sandbox);
    assert_eq!(room.store.stamp_mode(Mode::Live).await.unwrap(), Mode::Sandbox);
}

async fn the_verify_token_is_made_once_and_fits_into_an_address(kind: Kind) {
    let room = Room::open(kind).await;
    let token = room.store.verify_token().await.unwrap();
    assert_eq!(room.store.verify_token().await.unwrap().expose_secret(), token.expose_secret());
    let token = token.expose_secret();
    assert!(token.len() >= 32 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
}

async fn every_sealed_column_of_the_schema_is_sealed_anew(kind: Kind) {
    let room = Room::open(kind).await;
    let columns = match kind {
        Kind::Sqlite => {
            "select m.name || '.' || c.name from sqlite_master m join pragma_table_info(m.name) c \
             where m.type = 'table' and c.name like '%sealed' order by 1"
        }
        Kind::Postgres => {
            "select table_name || '.' || column_name from information_schema.columns \
             where table_schema = 'public' and column_name like '%sealed' order by 1"
        }
    };
    let mut known: Vec<String> = SEALED.iter().map(|sealed| format!("{}.{}", sealed.table, sealed.column)).collect();
    known.sort();
    assert_eq!(room.database.texts(columns).await, known);
}

async fn a_key_is_changed_under_a_store_in_use(kind: Kind) {
    let room = Room::open(kind).await;
    let first = room.credential(&room.workspace, "1041", TOKEN).await;
    let number = room.number(&first, "1041", "1060001", "Sol").await;
    room.store.put_pin(&number, &"135246".into()).await.unwrap();
    let rotating = room.database.open(&Clock::system()).await;
    assert_eq!(rotating.count_sealed_with_old_keys().await.unwrap(), 0);
    rotating.add_key().unwrap();
    let left = rotating.count_sealed_with_old_keys().await.unwrap();
    assert!(left >= 3, "canary, token and PIN: {left}");
    for column in SEALED {
        while rotating.reseal_some(column).await.unwrap() > 0 {}
    }
    assert_eq!(rotating.count_sealed_with_old_keys().await.unwrap(), 0);
    // The store that was open all along has never heard of the new key.
    assert_eq!(room.store.open_token(&first).await.unwrap().unwrap().expose_secret(), TOKEN);
    assert_eq!(room.store.open_pin(&number).await.unwrap().unwrap().expose_secret(), "135246");
    room.credential(&room.workspace, "1042", OTHER).await;
    assert_eq!(rotating.count_sealed_with_old_keys().await.unwrap(), 0, "it seals with the new key from now on");
}
