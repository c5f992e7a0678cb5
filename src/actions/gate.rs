//! How a server function gets at who is asking and what it may use.

use crate::domain::problem::Problem;
use crate::server::boundary::{Boundary, status};
use crate::server::operations::Services;
use crate::server::session::{Admin, OwnedConnection, OwnedSignup, SessionHash, Support, Viewer};
use crate::server::state::AppState;
use axum::http::request::Parts;
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

pub(super) fn app() -> Result<AppState, Boundary> {
    use_context().ok_or_else(|| Boundary::unexpected("a server function without its state"))
}

pub(super) fn services() -> Result<Services, Boundary> {
    Ok(app()?.services.clone())
}

fn parts() -> Result<Parts, Boundary> {
    use_context().ok_or_else(|| Boundary::unexpected("a server function without its request"))
}

/// Hash of the browser session's id: what a draft is bound to.
pub(super) fn session() -> Result<String, Boundary> {
    let found = parts()?.extensions.get::<SessionHash>().map(|session| session.0.clone());
    Ok(found.ok_or_else(Problem::sign_in_needed)?)
}

pub(super) fn viewer() -> Result<Viewer, Boundary> {
    Viewer::of(&parts()?)
}

pub(super) fn support() -> Result<Support, Boundary> {
    Support::of(&parts()?)
}

pub(super) fn admin() -> Result<Admin, Boundary> {
    Admin::of(&parts()?)
}

/// An admin, and the connection of their workspace that they want to change.
pub(super) async fn admin_of_connection(id: &str) -> Result<(Services, Admin, OwnedConnection), Boundary> {
    let (services, admin) = (services()?, admin()?);
    let owned = OwnedConnection::to_change(&services.store, &admin, id).await?;
    Ok((services, admin, owned))
}

/// An admin, and the signup of their workspace that they want to go on with.
pub(super) async fn admin_of_signup(id: &str) -> Result<(Services, Admin, OwnedSignup), Boundary> {
    let (services, admin) = (services()?, admin()?);
    let owned = OwnedSignup::to_change(&services.store, &admin, id).await?;
    Ok((services, admin, owned))
}

/// What a server function answers with.
pub(super) async fn answer<T>(work: impl Future<Output = Result<T, Boundary>>) -> Result<T, Problem> {
    work.await.map_err(told)
}

/// Answers with the status that belongs to the problem.
pub(super) fn told(failure: Boundary) -> Problem {
    let problem = failure.into_problem();
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status(&problem));
    }
    problem
}

/// A form's answer: back to the page that shows what came of it.
pub(super) fn back_to(path: &str) {
    leptos_axum::redirect(path);
}
