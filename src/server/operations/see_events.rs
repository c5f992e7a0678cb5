//! What the Messages pages show: events looked for along an index, and one of them whole.

use super::{Failure, Services};
use crate::domain::check::Check;
use crate::domain::connection::Lifecycle;
use crate::domain::event::{Event, EventKind};
use crate::domain::event_words::{content, error};
use crate::domain::finding::{Finding, findings};
use crate::domain::ids::{ConnectionId, WorkspaceId};
use crate::domain::instant::DAY;
use crate::domain::messages::{EventLine, EventPage, EventPerson, MessagesPage, NextStep, Nothing, NumberOption};
use crate::domain::person::is_user_id;
use crate::domain::phone::TypedNumber;
use crate::domain::problem::Problem;
use crate::domain::user::{Role, User};
use crate::server::meta::explain_code;
use crate::server::store::{SomeEvents, StoredConnection, Wanted};

/// Events on one page.
const PAGE: usize = 50;
/// What cannot be looked up is looked for, so many events at once, and so often; then the person may go on.
const AT_ONCE: i64 = 500;
const LOOKS: usize = 8;
/// Numbers to choose from. Beyond that the way leads over the number's page.
const NUMBERS: i64 = 50;
/// Longest search and longest line, in characters.
const QUERY: usize = 200;
const LINE: usize = 140;

/// Of what explains silence, what an admin of an app of their own mends by telling Meta where to send.
const TOLD_TO_META: [Check; 5] = [
    Check::NotSubscribed,
    Check::NoCallback,
    Check::CallbackElsewhere,
    Check::CallbackMoved,
    Check::MessagesUnreported,
];

/// What is asked of the Messages page; empty where nothing is.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub connection: String,
    pub query: String,
    pub kind: String,
    pub before: Option<i64>,
}

pub async fn show_messages(services: &Services, user: &User, asked: &Asked) -> Result<MessagesPage, Failure> {
    let store = &services.store;
    let mut numbers = store.search_connections(&user.workspace, "", None, NUMBERS).await?.rows;
    let chosen = choose(services, &user.workspace, &asked.connection, &mut numbers).await?;
    let query: String = asked.query.trim().replace('\0', "").chars().take(QUERY).collect();
    let kind = EventKind::ALL.into_iter().find(|kind| kind.as_str() == asked.kind);
    let mut page = MessagesPage {
        now: services.clock.now(),
        numbers: numbers.iter().map(option).collect(),
        connection: chosen.as_ref().map(|stored| stored.connection.id.clone()),
        query,
        kind,
        lines: Vec::new(),
        next: None,
        older: asked.before.is_some(),
        newest: 0,
        nothing: None,
        may_replay: user.role == Role::Admin,
        of_one_person: false,
    };
    page.of_one_person = TypedNumber::parse(&page.query).is_some() || is_user_id(&page.query);
    let Some(stored) = chosen else {
        page.nothing = Some(Nothing::NoNumber);
        return Ok(page);
    };
    let id = &stored.connection.id;
    // Before the list, so that nothing falls between the two.
    page.newest = store.newest_seq(Some(id)).await?;
    let (found, next) = look(services, id, &Search::of(&page.query, kind), asked.before.unwrap_or(i64::MAX)).await?;
    page.next = next;
    page.newest = found.first().map_or(0, |(seq, _)| *seq).max(page.newest);
    if found.is_empty() {
        page.nothing = Some(match next {
            Some(_) => Nothing::NotSoFar,
            None if page.newest == 0 => silence(services, user, &stored).await?,
            None => Nothing::NoMatch,
        });
    }
    page.lines = found.into_iter().map(|(_, line)| line).collect();
    Ok(page)
}

/// The wished number, which must be there; else the one that was spoken to last.
pub(super) async fn choose(
    services: &Services,
    workspace: &WorkspaceId,
    wished: &str,
    numbers: &mut Vec<StoredConnection>,
) -> Result<Option<StoredConnection>, Failure> {
    if wished.is_empty() {
        let last = numbers.iter().max_by_key(|stored| stored.connection.heard.last_event_at);
        return Ok(last.cloned());
    }
    let found = services.store.find_connection(workspace, &ConnectionId::new(wished)).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    if numbers.iter().all(|stored| stored.connection.id != found.connection.id) {
        numbers.push(found.clone());
    }
    Ok(Some(found))
}

pub(super) fn option(stored: &StoredConnection) -> NumberOption {
    let connection = &stored.connection;
    NumberOption { id: connection.id.clone(), label: connection.label() }
}

/// What is looked up, and what is then still to be compared.
struct Search {
    wanted: Wanted,
    kind: Option<EventKind>,
    number: Option<TypedNumber>,
    /// In lower case.
    text: Option<String>,
}

impl Search {
    /// A search tells by its shape what it is: a message's id, a phone number, a user's id, else words.
    fn of(query: &str, kind: Option<EventKind>) -> Self {
        let found = |wanted| Self { wanted, kind, number: None, text: None };
        if query.is_empty() {
            return found(kind.map_or(Wanted::All, Wanted::Kind));
        }
        if query.starts_with("wamid.") {
            return found(Wanted::Message(query.to_owned()));
        }
        if let Some(number) = TypedNumber::parse(query) {
            return Self { number: Some(number.clone()), ..found(Wanted::PhoneTail(number.tail().to_owned())) };
        }
        if is_user_id(query) {
            return found(Wanted::User(query.to_owned()));
        }
        Self { text: Some(in_one_line(query)), ..found(kind.map_or(Wanted::All, Wanted::Kind)) }
    }

    /// Whether the index alone finds no more than is wanted.
    fn is_exact(&self) -> bool {
        let compares_kind = self.kind.is_some() && !matches!(self.wanted, Wanted::Kind(_));
        self.number.is_none() && self.text.is_none() && !compares_kind
    }

    fn fits(&self, event: &Event) -> bool {
        let phone = event.user.phone.as_deref().unwrap_or_default();
        self.kind.is_none_or(|kind| kind == event.kind)
            && self.number.as_ref().is_none_or(|number| number.means(phone))
            && self.text.as_deref().is_none_or(|text| says(event, text))
    }
}

/// In lower case and on one line, as a list shows it.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether a person reading the event would see this text.
fn says(event: &Event, text: &str) -> bool {
    let error = error(event).map(|error| format!("{} {}", error.code, error.details.unwrap_or_default()));
    let seen = [Some(content(event)), event.user.name.clone(), error, Some(event.field.clone())];
    seen.into_iter().flatten().any(|seen| in_one_line(&seen).contains(text))
}

/// The newest that fit, from before `before`, each by its `seq`, and where to go on when there may be more.
async fn look(
    services: &Services,
    connection: &ConnectionId,
    search: &Search,
    before: i64,
) -> Result<(Vec<(i64, EventLine)>, Option<i64>), Failure> {
    let at_once = if search.is_exact() { i64::try_from(PAGE).unwrap_or(AT_ONCE) + 1 } else { AT_ONCE };
    let (mut found, mut at) = (Vec::new(), before);
    for _ in 0..LOOKS {
        let SomeEvents { events, more } =
            services.store.list_newest_events(connection, &search.wanted, at, at_once).await?;
        for event in events {
            if search.fits(&event) && found.len() == PAGE {
                return Ok((found, Some(at)));
            }
            at = event.seq;
            if search.fits(&event) {
                found.push((event.seq, line(&event)));
            }
        }
        if !more {
            return Ok((found, None));
        }
    }
    Ok((found, Some(at)))
}

fn line(event: &Event) -> EventLine {
    EventLine {
        id: event.id.clone(),
        at: event.at,
        kind: event.kind,
        direction: event.kind.direction(),
        who: person(event),
        what: shortened(&content(event)),
    }
}

fn person(event: &Event) -> EventPerson {
    let user = &event.user;
    let phone = user.phone.as_ref().map(|digits| format!("+{digits}"));
    EventPerson { name: user.name.clone(), phone, user_id: user.user_id.clone() }
}

fn shortened(text: &str) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= LINE {
        return one_line;
    }
    one_line.chars().take(LINE - 1).chain(['…']).collect()
}

/// Why nothing is there, and the one thing to do.
async fn silence(services: &Services, user: &User, stored: &StoredConnection) -> Result<Nothing, Failure> {
    let connection = &stored.connection;
    let last = connection.heard.last_event_at;
    if connection.lifecycle == Lifecycle::Disconnected {
        let what = "This number is disconnected.".to_owned();
        let cause = "Meta sends nothing here until it is connected again.".to_owned();
        return Ok(Nothing::NotThere { last, what, cause, step: NextStep::OpenNumber });
    }
    let found = findings(&services.standing(stored));
    let why = found.iter().find(|finding| finding.check.explains_silence());
    if let Some(Finding { what, cause, check, .. }) = why {
        let tells_meta = connection.own_app && user.role == Role::Admin && TOLD_TO_META.contains(check);
        let step = if tells_meta { NextStep::OpenReceiving } else { NextStep::OpenNumber };
        return Ok(Nothing::NotThere { last, what: what.clone(), cause: cause.clone(), step });
    }
    if let Some(refused) = missigned(services, user, stored).await? {
        return Ok(refused);
    }
    let cause = match (last, services.keeping.event_days) {
        (None, _) => {
            "Perhaps nobody has written yet. If somebody has: while the Meta app is in development mode, Meta passes on \
             nothing but its own tests. Set the app to Live at Meta."
                .to_owned()
        }
        (Some(_), Some(days)) => {
            format!("Messages are kept for {days} days here, unless a person's data is deleted earlier.")
        }
        (Some(_), None) => "A person's data was deleted here, and the messages with it.".to_owned(),
    };
    let step = NextStep::TryIt { number: connection.display_number.clone() };
    Ok(Nothing::NotThere { last, what: "Nothing is known to be wrong.".to_owned(), cause, step })
}

/// Calls of the last day that were refused for their wrong signature, when nothing has come since.
async fn missigned(services: &Services, user: &User, stored: &StoredConnection) -> Result<Option<Nothing>, Failure> {
    let (connection, now) = (&stored.connection, services.clock.now());
    let last = connection.heard.last_event_at;
    let refused = services.pulse.missigned_at(connection.own_app.then_some(&connection.id));
    let recent = refused.filter(|at| now.since(*at) < DAY && last.is_none_or(|last| *at > last));
    let Some(at) = recent else { return Ok(None) };
    let step = match (user.role, connection.own_app) {
        (Role::Admin, true) => NextStep::CompareOwnSecret,
        // It is the whole installation's.
        (Role::Admin, false) if services.store.is_first_workspace(&user.workspace).await? => NextStep::CompareSecret,
        _ => NextStep::Explained("bad_signature".to_owned()),
    };
    let what = format!("Deliveries with a wrong signature were refused here, the last one {}.", at.relative(now));
    let cause = "Meta signs with the secret of the app that sends; another secret is kept here, or it was not Meta who sent \
                 it. Compare the app secret here with the one at Meta, under App settings, Basic.";
    Ok(Some(Nothing::NotThere { last, what, cause: cause.to_owned(), step }))
}

/// `replay` is one that was begun a moment ago.
pub async fn show_event(services: &Services, user: &User, id: &str, replay: &str) -> Result<EventPage, Failure> {
    // Logs name an event by its seq.
    let found = match id.parse() {
        Ok(seq) => services.store.find_event_by_seq(&user.workspace, seq).await?,
        Err(_) => services.store.find_event(&user.workspace, id).await?,
    };
    let event = found.ok_or_else(Problem::not_found)?;
    let stored = services.store.find_connection(&user.workspace, &event.connection).await?;
    let stored = stored.ok_or_else(Problem::not_found)?;
    let replay = match replay {
        "" => None,
        replay => services.store.find_replay(&user.workspace, replay).await?,
    };
    let error = error(&event);
    Ok(EventPage {
        now: services.clock.now(),
        number: option(&stored).label,
        who: person(&event),
        content: content(&event),
        explained: error.as_ref().and_then(|error| explain_code(error.code, &error.title)),
        error,
        meta: serde_json::to_string_pretty(&event.meta).unwrap_or_default(),
        may_replay: user.role == Role::Admin,
        replay,
        id: event.id,
        seq: event.seq,
        kind: event.kind,
        direction: event.kind.direction(),
        connection: event.connection,
        at: event.at,
        received_at: event.received_at,
        field: event.field,
        message_id: event.message_id,
    })
}
