//! How long what has come in is kept.

use super::{BadSetting, Given, bad, filled};
use crate::domain::instant::{DAY, Instant};

const EVENT_DAYS: i64 = 90;
const DELIVERY_DAYS: i64 = 30;
/// Meta sends again for seven days (fact base §5.2): an event that went before that would come back as a new one. And what is
/// sent on is tried for three days, made anew from its event each time.
const LEAST_EVENT_DAYS: i64 = 8;
const MIGHT_COME_BACK: &str =
    ". Meta sends again for seven days: what was removed before that would come back as new, and be sent on once more";
/// A century; beyond that one means `forever`.
const MOST_DAYS: i64 = 36_500;
const FOREVER: &str = "forever";

/// In days; `None` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// `GREENTICK_KEEP_EVENTS_DAYS`.
    pub event_days: Option<i64>,
    /// `GREENTICK_KEEP_DELIVERIES_DAYS`. Never more than the events': a delivery that outlives its events would bring
    /// them back when it is replayed.
    pub delivery_days: Option<i64>,
}

impl Keeping {
    pub(super) fn read(given: &Given) -> Result<Self, BadSetting> {
        let name = "GREENTICK_KEEP_EVENTS_DAYS";
        let event_days = days(name, given.keep_events_days.as_deref(), LEAST_EVENT_DAYS, Some(EVENT_DAYS))?;
        let usual = event_days.map_or(DELIVERY_DAYS, |days| days.min(DELIVERY_DAYS));
        let name = "GREENTICK_KEEP_DELIVERIES_DAYS";
        let delivery_days = days(name, given.keep_deliveries_days.as_deref(), 1, Some(usual))?;
        if let Some(events) = event_days.filter(|events| delivery_days.is_none_or(|days| days > *events)) {
            let why = format!(
                "must not be longer than GREENTICK_KEEP_EVENTS_DAYS, which is {events}: a delivery that outlives its events \
                 would bring them back when it is replayed"
            );
            return Err(bad(name, why));
        }
        Ok(Self { event_days, delivery_days })
    }

    /// Events that came before this are not kept.
    pub fn events_since(self, now: Instant) -> Option<Instant> {
        self.event_days.map(|days| now.plus(-days * DAY))
    }

    /// Deliveries that came before this are not kept.
    pub fn deliveries_since(self, now: Instant) -> Option<Instant> {
        self.delivery_days.map(|days| now.plus(-days * DAY))
    }
}

fn days(name: &'static str, given: Option<&str>, least: i64, usual: Option<i64>) -> Result<Option<i64>, BadSetting> {
    let Some(text) = filled(given) else { return Ok(usual) };
    if text.eq_ignore_ascii_case(FOREVER) {
        return Ok(None);
    }
    match text.parse() {
        Ok(days) if (least..=MOST_DAYS).contains(&days) => Ok(Some(days)),
        refused => {
            let rule = format!("write a number of days from {least} to {MOST_DAYS}, or `{FOREVER}` to keep all");
            let too_few = refused.is_ok_and(|days| (1..least).contains(&days));
            let why = if too_few { MIGHT_COME_BACK } else { "" };
            Err(bad(name, format!("`{text}`: {rule}{why}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(events: &str, deliveries: &str) -> Result<(Option<i64>, Option<i64>), String> {
        let given = Given {
            keep_events_days: Some(events.to_owned()),
            keep_deliveries_days: Some(deliveries.to_owned()),
            ..Given::default()
        };
        let keeping = Keeping::read(&given).map_err(|error| error.to_string())?;
        Ok((keeping.event_days, keeping.delivery_days))
    }

    #[test]
    fn days_or_for_ever() {
        assert_eq!(read("", ""), Ok((Some(90), Some(30))));
        assert_eq!(read("365", "7"), Ok((Some(365), Some(7))));
        assert_eq!(read("14", ""), Ok((Some(14), Some(14))));
        assert_eq!(read("8", "1"), Ok((Some(8), Some(1))));
        assert_eq!(read("forever", ""), Ok((None, Some(30))));
        assert_eq!(read(" Forever ", "forever"), Ok((None, None)));
    }

    #[test]
    fn a_bad_value_is_told_by_name() {
        for wrong in ["0", "3", "7", "-1", "90 days", "36501", "never", "1.5"] {
            let why = read(wrong, "").unwrap_err();
            assert!(why.starts_with(&format!("GREENTICK_KEEP_EVENTS_DAYS: `{wrong}`")), "{why}");
            assert!(why.contains("`forever`"), "{why}");
        }
        assert!(!read("never", "").unwrap_err().contains("seven days"));
        for short in ["1", "7"] {
            let why = read(short, "").unwrap_err();
            assert!(why.contains("from 8 to 36500") && why.contains("sends again for seven days"), "{why}");
        }
        for deliveries in ["31", "forever"] {
            let why = read("30", deliveries).unwrap_err();
            assert!(why.starts_with("GREENTICK_KEEP_DELIVERIES_DAYS: must not be longer"), "{why}");
        }
    }
}
