//! Schemas that have landed, as SQL with rows in it (tests/fixtures/schemas/README.md): written here, read by the upgrades.

use super::{content, found, rows};
use crate::process::server::Place;
use crate::support::{Kind, SIMPLE, Wishes, World, soon};
use greentick::domain::api_key::Scope;
use greentick::domain::user::Role;
use greentick::server::store::{ColumnKind, Row, Table, Value};
use sqlx::migrate::{Migration, Migrator};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What seals the secrets in the fixtures.
pub(super) const KEY: &str = include_str!("../../fixtures/schemas/secret.key");
/// The admin of the fixtures; the password is that of all stories.
pub(super) const ADMIN: &str = "ana@example.org";
const WRITE: &str = "GREENTICK_WRITE_FIXTURE";

pub(super) fn folder(kind: Kind) -> PathBuf {
    let name = match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schemas").join(name)
}

/// The schemas that have one, oldest first.
pub(super) fn landed(kind: Kind) -> Vec<i64> {
    let names = std::fs::read_dir(folder(kind)).unwrap().map(|entry| entry.unwrap().file_name());
    let mut schemas: Vec<i64> =
        names.map(|name| name.to_string_lossy().strip_suffix(".sql").unwrap().parse().unwrap()).collect();
    schemas.sort_unstable();
    schemas
}

pub(super) fn text(kind: Kind, schema: i64) -> String {
    std::fs::read_to_string(folder(kind).join(format!("{schema:04}.sql"))).unwrap()
}

pub(super) async fn migrations(kind: Kind) -> Vec<Migration> {
    let name = folder(kind).file_name().unwrap().to_owned();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(name);
    Migrator::new(folder).await.unwrap().iter().cloned().collect()
}

/// How a fixture notes that a migration has been applied.
pub(super) fn noted(kind: Kind, migration: &Migration) -> String {
    let sum = bytes(kind, &migration.checksum);
    let (yes, description) = (boolean(kind, true), migration.description.replace('\'', "''"));
    format!(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values ({}, '{description}', {yes}, {sum}, 1);",
        migration.version
    )
}

/// With `WRITE` set, it also writes the fixtures of today's schema where there are none: `cargo xtask fixture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn todays_schema_written_down_reads_back_the_same() {
    let world = played().await;
    let url = world.database.url();
    let held = found(&url).await.snapshot().await.unwrap();
    let inventory = held.inventory().clone();
    drop(held);
    let unused: Vec<&str> =
        inventory.tables.iter().filter(|held| held.rows == 0).map(|held| held.table.name.as_str()).collect();
    assert!(unused.is_empty(), "`played` puts no rows into {unused:?}");
    let (rows, as_played) = (rows(&url).await, content(&world.database).await);
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let mut sql = beginning(kind, &migrations(kind).await, inventory.schema);
        for (held, (_, rows)) in inventory.tables.iter().zip(&rows) {
            write_rows(kind, &held.table, rows, held.last_number, &mut sql);
        }
        let place = Place::new(kind).await;
        place.database.script(sql.clone()).await;
        assert_eq!(content(&place.database).await, as_played, "{kind:?}");
        let file = folder(kind).join(format!("{:04}.sql", inventory.schema));
        if std::env::var_os(WRITE).is_some() && !file.exists() {
            std::fs::write(file, sql).unwrap();
        }
    }
}

/// The migrations as they are now, and that they have been applied.
fn beginning(kind: Kind, migrations: &[Migration], schema: i64) -> String {
    let (time, now, bytes) = match kind {
        Kind::Sqlite => ("timestamp", "current_timestamp", "blob"),
        Kind::Postgres => ("timestamptz", "now()", "bytea"),
    };
    let mut sql = format!(
        "create table _sqlx_migrations (version bigint primary key, description text not null, installed_on {time} not null default {now}, \
         success boolean not null, checksum {bytes} not null, execution_time bigint not null);\n"
    );
    for migration in migrations.iter().filter(|migration| migration.version <= schema) {
        let _ = writeln!(
            sql,
            "\n-- {:04} {}\n{}",
            migration.version,
            migration.description,
            migration.sql.as_str().trim_end()
        );
        let _ = writeln!(sql, "{}", noted(kind, migration));
    }
    sql
}

fn write_rows(kind: Kind, table: &Table, rows: &[Row], last_number: Option<i64>, sql: &mut String) {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let overriding = if kind == Kind::Postgres && table.numbered.is_some() { "overriding system value " } else { "" };
    let _ = writeln!(sql, "\n-- {}: {}", table.name, rows.len());
    for row in rows {
        let values: Vec<String> =
            row.iter().zip(&table.columns).map(|(value, column)| literal(kind, value, column.kind)).collect();
        let _ = writeln!(
            sql,
            "insert into {} ({}) {overriding}values ({});",
            table.name,
            names.join(", "),
            values.join(", ")
        );
    }
    if let (Some(last), Some(column), Kind::Postgres) = (last_number, &table.numbered, kind) {
        let _ =
            writeln!(sql, "select setval(pg_get_serial_sequence('{}', '{column}'), {}, false);", table.name, last + 1);
    }
}

fn literal(kind: Kind, value: &Value, column: ColumnKind) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Boolean(value) => boolean(kind, *value).to_owned(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Bytes(value) => {
            assert_eq!(column, ColumnKind::Bytes);
            bytes(kind, value)
        }
    }
}

fn boolean(kind: Kind, value: bool) -> &'static str {
    match (kind, value) {
        (Kind::Sqlite, true) => "1",
        (Kind::Sqlite, false) => "0",
        (Kind::Postgres, true) => "true",
        (Kind::Postgres, false) => "false",
    }
}

fn bytes(kind: Kind, value: &[u8]) -> String {
    let hex = greentick::server::digest::hex(value);
    match kind {
        Kind::Sqlite => format!("x'{hex}'"),
        Kind::Postgres => format!("'\\x{hex}'::bytea"),
    }
}

/// An installation in which something of everything has happened. Add to it what a new table is for.
async fn played() -> World {
    let settings = |given: &mut greentick::server::config::Given| given.secret_key = Some(KEY.trim().to_owned());
    let mut world = World::with(Kind::Sqlite, Wishes { settings: Some(settings), ..Wishes::default() }).await;
    world.add_person("default", ADMIN, Role::Admin).await;
    world.add_person("second", "rui@example.org", Role::Support).await;
    let admin = world.log_in(ADMIN).await;
    let id = world.connect(&admin, SIMPLE).await;
    world.program(Scope::Read).await;
    // It leads nowhere: what it would send waits.
    world.forward().await;
    let event = world.receive(&id, "wamid.1", "Olá, isto é um teste: 'aspas' e mais").await;
    world.receive(&id, "wamid.2", "Ainda aí?").await;
    // A draft and, behind it, the token that the new one replaced.
    crate::by_hand::typed_twice(&world, &admin, &id).await;
    let replay = admin.post("/_fn/replay_event", &[("event", event.id.as_str())]).await;
    assert_eq!(replay.status, 302);
    // Somebody wished to be forgotten.
    let forgotten = [("person", "+44 20 7946 0958"), ("confirmed", "yes")];
    assert_eq!(admin.post("/settings/personal-data", &forgotten).await.location(), "/settings/personal-data");
    // A run that was left half-way, and a wrong password.
    world.begin(&admin, "").await;
    let wrong = [("email", "eve@example.org"), ("password", "not the password")];
    assert_eq!(world.browser().post("/login", &wrong).await.status, 401);
    let tried = async || !world.database.texts("select id from forward_attempts").await.is_empty();
    soon(async || tried().await.then_some(())).await;
    soon(async || (world.store().count_open_jobs().await.unwrap() == 0).then_some(())).await;
    world.rest().await;
    world
}
