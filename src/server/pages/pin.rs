//! The form of a number's PIN: shown or changed, after the password was entered again.

use super::page_request;
use crate::actions::connections::PinAnswer;
use crate::domain::problem::Problem;
use crate::server::boundary::{Boundary, status};
use crate::server::operations::number_pin::{change_pin, reveal_pin};
use crate::server::session::{Admin, OwnedConnection, confirm_password};
use crate::server::state::AppState;
use axum::extract::{Form, Path, State};
use axum::http::{Extensions, StatusCode};
use axum::response::Response;
use leptos::prelude::provide_context;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct PinForm {
    /// Absent for a sandbox account, which has none.
    #[serde(default)]
    password: SecretString,
    /// The new PIN; absent where the present one is to be shown.
    pin: Option<SecretString>,
}

/// `POST /core/whatsapp-api/configurations/{connection}/pin`
pub async fn pin_form(
    who: Admin,
    State(app): State<AppState>,
    Path(connection): Path<String>,
    asked: Extensions,
    Form(form): Form<PinForm>,
) -> Result<Response, Boundary> {
    let OwnedConnection(stored) = OwnedConnection::to_change(&app.services.store, &who, &connection).await?;
    let path = format!("/core/whatsapp-api/configurations/{}/pin", stored.connection.id);
    let page = async |status: StatusCode, answer: PinAnswer| {
        app.render(status, page_request(&path, asked), move || provide_context(answer.clone())).await
    };
    let changes = form.pin.is_some();
    let refused =
        |problem: Problem| if changes { PinAnswer::NotChanged(problem) } else { PinAnswer::NotShown(problem) };
    if let Err(denied) = confirm_password(&app, &who, form.password, "password").await? {
        return Ok(denied.after(page(denied.status, refused(denied.problem.clone())).await));
    }
    let (services, actor) = (app.services.clone(), who.actor());
    let done = match form.pin {
        Some(pin) => {
            // On its own task: a browser that goes away must not leave Meta with a PIN that nobody here knows.
            let changing = tokio::spawn(async move { change_pin(&services, &actor, &stored, &pin).await });
            changing.await.map_err(Boundary::unexpected)?.map(|()| PinAnswer::Changed)
        }
        None => {
            let shown = reveal_pin(&services, &actor, &stored).await;
            shown.map(|pin| PinAnswer::Shown(pin.expose_secret().to_owned()))
        }
    };
    Ok(match done.map_err(Boundary::from) {
        Ok(answer) => page(StatusCode::OK, answer).await,
        Err(failure) => {
            let problem = failure.into_problem();
            page(status(&problem), refused(problem)).await
        }
    })
}
