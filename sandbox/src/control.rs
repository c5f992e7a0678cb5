//! The control plane under `/_sandbox`: a page for people, JSON for tests, both over the functions of [`Sandbox`].

mod api;
mod page;
mod webhooks;

use axum::{
    Router,
    http::header,
    routing::{get, post},
};

use crate::Sandbox;

pub(crate) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/", get(page::show))
        .route("/do", post(page::act))
        .route("/style.css", get(style))
        .nest("/api", api::router())
}

async fn style() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}
