//! Where the inside meets the outside: failures become answers here, and the unexpected ones are logged, once.

use super::operations::Failure;
use super::store::StoreError;
use crate::domain::problem::Problem;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::fmt::Display;

/// A failure as a handler answers it.
#[derive(Debug)]
pub struct Boundary(Box<Problem>);

impl Boundary {
    /// Logs what happened; the person gets a reference to the log line.
    pub fn unexpected(error: impl Display) -> Self {
        let reference = super::digest::hex(&rand::random::<[u8; 4]>());
        tracing::error!(%reference, %error, "unexpected");
        Self(Box::new(Problem::unexpected(&reference)))
    }

    pub fn into_problem(self) -> Problem {
        *self.0
    }
}

impl From<Problem> for Boundary {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<StoreError> for Boundary {
    fn from(error: StoreError) -> Self {
        if error.is_away() {
            tracing::error!(%error, "the database does not answer");
            return Problem::database_away().into();
        }
        Self::unexpected(error)
    }
}

impl From<Failure> for Boundary {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Shown(problem) => Self(problem),
            Failure::Unexpected(error) => error.into(),
        }
    }
}

/// The status that belongs to a problem.
pub fn status(problem: &Problem) -> StatusCode {
    match problem.code.as_str() {
        "sign_in_needed" => StatusCode::UNAUTHORIZED,
        "not_allowed" | "foreign_origin" | "state_foreign" => StatusCode::FORBIDDEN,
        "not_found" => StatusCode::NOT_FOUND,
        "several_connections" | "other_number" | "connected_elsewhere" | "effects_paused" => StatusCode::CONFLICT,
        "changed_meanwhile" => StatusCode::PRECONDITION_FAILED,
        "bad_key" => StatusCode::UNAUTHORIZED,
        "too_fast" => StatusCode::TOO_MANY_REQUESTS,
        "state_missing" => StatusCode::BAD_REQUEST,
        "unexpected" => StatusCode::INTERNAL_SERVER_ERROR,
        "meta_unreachable" | "out_of_order" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl IntoResponse for Boundary {
    /// As JSON; for a browser, `show_problems` puts a page in its place.
    fn into_response(self) -> Response {
        (status(&self.0), axum::Json(self.0)).into_response()
    }
}
