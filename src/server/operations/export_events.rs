//! Events to carry away, as lines of JSON: a page at a time, so that neither memory nor database is held up by how many
//! there are or how slowly they are taken.

use super::list_events::EventStream;
use super::see_events::{choose, option};
use super::{Failure, Services};
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::WorkspaceId;
use crate::domain::instant::{DAY, Instant, MINUTE, SECOND};
use crate::domain::messages::{ExportPage, ExportWish};
use crate::domain::person::is_user_id;
use crate::domain::phone::TypedNumber;
use crate::domain::problem::Problem;
use crate::server::store::{Actor, ExportedEvents, Wanted};
use futures_util::stream::{Stream, try_unfold};
use serde_json::json;
use std::io;

/// Events read at once.
const PAGE: i64 = 500;
/// Numbers to choose from.
const NUMBERS: i64 = 50;

/// Which events. What is `None` is not looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExportAsked<'a> {
    /// Its id.
    pub connection: Option<&'a str>,
    pub kind: Option<&'a str>,
    /// A phone number in any spelling, or a user id.
    pub person: Option<&'a str>,
    /// Meta's time, both included: RFC 3339, a minute (`2026-11-20T14:00`) or a day (`2026-11-20`), in UTC.
    pub from: Option<&'a str>,
    pub to: Option<&'a str>,
}

/// An export that has begun.
pub struct Export {
    services: Services,
    wanted: ExportedEvents,
    kind: Option<EventKind>,
    number: Option<TypedNumber>,
    begun: Instant,
}

impl Export {
    /// Checks what was asked for, and writes down that it was.
    pub async fn begin(services: &Services, actor: &Actor, asked: ExportAsked<'_>) -> Result<Self, Failure> {
        let EventStream { workspace, connection, kind } =
            EventStream::find(services, &actor.workspace, asked.connection, asked.kind).await?;
        let (wanted, number) = match asked.person {
            Some(typed) => whom(typed)?,
            None => (kind.map_or(Wanted::All, Wanted::Kind), None),
        };
        let (from, to) = times(asked)?;
        let told = json!({"kind": kind.map(EventKind::as_str), "ofOnePerson": asked.person.is_some(),
            "from": asked.from.map(|_| from.rfc3339()), "to": asked.to.map(|_| to.rfc3339())});
        services.store.add_audit(actor, "events_exported", connection.as_ref(), None, Some(told)).await?;
        // What comes later belongs to the next export: this one ends, however much comes in.
        let last = services.store.newest_seq(connection.as_ref()).await?;
        let wanted = ExportedEvents { workspace, connection, wanted, from, to, seen: 0, last };
        Ok(Self { services: services.clone(), wanted, kind, number, begun: services.clock.now() })
    }

    /// `greentick-events-2026-11-20.jsonl`
    pub fn file_name(&self) -> String {
        format!("greentick-events-{}.jsonl", self.begun.form_minute().split('T').next().unwrap_or_default())
    }

    /// The lines, many at once. An error breaks the answer off, so that nobody takes a part for the whole.
    pub fn lines(self) -> impl Stream<Item = io::Result<String>> + Send + 'static {
        try_unfold(self, async |mut export| Ok(export.next().await?.map(|lines| (lines, export))))
    }

    async fn next(&mut self) -> io::Result<Option<String>> {
        while self.wanted.seen < self.wanted.last {
            let events = self.services.store.list_events_to_export(&mut self.wanted, PAGE).await.map_err(|error| {
                tracing::error!(%error, "an export broke off");
                io::Error::other("events could not be read")
            })?;
            let lines: String = events.iter().filter(|event| self.fits(event)).map(line).collect();
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }

    /// What the statement does not compare.
    fn fits(&self, event: &Event) -> bool {
        let phone = event.user.phone.as_deref().unwrap_or_default();
        self.kind.is_none_or(|kind| kind == event.kind) && self.number.as_ref().is_none_or(|number| number.means(phone))
    }
}

fn line(event: &Event) -> String {
    format!("{}\n", event.to_json())
}

fn whom(typed: &str) -> Result<(Wanted, Option<TypedNumber>), Problem> {
    let typed = typed.trim();
    if let Some(number) = TypedNumber::parse(typed) {
        return Ok((Wanted::PhoneTail(number.tail().to_owned()), Some(number)));
    }
    if is_user_id(typed) {
        return Ok((Wanted::User(typed.to_owned()), None));
    }
    Err(Problem::invalid("person", "a phone number, or a WhatsApp user ID such as BR.1A2b3C"))
}

fn times(asked: ExportAsked<'_>) -> Result<(Instant, Instant), Problem> {
    let read = |field: &str, text: &str| {
        parse(text).ok_or_else(|| Problem::invalid(field, "a date, or a date and a time, such as 2026-11-20T14:00"))
    };
    let from = asked.from.map(|text| read("from", text)).transpose()?.map_or(Instant(i64::MIN), |(from, _)| from);
    let to = asked
        .to
        .map(|text| read("to", text))
        .transpose()?
        .map_or(Instant(i64::MAX), |(to, length)| to.plus(length - 1));
    if from > to {
        return Err(Problem::invalid("to", "not before the beginning"));
    }
    Ok((from, to))
}

/// A time and how long it lasts: what is named is meant whole.
fn parse(text: &str) -> Option<(Instant, i64)> {
    let text = text.trim();
    match text.len() {
        10 => Some((Instant::parse_minute(&format!("{text}T00:00"))?, DAY)),
        16 => Some((Instant::parse_minute(text)?, MINUTE)),
        _ => Some((Instant::parse_rfc3339(text)?, SECOND)),
    }
}

/// The form of an export, with what is wished for already.
pub async fn show_export(
    services: &Services,
    workspace: &WorkspaceId,
    wish: ExportWish,
) -> Result<ExportPage, Failure> {
    let mut numbers = services.store.search_connections(workspace, "", None, NUMBERS).await?.rows;
    if !wish.connection.is_empty() {
        choose(services, workspace, &wish.connection, &mut numbers).await?;
    }
    Ok(ExportPage { numbers: numbers.iter().map(option).collect(), wish })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_meant_as_far_as_it_is_named() {
        let nine = Instant::from_seconds(1_799_139_600);
        assert_eq!(parse("2027-01-05T09:00"), Some((nine, MINUTE)));
        assert_eq!(parse("2027-01-05"), Some((nine.plus(-9 * 60 * MINUTE), DAY)));
        assert_eq!(parse("2027-01-05T09:00:00Z"), Some((nine, SECOND)));
        assert_eq!(parse("2027-01-05T11:00:00+02:00"), Some((nine, SECOND)));
        for wrong in ["", "yesterday", "2027-02-30", "2027-01-05T25:00", "é27-01-05"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
