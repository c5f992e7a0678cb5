//! Which tables there are, in the database's own words, and in an order in which they can be filled.

use crate::server::store::{Result, StoreError};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    Text,
    Integer,
    Boolean,
    Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: ColumnKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The column that the database numbers by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbered: Option<String>,
}

impl Table {
    pub(super) fn kinds(&self) -> Vec<ColumnKind> {
        self.columns.iter().map(|column| column.kind).collect()
    }

    /// `"id", "name"`
    pub(super) fn names(&self) -> String {
        self.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
    }

    /// Columns of sealed values, by the name that all of them have.
    pub(super) fn sealed(&self) -> impl Iterator<Item = &Column> {
        let named = |column: &&Column| column.name == "sealed" || column.name.ends_with("_sealed");
        self.columns.iter().filter(|column| column.kind == ColumnKind::Bytes).filter(named)
    }
}

/// A name from the catalogue, or from a backup, is no SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Where the migrations are noted; its rows say how a database came to be, not what it holds.
pub(super) const MIGRATIONS: &str = "_sqlx_migrations";

fn kind_of(table: &str, column: &str, declared: &str) -> Result<ColumnKind> {
    match declared.to_ascii_lowercase().as_str() {
        "text" => Ok(ColumnKind::Text),
        "bigint" | "integer" => Ok(ColumnKind::Integer),
        "boolean" => Ok(ColumnKind::Boolean),
        "blob" | "bytea" => Ok(ColumnKind::Bytes),
        other => Err(StoreError::Damaged(format!(
            "the column {table}.{column} is of a kind that backups do not know: {other}"
        ))),
    }
}

pub(super) async fn sqlite_tables(db: &mut SqliteConnection) -> Result<Vec<Table>> {
    let named: Vec<(String, bool)> = sqlx::query_as(
        "select name, lower(sql) like '%autoincrement%' from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' \
         and name <> $1 order by name",
    )
    .bind(MIGRATIONS)
    .fetch_all(&mut *db)
    .await?;
    let mut tables = Vec::new();
    let mut refers = BTreeMap::new();
    for (name, numbers) in named {
        let described: Vec<(String, String, i64)> =
            sqlx::query_as("select name, type, pk from pragma_table_info($1) order by cid")
                .bind(&name)
                .fetch_all(&mut *db)
                .await?;
        let to: Vec<String> = sqlx::query_scalar("select \"table\" from pragma_foreign_key_list($1)")
            .bind(&name)
            .fetch_all(&mut *db)
            .await?;
        let key = described.iter().find(|(_, _, key)| *key > 0).map(|(column, _, _)| column.clone());
        let columns: Result<Vec<Column>> = described
            .into_iter()
            .map(|(column, declared, _)| Ok(Column { kind: kind_of(&name, &column, &declared)?, name: column }))
            .collect();
        refers.insert(name.clone(), to.into_iter().collect());
        tables.push(Table { columns: columns?, numbered: key.filter(|_| numbers), name });
    }
    in_order(tables, &refers)
}

pub(super) async fn postgres_tables(db: &mut PgConnection) -> Result<Vec<Table>> {
    let named: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables where table_schema = current_schema() \
         and table_type = 'BASE TABLE' and table_name <> $1 order by 1",
    )
    .bind(MIGRATIONS)
    .fetch_all(&mut *db)
    .await?;
    let mut tables = Vec::new();
    let mut refers = BTreeMap::new();
    for name in named {
        let described: Vec<(String, String, bool)> = sqlx::query_as(
            "select column_name::text, data_type::text, is_identity = 'YES' from information_schema.columns \
             where table_schema = current_schema() and table_name = $1 order by ordinal_position",
        )
        .bind(&name)
        .fetch_all(&mut *db)
        .await?;
        let to: Vec<String> = sqlx::query_scalar(
            "select t.relname::text from pg_constraint c join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid \
             join pg_namespace n on n.oid = f.relnamespace where c.contype = 'f' and n.nspname = current_schema() and f.relname = $1",
        )
        .bind(&name)
        .fetch_all(&mut *db)
        .await?;
        let numbered = described.iter().find(|(_, _, identity)| *identity).map(|(column, _, _)| column.clone());
        let columns: Result<Vec<Column>> = described
            .into_iter()
            .map(|(column, declared, _)| Ok(Column { kind: kind_of(&name, &column, &declared)?, name: column }))
            .collect();
        refers.insert(name.clone(), to.into_iter().collect());
        tables.push(Table { columns: columns?, numbered, name });
    }
    in_order(tables, &refers)
}

/// What is referred to first; by name where it does not matter, so that both databases agree.
fn in_order(tables: Vec<Table>, refers: &BTreeMap<String, BTreeSet<String>>) -> Result<Vec<Table>> {
    let mut waiting: BTreeMap<String, Table> = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    let mut ordered = Vec::new();
    while !waiting.is_empty() {
        let ready = waiting.keys().find(|name| {
            let to = refers.get(*name).into_iter().flatten();
            !to.into_iter().any(|other| other != *name && waiting.contains_key(other))
        });
        let Some(ready) = ready.cloned() else {
            let names: Vec<&str> = waiting.keys().map(String::as_str).collect();
            return Err(StoreError::Damaged(format!(
                "these tables refer to one another in a circle: {}",
                names.join(", ")
            )));
        };
        ordered.extend(waiting.remove(&ready));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(refers: &[(&str, &[&str])]) -> std::result::Result<Vec<String>, String> {
        let table = |name: &str| Table { name: name.to_owned(), columns: Vec::new(), numbered: None };
        let tables = refers.iter().map(|(name, _)| table(name)).collect();
        let to = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let refers = refers.iter().map(|(name, names)| ((*name).to_owned(), to(names))).collect();
        in_order(tables, &refers)
            .map(|tables| tables.into_iter().map(|table| table.name).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        let told = order(&[("a", &["c"]), ("b", &["a", "b"]), ("c", &[])]).unwrap();
        assert_eq!(told, ["c", "a", "b"]);
        assert!(order(&[("a", &["b"]), ("b", &["a"])]).unwrap_err().contains("in a circle: a, b"));
    }

    #[test]
    fn a_name_is_no_sql() {
        assert_eq!(quoted("a\"; drop table users; --"), "\"a\"\"; drop table users; --\"");
    }
}
