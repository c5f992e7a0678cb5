//! Reads everything Meta tells about a number and keeps it. What cannot be read stays as it was last seen.

use super::access::Access;
use super::read_routing::read_routing;
use super::show_signup::open_run_of;
use super::{Failure, Services};
use crate::domain::check::Check;
use crate::domain::connection::{Action, Activity, CheckFailure, Connection, Lifecycle, Outcome};
use crate::domain::credential::{EndsWithin, TokenState};
use crate::domain::finding::{FindingState, findings};
use crate::domain::health::{Snapshot, is_registered};
use crate::domain::ids::ConnectionId;
use crate::domain::instant::{Instant, MINUTE};
use crate::domain::problem::Problem;
use crate::server::meta::{GraphError, Kind, TokenVerdict};
use crate::server::store::{Actor, JobKind, KeptReading, NewJob, StoredConnection, asked};
use serde_json::json;
use std::collections::BTreeMap;

/// Read at least this often, milliseconds.
pub const CHECK_EVERY: i64 = 15 * MINUTE;

/// Has a connection checked in the background, at a person's wish.
pub async fn request_check(services: &Services, stored: &StoredConnection) -> Result<(), Failure> {
    if stored.connection.lifecycle == Lifecycle::Disconnected {
        return Err(Problem::disconnected().into());
    }
    begin(services, &stored.connection, Action::Check, JobKind::CheckConnection, asked()).await
}

/// Notes that an action has begun and enqueues the job that does it.
pub(super) async fn begin(
    services: &Services,
    connection: &Connection,
    action: Action,
    kind: JobKind,
    payload: serde_json::Value,
) -> Result<(), Failure> {
    let job = NewJob { kind, subject: connection.id.as_str(), payload };
    services.store.begin_action(&connection.id, &begun(services, action), job).await?;
    super::wait::for_action(services, &connection.id).await
}

pub(super) fn begun(services: &Services, action: Action) -> Activity {
    Activity { action, started_at: services.clock.now(), outcome: Outcome::Running }
}

/// Writes down how an action ended, if a person waits for it.
pub async fn conclude(services: &Services, id: &ConnectionId, action: Action, outcome: Outcome) -> Result<(), Failure> {
    let stored = services.store.find_any_connection(id).await?;
    let present = stored.and_then(|stored| stored.connection.activity);
    if present.is_none_or(|activity| activity.action != action || activity.outcome != Outcome::Running) {
        return Ok(());
    }
    let outcome = match outcome {
        Outcome::Failed { problem } => Outcome::Failed { problem: without_promise(action, problem) },
        done => done,
    };
    let activity = Activity { action, started_at: services.clock.now(), outcome };
    Ok(services.store.update_activity(id, Some(&activity)).await?)
}

/// Only checks come round by themselves: what else a person pressed is not tried again once it has failed.
fn without_promise(action: Action, problem: Problem) -> Problem {
    let remedy = match action {
        Action::Check => return problem,
        Action::Refresh => "Press Refresh token again in a while.",
        Action::Subscribe | Action::AskAddress => "Press the button again in a while.",
        Action::Disconnect => "It is not tried again by itself.",
    };
    problem.once_given_up(remedy)
}

/// The job. A check that somebody waits for also says how it went.
pub async fn check_connection(services: &Services, id: &ConnectionId) -> Result<(), Failure> {
    let outcome = match read_and_keep(services, id).await? {
        None => Outcome::Done { said: "Checked with Meta".to_owned(), refused: Vec::new() },
        Some(problem) => Outcome::Failed { problem },
    };
    conclude(services, id, Action::Check, outcome).await
}

/// Everything a reading brought.
#[derive(Default)]
struct Reading {
    snapshot: Option<Snapshot>,
    failure: Option<Problem>,
    /// Meta said that it no longer takes the token.
    token_died: bool,
    /// The token has read the number.
    number_read: bool,
    /// Meta did not answer, so asking for the rest would only keep the person waiting.
    meta_is_unwell: bool,
}

impl Reading {
    fn note(&mut self, error: &GraphError) {
        self.token_died |= error.is(Kind::TokenDead);
        self.meta_is_unwell |= error.is_meta_unwell();
        if self.failure.is_none() {
            self.failure = Some(error.problem());
        }
    }
}

/// Reads once and keeps what came. The failure, when there was one; it is kept too.
pub async fn read_and_keep(services: &Services, id: &ConnectionId) -> Result<Option<Problem>, Failure> {
    let Some(stored) = services.store.find_any_connection(id).await? else { return Ok(None) };
    if stored.connection.lifecycle == Lifecycle::Disconnected {
        return Ok(None);
    }
    let Some(access) = services.find_access(&stored).await? else { return Ok(None) };
    let mut reading = Reading::default();
    inspect_token(services, &stored, &access, &mut reading).await?;
    if !reading.token_died && !reading.meta_is_unwell {
        read(services, &stored, &access, &mut reading).await?;
    }
    let facts = &stored.credential.facts;
    if reading.token_died {
        services.store.update_token_facts(&stored.credential, TokenState::Dead, facts).await?;
    } else if access.app.is_none() && reading.number_read {
        // Nobody but the token itself can be asked how it is: it has just shown that it works.
        services.store.update_token_facts(&stored.credential, TokenState::Valid, facts).await?;
    }
    keep(services, id, reading).await
}

/// Asks about the token first: it explains all other refusals.
async fn inspect_token(
    services: &Services,
    stored: &StoredConnection,
    access: &Access,
    reading: &mut Reading,
) -> Result<(), Failure> {
    let Some(app) = &access.app else { return Ok(()) };
    match access.graph.debug_token(app, &access.token).await {
        Ok(debugged) => match debugged.verdict {
            TokenVerdict::Valid => {
                services.store.update_token_facts(&stored.credential, TokenState::Valid, &debugged.facts).await?;
            }
            TokenVerdict::Invalid(why) => reading.note(&why),
        },
        // What Meta says of our app is not about the token.
        Err(error) if error.is(Kind::TokenDead) => reading.failure = Some(app_refused(&error)),
        Err(error) => reading.note(&error),
    }
    Ok(())
}

async fn read(
    services: &Services,
    stored: &StoredConnection,
    access: &Access,
    reading: &mut Reading,
) -> Result<(), Failure> {
    let connection = &stored.connection;
    let (graph, key) = (&access.graph, access.key());
    let mut snapshot = Snapshot { taken_at: services.clock.now(), number: None, waba: None, routing: None };
    match graph.find_number(key, &connection.phone_number_id).await {
        Ok(Some(mut number)) => {
            if number.official_business_account != Some(true) {
                number.official_status = official_status(access, connection).await;
            }
            snapshot.number = Some(number);
            reading.number_read = true;
        }
        Ok(None) => reading.failure = Some(not_visible()),
        Err(error) => reading.note(&error),
    }
    match graph.find_waba(key, &connection.waba).await {
        Ok(waba) => snapshot.waba = waba,
        Err(error) => reading.note(&error),
    }
    match read_routing(services, stored, access, snapshot.number.as_ref()).await? {
        Ok(routing) => snapshot.routing = routing,
        Err(error) => reading.note(&error),
    }
    if snapshot.number.is_some() || snapshot.waba.is_some() || snapshot.routing.is_some() {
        reading.snapshot = Some(snapshot.or_earlier(stored.snapshot.clone()));
    }
    Ok(())
}

/// With the app's own key, what Meta says of a token is said of the app's secret.
pub(super) fn app_refused(error: &GraphError) -> Problem {
    Problem {
        meta: error.problem().meta,
        ..Problem::new(
            "wrong_app_secret",
            "Meta refused the app secret.",
            "The secret was reset at Meta, or does not belong to the app ID.",
            "Copy the app's secret once more from App settings › Basic.",
        )
    }
}

/// Good to know, never a reason to fail.
async fn official_status(access: &Access, connection: &Connection) -> Option<String> {
    access.graph.official_status(access.key(), &connection.phone_number_id).await.unwrap_or_default()
}

async fn keep(services: &Services, id: &ConnectionId, reading: Reading) -> Result<Option<Problem>, Failure> {
    // Read again: the credential may just have changed.
    let Some(stored) = services.store.find_any_connection(id).await? else { return Ok(None) };
    let now = services.clock.now();
    let registered = is_registered(reading.snapshot.as_ref().and_then(Snapshot::status));
    if registered && stored.connection.lifecycle == Lifecycle::SettingUp && nobody_goes_on(services, &stored).await? {
        services.store.update_registration(id, None).await?;
    }
    let latest = StoredConnection { snapshot: reading.snapshot.clone().or(stored.snapshot.clone()), ..stored };
    note_end_coming(services, &latest, now).await?;
    let troubles = troubles(services, &latest, now);
    let failure = reading.failure.map(|problem| CheckFailure { at: now, problem });
    let kept = KeptReading {
        snapshot: reading.snapshot.as_ref(),
        failure: failure.as_ref(),
        troubles: &troubles,
        due_at: now.plus(CHECK_EVERY),
    };
    services.store.put_snapshot(id, kept).await?;
    Ok(failure.map(|failure| failure.problem))
}

/// No run will say any more that the number is registered.
async fn nobody_goes_on(services: &Services, stored: &StoredConnection) -> Result<bool, Failure> {
    if stored.connection.setup_problem.is_some() {
        return Ok(true);
    }
    Ok(open_run_of(services, &stored.connection.id).await?.is_none())
}

/// Writes down, once each, that 14, 7 and 1 days are left.
async fn note_end_coming(services: &Services, stored: &StoredConnection, now: Instant) -> Result<(), Failure> {
    let end = stored.credential.facts.expires_at;
    let Some(within) = EndsWithin::of(end, now) else { return Ok(()) };
    let before = stored.connection.checked_at.and_then(|at| EndsWithin::of(end, at));
    if before >= Some(within) {
        return Ok(());
    }
    let after = json!({"days": within.days(), "ends": end.map(Instant::rfc3339)});
    let connection = &stored.connection;
    services.store.add_audit(&product(connection), "token_ends_soon", Some(&connection.id), None, Some(after)).await?;
    Ok(())
}

/// Since when each check has been failing: the earlier moment is kept while it goes on.
fn troubles(services: &Services, stored: &StoredConnection, now: Instant) -> BTreeMap<Check, Instant> {
    let found = findings(&services.standing(stored));
    let bad = found.into_iter().filter(|finding| finding.state >= FindingState::Warning);
    bad.map(|finding| (finding.check, finding.since.unwrap_or(now))).collect()
}

/// Takes the connections whose check is due and enqueues it, fewer at a time when Meta's limit is near.
pub async fn enqueue_due_checks(services: &Services) -> Result<(), Failure> {
    const AT_ONCE: i64 = 200;
    if services.graph.is_near_its_limit() {
        return Ok(());
    }
    let next_due = services.clock.now().plus(CHECK_EVERY);
    for id in services.store.take_due_checks(AT_ONCE, next_due).await? {
        let job = NewJob { kind: JobKind::CheckConnection, subject: id.as_str(), payload: json!({}) };
        services.store.add_job(job).await?;
    }
    Ok(())
}

/// The product itself, acting for a workspace.
pub fn product(connection: &Connection) -> Actor {
    Actor { workspace: connection.workspace.clone(), user: None, name: "Greentick".to_owned(), address: None }
}

fn not_visible() -> Problem {
    Problem::new(
        "not_visible",
        "Meta does not show this number to us.",
        "It was moved or deleted, or the permission for it was taken back.",
        "Look in WhatsApp Manager, then reconnect the number.",
    )
}
