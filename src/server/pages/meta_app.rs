//! The form of Settings › Meta app.

use super::page_request;
use crate::actions::meta_app::{AppCheck, MetaAppAnswer};
use crate::domain::problem::Problem;
use crate::server::boundary::{Boundary, status};
use crate::server::operations::meta_app::{MetaAppUpdate, check_meta_app, save_meta_app};
use crate::server::session::Admin;
use crate::server::state::AppState;
use axum::extract::{Form, State};
use axum::http::{Extensions, StatusCode};
use axum::response::Response;
use leptos::prelude::provide_context;
use secrecy::SecretString;
use serde::Deserialize;

/// Fields that the environment has fixed are not sent.
#[derive(Deserialize)]
pub struct MetaAppForm {
    #[serde(default)]
    app_id: String,
    #[serde(default)]
    app_secret: SecretString,
    #[serde(default)]
    config_id: String,
    /// The other button: asks Meta about the app that is in use, and saves nothing.
    check: Option<String>,
}

/// `POST /settings/meta-app`
pub async fn meta_app_form(
    who: Admin,
    State(app): State<AppState>,
    asked: Extensions,
    Form(form): Form<MetaAppForm>,
) -> Result<Response, Boundary> {
    let services = &app.services;
    let typed = (form.app_id.clone(), form.config_id.clone());
    let done = if form.check.is_some() {
        check_meta_app(services, &who.user.workspace).await.map(MetaAppAnswer::Checked)
    } else {
        let update = MetaAppUpdate { app_id: form.app_id, app_secret: form.app_secret, config_id: form.config_id };
        save_meta_app(services, &who.actor(), update).await.map(|()| MetaAppAnswer::Saved)
    };
    let (status, answer) = match done.map_err(Boundary::from) {
        Ok(MetaAppAnswer::Checked(AppCheck::Bad { problem })) => {
            (status(&problem), MetaAppAnswer::Checked(AppCheck::Bad { problem }))
        }
        Ok(answer) => (StatusCode::OK, answer),
        Err(failure) => {
            let problem: Problem = failure.into_problem();
            (status(&problem), MetaAppAnswer::Refused { problem, app_id: typed.0, config_id: typed.1 })
        }
    };
    let page = page_request("/settings/meta-app", asked);
    Ok(app.render(status, page, move || provide_context(answer.clone())).await)
}
