//! Work that only one node does at a time.

use super::{Result, Store};
use crate::domain::instant::Instant;

impl Store {
    /// Has one holder at a time until `until`, who may hold it again; `false` when another has it.
    pub async fn hold(&self, what: &'static str, holder: &str, until: Instant) -> Result<bool> {
        let known: Option<String> = read!(self, db => sqlx::query_scalar("select value from installation where name = $1")
            .bind(what).fetch_optional(db).await)?;
        let held = known.as_deref().and_then(|known| known.split_once(' '));
        let by_another = held.is_some_and(|(until, by)| by != holder && until.parse().unwrap_or(0) > self.now().0);
        if by_another {
            return Ok(false);
        }
        let wish = format!("{} {holder}", until.0);
        let taken = change!(self, db => sqlx::query("insert into installation (name, value) values ($1, $2) \
            on conflict (name) do update set value = excluded.value where installation.value = $3")
            .bind(what).bind(wish).bind(known).execute(db).await.map(|done| done.rows_affected()))?;
        Ok(taken > 0)
    }
}
