//! When a job that Meta could not do yet is tried again.

use super::seconds;
use crate::server::store::JobKind;

/// A person is watching: soon at first, for about half an hour in all.
const WATCHED: &[i64] = &[
    seconds(1),
    seconds(2),
    seconds(5),
    seconds(10),
    seconds(20),
    seconds(60),
    seconds(300),
    seconds(600),
    seconds(900),
];
/// A button's work: it says how it went within two minutes.
const BUTTON: &[i64] = &[seconds(2), seconds(5), seconds(20), seconds(60)];
/// Somebody was promised that it happens: tried until it has.
const UNTIL_DONE: &[i64] = &[seconds(2), seconds(10), seconds(60), seconds(600), seconds(3_600)];
/// Checks come back by themselves.
const NEVER: &[i64] = &[];

/// Milliseconds until the next try, with a tenth of jitter; `None` when it was the last.
pub(super) fn pause(kind: JobKind, attempts: i64) -> Option<i64> {
    let schedule = match kind {
        JobKind::AdvanceSignup => WATCHED,
        JobKind::ErasePerson => UNTIL_DONE,
        JobKind::RefreshToken | JobKind::ReleaseNumber | JobKind::SubscribeApp | JobKind::ReplayDeliveries => BUTTON,
        // A person looks at the answer and presses again.
        JobKind::CheckConnection | JobKind::AskAddress | JobKind::JudgeEntry => NEVER,
    };
    let pause = match (kind, schedule.get(usize::try_from(attempts).ok()?)) {
        (JobKind::ErasePerson, pause) => pause.or(schedule.last())?,
        (_, pause) => pause?,
    };
    Some(pause + rand::random_range(0..=pause / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        assert!(pause(JobKind::RefreshToken, 0).is_some_and(|pause| (2_000..=2_200).contains(&pause)));
        assert!(pause(JobKind::RefreshToken, 3).is_some_and(|pause| pause >= 60_000));
        assert_eq!(pause(JobKind::RefreshToken, 4), None);
        assert_eq!(pause(JobKind::CheckConnection, 0), None);
        assert!(pause(JobKind::ErasePerson, 99).is_some_and(|pause| pause >= 3_600_000));
    }
}
