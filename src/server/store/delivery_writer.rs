//! Writes deliveries, a group at a time.

use super::{Database, NewDelivery, Result, Store};
use crate::domain::instant::Instant;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, QueryBuilder, Sqlite, SqliteConnection};

/// Keeps its connection from one group to the next: giving it back to a pool and getting it again are further ways to the
/// database and back, which each group, and all who wait for it, would pay.
pub(super) struct DeliveryWriter {
    store: Store,
    held: Option<Held>,
}

enum Held {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl DeliveryWriter {
    pub(super) fn new(store: Store) -> Self {
        Self { store, held: None }
    }

    /// Keeps all or none of them, in one commit. Passes the line of other writers by.
    pub(super) async fn keep(&mut self, group: Vec<NewDelivery>) -> Result<()> {
        let now = self.store.now();
        if let Database::Sqlite { writer, .. } = &self.store.db {
            writer.note_use();
        }
        let mut held = match self.held.take() {
            Some(held) => held,
            None => self.hold().await?,
        };
        match &mut held {
            Held::Sqlite(db) => keep_in_sqlite(db, group, now).await?,
            Held::Postgres(db) => keep_in_postgres(db, &group, now).await?,
        }
        // Not after a failure: its pool looks whether the connection is still good.
        self.held = Some(held);
        Ok(())
    }

    async fn hold(&self) -> Result<Held> {
        Ok(match &self.store.db {
            Database::Sqlite { writer, .. } => Held::Sqlite(writer.pool().acquire().await?),
            Database::Postgres(pool) => Held::Postgres(pool.acquire().await?),
        })
    }

    /// Gives the connection back.
    pub(super) fn rest(&mut self) {
        self.held = None;
    }

    /// Gives it back if others stand in line for it.
    pub(super) fn make_way(&mut self) {
        if matches!(&self.store.db, Database::Sqlite { writer, .. } if writer.is_asked_for()) {
            self.rest();
        }
    }

    /// Keeps one and removes it again, to learn whether deliveries can be kept.
    pub(super) async fn try_to_keep(&self) -> Result<()> {
        let now = self.store.now();
        transaction!(self.store, tx => {
            let id: i64 = sqlx::query_scalar("insert into deliveries (received_at, state, body) values ($1, 'done', $2) returning id")
                .bind(now.0).bind(&b""[..]).fetch_one(&mut *tx).await?;
            sqlx::query("delete from deliveries where id = $1").bind(id).execute(&mut *tx).await?;
        });
        Ok(())
    }
}

async fn keep_in_sqlite(db: &mut SqliteConnection, group: Vec<NewDelivery>, now: Instant) -> sqlx::Result<()> {
    // One statement is a transaction of its own, and one way to SQLite's thread and back.
    QueryBuilder::new("insert into deliveries (received_at, signed_by, workspace_id, connection_id, body) ")
        .push_values(group, |mut row, NewDelivery { signer, body }| {
            let (workspace, connection) = signer.own.unzip();
            row.push_bind(now.0)
                .push_bind(signer.app_id)
                .push_bind(workspace.map(String::from))
                .push_bind(connection.map(String::from))
                .push_bind(body);
        })
        .build()
        .execute(db)
        .await?;
    Ok(())
}

async fn keep_in_postgres(db: &mut PgConnection, group: &[NewDelivery], now: Instant) -> sqlx::Result<()> {
    let own = |delivery: &NewDelivery| delivery.signer.own.clone();
    let apps: Vec<Option<&str>> = group.iter().map(|delivery| delivery.signer.app_id.as_deref()).collect();
    let workspaces: Vec<Option<String>> = group.iter().map(|delivery| own(delivery).map(|own| own.0.into())).collect();
    let connections: Vec<Option<String>> = group.iter().map(|delivery| own(delivery).map(|own| own.1.into())).collect();
    let bodies: Vec<&[u8]> = group.iter().map(|delivery| delivery.body.as_slice()).collect();
    sqlx::query(
        "insert into deliveries (received_at, signed_by, workspace_id, connection_id, body) \
         select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bytea[])",
    )
    .bind(now.0)
    .bind(apps)
    .bind(workspaces)
    .bind(connections)
    .bind(bodies)
    .execute(db)
    .await?;
    Ok(())
}
