//! One person's data is found and erased here: which, how far that has come, and that it does not come back.

use super::database::among;
use super::deliveries::ReadDeliveries;
use super::events::KeepsEvents;
use super::jobs::insert_job;
use super::{Actor, JobKind, NewEvent, NewJob, Result, Store, WaitingDelivery, new_id};
use crate::domain::envelope::{forget, names_in};
use crate::domain::erasure::Erasure;
use crate::domain::ids::{UserId, WorkspaceId, is_id};
use crate::domain::instant::Instant;
use crate::domain::person::Person;
use crate::server::vault::{Place, Vault};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, FromRow};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Ids of events that are looked through at once: more rows are never changed in one transaction.
const WINDOW: i64 = 400;

pub(super) const MARKS: &str = "select mark, erased_at from erased_people where erased_at > $1";
pub(super) const ERASE_DELIVERY: &str =
    "update deliveries set state = 'erased', last_error = null, body = $2 where id = $1";

/// Whose data was erased when: what happened before is not kept again.
pub(super) struct Marks<'a> {
    salt: &'a SecretString,
    known: HashMap<String, i64>,
}

impl<'a> Marks<'a> {
    pub(super) fn new(salt: &'a SecretString, known: Vec<(String, i64)>) -> Self {
        Self { salt, known: known.into_iter().collect() }
    }

    /// What may be kept of events, and which deliveries say more than that.
    pub(super) fn apply<'e>(&self, events: &'e [NewEvent]) -> (Vec<Cow<'e, NewEvent>>, HashSet<i64>) {
        if self.known.is_empty() {
            return (events.iter().map(Cow::Borrowed).collect(), HashSet::new());
        }
        let (mut kept, mut erased) = (Vec::with_capacity(events.len()), HashSet::new());
        for event in events {
            if self.hides(event) {
                erased.insert(event.delivery);
            } else if let Some(left) = self.thinned(event) {
                erased.insert(event.delivery);
                kept.push(Cow::Owned(left));
            } else {
                kept.push(Cow::Borrowed(event));
            }
        }
        (kept, erased)
    }

    fn erased_at(&self, event: &NewEvent, name: &str) -> Option<Instant> {
        self.known.get(&mark(self.salt, &event.to.workspace, name)).copied().map(Instant)
    }

    /// It is about somebody erased since.
    fn hides(&self, event: &NewEvent) -> bool {
        let names = [event.user.phone.as_deref(), event.user.user_id.as_deref()];
        names.into_iter().flatten().filter_map(|name| self.erased_at(event, name)).any(|at| event.at <= at)
    }

    /// About somebody else, without those erased since; `None` when it does not name them.
    fn thinned(&self, event: &NewEvent) -> Option<NewEvent> {
        let names = names_in(&event.meta).into_iter();
        let named: Vec<_> = names.filter_map(|name| Some((self.erased_at(event, &name)?, name))).collect();
        if named.is_empty() {
            return None;
        }
        let (mut left, mut changed) = (event.clone(), false);
        for (until, name) in named {
            changed |= forget(&event.field, event.at, &mut left.meta, &Person::called(&name), until);
        }
        changed.then_some(left)
    }
}

/// Knows a person again without keeping who it is.
fn mark(salt: &SecretString, workspace: &WorkspaceId, name: &str) -> String {
    Vault::fingerprint(salt, &format!("{workspace}|{name}").into())
}

fn place(id: &str) -> Place<'_> {
    Place("erasures", "person", id)
}

#[derive(FromRow)]
struct Row {
    id: String,
    workspace_id: String,
    actor: String,
    hint: String,
    person_sealed: Option<Vec<u8>>,
    first_delivery: i64,
    next_delivery: i64,
    last_delivery: i64,
    first_event: i64,
    next_event: i64,
    last_event: i64,
    deliveries: i64,
    events: i64,
    mentions: i64,
    created_at: i64,
    finished_at: Option<i64>,
}

impl From<Row> for Erasure {
    fn from(row: Row) -> Self {
        let all = row.last_delivery - row.first_delivery + row.last_event - row.first_event + 2;
        let done = row.next_delivery - row.first_delivery + row.next_event - row.first_event;
        Self {
            id: row.id,
            actor: row.actor,
            hint: row.hint,
            deliveries: row.deliveries,
            events: row.events,
            mentions: row.mentions,
            percent: if row.finished_at.is_some() || all <= 0 { 100 } else { (done * 100 / all).clamp(0, 99) },
            created_at: Instant(row.created_at),
            finished_at: row.finished_at.map(Instant),
        }
    }
}

/// What is still to be looked through.
pub struct ErasureWork {
    pub id: String,
    pub workspace: WorkspaceId,
    pub person: Person,
    /// What they write from then on is kept.
    pub begun_at: Instant,
    /// Both included; empty when the first is behind the last.
    pub deliveries: (i64, i64),
    pub events: (i64, i64),
}

/// Somebody who is named in events.
#[derive(FromRow)]
pub struct NamedUser {
    pub phone: Option<String>,
    pub user_id: Option<String>,
    pub name: Option<String>,
}

/// The next events of a workspace that name somebody.
#[derive(Default)]
pub struct NamingEvents {
    /// About this person: their `seq`.
    pub own: Vec<i64>,
    /// About somebody else, with what is left of Meta's item.
    pub others: Vec<(i64, Value)>,
    /// So far has been looked.
    pub last: i64,
}

/// A person's events, by the numbers and by the ids: each along an index of its own. Of the workspace `$1`; then each number
/// with its last digits, then each id.
pub(super) fn events_of(person: &Person) -> String {
    const EVENTS: &str = "select e.seq, e.delivery_id from connections c join events e on e.connection_id = c.id where c.workspace_id = $1";
    let phones = (0..person.phones.len()).map(|at| {
        let (phone, tail) = (at * 2 + 2, at * 2 + 3);
        // Compared as it stands, SQLite would put the number into the index's expression and not know it again.
        format!(
            "{EVENTS} and e.user_phone is not null and e.user_phone || '' = ${phone} \
            and substr(e.user_phone, length(e.user_phone) - 6) = ${tail}"
        )
    });
    let users =
        (0..person.users.len()).map(|at| format!("{EVENTS} and e.user_id = ${}", at + 2 + person.phones.len() * 2));
    phones.chain(users).collect::<Vec<_>>().join(" union ")
}

fn tail(phone: &str) -> &str {
    phone.get(phone.len().saturating_sub(7)..).unwrap_or(phone)
}

fn like(name: &str) -> String {
    format!("%{}%", name.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

impl Store {
    /// Whoever the events of a workspace name by a number with these last digits, or by this id.
    pub async fn list_named_users(&self, workspace: &WorkspaceId, tail: &str, user: &str) -> Result<Vec<NamedUser>> {
        const NAMED: &str = "select e.user_phone as phone, e.user_id as user_id, max(e.user_name) as name \
            from connections c join events e on e.connection_id = c.id where c.workspace_id = $1";
        let (of, value) = if user.is_empty() {
            ("e.user_phone is not null and substr(e.user_phone, length(e.user_phone) - 6) = $2", tail)
        } else {
            ("e.user_id = $2", user)
        };
        let find = format!("{NAMED} and {of} group by e.user_phone, e.user_id order by e.user_phone, e.user_id");
        Ok(
            read!(self, db => sqlx::query_as(AssertSqlSafe(find)).bind(workspace.as_str()).bind(value).fetch_all(db).await)?,
        )
    }

    /// How many events are about a person, and how many deliveries they came with that are still kept.
    pub async fn count_events_of(&self, workspace: &WorkspaceId, person: &Person) -> Result<(i64, i64)> {
        let count = format!(
            "select count(*), count(distinct d.id) from ({}) found \
            left join deliveries d on d.id = found.delivery_id and d.state <> 'erased'",
            events_of(person)
        );
        let phones = person.phones.iter().flat_map(|phone| [phone.as_str(), tail(phone)]);
        let values = phones.chain(person.users.iter().map(String::as_str));
        Ok(read!(self, db => values.fold(sqlx::query_as(AssertSqlSafe(count)).bind(workspace.as_str()),
            |query, value| query.bind(value)).fetch_one(db).await)?)
    }

    /// Whether one of these numbers is connected in this workspace, or was.
    pub async fn has_own_number(&self, workspace: &WorkspaceId, phones: &[String]) -> Result<bool> {
        let mut found = false;
        for phone in phones {
            let count: i64 = read!(self, db => sqlx::query_scalar("select count(*) from connections where number_digits = $1 and workspace_id = $2")
                .bind(phone).bind(workspace.as_str()).fetch_one(db).await)?;
            found |= count > 0;
        }
        Ok(found)
    }

    /// Notes whose data is to be erased, with the job that does it and a line of the audit trail; its id. From now on
    /// nothing about them from before is kept again.
    pub async fn add_erasure(&self, actor: &Actor, person: &Person, hint: &str) -> Result<String> {
        let (now, salt) = (self.now(), self.fingerprint_salt().await?);
        let (id, workspace) = (new_id(now), &actor.workspace);
        let sealed = self.vault.seal(place(&id), &serde_json::to_string(person)?.into())?;
        let marks: Vec<String> = person.names().map(|name| mark(salt, workspace, name)).collect();
        transaction!(self, tx => {
            // Whoever keeps events now has done so before this is committed, or sees the marks.
            tx.in_order().await?;
            for mark in &marks {
                sqlx::query("insert into erased_people (mark, erased_at) values ($1, $2) on conflict (mark) do update set erased_at = excluded.erased_at")
                    .bind(mark).bind(now.0).execute(&mut *tx).await?;
            }
            let (first_delivery, last_delivery): (i64, i64) = sqlx::query_as("select coalesce(min(id), 1), coalesce(max(id), 0) from deliveries")
                .fetch_one(&mut *tx).await?;
            let (first_event, last_event): (i64, i64) = sqlx::query_as("select coalesce(min(seq), 1), coalesce(max(seq), 0) from events where workspace_id = $1")
                .bind(workspace.as_str()).fetch_one(&mut *tx).await?;
            sqlx::query("insert into erasures (id, workspace_id, actor, hint, person_sealed, first_delivery, next_delivery, last_delivery, \
                first_event, next_event, last_event, created_at) values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $8, $9, $10)")
                .bind(&id).bind(workspace.as_str()).bind(&actor.name).bind(hint).bind(&sealed).bind(first_delivery).bind(last_delivery)
                .bind(first_event).bind(last_event).bind(now.0).execute(&mut *tx).await?;
            sqlx::query("insert into audit (id, workspace_id, user_id, actor, address, action, after, at) values ($1, $2, $3, $4, $5, 'person_erased', $6, $7)")
                .bind(new_id(now)).bind(workspace.as_str()).bind(actor.user.as_ref().map(UserId::as_str)).bind(&actor.name)
                .bind(actor.address.as_deref()).bind(json!({"erasure": id, "person": hint}).to_string()).bind(now.0).execute(&mut *tx).await?;
            let job = NewJob { kind: JobKind::ErasePerson, subject: &id, payload: json!({}) };
            insert_job!(&mut *tx, job, now)?;
        });
        self.note_job();
        Ok(id)
    }

    pub async fn find_erasure(&self, workspace: &WorkspaceId, id: &str) -> Result<Option<Erasure>> {
        if !is_id(id) {
            return Ok(None);
        }
        let row: Option<Row> = read!(self, db => sqlx::query_as("select * from erasures where id = $1 and workspace_id = $2")
            .bind(id).bind(workspace.as_str()).fetch_optional(db).await)?;
        Ok(row.map(Erasure::from))
    }

    /// Newest first.
    pub async fn list_erasures(&self, workspace: &WorkspaceId, limit: i64) -> Result<Vec<Erasure>> {
        let rows: Vec<Row> = read!(self, db => sqlx::query_as("select * from erasures where workspace_id = $1 order by created_at desc, id desc limit $2")
            .bind(workspace.as_str()).bind(limit).fetch_all(db).await)?;
        Ok(rows.into_iter().map(Erasure::from).collect())
    }

    /// What is left to do; `None` when it is done, or there is no such erasure.
    pub async fn open_erasure(&self, id: &str) -> Result<Option<ErasureWork>> {
        let row: Option<Row> = read!(self, db => sqlx::query_as("select * from erasures where id = $1").bind(id).fetch_optional(db).await)?;
        let Some((row, sealed)) = row.and_then(|mut row| row.person_sealed.take().map(|sealed| (row, sealed))) else {
            return Ok(None);
        };
        let person = self.vault.open(place(id), &sealed)?;
        Ok(Some(ErasureWork {
            id: row.id,
            workspace: WorkspaceId::new(row.workspace_id),
            person: serde_json::from_str(person.expose_secret())?,
            begun_at: Instant(row.created_at),
            deliveries: (row.next_delivery, row.last_delivery),
            events: (row.next_event, row.last_event),
        }))
    }

    /// The next deliveries that may name the person: those of its workspace alone, and those that came for all.
    pub async fn list_deliveries_to_erase(&self, work: &ErasureWork, limit: i64) -> Result<Vec<WaitingDelivery>> {
        let range = ReadDeliveries {
            from: work.deliveries.0,
            to: work.deliveries.1,
            workspace: &work.workspace,
            only_foreign: false,
            limit,
        };
        self.read_deliveries(range).await
    }

    /// Empties deliveries of their bodies and notes that all up to `last` have been looked at. Which of them were not
    /// emptied, because they wait to be understood; then nothing is noted.
    pub async fn erase_deliveries(&self, work: &ErasureWork, ids: &[i64], last: i64) -> Result<Vec<i64>> {
        let mut waiting = Vec::new();
        transaction!(self, tx => {
            let mut erased = 0_i64;
            for id in ids {
                let erase = format!("{ERASE_DELIVERY} and state <> 'waiting'");
                let done = sqlx::query(AssertSqlSafe(erase)).bind(id).bind(&b""[..]).execute(&mut *tx).await?;
                if done.rows_affected() == 0 { waiting.push(*id) } else { erased += 1 }
            }
            let next = if waiting.is_empty() { last + 1 } else { work.deliveries.0 };
            // What waited has become events meanwhile, which may name the person as well.
            sqlx::query("update erasures set next_delivery = $2, deliveries = deliveries + $3, last_event = case when $2 <= last_delivery \
                then last_event else (select coalesce(max(e.seq), last_event) from events e where e.workspace_id = erasures.workspace_id) end \
                where id = $1")
                .bind(&work.id).bind(next).bind(erased).execute(&mut *tx).await?;
        });
        Ok(waiting)
    }

    pub async fn list_events_naming(&self, work: &ErasureWork) -> Result<NamingEvents> {
        type Found = (i64, Option<String>, Option<String>, String, i64, String, i64);
        let last = work.events.1.min(work.events.0 + WINDOW - 1);
        let person = &work.person;
        let mut conditions: Vec<String> = (0..person.names().count())
            .map(|at| {
                format!("user_phone = ${0} or user_id = ${0} or meta like ${1} escape '\\'", at * 2 + 4, at * 2 + 5)
            })
            .collect();
        // A shared contact has its punctuation, which leaves at least the last two digits together.
        let ends = person
            .phones
            .iter()
            .filter_map(|phone| phone.get(phone.len().checked_sub(2)?..))
            .filter(|end| end.bytes().all(|byte| byte.is_ascii_digit()));
        conditions.extend(ends.map(|end| format!("(meta like '%\"phone%' and meta like '%{end}\"%')")));
        let find = format!(
            "select seq, user_phone, user_id, field, at, meta, case when at < received_at then at else received_at end from events \
            where workspace_id = $1 and seq >= $2 and seq <= $3 and ({}) order by seq",
            conditions.join(" or ")
        );
        let rows: Vec<Found> = read!(self, db => person.names().fold(
            sqlx::query_as(AssertSqlSafe(find)).bind(work.workspace.as_str()).bind(work.events.0).bind(last),
            |query, name| query.bind(name).bind(like(name))).fetch_all(db).await)?;
        let mut found = NamingEvents { last, ..NamingEvents::default() };
        // What was understood meanwhile may be newer than the deletion. Meta's clock and ours may differ.
        for (seq, phone, user, field, at, meta, first_known) in rows {
            if !person.is(phone.as_deref(), user.as_deref()) {
                let mut meta = serde_json::from_str(&meta)?;
                if forget(&field, Instant(at), &mut meta, person, work.begun_at) {
                    found.others.push((seq, meta));
                }
            } else if first_known <= work.begun_at.0 {
                found.own.push(seq);
            }
        }
        Ok(found)
    }

    /// Removes the person's events, keeps what is left of others', and notes that all up to `last` have been looked at.
    pub async fn erase_events(&self, work: &ErasureWork, found: &NamingEvents) -> Result<()> {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        transaction!(self, tx => {
            if !found.own.is_empty() {
                among("delete from events where seq", &found.own).build().execute(&mut *tx).await?;
            }
            for (seq, meta) in &found.others {
                sqlx::query("update events set meta = $2 where seq = $1").bind(seq).bind(meta.to_string()).execute(&mut *tx).await?;
            }
            sqlx::query("update erasures set next_event = $2, events = events + $3, mentions = mentions + $4 where id = $1")
                .bind(&work.id).bind(found.last + 1).bind(count(found.own.len())).bind(count(found.others.len()))
                .execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Nothing is left that tells whose data it was. Endpoints may repeat what they are sent: what they said goes as well,
    /// whomever it was about.
    pub async fn finish_erasure(&self, id: &str) -> Result<()> {
        loop {
            let forgotten = change!(self, db => sqlx::query("update forward_attempts set answer = null where id in (select a.id \
                from forward_attempts a join forwards f on f.id = a.forward_id join erasures e on e.workspace_id = f.workspace_id \
                where e.id = $1 and a.answer is not null limit $2)")
                .bind(id).bind(WINDOW).execute(db).await.map(|done| done.rows_affected()))?;
            if forgotten == 0 {
                break;
            }
        }
        change!(self, db => sqlx::query("update erasures set person_sealed = null, finished_at = $2 where id = $1")
            .bind(id).bind(self.now().0).execute(db).await.map(|_| ()))?;
        Ok(())
    }
}
