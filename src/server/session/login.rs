//! Logging in and out, and changing one's password.

use super::address::was_forwarded;
use super::{Address, CurrentUser, Passwords, Viewer};
use crate::domain::ids::UserId;
use crate::domain::problem::Problem;
use crate::domain::user::User;
use crate::server::boundary::Boundary;
use crate::server::state::AppState;
use crate::server::store::{Actor, Refusal, USER_KEY};
use axum::Extension;
use axum::extract::{Form, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use serde::Deserialize;
use tower_sessions::Session;

const HOME: &str = "/core/whatsapp-api/configurations";

#[derive(Deserialize)]
pub struct LoginForm {
    email: String,
    password: SecretString,
    #[serde(default)]
    next: String,
}

/// Where to go after logging in: our own pages only, never another site.
fn local(next: &str) -> &str {
    // Browsers leave tabs and line ends out of an address, so that `/` and another `/` may meet behind one.
    let plain = !next.contains(|letter: char| letter == '\\' || letter.is_control());
    let inside = next.starts_with('/') && !next.starts_with("//") && plain;
    if inside { next } else { HOME }
}

/// `POST /login`
pub async fn log_in(
    State(app): State<AppState>,
    Extension(address): Extension<Address>,
    session: Session,
    Form(form): Form<LoginForm>,
) -> Result<Response, Boundary> {
    let subjects = [format!("account:{}", form.email.trim().to_lowercase()), format!("address:{address}")];
    let store = &app.services.store;
    if let Some(refusal) = store.count_login_failure(&subjects).await? {
        app.services.pulse.note_login_refused();
        let (seconds, problem) = too_many(&app, refusal);
        let page = refused(&app, StatusCode::TOO_MANY_REQUESTS, form.email, problem).await;
        return Ok(after(seconds, page));
    }
    let user = store.find_user_by_email(&form.email).await?;
    let known = match &user {
        Some(user) => store.password_hash(&user.id).await?,
        None => None,
    };
    let right = app.passwords.verify(form.password, known).await.map_err(Boundary::unexpected)?;
    let Some(user) = user.filter(|_| right) else {
        app.services.pulse.note_login_refused();
        return Ok(refused(&app, StatusCode::UNAUTHORIZED, form.email, wrong_login()).await);
    };
    store.forget_login_failures(&subjects).await?;
    admit(&app, &session, &user, address).await?;
    Ok(Redirect::to(local(&form.next)).into_response())
}

#[derive(Deserialize)]
pub struct DemoForm {
    user: UserId,
    #[serde(default)]
    next: String,
}

/// `POST /login/demo`: the sandbox's accounts, from this very machine and through no proxy.
pub async fn enter_demo(
    State(app): State<AppState>,
    Extension(address): Extension<Address>,
    headers: HeaderMap,
    session: Session,
    Form(form): Form<DemoForm>,
) -> Result<Response, Boundary> {
    if !app.demo || was_forwarded(&headers) || !address.0.is_loopback() {
        return Err(Problem::not_found().into());
    }
    let user = app.services.store.find_user(&form.user).await?.filter(|user| user.demo);
    let user = user.ok_or_else(Problem::not_found)?;
    admit(&app, &session, &user, address).await?;
    Ok(Redirect::to(local(&form.next)).into_response())
}

/// Gives the session a new id, so that one planted before the login is worth nothing.
pub(super) async fn admit(app: &AppState, session: &Session, user: &User, address: Address) -> Result<(), Boundary> {
    session.cycle_id().await.map_err(Boundary::unexpected)?;
    session.insert(USER_KEY, &user.id).await.map_err(Boundary::unexpected)?;
    let actor = Actor {
        workspace: user.workspace.clone(),
        user: Some(user.id.clone()),
        name: user.name.clone(),
        address: Some(address.to_string()),
    };
    Ok(app.services.store.add_audit(&actor, "logged_in", None, None, None).await?)
}

/// `POST /logout`
pub async fn log_out(session: Session) -> Result<Response, Boundary> {
    session.flush().await.map_err(Boundary::unexpected)?;
    Ok(Redirect::to("/login").into_response())
}

#[derive(Deserialize)]
pub struct PasswordForm {
    current: SecretString,
    new: SecretString,
}

/// `POST /account/password`: ends all sessions of the account but this one, which begins anew.
pub async fn change_password(
    State(app): State<AppState>,
    who: Viewer,
    session: Session,
    asked: Extensions,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Boundary> {
    let store = &app.services.store;
    let refuse = |status, problem| {
        let typed = <(String, String)>::default();
        app.page_again(status, "/account/password", asked, typed, problem)
    };
    if let Some(rule) = Passwords::broken_rule(&form.new) {
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, Problem::invalid("new", &rule)).await);
    }
    if let Err(denied) = confirm_password(&app, &who, form.current, "current").await? {
        return Ok(denied.after(refuse(denied.status, denied.problem.clone()).await));
    }
    let hash = app.passwords.hash(form.new).await.map_err(Boundary::unexpected)?;
    store.update_password(&who.user.id, &hash).await?;
    store.add_audit(&who.actor(), "password_changed", None, None, None).await?;
    admit(&app, &session, &who.user, who.address).await?;
    Ok(Redirect::to("/account?changed=1").into_response())
}

/// Why a password was not taken, and how to answer.
pub struct Denied {
    pub status: StatusCode,
    pub problem: Problem,
    wait: Option<i64>,
}

impl Denied {
    /// The page that says so, with the time to wait.
    pub fn after(&self, page: Response) -> Response {
        match self.wait {
            Some(seconds) => after(seconds, page),
            None => page,
        }
    }
}

/// Asks whoever is logged in for their password once more; guesses are counted like logins. `field` names the form's field.
/// A sandbox account has no password: it is who it is.
pub async fn confirm_password(
    app: &AppState,
    who: &CurrentUser,
    password: SecretString,
    field: &str,
) -> Result<Result<(), Denied>, Boundary> {
    if who.user.demo {
        return Ok(Ok(()));
    }
    let store = &app.services.store;
    let subjects = [format!("account:{}", who.user.email)];
    if let Some(refusal) = store.count_login_failure(&subjects).await? {
        let (seconds, problem) = too_many(app, refusal);
        return Ok(Err(Denied { status: StatusCode::TOO_MANY_REQUESTS, problem, wait: Some(seconds) }));
    }
    let known = store.password_hash(&who.user.id).await?;
    if !app.passwords.verify(password, known).await.map_err(Boundary::unexpected)? {
        let problem = Problem::invalid(field, "this is not your present password");
        return Ok(Err(Denied { status: StatusCode::UNPROCESSABLE_ENTITY, problem, wait: None }));
    }
    store.forget_login_failures(&subjects).await?;
    Ok(Ok(()))
}

/// The same page again, with what was typed and what is wrong with it.
async fn refused(app: &AppState, status: StatusCode, email: String, problem: Problem) -> Response {
    app.page_again(status, "/login", Extensions::default(), (String::new(), email), problem).await
}

fn after(seconds: i64, mut page: Response) -> Response {
    page.headers_mut().insert(RETRY_AFTER, seconds.into());
    page
}

fn wrong_login() -> Problem {
    Problem::new("wrong_login", "Email or password is wrong.", "", "Check both and try again.")
}

/// How long to wait, rounded up: a browser that comes back then is let in.
fn too_many(app: &AppState, refusal: Refusal) -> (i64, Problem) {
    let seconds = (refusal.until.since(app.services.clock.now()) + 999).div_euclid(1_000).max(1);
    let wait = if seconds < 60 { format!("{seconds} s") } else { format!("{} minutes", seconds / 60 + 1) };
    (seconds, Problem::new("too_many_logins", "Too many failed tries.", "", &format!("Wait {wait}, then try again.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_leads_to_our_own_pages_only() {
        assert_eq!(local("/account?x=1"), "/account?x=1");
        for foreign in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"]
        {
            assert_eq!(local(foreign), HOME, "{foreign}");
        }
    }
}
