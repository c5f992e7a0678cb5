//! What webhooks have said of a connection, where something done here goes before it.

use super::events::KeepsEvents;
use super::{Result, Store};
use crate::domain::heard::{Aspect, GRANTED, Heard, Saying};
use crate::domain::ids::ConnectionId;

impl Store {
    /// The number has been connected again: whatever Meta said before of the end of our access is over.
    pub async fn note_access_granted(&self, id: &ConnectionId) -> Result<()> {
        let granted = Saying { at: self.now(), event: String::new(), value: GRANTED.to_owned(), until: None };
        transaction!(self, tx => {
            // Whoever keeps events reads and writes the same column.
            tx.in_order().await?;
            let known: String = sqlx::query_scalar("select sayings from connections where id = $1")
                .bind(id.as_str()).fetch_one(&mut *tx).await?;
            let mut heard = Heard { last_event_at: None, sayings: serde_json::from_str(&known)? };
            if heard.sayings.get(&Aspect::Access).is_some_and(|said| said.value != GRANTED) {
                heard.note(Aspect::Access, granted.clone());
                sqlx::query("update connections set sayings = $2, version = version + 1 where id = $1")
                    .bind(id.as_str()).bind(serde_json::to_string(&heard.sayings)?).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }
}
