//! A fresh database for one test: a file in a folder that goes away, or a database of the Postgres that `cargo xtask
//! postgres` starts.

use greentick::server::clock::Clock;
use greentick::server::config::{DatabaseUrl, KeySource};
use greentick::server::store::Store;
use sqlx::ConnectOptions;
use sqlx::{Connection, PgConnection, SqlitePool};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

const VARIABLE: &str = "GREENTICK_TEST_POSTGRES";

/// Gone when dropped.
pub(crate) struct Database {
    pub(crate) kind: Kind,
    folder: TempDir,
    name: String,
}

fn server() -> String {
    std::env::var(VARIABLE)
        .unwrap_or_else(|_| panic!("{VARIABLE} is not set: run `make test`, which starts a Postgres"))
}

/// The server's address with another database at its end.
fn address(name: &str) -> String {
    let server = server();
    format!("{}/{name}", server.rsplit_once('/').expect("the address ends with a database").0)
}

impl Database {
    pub(crate) async fn fresh(kind: Kind) -> Self {
        let name = format!("story_{:016x}", rand::random::<u64>());
        if kind == Kind::Postgres {
            let mut server = PgConnection::connect(&server()).await.expect("the test server answers");
            sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut server).await.unwrap();
        }
        Self { kind, folder: tempfile::tempdir().unwrap(), name }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("greentick.db")
    }

    /// As `DATABASE_URL` has it.
    pub(crate) fn url(&self) -> String {
        match self.kind {
            Kind::Sqlite => format!("sqlite://{}", self.file().display()),
            Kind::Postgres => address(&self.name),
        }
    }

    pub(crate) fn key(&self) -> KeySource {
        KeySource::File(self.folder.path().join("secret.key"))
    }

    pub(crate) async fn open(&self, clock: &Clock) -> Store {
        let url = DatabaseUrl::parse(&self.url()).unwrap();
        let store = Store::open(&url, &self.key(), clock.clone()).await.unwrap();
        store.ensure_workspace("default").await.unwrap();
        store
    }

    /// Beneath the store: for what only time, a crash or a burglar would do. `$1` stands for each of `values` in turn.
    pub(crate) async fn execute(&self, statement: &'static str, values: &[&str]) -> u64 {
        macro_rules! run {
            ($pool:expr) => {{
                let pool = $pool;
                let query = values.iter().fold(sqlx::query(statement), |query, value| query.bind(value.to_string()));
                let done = query.execute(&pool).await.unwrap().rows_affected();
                pool.close().await;
                done
            }};
        }
        match self.kind {
            Kind::Sqlite => run!(SqlitePool::connect(&self.url()).await.unwrap()),
            Kind::Postgres => run!(sqlx::PgPool::connect(&self.url()).await.unwrap()),
        }
    }

    /// Nothing can be written into deliveries until it is dropped.
    pub(crate) async fn hold(&self) -> Box<dyn Send> {
        match self.kind {
            Kind::Sqlite => {
                let pool = SqlitePool::connect(&self.url()).await.unwrap();
                Box::new(pool.begin_with("begin immediate").await.unwrap())
            }
            Kind::Postgres => {
                let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
                let mut held = pool.begin().await.unwrap();
                sqlx::query("lock table deliveries in access exclusive mode").execute(&mut *held).await.unwrap();
                Box::new(held)
            }
        }
    }

    /// Statements one after the other, as a file has them.
    pub(crate) async fn script(&self, sql: String) {
        let sql = sqlx::AssertSqlSafe(sql);
        match self.kind {
            Kind::Sqlite => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.file()).create_if_missing(true);
                // The values stand in the text, and one story looks at all that is logged.
                let pool = SqlitePool::connect_with(options.disable_statement_logging()).await.unwrap();
                sqlx::raw_sql(sql).execute(&pool).await.unwrap();
                pool.close().await;
            }
            Kind::Postgres => {
                let options: sqlx::postgres::PgConnectOptions = self.url().parse().unwrap();
                let pool = sqlx::PgPool::connect_with(options.disable_statement_logging()).await.unwrap();
                sqlx::raw_sql(sql).execute(&pool).await.unwrap();
                pool.close().await;
            }
        }
    }

    /// Every value of a column of texts.
    pub(crate) async fn texts(&self, statement: &'static str) -> Vec<String> {
        match self.kind {
            Kind::Sqlite => {
                let pool = SqlitePool::connect(&self.url()).await.unwrap();
                sqlx::query_scalar(statement).fetch_all(&pool).await.unwrap()
            }
            Kind::Postgres => {
                let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
                sqlx::query_scalar(statement).fetch_all(&pool).await.unwrap()
            }
        }
    }

    /// Every row of a table as text, its bytes as they are where they can be read.
    pub(crate) async fn rows(&self, table: &str) -> Vec<String> {
        match self.kind {
            Kind::Sqlite => {
                let pool = SqlitePool::connect(&self.url()).await.unwrap();
                let columns = format!("select name from pragma_table_info('{table}')");
                let columns: Vec<String> =
                    sqlx::query_scalar(sqlx::AssertSqlSafe(columns)).fetch_all(&pool).await.unwrap();
                let texts: Vec<String> =
                    columns.iter().map(|column| format!("coalesce(cast({column} as text), '')")).collect();
                let rows = format!("select cast({} as blob) from {table}", texts.join(" || '|' || "));
                let rows: Vec<Vec<u8>> = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(&pool).await.unwrap();
                rows.iter().map(|row| String::from_utf8_lossy(row).into_owned()).collect()
            }
            Kind::Postgres => {
                let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
                let rows = format!("select t::text from {table} t");
                let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(&pool).await.unwrap();
                rows.into_iter().map(|row| format!("{row}|{}", String::from_utf8_lossy(&hex_runs(&row)))).collect()
            }
        }
    }

    /// Every value of a column of bytes.
    pub(crate) async fn bytes(&self, statement: &'static str) -> Vec<Vec<u8>> {
        match self.kind {
            Kind::Sqlite => {
                let pool = SqlitePool::connect(&self.url()).await.unwrap();
                sqlx::query_scalar(statement).fetch_all(&pool).await.unwrap()
            }
            Kind::Postgres => {
                let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
                sqlx::query_scalar(statement).fetch_all(&pool).await.unwrap()
            }
        }
    }

    /// All that a burglar would carry away: the files' bytes, or every row as text with its bytes decoded.
    pub(crate) async fn loot(&self) -> Vec<u8> {
        match self.kind {
            Kind::Sqlite => {
                let files = std::fs::read_dir(self.folder()).unwrap().flatten().map(|entry| entry.path());
                let database = files.filter(|path| path.to_string_lossy().contains("greentick.db"));
                database.flat_map(|path| std::fs::read(path).unwrap()).collect()
            }
            Kind::Postgres => self.rows_of_all_tables().await,
        }
    }

    async fn rows_of_all_tables(&self) -> Vec<u8> {
        let pool = sqlx::PgPool::connect(&self.url()).await.unwrap();
        let tables: Vec<String> =
            sqlx::query_scalar("select table_name::text from information_schema.tables where table_schema = 'public'")
                .fetch_all(&pool)
                .await
                .unwrap();
        assert!(tables.len() >= 12, "{tables:?}");
        let mut loot = Vec::new();
        for table in tables {
            // `escape` shows printable bytes as they are: a secret kept in plain would be readable.
            let rows: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(format!("select t::text from {table} t")))
                .fetch_all(&pool)
                .await
                .unwrap();
            for (row,) in rows {
                loot.extend_from_slice(row.as_bytes());
                loot.push(b'\n');
                loot.extend(hex_runs(&row));
            }
        }
        loot
    }
}

/// Postgres prints `bytea` as `\x…`: back to bytes.
fn hex_runs(row: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::new();
    for run in row.split("\\x").skip(1) {
        for pair in run.as_bytes().chunks(2) {
            let [high, low] = pair else { break };
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { break };
            bytes.push(high * 16 + low);
        }
        bytes.push(b'\n');
    }
    bytes
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.kind == Kind::Sqlite {
            return;
        }
        let name = std::mem::take(&mut self.name);
        // On a thread of its own: a test's runtime cannot wait while it is being dropped.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok(mut server) = PgConnection::connect(&server()).await {
                    let statement = format!("drop database if exists {name} with (force)");
                    // A database left behind goes away with its server.
                    let _ = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut server).await;
                }
            });
        });
        let _ = dropping.join();
    }
}
