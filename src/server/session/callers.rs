//! Who calls the API: a program with a key, or a person with a session. With an `Authorization` header the session does
//! not count.

use super::{CurrentUser, SessionHash};
use crate::domain::api_key::{ApiKey, Scope};
use crate::domain::ids::{ApiKeyId, WorkspaceId};
use crate::domain::problem::Problem;
use crate::domain::user::{Role, User};
use crate::server::boundary::Boundary;
use crate::server::state::AppState;
use crate::server::store::Actor;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use secrecy::SecretString;
use std::ops::Deref;
use std::time::Duration;
use tokio::time::timeout;

/// A call waits no longer than this for its key's use to be written down.
const NOTE_PATIENCE: Duration = Duration::from_secs(1);

/// Whoever calls.
#[derive(Debug, Clone)]
pub struct Caller {
    pub actor: Actor,
    /// `None` for a program.
    pub user: Option<User>,
    may_write: bool,
    proof: Proof,
}

/// What let the caller in.
#[derive(Debug, Clone)]
enum Proof {
    Key(ApiKeyId),
    /// Hash of the session's id.
    Session(String),
}

impl Caller {
    pub fn workspace(&self) -> &WorkspaceId {
        &self.actor.workspace
    }

    fn of_key(key: &ApiKey, address: Option<String>) -> Self {
        let name = format!("API key {} (…{})", key.name, key.last_four);
        let actor = Actor { workspace: key.workspace.clone(), user: None, name, address };
        Self { actor, user: None, may_write: key.scope >= Scope::Write, proof: Proof::Key(key.id.clone()) }
    }

    /// Whether the key still works, or the session still lasts and its person may still look. For what goes on for long.
    pub async fn may_still_read(&self, app: &AppState) -> Result<bool, Boundary> {
        let store = &app.services.store;
        let lasts = match (&self.proof, &self.user) {
            (Proof::Key(id), _) => store.is_api_key_working(id).await?,
            (Proof::Session(hash), Some(user)) => {
                let user = store.find_user(&user.id).await?;
                user.is_some_and(|user| user.role >= Role::Support) && store.has_session(hash).await?
            }
            (Proof::Session(_), None) => false,
        };
        Ok(lasts)
    }

    /// The person or the key, wherever it calls from.
    pub fn holder(&self) -> String {
        match (&self.proof, &self.user) {
            (Proof::Key(id), _) => format!("key {id}"),
            (Proof::Session(_), Some(user)) => format!("person {}", user.id),
            (Proof::Session(hash), None) => format!("session {hash}"),
        }
    }

    /// A viewer sees status only, which the API does not offer apart.
    fn of_user(user: &CurrentUser, session: Option<&SessionHash>) -> Result<Self, Boundary> {
        if user.user.role < Role::Support {
            return Err(Problem::not_allowed(Role::Support.as_str()).into());
        }
        let may_write = user.user.role >= Role::Admin;
        let proof = Proof::Session(session.map(|session| session.0.clone()).unwrap_or_default());
        Ok(Self { actor: user.actor(), user: Some(user.user.clone()), may_write, proof })
    }
}

/// May read: admin, support, any key.
#[derive(Debug)]
pub struct Reader(Caller);

/// May change: admin, a key with the scope `write`.
#[derive(Debug)]
pub struct Writer(Caller);

impl Deref for Reader {
    type Target = Caller;
    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl Deref for Writer {
    type Target = Caller;
    fn deref(&self) -> &Caller {
        &self.0
    }
}

async fn caller(parts: &Parts, app: &AppState) -> Result<Caller, Boundary> {
    let user = parts.extensions.get::<CurrentUser>();
    let Some(header) = parts.headers.get(AUTHORIZATION) else {
        return Caller::of_user(user.ok_or_else(no_key)?, parts.extensions.get::<SessionHash>());
    };
    let key = header.to_str().ok().and_then(bearer).map(SecretString::from);
    let store = &app.services.store;
    let found = match &key {
        Some(key) => store.find_working_api_key(key).await?,
        None => None,
    };
    let found = found.ok_or_else(bad_key)?;
    if app.limits.is_too_fast(&found.id) {
        return Err(too_fast().into());
    }
    // What may read may also do so while nothing can be written.
    match timeout(NOTE_PATIENCE, store.note_api_key_use(&found)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(key = %found.id, %error, "the use of a key could not be written down"),
        Err(_) => tracing::warn!(key = %found.id, "writing down the use of a key took too long"),
    }
    let address = parts.extensions.get::<super::Address>().map(ToString::to_string);
    Ok(Caller::of_key(&found, address))
}

/// The name of the scheme may be written in any case (RFC 9110).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

impl FromRequestParts<AppState> for Reader {
    type Rejection = Boundary;
    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Boundary> {
        Ok(Self(caller(parts, app).await?))
    }
}

impl FromRequestParts<AppState> for Writer {
    type Rejection = Boundary;
    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Boundary> {
        let caller = caller(parts, app).await?;
        if caller.may_write {
            Ok(Self(caller))
        } else {
            Err(Problem::not_allowed("admin, or a key with the scope write").into())
        }
    }
}

fn no_key() -> Problem {
    let (what, remedy) = ("This needs an API key.", "Send the header `Authorization: Bearer gt_…`, or sign in.");
    Problem { what: what.to_owned(), remedy: remedy.to_owned(), ..Problem::sign_in_needed() }
}

fn too_fast() -> Problem {
    Problem::new(
        "too_fast",
        "This key calls too often.",
        "50 calls a second are allowed.",
        "Wait a second, then go on.",
    )
}

fn bad_key() -> Problem {
    Problem::new(
        "bad_key",
        "This API key does not work.",
        "It is unknown, revoked or ended, or the header is not `Authorization: Bearer gt_…`.",
        "Make a new key at Settings › API keys.",
    )
}
