//! Pages as answers to other requests: a form again that was refused, and a problem in words.

mod address;
mod forwards;
mod messages;
mod meta_app;
mod personal_data;
mod pin;

use super::boundary::{Boundary, status};
use super::operations::Failure;
use super::operations::api_keys::{Wanted, add_api_key_once};
use super::operations::reveal_verify_token::reveal_verify_token;
use super::session::{Admin, OwnedConnection};
use super::state::AppState;
use crate::actions::api_keys::{MadeKey, RefusedKey, Scope};
use crate::actions::connections::Revealed;
use crate::actions::people::{RefusedForm, SentFrom};
use crate::app::html_document;
use crate::domain::problem::Problem;
pub use address::page_with_address;
use axum::body::{Body, to_bytes};
use axum::extract::{Form, Path, Query, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, LOCATION, REFERER};
use axum::http::{Extensions, HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
pub use forwards::{page_with_changed_forward, page_with_new_forward, page_with_rotated_secret};
use leptos::prelude::provide_context;
pub use messages::{export_form, replay_form};
pub use meta_app::meta_app_form;
pub use personal_data::personal_data_form;
pub use pin::pin_form;
use secrecy::ExposeSecret;
use serde::Deserialize;

/// Largest problem that is read back from an answer.
const PROBLEM_BYTES: usize = 64 * 1024;

/// A request for a page of ours, by whoever made another request.
fn page_request(path: &str, asked: Extensions) -> Request {
    let mut request = Request::builder().uri(path).body(Body::empty()).unwrap_or_default();
    *request.extensions_mut() = asked;
    request
}

impl AppState {
    /// The page at `path` once more, with the name and email that were typed and what is wrong with them. `asked` tells
    /// who is looking.
    pub async fn page_again(
        &self,
        status: StatusCode,
        path: &str,
        asked: Extensions,
        (name, email): (String, String),
        problem: Problem,
    ) -> Response {
        let refused = RefusedForm { email, name, problem };
        self.render(status, page_request(path, asked), move || provide_context(refused.clone())).await
    }

    /// A whole page that says what went wrong.
    /// `from` is the page of ours whose form was sent.
    async fn problem_page(&self, problem: Problem, from: Option<SentFrom>, asked: Extensions) -> Response {
        let answer = status(&problem);
        let context = move || {
            provide_context(problem.clone());
            if let Some(from) = from.clone() {
                provide_context(from);
            }
        };
        self.render(answer, page_request("/problem", asked), context).await
    }

    /// The page that a request came from, when it is one of ours.
    fn sent_from(&self, headers: &HeaderMap) -> Option<SentFrom> {
        let page = headers.get(REFERER)?.to_str().ok()?.strip_prefix(&*self.origin)?;
        page.starts_with('/').then(|| SentFrom(page.to_owned()))
    }

    async fn render(
        &self,
        status: StatusCode,
        request: Request,
        context: impl Fn() + Clone + Send + Sync + 'static,
    ) -> Response {
        let (app, options) = (self.clone(), self.leptos.clone());
        let provide = move || {
            provide_context(app.clone());
            context();
        };
        let render = leptos_axum::render_app_async_with_context(provide, move || html_document(options.clone()));
        let mut page = render(request).await;
        *page.status_mut() = status;
        page
    }

    /// The page that is shown for an address that nothing answers.
    pub async fn not_found_page(&self, request: Request) -> Response {
        self.render(StatusCode::NOT_FOUND, request, || {}).await
    }
}

/// Which page the verify token was asked for on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    here: String,
}

/// `POST /core/whatsapp-api/configurations/{connection}/verify-token`: the connection's page with its verify token, for
/// browsers whose islands sleep.
pub async fn page_with_verify_token(
    who: Admin,
    State(app): State<AppState>,
    Path(connection): Path<String>,
    Query(Shown { here }): Query<Shown>,
    asked: Extensions,
) -> Result<Response, Boundary> {
    let OwnedConnection(stored) = OwnedConnection::to_change(&app.services.store, &who, &connection).await?;
    let token = reveal_verify_token(&app.services, &who.actor(), &stored).await?;
    let revealed = Revealed { value: token.expose_secret().to_owned() };
    let below = if here == "receiving" { "/receiving" } else { "" };
    let path = format!("/core/whatsapp-api/configurations/{}{below}", stored.connection.id);
    let page = page_request(&path, asked);
    Ok(app.render(StatusCode::OK, page, move || provide_context(revealed.clone())).await)
}

#[derive(Deserialize)]
pub struct KeyForm {
    name: String,
    scope: String,
    /// Empty for a key that does not end.
    days: String,
    /// Of this one form, so that sending it again makes no second key.
    #[serde(default)]
    once: String,
}

/// `POST /settings/api-keys`: makes a key and answers the page that shows it. It is kept nowhere, so no redirect could
/// lead to it.
pub async fn page_with_new_key(
    who: Admin,
    State(app): State<AppState>,
    asked: Extensions,
    Form(form): Form<KeyForm>,
) -> Result<Response, Boundary> {
    let page = page_request("/settings/api-keys", asked);
    let made = async {
        let scope: Scope = form.scope.parse().map_err(|_| Problem::invalid("scope", "choose read or write"))?;
        let days = match form.days.as_str() {
            "" => None,
            days => Some(days.parse().map_err(|_| Problem::invalid("days", "choose when it ends"))?),
        };
        let wanted = Wanted { name: form.name.clone(), scope, days };
        add_api_key_once(&app.services.store, &app.services.clock, &who.actor(), &wanted, Some(&form.once)).await
    };
    let answer = match made.await {
        Ok(None) => return Ok(Redirect::to("/settings/api-keys").into_response()),
        Ok(Some(key)) => {
            let made = MadeKey { name: form.name.trim().to_owned(), key: key.expose_secret().to_owned() };
            app.render(StatusCode::OK, page, move || provide_context(made.clone())).await
        }
        Err(Failure::Shown(problem)) => {
            let KeyForm { name, scope, days, .. } = form;
            let refused = RefusedKey { name, scope, days, problem: *problem };
            app.render(StatusCode::UNPROCESSABLE_ENTITY, page, move || provide_context(refused.clone())).await
        }
        Err(failure) => return Err(failure.into()),
    };
    Ok(answer)
}

/// Puts a page in place of a problem in JSON when a browser asked for a page.
pub async fn show_problems(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let wants_page = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if !wants_page.is_some_and(|accept| accept.contains("text/html")) {
        return next.run(request).await;
    }
    let extensions = request.extensions().clone();
    let from = app.sent_from(request.headers()).filter(|_| request.method() == Method::POST);
    let answer = next.run(request).await;
    let is_page = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if answer.status().as_u16() < 400 || is_page {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let bytes = to_bytes(body, PROBLEM_BYTES).await.unwrap_or_default();
    match serde_json::from_slice::<Problem>(&bytes) {
        Ok(problem) => app.problem_page(problem, from, extensions).await,
        Err(_) => {
            parts.headers.remove(LOCATION);
            Response::from_parts(parts, Body::from(bytes))
        }
    }
}
