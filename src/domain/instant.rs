//! Points in time as milliseconds since 1970, the way both databases keep them, and as people read them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[day padding:none] [month repr:long] [year]");
const DATE_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC");
const FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]");
const SPOKEN: &[BorrowedFormatItem<'_>] =
    format_description!("[day padding:none] [month repr:short] at [hour]:[minute] UTC");
const CLOCK_TIME: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute] UTC");

/// Milliseconds since 1 January 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// From Meta's unix seconds.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND))
    }

    /// `2026-11-20T14:05`, UTC, as forms send it; seconds are not looked at.
    pub fn parse_minute(text: &str) -> Option<Self> {
        let minute = time::PrimitiveDateTime::parse(text.trim().get(..16)?, FORM).ok()?;
        Some(Self::from_seconds(minute.assume_utc().unix_timestamp()))
    }

    /// `2026-11-20T14:05:09Z`, or with another offset; parts of a second are not looked at.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        Some(Self::from_seconds(OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp()))
    }

    /// As [`Self::parse_minute`] reads it.
    pub fn form_minute(self) -> String {
        self.format(FORM)
    }

    pub fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this; negative when this comes first.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn format(self, description: &[BorrowedFormatItem<'_>]) -> String {
        OffsetDateTime::from_unix_timestamp(self.0.div_euclid(SECOND))
            .ok()
            .and_then(|moment| moment.format(description).ok())
            .unwrap_or_else(|| "an unknown day".to_owned())
    }

    /// `19 January 2027`
    pub fn date(self) -> String {
        self.format(DATE)
    }

    /// `19 Jan 2027, 10:42 UTC`
    pub fn date_time(self) -> String {
        self.format(DATE_TIME)
    }

    /// `18 Nov at 14:02 UTC`, as one writes to somebody soon after.
    pub fn spoken(self) -> String {
        self.format(SPOKEN)
    }

    /// `10:42 UTC`
    pub fn clock_time(self) -> String {
        self.format(CLOCK_TIME)
    }

    /// RFC 3339, for machines and for `<time datetime>`.
    pub fn rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp(self.0.div_euclid(SECOND))
            .ok()
            .and_then(|moment| moment.format(&Rfc3339).ok())
            .unwrap_or_default()
    }

    /// `just now`, `4 minutes ago`, `in 3 days`, as seen from `now`.
    pub fn relative(self, now: Self) -> String {
        let distance = now.since(self);
        let (amount, unit) = match distance.abs() {
            d if d < MINUTE => return if distance >= 0 { "just now".to_owned() } else { "in a moment".to_owned() },
            d if d < HOUR => (d / MINUTE, "minute"),
            d if d < 2 * DAY => (d / HOUR, "hour"),
            d => (d / DAY, "day"),
        };
        let plural = if amount == 1 { "" } else { "s" };
        if distance >= 0 { format!("{amount} {unit}{plural} ago") } else { format!("in {amount} {unit}{plural}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_distance_as_people_say_it() {
        let now = Instant(100 * DAY);
        assert_eq!(now.relative(now), "just now");
        assert_eq!(now.plus(-4 * MINUTE).relative(now), "4 minutes ago");
        assert_eq!(now.plus(-HOUR).relative(now), "1 hour ago");
        assert_eq!(now.plus(3 * DAY).relative(now), "in 3 days");
    }

    #[test]
    fn reads_what_forms_send() {
        let moment = Instant::parse_minute("2027-01-05T09:00").unwrap();
        assert_eq!((moment, moment.form_minute().as_str()), (Instant::from_seconds(1_799_139_600), "2027-01-05T09:00"));
        assert_eq!(Instant::parse_minute("2027-01-05T09:00:30"), Some(moment));
        for wrong in ["", "2027-01-05", "2027-13-05T09:00", "é027-01-05T09:00x", "tomorrow at nine"] {
            assert_eq!(Instant::parse_minute(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn writes_dates_without_a_leading_zero() {
        let moment = Instant::from_seconds(1_799_139_600);
        assert_eq!(moment.date(), "5 January 2027");
        assert_eq!(moment.date_time(), "5 Jan 2027, 09:00 UTC");
        assert_eq!(moment.spoken(), "5 Jan at 09:00 UTC");
        assert_eq!(moment.rfc3339(), "2027-01-05T09:00:00Z");
    }
}
