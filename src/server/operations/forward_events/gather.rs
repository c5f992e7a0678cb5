//! Makes requests of the events that have come: one of each event, or of each delivery and connection where whole envelopes
//! are wanted.

use super::takes_deliveries;
use crate::domain::forward::Forward;
use crate::server::store::{NewItem, Passing};

/// Events looked at in one step: more than Meta puts into one delivery.
pub(super) const LOOKED_AT: i64 = 2_000;

pub(super) struct Gathered {
    pub(super) items: Vec<NewItem>,
    /// Up to here everything is queued or passed over; `None` when nothing could be.
    pub(super) cursor: Option<i64>,
}

/// `newest` is the newest event there was before `passing` was read; `most` requests fit into the queue.
pub(super) fn gather(forward: &Forward, passing: &[Passing], newest: i64, most: usize) -> Gathered {
    let whole = takes_deliveries(forward.format);
    let ready = if whole { whole_deliveries(passing) } else { passing };
    let (mut items, mut cursor): (Vec<NewItem>, _) = (Vec::new(), None);
    for event in ready {
        if forward.kinds.is_empty() || forward.kinds.contains(&event.kind) {
            let same = |item: &NewItem| item.delivery == event.delivery && item.connection == event.connection;
            let known = if whole { items.iter().rposition(same) } else { None };
            match known {
                Some(place) => items[place].last_seq = event.seq,
                None if items.len() == most => return Gathered { items, cursor },
                None => items.push(NewItem {
                    connection: event.connection.clone(),
                    delivery: event.delivery,
                    first_seq: event.seq,
                    last_seq: event.seq,
                }),
            }
        }
        cursor = Some(event.seq);
    }
    let all = ready.len() == passing.len() && is_last_page(passing);
    Gathered { items, cursor: if all { cursor.max(Some(newest)) } else { cursor } }
}

fn is_last_page(passing: &[Passing]) -> bool {
    i64::try_from(passing.len()).is_ok_and(|count| count < LOOKED_AT)
}

/// Without a delivery of which more may come: one that is still being understood, or that the page ends with.
fn whole_deliveries(passing: &[Passing]) -> &[Passing] {
    let ready = passing.iter().position(|event| event.unfinished).map_or(passing, |place| &passing[..place]);
    if ready.len() < passing.len() || is_last_page(passing) {
        return ready;
    }
    let Some(last) = ready.last().map(|event| event.delivery) else { return ready };
    let begins = ready.iter().position(|event| event.delivery == last).unwrap_or_default();
    if begins == 0 { ready } else { &ready[..begins] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventKind;
    use crate::domain::forward::{ForwardFormat, ForwardState};
    use crate::domain::ids::{ConnectionId, ForwardId, WorkspaceId};
    use crate::domain::instant::Instant;
    use proptest::prelude::*;

    fn forward(format: ForwardFormat, kinds: &[EventKind]) -> Forward {
        Forward {
            id: ForwardId::new("f"),
            workspace: WorkspaceId::new("w"),
            name: String::new(),
            url: String::new(),
            format,
            connection: None,
            kinds: kinds.to_vec(),
            header_name: None,
            has_verify_token: false,
            state: ForwardState::On,
            failing_since: None,
            last_success_at: None,
            old_secret_until: None,
            created_at: Instant(0),
        }
    }

    fn event(seq: i64, delivery: i64, connection: u8, kind: EventKind) -> Passing {
        Passing { seq, connection: ConnectionId::new(connection.to_string()), delivery, kind, unfinished: false }
    }

    #[test]
    fn an_envelope_waits_until_all_of_its_delivery_is_understood() {
        let meta = forward(ForwardFormat::Meta, &[]);
        let mut events = vec![event(1, 1, 1, EventKind::Read), event(2, 2, 1, EventKind::Read)];
        events[1].unfinished = true;
        let gathered = gather(&meta, &events, 9, 10);
        assert_eq!((gathered.items.len(), gathered.cursor), (1, Some(1)));
        let single = gather(&forward(ForwardFormat::Greentick, &[]), &events, 9, 10);
        assert_eq!((single.items.len(), single.cursor), (2, Some(9)));
    }

    #[test]
    fn other_kinds_are_passed_over() {
        let wants = forward(ForwardFormat::Greentick, &[EventKind::Failed]);
        let events = [event(5, 1, 1, EventKind::Read), event(7, 1, 1, EventKind::Failed)];
        let gathered = gather(&wants, &events, 6, 10);
        assert_eq!((gathered.items[0].first_seq, gathered.cursor), (7, Some(7)));
        assert_eq!(gather(&wants, &[], 6, 10).cursor, Some(6));
    }

    proptest! {
        /// Read on from each cursor, with a queue of any size, every event is in exactly one request.
        #[test]
        fn nothing_is_lost_and_nothing_comes_twice(
            shape in proptest::collection::vec((1i64..4, 1i64..6, 0u8..2), 0..40), most in 1usize..5, meta in any::<bool>(),
        ) {
            let (mut seq, mut delivery, mut all) = (0, 0, Vec::new());
            for (gap, step, connection) in shape {
                seq += gap;
                delivery += i64::from(step > 3);
                all.push(event(seq, delivery, connection, EventKind::Read));
            }
            let format = if meta { ForwardFormat::Meta } else { ForwardFormat::Greentick };
            let (wants, mut cursor, mut covered) = (forward(format, &[]), 0, Vec::new());
            for _ in 0..=all.len() {
                let rest: Vec<Passing> = all.iter().filter(|event| event.seq > cursor).cloned().collect();
                let gathered = gather(&wants, &rest, seq, most);
                prop_assert!(gathered.items.len() <= most);
                for item in &gathered.items {
                    let of_it = rest.iter().filter(|event| event.delivery == item.delivery && event.connection == item.connection);
                    covered.extend(of_it.map(|event| event.seq).filter(|seq| (item.first_seq..=item.last_seq).contains(seq)));
                }
                cursor = gathered.cursor.unwrap_or(cursor);
            }
            covered.sort_unstable();
            let wanted: Vec<i64> = all.iter().map(|event| event.seq).collect();
            prop_assert_eq!(covered, wanted);
        }
    }
}
