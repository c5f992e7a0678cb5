//! Says how far long work has come: nothing in the first seconds, then a line now and then.

use greentick::server::operations::back_up::Progress;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(2);

/// On stderr, so that it is in nobody's way.
pub(super) fn teller() -> impl Fn(Progress) + Send + Sync {
    let last = Mutex::new(Instant::now());
    move |Progress { what, done, all }| {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= EVERY {
            *last = Instant::now();
            remark!("  {what}: {} of {} rows", grouped(done), grouped(all));
        }
    }
}

/// `1 234 567`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_can_be_read() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
    }
}
