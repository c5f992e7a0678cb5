//! The control plane under `/_sandbox`: a page for people, JSON for tests, both over the functions of [`Sandbox`].

mod api;

use axum::{Router, http::header, routing::get};

use crate::Sandbox;

pub(crate) fn router() -> Router<Sandbox> {
    Router::new().nest("/api", api::router()).route("/style.css", get(style))
}

async fn style() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css"))
}
