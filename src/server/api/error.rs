//! The one shape of an error: `{"error":{"code","message","remedy","details"?,"reference"}}`.

use crate::domain::problem::Problem;
use crate::domain::settings::BrokenRule;
use crate::server::boundary::{Boundary, status};
use crate::server::operations::Failure;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

const LOOK: &str = "Look at /api/docs.";

#[derive(Debug, Clone)]
pub struct ApiError {
    status: StatusCode,
    problem: Box<Problem>,
    details: Vec<BrokenRule>,
    /// The request's name in the log, where the problem has none of its own.
    request: String,
}

/// Every refusal, whatever the address.
#[derive(Serialize, ToSchema)]
pub(super) struct ErrorResponse {
    error: ErrorShape,
}

#[derive(Serialize, ToSchema)]
struct ErrorShape {
    /// Stable, for programs.
    #[schema(example = "invalid")]
    code: String,
    /// What happened.
    #[schema(example = "Some fields cannot be taken as they are.")]
    message: String,
    /// What to do next; may be empty.
    #[schema(example = "Correct them and send it again.")]
    remedy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    details: Option<Vec<Detail>>,
    /// Names the request in the log.
    #[schema(example = "0b6f3c1e-6f0c-4a57-9a4a-3b1c3c1f3f0e")]
    reference: String,
}

/// A field and the rule that it breaks.
#[derive(Serialize, ToSchema)]
struct Detail {
    #[schema(example = "webhookVerifyToken")]
    field: String,
    #[schema(example = "at least 8 characters")]
    rule: String,
}

impl ApiError {
    pub fn new(status: StatusCode, problem: Problem) -> Self {
        Self { status, problem: Box::new(problem), details: Vec::new(), request: String::new() }
    }

    fn told(status: StatusCode, code: &str, what: &str, remedy: &str) -> Self {
        Self::new(status, Problem::new(code, what, "", remedy))
    }

    pub(super) fn with_reference(mut self, request: &str) -> Self {
        request.clone_into(&mut self.request);
        self
    }

    /// Rules that fields break.
    pub(super) fn broken_rules(details: Vec<BrokenRule>) -> Self {
        let (what, remedy) = ("Some fields cannot be taken as they are.", "Correct them and send it again.");
        Self { details, ..Self::told(StatusCode::UNPROCESSABLE_ENTITY, "invalid", what, remedy) }
    }

    /// Fields that there are not, or that hold another kind of value than they take.
    pub(super) fn misshapen(details: Vec<BrokenRule>) -> Self {
        let what = "Some fields are unknown, or of another type.";
        Self { details, ..Self::told(StatusCode::BAD_REQUEST, "bad_fields", what, LOOK) }
    }

    pub(super) fn bad_json(what: &str) -> Self {
        Self::told(StatusCode::BAD_REQUEST, "bad_json", what, LOOK)
    }

    pub(super) fn no_json() -> Self {
        let (what, remedy) = ("The body is not marked as JSON.", "Send the header Content-Type: application/json.");
        Self::told(StatusCode::UNSUPPORTED_MEDIA_TYPE, "no_json", what, remedy)
    }

    pub(super) fn too_large() -> Self {
        let (what, remedy) = ("The body is too large.", "Send less: a few kilobytes are enough.");
        Self::told(StatusCode::PAYLOAD_TOO_LARGE, "too_large", what, remedy)
    }

    pub(super) fn wrong_method(method: &Method) -> Self {
        let what = format!("{method} is not possible here.");
        Self::told(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", &what, "The header Allow says what is.")
    }

    pub fn unknown_address() -> Self {
        Self::told(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.", LOOK)
    }

    pub(super) fn out_of_order() -> Self {
        Problem::database_away().into()
    }

    /// Meta could not be asked, so nothing was proven and nothing saved.
    pub(super) fn unproven(problem: Problem) -> Self {
        let remedy = "Send it again in a moment, or add ?force=true to save it unproven.".to_owned();
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Problem { remedy, ..problem })
    }

    pub(super) fn too_many_lines() -> Self {
        let (what, remedy) = ("Too many listen already.", "Close lines that nobody reads, or try again in a moment.");
        Self::told(StatusCode::SERVICE_UNAVAILABLE, "too_many_lines", what, remedy)
    }

    /// Refused before any of our own words were found for it.
    pub(super) fn refused(status: StatusCode) -> Self {
        Self::told(status, "refused", "This request cannot be taken as it is.", LOOK)
    }
}

impl From<Boundary> for ApiError {
    fn from(failure: Boundary) -> Self {
        failure.into_problem().into()
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        let details = problem.broken.as_deref().cloned().into_iter().collect();
        Self { details, ..Self::new(status(&problem), problem) }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Boundary::from(failure).into()
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        let why = rejection.body_text();
        let why = why.split_once(": ").map_or(why.as_str(), |(_, why)| why);
        Self::told(StatusCode::BAD_REQUEST, "bad_query", &format!("The query cannot be read: {why}."), LOOK)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Problem { code, what, why, remedy, reference, .. } = self.problem.as_ref();
        let details = (!self.details.is_empty()).then(|| self.details.iter().map(Detail::from).collect());
        let error = ErrorShape {
            code: code.clone(),
            message: if why.is_empty() { what.clone() } else { format!("{what} {why}") },
            remedy: remedy.clone(),
            details,
            reference: reference.as_ref().unwrap_or(&self.request).clone(),
        };
        let mut answer = (self.status, Json(ErrorResponse { error })).into_response();
        let header = match self.status {
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
            // A place is free again within a second (limits.rs).
            StatusCode::TOO_MANY_REQUESTS => Some((RETRY_AFTER, "1")),
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "10")),
            _ => None,
        };
        if let Some((name, value)) = header {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        // Once more around everything, where the request's name is known.
        answer.extensions_mut().insert(self);
        answer
    }
}

impl From<&BrokenRule> for Detail {
    fn from(broken: &BrokenRule) -> Self {
        Self { field: broken.field.clone(), rule: broken.rule.clone() }
    }
}
