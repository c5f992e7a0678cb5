//! What webhooks have said of a connection, besides messages. Of each aspect the newest statement counts, so that the
//! order in which Meta sends them does not matter.

use super::health::Snapshot;
use super::instant::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// Whether our app may still act for the account: `granted` or Meta's word for its end, [`APP_DISCONNECTED`] with the
    /// reason behind it.
    Access,
    /// `DISABLE`, `REINSTATE`, `SCHEDULE_FOR_DISABLE`.
    Ban,
    /// Meta's restriction types, comma-separated.
    Restriction,
    /// `APPROVED`, `REJECTED`, …: the account's review.
    Review,
    /// The display name's review, in the words of the number node.
    Name,
    /// `TIER_2K`, as the number node has it.
    Limit,
    /// A message failed for want of a payment method that works: Meta's words for it.
    Payment,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    pub at: Instant,
    /// The event that said it.
    pub event: String,
    pub value: String,
    /// When it ends by itself, if Meta says so.
    #[serde(default)]
    pub until: Option<Instant>,
}

/// Before Meta's reason why a number of the WhatsApp Business app is no longer connected with us.
pub const APP_DISCONNECTED: &str = "PARTNER_REMOVED:";
/// Access that Meta has given.
pub const GRANTED: &str = "granted";

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When the last event of any kind came.
    pub last_event_at: Option<Instant>,
    pub sayings: BTreeMap<Aspect, Saying>,
}

impl Heard {
    /// Keeps the newer one; of two of the same moment the one whose event has the greater id.
    pub fn note(&mut self, aspect: Aspect, saying: Saying) {
        let key = |saying: &Saying| (saying.at, saying.event.clone());
        match self.sayings.get(&aspect) {
            Some(known) if key(known) >= key(&saying) => {}
            _ => drop(self.sayings.insert(aspect, saying)),
        }
    }

    /// What was said after `then`.
    pub fn since(&self, aspect: Aspect, then: Option<Instant>) -> Option<&Saying> {
        self.sayings.get(&aspect).filter(|saying| then.is_none_or(|then| saying.at > then))
    }

    /// A reading with what Meta has said since.
    pub fn upon(&self, mut snapshot: Snapshot) -> Snapshot {
        let taken = Some(snapshot.taken_at);
        let value = |aspect| self.since(aspect, taken).map(|saying| saying.value.clone());
        if let Some(number) = &mut snapshot.number {
            number.name_status = value(Aspect::Name).or(number.name_status.take());
            number.messaging_limit = value(Aspect::Limit).or(number.messaging_limit.take());
        }
        if let Some(waba) = &mut snapshot.waba {
            waba.account_review_status = value(Aspect::Review).or(waba.account_review_status.take());
        }
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::health::{NumberReading, WabaReading};
    use proptest::prelude::*;

    fn saying(at: i64, event: &str, value: &str) -> Saying {
        Saying { at: Instant(at), event: event.into(), value: value.into(), until: None }
    }

    proptest! {
        #[test]
        fn order_and_repetition_change_nothing(
            said in proptest::collection::vec((0..4i64, 0..6usize, any::<bool>()), 1..20).prop_shuffle(),
            seed in proptest::collection::vec(any::<proptest::sample::Index>(), 0..40),
        ) {
            let tell = |heard: &mut Heard, (at, event, ban): (i64, usize, bool)| {
                let aspect = if ban { Aspect::Ban } else { Aspect::Name };
                heard.note(aspect, saying(at, &format!("e{event}"), &format!("{event}")));
            };
            let (mut one, mut other) = (Heard::default(), Heard::default());
            said.iter().for_each(|said| tell(&mut one, *said));
            said.iter().rev().for_each(|said| tell(&mut other, *said));
            seed.iter().for_each(|index| tell(&mut other, *index.get(&said)));
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn what_was_said_after_a_reading_counts_and_what_was_said_before_does_not() {
        let number = NumberReading { name_status: Some("PENDING_REVIEW".into()), ..NumberReading::default() };
        let waba = WabaReading { account_review_status: Some("APPROVED".into()), ..WabaReading::default() };
        let taken_at = Instant(100);
        let snapshot = Snapshot { taken_at, number: Some(number), waba: Some(waba), routing: None };
        let mut heard = Heard::default();
        heard.note(Aspect::Name, saying(101, "a", "APPROVED"));
        heard.note(Aspect::Review, saying(99, "b", "REJECTED"));
        let now = heard.upon(snapshot);
        assert_eq!(now.number.unwrap().name_status.as_deref(), Some("APPROVED"));
        assert_eq!(now.waba.unwrap().account_review_status.as_deref(), Some("APPROVED"));
    }
}
