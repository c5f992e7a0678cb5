//! The forms of Messages › Replay and Messages › Export: a refused one comes again with what was typed.

use super::page_request;
use crate::actions::messages::{ExportWish, RefusedExport, RefusedRange};
use crate::server::boundary::{Boundary, status};
use crate::server::operations::Failure;
use crate::server::operations::export_events::{Export, ExportAsked};
use crate::server::operations::replay_deliveries::replay_range;
use crate::server::session::Admin;
use crate::server::state::AppState;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::Extensions;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::provide_context;
use serde::Deserialize;

const REPLAY: &str = "/core/whatsapp-api/messages/replay";
const EXPORT: &str = "/core/whatsapp-api/messages/export";

/// UTC, to the minute.
#[derive(Deserialize)]
pub struct RangeForm {
    from: String,
    to: String,
}

/// `POST /core/whatsapp-api/messages/replay`: understands once more what came between two times.
pub async fn replay_form(
    who: Admin,
    State(app): State<AppState>,
    asked: Extensions,
    Form(form): Form<RangeForm>,
) -> Result<Response, Boundary> {
    match replay_range(&app.services, &who.actor(), &form.from, &form.to).await {
        Ok(_) => Ok(Redirect::to(REPLAY).into_response()),
        Err(Failure::Shown(problem)) => {
            let refused = RefusedRange { from: form.from, to: form.to, problem: *problem };
            let (status, page) = (status(&refused.problem), page_request(REPLAY, asked));
            Ok(app.render(status, page, move || provide_context(refused.clone())).await)
        }
        Err(failure) => Err(failure.into()),
    }
}

/// `POST /core/whatsapp-api/messages/export`: the file.
pub async fn export_form(
    who: Admin,
    State(app): State<AppState>,
    asked: Extensions,
    Form(wish): Form<ExportWish>,
) -> Result<Response, Boundary> {
    let wished = ExportAsked {
        connection: filled(&wish.connection),
        kind: filled(&wish.kind),
        person: filled(&wish.person),
        from: filled(&wish.from),
        to: filled(&wish.to),
    };
    match Export::begin(&app.services, &who.actor(), wished).await {
        Ok(export) => {
            let file = format!("attachment; filename=\"{}\"", export.file_name());
            let kind = (CONTENT_TYPE, "application/x-ndjson".to_owned());
            let headers = [kind, (CONTENT_DISPOSITION, file)];
            Ok((headers, Body::from_stream(export.lines())).into_response())
        }
        Err(Failure::Shown(problem)) => {
            let refused = RefusedExport { wish, problem: *problem };
            let (status, page) = (status(&refused.problem), page_request(EXPORT, asked));
            Ok(app.render(status, page, move || provide_context(refused.clone())).await)
        }
        Err(failure) => Err(failure.into()),
    }
}

/// A field that was left empty asks nothing.
fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
