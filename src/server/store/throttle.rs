//! Failed logins, counted per account and per address, so that guessing gets slower the longer it goes on.

use super::{Result, Store};
use crate::domain::instant::{DAY, HOUR, Instant, MINUTE, SECOND};

/// Failures that cost nothing: people mistype.
const FREE_FAILURES: i64 = 5;
const LONGEST_WAIT: i64 = 15 * MINUTE;
/// After this long without a failure the count starts anew.
const FORGET_AFTER: i64 = HOUR;

/// Too many failures: nothing is checked before this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub until: Instant,
}

/// 0 s for the first five failures, then 2 s, 4 s, 8 s, up to 15 minutes.
fn wait_after(failures: i64) -> i64 {
    let over = failures - FREE_FAILURES;
    if over <= 0 { 0 } else { (SECOND << over.min(20)).min(LONGEST_WAIT) }
}

impl Store {
    /// Counts one failure for each subject (`account:…`, `address:…`) before the password is checked, or says that one
    /// of them has to wait. Both under a lock: many guesses at once cannot slip through together.
    pub async fn count_login_failure(&self, subjects: &[String]) -> Result<Option<Refusal>> {
        let now = self.now();
        let mut until = now;
        transaction!(self, tx => {
            let mut counted = Vec::new();
            for subject in subjects {
                // Changes nothing in a row that is there, but locks it until the commit.
                let (failures, last_at, blocked_until): (i64, i64, i64) = sqlx::query_as(
                    "insert into login_failures (subject, failures, last_at, blocked_until) values ($1, 0, $2, 0) \
                    on conflict (subject) do update set subject = excluded.subject returning failures, last_at, blocked_until")
                    .bind(subject).bind(now.0).fetch_one(&mut *tx).await?;
                let forgotten = now.since(Instant(last_at)) >= FORGET_AFTER;
                counted.push((subject, if forgotten { 1 } else { failures + 1 }));
                until = until.max(Instant(blocked_until));
            }
            for (subject, failures) in counted.into_iter().filter(|_| until == now) {
                sqlx::query("update login_failures set failures = $2, last_at = $3, blocked_until = $4 where subject = $1")
                    .bind(subject).bind(failures).bind(now.0).bind(now.plus(wait_after(failures)).0).execute(&mut *tx).await?;
            }
        });
        Ok((until > now).then_some(Refusal { until }))
    }

    pub async fn forget_login_failures(&self, subjects: &[String]) -> Result<()> {
        for subject in subjects {
            change!(self, db => sqlx::query("delete from login_failures where subject = $1").bind(subject).execute(db).await.map(|_| ()))?;
        }
        Ok(())
    }

    /// Removes counts that no longer matter, and ended sessions.
    pub async fn purge_login_traces(&self) -> Result<()> {
        let now = self.now();
        change!(self, db => sqlx::query("delete from login_failures where last_at < $1").bind(now.plus(-DAY).0).execute(db).await.map(|_| ()))?;
        change!(self, db => sqlx::query("delete from sessions where expires_at < $1").bind(now.0).execute(db).await.map(|_| ()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_and_is_bounded() {
        assert_eq!(wait_after(5), 0);
        assert_eq!(wait_after(6), 2 * SECOND);
        assert_eq!(wait_after(7), 4 * SECOND);
        assert_eq!(wait_after(1_000), LONGEST_WAIT);
    }
}
