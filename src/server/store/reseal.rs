//! Seals everything anew with the first key, a few rows at a time, beside a server that goes on working.

use super::{Result, Store};
use crate::server::vault::Place;
use sqlx::AssertSqlSafe;

/// A column of sealed values, with the name under which they are bound to their place.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    pub table: &'static str,
    pub column: &'static str,
    place: &'static str,
    id: &'static str,
}

const fn sealed(table: &'static str, column: &'static str, place: &'static str) -> SealedColumn {
    SealedColumn { table, column, place, id: "id" }
}

/// Every column that holds sealed values; a story compares it with the schema.
pub const SEALED: &[SealedColumn] = &[
    SealedColumn { table: "installation", column: "sealed", place: "sealed", id: "name" },
    sealed("credentials", "token_sealed", "token"),
    sealed("connections", "pin_sealed", "pin"),
    sealed("connections", "app_secret_sealed", "app_secret"),
    sealed("connections", "verify_token_sealed", "verify_token"),
    sealed("signups", "token_sealed", "token"),
    sealed("signups", "input_sealed", "input"),
    sealed("drafts", "data_sealed", "data"),
    sealed("replaced_tokens", "token_sealed", "token"),
    sealed("erasures", "person_sealed", "person"),
    sealed("forwards", "header_sealed", "header"),
    sealed("forwards", "verify_token_sealed", "verify_token"),
    sealed("forwards", "secret_sealed", "secret"),
    // Bound to the same place as the present one, whose place it had.
    sealed("forwards", "old_secret_sealed", "secret"),
];

/// Rows in one transaction.
const AT_ONCE: usize = 100;

impl Store {
    /// Puts a new key in front; everything is sealed with it from now on. A running server finds it by itself.
    pub fn add_key(&self) -> Result<()> {
        Ok(self.vault.add_key()?)
    }

    /// How many values are sealed with another key than the first.
    pub async fn count_sealed_with_old_keys(&self) -> Result<i64> {
        let key = self.vault.sealing_id()?;
        let mut count = 0;
        for SealedColumn { table, column, .. } in SEALED {
            let sql =
                format!("select count(*) from {table} where {column} is not null and substr({column}, 1, 4) <> $1");
            let old: i64 = read!(self, db => sqlx::query_scalar(AssertSqlSafe(sql)).bind(&key).fetch_one(db).await)?;
            count += old;
        }
        Ok(count)
    }

    /// Seals the next rows of a column anew; 0 when there is nothing left to do in it.
    pub async fn reseal_some(&self, what: &SealedColumn) -> Result<usize> {
        let SealedColumn { table, column, place, id } = what;
        let key = self.vault.sealing_id()?;
        let old = format!(
            "select {id}, {column} from {table} where {column} is not null and substr({column}, 1, 4) <> $1 limit {AT_ONCE}"
        );
        let rows: Vec<(String, Vec<u8>)> =
            read!(self, db => sqlx::query_as(AssertSqlSafe(old)).bind(&key).fetch_all(db).await)?;
        // What has been replaced meanwhile was sealed by whoever replaced it.
        let update = format!("update {table} set {column} = $3 where {id} = $1 and {column} = $2");
        transaction!(self, tx => for (row, old) in &rows {
            let place = Place(table, place, row);
            let new = self.vault.seal(place, &self.vault.open(place, old)?)?;
            sqlx::query(AssertSqlSafe(update.clone())).bind(row).bind(old).bind(new).execute(&mut *tx).await?;
        });
        Ok(rows.len())
    }
}
