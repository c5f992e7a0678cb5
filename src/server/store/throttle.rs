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
    /// Whether any of the subjects (`account:…`, `address:…`) has to wait.
    pub async fn login_refusal(&self, subjects: &[String]) -> Result<Option<Refusal>> {
        let now = self.now();
        let mut until = now;
        for subject in subjects {
            let blocked: Option<i64> = read!(self, db => sqlx::query_scalar("select blocked_until from login_failures where subject = $1")
                .bind(subject).fetch_optional(db).await)?;
            until = until.max(Instant(blocked.unwrap_or(0)));
        }
        Ok((until > now).then_some(Refusal { until }))
    }

    /// Counts one failure for each subject, before the password is checked: many at once cannot slip through together.
    pub async fn count_login_failure(&self, subjects: &[String]) -> Result<()> {
        let now = self.now();
        transaction!(self, tx => for subject in subjects {
            let counted: Option<i64> = sqlx::query_scalar("select failures from login_failures where subject = $1 and last_at > $2")
                .bind(subject).bind(now.plus(-FORGET_AFTER).0).fetch_optional(&mut *tx).await?;
            let failures = counted.unwrap_or(0) + 1;
            sqlx::query("insert into login_failures (subject, failures, last_at, blocked_until) values ($1, $2, $3, $4) \
                on conflict (subject) do update set failures = excluded.failures, last_at = excluded.last_at, blocked_until = excluded.blocked_until")
                .bind(subject).bind(failures).bind(now.0).bind(now.plus(wait_after(failures)).0).execute(&mut *tx).await?;
        });
        Ok(())
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
