//! The first admin: a link that is printed once, works once, and is dead as soon as anybody exists.

use super::login::admit;
use super::{Address, Passwords};
use crate::domain::problem::Problem;
use crate::domain::user::{Role, looks_like_email};
use crate::server::boundary::Boundary;
use crate::server::state::AppState;
use crate::server::store::{NewUser, StoreError};
use axum::Extension;
use axum::extract::{Form, Request, State};
use axum::http::{Extensions, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use subtle::ConstantTimeEq;
use tower_sessions::Session;

/// New at each start; held in memory and in the file `setup-link` only.
#[derive(Clone)]
pub struct SetupLink {
    token: SecretString,
}

impl SetupLink {
    pub fn new() -> Self {
        Self { token: crate::server::digest::hex(&rand::random::<[u8; 24]>()).into() }
    }

    pub fn url(&self, public_url: &str) -> String {
        format!("{public_url}/setup?token={}", self.token.expose_secret())
    }

    fn is(&self, token: &SecretString) -> bool {
        self.token.expose_secret().as_bytes().ct_eq(token.expose_secret().as_bytes()).into()
    }
}

impl Default for SetupLink {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Deserialize)]
pub struct SetupForm {
    token: SecretString,
    name: String,
    email: String,
    password: SecretString,
}

/// `GET /setup`: says at once that a link is dead, before somebody fills the form in.
pub async fn refuse_dead_link(State(app): State<AppState>, request: Request, next: Next) -> Result<Response, Boundary> {
    if request.uri().path() != "/setup" || request.method() != Method::GET {
        return Ok(next.run(request).await);
    }
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let token =
        url::form_urlencoded::parse(query).find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
    let token = token.unwrap_or_default().into();
    if is_alive(&app, &token).await? { Ok(next.run(request).await) } else { Ok(refuse(&app).await) }
}

async fn is_alive(app: &AppState, token: &SecretString) -> Result<bool, StoreError> {
    Ok(app.setup.is(token) && !app.services.store.has_users().await?)
}

async fn refuse(app: &AppState) -> Response {
    app.page_again(StatusCode::FORBIDDEN, "/setup", Extensions::default(), Default::default(), dead_link()).await
}

/// `POST /setup`
pub async fn set_up(
    State(app): State<AppState>,
    Extension(address): Extension<Address>,
    session: Session,
    Form(form): Form<SetupForm>,
) -> Result<Response, Boundary> {
    let store = &app.services.store;
    if !is_alive(&app, &form.token).await? {
        return Ok(refuse(&app).await);
    }
    if let Some(problem) = broken_rule(&form) {
        let path = format!("/setup?token={}", form.token.expose_secret());
        let typed = (form.name, form.email);
        return Ok(app
            .page_again(StatusCode::UNPROCESSABLE_ENTITY, &path, Extensions::default(), typed, problem)
            .await);
    }
    let workspace = store.find_workspace(None).await?;
    let workspace = workspace.ok_or_else(|| Boundary::unexpected("there is no workspace"))?;
    let hash = app.passwords.hash(form.password).await.map_err(Boundary::unexpected)?;
    let new = NewUser {
        workspace: &workspace,
        email: &form.email,
        name: &form.name,
        role: Role::Admin,
        password_hash: Some(&hash),
    };
    let user = store.add_first_user(new).await?.ok_or_else(dead_link)?;
    admit(&app, &session, &user, address).await?;
    app.forget_setup_link().await;
    Ok(Redirect::to("/core/whatsapp-api/configurations").into_response())
}

fn broken_rule(form: &SetupForm) -> Option<Problem> {
    if form.name.trim().is_empty() {
        return Some(Problem::invalid("name", "say who you are"));
    }
    if !looks_like_email(&form.email) {
        return Some(Problem::invalid("email", "an address like ana@example.org"));
    }
    Passwords::broken_rule(&form.password).map(|rule| Problem::invalid("password", &rule))
}

fn dead_link() -> Problem {
    Problem::new(
        "setup_link_dead",
        "This setup link does not work any more.",
        "It works once, until the first account exists, and changes at each start.",
        "Log in; or take the newest link from the terminal or the file setup-link.",
    )
}
