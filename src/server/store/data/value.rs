//! One value of a row, the same for both databases.

use super::ColumnKind;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Type, ValueRef};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(String),
    Bytes(Vec<u8>),
}

/// In the order of the table's columns.
pub type Row = Vec<Value>;

impl Value {
    /// About how much memory it takes.
    pub fn size(&self) -> usize {
        let more = match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Null | Self::Integer(_) | Self::Boolean(_) => 0,
        };
        more + size_of::<Self>()
    }

    /// Whether a column of this kind can hold it.
    pub fn fits(&self, kind: ColumnKind) -> bool {
        match self {
            Self::Null => true,
            Self::Integer(_) => kind == ColumnKind::Integer,
            Self::Boolean(_) => kind == ColumnKind::Boolean,
            Self::Text(_) => kind == ColumnKind::Text,
            Self::Bytes(_) => kind == ColumnKind::Bytes,
        }
    }
}

/// A row of either database.
pub(super) trait ReadValue {
    fn value(&self, place: usize, kind: ColumnKind) -> sqlx::Result<Value>;
}

macro_rules! read_value {
    ($row:ty, $database:ty) => {
        impl ReadValue for $row {
            fn value(&self, place: usize, kind: ColumnKind) -> sqlx::Result<Value> {
                fn decoded<'r, T>(row: &'r $row, place: usize) -> sqlx::Result<T>
                where
                    T: Decode<'r, $database> + Type<$database>,
                {
                    // SQLite types values, not columns: what stands there is read as what the column was declared as.
                    row.try_get_unchecked(place)
                }
                if self.try_get_raw(place)?.is_null() {
                    return Ok(Value::Null);
                }
                Ok(match kind {
                    ColumnKind::Integer => Value::Integer(decoded(self, place)?),
                    ColumnKind::Boolean => Value::Boolean(decoded(self, place)?),
                    ColumnKind::Text => Value::Text(decoded(self, place)?),
                    ColumnKind::Bytes => Value::Bytes(decoded(self, place)?),
                })
            }
        }
    };
}
read_value!(SqliteRow, sqlx::Sqlite);
read_value!(PgRow, sqlx::Postgres);

/// All of a row's values.
pub(super) fn values<R: ReadValue>(row: &R, kinds: &[ColumnKind]) -> sqlx::Result<Row> {
    kinds.iter().enumerate().map(|(place, kind)| row.value(place, *kind)).collect()
}

/// Binds a value; an absent one needs the type of its column all the same.
macro_rules! bind_value {
    ($row:expr, $value:expr, $kind:expr) => {
        match ($value, $kind) {
            ($crate::server::store::data::Value::Integer(value), _) => $row.push_bind(value),
            ($crate::server::store::data::Value::Boolean(value), _) => $row.push_bind(value),
            ($crate::server::store::data::Value::Text(value), _) => $row.push_bind(value),
            ($crate::server::store::data::Value::Bytes(value), _) => $row.push_bind(value),
            (_, $crate::server::store::data::ColumnKind::Integer) => $row.push_bind(None::<i64>),
            (_, $crate::server::store::data::ColumnKind::Boolean) => $row.push_bind(None::<bool>),
            (_, $crate::server::store::data::ColumnKind::Text) => $row.push_bind(None::<String>),
            (_, $crate::server::store::data::ColumnKind::Bytes) => $row.push_bind(None::<Vec<u8>>),
        }
    };
}
pub(super) use bind_value;
