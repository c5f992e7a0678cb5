//! Makes room in a Postgres database that data is to go into. What lies there may be of a newer Greentick, with tables that
//! this one has never seen: only their names are looked at.

use super::FoundData;
use super::catalogue::{MIGRATIONS, quoted};
use super::place::{not_vacant, stamp};
use crate::domain::instant::Instant;
use crate::server::config::DatabaseUrl;
use crate::server::store::database::tables_made;
use crate::server::store::{Result, StoreError};
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};
use std::collections::BTreeSet;

/// Rolled back unless it is committed.
pub(super) struct Cleared {
    pub(super) tx: Transaction<'static, Postgres>,
    pub(super) pool: PgPool,
    /// The schema that holds what was there.
    pub(super) kept: Option<String>,
}

/// Tables of others are refused, data that people would miss unless it may be put aside.
pub(super) async fn clear(url: &str, replace: bool, now: Instant) -> Result<Cleared> {
    let there = FoundData::open(&DatabaseUrl::Postgres(url.to_owned())).await?;
    let pool = PgPool::connect(url).await?;
    let tables = table_names(&pool).await?;
    let (ours, vacant) = (there.has_table("installation").await?, there.is_vacant().await?);
    let known = if ours { there.find_own_tables().await? } else { BTreeSet::new() };
    there.db.close().await;
    let name = FoundData::name_of(&DatabaseUrl::Postgres(url.to_owned()));
    if !tables.iter().all(|table| known.contains(table)) {
        return Err(StoreError::Refused(format!(
            "{name} holds tables that are not Greentick's. Give Greentick a database of its own. Nothing was changed."
        )));
    }
    if !vacant && !replace {
        return Err(not_vacant(&name));
    }
    let mut tx = pool.begin().await?;
    let mut kept = None;
    if ours {
        let names = tables.iter().map(String::as_str).chain([MIGRATIONS]);
        if vacant {
            for name in names {
                let drop = format!("drop table if exists {} cascade", quoted(name));
                sqlx::query(AssertSqlSafe(drop)).execute(&mut *tx).await?;
            }
        } else {
            let aside = format!("before_{}", stamp(now));
            sqlx::query(AssertSqlSafe(format!("create schema {}", quoted(&aside)))).execute(&mut *tx).await?;
            for name in names {
                let away = format!("alter table if exists {} set schema {}", quoted(name), quoted(&aside));
                sqlx::query(AssertSqlSafe(away)).execute(&mut *tx).await?;
            }
            kept = Some(aside);
        }
    }
    Ok(Cleared { tx, pool, kept })
}

async fn table_names(pool: &PgPool) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "select table_name::text from information_schema.tables where table_schema = current_schema() \
         and table_type = 'BASE TABLE' and table_name <> $1 order by 1",
    )
    .bind(MIGRATIONS)
    .fetch_all(pool)
    .await?)
}

impl FoundData {
    /// The tables that this program makes, and those that whoever migrated last has noted as its own.
    async fn find_own_tables(&self) -> Result<BTreeSet<String>> {
        let noted = self.find_fact(super::found::TABLES).await?.unwrap_or_default();
        Ok(tables_made().into_iter().chain(noted.split(' ').map(str::to_owned)).collect())
    }
}
