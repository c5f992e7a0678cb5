//! The form of Settings › Personal data: first asks what is there, then, confirmed, has it erased.

use super::page_request;
use crate::actions::personal_data::ErasureAnswer;
use crate::server::boundary::{Boundary, status};
use crate::server::operations::Failure;
use crate::server::operations::erase_person::{ask_about_person, erase_person};
use crate::server::session::Admin;
use crate::server::state::AppState;
use axum::extract::{Form, State};
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::provide_context;
use serde::Deserialize;

const PAGE: &str = "/settings/personal-data";

#[derive(Deserialize)]
pub struct PersonForm {
    person: String,
    /// The second press.
    confirmed: Option<String>,
}

/// `POST /settings/personal-data`
pub async fn personal_data_form(
    who: Admin,
    State(app): State<AppState>,
    asked: Extensions,
    Form(form): Form<PersonForm>,
) -> Result<Response, Boundary> {
    let (services, workspace) = (&app.services, &who.user.workspace);
    let found = if form.confirmed.is_some() {
        match erase_person(services, &who.actor(), &form.person).await {
            Ok(_) => return Ok(Redirect::to(PAGE).into_response()),
            Err(failure) => Err(failure),
        }
    } else {
        ask_about_person(services, workspace, &form.person).await.map(ErasureAnswer::Question)
    };
    let (status, answer) = match found {
        Ok(question) => (StatusCode::OK, question),
        Err(Failure::Shown(problem)) => {
            (status(&problem), ErasureAnswer::Refused { person: form.person, problem: *problem })
        }
        Err(failure) => return Err(failure.into()),
    };
    Ok(app.render(status, page_request(PAGE, asked), move || provide_context(answer.clone())).await)
}
