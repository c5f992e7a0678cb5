//! The sandbox's time: the real one plus an offset that people and tests push forward.

use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clock {
    offset: i64,
}

impl Clock {
    /// Seconds since 1970, as Meta counts.
    pub(crate) fn now(self) -> i64 {
        real_now().saturating_add(self.offset)
    }

    pub(crate) fn advance(&mut self, seconds: i64) {
        self.offset = self.offset.saturating_add(seconds);
    }

    pub(crate) fn offset(self) -> i64 {
        self.offset
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock; everything else asks `Clock`"
)]
fn real_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| i64::try_from(passed.as_secs()).unwrap_or(i64::MAX))
}

/// `2026-11-20T10:42:00+0000`, the form of Graph's dates.
pub(crate) fn iso(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}+0000", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Days since 1970 to a date, by the usual count of eras of 400 years beginning in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn writes_dates_as_graph_does() {
        assert_eq!(iso(0), "1970-01-01T00:00:00+0000");
        assert_eq!(iso(951_782_399), "2000-02-28T23:59:59+0000");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00+0000");
        assert_eq!(iso(1_692_731_153), "2023-08-22T19:05:53+0000");
    }
}
