//! What the Configurations pages show, for whoever looks.

use super::developer_part::developer_part;
use super::explain_errors::tell_customer;
use super::forwards::list_disabled;
use super::revoke_old_token::list_old_tokens;
use super::show_signup::open_run_of;
use super::{Failure, Services};
use crate::domain::answers::answers;
use crate::domain::connection::{Action, Activity, Badge, Lifecycle, Outcome, Standing};
use crate::domain::facts::facts;
use crate::domain::finding::findings;
use crate::domain::instant::{DAY, HOUR, Instant};
use crate::domain::pages::{ConnectOffer, ConnectionLine, ConnectionPage, ConnectionsPage, Told, UnfinishedRun};
use crate::domain::user::{Role, User};
use crate::server::store::{ConnectionCursor, StoredConnection};

/// Numbers on one page of the list.
const PAGE_SIZE: i64 = 25;

/// The list, or the only number in place.
pub async fn show_connections(
    services: &Services,
    user: &User,
    query: &str,
    after: Option<&str>,
) -> Result<ConnectionsPage, Failure> {
    let store = &services.store;
    let cursor = after.and_then(ConnectionCursor::parse);
    let searched = store.search_connections(&user.workspace, query, cursor.as_ref(), PAGE_SIZE).await?;
    let total = store.count_connections(&user.workspace).await?;
    let now = services.clock.now();
    let only = match &searched.rows[..] {
        [only] if total == 1 && query.is_empty() => Some(Box::new(show_connection(services, user, only).await?)),
        _ => None,
    };
    let lines = searched.rows.iter().map(|stored| line(user, &services.standing(stored))).collect();
    Ok(ConnectionsPage {
        now,
        lines,
        total,
        query: query.to_owned(),
        next: searched.next.map(|cursor| cursor.to_string()),
        connect: offer(services, user).await?,
        disabled_forwards: list_disabled(services, user).await?,
        only,
    })
}

fn line(user: &User, standing: &Standing<'_>) -> ConnectionLine {
    let connection = standing.connection;
    let id = if user.role >= Role::Support { connection.phone_number_id.to_string() } else { String::new() };
    ConnectionLine {
        id: connection.id.clone(),
        display_number: connection.display_number.clone(),
        name: connection.name.clone(),
        verified_name: connection.verified_name.clone(),
        phone_number_id: id,
        badge: Badge::of(standing),
        checked_at: connection.checked_at,
    }
}

async fn offer(services: &Services, user: &User) -> Result<ConnectOffer, Failure> {
    let allowed = user.role == Role::Admin;
    let admins = if allowed {
        Vec::new()
    } else {
        let users = services.store.list_users(&user.workspace).await?;
        users.into_iter().filter(|other| other.role == Role::Admin).map(|admin| admin.name).collect()
    };
    let newest = if allowed { services.store.newest_signup(&user.id).await? } else { None };
    let now = services.clock.now();
    let unfinished = newest.filter(|signup| {
        let stage = signup.stage_at(now);
        stage.needs_input() || stage.is_working()
    });
    Ok(ConnectOffer { allowed, admins, off: services.connect().err(), unfinished: unfinished.map(|signup| signup.id) })
}

/// One connection as `user` may see it.
pub async fn show_connection(
    services: &Services,
    user: &User,
    stored: &StoredConnection,
) -> Result<ConnectionPage, Failure> {
    let mut page = show(services, user, stored);
    if user.role >= Role::Support && stored.connection.lifecycle == Lifecycle::SettingUp {
        page.unfinished = Some(unfinished(services, stored).await?);
    }
    if page.may_change {
        page.old_tokens = list_old_tokens(services, stored).await?;
    }
    Ok(page)
}

async fn unfinished(services: &Services, stored: &StoredConnection) -> Result<UnfinishedRun, Failure> {
    let open = open_run_of(services, &stored.connection.id).await?;
    Ok(open.map_or(UnfinishedRun::Left, |(signup, stage)| UnfinishedRun::Open { signup, stage }))
}

fn show(services: &Services, user: &User, stored: &StoredConnection) -> ConnectionPage {
    let standing = services.standing(stored);
    let now = standing.now;
    let connection = &stored.connection;
    let support = user.role >= Role::Support;
    let mut facts = facts(stored.snapshot.as_ref(), connection.was_asked_about());
    let mut answers = answers(&standing).to_vec();
    if !support {
        // A viewer sees badge, verification, payment and last event (design §1).
        facts.retain(|fact| fact.label == "Business verification");
        answers.retain(|answer| answer.question == "Payment at Meta");
    }
    let news = connection.activity.clone().filter(|activity| support && is_news(activity, now));
    let mut page = ConnectionPage {
        now,
        id: connection.id.clone(),
        version: stored.version,
        display_number: connection.display_number.clone(),
        name: connection.name.clone(),
        verified_name: connection.verified_name.clone(),
        badge: Badge::of(&standing),
        connected_at: connection.created_at,
        disconnected_at: connection.disconnected_at,
        last_event_at: connection.heard.last_event_at,
        checked_at: connection.checked_at,
        check_failure: connection
            .check_failure
            .clone()
            .filter(|_| support)
            .map(|failure| (failure.at, failure.problem)),
        setup_problem: connection.setup_problem.clone().filter(|_| support),
        unfinished: None,
        activity: news.clone(),
        findings: if support { findings(&standing) } else { Vec::new() },
        told: Told::default(),
        answers,
        facts,
        developer: support.then(|| developer_part(services, stored, &standing)),
        may_change: user.role == Role::Admin,
        may_check: support && connection.lifecycle != Lifecycle::Disconnected,
        refresh_reconnects: connection.lifecycle == Lifecycle::Disconnected
            || stored.credential.is_dead(now)
            || news.as_ref().is_some_and(serves_another),
        connect_off: services.connect().err(),
        own_app: connection.own_app,
        old_tokens: Vec::new(),
    };
    page.told = tell_customer(&page);
    page
}

/// What came of a button is told for an hour; what failed, for a day. Either way until the next press.
fn is_news(activity: &Activity, now: Instant) -> bool {
    let age = now.since(activity.started_at);
    match activity.outcome {
        Outcome::Running => true,
        Outcome::Done { .. } => age < HOUR,
        Outcome::Failed { .. } => age < DAY,
    }
}

/// The last refresh found that the token does not serve this number: refreshing it once more would not help.
fn serves_another(activity: &Activity) -> bool {
    let problem = match &activity.outcome {
        Outcome::Failed { problem } => problem,
        Outcome::Running | Outcome::Done { .. } => return false,
    };
    activity.action == Action::Refresh && problem.is("token_without_number")
}
