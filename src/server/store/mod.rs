//! Everything that is kept. The one room that knows SQL and the one that seals and opens secrets.

/// Runs one body on the read side of whichever database is open. Both arms are checked by the compiler.
macro_rules! read {
    ($store:expr, $db:ident => $body:expr) => {
        match &$store.db {
            $crate::server::store::database::Database::Sqlite { reader: $db, .. } => $body,
            $crate::server::store::database::Database::Postgres($db) => $body,
        }
    };
}

/// Runs one statement on the write side.
macro_rules! change {
    ($store:expr, $db:ident => $body:expr) => {
        match &$store.db {
            $crate::server::store::database::Database::Sqlite { writer, .. } => {
                let turn = writer.turn().await?;
                let $db = &*turn;
                $body
            }
            $crate::server::store::database::Database::Postgres($db) => $body,
        }
    };
}

/// Runs one body in a transaction and commits it; an early `?` rolls it back. On SQLite it takes the write lock at
/// once, so that it cannot fail half-way for want of it.
macro_rules! transaction {
    ($store:expr, $tx:ident => $body:expr) => {
        match &$store.db {
            $crate::server::store::database::Database::Sqlite { writer, .. } => {
                let turn = writer.turn().await?;
                let mut $tx = turn.begin_with("begin immediate").await?;
                let out = $body;
                $tx.commit().await?;
                drop(turn);
                out
            }
            $crate::server::store::database::Database::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let out = $body;
                $tx.commit().await?;
                out
            }
        }
    };
}

/// A signup waits for somebody's answer.
macro_rules! asks {
    () => {
        "stage in ('choose_waba', 'choose_number', 'no_number', 'verify_number', 'enter_pin')"
    };
}

mod api_keys;
mod audit;
mod checkpoint;
mod connections;
mod credentials;
mod data;
mod database;
mod deliveries;
mod delivery_writer;
mod drafts;
mod entries;
mod erasures;
mod events;
mod forward_log;
mod forward_queue;
mod forwards;
mod heard;
mod history;
mod imported;
mod installation;
mod intake;
mod jobs;
mod leases;
mod meta_app;
mod other_nodes;
mod people;
mod read_events;
mod registering;
mod replaced_tokens;
mod replays;
mod reseal;
mod retention;
mod routing;
mod sessions;
mod settings;
mod signups;
mod throttle;
mod upkeep;

pub use api_keys::NewApiKey;
pub use audit::{Actor, AuditEntry};
pub use connections::{ConnectionCursor, KeptReading, NewConnection, SearchedConnections, StoredConnection};
pub use credentials::NewCredential;
pub use data::{
    Batch, Column, ColumnKind, DatabaseKind, Filled, Filling, FoundData, Held, Hold, InUse, Inventory, Moved, Row,
    Schema, Snapshot, Table, Value, remove_unfinished,
};
pub use deliveries::{DeliveryCounts, NewDelivery, OwnDoor, Signer};
pub use drafts::{DraftOwner, StoredDraft};
pub use entries::{EntrySaved, Guard, NewEntry};
pub use erasures::{ErasureWork, NamedUser, NamingEvents};
pub use events::{DeliveryEnd, Kept, NewEvent, Recipient, WaitingDelivery};
pub use forward_queue::{ForwardItem, ForwardLease, ItemEnd, NewItem, Passing, QueueSize, TurnEnd};
pub use forwards::{ForwardPatch, ForwardSecrets, NewForward, SecretChange};
pub use installation::Mode;
pub use intake::{Intake, NotKept, Room};
pub use jobs::{Job, JobKind, NewJob, asked};
pub use meta_app::StoredMetaApp;
pub use people::NewUser;
pub use read_events::{ExportedEvents, LIST_BYTES, Most, SomeEvents, Wanted};
pub use replaced_tokens::ReplacedToken;
pub use replays::{NewReplay, Whose};
pub use reseal::{SEALED, SealedColumn};
pub use sessions::{DatabaseSessions, SESSION_LIFETIME, USER_KEY, session_hash};
pub use signups::{NewSignup, RunByHand, StateMatch};
pub use throttle::Refusal;

use super::clock::Clock;
use super::config::{DatabaseUrl, KeySource};
use super::vault::{Vault, VaultError};
use crate::domain::instant::Instant;
use database::Database;
use secrecy::SecretString;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{OnceCell, watch};

/// Why something could not be read or kept. Never shown to people: they see a reference to the log line.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("a stored record cannot be read: {0}")]
    Damaged(String),
    #[error("{path}: {why}", path = .0.display(), why = .1)]
    File(PathBuf, std::io::Error),
    /// It will not be done to the data; why, and what to do, in words for a person.
    #[error("{0}")]
    Refused(String),
}

impl StoreError {
    /// The database cannot be asked now; in a moment it may be.
    pub fn is_away(&self) -> bool {
        let Self::Database(error) = self else { return false };
        matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed)
    }

    /// `used_by` is the version of Greentick that it was, where it is known.
    pub fn newer(used_by: Option<&str>) -> Self {
        let this = env!("CARGO_PKG_VERSION");
        let (last, install) = match used_by.filter(|version| *version != this) {
            Some(version) => (format!("Greentick {version}"), format!("Greentick {version} or newer")),
            None => ("a newer Greentick".to_owned(), "the newest Greentick".to_owned()),
        };
        Self::Refused(format!(
            "this data was last used by {last}, and this is Greentick {this}, which cannot read it. Install {install}, or restore a \
             backup from before the upgrade (in the folder `backups` of the data folder). Nothing was changed."
        ))
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// Cheap to clone.
#[derive(Clone)]
pub struct Store {
    db: Database,
    vault: Arc<Vault>,
    clock: Clock,
    /// Counts every job that was added or finished, so that workers and waiting requests need not poll.
    jobs_moved: Arc<watch::Sender<u64>>,
    /// Counts each time that events were kept in this process.
    events_moved: Arc<watch::Sender<u64>>,
    /// Tells this process from others on the same database.
    node: Arc<str>,
    /// Read once: see `fingerprint_salt`.
    salt: Arc<OnceCell<SecretString>>,
}

impl Store {
    /// Opens the database, brings its schema up to date and checks that the key opens what is sealed in it.
    pub async fn open(url: &DatabaseUrl, key: &KeySource, clock: Clock) -> Result<Self> {
        let found = FoundData::open(url).await?;
        found.migrate().await?;
        found.into_store(key, clock).await
    }

    /// The schema is up to date.
    async fn of(db: Database, key: &KeySource, clock: Clock) -> Result<Self> {
        let vault = Vault::open_keys(key, !db.has_sealed().await?)?;
        let store = Self {
            db,
            vault: Arc::new(vault),
            node: new_id(clock.now()).into(),
            clock,
            jobs_moved: Arc::default(),
            events_moved: Arc::default(),
            salt: Arc::default(),
        };
        store.check_canary().await?;
        Ok(store)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        read!(self, db => sqlx::query("select 1").execute(db).await.map(|_| ()))?;
        Ok(())
    }

    /// Changes whenever a job was added or finished in this process.
    pub fn watch_jobs(&self) -> watch::Receiver<u64> {
        self.jobs_moved.subscribe()
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }
}

/// An id of ours: 26 characters that sort by time and cannot be guessed.
pub fn new_id(now: Instant) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let random: u128 = rand::random::<u128>() >> 48;
    let value = (u128::from(now.0.unsigned_abs()) << 80) | random;
    (0..26).rev().map(|place| char::from(ALPHABET[(value >> (place * 5)) as usize & 31])).collect()
}
