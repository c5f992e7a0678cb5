//! The forms of Settings › Forwarding that answer a page: what was refused is shown again, and a secret is shown this once.

use super::page_request;
use crate::actions::forwards::{ForwardFields, MadeSecret, RefusedForward, ShownForward};
use crate::domain::instant::Instant;
use crate::server::boundary::{Boundary, status};
use crate::server::operations::Failure;
use crate::server::operations::forwards::{Draft, change_forward, find_forward, make_forward, rotate_secret};
use crate::server::session::Admin;
use crate::server::state::AppState;
use axum::extract::{Form, Path, State};
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::provide_context;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

/// Fields that stand in the form more than once come as pairs.
type Pairs = Vec<(String, SecretString)>;

fn read(pairs: Pairs) -> (ForwardFields, Draft) {
    let (mut fields, mut draft) = (ForwardFields::default(), Draft::default());
    let secret = |value: SecretString| Some(value).filter(|value| !value.expose_secret().is_empty());
    for (name, value) in pairs {
        let text = || value.expose_secret().to_owned();
        match name.as_str() {
            "id" => fields.id = text(),
            "name" => fields.name = text(),
            "url" => fields.url = text(),
            "format" => fields.format = text(),
            "connection" => fields.connection = text(),
            "kinds" => fields.kinds.push(text()),
            "headerName" => fields.header_name = text(),
            "headerValue" => draft.header_value = secret(value),
            "verifyToken" => draft.verify_token = secret(value),
            _ => {}
        }
    }
    draft.id = Some(fields.id.clone());
    draft.name = Some(fields.name.clone());
    draft.url = Some(fields.url.clone());
    draft.format = Some(fields.format.clone());
    draft.connection = Some(fields.connection.clone());
    draft.kinds = Some(fields.kinds.clone());
    draft.header_name = Some(fields.header_name.clone());
    (fields, draft)
}

/// `POST /settings/forwarding/new`: makes a forward and answers its page with the secret. It is shown this once, so no
/// redirect could lead to it; sent once more, the form leads to the forward that is there.
pub async fn page_with_new_forward(
    who: Admin,
    State(app): State<AppState>,
    asked: Extensions,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Boundary> {
    let (fields, draft) = read(pairs);
    match make_forward(&app.services, &who.actor(), draft).await {
        Ok((id, None)) => Ok(Redirect::to(&format!("/settings/forwarding/{id}")).into_response()),
        Ok((id, Some(secret))) => {
            let made = MadeSecret { secret: secret.expose_secret().to_owned(), rotated: false };
            let path = format!("/settings/forwarding/{id}");
            Ok(app.page_with_secret(&path, asked, ShownForward(id), made).await)
        }
        Err(failure) => app.form_again("/settings/forwarding/new", asked, fields, failure).await,
    }
}

/// `POST /settings/forwarding/{forward}/edit`
pub async fn page_with_changed_forward(
    who: Admin,
    State(app): State<AppState>,
    Path(id): Path<String>,
    asked: Extensions,
    Form(pairs): Form<Pairs>,
) -> Result<Response, Boundary> {
    let known = find_forward(&app.services, &who.user.workspace, &id).await?;
    let (mut fields, draft) = read(pairs);
    fields.format = known.format.as_str().to_owned();
    (fields.has_header, fields.has_verify_token) = (known.header_name.is_some(), known.has_verify_token);
    match change_forward(&app.services, &who.actor(), &known, draft).await {
        Ok(()) => Ok(Redirect::to(&format!("/settings/forwarding/{}", known.id)).into_response()),
        Err(failure) => {
            app.form_again(&format!("/settings/forwarding/{}/edit", known.id), asked, fields, failure).await
        }
    }
}

#[derive(Default, Deserialize)]
pub struct Rotation {
    /// Until when the old secret signed as the form was drawn, milliseconds; 0 where there was none.
    seen: Option<i64>,
}

/// `POST /settings/forwarding/{forward}/secret`: a new secret, and the page that shows it. Sent once more, the form leads to
/// the forward: the secret just copied stays the newest.
pub async fn page_with_rotated_secret(
    who: Admin,
    State(app): State<AppState>,
    Path(id): Path<String>,
    asked: Extensions,
    Form(Rotation { seen }): Form<Rotation>,
) -> Result<Response, Boundary> {
    let known = find_forward(&app.services, &who.user.workspace, &id).await?;
    let rotated = rotate_secret(&app.services, &who.actor(), &known, seen.map(Instant)).await?;
    let Some(secret) = rotated else {
        return Ok(Redirect::to(&format!("/settings/forwarding/{}", known.id)).into_response());
    };
    let made = MadeSecret { secret: secret.expose_secret().to_owned(), rotated: true };
    let path = format!("/settings/forwarding/{}", known.id);
    Ok(app.page_with_secret(&path, asked, ShownForward(known.id), made).await)
}

impl AppState {
    async fn page_with_secret(&self, path: &str, asked: Extensions, shown: ShownForward, made: MadeSecret) -> Response {
        let context = move || {
            provide_context(shown.clone());
            provide_context(made.clone());
        };
        self.render(StatusCode::OK, page_request(path, asked), context).await
    }

    async fn form_again(
        &self,
        path: &str,
        asked: Extensions,
        fields: ForwardFields,
        failure: Failure,
    ) -> Result<Response, Boundary> {
        let Failure::Shown(problem) = failure else { return Err(failure.into()) };
        let refused = RefusedForward { fields, problem: *problem };
        let answer = status(&refused.problem);
        Ok(self.render(answer, page_request(path, asked), move || provide_context(refused.clone())).await)
    }
}
