//! Writes deliveries, a group at a time.

use super::database::Writer;
use super::{Database, NewDelivery, Result, Store};
use crate::domain::instant::Instant;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, Postgres, QueryBuilder, Sqlite, SqliteConnection};
use std::time::Duration;
use tokio::time::{error::Elapsed, timeout};

/// On Postgres, groups that are written at the same time.
const WRITERS_ON_POSTGRES: u32 = 2;
/// A server that waits so long, for a table that somebody holds, gives a group up, so that it does not appear later though
/// its sender was told to come again. Of a commit that hangs that cannot be said: the delivery may come twice, its events not.
const GIVEN_UP: &str = "set statement_timeout = '8s'";
/// One that says nothing at all, as when the network between was cut, is left after this.
const SILENCE: Duration = Duration::from_secs(10);

macro_rules! keep_and_remove {
    ($tx:ident, $now:ident) => {{
        let id: i64 = sqlx::query_scalar(
            "insert into deliveries (received_at, state, body) values ($1, 'done', $2) returning id",
        )
        .bind($now.0)
        .bind(&b""[..])
        .fetch_one(&mut *$tx)
        .await?;
        sqlx::query("delete from deliveries where id = $1").bind(id).execute(&mut *$tx).await?;
    }};
}

/// Keeps its connection from one group to the next: giving it back to a pool and getting it again are further ways to the
/// database and back, which each group, and all who wait for it, would pay.
pub(super) struct DeliveryWriter {
    store: Store,
    source: Source,
    held: Option<Held>,
}

#[derive(Clone)]
enum Source {
    Sqlite(Writer),
    /// Connections of its own: nobody else's may be given up so soon.
    Postgres(PgPool),
}

enum Held {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl DeliveryWriter {
    /// As many as write side by side.
    pub(super) fn all(store: &Store) -> Vec<Self> {
        let (source, count) = match &store.db {
            Database::Sqlite { writer, .. } => (Source::Sqlite(writer.clone()), 1),
            Database::Postgres(pool) => (Source::Postgres(pool_like(pool)), WRITERS_ON_POSTGRES),
        };
        (0..count).map(|_| Self { store: store.clone(), source: source.clone(), held: None }).collect()
    }

    /// Keeps all or none of them, in one commit. Passes the line of other writers by.
    pub(super) async fn keep(&mut self, group: Vec<NewDelivery>) -> Result<()> {
        let now = self.store.now();
        if let Source::Sqlite(writer) = &self.source {
            writer.note_use();
        }
        let held = match self.held.take() {
            Some(held) => held,
            None => self.hold().await?,
        };
        // Not after a failure: its pool looks whether the connection is still good.
        self.held = Some(match held {
            Held::Sqlite(mut db) => {
                keep_in_sqlite(&mut db, group, now).await?;
                Held::Sqlite(db)
            }
            Held::Postgres(mut db) => {
                let done = timeout(SILENCE, keep_in_postgres(&mut db, &group, now)).await;
                Held::Postgres(if_heard(db, done)?)
            }
        });
        Ok(())
    }

    async fn hold(&self) -> Result<Held> {
        Ok(match &self.source {
            Source::Sqlite(writer) => Held::Sqlite(writer.pool().acquire().await?),
            Source::Postgres(pool) => Held::Postgres(pool.acquire().await?),
        })
    }

    /// Gives the connection back.
    pub(super) fn rest(&mut self) {
        self.held = None;
    }

    /// Gives it back if others stand in line for it.
    pub(super) fn make_way(&mut self) {
        if matches!(&self.source, Source::Sqlite(writer) if writer.is_asked_for()) {
            self.rest();
        }
    }

    /// Keeps one and removes it again, to learn whether deliveries can be kept.
    pub(super) async fn try_to_keep(&self) -> Result<()> {
        let now = self.store.now();
        match &self.source {
            Source::Sqlite(writer) => {
                let turn = writer.turn().await?;
                let mut tx = turn.begin_with("begin immediate").await?;
                keep_and_remove!(tx, now);
                tx.commit().await?;
            }
            Source::Postgres(pool) => {
                let mut db = pool.acquire().await?;
                let done = timeout(SILENCE, try_on_postgres(&mut db, now)).await;
                if_heard(db, done)?;
            }
        }
        Ok(())
    }
}

/// To the same database.
fn pool_like(pool: &PgPool) -> PgPool {
    PgPoolOptions::new()
        .max_connections(WRITERS_ON_POSTGRES)
        .acquire_timeout(SILENCE)
        // Given back, a connection is asked whether it is good; without this, one that fell silent would keep its place.
        .after_release(|db, _| {
            Box::pin(
                async move { timeout(SILENCE, db.ping()).await.map_err(|_| sqlx::Error::PoolTimedOut)?.map(|()| true) },
            )
        })
        .after_connect(|db, _| Box::pin(async move { db.execute(GIVEN_UP).await.map(|_| ()) }))
        .connect_lazy_with(pool.connect_options().as_ref().clone())
}

/// The connection, where it can be used again.
fn if_heard(
    db: PoolConnection<Postgres>,
    done: std::result::Result<sqlx::Result<()>, Elapsed>,
) -> sqlx::Result<PoolConnection<Postgres>> {
    match done {
        Ok(done) => done.map(|()| db),
        Err(_) => {
            // Its pool would wait for its last words.
            drop(db.detach());
            Err(sqlx::Error::PoolTimedOut)
        }
    }
}

async fn try_on_postgres(db: &mut PgConnection, now: Instant) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    keep_and_remove!(tx, now);
    tx.commit().await
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
