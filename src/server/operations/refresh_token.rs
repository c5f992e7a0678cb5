//! Gets a later end for a token, or has Meta confirm one that does not end. The new token is proven before it replaces
//! the old one, in one transaction; until then the old one stays in use.

use super::access::Access;
use super::check_connection::{app_refused, begin, conclude, read_and_keep};
use super::{Failure, Progress, Services};
use crate::domain::connection::{Action, Lifecycle, Outcome};
use crate::domain::credential::{TokenFacts, TokenKind, TokenState};
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
use crate::server::config::App;
use crate::server::meta::{DebuggedToken, GraphError, Key, Kind, TokenVerdict};
use crate::server::store::{Actor, JobKind, NewCredential, StoredConnection};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

pub async fn request_refresh(services: &Services, actor: &Actor, stored: &StoredConnection) -> Result<(), Failure> {
    if stored.connection.lifecycle == Lifecycle::Disconnected {
        return Err(Problem::disconnected().into());
    }
    services.store.add_audit(actor, "token_refresh_asked", Some(&stored.connection.id), None, None).await?;
    let by = json!({"actor": actor.name, "address": actor.address});
    begin(services, &stored.connection, Action::Refresh, JobKind::RefreshToken, by).await
}

/// For programs, which name a connection by its id.
pub async fn request_refresh_of(services: &Services, actor: &Actor, id: &str) -> Result<(), Failure> {
    let id = super::list_connections::find_listed(services, &actor.workspace, id).await?.connection.id;
    let found = services.store.find_connection(&actor.workspace, &id).await?;
    request_refresh(services, actor, &found.ok_or_else(Problem::not_found)?).await
}

/// Why no new token was taken.
#[derive(Debug, thiserror::Error)]
enum Stop {
    /// Meta no longer takes the present one.
    #[error(transparent)]
    Dead(Box<GraphError>),
    #[error(transparent)]
    Meta(#[from] GraphError),
    #[error(transparent)]
    Told(Problem),
}

/// The job.
pub async fn refresh_token(
    services: &Services,
    actor: &Actor,
    id: &ConnectionId,
    last_try: bool,
) -> Result<Progress, Failure> {
    let Some(stored) = services.store.find_any_connection(id).await? else { return Ok(Progress::Settled) };
    if stored.connection.lifecycle == Lifecycle::Disconnected {
        return Ok(Progress::Settled);
    }
    let access = services.access(&stored).await?;
    let renewed = renew(services, actor, &stored, &access).await?;
    // Asking for the rest would only keep the person waiting.
    let unwell = matches!(&renewed, Err(Stop::Meta(error)) if error.is_meta_unwell());
    let outcome = match renewed {
        Ok(said) => Outcome::Done { said, refused: Vec::new() },
        Err(Stop::Meta(error)) if error.is_meta_unwell() && !last_try => return Ok(Progress::later(&error)),
        Err(Stop::Meta(error)) => Outcome::Failed { problem: stays_in_use(&error) },
        Err(Stop::Dead(error)) => {
            let facts = &stored.credential.facts;
            services.store.update_token_facts(&stored.credential, TokenState::Dead, facts).await?;
            Outcome::Failed { problem: error.problem() }
        }
        Err(Stop::Told(problem)) => Outcome::Failed { problem },
    };
    if !unwell {
        read_and_keep(services, id).await?;
    }
    conclude(services, id, Action::Refresh, outcome).await?;
    Ok(Progress::Settled)
}

/// The sentence for the person, when it worked.
async fn renew(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    access: &Access,
) -> Result<Result<String, Stop>, Failure> {
    let Some(app) = &access.app else { return Ok(Err(Stop::Told(no_app()))) };
    let present = match inspect(access, app, &access.token).await {
        Ok(DebuggedToken { verdict: TokenVerdict::Valid, facts }) => facts,
        Ok(DebuggedToken { verdict: TokenVerdict::Invalid(why), .. }) => return Ok(Err(Stop::Dead(why))),
        Err(stop) => return Ok(Err(stop)),
    };
    if present.expires_at.is_none() {
        let read = access.graph.find_number(access.key(), &stored.connection.phone_number_id).await;
        return Ok(match read {
            Ok(Some(_)) => {
                services.store.update_token_facts(&stored.credential, TokenState::Valid, &present).await?;
                Ok("Meta confirms that this token does not end".to_owned())
            }
            Ok(None) => Err(Stop::Told(not_for_this_number())),
            Err(error) => Err(error.into()),
        });
    }
    let proven = match newer(services, app, stored, access, &present).await {
        Ok(proven) => proven,
        Err(stop) => return Ok(Err(stop)),
    };
    keep(services, actor, stored, &proven).await
}

async fn inspect(access: &Access, app: &App, token: &SecretString) -> Result<DebuggedToken, Stop> {
    match access.graph.debug_token(app, token).await {
        Ok(debugged) => Ok(debugged),
        // It is the app that asks: what Meta says of it is not about the token.
        Err(error) if error.is(Kind::TokenDead) => Err(Stop::Told(secret_refused(&error))),
        Err(error) => Err(error.into()),
    }
}

struct Proven {
    token: SecretString,
    facts: TokenFacts,
}

/// By the kind of token (fact base §1.5).
async fn newer(
    services: &Services,
    app: &App,
    stored: &StoredConnection,
    access: &Access,
    present: &TokenFacts,
) -> Result<Proven, Stop> {
    let system_user = present.kind == TokenKind::SixtyDaySystemUser;
    if system_user && let Some(fetched) = fetch(services, app, stored, access, present).await? {
        return Ok(fetched);
    }
    let exchanged = access.graph.extend_token(app, &access.token, system_user).await?;
    prove(app, stored, access, present, exchanged).await
}

/// The newest token of the client's portfolio, where it serves this number: it may be the present one, or reach another of
/// its accounts alone. Then only an exchange brings a later end.
async fn fetch(
    services: &Services,
    app: &App,
    stored: &StoredConnection,
    access: &Access,
    present: &TokenFacts,
) -> Result<Option<Proven>, Stop> {
    // Our system user belongs to our app: it cannot fetch tokens of another.
    let ours = services.settings.system_token.as_ref().filter(|_| services.installation_app(Some(&app.id)).is_some());
    let Some((system_token, business)) = ours.zip(stored.credential.business.as_ref()) else { return Ok(None) };
    let proven = match access.graph.fetch_client_token(app, system_token, business).await {
        Ok(fetched) if fetched.expose_secret() == access.token.expose_secret() => return Ok(None),
        Ok(fetched) => prove(app, stored, access, present, fetched).await,
        Err(error) => Err(error.into()),
    };
    match proven {
        Ok(proven) => Ok(Some(proven)),
        Err(Stop::Meta(error)) if error.is_meta_unwell() => Err(error.into()),
        Err(stop) => {
            tracing::info!(connection = %stored.connection.id, why = %stop, "the client's token could not be fetched, exchanging instead");
            Ok(None)
        }
    }
}

/// It ends later than the present one and reads this very number.
async fn prove(
    app: &App,
    stored: &StoredConnection,
    access: &Access,
    present: &TokenFacts,
    token: SecretString,
) -> Result<Proven, Stop> {
    let facts = match inspect(access, app, &token).await? {
        DebuggedToken { verdict: TokenVerdict::Valid, facts } => facts,
        DebuggedToken { verdict: TokenVerdict::Invalid(why), .. } => return Err(Stop::Meta(*why)),
    };
    if facts.expires_at.is_some() && facts.expires_at <= present.expires_at {
        return Err(Stop::Told(no_later_end(present)));
    }
    match access.graph.find_number(Key::of(app, &token), &stored.connection.phone_number_id).await? {
        Some(_) => Ok(Proven { token, facts }),
        None => Err(Stop::Told(not_for_this_number())),
    }
}

async fn keep(
    services: &Services,
    actor: &Actor,
    stored: &StoredConnection,
    proven: &Proven,
) -> Result<Result<String, Stop>, Failure> {
    let credential = &stored.credential;
    let new = NewCredential {
        workspace: &credential.workspace,
        waba: &credential.waba,
        business: credential.business.as_ref(),
        origin: credential.origin,
        token: &proven.token,
        facts: &proven.facts,
    };
    if !services.store.replace_token(&credential.id, credential.kept_at, new).await? {
        return Ok(Err(Stop::Told(replaced_meanwhile())));
    }
    let before = json!({"ends": credential.facts.expires_at.map(|end| end.rfc3339())});
    let after = json!({"ends": proven.facts.expires_at.map(|end| end.rfc3339())});
    let id = &stored.connection.id;
    services.store.add_audit(actor, "token_refreshed", Some(id), Some(before), Some(after)).await?;
    Ok(Ok(match proven.facts.expires_at {
        Some(end) => format!("New token works until {}.", end.date()),
        None => "The new token does not end.".to_owned(),
    }))
}

fn stays_in_use(error: &GraphError) -> Problem {
    let problem = error.problem();
    if !error.is_meta_unwell() {
        return problem;
    }
    let what = match error {
        GraphError::Unreachable(_) => "Meta did not answer.",
        GraphError::Refused { .. } => &problem.what,
    };
    Problem { what: format!("{what} The present token stays in use."), ..problem }
}

fn secret_refused(error: &GraphError) -> Problem {
    let problem = app_refused(error);
    let what = format!("{} The present token stays in use.", problem.what);
    let remedy = format!("{} Then press Refresh token again.", problem.remedy);
    Problem { what, remedy, ..problem }
}

fn replaced_meanwhile() -> Problem {
    Problem::new(
        "changed_meanwhile",
        "Somebody else changed the token meanwhile. That one stays in use.",
        "",
        "Press Refresh token again if it ends soon.",
    )
}

fn no_later_end(present: &TokenFacts) -> Problem {
    let until = present.expires_at.map(|end| format!("It works until {}.", end.date())).unwrap_or_default();
    Problem::new(
        "no_later_end",
        "Meta gave no token with a later end. The present token stays in use.",
        &until,
        "Try again in a few days, or reconnect the number to get a new token.",
    )
}

fn not_for_this_number() -> Problem {
    Problem::new(
        "token_without_number",
        "The token does not reach this number. The present token stays in use.",
        "The WhatsApp account is no longer shared with the app, or the number was moved.",
        "Reconnect the number: sign in at Facebook again.",
    )
}

fn no_app() -> Problem {
    Problem::new(
        "no_app_secret",
        "This token cannot be refreshed here.",
        "Refreshing needs the ID and secret of the Meta app that made it.",
        "Make a new token at Meta, or reconnect the number.",
    )
}
