//! Says how far long work has come: nothing in the first seconds, then a line now and then.

use greentick::domain::counts::grouped;
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
