//! What this process has received, refused and understood since it started. In memory: a count that is lost with a crash
//! is no delivery lost.

use crate::domain::ids::ConnectionId;
use crate::domain::instant::{Instant, MINUTE, SECOND};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Why a request at a webhook address was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The signature is missing or wrong, or there is no secret to prove it with.
    Signature,
    /// More than 3 MB.
    TooLarge,
    /// The body did not come in time.
    Slow,
    /// The body broke off.
    Incomplete,
    /// No connection has this address.
    UnknownAddress,
    /// Too much waits to be kept.
    Full,
    /// The database refused.
    NotKept,
}

impl Refused {
    pub const ALL: [Self; 7] = [
        Self::Signature,
        Self::TooLarge,
        Self::Slow,
        Self::Incomplete,
        Self::UnknownAddress,
        Self::Full,
        Self::NotKept,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::TooLarge => "tooLarge",
            Self::Slow => "slow",
            Self::Incomplete => "incomplete",
            Self::UnknownAddress => "unknownAddress",
            Self::Full => "full",
            Self::NotKept => "notKept",
        }
    }
}

/// How a background job's turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd {
    Done,
    /// Comes again by itself.
    Postponed,
    /// Ended with a problem that somebody is told of.
    Refused,
    /// A fault of ours.
    Failed,
}

impl JobEnd {
    pub const ALL: [Self; 4] = [Self::Done, Self::Postponed, Self::Refused, Self::Failed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Postponed => "postponed",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Default)]
pub struct Pulse {
    understood_in_all: AtomicU64,
    logins_refused: AtomicU64,
    jobs: [AtomicU64; JobEnd::ALL.len()],
    refused: [AtomicU64; Refused::ALL.len()],
    /// How many deliveries were understood in which second, for the last minute.
    understood: Mutex<Vec<(i64, u64)>>,
    stuck: AtomicBool,
    /// When a call was last refused for its wrong signature, by the address that it came to: `None` is the shared one.
    missigned: Mutex<HashMap<Option<ConnectionId>, Instant>>,
}

impl Pulse {
    pub fn note_missigned(&self, address: Option<&ConnectionId>, now: Instant) {
        let mut missigned = self.missigned.lock().unwrap_or_else(PoisonError::into_inner);
        missigned.insert(address.cloned(), now);
    }

    /// One that was signed rightly has come there.
    pub fn forget_missigned(&self, address: Option<&ConnectionId>) {
        self.missigned.lock().unwrap_or_else(PoisonError::into_inner).remove(&address.cloned());
    }

    /// When a call was last refused there for its wrong signature, since the start.
    pub fn missigned_at(&self, address: Option<&ConnectionId>) -> Option<Instant> {
        let missigned = self.missigned.lock().unwrap_or_else(PoisonError::into_inner);
        missigned.get(&address.cloned()).copied()
    }

    pub fn note_refused(&self, why: Refused) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub fn refused(&self, why: Refused) -> u64 {
        self.refused[why as usize].load(Ordering::Relaxed)
    }

    /// Each reason with its count.
    pub fn all_refused(&self) -> [(Refused, u64); Refused::ALL.len()] {
        Refused::ALL.map(|why| (why, self.refused(why)))
    }

    pub fn note_job(&self, end: JobEnd) {
        self.jobs[end as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Each end with its count.
    pub fn all_jobs(&self) -> [(JobEnd, u64); JobEnd::ALL.len()] {
        JobEnd::ALL.map(|end| (end, self.jobs[end as usize].load(Ordering::Relaxed)))
    }

    pub fn note_login_refused(&self) {
        self.logins_refused.fetch_add(1, Ordering::Relaxed);
    }

    pub fn logins_refused(&self) -> u64 {
        self.logins_refused.load(Ordering::Relaxed)
    }

    /// Deliveries understood since the start.
    pub fn understood(&self) -> u64 {
        self.understood_in_all.load(Ordering::Relaxed)
    }

    pub fn note_understood(&self, now: Instant, deliveries: usize) {
        self.understood_in_all.fetch_add(deliveries as u64, Ordering::Relaxed);
        let mut seconds = self.understood.lock().unwrap_or_else(PoisonError::into_inner);
        let (second, more) = (now.0 / SECOND, deliveries as u64);
        match seconds.last_mut() {
            Some((last, count)) if *last == second => *count += more,
            _ => seconds.push((second, more)),
        }
        seconds.retain(|(at, _)| *at > second - MINUTE / SECOND);
    }

    /// Deliveries understood in the last 60 seconds.
    pub fn understood_a_minute(&self, now: Instant) -> u64 {
        let seconds = self.understood.lock().unwrap_or_else(PoisonError::into_inner);
        let since = (now.0 - MINUTE) / SECOND;
        seconds.iter().filter(|(at, _)| *at > since).map(|(_, count)| count).sum()
    }

    /// Whether the last attempt to understand something met a fault of ours.
    pub fn note_stuck(&self, stuck: bool) {
        self.stuck.store(stuck, Ordering::Relaxed);
    }

    pub fn is_stuck(&self) -> bool {
        self.stuck.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_last_minute_only() {
        let pulse = Pulse::default();
        let at = |second: i64| Instant(second * SECOND + 1);
        pulse.note_understood(at(100), 3);
        pulse.note_understood(at(100), 2);
        pulse.note_understood(at(130), 4);
        assert_eq!(pulse.understood_a_minute(at(131)), 9);
        assert_eq!(pulse.understood_a_minute(at(161)), 4);
        assert_eq!(pulse.understood_a_minute(at(400)), 0);
    }

    #[test]
    fn counts_each_reason_apart() {
        let pulse = Pulse::default();
        pulse.note_refused(Refused::Slow);
        let counts = Refused::ALL.map(|why| pulse.refused(why));
        assert_eq!(counts.iter().sum::<u64>(), pulse.refused(Refused::Slow));
    }
}
