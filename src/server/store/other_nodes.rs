//! What other nodes on the same database have done, heard at once. Postgres alone has others: there each transaction that
//! keeps events says so when it is committed.

use super::{Database, Result, Store};
use sqlx::postgres::PgListener;
use std::future::pending;

pub(super) const CHANNEL: &str = "greentick_events";

impl Store {
    /// Wakes whoever watches events when another node has kept some. Ends only when the line to the database cannot be
    /// opened; one that breaks is opened again.
    pub async fn hear_other_nodes(&self) -> Result<()> {
        let Database::Postgres(pool) = &self.db else { return pending().await };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            // What was said while there was no line has not been heard.
            self.note_event();
            while let Some(told) = listener.try_recv().await? {
                if told.payload() != &*self.node {
                    self.note_event();
                }
            }
        }
    }
}
