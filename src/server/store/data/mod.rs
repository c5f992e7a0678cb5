//! All data at once, whatever its schema: read as one consistent whole, and written into a database of either kind. Tables
//! and columns come from the database's own catalogue, so that a new one cannot be forgotten here.

mod aside;
mod catalogue;
mod filling;
mod found;
mod place;
mod serving;
mod snapshot;
mod value;

pub use catalogue::{Column, ColumnKind, Table};
pub use filling::{Filled, Filling};
pub use found::{FoundData, Moved, Schema};
pub use place::remove_unfinished;
pub use serving::{Hold, InUse};
pub use snapshot::{Batch, Snapshot};
pub use value::{Row, Value};

use serde::{Deserialize, Serialize};

/// Which kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

impl DatabaseKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "Postgres",
        }
    }
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    #[serde(flatten)]
    pub table: Table,
    pub rows: u64,
    /// The highest number ever given, where the database numbers the rows: it is never given twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_number: Option<i64>,
}

/// Everything that a database holds, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// The newest migration that was applied.
    pub schema: i64,
    /// The version of Greentick that used it last, where it is known.
    #[serde(default)]
    pub used_by: Option<String>,
    /// What is referred to comes before what refers to it.
    pub tables: Vec<Held>,
    /// Fingerprints of the keys that something in it is sealed with.
    pub keys: Vec<String>,
}

impl Inventory {
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|held| held.rows).sum()
    }
}
