//! All data at once: brought up to date, backed up, restored, moved; and killed on the way.

mod backups;
mod fixtures;
mod kills;
mod moving;
mod pausing;
mod room;
mod upgrades;

use crate::process::server::Place;
use crate::support::{Database, Kind};
use greentick::server::config::DatabaseUrl;
use greentick::server::store::{FoundData, Row};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// Every row of every table, in an order of their own.
type Content = BTreeMap<String, Vec<String>>;

async fn found(url: &str) -> FoundData {
    FoundData::open(&DatabaseUrl::parse(url).unwrap()).await.unwrap()
}

/// All that a database holds, but for the facts that the process itself notes.
async fn content(database: &Database) -> Content {
    content_of(&database.url()).await
}

async fn content_of(url: &str) -> Content {
    let mut content = Content::new();
    for (table, rows) in rows(url).await {
        let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        rows.retain(|row| {
            !["paused", "interpreter", "moved", "move", "upgrading", "backups"]
                .iter()
                .any(|name| row.starts_with(&format!("[Text(\"{name}\")")))
        });
        rows.sort();
        content.insert(table, rows);
    }
    content
}

/// Tables with their rows as they stand, in the order in which they can be filled.
async fn rows(url: &str) -> Vec<(String, Vec<Row>)> {
    let snapshot = found(url).await.snapshot().await.unwrap();
    let mut tables: Vec<(String, Vec<Row>)> =
        snapshot.inventory().tables.iter().map(|held| (held.table.name.clone(), Vec::new())).collect();
    let (to, mut batches) = mpsc::channel(1);
    let sending = tokio::spawn(snapshot.send(to));
    while let Some(batch) = batches.recv().await {
        let batch = batch.unwrap();
        tables[batch.table].1.extend(batch.rows);
    }
    sending.await.unwrap();
    tables
}

/// As if so many deliveries of a kilobyte had come.
async fn fill(database: &Database, deliveries: u32) {
    let statement: &'static str = match database.kind {
        Kind::Sqlite => {
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < cast($1 as integer)) \
             insert into deliveries (received_at, state, body) select i, 'done', cast(hex(randomblob(512)) as blob) from n"
        }
        Kind::Postgres => {
            "insert into deliveries (received_at, state, body) \
             select i, 'done', convert_to(repeat(md5(i::text), 32), 'UTF8') from generate_series(1, $1::bigint) i"
        }
    };
    assert_eq!(database.execute(statement, &[&deliveries.to_string()]).await, u64::from(deliveries));
}

/// The key goes to another machine by hand.
fn carry_key(from: &Place, to: &Place) {
    let name = "secret.key";
    std::fs::copy(from.database.folder().join(name), to.database.folder().join(name)).unwrap();
}

/// An installation of its own with an admin, a number of whom there is a sealed token, and deliveries.
async fn lived_in(kind: Kind) -> Place {
    let place = Place::new(kind).await;
    let browser = crate::process::kills::admin(&place).await;
    let server = place.serve(&[]);
    crate::process::kills::log_in(&browser).await;
    let back = crate::process::kills::way_back(&place, &browser).await;
    assert_eq!(browser.get(&back).await.status, 303);
    crate::support::soon(async || (browser.call("newest_signup", &[]).await.json()["stage"] == "done").then_some(()))
        .await;
    server.stop();
    fill(&place.database, 300).await;
    place
}

/// The other one.
fn other(kind: Kind) -> Kind {
    match kind {
        Kind::Sqlite => Kind::Postgres,
        Kind::Postgres => Kind::Sqlite,
    }
}
