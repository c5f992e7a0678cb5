//! Who may touch the data as a whole: servers share it; whoever exchanges it wants it alone. Given back when the process
//! ends, however it ends.

use super::FoundData;
use crate::server::clock::Clock;
use crate::server::config::DatabaseUrl;
use crate::server::store::{Result, StoreError};
use crate::server::vault::{create_private_file, create_private_folder};
use sqlx::{Connection, PgConnection};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The lock on Postgres: an arbitrary number of ours.
const SERVING: i64 = 0x6772_6e74_7365_7276;
/// The lease that one of the servers always holds.
const LEASE: &str = "interpreter";

/// How the data is to be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// To serve from it, beside others: on Postgres.
    Shared,
    /// To exchange it, or to be the one that serves from it.
    Alone,
}

/// Holds the data until it is dropped.
pub struct InUse {
    _lock: Lock,
}

enum Lock {
    File { _file: File },
    Session { _connection: Box<PgConnection> },
}

fn lock_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

impl InUse {
    /// `None` while somebody else holds the data in a way that does not go together with this.
    pub async fn claim(url: &DatabaseUrl, hold: Hold) -> Result<Option<Self>> {
        let lock = match url {
            DatabaseUrl::Sqlite(path) => lock(path, hold).map_err(|error| StoreError::File(lock_file(path), error))?,
            DatabaseUrl::Postgres(url) => session(url, hold).await?,
        };
        Ok(lock.map(|lock| Self { _lock: lock }))
    }
}

fn lock(database: &Path, hold: Hold) -> std::io::Result<Option<Lock>> {
    let path = lock_file(database);
    if let Some(folder) = path.parent() {
        create_private_folder(folder)?;
    }
    create_private_file(&path)?;
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let locked = match hold {
        Hold::Shared => file.try_lock_shared(),
        Hold::Alone => file.try_lock(),
    };
    match locked {
        Ok(()) => Ok(Some(Lock::File { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

async fn session(url: &str, hold: Hold) -> Result<Option<Lock>> {
    let mut connection = PgConnection::connect(url).await?;
    let function = match hold {
        Hold::Shared => "select pg_try_advisory_lock_shared($1)",
        Hold::Alone => "select pg_try_advisory_lock($1)",
    };
    let held: bool = sqlx::query_scalar(function).bind(SERVING).fetch_one(&mut connection).await?;
    // A server may have lost its session when Postgres was restarted; its lease goes on.
    if !held || hold == Hold::Alone && is_leased(&mut connection).await? {
        return Ok(None);
    }
    Ok(Some(Lock::Session { _connection: Box::new(connection) }))
}

async fn is_leased(db: &mut PgConnection) -> Result<bool> {
    let there: bool = sqlx::query_scalar("select to_regclass('installation') is not null").fetch_one(&mut *db).await?;
    if !there {
        return Ok(false);
    }
    let lease: Option<String> = sqlx::query_scalar("select value from installation where name = $1")
        .bind(LEASE)
        .fetch_optional(&mut *db)
        .await?;
    let until =
        lease.as_deref().and_then(|lease| lease.split_once(' ')).and_then(|(until, _)| until.parse::<i64>().ok());
    Ok(until.is_some_and(|until| until > Clock::system().now().0))
}

impl FoundData {
    /// How people call the database: without a password.
    pub fn name_of(url: &DatabaseUrl) -> String {
        match url {
            DatabaseUrl::Sqlite(path) => path.display().to_string(),
            DatabaseUrl::Postgres(url) => {
                match url.split_once("://").map(|(_, rest)| rest.rsplit_once('@').map_or(rest, |(_, rest)| rest)) {
                    Some(place) => format!("Postgres at {}", place.split('?').next().unwrap_or(place)),
                    None => "Postgres".to_owned(),
                }
            }
        }
    }
}
