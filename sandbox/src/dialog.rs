//! The login dialog with Embedded Signup (reference §§1.1, 3.4, 3.5): plain forms, state on the server.

mod finish;
mod pages;
mod request;
mod steps;
mod wizard;

use axum::{
    Form,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{Sandbox, urls};
use steps::{Fields, Outcome};

pub(crate) use wizard::Wizards;

/// `GET /{version}/dialog/oauth`.
pub(crate) async fn open(State(sandbox): State<Sandbox>, RawQuery(query): RawQuery) -> Response {
    let pairs = urls::pairs(&query.unwrap_or_default());
    let opened = sandbox.with(|world| {
        let wizard = request::accept(world, &pairs)?;
        Ok(world.wizards.add(wizard))
    });
    match opened {
        // A page of its own, so that loading it again goes on instead of beginning anew.
        Ok(id) => Redirect::to(&format!("/dialog/{id}")).into_response(),
        Err(fault) => pages::fault(&fault),
    }
}

pub(crate) async fn show(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    sandbox.with(|world| match world.wizards.find(&id) {
        Some(wizard) => pages::step(world, wizard),
        None => pages::gone(),
    })
}

pub(crate) async fn submit(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    sandbox.with(|world| {
        // Taken out while it changes; put back unless the dialog is over.
        let Some(mut wizard) = world.wizards.take(&id) else { return pages::gone() };
        match steps::submit(world, &mut wizard, &fields) {
            Outcome::Stay => {
                world.wizards.put(id.clone(), wizard);
                Redirect::to(&format!("/dialog/{id}")).into_response()
            }
            Outcome::End(end) if world.switches.post_message => finish::post_and_leave(&wizard, &end),
            Outcome::End(end) => (StatusCode::FOUND, [(axum::http::header::LOCATION, end.address)]).into_response(),
        }
    })
}
